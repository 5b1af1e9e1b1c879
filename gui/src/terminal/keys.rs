//! From what egui hears to what programs read.

use egui::{Event, ImeEvent, Key, Modifiers};
use orchestrator::terminal::screen::Modes;
use orchestrator::terminal::screen::keys::{Held, Key as Sent, encode};

/// What came of a frame's events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// For the program.
    pub bytes: Vec<u8>,
    /// Texts that are to be pasted.
    pub pastes: Vec<String>,
    /// What is selected is to be copied.
    pub copy: bool,
    /// The search is to be shown.
    pub search: bool,
    /// Pages to scroll, up when positive; `i32::MAX` and `i32::MIN` for the ends.
    pub pages: i32,
    /// What an input method is composing, when that changed.
    pub composing: Option<String>,
}

/// Whether Alt makes other letters instead of being a modifier: the Option key of a Mac has `@` and braces on many keyboards.
const ALT_COMPOSES: bool = cfg!(target_os = "macos");

/// Reads a frame's events as a terminal's: every key is the program's but for a terminal's own (copy, paste, search,
/// scroll). Those of the window are taken out before.
pub fn typed(events: &[Event], modes: Modes) -> Typed {
    typed_where(events, modes, ALT_COMPOSES)
}

fn typed_where(events: &[Event], modes: Modes, alt_composes: bool) -> Typed {
    let mut typed = Typed::default();
    let mut held = Modifiers::NONE;
    for event in events {
        match event {
            Event::Key { key, pressed: true, modifiers, .. } => {
                held = *modifiers;
                if !own_key(&mut typed, *key, *modifiers) {
                    typed.bytes.extend(program_key(*key, *modifiers, modes));
                }
            }
            Event::Text(text) => {
                // Alt and a letter come as both; with Ctrl only the key counts.
                if held.alt && !held.ctrl && !alt_composes {
                    typed.bytes.push(0x1b);
                }
                typed.bytes.extend_from_slice(text.as_bytes());
            }
            Event::ModifiersChanged(modifiers) => held = *modifiers,
            Event::Paste(text) => typed.pastes.push(text.clone()),
            Event::Copy => typed.copy = true,
            Event::Ime(ImeEvent::Preedit { text, .. }) => typed.composing = Some(text.clone()),
            Event::Ime(ImeEvent::Commit(text)) => {
                typed.composing = Some(String::new());
                typed.bytes.extend_from_slice(text.as_bytes());
            }
            // The mouse's and the window's.
            _ => {}
        }
    }
    typed
}

/// Keys that a terminal has for itself.
fn own_key(typed: &mut Typed, key: Key, held: Modifiers) -> bool {
    let only_shift = held.shift && !held.ctrl && !held.alt && !held.command;
    let ctrl_shift = held.shift && held.ctrl && !held.alt;
    match key {
        Key::C if ctrl_shift => typed.copy = true,
        Key::Insert if held.ctrl && !held.shift => typed.copy = true,
        Key::F if ctrl_shift => typed.search = true,
        // Whoever holds the clipboard answers with a paste.
        Key::V if ctrl_shift => {}
        Key::Insert if only_shift => {}
        Key::PageUp if only_shift => typed.pages += 1,
        Key::PageDown if only_shift => typed.pages -= 1,
        Key::Home if only_shift => typed.pages = i32::MAX,
        Key::End if only_shift => typed.pages = i32::MIN,
        _ => return false,
    }
    true
}

fn program_key(key: Key, held: Modifiers, modes: Modes) -> Vec<u8> {
    let with = Held { shift: held.shift, alt: held.alt, ctrl: held.ctrl };
    match named(key) {
        Some(sent) => encode(sent, with, modes),
        // Without Ctrl it comes as text.
        None if held.ctrl => {
            character(key).map(|c| encode(Sent::Char(c), with, modes)).unwrap_or_default()
        }
        None => Vec::new(),
    }
}

fn named(key: Key) -> Option<Sent> {
    Some(match key {
        Key::Enter => Sent::Enter,
        Key::Tab => Sent::Tab,
        Key::Backspace => Sent::Backspace,
        Key::Escape => Sent::Escape,
        Key::ArrowUp => Sent::Up,
        Key::ArrowDown => Sent::Down,
        Key::ArrowLeft => Sent::Left,
        Key::ArrowRight => Sent::Right,
        Key::Home => Sent::Home,
        Key::End => Sent::End,
        Key::Insert => Sent::Insert,
        Key::Delete => Sent::Delete,
        Key::PageUp => Sent::PageUp,
        Key::PageDown => Sent::PageDown,
        _ => Sent::Function(function(key)?),
    })
}

fn function(key: Key) -> Option<u8> {
    const KEYS: [Key; 20] = [
        Key::F1,
        Key::F2,
        Key::F3,
        Key::F4,
        Key::F5,
        Key::F6,
        Key::F7,
        Key::F8,
        Key::F9,
        Key::F10,
        Key::F11,
        Key::F12,
        Key::F13,
        Key::F14,
        Key::F15,
        Key::F16,
        Key::F17,
        Key::F18,
        Key::F19,
        Key::F20,
    ];
    KEYS.iter().position(|function| *function == key).and_then(|at| u8::try_from(at + 1).ok())
}

