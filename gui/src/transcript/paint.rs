//! Painting text: selected with the mouse, with links, and with what a search has found.

use egui::text_selection::LabelSelectionState;
use egui::{
    Color32, CornerRadius, CursorIcon, Id, Pos2, Rect, Response, Role, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use super::data::TranscriptAct;
use super::shaped::Shaped;
use crate::text::{Change, Rich};
use crate::theme::Theme;

/// Bytes of a text, and whether the person is at it.
pub(super) type Found = (std::ops::Range<usize>, bool);

/// Who selects text.
#[derive(Clone, Debug)]
pub(super) enum Selecting {
    /// egui, within what is in sight.
    Egui,
    /// The transcript; these bytes are selected.
    Ours(Option<std::ops::Range<usize>>),
}

/// Paints a text that can be selected, and what was found in it.
pub(super) fn text(
    ui: &Ui,
    id: Id,
    at: Pos2,
    shaped: &Shaped,
    found: impl Iterator<Item = Found>,
    selecting: &Selecting,
) -> Response {
    let theme = Theme::get(ui.ctx());
    let outlines = found_behind(ui, at, shaped, found);
    let rect = shaped.rect().translate(at.to_vec2());
    // Reached by the mouse alone: Tab would stop at every paragraph.
    let sense = match selecting {
        Selecting::Egui => Sense::click_and_drag() - Sense::FOCUSABLE,
        Selecting::Ours(_) => Sense::hover(),
    };
    let mut response = ui.interact(rect, id, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, shaped.text()));
    match (shaped, selecting) {
        (Shaped::Plain(galley), Selecting::Egui) => LabelSelectionState::label_text_selection(
            ui,
            &response,
            at,
            galley.clone(),
            theme.text,
            Stroke::NONE,
        ),
        (Shaped::Plain(_) | Shaped::Mixed(_), Selecting::Ours(selected)) => {
            shaped.paint(ui, at, theme.text, selected.as_ref());
            response = response.on_hover_cursor(CursorIcon::Text);
        }
        (Shaped::Mixed(_), Selecting::Egui) => shaped.paint(ui, at, theme.text, None),
    }
    found_around(ui, outlines);
    response
}

/// Paints what lies behind the letters that a search has found; gives what is to be painted around them.
pub(super) fn found_behind(
    ui: &Ui,
    at: Pos2,
    shaped: &Shaped,
    found: impl Iterator<Item = Found>,
) -> Vec<(Rect, Color32)> {
    let theme = Theme::get(ui.ctx());
    let mut outlines = Vec::new();
    for (range, is_current) in found {
        let colour = if is_current { theme.selection } else { theme.found };
        for rect in shaped.rects(range) {
            let rect = rect.translate(at.to_vec2()).expand2(vec2(1.0, 0.0));
            ui.painter().rect_filled(rect, CornerRadius::same(2), colour);
            outlines.push((rect, if is_current { theme.accent } else { theme.found }));
        }
    }
    outlines
}

/// Paints what is around them, which is seen over the background of code, too, and where it is selected.
pub(super) fn found_around(ui: &Ui, outlines: Vec<(Rect, Color32)>) {
    for (rect, colour) in outlines {
        let stroke = Stroke::new(1.0, colour);
        ui.painter().rect_stroke(rect, CornerRadius::same(2), stroke, egui::StrokeKind::Outside);
    }
}

/// Makes the links of a text clickable, by mouse and by keyboard.
pub(super) fn links(
    ui: &Ui,
    id: Id,
    at: Pos2,
    shaped: &Shaped,
    rich: &Rich,
    acts: &mut Vec<TranscriptAct>,
) {
    if rich.links.is_empty() {
        return;
    }
    let theme = Theme::get(ui.ctx());
    for (number, (range, style)) in rich.ranges().enumerate() {
        let Some(url) = style.link.and_then(|link| rich.links.get(usize::from(link))) else {
            continue;
        };
        let words = rich.text.get(range.clone()).unwrap_or_default();
        for (part, rect) in shaped.rects(range).into_iter().enumerate() {
            let rect = rect.translate(at.to_vec2());
            if !ui.is_rect_visible(rect) {
                continue;
            }
            let response = ui.interact(rect, id.with((number, part)), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Link, true, words));
            if response.has_focus() {
                let stroke = Stroke::new(1.5, theme.accent);
                let corner = CornerRadius::same(2);
                ui.painter().rect_stroke(rect, corner, stroke, egui::StrokeKind::Outside);
            }
            let response = response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(&**url);
            if response.clicked() {
                acts.push(TranscriptAct::OpenLink(url.to_string()));
            }
        }
    }
}

/// Colours the lines of a diff from side to side.
pub(super) fn diff_lines(ui: &Ui, at: Pos2, shaped: &Shaped, lines: &[Option<Change>], side: Rect) {
    let theme = Theme::get(ui.ctx());
    for (line, row) in shaped.lines_of_rows() {
        let colour = lines.get(line).copied().flatten().map(|change| match change {
            Change::Added => theme.added,
            Change::Removed => theme.removed,
        });
        if let Some(colour) = colour {
            let (top, bottom) = (at.y + row.min, at.y + row.max);
            let rect = Rect::from_min_max(pos2(side.left(), top), pos2(side.right(), bottom));
            ui.painter().rect_filled(rect, CornerRadius::ZERO, colour);
        }
    }
}

/// Paints an icon in the middle of a place.
pub(super) fn icon(ui: &Ui, centre: Pos2, icon: lucide_icons::Icon, points: f32, colour: Color32) {
    let font = crate::theme::icons(points);
    let letter = char::from(icon).to_string();
    ui.painter().text(centre, egui::Align2::CENTER_CENTER, letter, font, colour);
}

/// Paints words on one line, cut where the room ends; gives where they end.
pub(super) fn line(
    ui: &Ui,
    left: Pos2,
    words: &str,
    font: egui::FontId,
    colour: Color32,
    room: f32,
) -> f32 {
    if room <= 8.0 || words.is_empty() {
        return left.x;
    }
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    let galley = ui.painter().layout_job(job);
    let at = pos2(left.x, left.y - galley.size().y / 2.0);
    let right = left.x + galley.size().x;
    ui.painter().galley(at, galley, colour);
    right
}
