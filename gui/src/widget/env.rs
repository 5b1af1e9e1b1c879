//! Rows of environment variables.

use std::collections::{BTreeMap, BTreeSet};

use egui::{Align, Layout, TextEdit, Ui, vec2};
use lucide_icons::Icon;

use super::{Kind, button, fault, icon_button, toggle};
use crate::theme::{size, space};

/// What is typed of an environment. Values are hidden until somebody wants to see them: they may be secrets.
#[derive(Clone, Default)]
pub struct EnvRows {
    rows: Vec<Row>,
    /// Names that the store has and that no row may lose silently.
    stored: BTreeSet<String>,
    shown: bool,
    next: u64,
}

#[derive(Clone, Default)]
struct Row {
    /// Stays with a row while others come and go.
    key: u64,
    name: String,
    value: String,
    /// Whether its value is in the store, and not known here.
    stored: bool,
}

/// Leaves the values out.
impl std::fmt::Debug for EnvRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.rows.iter().map(|row| &row.name)).finish()
    }
}

impl EnvRows {
    /// Rows of what is known.
    pub fn of_values(values: &BTreeMap<String, String>) -> Self {
        let mut rows = Self::default();
        for (name, value) in values {
            rows.add(name.clone(), value.clone(), false);
        }
        rows
    }

    /// Rows of which only the names are known; a value that isn't typed stays as it is.
    pub fn of_names(names: &BTreeSet<String>) -> Self {
        let mut rows = Self { stored: names.clone(), ..Self::default() };
        for name in names {
            rows.add(name.clone(), String::new(), true);
        }
        rows
    }

    /// Everything that is typed; rows without a name are none.
    pub fn values(&self) -> BTreeMap<String, String> {
        let named = self.rows.iter().filter(|row| !row.name.trim().is_empty());
        named.map(|row| (row.name.trim().to_owned(), row.value.clone())).collect()
    }

    /// What differs from the store: set, or taken away.
    pub fn changes(&self) -> BTreeMap<String, Option<String>> {
        let gone = self.stored.iter().filter(|name| !self.rows.iter().any(|row| row.is(name)));
        let gone = gone.map(|name| (name.clone(), None));
        let typed = self.rows.iter().filter(|row| !row.is_untouched(&self.stored));
        let typed = typed.filter(|row| !row.name.trim().is_empty());
        gone.chain(typed.map(|row| (row.name.trim().to_owned(), Some(row.value.clone())))).collect()
    }

    /// What is wrong, by row.
    fn row_fault(&self, at: usize) -> Option<String> {
        let row = self.rows.get(at)?;
        let name = row.name.trim();
        if name.is_empty() {
            let is_blank = row.value.is_empty();
            return (!is_blank).then(|| "a value without a name".to_owned());
        }
        if !is_env_name(name) {
            return Some(format!("{name} can't be a name: letters, digits and _, no digit first"));
        }
        if self.rows.iter().take(at).any(|other| other.is(name)) {
            return Some(format!("{name} stands here twice"));
        }
        let is_renamed = row.stored && !self.stored.contains(name);
        (is_renamed && row.value.is_empty()).then(|| format!("{name} has no value yet"))
    }

    /// The first thing that is wrong.
    pub fn fault(&self) -> Option<String> {
        (0..self.rows.len()).find_map(|at| self.row_fault(at))
    }

    /// Shows the rows.
    pub fn ui(&mut self, ui: &mut Ui, id: &str) {
        self.take_pasted(ui, id);
        let mut gone = None;
        for at in 0..self.rows.len() {
            let wrong = self.row_fault(at);
            let shown = self.shown;
            let Some(row) = self.rows.get_mut(at) else { continue };
            ui.horizontal(|ui| {
                let room = ui.available_width() - size::ICON_BUTTON - 3.0 * space::S - 10.0;
                let name = TextEdit::singleline(&mut row.name)
                    .id(cell(id, row.key, Part::Name))
                    .hint_text("NAME")
                    .font(egui::TextStyle::Monospace)
                    .margin(egui::Margin::symmetric(8, 6))
                    .desired_width(room * 0.38 - 16.0);
                named(ui.add(name), &format!("Name of variable {}", at + 1));
                ui.label("=");
                let hint = if row.stored { "unchanged" } else { "value" };
                let value = TextEdit::singleline(&mut row.value)
                    .id(cell(id, row.key, Part::Value))
                    .hint_text(hint)
                    .password(!shown)
                    .font(egui::TextStyle::Monospace)
                    .margin(egui::Margin::symmetric(8, 6))
                    .desired_width(room * 0.62 - 16.0);
                named(ui.add(value), &format!("Value of variable {}", at + 1));
                let words = if row.name.is_empty() { "this variable" } else { &row.name };
                if icon_button(ui, Icon::X, &format!("Remove {words}")).clicked() {
                    gone = Some(at);
                }
            });
            if let Some(wrong) = wrong {
                fault(ui, &wrong);
            }
        }
        if let Some(at) = gone {
            self.rows.remove(at);
        }
        ui.allocate_ui_with_layout(
            vec2(ui.available_width(), size::CONTROL),
            Layout::left_to_right(Align::Center),
            |ui| {
                if button(ui, Kind::Plain, "Add variable").clicked() {
                    let key = self.add(String::new(), String::new(), false);
                    ui.memory_mut(|memory| memory.request_focus(cell(id, key, Part::Name)));
                }
                if !self.rows.is_empty() {
                    let words = if self.shown { "Hide values" } else { "Show values" };
                    let eye = if self.shown { Icon::EyeOff } else { Icon::Eye };
                    toggle(ui, &mut self.shown, eye, words);
                }
            },
        );
    }

