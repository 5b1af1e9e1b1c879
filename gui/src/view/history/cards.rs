//! Cards of entries.

use egui::{
    Align, CornerRadius, FontId, Id, Layout, Rect, Response, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use jiff::{Timestamp, tz::TimeZone};
use lucide_icons::Icon;

use super::card::{CardKind, HistoryCard};
use crate::theme::{Theme, radius, size, space};
use crate::widget::{icon_sized, pill, pill_button};
use crate::words::{ago, when};

/// How high a line of a summary is.
const LINE: f32 = 16.0;
/// What a card has beside its summary: paddings, the line above and the one below, and the space to the next card.
const AROUND: f32 = 76.0;
/// How wide a letter of a summary is on average, in points of Inter at the size of lists.
const LETTER: f32 = 6.7;

/// How many letters of a summary there are on a line of this width.
pub(super) fn letters(width: f32) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and a bar's width is small"
    )]
    let letters = ((width - 2.0 * space::M).max(0.0) / LETTER) as usize;
    letters
}

/// How high a card is in a bar of this many letters.
pub(super) fn height(card: &HistoryCard, letters: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "at most three")]
    let lines = card.lines(letters) as f32;
    AROUND + lines * LINE
}

/// What a person did on a card.
pub(super) enum Carded {
    Open,
    Resume,
}

/// A type's pill.
pub(super) fn kind_pill(ui: &mut Ui, kind: &CardKind) -> Response {
    let theme = Theme::get(ui.ctx());
    match kind {
        CardKind::User => pill(ui, Some(Icon::User), "USER", theme.accent),
        CardKind::Auto => pill(ui, Some(Icon::Bot), "AUTO", theme.remote),
        CardKind::Cue => pill(ui, Some(Icon::Zap), "CUE", theme.cue),
        CardKind::Other(name) => pill(ui, Some(Icon::Tag), name, theme.muted),
    }
}

/// Whether it went well: a check, two when a person ticked it, a cross.
pub(super) fn success_mark(ui: &mut Ui, card: &HistoryCard) {
    let theme = Theme::get(ui.ctx());
    let (icon, colour, words) = match (card.success, card.validated) {
        (Some(true), true) => (Icon::CheckCheck, theme.good, "done and validated"),
        (Some(true), false) => (Icon::Check, theme.good, "done"),
        (Some(false), _) => (Icon::X, theme.bad, "failed"),
        (None, _) => return,
    };
    let mark = icon_sized(ui, icon, size::ICON, colour);
    mark.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, words));
    mark.on_hover_text(words);
}

/// Draws a card; `focused` says whether its row has the focus.
pub(super) fn card(
    ui: &mut Ui,
    place: Rect,
    id: Id,
    card: &HistoryCard,
    now: Timestamp,
    zone: &TimeZone,
) -> (Response, Option<Carded>) {
    let theme = Theme::get(ui.ctx());
    let rect = Rect::from_min_max(place.min, place.max - vec2(0.0, space::S));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| {
        let words = card.summary.lines().next().unwrap_or_default();
        WidgetInfo::labeled(egui::Role::ListBoxOption, true, words)
    });
    let hovered = response.contains_pointer();
    let fill = if hovered { theme.hover } else { theme.raised };
    let line = if response.has_focus() { theme.accent } else { theme.line };
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::LARGE),
        fill,
        Stroke::new(1.0, line),
        egui::StrokeKind::Inside,
    );
    let inner = rect.shrink2(vec2(space::M, space::S));
    let mut carded = response.clicked().then_some(Carded::Open);

    let above = Rect::from_min_size(inner.min, vec2(inner.width(), 20.0));
    ui.scope_builder(
        UiBuilder::new().max_rect(above).layout(Layout::left_to_right(Align::Center)),
        |ui| {
            ui.spacing_mut().item_spacing.x = space::XS + 2.0;
            success_mark(ui, card);
            kind_pill(ui, &card.kind);
            if let Some(octet) = &card.octet
                && pill_button(ui, Some(Icon::Hash), octet, theme.muted, "Resume this conversation")
                    .clicked()
            {
                carded = Some(Carded::Resume);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(at) = card.at {
                    let text =
                        egui::RichText::new(ago(at, now)).size(size::SMALL).color(theme.muted);
                    ui.add(egui::Label::new(text).selectable(false)).on_hover_text(when(at, zone));
                }
            });
        },
    );

    let (text, colour) = match &card.fault {
        Some(fault) => (format!("This entry can't be read: {fault}\n{}", card.summary), theme.warn),
        None => (card.summary.clone(), theme.text),
    };
    let mut job = egui::text::LayoutJob::simple(
        text,
        FontId::proportional(size::BODY),
        colour,
        inner.width(),
    );
    job.wrap.max_rows = 3;
    job.wrap.overflow_character = Some('…');
    let galley = ui.painter().layout_job(job);
    let top = above.bottom() + space::XS + 1.0;
    let clip =
        Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), inner.bottom() - 20.0));
    ui.painter()
        .with_clip_rect(clip.expand(2.0).intersect(ui.clip_rect()))
        .galley(clip.min, galley, colour);

    let below = Rect::from_min_max(pos2(inner.left(), inner.bottom() - 19.0), inner.max);
    ui.scope_builder(
        UiBuilder::new().max_rect(below).layout(Layout::right_to_left(Align::Center)),
        |ui| {
            ui.spacing_mut().item_spacing.x = space::XS + 2.0;
            if !card.local {
                pill(ui, Some(Icon::Cloud), "Remote", theme.cue)
                    .on_hover_text("Made on another machine, and shared through the project");
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| below_left(ui, card));
        },
    );
    (response, carded)
}

fn below_left(ui: &mut Ui, card: &HistoryCard) {
    let theme = Theme::get(ui.ctx());
    let numbers: Vec<&str> =
        [&card.duration, &card.cost].into_iter().flatten().map(String::as_str).collect();
    if !numbers.is_empty() {
        let text = numbers.join("  ·  ");
        let text = egui::RichText::new(text).size(size::SMALL).color(theme.muted);
        ui.add(egui::Label::new(text).selectable(false));
    }
    if !card.local {
        let host = card.hostname.as_deref().unwrap_or("unknown host");
        pill(ui, Some(Icon::Server), host, theme.git).on_hover_text(host);
    } else if let Some(name) = &card.session_name {
        let text = egui::RichText::new(name).size(size::SMALL).color(theme.muted);
        ui.add(egui::Label::new(text).selectable(false).truncate());
    }
}