/// The character of a key, as it is without Shift.
fn character(key: Key) -> Option<char> {
    match key {
        Key::Space => Some(' '),
        _ => {
            let mut signs = key.symbol_or_name().chars();
            let first = signs.next().filter(|_| signs.next().is_none())?;
            let is_sign = first.is_ascii_graphic() || first == '−';
            // egui shows the key of `-` with a minus sign.
            is_sign.then(|| if first == '−' { '-' } else { first.to_ascii_lowercase() })
        }
    }
}

#[cfg(test)]
mod tests {
    use orchestrator::terminal::Screen;

    use super::*;

    fn pressed(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    fn read(events: &[Event]) -> Typed {
        typed_where(events, Screen::new(80, 24).modes(), false)
    }

    fn bytes(events: &[Event]) -> String {
        String::from_utf8_lossy(&read(events).bytes).into_owned()
    }

    const CTRL: Modifiers = Modifiers::CTRL;
    const CTRL_SHIFT: Modifiers = Modifiers::CTRL.plus(Modifiers::SHIFT);

    #[test]
    fn every_key_of_the_keyboard_reaches_the_program_once() {
        let text = |text: &str| Event::Text(text.to_owned());
        let table: &[(&[Event], &str)] = &[
            (&[pressed(Key::A, Modifiers::NONE), text("a")], "a"),
            (&[pressed(Key::A, Modifiers::SHIFT), text("A")], "A"),
            (&[pressed(Key::X, Modifiers::ALT), text("x")], "\x1bx"),
            (&[text("é")], "é"),
            (&[pressed(Key::C, CTRL)], "\x03"),
            (&[pressed(Key::V, CTRL)], "\x16"),
            (&[pressed(Key::X, CTRL)], "\x18"),
            (&[pressed(Key::Space, CTRL)], "\0"),
            (&[pressed(Key::OpenBracket, CTRL)], "\x1b"),
            (&[pressed(Key::Backslash, CTRL)], "\x1c"),
            (&[pressed(Key::CloseBracket, CTRL)], "\x1d"),
            (&[pressed(Key::Minus, CTRL_SHIFT)], "\x1f"),
            (&[pressed(Key::Slash, CTRL)], "\x1f"),
            (&[pressed(Key::D, CTRL.plus(Modifiers::ALT))], "\x1b\x04"),
            (&[pressed(Key::Enter, Modifiers::NONE)], "\r"),
            (&[pressed(Key::Tab, Modifiers::SHIFT)], "\x1b[Z"),
            (&[pressed(Key::ArrowUp, CTRL)], "\x1b[1;5A"),
            (&[pressed(Key::F5, Modifiers::NONE)], "\x1b[15~"),
            (&[pressed(Key::PageUp, Modifiers::NONE)], "\x1b[5~"),
            (&[pressed(Key::Escape, Modifiers::NONE)], "\x1b"),
        ];
        for (events, sent) in table {
            assert_eq!(bytes(events), *sent, "{events:?}");
        }
    }

    #[test]
    fn a_letter_that_option_makes_on_a_mac_is_that_letter() {
        let events = [pressed(Key::L, Modifiers::ALT), Event::Text("@".to_owned())];
        let modes = Screen::new(80, 24).modes();
        assert_eq!(typed_where(&events, modes, true).bytes, b"@");
        assert_eq!(typed_where(&events, modes, false).bytes, b"\x1b@");
        let word = [pressed(Key::ArrowLeft, Modifiers::ALT)];
        assert_eq!(typed_where(&word, modes, true).bytes, b"\x1b[1;3D");
    }

    #[test]
    fn a_terminals_own_keys_are_no_programs() {
        let own = read(&[pressed(Key::C, CTRL_SHIFT), pressed(Key::F, CTRL_SHIFT)]);
        assert_eq!((own.copy, own.search, own.bytes), (true, true, Vec::new()));
        let pages = read(&[pressed(Key::PageUp, Modifiers::SHIFT)]);
        assert_eq!((pages.pages, pages.bytes), (1, Vec::new()));
        let paste = read(&[pressed(Key::V, CTRL_SHIFT), Event::Paste("x".into())]);
        assert_eq!((paste.pastes, paste.bytes), (vec!["x".to_owned()], Vec::new()));
    }

    #[test]
    fn what_is_composed_goes_out_when_it_is_done() {
        let preedit = Event::Ime(ImeEvent::Preedit { text: "ni".into(), active_range_chars: None });
        let composing = read(&[preedit]);
        assert_eq!((composing.composing.as_deref(), composing.bytes), (Some("ni"), Vec::new()));
        let done = read(&[Event::Ime(ImeEvent::Commit("你".into()))]);
        assert_eq!((done.composing.as_deref(), done.bytes), (Some(""), "你".into()));
    }
}
