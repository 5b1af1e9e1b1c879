//! From keys to commands.

use egui::{Event, Key, Modifiers};

use crate::commands::{Entry, Group, Situation, TABLE, WindowCommand};

/// Where keys go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// Whether a text field has the focus.
    pub typing: bool,
    /// Whether a dialog (or the palette) is over everything.
    pub dialog: bool,
    /// What of a terminal has the keys.
    pub terminal: TerminalFocus,
}

/// What of a terminal has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TerminalFocus {
    /// No terminal.
    #[default]
    None,
    /// Its program, which has all but the few that the window keeps.
    Program,
    /// What is left of it: its shell is over. It has the keys of the terminal itself, and the window all others.
    Ended,
}

/// What a key press means, if anything: the keys as the layout names them, else where they are on the keyboard.
pub fn command_for(
    key: Key,
    physical: Option<Key>,
    modifiers: Modifiers,
    focus: Focus,
    now: &Situation,
) -> Option<WindowCommand> {
    let find = |key: Key, modifiers: Modifiers| {
        TABLE.iter().find(|entry| {
            entry.is_usable(now)
                && (!focus.dialog || counts_in_dialogs(entry))
                && !is_the_terminals(focus.terminal, key, modifiers)
                && entry.shortcuts.iter().any(|shortcut| {
                    shortcut.keys.logical_key == key
                        && modifiers.matches_exact(shortcut.keys.modifiers)
                        && (shortcut.typing || !focus.typing)
                })
        })
    };
    // Where `/` or `.` needs Shift, or where digits do: by their place, then without minding Shift.
    find(key, modifiers)
        .or_else(|| find(physical.filter(|key| moves_between_layouts(*key))?, modifiers))
        .or_else(|| {
            let without = Modifiers { shift: false, ..modifiers };
            (modifiers.shift && moves_between_layouts(key)).then(|| find(key, without))?
        })
        .map(|entry| entry.command)
}

/// Takes the commands out of a frame's events; whatever is no command stays.
pub fn take(events: &mut Vec<Event>, focus: Focus, now: &Situation) -> Vec<WindowCommand> {
    let mut commands = Vec::new();
    events.retain(|event| {
        let Event::Key { key, physical_key, pressed: true, repeat, modifiers } = event else {
            return true;
        };
        let command = command_for(*key, *physical_key, *modifiers, focus, now);
        if let Some(command) = command
            && (!repeat || may_repeat(command))
        {
            commands.push(command);
        }
        command.is_none()
    });
    commands
}

fn is_the_terminals(focus: TerminalFocus, key: Key, modifiers: Modifiers) -> bool {
    match focus {
        TerminalFocus::None => false,
        TerminalFocus::Program => !is_kept_of_terminals(key, modifiers),
        TerminalFocus::Ended => is_terminals_own(key, modifiers),
    }
}

/// The terminal's own Ctrl+Shift+C, V and F: copy, paste and search.
fn is_terminals_own(key: Key, modifiers: Modifiers) -> bool {
    let held = (modifiers.ctrl || modifiers.command) && modifiers.shift && !modifiers.alt;
    held && matches!(key, Key::C | Key::V | Key::F)
}

/// Keys that a terminal's program doesn't get, as far as they mean something: with Ctrl and Shift or Ctrl and Alt, and with
/// Ctrl the digits, the signs of zoom and settings, Page up and down, and Tab. Ctrl with a letter is the program's, and
/// so are those that are the terminal's own.
fn is_kept_of_terminals(key: Key, modifiers: Modifiers) -> bool {
    if !modifiers.ctrl && !modifiers.command || is_terminals_own(key, modifiers) {
        return false;
    }
    match key {
        _ if modifiers.shift || modifiers.alt => true,
        // As desktops have it for their own consoles; programs have no use for it.
        Key::Backtick => true,
        Key::Comma | Key::Plus | Key::Equals | Key::Minus => true,
        Key::PageUp | Key::PageDown | Key::Tab => true,
        Key::Num0 | Key::Num1 | Key::Num2 | Key::Num3 | Key::Num4 => true,
        Key::Num5 | Key::Num6 | Key::Num7 | Key::Num8 | Key::Num9 => true,
        _ => false,
    }
}

/// Behind a dialog nothing is told to do anything.
fn counts_in_dialogs(entry: &Entry) -> bool {
    let is_zoom = matches!(
        entry.command,
        WindowCommand::ZoomIn | WindowCommand::ZoomOut | WindowCommand::ZoomReset
    );
    is_zoom && entry.group == Group::View || entry.command == WindowCommand::Quit
}

/// Whether holding the keys down does it again.
fn may_repeat(command: WindowCommand) -> bool {
    matches!(
        command,
        WindowCommand::NextSession
            | WindowCommand::PreviousSession
            | WindowCommand::NextTab
            | WindowCommand::PreviousTab
            | WindowCommand::MoveTabLeft
            | WindowCommand::MoveTabRight
            | WindowCommand::ZoomIn
            | WindowCommand::ZoomOut
    )
}

/// Whether a key is elsewhere, or needs Shift, on other keyboards: digits and signs.
fn moves_between_layouts(key: Key) -> bool {
    matches!(
        key,
        Key::Num0
            | Key::Num1
            | Key::Num2
            | Key::Num3
            | Key::Num4
            | Key::Num5
            | Key::Num6
            | Key::Num7
            | Key::Num8
            | Key::Num9
            | Key::Comma
            | Key::Period
            | Key::Slash
            | Key::Backtick
            | Key::Plus
            | Key::Equals
            | Key::Minus
    )
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
