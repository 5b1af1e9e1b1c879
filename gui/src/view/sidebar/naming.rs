//! The dialog for a group's name.

use egui::{Key, Ui};
use orchestrator::seam::SessionId;

use super::data::SidebarAct;
use super::view::SidebarView;
use crate::theme::{size, space};
use crate::widget::{Field, Kind, button, button_enabled, dialog, field};

/// A name that is being typed in a dialog.
#[derive(Clone, Debug)]
pub(super) enum Naming {
    NewGroup(SessionId),
    Group(String),
}

impl SidebarView {
    pub(super) fn naming_dialog(&mut self, ui: &Ui, acts: &mut Vec<SidebarAct>) {
        let Some((naming, name)) = &mut self.naming else { return };
        let words = match naming {
            Naming::NewGroup(_) => ("New group", "Create"),
            Naming::Group(_) => ("Rename group", "Rename"),
        };
        let shown = dialog(ui.ctx(), "group name", words.0, 360.0, |ui| {
            let label = Field { label: "Name", hint: "work", ..Field::default() };
            let response = field(ui, "group name", label, name);
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if !response.has_focus() && !entered && ui.memory(|memory| memory.focused().is_none()) {
                response.request_focus();
            }
            ui.add_space(space::M);
            let can = !name.trim().is_empty();
            let layout = egui::Layout::right_to_left(egui::Align::Center);
            let room = egui::vec2(ui.available_width(), size::CONTROL);
            ui.allocate_ui_with_layout(room, layout, |ui| {
                let done = button_enabled(ui, can, Kind::Primary, words.1).clicked();
                let cancelled = button(ui, Kind::Plain, "Cancel").clicked();
                (can && (done || entered), cancelled)
            })
            .inner
        });
        let (done, cancelled) = shown.inner;
        if done {
            let name = name.trim().to_owned();
            acts.push(match naming {
                Naming::NewGroup(session) => {
                    SidebarAct::Group { session: session.clone(), group: Some(name) }
                }
                Naming::Group(from) => {
                    SidebarAct::RenameGroup { from: from.clone(), to: Some(name) }
                }
            });
        }
        if done || cancelled || shown.close {
            self.naming = None;
        }
    }
}
