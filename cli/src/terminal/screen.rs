//! The person's own screen: what is put on it beside what the program prints.

/// Ends whatever a program had begun, and takes back the modes that it may have set (xterm's control sequences), such that
/// the terminal is as a shell expects it.
pub const AS_BEFORE: &str = "\x18\x1b[0m\x1b[?1049l\x1b[r\x1b[4l\x1b[?1l\x1b[?6l\x1b[?7h\x1b[?25h\x1b>\x1b(B\x0f\x1b[0 q\
\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?2004l";

/// Clears what is in sight.
pub const CLEAR: &str = "\x1b[H\x1b[2J";

/// A line at the bottom, over what is there; the cursor stays where it is.
pub fn notice(text: &str, columns: u16, rows: u16) -> String {
    let shown: String =
        text.chars().filter(|letter| !letter.is_control()).take(columns.into()).collect();
    format!("\x18\x1b7\x1b[{rows};1H\x1b[0;7m{shown}\x1b[0m\x1b[K\x1b8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_stays_in_its_line() {
        let notice = notice("the link\x1b[2J is\ncut", 8, 24);
        assert_eq!(notice, "\x18\x1b7\x1b[24;1H\x1b[0;7mthe link\x1b[0m\x1b[K\x1b8");
    }
}
