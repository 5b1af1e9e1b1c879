//! A tab's name, edited in its place.

use egui::{Id, Key, Rect, TextEdit, Ui, UiBuilder};
use orchestrator::seam::{Tab, TabId};

use super::TabsAct;
use super::view::is_named;

/// A name that is being typed.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    tab: TabId,
    text: String,
    begins: bool,
}

impl Naming {
    pub(super) fn of(tab: &Tab) -> Self {
        let text = if is_named(tab) { tab.name.clone() } else { String::new() };
        Self { tab: tab.id.clone(), text, begins: true }
    }

    pub(super) fn is_of(&self, tab: &Tab) -> bool {
        self.tab == tab.id
    }

    /// Draws the field; `words` is what the tab is called without a name. `false` when it is over.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        (tab, words): (&Tab, &str),
        acts: &mut Vec<TabsAct>,
    ) -> bool {
        let id = Id::unique("tab rename");
        let edit = TextEdit::singleline(&mut self.text)
            .id(id)
            .hint_text(words)
            .desired_width(rect.width())
            .align(egui::Align2::LEFT_CENTER);
        let response = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| ui.put(rect, edit));
        ui.ctx().accesskit_node_builder(id, |node| node.set_label("Tab name"));
        if std::mem::take(&mut self.begins) {
            response.inner.request_focus();
            response.inner.scroll_to_me(None);
            return true;
        }
        if ui.memory(|memory| memory.has_focus(id)) {
            return true;
        }
        let cancelled = ui.input(|input| input.key_pressed(Key::Escape));
        let name = Some(self.text.trim().to_owned()).filter(|name| !name.is_empty());
        let before = is_named(tab).then(|| tab.name.clone());
        if !cancelled && name != before {
            acts.push(TabsAct::Rename { tab: tab.id.clone(), name });
        }
        false
    }
}
