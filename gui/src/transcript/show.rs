//! Showing one row of a transcript.

use egui::{CornerRadius, Id, Rect, Stroke, Ui, pos2, vec2};
use orchestrator::seam::MessageId;

use super::data::{TranscriptAct, TranscriptData};
use super::entries::{Entries, Entry, Row};
use super::estimate;
use super::layout::Laid;
use super::paint::Selecting;
use super::scroll::At;
use super::search::Search;
use super::selection::Selection;
use super::shaped::Shaped;
use super::{around, boxes, error, line, paint};
use crate::text::{Block, Body};
use crate::theme::{Theme, radius, space};

/// What rows are shown with.
pub(super) struct Cx<'a> {
    pub(super) entries: &'a Entries,
    pub(super) search: Option<&'a Search>,
    /// Who selects text, and what is selected.
    pub(super) selection: Chosen,
    /// `None` for blocks that stand by themselves.
    pub(super) data: Option<&'a TranscriptData<'a>>,
}

/// What is selected in rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chosen {
    /// egui knows.
    Egui,
    /// The transcript does.
    Ours(Option<Selection>),
}

impl Chosen {
    /// What is selected of a text.
    pub(super) fn of_text(&self, piece: i64, block: usize, text: usize, len: usize) -> Selecting {
        match self {
            Self::Egui => Selecting::Egui,
            Self::Ours(selection) => Selecting::Ours(
                selection.and_then(|selection| selection.of_text(piece, block, text, len)),
            ),
        }
    }

    fn has_all_of(&self, piece: i64, block: usize) -> bool {
        match self {
            Self::Egui => false,
            Self::Ours(selection) => {
                selection.is_some_and(|selection| selection.has_all_of(piece, block))
            }
        }
    }
}

/// What was done in a row.
#[derive(Debug, PartialEq)]
pub(super) enum Did {
    /// A piece is to be opened or closed.
    Open(usize, bool),
    /// A run of tool calls is to be opened or closed.
    OpenGroup(usize, bool),
    /// Text is to be copied.
    Copy(String),
    /// The answer that ends here is to be copied.
    CopyAnswer(usize),
    /// An image is to be shown large.
    Large(MessageId, usize),
    /// Here is a box that is scrolled by itself.
    Box(Rect),
    /// A wish.
    Act(TranscriptAct),
}

/// Shows a row; `rect` is all of it, with the room above.
pub(super) fn row(
    ui: &mut Ui,
    cx: &Cx<'_>,
    at: At,
    laid: Option<&Laid>,
    rect: Rect,
    did: &mut Vec<Did>,
) {
    let Some(entry) = cx.entries.get(at.entry) else { return };
    match (cx.entries.row(at.entry, at.row), laid) {
        (Some(Row::Group { count, failed, is_open, last }), _) => {
            let mut detail = String::new();
            if let Body::Head(head) = &last.body {
                detail = format!("{}  {}", head.title, head.detail);
            }
            let id = Id::unique((entry.id, "group"));
            let rect = rect.with_min_y(rect.top() + space::XS);
            if line::group(ui, id, rect, count, failed, is_open, &detail) {
                did.push(Did::OpenGroup(at.entry, !is_open));
            }
        }
        (Some(Row::Block(block, is_open)), Some(laid)) => {
            let extra = cx.entries.row_of_block(at.entry, 0);
            let number = at.row - extra;
            let id = Id::unique((entry.id, number));
            let place = Place { at, number, id, rect, is_open, entry };
            show(ui, cx, &place, block, laid, did);
        }
        (Some(Row::Block(..)) | None, _) => {}
    }
}

struct Place<'a> {
    at: At,
    /// Which block of its piece.
    number: usize,
    id: Id,
    rect: Rect,
    is_open: bool,
    entry: &'a Entry,
}

