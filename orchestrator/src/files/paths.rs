//! All files below a directory, as a host tells them.

use crate::failure::Failure;
use crate::transport::{Connection, TransportError};

/// How long a path is, by and large.
const NAME_BYTES: usize = 32;

/// The script's word for a directory that isn't there.
const MISSING: u8 = 3;
/// The script's word for one that may not be entered.
const DENIED: u8 = 4;

/// Paths below a root: one text behind the other, because 100,000 allocations take longer than all the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Paths {
    /// Those whose names are UTF-8 and stand on one line: nobody could type the others. Sorted, each once.
    pub text: String,
    /// Where each ends in the text.
    pub ends: Vec<u32>,
    /// Whether these are all.
    pub whole: bool,
}

impl Paths {
    /// At most `most` of `all`.
    pub(super) fn new(mut all: Vec<&str>, mut whole: bool, most: usize) -> Self {
        // What git prints is two sorted lists, which this only has to merge.
        all.sort();
        // git names a file that is in conflict once for each side.
        all.dedup();
        whole &= all.len() <= most;
        all.truncate(most);
        let mut text = String::with_capacity(all.iter().map(|path| path.len()).sum());
        let mut ends = Vec::with_capacity(all.len());
        for path in all {
            // More than 4 GiB of names don't come.
            let Ok(end) = u32::try_from(text.len() + path.len()) else {
                whole = false;
                break;
            };
            text.push_str(path);
            ends.push(end);
        }
        Self { text, ends, whole }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// One of them.
    pub(super) fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(number).copied().unwrap_or_default();
        self.text.get(start.unwrap_or(0) as usize..end as usize).unwrap_or_default()
    }
}

/// Why a directory can't be looked at, where a script's status says so.
pub(super) fn gone(connection: &Connection, directory: &str, status: u8) -> Option<Failure> {
    let host = connection.host().clone();
    match status {
        MISSING => Some(TransportError::DirMissing { host, dir: directory.to_owned() }.into()),
        DENIED => {
            let what = format!("the directory {directory} may not be entered");
            Some(TransportError::PermissionDenied { host, what }.into())
        }
        _ => None,
    }
}

/// Reads the answer of `bf_names`: names, and an empty one where these are all. At most `most` are kept.
pub(super) fn read(answer: &[u8], most: usize) -> Paths {
    // What isn't ended may be half a name.
    let ended = memchr::memrchr(0, answer).map_or(&answer[..0], |last| &answer[..=last]);
    let whole = ended == b"\0" || ended.ends_with(b"\0\0");
    let mut all = Vec::with_capacity(ended.len() / NAME_BYTES);
    let mut start = 0;
    for end in memchr::memchr_iter(0, ended) {
        let name = std::str::from_utf8(&ended[start..end]);
        start = end + 1;
        let Ok(name) = name else { continue };
        let name = name.strip_prefix("./").unwrap_or(name);
        if !name.is_empty() && !name.contains('\n') {
            all.push(name);
        }
    }
    Paths::new(all, whole, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(paths: &Paths) -> Vec<&str> {
        (0..).map(|number| paths.get(number)).take(paths.len()).collect()
    }

    #[test]
    fn only_what_was_ended_counts_and_only_an_end_says_that_it_is_all() {
        let all = read(b"./b\0a b\0a b\0x\ny\0\xff\0\0", 10);
        assert_eq!((told(&all), all.whole), (vec!["a b", "b"], true));
        let cut = read(b"one\0two\0thr", 10);
        assert_eq!((told(&cut), cut.whole), (vec!["one", "two"], false));
        assert_eq!(read(b"", 10), Paths::default());
        assert_eq!(read(b"\0", 10), Paths { whole: true, ..Paths::default() });
        let few = read(b"b\0a\0\0", 1);
        assert_eq!((told(&few), few.whole), (vec!["a"], false));
    }
}
