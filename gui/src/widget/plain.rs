//! Text from elsewhere, made harmless.

use std::borrow::Cow;
use std::fmt::Write;

/// One line of text in which control characters, and what turns the direction of writing, are shown instead of obeyed.
/// Line ends and tabs become spaces.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\t' => shown.push(' '),
            // The caret notation of terminals: the letter 64 further on.
            '\0'..='\x1f' | '\x7f' => {
                shown.push('^');
                shown.push(char::from(u8::try_from(letter).unwrap_or(0) ^ 0x40));
            }
            letter if steers(letter) => match write!(shown, "<{:x}>", u32::from(letter)) {
                // Writing to a String never fails.
                Ok(()) | Err(std::fmt::Error) => {}
            },
            letter => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// Control characters; separators of lines; the embeddings, overrides and isolates of Unicode's bidi algorithm (UAX 9).
fn steers(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_are_shown_as_such() {
        assert_eq!(plain("a\x1b[31mb\x07\x7f\u{9b}2J"), "a^[[31mb^G^?<9b>2J");
        assert_eq!(plain("a\r\nb\tc\u{202e}"), "a b c<202e>");
        assert!(matches!(plain("日本語 é"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_that_steers_is_left(text in any::<String>()) {
            prop_assert!(!plain(&text).chars().any(steers));
        }
    }
}
