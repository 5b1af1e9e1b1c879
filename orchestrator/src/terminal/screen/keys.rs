//! Keys, as xterm sends them (xterm's `ctlseqs`, "PC-Style Function Keys").

use super::cell::Modes;

/// A key that isn't simply a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character's key, with Ctrl or Alt: what it would type without them.
    Char(char),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Escape.
    Escape,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Insert.
    Insert,
    /// Delete.
    Delete,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// F1 to F20.
    Function(u8),
}

/// What is held down with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Shift.
    pub shift: bool,
    /// Alt, sent as a leading `ESC`.
    pub alt: bool,
    /// Ctrl.
    pub ctrl: bool,
}

impl Held {
    /// xterm's number: 1, and 1 for Shift, 2 for Alt, 4 for Ctrl.
    fn number(self) -> u8 {
        1 + u8::from(self.shift) + 2 * u8::from(self.alt) + 4 * u8::from(self.ctrl)
    }
}

/// What a key sends; nothing when it has no meaning for programs.
pub fn encode(key: Key, held: Held, modes: Modes) -> Vec<u8> {
    match key {
        Key::Char(c) => char_bytes(c, held),
        Key::Enter if modes.new_line() => alt(b"\r\n", held),
        Key::Enter => alt(b"\r", held),
        Key::Tab if held.shift => alt(b"\x1b[Z", held),
        Key::Tab => alt(b"\t", held),
        Key::Backspace if held.ctrl => alt(b"\x08", held),
        Key::Backspace => alt(b"\x7f", held),
        Key::Escape => alt(b"\x1b", held),
        Key::Up => arrow(b'A', held, modes),
        Key::Down => arrow(b'B', held, modes),
        Key::Right => arrow(b'C', held, modes),
        Key::Left => arrow(b'D', held, modes),
        Key::Home => arrow(b'H', held, modes),
        Key::End => arrow(b'F', held, modes),
        Key::Insert => numbered(2, held),
        Key::Delete => numbered(3, held),
        Key::PageUp => numbered(5, held),
        Key::PageDown => numbered(6, held),
        Key::Function(number) => function(number, held),
    }
}

/// The focus came or went, for programs that want to know.
pub fn focus(has_focus: bool) -> &'static [u8] {
    if has_focus { b"\x1b[I" } else { b"\x1b[O" }
}

fn alt(bytes: &[u8], held: Held) -> Vec<u8> {
    let mut sent = Vec::with_capacity(bytes.len() + 1);
    if held.alt {
        sent.push(0x1b);
    }
    sent.extend_from_slice(bytes);
    sent
}

fn char_bytes(c: char, held: Held) -> Vec<u8> {
    let mut buffer = [0; 4];
    match control(c).filter(|_| held.ctrl) {
        Some(code) => alt(&[code], held),
        None => alt(c.encode_utf8(&mut buffer).as_bytes(), held),
    }
}

/// The control character that Ctrl makes of one; digits as on a VT220.
fn control(c: char) -> Option<u8> {
    match c {
        'a'..='z' | 'A'..='Z' | '@' | '[' | '\\' | ']' | '^' | '_' => {
            u8::try_from(c).ok().map(|byte| byte & 0x1f)
        }
        ' ' | '2' | '`' => Some(0),
        '3' | '{' => Some(0x1b),
        '4' | '|' => Some(0x1c),
        '5' | '}' => Some(0x1d),
        '6' | '~' => Some(0x1e),
        '7' | '/' | '-' => Some(0x1f),
        '8' | '?' => Some(0x7f),
        _ => None,
    }
}

fn arrow(letter: u8, held: Held, modes: Modes) -> Vec<u8> {
    match held.number() {
        1 if modes.application_cursor() => vec![0x1b, b'O', letter],
        1 => vec![0x1b, b'[', letter],
        number => format!("\x1b[1;{number}{}", char::from(letter)).into_bytes(),
    }
}

fn numbered(code: u8, held: Held) -> Vec<u8> {
    match held.number() {
        1 => format!("\x1b[{code}~").into_bytes(),
        number => format!("\x1b[{code};{number}~").into_bytes(),
    }
}

