//! Text from elsewhere, made safe for a terminal.

use std::fmt::Write;

/// Columns from one tab stop to the next: code of agents is indented deep enough as it is.
const TAB: usize = 4;

/// The text with every control character shown instead of sent: ESC as `^[`, others as `^A` or `<9b>`.
///
/// Line ends stay, tabs become spaces. What turns the direction of writing is shown, too: it makes code look
/// like other code.
pub fn clean(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut column = 0;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => {
                shown.push('\n');
                column = 0;
            }
            '\r' if letters.peek() == Some(&'\n') => {}
            '\t' => {
                let spaces = TAB - column % TAB;
                shown.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            // The caret notation of terminals: the letter 64 further on.
            '\0'..='\x1f' | '\x7f' => {
                shown.push('^');
                shown.push(char::from(u8::try_from(letter).unwrap_or(0) ^ 0x40));
                column += 2;
            }
            letter if letter.is_control() || turns(letter) => {
                match write!(shown, "<{:x}>", u32::from(letter)) {
                    // Writing to a String never fails.
                    Ok(()) | Err(std::fmt::Error) => {}
                }
                column += 4;
            }
            letter => {
                shown.push(letter);
                column += 1;
            }
        }
    }
    shown
}

/// The same on one line.
pub fn clean_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Line and paragraph separators, and the embeddings, overrides and isolates of Unicode's bidi algorithm (UAX 9).
fn turns(letter: char) -> bool {
    matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_are_shown_as_such() {
        assert_eq!(clean("a\x1b[31mb\x07\x7f\u{9b}2J"), "a^[[31mb^G^?<9b>2J");
        assert_eq!(clean("a\r\nb\rc\n\td"), "a\nb^Mc\n    d");
        assert_eq!(clean("ab\tc\u{202e}"), "ab  c<202e>");
        assert_eq!(clean("日本語 👩‍💻 é"), "日本語 👩‍💻 é");
        assert_eq!(clean_line(" a\n\n b\tc "), "a b c");
    }

    proptest! {
        #[test]
        fn nothing_that_steers_a_terminal_is_left(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(|c| (c.is_control() && c != '\n') || turns(c)));
        }
    }
}
