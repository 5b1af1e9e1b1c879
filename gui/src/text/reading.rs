//! Which way text is read.

use unicode_bidi::{BidiClass, bidi_class};

/// Where a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// At the left.
    Left,
    /// At the right: Hebrew, Arabic.
    Right,
}

/// Whether something in a text is read from right to left, or would be shaped so.
pub fn has_right_to_left(text: &str) -> bool {
    let is_turned = |letter| strong(letter) == Some(Base::Right) || is_foreign_digit(letter);
    !text.is_ascii() && text.chars().any(is_turned)
}

/// Whether it is a digit of a script that is read from right to left. Numbers are read from left to right there, too,
/// but when it has nothing else to go by a shaper takes the script's direction for them.
pub fn is_foreign_digit(letter: char) -> bool {
    // Extended Arabic-Indic digits are of the class of European ones.
    matches!(letter, '\u{6f0}'..='\u{6f9}')
        || (!letter.is_ascii() && bidi_class(letter) == BidiClass::AN)
}

/// Where a text begins: as its first letter with a direction says (rules P2 and P3 of Unicode's algorithm).
pub fn first_strong(text: &str) -> Option<Base> {
    text.chars().find_map(strong)
}

/// The direction of a letter that has one.
pub fn strong(letter: char) -> Option<Base> {
    if letter.is_ascii() {
        return letter.is_ascii_alphabetic().then_some(Base::Left);
    }
    match bidi_class(letter) {
        BidiClass::R | BidiClass::AL => Some(Base::Right),
        BidiClass::L => Some(Base::Left),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_where_its_first_letter_says() {
        assert_eq!(first_strong("12: שלום hello"), Some(Base::Right));
        assert_eq!(first_strong("- hello שלום"), Some(Base::Left));
        assert_eq!(first_strong("مرحبا"), Some(Base::Right));
        assert_eq!(first_strong("12 + 3"), None);
    }

    #[test]
    fn only_letters_read_from_right_to_left_change_how_text_is_laid_out() {
        for text in ["hello", "Grüße, 你好 😀", "1 ≤ 2 → (3)", "é — «x»", ""] {
            assert!(!has_right_to_left(text), "{text}");
        }
        assert!(has_right_to_left("see שם"));
        assert!(has_right_to_left("ܫܠܡܐ"));
        assert!(has_right_to_left("١٢") && has_right_to_left("۱۲"));
    }
}
