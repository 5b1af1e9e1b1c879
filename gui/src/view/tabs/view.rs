//! The bar of tabs.

use std::collections::{BTreeMap, BTreeSet};

use egui::{
    Align2, CornerRadius, FontId, Id, Key, Modifiers, PointerButton, Rect, Response, ScrollArea,
    Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use orchestrator::seam::{Session, SessionId, Tab, TabId};

use super::menu::{Picked, tab_menu};
use super::moving::drag;
use super::naming::Naming;
use super::terminals::{TerminalNaming, TerminalTab, TerminalTabsAct};
use crate::bridge::OpenId;
use crate::commands::{WindowCommand, keys_of};
use crate::theme::{Theme, size, space, strong};
use crate::view::files::{FileTab, FileTabAct, file_tab};
use crate::view::sidebar::tab_status;
use crate::widget::{ByKeys, RowMenu, dot, icon_button, small_icon_button};
use crate::words::clean_line;

/// How wide a tab is at most and at least.
const WIDTH: (f32, f32) = (200.0, 96.0);

/// What the tabs show.
#[derive(Clone, Copy, Debug)]
pub struct TabsData<'a> {
    /// The session that is shown.
    pub session: &'a Session,
    /// Its tab that is shown.
    pub shown: Option<&'a TabId>,
    /// The session's terminals, in the order of their opening.
    pub terminals: &'a [TerminalTab],
    /// Tabs that a person has closed: they are left out.
    pub closed: &'a BTreeSet<TabId>,
    /// Tabs in which something ended that nobody has seen.
    pub unread: &'a BTreeSet<TabId>,
    /// Approvals that wait, where any do.
    pub approvals: &'a BTreeMap<TabId, u32>,
    /// The first words of a conversation, for tabs that nobody has named.
    pub first_words: &'a BTreeMap<TabId, String>,
    /// Files of it that are open, behind its conversations.
    pub files: &'a [FileTab],
    /// The one that is shown; no conversation is then.
    pub file: Option<OpenId>,
}

/// What a person wants of the tabs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TabsAct {
    /// Show that tab.
    Show(TabId),
    /// Close that tab; its transcript stays.
    Close(TabId),
    /// Begin a new conversation.
    New,
    /// Of a terminal.
    Terminal(TerminalTabsAct),
    /// Call that tab so; `None` gives it its number back.
    Rename {
        /// Of which session: another one may be shown by now.
        session: SessionId,
        /// Which.
        tab: TabId,
        /// What a person typed, trimmed and not empty.
        name: Option<String>,
    },
    /// Of a file's tab.
    File(FileTabAct),
    /// Move that tab, as in [`orchestrator::seam::Command::MoveTab`].
    Move {
        /// Which.
        tab: TabId,
        /// Right before that one; behind all others when `None`.
        before: Option<TabId>,
    },
}

/// The tabs' own state.
#[derive(Debug, Default)]
pub struct TabsView {
    revealed: Option<TabId>,
    revealed_file: Option<OpenId>,
    naming: Option<Naming>,
    menu: RowMenu,
    terminal_naming: TerminalNaming,
}

/// Whether a person has named it: a number is what a tab is called that nobody has named.
pub(super) fn is_named(tab: &Tab) -> bool {
    !tab.name.bytes().all(|letter| letter.is_ascii_digit())
}

/// What a tab is called: the name that a person gave it, its conversation's first words, or its number.
pub fn tab_words(tab: &Tab, first_words: Option<&String>) -> String {
    if is_named(tab) {
        return clean_line(&tab.name);
    }
    match first_words.map(|words| clean_line(words)).filter(|words| !words.is_empty()) {
        Some(words) => words,
        None => format!("Conversation {}", tab.name),
    }
}

impl TabsView {
    /// Lets a tab's name be edited in its place.
    pub fn rename(&mut self, session: &SessionId, tab: &Tab) {
        self.naming = Some(Naming::of(session, tab));
        self.revealed = None;
    }

