//! What the mouse does, as programs hear it (xterm's `ctlseqs`, "Mouse Tracking").

use super::cell::Modes;
use super::keys::Held;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A button went down.
    Press(Button),
    /// A button came up.
    Release(Button),
    /// It moved, with a button down or none.
    Move(Option<Button>),
}

/// Which button; the wheel's turns are buttons that are only pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The left one.
    Left,
    /// The middle one.
    Middle,
    /// The right one.
    Right,
    /// The wheel, away from the hand.
    WheelUp,
    /// The wheel, towards the hand.
    WheelDown,
}

impl Button {
    fn code(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::Middle => 1,
            Self::Right => 2,
            Self::WheelUp => 64,
            Self::WheelDown => 65,
        }
    }
}

/// What is sent for it at a cell of the screen, both from 0; nothing when the program doesn't want it, or its
/// kind of report can't say it.
pub fn encode(action: Action, column: usize, row: usize, held: Held, modes: Modes) -> Vec<u8> {
    /// "No button", and in the old form any that came up.
    const NONE: u8 = 3;
    const MOVED: u8 = 32;
    let is_wanted = match action {
        Action::Press(_) => modes.mouse(),
        Action::Release(Button::WheelUp | Button::WheelDown) => false,
        Action::Release(_) => modes.mouse(),
        Action::Move(Some(_)) => modes.mouse_drag(),
        Action::Move(None) => modes.mouse_motion(),
    };
    if !is_wanted {
        return Vec::new();
    }
    let keys = 4 * u8::from(held.shift) + 8 * u8::from(held.alt) + 16 * u8::from(held.ctrl);
    let button = match action {
        Action::Press(button) => button.code(),
        Action::Release(button) if modes.sgr_mouse() => button.code(),
        Action::Release(_) => NONE,
        Action::Move(button) => MOVED + button.map_or(NONE, Button::code),
    } + keys;
    if modes.sgr_mouse() {
        let end = if matches!(action, Action::Release(_)) { 'm' } else { 'M' };
        return format!("\x1b[<{button};{};{}{end}", column + 1, row + 1).into_bytes();
    }
    old_form(button, column, row, modes.utf8_mouse())
}

/// Each number is a character, 32 higher: 223 columns at most, in UTF-8 2,015.
fn old_form(button: u8, column: usize, row: usize, is_utf8: bool) -> Vec<u8> {
    let most = if is_utf8 { 2015 } else { 223 };
    if column >= most || row >= most {
        return Vec::new();
    }
    let mut sent = b"\x1b[M".to_vec();
    for number in [usize::from(button), column + 1, row + 1] {
        let code = number + 32;
        match u8::try_from(code).ok().filter(|code| !is_utf8 || code.is_ascii()) {
            Some(byte) => sent.push(byte),
            None => {
                let mut buffer = [0; 4];
                let letter = u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(' ');
                sent.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
            }
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use alacritty_terminal::term::TermMode;

    use super::*;

    const NONE: Held = Held { shift: false, alt: false, ctrl: false };

    fn sent(action: Action, column: usize, modes: TermMode) -> String {
        String::from_utf8_lossy(&encode(action, column, 1, NONE, Modes::of(modes))).into_owned()
    }

    #[test]
    fn clicks_are_reported_in_the_form_that_the_program_reads() {
        let click = TermMode::MOUSE_REPORT_CLICK;
        let (press, up) = (Action::Press(Button::Left), Action::Release(Button::Left));
        assert_eq!(sent(press, 2, click), "\x1b[M #\"");
        assert_eq!(sent(up, 2, click), "\x1b[M##\"");
        assert_eq!(sent(press, 2, click | TermMode::SGR_MOUSE), "\x1b[<0;3;2M");
        assert_eq!(sent(up, 2, click | TermMode::SGR_MOUSE), "\x1b[<0;3;2m");
        assert_eq!(
            sent(Action::Press(Button::WheelUp), 0, click | TermMode::SGR_MOUSE),
            "\x1b[<64;1;2M"
        );
        assert_eq!(sent(press, 300, click), "", "no byte can say it");
        assert_eq!(sent(press, 300, click | TermMode::UTF8_MOUSE), "\x1b[M ō\"");
    }

    #[test]
    fn nobody_hears_of_more_than_was_asked_for() {
        let (drag, roam) = (Action::Move(Some(Button::Left)), Action::Move(None));
        assert_eq!(sent(Action::Press(Button::Left), 0, TermMode::NONE), "");
        assert_eq!(sent(drag, 0, TermMode::MOUSE_REPORT_CLICK), "");
        assert_eq!(sent(drag, 0, TermMode::MOUSE_DRAG | TermMode::SGR_MOUSE), "\x1b[<32;1;2M");
        assert_eq!(sent(roam, 0, TermMode::MOUSE_DRAG), "");
        assert_eq!(sent(roam, 0, TermMode::MOUSE_MOTION | TermMode::SGR_MOUSE), "\x1b[<35;1;2M");
        let wheel = Action::Release(Button::WheelDown);
        assert_eq!(sent(wheel, 0, TermMode::MOUSE_MOTION), "");
    }

    #[test]
    fn keys_that_are_held_are_told_with_a_click() {
        let held = Held { shift: false, alt: true, ctrl: true };
        let modes = Modes::of(TermMode::MOUSE_REPORT_CLICK | TermMode::SGR_MOUSE);
        assert_eq!(encode(Action::Press(Button::Right), 4, 5, held, modes), b"\x1b[<26;5;6M");
    }
}
