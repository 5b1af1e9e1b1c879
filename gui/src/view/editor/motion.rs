//! Where a cursor goes.

use unicode_segmentation::UnicodeSegmentation;

use super::document::{Document, Pos};

/// A step of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// A letter back.
    Left,
    /// A letter on.
    Right,
    /// A word back.
    WordLeft,
    /// A word on.
    WordRight,
    /// To the line's first letter, or where it begins when one is there.
    Home,
    /// To the line's end.
    End,
    /// To the text's beginning.
    Start,
    /// To the text's end.
    Finish,
}

/// The letter before a byte, in bytes.
fn letter_before(line: &str, byte: usize) -> usize {
    let before = line.get(..byte).unwrap_or_default();
    before.graphemes(true).next_back().map_or(0, str::len)
}

/// The letter behind a byte, in bytes.
fn letter_behind(line: &str, byte: usize) -> usize {
    let behind = line.get(byte..).unwrap_or_default();
    behind.graphemes(true).next().map_or(0, str::len)
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Sort {
    Space,
    Word,
    Sign,
}

fn sort(letter: char) -> Sort {
    if letter.is_whitespace() {
        Sort::Space
    } else if letter.is_alphanumeric() || letter == '_' {
        Sort::Word
    } else {
        Sort::Sign
    }
}

/// Where a step leads.
pub fn moved(document: &Document, from: Pos, motion: Motion) -> Pos {
    let line = document.line(from.line);
    let last = document.len() - 1;
    match motion {
        Motion::Left if from.byte == 0 => match from.line.checked_sub(1) {
            Some(above) => Pos::new(above, document.line(above).len()),
            None => from,
        },
        Motion::Left => Pos::new(from.line, from.byte - letter_before(line, from.byte)),
        Motion::Right if from.byte >= line.len() => {
            if from.line < last {
                Pos::new(from.line + 1, 0)
            } else {
                from
            }
        }
        Motion::Right => Pos::new(from.line, from.byte + letter_behind(line, from.byte)),
        Motion::WordLeft if from.byte == 0 => moved(document, from, Motion::Left),
        Motion::WordLeft => {
            let before = line.get(..from.byte).unwrap_or_default();
            let trimmed = before.trim_end();
            let kind = trimmed.chars().next_back().map(sort);
            let word = trimmed.trim_end_matches(|letter| Some(sort(letter)) == kind);
            Pos::new(from.line, word.len())
        }
        Motion::WordRight if from.byte >= line.len() => moved(document, from, Motion::Right),
        Motion::WordRight => {
            let behind = line.get(from.byte..).unwrap_or_default();
            let trimmed = behind.trim_start();
            let kind = trimmed.chars().next().map(sort);
            let word = trimmed.trim_start_matches(|letter| Some(sort(letter)) == kind);
            Pos::new(from.line, line.len() - word.len())
        }
        Motion::Home => {
            let indent = line.len() - line.trim_start().len();
            Pos::new(from.line, if from.byte == indent { 0 } else { indent })
        }
        Motion::End => Pos::new(from.line, line.len()),
        Motion::Start => Pos::default(),
        Motion::Finish => document.end(),
    }
}

/// The word at a place, or the run of signs or spaces.
pub fn word_at(document: &Document, at: Pos) -> std::ops::Range<Pos> {
    let line = document.line(at.line);
    let behind = line.get(at.byte..).unwrap_or_default();
    let before = line.get(..at.byte).unwrap_or_default();
    let kind = behind.chars().next().or_else(|| before.chars().next_back()).map(sort);
    let is_it = |letter: char| Some(sort(letter)) == kind;
    let start = before.trim_end_matches(is_it).len();
    let end = line.len() - behind.trim_start_matches(is_it).len();
    Pos::new(at.line, start)..Pos::new(at.line, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str, from: Pos, motion: Motion) -> Pos {
        moved(&Document::new(text), from, motion)
    }

    #[test]
    fn a_letter_is_what_a_person_takes_for_one() {
        let text = "e\u{301}x\r\nb";
        assert_eq!(ends(text, Pos::new(0, 0), Motion::Right), Pos::new(0, 3));
        assert_eq!(ends(text, Pos::new(0, 3), Motion::Left), Pos::new(0, 0));
        assert_eq!(ends(text, Pos::new(0, 4), Motion::Right), Pos::new(1, 0));
        assert_eq!(ends(text, Pos::new(1, 0), Motion::Left), Pos::new(0, 4));
        assert_eq!(ends(text, Pos::new(1, 1), Motion::Right), Pos::new(1, 1));
    }

    #[test]
    fn words_are_passed_with_the_spaces_around_them() {
        let text = "let  a_b = f(x);";
        let mut at = Pos::default();
        let mut stops = Vec::new();
        for _ in 0..6 {
            at = ends(text, at, Motion::WordRight);
            stops.push(at.byte);
        }
        assert_eq!(stops, [3, 8, 10, 12, 13, 14]);
        assert_eq!(ends(text, Pos::new(0, 8), Motion::WordLeft), Pos::new(0, 5));
        assert_eq!(word_at(&Document::new(text), Pos::new(0, 6)), Pos::new(0, 5)..Pos::new(0, 8));
    }

    #[test]
    fn home_leads_to_the_first_letter_and_then_to_the_margin() {
        assert_eq!(ends("    a", Pos::new(0, 5), Motion::Home), Pos::new(0, 4));
        assert_eq!(ends("    a", Pos::new(0, 4), Motion::Home), Pos::new(0, 0));
        assert_eq!(ends("    a", Pos::new(0, 0), Motion::Home), Pos::new(0, 4));
    }
}
