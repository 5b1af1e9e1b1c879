//! Cutting a stream into lines, or into JSON objects where an agent sets no newlines between them.

use memchr::memchr;
use serde::{Deserialize, Serialize};

/// A longer line is skipped. Agents print images and whole files on one line, and those stay below it.
pub(crate) const LINE_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// One piece of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// A line without its end, or an object.
    Whole(&'a [u8]),
    /// One of so many bytes, which were skipped.
    TooLong(u64),
}

/// What separates the pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Between {
    /// Newlines.
    Lines,
    /// The end of an object; newlines may be there or not.
    Objects,
}

/// How far in a piece the framer is. Stored only while it skips one: else the piece is read again from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scan {
    depth: u32,
    in_string: bool,
    escaped: bool,
    after_newline: bool,
    /// It doesn't begin as an object does, and so goes on to the end of the line.
    plain: bool,
}

/// What has to be remembered of a framer beside the offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Skipping {
    bytes: u64,
    scan: Scan,
}

#[derive(Debug)]
pub(crate) struct Framer {
    between: Between,
    pending: Vec<u8>,
    scan: Scan,
    skipping: Option<u64>,
    /// Bytes pushed so far.
    pushed: u64,
}

impl Framer {
    pub(crate) fn new(between: Between, consumed: u64, skipping: Option<Skipping>) -> Self {
        Self {
            between,
            pending: Vec::new(),
            scan: skipping.map(|skipping| skipping.scan).unwrap_or_default(),
            skipping: skipping.map(|skipping| skipping.bytes),
            pushed: consumed,
        }
    }

    /// Up to where everything has been handed out or skipped.
    pub(crate) fn consumed(&self) -> u64 {
        self.pushed - self.pending.len() as u64
    }

    pub(crate) fn skipping(&self) -> Option<Skipping> {
        self.skipping.map(|bytes| Skipping { bytes, scan: self.scan })
    }

    pub(crate) fn push(&mut self, mut bytes: &[u8], take: &mut impl FnMut(Frame<'_>)) {
        self.pushed += bytes.len() as u64;
        while !bytes.is_empty() {
            let found = match self.between {
                Between::Lines => memchr(b'\n', bytes).map(|at| (at, at + 1)),
                Between::Objects => self.object_end(bytes),
            };
            let Some((end, next)) = found else {
                self.keep(bytes);
                return;
            };
            self.hand_out(&bytes[..end], take);
            self.scan = Scan::default();
            bytes = &bytes[next..];
        }
    }

    /// The stream has ended: what is left is a piece, too.
    pub(crate) fn finish(&mut self, take: &mut impl FnMut(Frame<'_>)) {
        if !self.pending.is_empty() || self.skipping.is_some() {
            self.hand_out(&[], take);
        }
        self.scan = Scan::default();
    }

    fn hand_out(&mut self, end: &[u8], take: &mut impl FnMut(Frame<'_>)) {
        if let Some(bytes) = self.skipping.take() {
            take(Frame::TooLong(bytes + end.len() as u64));
        } else if self.pending.len() + end.len() > LINE_LIMIT_BYTES {
            take(Frame::TooLong((self.pending.len() + end.len()) as u64));
        } else if self.pending.is_empty() {
            take(Frame::Whole(trimmed(end)));
        } else {
            self.pending.extend_from_slice(end);
            take(Frame::Whole(trimmed(&self.pending)));
        }
        if self.pending.capacity() > 1024 * 1024 {
            self.pending = Vec::new(); // One long line shouldn't hold its room for ever.
        }
        self.pending.clear();
    }

    fn keep(&mut self, bytes: &[u8]) {
        match &mut self.skipping {
            Some(skipped) => *skipped += bytes.len() as u64,
            None if self.pending.len() + bytes.len() > LINE_LIMIT_BYTES => {
                self.skipping = Some((self.pending.len() + bytes.len()) as u64);
                self.pending = Vec::new();
            }
            None => self.pending.extend_from_slice(bytes),
        }
    }

    /// Where the piece ends in `bytes`, and where the next one begins.
    ///
    /// A newline inside of a string can't be JSON, and `{` at the start of a line inside of an object is the next
    /// object: what stands before was cut off, and is handed out as it is.
    fn object_end(&mut self, bytes: &[u8]) -> Option<(usize, usize)> {
        let scan = &mut self.scan;
        for (at, byte) in bytes.iter().enumerate() {
            if scan.in_string {
                match byte {
                    b'\n' => return Some((at, at + 1)),
                    _ if scan.escaped => scan.escaped = false,
                    b'\\' => scan.escaped = true,
                    b'"' => scan.in_string = false,
                    _ => {}
                }
                continue;
            }
            if scan.depth == 0 {
                match byte {
                    b'\n' => return Some((at, at + 1)),
                    b'{' if !scan.plain => scan.depth = 1,
                    b' ' | b'\t' | b'\r' => {}
                    _ => scan.plain = true,
                }
                continue;
            }
            match byte {
                b'{' if scan.after_newline => return Some((at, at)),
                b'{' | b'[' => scan.depth += 1,
                b'}' | b']' if scan.depth == 1 => return Some((at + 1, at + 1)),
                b'}' | b']' => scan.depth -= 1,
                b'"' => scan.in_string = true,
                _ => {}
            }
            scan.after_newline = *byte == b'\n';
        }
        None
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(between: Between, text: &str, split: usize) -> Vec<String> {
        let mut framer = Framer::new(between, 0, None);
        let mut frames = Vec::new();
        let mut take = |frame: Frame<'_>| {
            let text = match frame {
                Frame::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Frame::TooLong(bytes) => format!("<{bytes}>"),
            };
            if !text.trim().is_empty() {
                frames.push(text);
            }
        };
        for chunk in text.as_bytes().chunks(split) {
            framer.push(chunk, &mut take);
        }
        framer.finish(&mut take);
        assert_eq!(framer.consumed(), text.len() as u64);
        frames
    }

    #[test]
    fn lines_come_whole_whatever_the_split() {
        for split in 1..9 {
            let lines = frames(Between::Lines, "one\r\ntwo\n\nthree", split);
            assert_eq!(lines, ["one", "two", "three"]);
        }
    }

    #[test]
    fn objects_come_whole_with_newlines_between_them_or_without() {
        let text = r#"{"a":"}{"}{"b":[{"c":"\"}"}]} {"d":1}
noise {"x"
{
  "e": {
  }
}
{"f": "cut off
{"g":{"h":
{"i":2}"#;
        let want = [
            r#"{"a":"}{"}"#,
            r#"{"b":[{"c":"\"}"}]}"#,
            r#" {"d":1}"#,
            "noise {\"x\"",
            "{\n  \"e\": {\n  }\n}",
            "{\"f\": \"cut off",
            "{\"g\":{\"h\":\n",
            "{\"i\":2}",
        ];
        for split in 1..text.len() {
            assert_eq!(frames(Between::Objects, text, split), want);
        }
    }
}
