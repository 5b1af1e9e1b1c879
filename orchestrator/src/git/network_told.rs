//! What a script tells its reader: `KEY VALUE`, ended by a NUL.

use std::collections::HashMap;

/// More than this nobody has to tell: a pull request's body, names of some thousand files.
const MOST_BYTES: usize = 1 << 20;

/// All that was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    values: HashMap<String, Vec<u8>>,
    /// What isn't ended yet.
    begun: Vec<u8>,
    bytes: usize,
}

impl Told {
    /// Takes a piece, cut anywhere; the keys that it has completed.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut keys = Vec::new();
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MOST_BYTES {
            return keys;
        }
        self.begun.extend_from_slice(bytes);
        while let Some(end) = memchr::memchr(0, &self.begun) {
            let rest = self.begun.split_off(end + 1);
            let record = std::mem::replace(&mut self.begun, rest);
            let record = record.get(..end).unwrap_or_default();
            let space = memchr::memchr(b' ', record).unwrap_or(record.len());
            let key = String::from_utf8_lossy(record.get(..space).unwrap_or_default());
            let value = record.get(space + 1..).unwrap_or_default().to_vec();
            self.values.insert(key.clone().into_owned(), value);
            keys.push(key.into_owned());
        }
        keys
    }

    /// Whether that was told.
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// What was told last, byte for byte.
    pub(super) fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key).map(Vec::as_slice)
    }

    /// The same as text; empty where it wasn't told.
    pub(super) fn text(&self, key: &str) -> String {
        String::from_utf8_lossy(self.bytes(key).unwrap_or_default()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_read_however_it_is_cut() {
        let all = b"branch main\0path /a b\nc\0empty \0half";
        for cut in 0..=all.len() {
            let mut told = Told::default();
            let mut keys = told.take(&all[..cut]);
            keys.extend(told.take(&all[cut..]));
            assert_eq!(keys, ["branch", "path", "empty"], "{cut}");
            assert_eq!((told.text("branch"), told.text("path")), ("main".into(), "/a b\nc".into()));
            assert!(told.has("empty") && !told.has("half"), "{cut}");
        }
    }
}