    /// Draws them on one line.
    pub fn ui(&mut self, ui: &mut Ui, data: &TabsData<'_>) -> Vec<TabsAct> {
        let mut acts = Vec::new();
        let tabs = data.session.tabs.iter();
        let open: Vec<&Tab> = tabs.filter(|tab| !data.closed.contains(&tab.id)).collect();
        let ids: Vec<TabId> = open.iter().map(|tab| tab.id.clone()).collect();
        if let Some(naming) = &self.naming
            && !open.iter().any(|tab| naming.is_of(tab))
        {
            // Another session is shown by now: the field was left.
            acts.extend(naming.left());
            self.naming = None;
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let room = ui.available_width() - 2.0 * size::CONTROL - 3.0 * space::S;
            let count = (open.len() + data.files.len() + data.terminals.len()).max(1);
            #[expect(clippy::cast_precision_loss, reason = "tabs are few")]
            let each = (room / count as f32 - space::XS).clamp(WIDTH.1, WIDTH.0);
            ScrollArea::horizontal()
                .id_salt("tabs")
                .max_width(room)
                .auto_shrink([true, true])
                .show(ui, |ui| {
                    ui.horizontal(|ui| {
                        for tab in &open {
                            self.tab(ui, data, tab, &ids, each, &mut acts);
                        }
                        for file in data.files {
                            let shown = data.file == Some(file.id);
                            let reveal = shown && self.revealed_file != data.file;
                            let act = file_tab(ui, file, shown, reveal, each, &mut self.menu);
                            acts.extend(act.map(TabsAct::File));
                        }
                        self.revealed_file = data.file;
                        let mut of_terminals = Vec::new();
                        self.terminal_naming.ui(ui, data.terminals, each, &mut of_terminals);
                        acts.extend(of_terminals.into_iter().map(TabsAct::Terminal));
                    });
                });
            let keys = keys_of(WindowCommand::NewTab, ui.ctx().os().is_mac());
            let new = icon_button(ui, Icon::Plus, "New tab");
            if new.on_hover_text(keys).clicked() {
                acts.push(TabsAct::New);
            }
            let keys = keys_of(WindowCommand::NewTerminal, ui.ctx().os().is_mac());
            let new = icon_button(ui, Icon::SquareTerminal, "New terminal");
            if new.on_hover_text(keys).clicked() {
                acts.push(TabsAct::Terminal(TerminalTabsAct::New));
            }
        });
        acts
    }

    fn tab(
        &mut self,
        ui: &mut Ui,
        data: &TabsData<'_>,
        tab: &Tab,
        open: &[TabId],
        width: f32,
        acts: &mut Vec<TabsAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let shown = data.shown == Some(&tab.id);
        let unread = data.unread.contains(&tab.id);
        let words = tab_words(tab, data.first_words.get(&tab.id));
        let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
        let id = Id::unique(("tab", tab.id.as_str()));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::selected(egui::Role::Tab, true, shown, &words));
        ui.ctx().accesskit_node_builder(id, |node| node.set_selected(shown));
        if let Some(naming) = self.naming.as_mut().filter(|naming| naming.is_of(tab)) {
            let unnamed = Tab { name: String::new(), ..tab.clone() };
            let hint = tab_words(&unnamed, data.first_words.get(&tab.id));
            if !naming.ui(ui, rect, hint.trim(), acts) {
                self.naming = None;
                ui.memory_mut(|memory| memory.request_focus(id));
            }
            return;
        }
        let hovered = response.contains_pointer();
        if response.dragged() {
            ui.multiply_opacity(0.5);
        }
        if ui.is_rect_visible(rect) {
            let fill = if shown {
                theme.raised
            } else if hovered {
                theme.hover
            } else {
                theme.window
            };
            let line = if response.has_focus() {
                theme.accent
            } else if shown {
                theme.line_strong
            } else {
                theme.window
            };
            let corner = CornerRadius::same(crate::theme::radius::SMALL);
            let stroke = Stroke::new(1.0, line);
            ui.painter().rect(rect, corner, fill, stroke, egui::StrokeKind::Inside);
            let approvals = data.approvals.get(&tab.id).copied().unwrap_or(0);
            let mark = Rect::from_center_size(
                pos2(rect.left() + space::S + 6.0, rect.center().y),
                vec2(12.0, 12.0),
            );
            let mut place = ui.new_child(UiBuilder::new().max_rect(mark));
            dot(&mut place, tab_status(tab, approvals, unread));
            let with_close = hovered || shown;
            let right = rect.right()
                - if with_close {
                    28.0
                } else if unread {
                    20.0
                } else {
                    space::S
                };
            let left = mark.right() + space::S;
            let font = if unread { strong(size::BODY) } else { FontId::proportional(size::BODY) };
            let colour = if shown || unread { theme.text } else { theme.muted };
            let mut job = egui::text::LayoutJob::simple_singleline(words.clone(), font, colour);
            job.wrap = egui::text::TextWrapping::truncate_at_width(right - left);
            let galley = ui.painter().layout_job(job);
            let at = Align2::LEFT_CENTER.anchor_size(pos2(left, rect.center().y), galley.size());
            ui.painter().galley(at.min, galley, colour);
            if unread && !with_close {
                let mark = pos2(at.right() + space::S, rect.center().y);
                ui.painter().circle_filled(mark, 3.5, theme.accent);
            }
            if with_close {
                let place = Rect::from_center_size(
                    pos2(rect.right() - 15.0, rect.center().y),
                    vec2(24.0, 24.0),
                );
                let name = format!("Close {words}");
                let mut place = ui.new_child(UiBuilder::new().max_rect(place));
                let close = small_icon_button(&mut place, Icon::X, &name);
                if close.clicked() {
                    acts.push(TabsAct::Close(tab.id.clone()));
                    return;
                }
            }
        }
        if shown && self.revealed.as_ref() != Some(&tab.id) {
            self.revealed = Some(tab.id.clone());
            response.scroll_to_me(None);
        }
        if response.clicked() {
            acts.push(TabsAct::Show(tab.id.clone()));
        }
        if response.clicked_by(PointerButton::Middle) {
            acts.push(TabsAct::Close(tab.id.clone()));
        }
        drag(ui, &response, &tab.id, open, acts);
        let by_keys = self.keys(ui, &response, &data.session.id, tab);
        match tab_menu(&response, by_keys, &tab.id, open, is_named(tab)) {
            Some(Picked::Act(act)) => acts.push(act),
            Some(Picked::Rename) => self.rename(&data.session.id, tab),
            Some(Picked::Unname) => {
                let (session, tab) = (data.session.id.clone(), tab.id.clone());
                acts.push(TabsAct::Rename { session, tab, name: None });
            }
            None => {}
        }
        if response.double_clicked() {
            self.rename(&data.session.id, tab);
        }
        if !response.dragged() {
            response.on_hover_text(words);
        }
    }

    /// What keys do on a tab that has the focus. How its menu was asked for.
    fn keys(&mut self, ui: &Ui, response: &Response, session: &SessionId, tab: &Tab) -> ByKeys {
        if response.has_focus() {
            let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
            if pressed(Modifiers::NONE, Key::F2) {
                self.rename(session, tab);
            } else {
                self.menu.keys(ui, response.id);
            }
        }
        self.menu.of(response)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
