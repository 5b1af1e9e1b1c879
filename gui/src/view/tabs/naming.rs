//! A tab's name, edited in its place.

use egui::{Id, Key, Rect, TextEdit, Ui, UiBuilder};
use orchestrator::seam::{SessionId, Tab, TabId};

use super::TabsAct;
use super::view::is_named;

/// A name that is being typed.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    session: SessionId,
    tab: TabId,
    /// What it was called when that began.
    before: Option<String>,
    text: String,
    begins: bool,
}

impl Naming {
    pub(super) fn of(session: &SessionId, tab: &Tab) -> Self {
        let before = is_named(tab).then(|| tab.name.clone());
        let text = before.clone().unwrap_or_default();
        Self { session: session.clone(), tab: tab.id.clone(), before, text, begins: true }
    }

    /// What it comes to when the field is left; `None` where nothing was changed.
    pub(super) fn left(&self) -> Option<TabsAct> {
        let name = Some(self.text.trim().to_owned()).filter(|name| !name.is_empty());
        let (session, tab) = (self.session.clone(), self.tab.clone());
        (name != self.before).then_some(TabsAct::Rename { session, tab, name })
    }

    pub(super) fn is_of(&self, tab: &Tab) -> bool {
        self.tab == tab.id
    }

    /// Draws the field; `words` is what the tab is called without a name. `false` when it is over.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        words: &str,
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
        if !cancelled {
            acts.extend(self.left());
        }
        false
    }
}