    /// Several lines pasted into one row become several rows.
    fn take_pasted(&mut self, ui: &Ui, id: &str) {
        let focus = ui.memory(|memory| memory.focused());
        let place = self.rows.iter().enumerate().find_map(|(at, row)| {
            let part = [Part::Name, Part::Value]
                .into_iter()
                .find(|part| focus == Some(cell(id, row.key, *part)))?;
            Some((at, part))
        });
        let Some((at, part)) = place else { return };
        let mut pasted = None;
        ui.input_mut(|input| {
            input.events.retain(|event| match event {
                egui::Event::Paste(text) if is_ours(text, part) && pasted.is_none() => {
                    pasted = Some(text.clone());
                    false
                }
                _ => true,
            });
        });
        if let Some(text) = pasted {
            self.paste(at, part, &text);
        }
    }

    fn paste(&mut self, at: usize, part: Part, text: &str) {
        let Some(pairs) = pairs(text) else {
            // A value of several lines, such as a key: its lines stay.
            if let Some(row) = self.rows.get_mut(at) {
                row.value.push_str(text.trim_end_matches(['\r', '\n']));
            }
            return;
        };
        let mut pairs = pairs.into_iter();
        let into_this =
            self.rows.get(at).is_some_and(|row| row.name.is_empty() && row.value.is_empty());
        if let (true, Part::Name | Part::Value) = (into_this, part)
            && let Some((name, value)) = pairs.next()
            && let Some(row) = self.rows.get_mut(at)
        {
            (row.name, row.value) = (name, value);
        }
        for (name, value) in pairs {
            match self.rows.iter_mut().find(|row| row.is(&name)) {
                Some(row) => row.value = value,
                None => {
                    self.add(name, value, false);
                }
            }
        }
    }

    fn add(&mut self, name: String, value: String, stored: bool) -> u64 {
        let key = self.next;
        self.next += 1;
        self.rows.push(Row { key, name, value, stored });
        key
    }
}

/// Whether two say the same, whatever is shown.
impl PartialEq for EnvRows {
    fn eq(&self, other: &Self) -> bool {
        let said = |rows: &Self| {
            let rows = rows.rows.iter().filter(|row| !row.name.is_empty() || !row.value.is_empty());
            rows.map(|row| (row.name.clone(), row.value.clone(), row.stored)).collect::<Vec<_>>()
        };
        said(self) == said(other)
    }
}

impl Row {
    fn is(&self, name: &str) -> bool {
        self.name.trim() == name
    }

    fn is_untouched(&self, stored: &BTreeSet<String>) -> bool {
        self.stored && self.value.is_empty() && stored.contains(self.name.trim())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Name,
    Value,
}

fn cell(id: &str, key: u64, part: Part) -> egui::Id {
    egui::Id::unique(("env", egui::util::hash((id, key, part))))
}

fn named(response: egui::Response, name: &str) {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name));
}

/// Whether pasted text is more than a name or a value.
fn is_ours(text: &str, part: Part) -> bool {
    let lines = text.trim().lines().count();
    match part {
        Part::Name => pairs(text).is_some(),
        Part::Value => lines > 1,
    }
}

/// The variables of lines such as `NAME=value`, `export NAME="value"` or a comment; `None` when a line is anything else.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let (name, value) = line.split_once('=')?;
        if !is_env_name(name) {
            return None;
        }
        let quoted = ['"', '\''].into_iter().find_map(|quote| {
            value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote))
        });
        found.push((name.to_owned(), quoted.unwrap_or(value).to_owned()));
    }
    (!found.is_empty()).then_some(found)
}

fn is_env_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
#[path = "env_tests.rs"]
mod tests;
