//! Bytes that a program prints, piece by piece, made safe for a terminal.

use super::clean::clean;

/// What may be half a character, or half a line's end, is held back until the rest comes.
#[derive(Debug, Default)]
pub struct Calm {
    held: Vec<u8>,
}

impl Calm {
    /// What can be shown of it: control characters as `^[`, what isn't UTF-8 as U+FFFD. A line that is begun again by a carriage
    /// return becomes a line of its own.
    pub fn read(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let whole = whole(&self.held);
        let rest = self.held.split_off(whole);
        let text = String::from_utf8_lossy(&std::mem::replace(&mut self.held, rest)).into_owned();
        shown(&text)
    }

    /// What was held back.
    pub fn rest(&mut self) -> String {
        shown(&String::from_utf8_lossy(&std::mem::take(&mut self.held)))
    }
}

fn shown(text: &str) -> String {
    clean(&text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// How many of these bytes hold nothing but whole characters, or none at all.
fn whole(bytes: &[u8]) -> usize {
    let bytes = match bytes {
        [before @ .., b'\r'] => before,
        bytes => bytes,
    };
    // A character has four bytes at most.
    for tail in 1..=bytes.len().min(3) {
        let at = bytes.len() - tail;
        let needs = match bytes[at] {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => break,
        };
        return if tail < needs { at } else { bytes.len() };
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_prints_steers_no_terminal_however_it_is_cut() {
        let bytes = "a\x1b]0;title\x07 größe 日本 👩‍💻\r\n50 %\r100 %\n\u{9b}2J".as_bytes();
        let expected = "a^[]0;title^G größe 日本 👩‍💻\n50 %\n100 %\n<9b>2J";
        for cut in 0..=bytes.len() {
            let mut calm = Calm::default();
            let shown = [calm.read(&bytes[..cut]), calm.read(&bytes[cut..]), calm.rest()].concat();
            assert_eq!(shown, expected, "{cut}");
        }
        let mut odd = Calm::default();
        assert_eq!([odd.read(b"a\xff\xe6"), odd.rest()].concat(), "a\u{fffd}\u{fffd}");
    }
}
