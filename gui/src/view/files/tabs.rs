//! A file's tab, beside those of conversations.

use egui::{
    Align2, CornerRadius, FontId, Id, PointerButton, Rect, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

use super::row::kind_of;
use crate::bridge::OpenId;
use crate::theme::{Theme, icons, size, slanted, space};
use crate::widget::{RowMenu, small_icon_button};

/// A file that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTab {
    /// Which.
    pub id: OpenId,
    /// Its name, with its directory where two have the same.
    pub words: String,
    /// Its whole path.
    pub path: String,
    /// Whether it holds what isn't saved.
    pub modified: bool,
    /// Whether it stays when another one is looked at.
    pub stays: bool,
}

/// What a person wants of a file's tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTabAct {
    /// Show it.
    Show(OpenId),
    /// Close it.
    Close(OpenId),
    /// Close all others.
    CloseOthers(OpenId),
    /// Let it stay.
    Stay(OpenId),
    /// Show it in the tree.
    Reveal(OpenId),
    /// Show how it differs from the last commit.
    Diff(OpenId),
    /// Put its path on the clipboard.
    CopyPath(OpenId),
}

/// Draws it; `menu` is that of all tabs beside it.
pub fn file_tab(
    ui: &mut Ui,
    tab: &FileTab,
    shown: bool,
    reveal: bool,
    width: f32,
    menu: &mut RowMenu,
) -> Option<FileTabAct> {
    let theme = Theme::get(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    let id = Id::unique(("file tab", tab.id));
    let response = ui.interact(rect, id, Sense::click());
    let name = if tab.modified { format!("{}, not saved", tab.words) } else { tab.words.clone() };
    response.widget_info(|| WidgetInfo::selected(egui::Role::Tab, true, shown, &name));
    ui.ctx().accesskit_node_builder(id, |node| node.set_selected(shown));
    if reveal {
        response.scroll_to_me(None);
    }
    let mut act = None;
    let hovered = response.contains_pointer();
    let fill = match (shown, hovered) {
        (true, _) => theme.raised,
        (false, true) => theme.hover,
        (false, false) => theme.window,
    };
    let line = match (response.has_focus(), shown) {
        (true, _) => theme.accent,
        (false, true) => theme.line_strong,
        (false, false) => theme.window,
    };
    let corner = CornerRadius::same(crate::theme::radius::SMALL);
    ui.painter().rect(rect, corner, fill, Stroke::new(1.0, line), egui::StrokeKind::Inside);
    let icon = char::from(kind_of(tab.path.as_bytes()));
    let at = pos2(rect.left() + space::S, rect.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, icon, icons(13.0), theme.muted);
    let with_close = hovered || shown;
    let right = rect.right() - if with_close || tab.modified { 28.0 } else { space::S };
    let left = rect.left() + 28.0;
    let font = if tab.stays { FontId::proportional(size::BODY) } else { slanted(size::BODY) };
    let colour = if shown { theme.text } else { theme.muted };
    let mut job = egui::text::LayoutJob::simple_singleline(tab.words.clone(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width((right - left).max(10.0));
    let galley = ui.painter().layout_job(job);
    let at = Align2::LEFT_CENTER.anchor_size(pos2(left, rect.center().y), galley.size());
    ui.painter().galley(at.min, galley, colour);
    let end = pos2(rect.right() - 15.0, rect.center().y);
    let close = Rect::from_center_size(end, vec2(24.0, 24.0));
    let over_close = ui.rect_contains_pointer(close);
    if tab.modified && !over_close {
        ui.painter().circle_filled(end, 4.0, theme.warn);
    } else if with_close {
        let mut place = ui.new_child(UiBuilder::new().max_rect(close));
        if small_icon_button(&mut place, Icon::X, &format!("Close {}", tab.words)).clicked() {
            return Some(FileTabAct::Close(tab.id));
        }
    }
    let picked = menu.ui(ui, &response, "File tab", |ui| {
        let mut act = None;
        let stay = (!tab.stays).then_some(("Keep open", FileTabAct::Stay(tab.id)));
        let entries = [
            ("Show in tree", FileTabAct::Reveal(tab.id)),
            ("Open the difference", FileTabAct::Diff(tab.id)),
            ("Copy path", FileTabAct::CopyPath(tab.id)),
            ("Close others", FileTabAct::CloseOthers(tab.id)),
            ("Close", FileTabAct::Close(tab.id)),
        ];
        for (words, of) in stay.into_iter().chain(entries) {
            if ui.button(words).clicked() {
                act = Some(of);
            }
        }
        act
    });
    act = picked.or(act);
    if response.double_clicked() {
        act = Some(FileTabAct::Stay(tab.id));
    } else if response.clicked() {
        act = Some(FileTabAct::Show(tab.id));
    } else if response.clicked_by(PointerButton::Middle) {
        act = Some(FileTabAct::Close(tab.id));
    }
    response.on_hover_text(tab.path.as_str());
    act
}
