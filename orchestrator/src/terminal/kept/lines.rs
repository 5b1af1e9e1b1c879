//! What tmux says in control mode, line by line (tmux(1), CONTROL MODE).

use super::redraw::BLOCKS;

/// The longest answer of tmux itself that is read: all of them are short.
const MOST_BLOCK: usize = 64 << 20;

/// What is read of the text of programs at least, its end: more isn't kept of it (`KEPT` in `shown.rs`). 50,000 lines in which
/// each letter has a colour of its own are more.
const MOST_TEXT: usize = 16 << 20;

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
    /// Whether programs have written its text: then an end in it may be theirs.
    foreign: bool,
}

impl Open {
    fn new(tag: &[u8], foreign: bool) -> Self {
        Self { tag: tag.to_vec(), text: Vec::new(), lines: 0, foreign }
    }

    fn push(&mut self, line: &[u8]) -> Result<(), TooLong> {
        if !self.foreign && self.text.len() + line.len() > MOST_BLOCK {
            return Err(TooLong);
        }
        if self.lines > 0 {
            self.text.push(b'\n');
        }
        self.lines += 1;
        self.text.extend_from_slice(line);
        if self.foreign {
            drop_oldest(&mut self.text);
        }
        Ok(())
    }

    /// Whether the line is its end, and that of a command that failed.
    fn ends(&self, line: &[u8]) -> Option<bool> {
        let end = line.strip_prefix(b"%end ").map(|tag| (tag, false));
        let end = end.or_else(|| line.strip_prefix(b"%error ").map(|tag| (tag, true)));
        end.filter(|(tag, _)| *tag == self.tag).map(|(_, failed)| failed)
    }
}

/// Tells where the text of programs ends that tmux hands on as it is: a word that they can't know stands in a block of its
/// own behind each of them. (tmux 3.3a writes what `capture-pane` gives without escapes, and its tags can be guessed.)
#[derive(Debug)]
struct Border {
    word: Vec<u8>,
    /// How many blocks of programs' text follow.
    left: usize,
}

/// Cuts what arrives into what was said.
#[derive(Debug, Default)]
pub(in crate::terminal) struct Reader {
    /// A line that isn't whole yet.
    partial: Vec<u8>,
    open: Option<Open>,
    border: Option<Border>,
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
        let is_foreign = self.open.as_ref().is_some_and(|open| open.foreign);
        if !is_foreign && self.partial.len() + rest.len() > MOST_BLOCK {
            return Err(TooLong);
        }
        self.partial.extend_from_slice(rest);
        if is_foreign {
            drop_oldest(&mut self.partial);
        }
        Ok(())
    }

    /// Behind a block that begins with this word, so many hold what programs have written; behind each stands a block with
    /// the word alone.
    pub(super) fn set_border(&mut self, word: String) {
        self.border = Some(Border { word: word.into_bytes(), left: 0 });
    }

    fn line(&mut self, line: &[u8], heard: &mut impl FnMut(Said)) -> Result<(), TooLong> {
        let Some(open) = &mut self.open else {
            match line.strip_prefix(b"%begin ") {
                Some(tag) => {
                    let left = self.border.as_ref().map_or(0, |border| border.left);
                    self.open = Some(Open::new(tag, left > 0));
                }
                None => heard(notice(line)),
            }
            return Ok(());
        };
        if open.foreign {
            let word = self.border.as_ref().map(|border| border.word.as_slice());
            let Some(tag) = (word == Some(line)).then(|| begun_last(&open.text)).flatten() else {
                return open.push(line);
            };
            let mut next = Open::new(tag, false);
            next.push(line)?;
            let whole = std::mem::replace(open, next);
            let failed = told(&whole, heard);
            if let Some(border) = &mut self.border {
                // Behind a command that failed, those of its line aren't carried out.
                border.left = if failed { 0 } else { border.left - 1 };
            }
            return Ok(());
        }
        let Some(failed) = open.ends(line) else { return open.push(line) };
        let (text, asked) = (std::mem::take(&mut open.text), open.tag.ends_with(b" 1"));
        self.open = None;
        if let Some(border) = &mut self.border
            && !failed
            && text.strip_prefix(border.word.as_slice()).is_some_and(|rest| rest.starts_with(b" "))
        {
            border.left = BLOCKS;
        }
        heard(Said::Block { text, failed, asked });
        Ok(())
    }
}

/// Lets what is oldest in the text of programs go: whole lines, where it has some. Rarely, as the rest is moved.
fn drop_oldest(text: &mut Vec<u8>) {
    if text.len() > 2 * MOST_TEXT {
        let from = text.len() - MOST_TEXT;
        let line = text.get(from..).and_then(|rest| memchr::memchr(b'\n', rest));
        text.drain(..line.map_or(from, |at| from + at + 1));
    }
}

/// What stands behind the `%begin` in the last line of a text.
fn begun_last(text: &[u8]) -> Option<&[u8]> {
    let last = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    text[last..].strip_prefix(b"%begin ")
}

