//! What tmux says in control mode, line by line (tmux(1), CONTROL MODE).

/// The longest block that is read: 50,000 lines of a terminal of 1,000 columns would be more, but nobody has one.
const MOST_BLOCK: usize = 64 << 20;

/// Something that tmux said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::terminal) enum Said {
    /// A word of our own script, before tmux says anything.
    Ours(String),
    /// What the program printed.
    Output(Vec<u8>),
    /// The answer to one command.
    Block {
        /// Its lines, joined with newlines.
        text: Vec<u8>,
        /// Whether the command failed.
        failed: bool,
        /// Whether it was one of the commands of our lines; those of tmux's arguments are none.
        asked: bool,
    },
    /// Output is left out: we are too slow, or told so.
    Paused,
    /// The client ends, for this reason.
    Exit(String),
    /// Anything else.
    Other,
}

/// More than any answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::terminal) struct TooLong;

#[derive(Debug)]
struct Open {
    /// What stands behind `%begin`, and so behind its end.
    tag: Vec<u8>,
    text: Vec<u8>,
    lines: usize,
}

/// Cuts what arrives into what was said.
#[derive(Debug, Default)]
pub(in crate::terminal) struct Reader {
    /// A line that isn't whole yet.
    partial: Vec<u8>,
    open: Option<Open>,
}

impl Reader {
    /// Reads what has arrived.
    ///
    /// # Errors
    ///
    /// [`TooLong`] when a line or an answer has no end.
    pub(in crate::terminal) fn feed(
        &mut self,
        bytes: &[u8],
        mut heard: impl FnMut(Said),
    ) -> Result<(), TooLong> {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let line = &rest[..at];
            rest = &rest[at + 1..];
            if self.partial.is_empty() {
                self.line(line, &mut heard)?;
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.line(&whole, &mut heard)?;
            }
        }
        if self.partial.len() + rest.len() > MOST_BLOCK {
            return Err(TooLong);
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    fn line(&mut self, line: &[u8], heard: &mut impl FnMut(Said)) -> Result<(), TooLong> {
        if let Some(open) = &mut self.open {
            let end = line.strip_prefix(b"%end ").map(|tag| (tag, false));
            let end = end.or_else(|| line.strip_prefix(b"%error ").map(|tag| (tag, true)));
            if let Some((tag, failed)) = end
                && tag == open.tag
            {
                let asked = tag.ends_with(b" 1");
                let text = std::mem::take(&mut open.text);
                self.open = None;
                heard(Said::Block { text, failed, asked });
                return Ok(());
            }
            if open.text.len() + line.len() > MOST_BLOCK {
                return Err(TooLong);
            }
            if open.lines > 0 {
                open.text.push(b'\n');
            }
            open.lines += 1;
            open.text.extend_from_slice(line);
            return Ok(());
        }
        if let Some(tag) = line.strip_prefix(b"%begin ") {
            self.open = Some(Open { tag: tag.to_vec(), text: Vec::new(), lines: 0 });
            return Ok(());
        }
        heard(notice(line));
        Ok(())
    }
}

fn notice(line: &[u8]) -> Said {
    let word = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if let Some(rest) = line.strip_prefix(b"%output ") {
        let data = memchr::memchr(b' ', rest).map_or(&[][..], |at| &rest[at + 1..]);
        Said::Output(unescaped(data))
    } else if let Some(rest) = line.strip_prefix(b"%extended-output ") {
        let data = memchr::memmem::find(rest, b" : ").map_or(&[][..], |at| &rest[at + 3..]);
        Said::Output(unescaped(data))
    } else if line.starts_with(b"%pause ") {
        Said::Paused
    } else if let Some(why) = line.strip_prefix(b"%exit") {
        Said::Exit(word(why))
    } else if let Some(ours) = line.strip_prefix(b"baton ") {
        Said::Ours(word(ours))
    } else {
        Said::Other
    }
}

/// `\ooo` is a byte in octal, everything else is itself.
pub(super) fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let digits = rest.get(at + 1..at + 4).unwrap_or_default();
        let value = match digits {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => {
                Some((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'))
            }
            _ => None,
        };
        match value {
            Some(byte) => {
                out.push(byte);
                rest = &rest[at + 4..];
            }
            None => {
                out.push(b'\\');
                rest = &rest[at + 1..];
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Vec<Said> {
        let mut heard = Vec::new();
        Reader::default().feed(bytes, |said| heard.push(said)).unwrap();
        heard
    }

    /// As tmux writes it (control.c, control_append_data).
    fn escaped(bytes: &[u8]) -> Vec<u8> {
        let escape = |byte: &u8| match byte {
            0..0x20 | b'\\' => format!("\\{byte:03o}").into_bytes(),
            _ => vec![*byte],
        };
        bytes.iter().flat_map(escape).collect()
    }

    proptest! {
        #[test]
        fn output_arrives_byte_for_byte_however_the_lines_are_cut(
            outputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..80), 1..10),
            cut in 1_usize..50,
        ) {
            let mut stream = Vec::new();
            for output in &outputs {
                stream.extend_from_slice(b"%extended-output %0 12 : ");
                stream.extend(escaped(output));
                stream.push(b'\n');
            }
            let mut reader = Reader::default();
            let mut heard = Vec::new();
            for chunk in stream.chunks(cut) {
                reader.feed(chunk, |said| heard.push(said)).unwrap();
            }
            let wanted: Vec<Said> = outputs.into_iter().map(Said::Output).collect();
            prop_assert_eq!(heard, wanted);
        }
    }

    #[test]
    fn a_block_ends_with_its_own_end_only() {
        let said = all(
            b"%begin 5 7 1\n%output %0 x\n%end 5 8 1\n\n%end 5 7 1\n%begin 5 9 0\n%error 5 9 0\n",
        );
        let text = b"%output %0 x\n%end 5 8 1\n".to_vec();
        assert_eq!(
            said,
            [
                Said::Block { text, failed: false, asked: true },
                Said::Block { text: vec![], failed: true, asked: false }
            ]
        );
    }

    #[test]
    fn what_tmux_says_beside_is_told_apart() {
        let said = all(b"baton tmux 3.3a\n%output %0 a\\015\\012\n%pause %0\n%exit server exited\n%sessions-changed\n");
        let wanted = [
            Said::Ours("tmux 3.3a".into()),
            Said::Output(b"a\r\n".to_vec()),
            Said::Paused,
            Said::Exit("server exited".into()),
            Said::Other,
        ];
        assert_eq!(said, wanted);
    }
}
