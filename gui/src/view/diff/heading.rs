//! What stands over the lines of a diff: a file's name, and where a hunk is.

use egui::text::LayoutJob;
use egui::{Align, FontId, Id, Layout, Rect, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use lucide_icons::Icon;
use orchestrator::seam::{ChangeKind, DiffOf, FileDiff, LinesHow};

use super::view::can;
use crate::theme::{Theme, radius, size, space, strong};
use crate::view::git::{DiffAct, kind_words, letter};
use crate::widget::{icon_sized, pill, small_button, small_icon_button};
use crate::words::clean_line;

/// A file's heading with what can be done with it; whether it was clicked.
pub(super) fn file_heading(
    ui: &mut Ui,
    of: &DiffOf,
    (at, file): (usize, &FileDiff),
    place: Rect,
    folded: bool,
    acts: &mut Vec<DiffAct>,
) -> bool {
    let theme = Theme::get(ui.ctx());
    let rect = place.shrink2(vec2(0.0, 3.0));
    let id = Id::unique(("diff file", &file.path, at));
    let response = ui.interact(rect, id, Sense::click());
    let words = format!("{}, {}", file.path, kind_words(file.kind));
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, !folded, &words));
    let fill = if response.hovered() { theme.hover } else { theme.raised };
    ui.painter().rect_filled(rect, egui::CornerRadius::same(radius::SMALL), fill);
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.0, theme.accent);
        ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
    let layout = Layout::left_to_right(Align::Center);
    let mut inside =
        ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(space::S, 0.0))).layout(layout));
    inside.spacing_mut().item_spacing.x = space::XS;
    let mark = if folded { Icon::ChevronRight } else { Icon::ChevronDown };
    icon_sized(&mut inside, mark, size::SMALL, theme.muted);
    pill(&mut inside, None, letter(file.kind), theme.muted).on_hover_text(kind_words(file.kind));
    let name = match &file.from {
        Some(from) => format!("{from} → {}", file.path),
        None => file.path.to_string(),
    };
    inside.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        if small_icon_button(ui, Icon::File, &format!("Open {}", file.path)).clicked() {
            acts.push(DiffAct::OpenFile(file.path.clone()));
        }
        if small_icon_button(ui, Icon::Copy, "Copy the path").clicked() {
            acts.push(DiffAct::Copy(file.path.to_string()));
        }
        match of {
            DiffOf::Unstaged | DiffOf::Untracked => {
                let name = format!("Stage {}", file.path);
                if small_icon_button(ui, Icon::Plus, &name).clicked() {
                    acts.push(DiffAct::Stage(file.path.clone()));
                }
            }
            DiffOf::Staged => {
                let name = format!("Unstage {}", file.path);
                if small_icon_button(ui, Icon::Minus, &name).clicked() {
                    acts.push(DiffAct::Unstage(file.path.clone()));
                }
            }
            DiffOf::Head | DiffOf::Base { .. } | DiffOf::Commit { .. } => {}
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = egui::RichText::new(name).font(strong(size::BODY));
            ui.add(egui::Label::new(text).selectable(false).truncate());
        });
    });
    response.clicked()
}

/// Where a hunk is, and what can be done with it; what a person wants of it.
pub(super) fn hunk_heading(
    ui: &mut Ui,
    of: &DiffOf,
    file: &FileDiff,
    number: usize,
    place: Rect,
) -> Option<LinesHow> {
    let theme = Theme::get(ui.ctx());
    let hunk = file.hunks.get(number)?;
    let words = format!(
        "@@ -{},{} +{},{} @@ {}",
        hunk.old_start,
        hunk.old_lines,
        hunk.new_start,
        hunk.new_lines,
        clean_line(&hunk.heading)
    );
    let font = FontId::monospace(size::SMALL);
    let mut job = LayoutJob::simple_singleline(words, font, theme.link);
    job.wrap = egui::text::TextWrapping::truncate_at_width((place.width() - 220.0).max(60.0));
    let galley = ui.painter().layout_job(job);
    let left = pos2(place.left() + space::S, place.center().y - galley.size().y / 2.0);
    ui.painter().galley(left, galley, theme.link);
    if file.kind == ChangeKind::Conflicted {
        return None;
    }
    let layout = Layout::right_to_left(Align::Center);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
    inside.spacing_mut().item_spacing.x = space::XS;
    let mut wanted = None;
    for (how, name) in can(of) {
        let colour = if how == LinesHow::Discard { theme.bad } else { theme.muted };
        let pressed = small_button(&mut inside, &format!("{name} hunk"), colour);
        pressed.widget_info(|| {
            let words = format!("{name} hunk {} of {}", number + 1, file.path);
            WidgetInfo::labeled(egui::Role::Button, true, words)
        });
        if pressed.clicked() {
            wanted = Some(how);
        }
    }
    wanted
}
