//! The list of shortcuts: made from the table of commands.

use egui::{Label, RichText, Ui};

use crate::commands::{Entry, Group, TABLE, WindowCommand};
use crate::fuzzy::Fuzzy;
use crate::theme::{Theme, size, space};
use crate::widget::{dialog, search_field, search_id, section};

/// What the help does about itself.
#[derive(Debug, Default)]
pub struct HelpView {
    open: bool,
    begins: bool,
    typed: String,
}

impl HelpView {
    /// Opens it.
    pub fn open(&mut self) {
        *self = Self { open: true, begins: true, typed: String::new() };
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Draws it over everything else, while it is open.
    pub fn ui(&mut self, ctx: &egui::Context) {
        if !self.open {
            return;
        }
        let mac = ctx.os().is_mac();
        let shown = dialog(ctx, "help", "Keyboard shortcuts", 640.0, |ui| {
            search_field(ui, "help", "Search the commands", &mut self.typed);
            if std::mem::take(&mut self.begins) {
                ui.memory_mut(|memory| memory.request_focus(search_id("help")));
            }
            let mut fuzzy = Fuzzy::new(&self.typed);
            let mut any = false;
            for group in Group::ALL {
                let fits = |entry: &&Entry| {
                    entry.group == group
                        && !is_one_of_many(entry.command)
                        && fuzzy.as_mut().is_none_or(|fuzzy| {
                            fuzzy.score(&[entry.name, entry.also, group.words()]).is_some()
                        })
                };
                let lines: Vec<&Entry> = TABLE.iter().filter(fits).collect();
                if lines.is_empty() {
                    continue;
                }
                any = true;
                ui.add_space(space::M);
                section(ui, group.words());
                for entry in lines {
                    line(ui, entry, mac);
                }
            }
            if !any {
                ui.add_space(space::L);
                ui.weak("No command is called so");
            }
            ui.add_space(space::S);
        });
        if shown.close {
            self.open = false;
        }
    }
}

/// Sessions 2 to 9 stand with the first.
fn is_one_of_many(command: WindowCommand) -> bool {
    matches!(command, WindowCommand::OpenSession(2..))
}

/// What a line says: its name and its keys, where it has any.
fn words(entry: &Entry, mac: bool) -> (String, String) {
    let keys: Vec<String> = entry
        .shortcuts
        .iter()
        .map(|shortcut| {
            let keys = crate::commands::written(shortcut.keys, mac);
            if shortcut.typing { keys } else { format!("{keys} outside of fields") }
        })
        .collect();
    if entry.command == WindowCommand::OpenSession(1) {
        return ("Open session 1 to 9".into(), format!("{} to 9", keys.join(", ")));
    }
    (entry.name.to_owned(), keys.join(", "))
}

fn line(ui: &mut Ui, entry: &Entry, mac: bool) {
    let theme = Theme::get(ui.ctx());
    let (name, keys) = words(entry, mac);
    ui.horizontal(|ui| {
        ui.add(Label::new(name).selectable(false));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let keys = if keys.is_empty() { "palette".to_owned() } else { keys };
            let text = RichText::new(keys).monospace().size(size::SMALL).color(theme.muted);
            ui.add(Label::new(text).selectable(false));
        });
    });
}

#[cfg(test)]
#[path = "help_tests.rs"]
mod tests;
