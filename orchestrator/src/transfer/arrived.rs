//! What of a directory has arrived before a link was lost, so that it needn't come again.
//!
//! A file counts as arrived where its size and time are the source's, which it gets when it is whole, and where the source was not
//! touched since the transfer was begun: so nobody has to look into it.

use std::collections::BTreeMap;

use crate::sftp::Attrs;

/// What names of ours in a part begin with: a source may have such ones, too.
pub(super) const MARK: &str = ".baton-";

/// A source that was touched less than so many seconds before a transfer was begun may have been touched after it, too: a clock of
/// files may be a little behind.
const MARGIN_SECONDS: i64 = 2;

/// What a host lists: `KIND SIZE MODIFIED CHANGED PATH`, each ended by a NUL; or, where stat tells it, each between a mark and a
/// newline, and KIND is a letter and the mode, in hexadecimal (`c`) or octal (`f`).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arrived(BTreeMap<Vec<u8>, Listed>);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// find's letter.
    pub(super) kind: u8,
    pub(super) size: u64,
    /// In seconds since 1970.
    pub(super) modified: i64,
    /// The same of all that is known of it.
    pub(super) changed: i64,
}

impl Listed {
    /// The same of what a server of sftp knows. It doesn't say when anything else of it was changed than its bytes.
    pub(super) fn of(attrs: &Attrs) -> Self {
        let kind = match () {
            () if attrs.is_directory() => b'd',
            () if attrs.is_link() => b'l',
            () => b'f',
        };
        let modified = attrs.changed().map_or(0, i64::from);
        Self { kind, size: attrs.size.unwrap_or(0), modified, changed: modified }
    }

    /// Whether a file that was `touched` last then, and is whole here, needn't come again.
    pub(super) fn is(&self, size: u64, modified: i64, touched: i64, since: i64) -> bool {
        self.kind == b'f'
            && (self.size, self.modified) == (size, modified)
            && touched < since - MARGIN_SECONDS
    }
}

impl FromIterator<(Vec<u8>, Listed)> for Arrived {
    fn from_iter<I: IntoIterator<Item = (Vec<u8>, Listed)>>(listed: I) -> Self {
        Self(listed.into_iter().collect())
    }
}

impl Arrived {
    /// `None` where it isn't such a listing, or an empty one. Half of the mark that ends it begins an entry of stat's.
    pub(super) fn read(listed: &[u8], mark: &str) -> Option<Self> {
        let half = mark.get(..mark.len() / 2).filter(|half| !half.is_empty())?;
        if listed.starts_with(half.as_bytes()) {
            return Self::of_stat(listed, half.as_bytes());
        }
        let mut all = BTreeMap::new();
        for line in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            let mut words = line.splitn(5, |byte| *byte == b' ');
            let mut word = || std::str::from_utf8(words.next()?).ok();
            let kind = *word()?.as_bytes().first()?;
            let size = word()?.parse().ok()?;
            let mut seconds = || word()?.split('.').next()?.parse().ok();
            let (modified, changed) = (seconds()?, seconds()?);
            let path = words.next()?.to_vec();
            all.insert(path, Listed { kind, size, modified, changed });
        }
        (!all.is_empty()).then_some(Self(all))
    }

    fn of_stat(listed: &[u8], half: &[u8]) -> Option<Self> {
        let mut all = BTreeMap::new();
        let mut starts: Vec<usize> = memchr::memmem::find_iter(listed, half).collect();
        starts.push(listed.len());
        for pair in starts.windows(2) {
            let entry = listed.get(pair[0] + half.len()..pair[1])?.strip_suffix(b"\n")?;
            let mut words = entry.strip_prefix(b" ")?.splitn(6, |byte| *byte == b' ');
            let mut word = || std::str::from_utf8(words.next()?).ok();
            let radix = if word()? == "c" { 16 } else { 8 };
            let kind = match u32::from_str_radix(word()?, radix).ok()? & 0o170_000 {
                0o040_000 => b'd',
                0o100_000 => b'f',
                0o120_000 => b'l',
                _ => b'x',
            };
            let size = word()?.parse().ok()?;
            let (modified, changed) = (word()?.parse().ok()?, word()?.parse().ok()?);
            let path = words.next()?.strip_prefix(b"./")?.to_vec();
            all.insert(path, Listed { kind, size, modified, changed });
        }
        (!all.is_empty()).then_some(Self(all))
    }

    pub(super) fn get(&self, path: &[u8]) -> Option<Listed> {
        self.0.get(path).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], Listed)> {
        self.0.iter().map(|(path, listed)| (&path[..], *listed))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const MARKED: &str = "01234567";

    #[test]
    fn names_of_every_kind_are_listed() {
        let listed = b"f 12 5.25 6.5 a b\n\xff\0d 4096 5.0 6.0 d\0";
        let arrived = Arrived::read(listed, MARKED).unwrap();
        let file = arrived.get(b"a b\n\xff").unwrap();
        assert_eq!(file, Listed { kind: b'f', size: 12, modified: 5, changed: 6 });
        assert_eq!((arrived.len(), arrived.get(b"d").unwrap().kind), (2, b'd'));
        assert!(file.is(12, 5, 7, 10));
        assert!(!file.is(12, 5, 8, 10), "it may have been changed since");
        assert!(!file.is(13, 5, 7, 10) && !file.is(12, 6, 7, 10));
        assert_eq!(Arrived::read(b"", MARKED), None);
    }

    #[test]
    fn what_stat_tells_is_read_whatever_the_names() {
        let listed =
            b"0123 c 81a4 12 5 6 ./a b\n\xff\n0123 c 41ed 4096 5 6 ./d\n0123 f 120777 3 5 6 ./l\n";
        let arrived = Arrived::read(listed, MARKED).unwrap();
        let file = arrived.get(b"a b\n\xff").unwrap();
        assert_eq!(file, Listed { kind: b'f', size: 12, modified: 5, changed: 6 });
        let kind = |path: &[u8]| arrived.get(path).unwrap().kind;
        assert_eq!((kind(b"d"), kind(b"l"), arrived.len()), (b'd', b'l', 3));
    }

    proptest! {
        #[test]
        fn noise_is_no_listing_and_no_crash(noise: Vec<u8>) {
            Arrived::read(&noise, MARKED);
            Arrived::read(&[b"0123 c ", &noise[..]].concat(), MARKED);
        }
    }
}
