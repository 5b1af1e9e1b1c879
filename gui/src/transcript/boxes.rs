//! What has room of its own: the box of an output, the images of a question.

use egui::text_selection::LabelSelectionState;
use egui::{
    CornerRadius, Id, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use orchestrator::seam::MessageId;

use super::data::{TranscriptAct, TranscriptData};
use super::estimate::{self, THUMBNAIL};
use super::layout::code_line;
use super::paint::{self, Found};
use super::show::Did;
use crate::fetched::Fetched;
use crate::text::{Look, has_right_to_left};
use crate::theme::{Theme, radius, size, space};
use crate::widget::icon_button;

/// What a tool printed.
pub(super) struct Printed<'a> {
    /// All of it.
    pub(super) text: &'a str,
    /// What a search has found in it.
    pub(super) found: &'a [Found],
    /// Whether the search went there right now.
    pub(super) jumped: bool,
}

/// What a tool printed: its rows in view alone, scrolled in a box of their own when there are many.
pub(super) fn output(ui: &mut Ui, id: Id, rect: Rect, printed: &Printed<'_>, did: &mut Vec<Did>) {
    let Printed { text, found, jumped } = *printed;
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
    let now = found.iter().find(|(_, is_current)| *is_current && jumped);
    if let Some(found) = now.map(|(range, _)| range.start) {
        let before = text.get(..found).unwrap_or_default();
        let at = estimate::output_rows(before).len().saturating_sub(1);
        area = area.vertical_scroll_offset((at as f32 * row - room.height() / 2.0).max(0.0));
    }
    area.show_rows(&mut inner, row, rows.len(), |ui, range| {
        for line in rows.get(range).unwrap_or_default() {
            // Rows are parts of the text: the distance is where they begin.
            let from = line.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            let job = printed_row(line, from, found, &theme);
            if has_right_to_left(line) {
                turned_row(ui, line, from, found, job);
            } else {
                ui.add(egui::Label::new(job).wrap_mode(egui::TextWrapMode::Extend));
            }
        }
    });
    let corner = Rect::from_min_max(pos2(rect.right() - 32.0, rect.top() + 2.0), rect.max);
    let mut side = ui.new_child(UiBuilder::new().scope_id(id.with("side")).max_rect(corner));
    if icon_button(&mut side, Icon::Copy, "Copy output").clicked() {
        did.push(Did::Copy(text.to_owned()));
    }
}

pub(super) fn images(
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

/// A row of an output in which something is read from right to left. `job` is the same as egui would lay it out.
fn turned_row(ui: &mut Ui, line: &str, from: usize, found: &[Found], job: egui::text::LayoutJob) {
    let theme = Theme::get(ui.ctx());
    let shaped = code_line(ui.painter(), &theme, line);
    // Reached by the mouse alone, as all text.
    let sense = Sense::click_and_drag() - Sense::FOCUSABLE;
    let (rect, response) = ui.allocate_exact_size(shaped.rect().size(), sense);
    let found = found.iter().map(|(range, now)| {
        let within = |byte: usize| byte.saturating_sub(from).min(line.len());
        (within(range.start)..within(range.end), *now)
    });
    let found = found.filter(|(range, _)| !range.is_empty());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line));
    let outlines = paint::found_behind(ui, rect.min, &shaped, found);
    shaped.paint(ui, rect.min, theme.text, None);
    paint::found_around(ui, outlines);
    // egui selects within outputs. It knows its own order of letters alone, so what it would paint isn't shown; what is
    // copied over several rows has these, too.
    let mut unseen = ui.new_child(UiBuilder::new().max_rect(rect));
    unseen.set_invisible();
    let galley = ui.painter().layout_job(job);
    let stroke = Stroke::NONE;
    LabelSelectionState::label_text_selection(
        &unseen, &response, rect.min, galley, theme.text, stroke,
    );
}

/// A row of an output, with what was found in it.
fn printed_row(line: &str, from: usize, found: &[Found], theme: &Theme) -> egui::text::LayoutJob {
    let plain = egui::TextFormat {
        line_height: Some(estimate::row_height(Look::Code)),
        ..egui::TextFormat::simple(egui::FontId::monospace(size::CODE), theme.text)
    };
    let mut job = egui::text::LayoutJob::default();
    let mut at = 0;
    for (range, is_current) in found {
        let start = range.start.saturating_sub(from).clamp(at, line.len().max(at));
        let end = range.end.saturating_sub(from).min(line.len());
        let (Some(before), Some(hit)) = (line.get(at..start), line.get(start..end)) else {
            continue;
        };
        if hit.is_empty() {
            continue;
        }
        let background = if *is_current { theme.selection } else { theme.found };
        job.append(before, 0.0, plain.clone());
        job.append(hit, 0.0, egui::TextFormat { background, ..plain.clone() });
        at = end;
    }
    job.append(line.get(at..).unwrap_or_default(), 0.0, plain);
    job
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use egui_kittest::kittest::Queryable;

    use super::*;
    use crate::testing::harness;

    #[test]
    fn hebrew_in_an_output_is_read_from_right_to_left_in_rows_that_begin_at_the_left() {
        let line = "note: שלום עולם";
        let mut window = harness(Vec::new(), |ui, lefts: &mut Vec<f32>| {
            // No font of ours has Hebrew; where its letters stand is known without.
            ui.ctx().set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
            let rect = Rect::from_min_size(pos2(10.0, 10.0), vec2(600.0, 80.0));
            let text = "note: plain\nnote: שלום עולם";
            let from = text.find('ש').unwrap();
            let found = [(from..from + "שלום".len(), true)];
            let printed = Printed { text, found: &found, jumped: false };
            output(ui, Id::unique("output"), rect, &printed, &mut Vec::new());
            let shaped = code_line(ui.painter(), &Theme::DARK, line);
            *lefts = ["note", "עולם", "שלום"]
                .map(|words| {
                    let from = line.find(words).unwrap();
                    shaped.rects(from..from + words.len())[0].left()
                })
                .to_vec();
        });
        window.run();
        assert!(window.state().is_sorted() && window.state()[0] < 1.0, "{:?}", window.state());
        // Each row has its place and its name.
        let (plain, turned) = (window.get_by_label("note: plain"), window.get_by_label(line));
        assert!((plain.rect().left() - turned.rect().left()).abs() < 1.0);
        assert!(turned.rect().top() > plain.rect().top() + 10.0);
    }

    #[test]
    fn what_was_found_is_marked_in_the_rows_where_it_stands() {
        let found = [(2..4, false), (7..9, true), (30..32, false)];
        let job = printed_row("abcdef", 5, &found, &Theme::DARK);
        let marked: Vec<&str> = job
            .sections
            .iter()
            .filter(|section| section.format.background != egui::Color32::TRANSPARENT)
            .map(|section| &job.text[section.byte_range.start.0..section.byte_range.end.0])
            .collect();
        assert_eq!((job.text.as_str(), marked), ("abcdef", vec!["cd"]));
    }
}
