//! What is pasted.

use super::cell::Modes;

/// Why a person should look at it before it goes to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Risk {
    /// Lines, when the program would take each as entered; else 0.
    pub lines: usize,
    /// Characters that command instead of being shown: `ESC`, Ctrl+C and the like. They are left out.
    pub controls: usize,
}

/// Whether a paste can do something at once that nobody has typed.
///
/// A program that knows pastes (bracketed paste) takes several lines for what they are; characters that command are
/// left out of what goes to it, and counted here.
pub fn risk(text: &str, modes: Modes) -> Option<Risk> {
    let controls = text.chars().filter(|c| is_command(*c)).count();
    let text = text.trim_end_matches(['\r', '\n']);
    let lines = text.replace("\r\n", "\n").matches(['\n', '\r']).count() + 1;
    let lines = if lines > 1 && !modes.bracketed_paste() { lines } else { 0 };
    (lines > 0 || controls > 0).then_some(Risk { lines, controls })
}

/// What goes to the program: lines end as Enter ends them, what commands is left out (the end mark of a bracketed
/// paste begins with such a character), and it is marked as a paste for those who want to know.
pub fn encode(text: &str, modes: Modes) -> Vec<u8> {
    let lines = text.replace("\r\n", "\r").replace('\n', "\r");
    let kept: String = lines.chars().filter(|c| !is_command(*c)).collect();
    if modes.bracketed_paste() {
        [b"\x1b[200~", kept.as_bytes(), b"\x1b[201~"].concat()
    } else {
        kept.into_bytes()
    }
}

fn is_command(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use alacritty_terminal::term::TermMode;

    use super::*;

    #[test]
    fn a_paste_cannot_end_itself() {
        let modes = Modes::of(TermMode::BRACKETED_PASTE);
        let nested = "a\x1b[20\x1b[201~1~rm -rf ~\n\u{9b}201~b\tc";
        let sent = String::from_utf8_lossy(&encode(nested, modes)).into_owned();
        assert_eq!(sent, "\x1b[200~a[20[201~1~rm -rf ~\r201~b\tc\x1b[201~");
    }

    #[test]
    fn lines_go_as_enter_sends_them() {
        assert_eq!(encode("a\r\nb\nc", Modes::of(TermMode::NONE)), b"a\rb\rc");
    }

    #[test]
    fn several_lines_are_a_risk_only_where_each_is_entered_at_once() {
        let (plain, knows) = (Modes::of(TermMode::NONE), Modes::of(TermMode::BRACKETED_PASTE));
        assert_eq!(risk("ls\n", plain), None);
        assert_eq!(risk("ls\r\nrm x\n", plain), Some(Risk { lines: 2, controls: 0 }));
        assert_eq!(risk("ls\nrm x\n", knows), None);
        assert_eq!(risk("ls\x03", knows), Some(Risk { lines: 0, controls: 1 }));
    }
}
