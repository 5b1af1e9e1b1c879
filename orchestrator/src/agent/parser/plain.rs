//! Text for people.

use serde::{Deserialize, Serialize};

use crate::agent::Item;

/// A piece of the answer has at most about so many bytes, so that the state stays small.
const PIECE_BYTES: usize = 64 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Plain {
    piece: String,
}

impl Plain {
    pub(super) fn line(&mut self, line: &[u8], out: &mut Vec<Item>) {
        let text = String::from_utf8_lossy(line);
        // What a progress bar printed before its last carriage return was never meant to stay.
        let text = text.rsplit('\r').next().unwrap_or_default();
        let mut text = without_escapes(text);
        text.push('\n');
        self.piece.push_str(&text);
        out.push(Item::Printed { text, whole: false });
        if self.piece.len() >= PIECE_BYTES {
            self.say(out);
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Item>) {
        self.say(out);
    }

    fn say(&mut self, out: &mut Vec<Item>) {
        let text = std::mem::take(&mut self.piece);
        if !text.trim().is_empty() {
            out.push(Item::Printed { text, whole: true });
        }
    }
}

/// The text without the sequences that move a terminal's cursor and colour its text, and without control characters.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.next() {
                // CSI: parameters, then one character from @ to ~ (ECMA-48, 5.4).
                Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                // OSC: up to BEL or ST.
                Some(']') => {
                    while let Some(c) = chars.next() {
                        if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                Some(_) | None => {}
            },
            '\t' => plain.push(c),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_progress_bars_are_taken_out() {
        assert_eq!(without_escapes("\u{1b}[1;31mred\u{1b}[0m\tx\u{8}"), "red\tx");
        assert_eq!(without_escapes("\u{1b}]0;title\u{7}a\u{1b}]8;;x\u{1b}\\b\u{1b}"), "ab");
        let mut out = Vec::new();
        let mut plain = Plain::default();
        plain.line(b" 10 %\r100 %", &mut out);
        plain.finish(&mut out);
        assert_eq!(out.last(), Some(&Item::Printed { text: "100 %\n".into(), whole: true }));
    }
}