fn function(number: u8, held: Held) -> Vec<u8> {
    match number {
        1..=4 => {
            let letter = b'P' + number - 1;
            match held.number() {
                1 => vec![0x1b, b'O', letter],
                with => format!("\x1b[1;{with}{}", char::from(letter)).into_bytes(),
            }
        }
        5 => numbered(15, held),
        6..=10 => numbered(11 + number, held),
        11..=14 => numbered(12 + number, held),
        15..=16 => numbered(13 + number, held),
        17..=20 => numbered(14 + number, held),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use alacritty_terminal::term::TermMode;

    use super::*;

    const NONE: Held = Held { shift: false, alt: false, ctrl: false };
    const SHIFT: Held = Held { shift: true, ..NONE };
    const ALT: Held = Held { alt: true, ..NONE };
    const CTRL: Held = Held { ctrl: true, ..NONE };

    #[test]
    fn keys_send_what_xterm_sends() {
        let (plain, app) = (Modes::of(TermMode::NONE), Modes::of(TermMode::APP_CURSOR));
        let feeds = Modes::of(TermMode::LINE_FEED_NEW_LINE);
        let all = Held { shift: true, alt: true, ctrl: true };
        let table: &[(Key, Held, Modes, &str)] = &[
            (Key::Up, NONE, plain, "\x1b[A"),
            (Key::Up, NONE, app, "\x1bOA"),
            (Key::Up, CTRL, app, "\x1b[1;5A"),
            (Key::Left, ALT, plain, "\x1b[1;3D"),
            (Key::Right, all, plain, "\x1b[1;8C"),
            (Key::Home, NONE, plain, "\x1b[H"),
            (Key::End, NONE, app, "\x1bOF"),
            (Key::End, SHIFT, plain, "\x1b[1;2F"),
            (Key::Insert, NONE, plain, "\x1b[2~"),
            (Key::Delete, CTRL, plain, "\x1b[3;5~"),
            (Key::PageUp, NONE, plain, "\x1b[5~"),
            (Key::PageDown, SHIFT, plain, "\x1b[6;2~"),
            (Key::Function(1), NONE, plain, "\x1bOP"),
            (Key::Function(4), SHIFT, plain, "\x1b[1;2S"),
            (Key::Function(5), NONE, plain, "\x1b[15~"),
            (Key::Function(6), NONE, plain, "\x1b[17~"),
            (Key::Function(10), NONE, plain, "\x1b[21~"),
            (Key::Function(11), NONE, plain, "\x1b[23~"),
            (Key::Function(12), CTRL, plain, "\x1b[24;5~"),
            (Key::Function(14), NONE, plain, "\x1b[26~"),
            (Key::Function(16), NONE, plain, "\x1b[29~"),
            (Key::Function(20), NONE, plain, "\x1b[34~"),
            (Key::Function(21), NONE, plain, ""),
            (Key::Enter, NONE, plain, "\r"),
            (Key::Enter, NONE, feeds, "\r\n"),
            (Key::Enter, ALT, plain, "\x1b\r"),
            (Key::Tab, NONE, plain, "\t"),
            (Key::Tab, SHIFT, plain, "\x1b[Z"),
            (Key::Backspace, NONE, plain, "\x7f"),
            (Key::Backspace, CTRL, plain, "\x08"),
            (Key::Backspace, ALT, plain, "\x1b\x7f"),
            (Key::Escape, NONE, plain, "\x1b"),
            (Key::Char('c'), CTRL, plain, "\x03"),
            (Key::Char('C'), CTRL, plain, "\x03"),
            (Key::Char(' '), CTRL, plain, "\0"),
            (Key::Char('['), CTRL, plain, "\x1b"),
            (Key::Char('/'), CTRL, plain, "\x1f"),
            (Key::Char('8'), CTRL, plain, "\x7f"),
            (Key::Char('x'), ALT, plain, "\x1bx"),
            (Key::Char('ä'), ALT, plain, "\x1bä"),
            (Key::Char('d'), Held { alt: true, ..CTRL }, plain, "\x1b\x04"),
            (Key::Char('ä'), CTRL, plain, "ä"),
        ];
        for (key, held, modes, sent) in table {
            let bytes = encode(*key, *held, *modes);
            assert_eq!(String::from_utf8_lossy(&bytes), *sent, "{key:?} with {held:?}");
        }
    }
}
