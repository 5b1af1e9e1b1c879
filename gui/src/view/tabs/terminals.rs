//! The tabs of terminals, beside those of conversations.

use egui::{
    Align2, CornerRadius, FontId, Id, Key, Modifiers, PointerButton, Rect, Response, Sense, Stroke,
    TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

use crate::theme::{Theme, icons, size, space};
use crate::widget::{plain, small_icon_button};

/// A terminal's tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalTab {
    /// Its id.
    pub id: String,
    /// What is on it.
    pub words: String,
    /// What a person calls it, or its number.
    pub name: String,
    /// Whether it is shown.
    pub shown: bool,
    /// Its shell is gone.
    pub over: bool,
    /// Its link is cut, and it comes back.
    pub away: bool,
    /// It rang while another one was shown.
    pub rang: bool,
}

/// What a person wants of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalTabsAct {
    /// Show that one.
    Show(String),
    /// End it.
    Close(String),
    /// Call it so; its number again when `None`.
    Rename(String, Option<String>),
    /// A new one.
    New,
}

/// What is typed into a tab.
#[derive(Debug, Default)]
pub(super) struct TerminalNaming {
    of: Option<(String, String)>,
    is_begun: bool,
}

impl TerminalNaming {
    /// Draws them where the last tab ended.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        tabs: &[TerminalTab],
        width: f32,
        acts: &mut Vec<TerminalTabsAct>,
    ) {
        for tab in tabs {
            self.tab(ui, tab, width, acts);
        }
    }

    fn tab(&mut self, ui: &mut Ui, tab: &TerminalTab, width: f32, acts: &mut Vec<TerminalTabsAct>) {
        let theme = Theme::get(ui.ctx());
        let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
        let id = Id::unique(("terminal tab", tab.id.as_str()));
        if self.field(ui, rect, tab, acts) {
            return;
        }
        let response = ui.interact(rect, id, Sense::click());
        let words = plain(&tab.words).into_owned();
        response.widget_info(|| WidgetInfo::selected(egui::Role::Tab, true, tab.shown, &words));
        let hovered = response.contains_pointer();
        let fill = match (tab.shown, hovered) {
            (true, _) => theme.raised,
            (false, true) => theme.hover,
            (false, false) => theme.window,
        };
        let line = match (response.has_focus(), tab.shown) {
            (true, _) => theme.accent,
            (false, true) => theme.line_strong,
            (false, false) => theme.window,
        };
        let corner = CornerRadius::same(crate::theme::radius::SMALL);
        ui.painter().rect(rect, corner, fill, Stroke::new(1.0, line), egui::StrokeKind::Inside);
        let colour = match tab {
            TerminalTab { over: true, .. } => theme.muted,
            TerminalTab { away: true, .. } => theme.warn,
            TerminalTab { rang: true, .. } => theme.accent,
            _ => theme.good,
        };
        let mark = pos2(rect.left() + space::S + 6.0, rect.center().y);
        let glyph = char::from(Icon::SquareTerminal);
        ui.painter().text(mark, Align2::CENTER_CENTER, glyph, icons(size::SMALL + 1.5), colour);
        let with_close = hovered || tab.shown;
        let right = rect.right() - if with_close { 28.0 } else { space::S };
        let left = mark.x + 6.0 + space::S;
        let colour = if tab.shown { theme.text } else { theme.muted };
        let font = FontId::proportional(size::BODY);
        let mut job = egui::text::LayoutJob::simple_singleline(words.clone(), font, colour);
        job.wrap = egui::text::TextWrapping::truncate_at_width((right - left).max(1.0));
        let galley = ui.painter().layout_job(job);
        let at = Align2::LEFT_CENTER.anchor_size(pos2(left, rect.center().y), galley.size());
        ui.painter().galley(at.min, galley, colour);
        if with_close {
            let place = Rect::from_center_size(
                pos2(rect.right() - 15.0, rect.center().y),
                vec2(24.0, 24.0),
            );
            let mut place = ui.new_child(UiBuilder::new().max_rect(place));
            if small_icon_button(&mut place, Icon::X, &format!("Close {words}")).clicked() {
                acts.push(TerminalTabsAct::Close(tab.id.clone()));
                return;
            }
        }
        if response.clicked() {
            acts.push(TerminalTabsAct::Show(tab.id.clone()));
        }
        if response.clicked_by(PointerButton::Middle) {
            acts.push(TerminalTabsAct::Close(tab.id.clone()));
        }
        let by_key = response.has_focus()
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F2));
        if by_key || response.double_clicked() {
            self.begin(tab);
        }
        self.menu(&response, tab, acts);
        response.on_hover_text(words);
    }

    fn menu(&mut self, response: &Response, tab: &TerminalTab, acts: &mut Vec<TerminalTabsAct>) {
        response.context_menu(|ui| {
            if ui.button("Rename…").clicked() {
                self.begin(tab);
                ui.close();
            }
            let is_named = !tab.name.bytes().all(|byte| byte.is_ascii_digit());
            if is_named && ui.button("Remove name").clicked() {
                acts.push(TerminalTabsAct::Rename(tab.id.clone(), None));
                ui.close();
            }
            ui.separator();
            if ui.button("Close").clicked() {
                acts.push(TerminalTabsAct::Close(tab.id.clone()));
                ui.close();
            }
        });
    }

    fn begin(&mut self, tab: &TerminalTab) {
        self.of = Some((tab.id.clone(), tab.name.clone()));
        self.is_begun = false;
    }

    /// The name's field in the tab's place; `false` when it isn't being named.
    fn field(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        tab: &TerminalTab,
        acts: &mut Vec<TerminalTabsAct>,
    ) -> bool {
        let Some((id, typed)) = self.of.as_mut().filter(|(id, _)| *id == tab.id) else {
            return false;
        };
        let response = ui.put(rect, TextEdit::singleline(typed));
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Terminal's name"));
        if !std::mem::replace(&mut self.is_begun, true) {
            response.request_focus();
        } else if response.lost_focus() || !response.has_focus() {
            let gives_up = ui.input(|input| input.key_pressed(Key::Escape));
            let name = Some(typed.trim().to_owned()).filter(|name| !name.is_empty());
            if !gives_up && name.as_deref() != Some(tab.name.as_str()) {
                acts.push(TerminalTabsAct::Rename(id.clone(), name));
            }
            self.of = None;
        }
        true
    }
}
