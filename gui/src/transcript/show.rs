//! Showing one row of a transcript.

use egui::{
    CornerRadius, Id, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use orchestrator::seam::MessageId;

use super::data::{TranscriptAct, TranscriptData};
use super::entries::{Entries, Entry, Row};
use super::estimate::{self, BAR, STEP, THUMBNAIL};
use super::layout::Laid;
use super::scroll::At;
use super::search::Search;
use super::{error, line, paint};
use crate::fetched::Fetched;
use crate::text::{Block, Body, FrameKind, Look, Mark, MarkKind, Marker, Way};
use crate::theme::{Theme, radius, size, space};
use crate::widget::icon_button;

/// What rows are shown with.
pub(super) struct Cx<'a> {
    pub(super) entries: &'a Entries,
    pub(super) search: Option<&'a Search>,
    /// `None` for blocks that stand by themselves.
    pub(super) data: Option<&'a TranscriptData<'a>>,
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
            let detail = match &last.body {
                Body::Head(head) => format!("{}  {}", head.title, head.detail),
                _ => String::new(),
            };
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
    around(ui, block, place.rect);
    let origin = place.rect.min + laid.origin;
    let content = Rect::from_min_max(origin, pos2(origin.x + laid.width, place.rect.bottom()));
    let id = place.id;
    let number = cx.entries.number(place.at.entry);
    let hits =
        || cx.search.into_iter().flat_map(move |search| search.of_block(number, place.number));
    let found = |text: usize| {
        hits().filter(move |(hit, _)| hit.text == text).map(|(hit, now)| (hit.from..hit.to, now))
    };
    let mut acts = Vec::new();
    match &block.body {
        Body::Text { rich, .. } => {
            if let Some((shift, galley)) = laid.texts.first()
                && !rich.is_empty()
            {
                let at = origin + *shift;
                paint::text(ui, id, at, galley, found(0));
                paint::links(ui, id.with("link"), at, galley, rich, &mut acts);
            }
        }
        Body::Diff { lines, .. } => {
            if let Some((shift, galley)) = laid.texts.first() {
                let side = framed(block, place.rect).shrink2(vec2(1.0, 0.0));
                paint::diff_lines(ui, origin + *shift, galley, lines, side);
                paint::text(ui, id, origin + *shift, galley, found(0));
            }
        }
        Body::Table(table) => {
            table_lines(ui, origin, laid, table.has_head);
            let cells = table.rows.iter().flatten();
            for (at, ((shift, galley), cell)) in laid.texts.iter().zip(cells).enumerate() {
                let id = id.with(at);
                let to = origin + *shift;
                paint::text(ui, id, to, galley, found(at));
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
                images(ui, data, id, content, message, *count, did);
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
            let now = hits().find(|(_, now)| *now).map(|(hit, _)| hit.from);
            output(ui, id, content, text, now, did);
        }
        Body::Error(card) => {
            if let Some(data) = cx.data {
                let of = error::Of { entries: cx.entries, data, entry: place.entry, card };
                error::card(ui, &of, id, content, laid, did);
            }
        }
        Body::Mark(mark) => {
            if let Some((shift, galley)) = laid.texts.first() {
                mark_icon(ui, origin, mark);
                paint::text(ui, id, origin + *shift, galley, found(0));
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

/// Where the frame of a block is, from side to side.
fn framed(block: &Block, rect: Rect) -> Rect {
    let left = estimate::left(block) - estimate::frame(block).0;
    let is_first = block.frame.is_none_or(|frame| frame.first);
    let top = if is_first { rect.top() + estimate::gap(block) } else { rect.top() };
    Rect::from_min_max(pos2(rect.left() + left, top), rect.max)
}

/// Paints what is around a block: its frame, the bars of quotes, the mark of a list.
fn around(ui: &Ui, block: &Block, rect: Rect) {
    let theme = Theme::get(ui.ctx());
    if let Some(frame) = block.frame {
        let corner = |is_edge: bool| if is_edge { radius::LARGE } else { 0 };
        let (top, bottom) = (corner(frame.first), corner(frame.last));
        let corners = CornerRadius { nw: top, ne: top, sw: bottom, se: bottom };
        let fill = match frame.kind {
            FrameKind::Question => theme.tint(theme.accent),
            FrameKind::Code => theme.sunken,
        };
        let rect = framed(block, rect);
        ui.painter().rect_filled(rect, corners, fill);
        if frame.kind == FrameKind::Code {
            outline(ui, rect, frame.first, frame.last, Stroke::new(1.0, theme.line));
        }
    }
    let step = f32::from(block.indent) * STEP;
    for bar in 0..block.quote {
        let x = rect.left() + step + f32::from(bar) * BAR + 2.0;
        let gap = if block.quote_goes_on { 0.0 } else { estimate::gap(block) };
        let top = rect.top() + gap - 1.0;
        let bar = Rect::from_min_max(pos2(x, top), pos2(x + 3.0, rect.bottom() + 1.0));
        ui.painter().rect_filled(bar, CornerRadius::same(1), theme.line_strong);
    }
    let Some(marker) = block.marker else { return };
    let row = match &block.body {
        Body::Text { look, .. } => estimate::row_height(*look),
        _ => estimate::row_height(Look::Prose),
    };
    let y = rect.top() + estimate::gap(block) + row / 2.0;
    let x = rect.left() + step;
    match marker {
        Marker::Dot => {
            ui.painter().circle_filled(pos2(x - 11.0, y), 2.4, theme.muted);
        }
        Marker::Number(number) => {
            let font = egui::FontId::proportional(size::PROSE);
            let words = format!("{number}.");
            let align = egui::Align2::RIGHT_CENTER;
            ui.painter().text(pos2(x - 5.0, y), align, words, font, theme.muted);
        }
        Marker::Task(done) => {
            let (icon, colour) = match done {
                true => (Icon::SquareCheck, theme.good),
                false => (Icon::Square, theme.muted),
            };
            paint::icon(ui, pos2(x - 11.0, y), icon, size::ICON, colour);
        }
    }
}

/// A frame's outline without the edges that it shares with the next block.
fn outline(ui: &Ui, rect: Rect, first: bool, last: bool, stroke: Stroke) {
    // Drawn larger than it is and cut to what belongs to this block: corners stay round.
    let more = f32::from(radius::LARGE) * 2.0;
    let mut whole = rect;
    if !first {
        whole.min.y -= more;
    }
    if !last {
        whole.max.y += more;
    }
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let corner = CornerRadius::same(radius::LARGE);
    painter.rect_stroke(whole, corner, stroke, egui::StrokeKind::Inside);
}

fn table_lines(ui: &Ui, origin: egui::Pos2, laid: &Laid, has_head: bool) {
    let theme = Theme::get(ui.ctx());
    let (columns, rows) = &laid.grid;
    let width: f32 = columns.iter().sum();
    let stroke = Stroke::new(1.0, theme.line);
    let mut y = origin.y;
    for (at, height) in rows.iter().enumerate() {
        if at == 0 && has_head {
            let head = Rect::from_min_size(pos2(origin.x, y), vec2(width, *height));
            ui.painter().rect_filled(head, CornerRadius::ZERO, theme.hover);
            ui.painter().hline(head.x_range(), y, stroke);
        }
        y += height;
        ui.painter().hline(origin.x..=origin.x + width, y, stroke);
    }
    let mut x = origin.x;
    ui.painter().vline(x, origin.y..=y, stroke);
    for column in columns {
        x += column;
        ui.painter().vline(x, origin.y..=y, stroke);
    }
}

/// What a tool printed: its rows in view alone, scrolled in a box of their own when there are many.
fn output(ui: &mut Ui, id: Id, rect: Rect, text: &str, found: Option<usize>, did: &mut Vec<Did>) {
    let theme = Theme::get(ui.ctx());
    let corner = CornerRadius::same(radius::SMALL);
    ui.painter().rect(
        rect,
        corner,
        theme.sunken,
        Stroke::new(1.0, theme.line),
        egui::StrokeKind::Inside,
    );
    let rows = estimate::output_rows(text);
    let row = estimate::row_height(Look::Code);
    let inside = rect.shrink(space::S);
    let room = Rect::from_min_max(inside.min, inside.max - vec2(28.0, 0.0));
    did.push(Did::Box(rect));
    let mut inner = ui.new_child(UiBuilder::new().scope_id(id.with("output")).max_rect(room));
    inner.set_clip_rect(room.intersect(ui.clip_rect()));
    inner.spacing_mut().item_spacing.y = 0.0;
    inner.spacing_mut().interact_size.y = row;
    let mut area =
        ScrollArea::both().id_salt("rows").auto_shrink([false, false]).max_height(room.height());
    if let Some(found) = found {
        let before = text.get(..found).unwrap_or_default();
        let at = estimate::output_rows(before).len().saturating_sub(1);
        area = area.vertical_scroll_offset((at as f32 * row - room.height() / 2.0).max(0.0));
    }
    area.show_rows(&mut inner, row, rows.len(), |ui, range| {
        for line in rows.get(range).unwrap_or_default() {
            let job = egui::text::LayoutJob::single_section(
                (*line).to_owned(),
                egui::TextFormat {
                    line_height: Some(row),
                    ..egui::TextFormat::simple(egui::FontId::monospace(size::CODE), theme.text)
                },
            );
            ui.add(egui::Label::new(job).wrap_mode(egui::TextWrapMode::Extend));
        }
    });
    let corner = Rect::from_min_max(pos2(rect.right() - 32.0, rect.top() + 2.0), rect.max);
    let mut side = ui.new_child(UiBuilder::new().scope_id(id.with("side")).max_rect(corner));
    if icon_button(&mut side, Icon::Copy, "Copy output").clicked() {
        did.push(Did::Copy(text.to_owned()));
    }
}

fn images(
    ui: &mut Ui,
    data: &TranscriptData<'_>,
    id: Id,
    rect: Rect,
    message: &MessageId,
    count: u32,
    did: &mut Vec<Did>,
) {
    let theme = Theme::get(ui.ctx());
    let fetched = data.images.get(message);
    let mut x = rect.left();
    let y = rect.top() + space::XS;
    let say = |ui: &Ui, words: &str, colour| {
        let place = Rect::from_min_size(pos2(x, y), vec2(rect.width(), THUMBNAIL));
        let response = ui.interact(place, id.with("say"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
        let centre = pos2(rect.left() + 8.0, y + 14.0);
        paint::icon(ui, centre, Icon::Image, size::ICON, colour);
        let font = egui::FontId::proportional(size::BODY);
        paint::line(
            ui,
            pos2(rect.left() + 24.0, y + 14.0),
            words,
            font,
            colour,
            rect.width() - 30.0,
        );
    };
    let number = usize::try_from(count).unwrap_or(usize::MAX);
    match fetched {
        None | Some(Fetched::Missing) => {
            did.push(Did::Act(TranscriptAct::WantImages(message.clone())));
            say(ui, &super::words::count(number, "image"), theme.muted);
        }
        Some(Fetched::Pending) => {
            say(ui, &format!("{} …", super::words::count(number, "image")), theme.muted);
        }
        Some(Fetched::Failed(failure)) => {
            let what = super::words::count(number, "image");
            let words =
                format!("{what} can't be shown: {}", crate::text::clean_line(&failure.message));
            say(ui, &words, theme.bad);
        }
        Some(Fetched::Ready(pictures)) => {
            for (at, picture) in pictures.iter().enumerate() {
                let own = picture.texture.size_vec2();
                let scale =
                    (THUMBNAIL / own.y.max(1.0)).min(3.0 * THUMBNAIL / own.x.max(1.0)).min(1.0);
                let place = Rect::from_min_size(pos2(x, y), own * scale);
                if place.right() > rect.right() && at > 0 {
                    let left = super::words::count(pictures.len() - at, "more image");
                    let font = egui::FontId::proportional(size::BODY);
                    paint::line(ui, pos2(x, y + 14.0), &left, font, theme.muted, 140.0);
                    return;
                }
                let response = ui.interact(place, id.with(("image", at)), Sense::click());
                let name = format!("Show image {}", crate::text::clean_line(&picture.name));
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name.as_str()));
                let corner = CornerRadius::same(radius::SMALL);
                egui::Image::new(&picture.texture).corner_radius(corner).paint_at(ui, place);
                let rim = if response.hovered() || response.has_focus() {
                    theme.accent
                } else {
                    theme.line
                };
                ui.painter().rect_stroke(
                    place,
                    corner,
                    Stroke::new(1.0, rim),
                    egui::StrokeKind::Outside,
                );
                if response.clicked() {
                    did.push(Did::Large(message.clone(), at));
                }
                response.on_hover_text(name).on_hover_cursor(egui::CursorIcon::PointingHand);
                x = place.right() + space::S;
            }
        }
    }
}

fn mark_icon(ui: &Ui, origin: egui::Pos2, mark: &Mark) {
    let theme = Theme::get(ui.ctx());
    let (icon, colour) = match mark.kind {
        MarkKind::Link(Way::Lost) => (Icon::Unplug, theme.warn),
        MarkKind::Link(Way::Restored) => (Icon::PlugZap, theme.good),
        MarkKind::Link(Way::Blocked) => (Icon::Unplug, theme.bad),
        MarkKind::Quiet => (Icon::Hourglass, theme.busy),
        MarkKind::Unknown => (Icon::CircleAlert, theme.muted),
    };
    paint::icon(ui, origin + vec2(8.0, 11.0), icon, size::ICON, colour);
}
