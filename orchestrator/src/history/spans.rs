//! The stream of spans: bytes, each span's ended by a mark that nobody could have written before.

use memchr::memmem::Finder;
use shared_history::{Chunk, Span};

use super::scripts::Blocks;

/// Takes the stream apart, however its bytes arrive.
pub(super) struct Spans<'a> {
    finder: Finder<'a>,
    /// Of each span: bytes of whole blocks that come before it, and its own that may still come.
    left: Vec<(u64, u64)>,
    at: usize,
    /// What may be the beginning of a mark.
    kept: Vec<u8>,
    is_over: bool,
}

impl<'a> Spans<'a> {
    /// For the stream that [`super::scripts::read_program`] prints.
    pub(super) fn new(mark: &'a str, spans: &[Span]) -> Self {
        let left = spans.iter().map(|span| (Blocks::of(span).before, span.bytes)).collect();
        Self { finder: Finder::new(mark), left, at: 0, kept: Vec::new(), is_over: false }
    }

    /// Whether the last mark was seen.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes the next bytes and hands on what is of a span.
    pub(super) fn take(&mut self, bytes: &[u8], give: &mut (dyn FnMut(Chunk<'_>) + Send)) {
        // Almost always nothing is kept, and nothing copied.
        let joined;
        let mut rest = if self.kept.is_empty() {
            bytes
        } else {
            joined = [std::mem::take(&mut self.kept).as_slice(), bytes].concat();
            &joined
        };
        let mark = self.finder.needle().len();
        while !self.is_over {
            let Some(found) = self.finder.find(rest) else { break };
            // The sign after it tells whether anything follows.
            let Some(sign) = rest.get(found + mark) else { break };
            self.give(&rest[..found], give);
            self.is_over = *sign == b'.';
            self.at += 1;
            rest = &rest[found + mark + 1..];
        }
        if self.is_over {
            return;
        }
        let sure = rest.len() - self.begun(rest);
        self.give(&rest[..sure], give);
        self.kept = rest[sure..].to_vec();
    }

    /// How many bytes at the end may belong to a mark.
    fn begun(&self, bytes: &[u8]) -> usize {
        let mark = self.finder.needle();
        (1..=mark.len().min(bytes.len()))
            .rev()
            .find(|count| mark.starts_with(&bytes[bytes.len() - count..]))
            .unwrap_or_default()
    }

    fn give(&mut self, bytes: &[u8], give: &mut (dyn FnMut(Chunk<'_>) + Send)) {
        let Some((before, own)) = self.left.get_mut(self.at) else { return };
        let skipped = (*before).min(bytes.len() as u64);
        *before -= skipped;
        // Both are at most a buffer's length.
        let bytes = &bytes[skipped as usize..];
        let count = (*own).min(bytes.len() as u64);
        *own -= count;
        if count > 0 {
            give(Chunk { span: self.at, bytes: &bytes[..count as usize] });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARK: &str = "aab0";

    proptest! {
        #[test]
        fn spans_are_told_apart_however_their_bytes_arrive(
            files in prop::collection::vec(
                prop::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), any::<u8>()], 0..3000),
                0..4,
            ),
            wanted in prop::collection::vec((0..2000_u64, 1..3000_u64), 4),
            pieces in 1..700_usize,
        ) {
            prop_assume!(files.iter().all(|file| Finder::new(MARK).find(file).is_none()));
            let spans: Vec<Span> = wanted
                .iter()
                .take(files.len())
                .map(|(from, bytes)| Span { name: String::new(), from: *from, bytes: *bytes })
                .collect();
            let mut stream = Vec::new();
            for (file, span) in files.iter().zip(&spans) {
                let blocks = Blocks::of(span);
                let at = |block: u64| file.len().min((block * blocks.size) as usize);
                stream.extend(&file[at(blocks.first)..at(blocks.first + blocks.count)]);
                stream.extend(MARK.bytes());
                stream.push(b';');
            }
            stream.extend(MARK.bytes());
            stream.push(b'.');
            let mut got = vec![Vec::new(); files.len()];
            let mut taker = Spans::new(MARK, &spans);
            for piece in stream.chunks(pieces) {
                prop_assert!(!taker.is_over());
                taker.take(piece, &mut |chunk| got[chunk.span].extend_from_slice(chunk.bytes));
            }
            prop_assert!(taker.is_over());
            for ((file, span), got) in files.iter().zip(&spans).zip(got) {
                let from = file.len().min(span.from as usize);
                let to = file.len().min((span.from + span.bytes) as usize);
                prop_assert_eq!(&file[from..to], got);
            }
        }
    }
}
