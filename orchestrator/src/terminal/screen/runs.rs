//! Runs of plain letters, put on the screen at once: most of what floods is nothing else.
//!
//! The parser below knows what a byte means; it is passed over only where that is known without it. Whatever isn't a plain
//! letter, a carriage return or a line feed goes to it, and so does the last letter of each run: it is what REP repeats.

use alacritty_terminal::Term;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Column;
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::vte::ansi::{CharsetIndex, StandardCharset};

use super::ear::Ear;

/// Where the parser is, as far as it is known from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Parser {
    /// Between sequences: a letter is a letter.
    #[default]
    Between,
    /// Perhaps within one.
    Unknown,
}

/// The next part of what was printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Plain letters.
    Letters(&'a [u8]),
    /// The cursor goes to the line's beginning.
    Return,
    /// … to the next line.
    Feed,
    /// For the parser, which is between sequences behind it.
    Whole(&'a [u8]),
    /// For the parser, and nobody knows where that is then.
    Open(&'a [u8]),
}

/// Takes the next part off what was printed while the parser was between sequences.
pub(super) fn next<'a>(bytes: &mut &'a [u8]) -> Option<Part<'a>> {
    let all = *bytes;
    let first = *all.first()?;
    let letters = all.iter().position(|byte| !is_letter(*byte)).unwrap_or(all.len());
    let (length, part): (usize, fn(&'a [u8]) -> Part<'a>) = match first {
        _ if letters > 0 => (letters, Part::Letters),
        b'\r' => (1, |_| Part::Return),
        b'\n' => (1, |_| Part::Feed),
        0x1b => match simple_sequence(all) {
            Some(length) => (length, Part::Whole),
            None => (1, Part::Open),
        },
        0x80.. => {
            let length = all.iter().position(u8::is_ascii).unwrap_or(all.len());
            // The parser keeps the beginning of a character.
            match std::str::from_utf8(&all[..length]) {
                Ok(_) => (length, Part::Whole),
                Err(_) => (length, Part::Open),
            }
        }
        // What else there is below 32, and DEL, begins nothing.
        _ => (1, Part::Whole),
    };
    let (head, rest) = all.split_at(length);
    *bytes = rest;
    Some(part(head))
}

/// Where the parser can be asked whether it is between sequences: in front of the first letter of a line.
pub(super) fn question(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes)
        .map(|at| at + 1)
        .find(|at| bytes.get(*at).is_some_and(|byte| is_letter(*byte)))
}

fn is_letter(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// How long a sequence is that is there to its end, and of the many kinds one whose last byte certainly ends it.
fn simple_sequence(bytes: &[u8]) -> Option<usize> {
    let behind = bytes.strip_prefix(b"\x1b")?;
    match behind {
        [b'[', parameters @ ..] => {
            let private = usize::from(parameters.first() == Some(&b'?'));
            let numbers = parameters.get(private..)?;
            let length =
                numbers.iter().position(|byte| !matches!(*byte, b'0'..=b'9' | b';' | b':'))?;
            matches!(numbers.get(length)?, b'@'..=b'~').then_some(length + private + 3)
        }
        [b'(' | b')', b'0'..=b'~', ..] => Some(3),
        [b'7' | b'8' | b'=' | b'>' | b'D' | b'E' | b'M', ..] => Some(2),
        _ => None,
    }
}

/// Puts letters on the screen from the cursor on, as many of the first ones as need nothing but to be put there; says how many.
pub(super) fn put(term: &mut Term<Ear>, charset: CharsetIndex, letters: &[u8]) -> usize {
    let columns = term.columns();
    let inserts = term.mode().contains(TermMode::INSERT);
    let grid = term.grid_mut();
    let cursor = &grid.cursor;
    let (line, column) = (cursor.point.line, cursor.point.column.0);
    // The last column is the emulator's: what follows is wrapped.
    let count = letters.len().min((columns - 1).saturating_sub(column));
    let maps = cursor.charsets[charset] != StandardCharset::Ascii;
    if count == 0 || inserts || maps || cursor.input_needs_wrap {
        return 0;
    }
    let template = cursor.template.clone();
    let cells = &mut grid[line][Column(column)..Column(column + count)];
    // Halves of wide characters take others with them.
    let wide = Flags::WIDE_CHAR | Flags::WIDE_CHAR_SPACER;
    if cells.iter().any(|cell| cell.flags.intersects(wide)) {
        return 0;
    }
    for (cell, letter) in cells.iter_mut().zip(letters) {
        cell.c = char::from(*letter);
        cell.fg = template.fg;
        cell.bg = template.bg;
        cell.flags = template.flags;
        cell.extra.clone_from(&template.extra);
    }
    grid.cursor.point.column += count;
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(mut bytes: &[u8]) -> Vec<Part<'_>> {
        std::iter::from_fn(|| next(&mut bytes)).collect()
    }

    #[test]
    fn what_was_printed_is_taken_apart_without_loss() {
        assert_eq!(
            parts(b"one \x1b[1;32mtwo\r\n\tna\xc3\xafve\x1b[?25l\x1b(Brest"),
            [
                Part::Letters(b"one "),
                Part::Whole(b"\x1b[1;32m"),
                Part::Letters(b"two"),
                Part::Return,
                Part::Feed,
                Part::Whole(b"\t"),
                Part::Letters(b"na"),
                Part::Whole(b"\xc3\xaf"),
                Part::Letters(b"ve"),
                Part::Whole(b"\x1b[?25l"),
                Part::Whole(b"\x1b(B"),
                Part::Letters(b"rest"),
            ]
        );
        assert_eq!(parts(b"\x1b[1;")[0], Part::Open(b"\x1b"));
        assert_eq!(parts(b"\x1b]0;title")[0], Part::Open(b"\x1b"));
        assert_eq!(parts(b"\xc3abc")[0], Part::Open(b"\xc3"));
    }

    #[test]
    fn the_parser_is_asked_where_a_line_begins_with_a_letter() {
        assert_eq!(question(b"x\n\r\n\x1b[mx\ny"), Some(9));
        assert_eq!(question(b"no end"), None);
    }
}
