//! What an answer comes to, counted on both sides: a host says that nothing has changed without telling it all again.

use memchr::memmem;
use sha1::{Digest, Sha1};

use super::crc::cksum;

/// What `cksum` says of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    crc: u32,
    length: usize,
}

impl Sum {
    pub(super) fn of(answer: &[u8]) -> Self {
        Self { crc: cksum(answer), length: answer.len() }
    }

    /// As the program prints it.
    pub(super) fn text(self) -> String {
        format!("{} {}", self.crc, self.length)
    }
}

/// What stands in place of an answer's mark when it is summed up, as `list.sh` has it.
const MARK: &[u8] = b"baton";

/// What `cksum` and `sha1sum` say of an answer to `bf_list`: a host may have only one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListingSum {
    sum: Sum,
    sha: String,
    /// How many entries were wanted: with another limit it is another answer.
    pub limit: usize,
}

impl ListingSum {
    /// Of an answer with its own mark.
    pub(super) fn of(answer: &[u8], mark: &[u8], limit: usize) -> Self {
        let mut bytes = Vec::with_capacity(answer.len());
        let mut from = 0;
        for at in memmem::find_iter(answer, mark) {
            bytes.extend_from_slice(answer.get(from..at).unwrap_or_default());
            bytes.extend_from_slice(MARK);
            from = at + mark.len();
        }
        bytes.extend_from_slice(answer.get(from..).unwrap_or_default());
        let sha = Sha1::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { sum: Sum::of(&bytes), sha, limit }
    }

    /// As a listing's version.
    pub(super) fn version(&self) -> String {
        let Sum { crc, length } = self.sum;
        format!("{crc}.{length}.{}.{}", self.limit, self.sha)
    }

    /// From a listing's version; `None` for one of another form.
    pub(super) fn read(version: &str) -> Option<Self> {
        let mut parts = version.split('.');
        let crc = parts.next()?.parse().ok()?;
        let length = parts.next()?.parse().ok()?;
        let limit = parts.next()?.parse().ok()?;
        let sha = parts.next()?.to_owned();
        parts.next().is_none().then_some(Self { sum: Sum { crc, length }, sha, limit })
    }

    /// As `cksum` prints it.
    pub(super) fn crc(&self) -> String {
        self.sum.text()
    }

    /// As `sha1sum` prints it.
    pub(super) fn sha(&self) -> &str {
        &self.sha
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_counts_for_nothing_and_everything_else_does() {
        let sum = |answer: &[u8], mark: &[u8]| ListingSum::of(answer, mark, 9);
        let one = sum(b"m1 a m1 b", b"m1");
        assert_eq!(one, sum(b"mark2 a mark2 b", b"mark2"));
        assert_ne!(one, sum(b"m1 a m1 c", b"m1"));
        assert_eq!(ListingSum::read(&one.version()), Some(one.clone()));
        assert_eq!(ListingSum::read("1.2"), None);
        assert_eq!(ListingSum::read("5f3e"), None);
        // As `printf 'baton a baton b' | cksum` and `| sha1sum` print it.
        assert_eq!(one.crc(), "504408524 15");
        assert_eq!(one.sha(), "602e1bb99a2dba41aaad5f50e63d53343a335b33");
    }

    #[test]
    fn a_sum_is_what_the_program_prints() {
        assert_eq!(Sum::of(b"abc\n").text(), "1112837078 4");
    }
}
