//! A line of the table, and its keys.

use egui::{Key, KeyboardShortcut};

use super::command::{Group, WindowCommand};
use super::situation::{Situation, When};
use super::table::TABLE;

/// Keys, and whether they count while somebody types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// Which.
    pub keys: KeyboardShortcut,
    /// Whether they count in a text field, too.
    pub typing: bool,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// What it is.
    pub command: WindowCommand,
    /// What a person reads; the words of the command line where it has them.
    pub name: &'static str,
    /// Other words that it is looked for by.
    pub also: &'static str,
    /// Its keys; the first is the one that is shown.
    pub shortcuts: &'static [Shortcut],
    /// When it can be used.
    pub when: When,
    /// Its heading.
    pub group: Group,
}

impl Entry {
    /// Whether it can be used now.
    pub fn is_usable(&self, now: &Situation) -> bool {
        self.when.holds(now) && (!now.first_screen || self.command.opens_over_first_screen())
    }

    /// Its first shortcut, as a person reads it: `Ctrl+Shift+F`.
    pub fn keys(&self, mac: bool) -> Option<String> {
        self.shortcuts.first().map(|shortcut| written(shortcut.keys, mac))
    }
}

/// A shortcut as a person reads it.
pub fn written(keys: KeyboardShortcut, mac: bool) -> String {
    let names = egui::ModifierNames::NAMES;
    let modifiers = names.format(&keys.modifiers, mac);
    let key = match keys.logical_key {
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::PageUp => "PageUp",
        Key::PageDown => "PageDown",
        Key::Backtick => "`",
        Key::Comma => ",",
        Key::Period => ".",
        Key::Slash => "/",
        Key::Plus => "+",
        Key::Equals => "=",
        Key::Minus => "-",
        key => key.name(),
    };
    if modifiers.is_empty() { key.to_owned() } else { format!("{modifiers}+{key}") }
}

/// The line of a command.
pub fn entry(command: WindowCommand) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.command == command)
}

/// A command's first shortcut, for a tooltip or a menu; empty where it has none.
pub fn keys_of(command: WindowCommand, mac: bool) -> String {
    entry(command).and_then(|entry| entry.keys(mac)).unwrap_or_default()
}
