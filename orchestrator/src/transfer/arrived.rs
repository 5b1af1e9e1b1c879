//! What of a directory has arrived before a link was lost, so that it needn't come again.
//!
//! A file counts as arrived where its size and time are the source's, which it gets when it is whole, and where the source was not
//! touched since the transfer was begun: so nobody has to look into it.

use std::collections::BTreeMap;

/// What names of ours in a part begin with: a source may have such ones, too.
pub(super) const MARK: &str = ".baton-";

/// A source that was touched less than so many seconds before a transfer was begun may have been touched after it, too: a clock of
/// files may be a little behind.
const MARGIN_SECONDS: i64 = 2;

/// What a host lists: `KIND SIZE MODIFIED CHANGED PATH`, each ended by a NUL.
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
    /// Whether a file that was `touched` last then, and is whole here, needn't come again.
    pub(super) fn is(&self, size: u64, modified: i64, touched: i64, since: i64) -> bool {
        self.kind == b'f'
            && (self.size, self.modified) == (size, modified)
            && touched < since - MARGIN_SECONDS
    }
}

impl Arrived {
    /// `None` where it isn't such a listing, or an empty one.
    pub(super) fn read(listed: &[u8]) -> Option<Self> {
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

    #[test]
    fn names_of_every_kind_are_listed() {
        let listed = b"f 12 5.25 6.5 a b\n\xff\0d 4096 5.0 6.0 d\0";
        let arrived = Arrived::read(listed).unwrap();
        let file = arrived.get(b"a b\n\xff").unwrap();
        assert_eq!(file, Listed { kind: b'f', size: 12, modified: 5, changed: 6 });
        assert_eq!((arrived.len(), arrived.get(b"d").unwrap().kind), (2, b'd'));
        assert!(file.is(12, 5, 7, 10));
        assert!(!file.is(12, 5, 8, 10), "it may have been changed since");
        assert!(!file.is(13, 5, 7, 10) && !file.is(12, 6, 7, 10));
        assert_eq!(Arrived::read(b""), None);
    }

    proptest! {
        #[test]
        fn noise_is_no_listing_and_no_crash(noise: Vec<u8>) {
            Arrived::read(&noise);
        }
    }
}
