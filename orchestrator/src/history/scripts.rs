//! The scripts that run on a host, and the words that they are called with.

use shared_history::{Append, Known, Span};

use crate::transport::{Library, TransportError, quote};

/// What shells learn once.
pub(super) static HISTORY: Library = Library::new(
    "history",
    &[
        include_str!("../run/scripts/process.sh"),
        include_str!("scripts/enter.sh"),
        include_str!("scripts/quick.sh"),
        include_str!("scripts/lock.sh"),
        include_str!("scripts/look.sh"),
        include_str!("scripts/append.sh"),
        include_str!("scripts/trim.sh"),
        include_str!("scripts/ignore.sh"),
    ],
);

/// Prints spans of files: a mark and four words for each; see [`read_program`].
const READ: &str = include_str!("scripts/read.sh");

/// So much is read at once of a span that is long enough; shorter ones are read in pieces that leave less over.
const BLOCKS: [(u64, u64); 3] = [(1024 * 1024, 64 * 1024), (64 * 1024, 4096), (0, 512)];

/// A call of one of the functions.
#[derive(Debug)]
pub(super) struct Words {
    text: String,
}

impl Words {
    /// For the project in that directory; `~` is the host's to expand.
    ///
    /// # Errors
    ///
    /// [`TransportError::Usage`] for a NUL, and for no name at all.
    pub(super) fn for_project(directory: &str) -> Result<Self, TransportError> {
        if directory.is_empty() {
            return Err(TransportError::Usage { what: "the project's directory is empty".into() });
        }
        Ok(Self { text: format!("b_p={};", quote::path_text(directory.as_bytes())?) })
    }

    /// Sets a variable.
    pub(super) fn set(
        mut self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, TransportError> {
        self.text.push_str(&format!("{name}={};", quote::text(value.as_ref())?));
        Ok(self)
    }

    /// Calls a function, or gives it one more word.
    pub(super) fn word(mut self, word: impl AsRef<[u8]>) -> Result<Self, TransportError> {
        self.text.push_str(&quote::text(word.as_ref())?);
        self.text.push(' ');
        Ok(self)
    }

    /// As a script.
    pub(super) fn script(&self) -> String {
        quote::line(&self.text)
    }
}

/// The words of an append but its function's: which file, and what is known of its end.
pub(super) fn append_words(
    directory: &str,
    append: &Append<'_>,
    end: Option<(u64, u64)>,
) -> Result<Words, TransportError> {
    let mut words = Words::for_project(directory)?.set("b_f", append.name)?;
    if let Some((identity, size)) = end {
        words = words.set("b_k", format!("{identity}:{size}"))?;
    }
    if append.in_doubt {
        words = words.set("b_doubt", "1")?;
    }
    if let Some(mend) = append.mend {
        words = words
            .set("b_mend", if mend.is_whole { "whole" } else { "move" })?
            .set("b_msize", mend.size.to_string())?
            .set("b_mfrom", mend.from.to_string())?;
    }
    Ok(words)
}

/// What a look is told of files that were read before.
pub(super) fn known_words(known: &[Known]) -> String {
    let is_ours = |known: &&Known| is_name(&known.name);
    let words: Vec<String> = known
        .iter()
        .filter(is_ours)
        .map(|known| format!("{}:{}:{}", known.identity, known.name, known.offset))
        .collect();
    words.join(" ")
}

/// Whether a file may have that name: no shell makes anything else of it.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.starts_with("history-") && name.ends_with(".jsonl") && name.bytes().all(is_plain)
}

/// What `dd` is told of a span, and how many bytes to skip of what it prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) size: u64,
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) before: u64,
}

impl Blocks {
    /// The blocks that hold `span`.
    pub(super) fn of(span: &Span) -> Self {
        let size =
            BLOCKS.iter().find(|(least, _)| span.bytes >= *least).map_or(512, |(_, size)| *size);
        let first = span.from / size;
        let end = span.from.saturating_add(span.bytes).div_ceil(size);
        Self { size, first, count: end.saturating_sub(first), before: span.from - first * size }
    }
}

/// The program that prints spans, each ended by `mark`.
pub(super) fn read_program(mark: &str, spans: &[Span]) -> Vec<String> {
    let mut words = vec!["sh".to_owned(), "-c".to_owned(), quote::bare(READ), mark.to_owned()];
    for span in spans {
        let Blocks { size, first, count, .. } = Blocks::of(span);
        words.push(span.name.clone());
        words.extend([size, first, count].map(|number| number.to_string()));
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_library_is_one_short_line() {
        let line = HISTORY.line().unwrap();
        assert!(!line.contains('\n') && line.len() < 18 * 1024, "{}", line.len());
    }

    #[test]
    fn a_call_is_little_more_than_its_line() {
        let line = "{\"summary\":\"größe\"}".repeat(30);
        let append = Append { name: "history-box.jsonl", lines: &[], in_doubt: false, mend: None };
        let words = append_words("~/app", &append, Some((10_068_026, 3_000_000))).unwrap();
        let script = words.word("b_append").unwrap().word("").unwrap().word("600").unwrap();
        let script = script.word(&line).unwrap().script();
        assert!(script.len() < line.len() + 120, "{script}");
    }

    #[test]
    fn reading_fits_on_a_command_line() {
        let spans =
            vec![
                Span { name: "history-a-machine.local.jsonl".into(), from: 0, bytes: 3_000_000 };
                10
            ];
        let words = read_program("0123456789abcdef0123456789abcdef", &spans);
        assert!(words.join(" ").len() < 1600, "{}", words.join(" ").len());
    }

    proptest! {
        #[test]
        fn blocks_hold_their_span(from in 0..10_000_000_u64, bytes in 1..10_000_000_u64) {
            let blocks = Blocks::of(&Span { name: String::new(), from, bytes });
            prop_assert_eq!(blocks.first * blocks.size + blocks.before, from);
            prop_assert!((blocks.first + blocks.count) * blocks.size >= from + bytes);
            prop_assert!(blocks.count * blocks.size < bytes + 2 * blocks.size);
        }
    }
}