fn show(
    ui: &mut Ui,
    cx: &Cx<'_>,
    place: &Place<'_>,
    block: &Block,
    laid: &Laid,
    did: &mut Vec<Did>,
) {
    around::around(ui, block, place.rect);
    let origin = place.rect.min + laid.origin;
    let content = Rect::from_min_max(origin, pos2(origin.x + laid.width, place.rect.bottom()));
    let id = place.id;
    let number = cx.entries.number(place.at.entry);
    let hits =
        || cx.search.into_iter().flat_map(move |search| search.of_block(number, place.number));
    let found = |text: usize| {
        hits().filter(move |(hit, _)| hit.text == text).map(|(hit, now)| (hit.from..hit.to, now))
    };
    let selected = |text: usize, shaped: &Shaped| {
        cx.selection.of_text(number, place.number, text, shaped.text().len())
    };
    let is_whole = matches!(block.body, Body::Head(_) | Body::Output(_));
    if is_whole && cx.selection.has_all_of(number, place.number) {
        let theme = Theme::get(ui.ctx());
        let rect = content.expand(2.0);
        ui.painter().rect_filled(rect, CornerRadius::same(radius::SMALL), theme.selection);
    }
    let mut acts = Vec::new();
    match &block.body {
        Body::Text { rich, .. } => {
            if let Some((shift, galley)) = laid.texts.first()
                && !rich.is_empty()
            {
                let at = origin + *shift;
                paint::text(ui, id, at, galley, found(0), &selected(0, galley));
                paint::links(ui, id.with("link"), at, galley, rich, &mut acts);
            }
        }
        Body::Diff { lines, .. } => {
            if let Some((shift, shaped)) = laid.texts.first() {
                let side = around::framed(block, place.rect).shrink2(vec2(1.0, 0.0));
                paint::diff_lines(ui, origin + *shift, shaped, lines, side);
                paint::text(ui, id, origin + *shift, shaped, found(0), &selected(0, shaped));
            }
        }
        Body::Table(table) => {
            around::table_lines(ui, origin, laid, table.has_head);
            let cells = table.rows.iter().flatten();
            for (at, ((shift, galley), cell)) in laid.texts.iter().zip(cells).enumerate() {
                let id = id.with(at);
                let to = origin + *shift;
                paint::text(ui, id, to, galley, found(at), &selected(at, galley));
                paint::links(ui, id.with("link"), to, galley, cell, &mut acts);
            }
        }
        Body::Rule => {
            let theme = Theme::get(ui.ctx());
            let y = origin.y + 4.0;
            ui.painter().hline(content.x_range(), y, Stroke::new(1.0, theme.line_strong));
        }
        Body::CodeHead { title, source } => {
            let rect = Rect::from_min_size(origin, vec2(laid.width, estimate::HEAD));
            if line::code(ui, id, rect, title) {
                did.push(Did::Copy(source.to_string()));
            }
        }
        Body::Asked { read_only, source, .. } => {
            let Some(data) = cx.data else { return };
            if line::asked(ui, id, content, *read_only, &place.entry.piece, data) {
                did.push(Did::Copy(source.to_string()));
            }
        }
        Body::Images { message, count } => {
            if let Some(data) = cx.data {
                boxes::images(ui, data, id, content, message, *count, did);
            }
        }
        Body::Head(head) => {
            if hits().any(|(_, now)| now) {
                let theme = Theme::get(ui.ctx());
                ui.painter().rect_filled(content, CornerRadius::same(radius::SMALL), theme.found);
            }
            if line::head(ui, id, content, head, &place.entry.piece, place.is_open) {
                did.push(Did::Open(place.at.entry, !place.is_open));
            }
        }
        Body::Output(text) => {
            let found: Vec<_> = found(0).collect();
            let jumped = cx.search.is_some_and(|search| search.jumped);
            boxes::output(ui, id, content, &boxes::Printed { text, found: &found, jumped }, did);
        }
        Body::Error(card) => {
            if let Some(data) = cx.data {
                let of = error::Of { entries: cx.entries, data, entry: place.entry, card };
                error::card(ui, &of, id, content, laid, &selected, did);
            }
        }
        Body::Mark(mark) => {
            if let Some((shift, galley)) = laid.texts.first() {
                around::mark_icon(ui, origin, mark);
                paint::text(ui, id, origin + *shift, galley, found(0), &selected(0, galley));
            }
        }
        Body::Ended { .. } => {
            let usage = cx.entries.usage(place.entry.piece.turn.as_ref());
            let cost = usage.and_then(|usage| usage.cost_usd);
            if line::ended(ui, id, content, &block.body, cost) {
                did.push(Did::CopyAnswer(place.at.entry));
            }
        }
    }
    did.extend(acts.into_iter().map(Did::Act));
}
