//! The person's own screen: what is put on it beside what the program prints.

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