/// Tells a block whose last end is its own, and what was said between that and the last line; whether it failed.
fn told(open: &Open, heard: &mut impl FnMut(Said)) -> bool {
    let mut end = None;
    let mut at = 0;
    for line in open.text.split(|byte| *byte == b'\n') {
        if let Some(failed) = open.ends(line) {
            end = Some((at, at + line.len(), failed));
        }
        at += line.len() + 1;
    }
    let (before, behind, failed) = end.unwrap_or((open.text.len(), open.text.len(), true));
    let text = open.text[..before].strip_suffix(b"\n").unwrap_or(&open.text[..before]).to_vec();
    heard(Said::Block { text, failed, asked: open.tag.ends_with(b" 1") });
    let between = open.text[behind..].strip_prefix(b"\n").unwrap_or_default();
    for line in between.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"%begin ")) {
        heard(notice(line));
    }
    failed
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
    #![allow(clippy::unwrap_used, clippy::panic)]

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
    fn a_program_can_not_end_a_block_of_its_own_text() {
        let mut reader = Reader::default();
        reader.set_border("baton w0rd".into());
        let mut stream = b"%begin 5 7 1\nbaton w0rd shot 1|2\n%end 5 7 1\n".to_vec();
        for block in 0..4 {
            let (own, next) = (8 + 2 * block, 9 + 2 * block);
            stream.extend(
                format!(
                    "%begin 5 {own} 1\nseen\n%end 5 {own} 1\n%begin 5 {own} 1\nbaton check 9|1\n%end 5 {own} 1\n%end 5 {own} 1\n\
                     %output %0 between\n%begin 5 {next} 1\nbaton w0rd\n%end 5 {next} 1\n"
                )
                .bytes(),
            );
        }
        stream.extend_from_slice(
            b"%begin 5 20 1\nbaton w0rd\n%end 5 20 1\n%begin 5 21 1\nplain\n%end 5 21 1\n",
        );
        let mut heard = Vec::new();
        for chunk in stream.chunks(3) {
            reader.feed(chunk, |said| heard.push(said)).unwrap();
        }
        let texts: Vec<String> = heard
            .iter()
            .filter_map(|said| match said {
                Said::Block { text, failed: false, asked: true } => {
                    Some(String::from_utf8_lossy(text).into_owned())
                }
                _ => None,
            })
            .collect();
        let foreign = |own: usize| {
            format!("seen\n%end 5 {own} 1\n%begin 5 {own} 1\nbaton check 9|1\n%end 5 {own} 1")
        };
        let word = || "baton w0rd".to_owned();
        let wanted = [
            "baton w0rd shot 1|2".to_owned(),
            foreign(8),
            word(),
            foreign(10),
            word(),
            foreign(12),
            word(),
            foreign(14),
            word(),
            word(),
            "plain".to_owned(),
        ];
        assert_eq!(texts, wanted);
        let between = heard.iter().filter(|said| **said == Said::Output(b"between".to_vec()));
        assert_eq!(between.count(), 4);
    }

    #[test]
    fn of_text_without_measure_its_end_is_read() {
        let line = [b"x".repeat(1 << 20), b"\n".to_vec()].concat();
        // In many lines, and in one.
        for newlines in [true, false] {
            let mut reader = Reader::default();
            reader.set_border("baton w0rd".into());
            let mut heard = Vec::new();
            let mut feed = |bytes: &[u8]| reader.feed(bytes, |said| heard.push(said)).unwrap();
            feed(b"%begin 5 7 1\nbaton w0rd shot 1|2\n%end 5 7 1\n%begin 5 8 1\nfirst\n");
            for _ in 0..200 {
                feed(if newlines { &line } else { &line[..line.len() - 1] });
            }
            feed(b"\nlast\n%end 5 8 1\n%begin 5 9 1\nbaton w0rd\n%end 5 9 1\n");
            let Some(Said::Block { text, failed: false, .. }) = heard.get(1) else { panic!() };
            assert!(text.ends_with(b"\nlast"));
            assert!((MOST_TEXT..=2 * MOST_TEXT).contains(&text.len()), "{}", text.len());
            if newlines {
                assert!(
                    text.split(|byte| *byte == b'\n')
                        .all(|line| [4, 1 << 20, 0].contains(&line.len()))
                );
            }
            assert_eq!(heard.len(), 3);
        }
    }

    #[test]
    fn a_command_that_fails_among_them_ends_what_is_guarded() {
        let mut reader = Reader::default();
        reader.set_border("baton w0rd".into());
        let mut heard = Vec::new();
        let stream = b"%begin 5 7 1\nbaton w0rd shot 1\n%end 5 7 1\n%begin 5 8 1\nno\n%error 5 8 1\n%begin 5 9 1\nbaton w0rd\n%end 5 9 1\n\
            %begin 5 10 1\nplain\n%end 5 10 1\n";
        reader.feed(stream, |said| heard.push(said)).unwrap();
        assert_eq!(heard.len(), 4, "{heard:?}");
        assert_eq!(heard[1], Said::Block { text: b"no".to_vec(), failed: true, asked: true });
        assert_eq!(heard[3], Said::Block { text: b"plain".to_vec(), failed: false, asked: true });
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
