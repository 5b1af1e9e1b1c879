//! Operating system commands (`ESC ]` … `BEL` or `ESC \`), taken out of what a program prints, and bounded.
//!
//! The parser below keeps whatever such a string holds, without an end. Here a string is held back until it has
//! ended, and one that is too long is dropped whole: half a command is no command.

/// The most that one may hold. A clipboard's text comes this way, in Base64; titles, links and colours are short.
pub(super) const LONGEST: usize = 1 << 20;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// A part of what was printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// For the parser, as it is.
    Plain(&'a [u8]),
    /// The text of a command, and how it ends; its `ESC` went to the parser, and an `ESC` that ends it is still to come.
    Command(&'a [u8], End),
    /// One that was too long or taken back: the parser waits behind its `ESC`.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Bell,
    Escape,
}

/// Where the last chunk ended.
#[derive(Debug, Default)]
pub(super) struct Strings {
    state: State,
    held: Vec<u8>,
    is_too_long: bool,
    /// A character whose end is still to come: the parser below loses what follows one that it got in two parts.
    cut: Cut,
}

#[derive(Debug, Default)]
struct Cut {
    bytes: [u8; 4],
    length: usize,
}

impl Cut {
    /// Takes the end of a text that may be the beginning of a character; says how long the rest is.
    fn take_end(&mut self, text: &[u8]) -> usize {
        let last = text.len().saturating_sub(3);
        let end = text.get(last..).unwrap_or_default();
        let begins = end.iter().rposition(|byte| !is_inner(*byte));
        let rest = begins.and_then(|begins| {
            let cut = end.get(begins..)?;
            let is_cut = std::str::from_utf8(cut).is_err_and(|error| error.error_len().is_none());
            self.bytes.get_mut(..cut.len()).filter(|_| is_cut)?.copy_from_slice(cut);
            self.length = cut.len();
            Some(last + begins)
        });
        rest.unwrap_or(text.len())
    }

    /// Adds what belongs to it; says how many bytes that was.
    fn add(&mut self, bytes: &[u8]) -> usize {
        let mut added = 0;
        while self.length < self.wanted()
            && let Some(byte) = bytes.get(added).filter(|byte| is_inner(**byte))
            && let Some(place) = self.bytes.get_mut(self.length)
        {
            *place = *byte;
            self.length += 1;
            added += 1;
        }
        added
    }

    fn wanted(&self) -> usize {
        match self.bytes.first() {
            Some(0xf0..) => 4,
            Some(0xe0..) => 3,
            Some(_) | None => 2,
        }
    }
}

fn is_inner(byte: u8) -> bool {
    (0x80..0xc0).contains(&byte)
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Escape,
    Command,
}

impl Strings {
    /// Goes through a chunk. Plain text is found with one search for `ESC`.
    pub(super) fn split(&mut self, bytes: &[u8], mut each: impl FnMut(Part<'_>)) {
        let (mut start, mut at) = (0, 0);
        if self.cut.length > 0 {
            at = self.cut.add(bytes);
            start = at;
            if at == bytes.len() && self.cut.length < self.cut.wanted() {
                return;
            }
            let length = std::mem::take(&mut self.cut.length);
            each(Part::Plain(self.cut.bytes.get(..length).unwrap_or_default()));
        }
        let plain = |from: usize, to: usize, each: &mut dyn FnMut(Part<'_>)| {
            if let Some(text) = bytes.get(from..to).filter(|text| !text.is_empty()) {
                each(Part::Plain(text));
            }
        };
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match self.state {
                State::Text => match memchr::memchr(ESC, rest) {
                    Some(found) => {
                        at += found + 1;
                        self.state = State::Escape;
                    }
                    None => at = bytes.len(),
                },
                State::Escape => {
                    match rest.first().copied().unwrap_or(ESC) {
                        b']' => {
                            plain(start, at, &mut each);
                            start = at + 1;
                            self.state = State::Command;
                        }
                        // What the parser does at once, or passes over, without leaving the sequence.
                        0x18 | 0x1a => self.state = State::Text,
                        0x00..=0x1f | 0x7f..=0xff => {}
                        _ => self.state = State::Text,
                    }
                    at += 1;
                }
                State::Command => {
                    let end = rest.iter().position(|byte| matches!(*byte, BEL | ESC | 0x18 | 0x1a));
                    self.hold(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
                    let Some(end) = end else {
                        return;
                    };
                    at += end;
                    let ends = match bytes.get(at) {
                        Some(&BEL) => Some(End::Bell),
                        Some(&ESC) => Some(End::Escape),
                        Some(_) | None => None,
                    };
                    self.state = State::Text;
                    // An `ESC` begins what comes next, too.
                    start = if ends == Some(End::Escape) { at } else { at + 1 };
                    at = start;
                    match ends.filter(|_| !self.is_too_long) {
                        Some(ends) => each(Part::Command(&self.held, ends)),
                        None => each(Part::Dropped),
                    }
                    self.forget();
                }
            }
        }
        if self.state != State::Command {
            let last = bytes.get(start..).unwrap_or_default();
            let whole = self.cut.take_end(last);
            plain(start, start + whole, &mut each);
        }
    }

    fn hold(&mut self, text: &[u8]) {
        if self.held.len() + text.len() > LONGEST {
            self.is_too_long = true;
        }
        if !self.is_too_long {
            self.held.extend_from_slice(text);
        }
    }

    fn forget(&mut self) {
        self.is_too_long = false;
        self.held.clear();
        // A long one is rare: its room isn't kept.
        self.held.shrink_to(4096);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parts(chunks: &[&[u8]]) -> Vec<String> {
        let mut strings = Strings::default();
        let mut parts: Vec<String> = Vec::new();
        for chunk in chunks {
            strings.split(chunk, |part| match part {
                Part::Plain(text) => {
                    let text = String::from_utf8_lossy(text).replace('\x1b', "^");
                    match parts.last_mut() {
                        Some(last) if !last.starts_with('[') => last.push_str(&text),
                        Some(_) | None => parts.push(text),
                    }
                }
                Part::Command(text, end) => {
                    parts.push(format!("[{} {end:?}]", String::from_utf8_lossy(text)));
                }
                Part::Dropped => parts.push("[dropped]".to_owned()),
            });
        }
        parts
    }

    #[test]
    fn a_command_is_taken_out_wherever_it_is_cut() {
        let text = b"a\x1b[1mb\x1b]0;title\x07c\x1b]8;;x\x1b\\d\x1b\x1b]7;y\x07";
        let whole = parts(&[text]);
        assert_eq!(
            whole,
            ["a^[1mb^", "[0;title Bell]", "c^", "[8;;x Escape]", "^\\d^^", "[7;y Bell]"]
        );
        for cut in 0..=text.len() {
            let (before, after) = text.split_at(cut);
            assert_eq!(parts(&[before, after]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_character_is_never_handed_on_in_parts() {
        let text = "é字👍a".as_bytes();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let mut strings = Strings::default();
                let mut seen = String::new();
                for (from, to) in [(0, first), (first, second), (second, text.len())] {
                    strings.split(text.get(from..to).unwrap(), |part| match part {
                        Part::Plain(text) => seen.push_str(std::str::from_utf8(text).unwrap()),
                        Part::Command(..) | Part::Dropped => unreachable!(),
                    });
                }
                assert_eq!(seen.as_bytes(), text);
            }
        }
    }

    #[test]
    fn one_without_an_end_is_dropped_and_takes_no_room() {
        let mut strings = Strings::default();
        strings.split(b"\x1b]52;c;", |_| {});
        for _ in 0..3 {
            strings.split(&vec![b'A'; LONGEST], |_| {});
            assert!(strings.held.capacity() <= 2 * LONGEST, "{}", strings.held.capacity());
        }
        let mut seen = Vec::new();
        strings.split(b"A\x07after", |part| seen.push(format!("{part:?}")));
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert_eq!(seen.first().unwrap(), "Dropped");
    }

    #[test]
    fn one_that_is_cancelled_does_nothing() {
        assert_eq!(parts(&[b"\x1b]0;half\x18rest"]), ["^", "[dropped]", "rest"]);
    }
}
