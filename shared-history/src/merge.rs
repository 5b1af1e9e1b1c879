//! Many histories into one.

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::{Entry, Line};

/// Something that a merge can tell from others and sort.
pub trait Mergeable {
    /// Tells it from others.
    fn id(&self) -> &str;
    /// Milliseconds since 1970-01-01 UTC.
    fn timestamp(&self) -> i64;
}

impl Mergeable for Line {
    fn id(&self) -> &str {
        &self.id
    }

    fn timestamp(&self) -> i64 {
        self.timestamp
    }
}

impl Mergeable for Entry {
    fn id(&self) -> &str {
        &self.id
    }

    fn timestamp(&self) -> i64 {
        self.timestamp
    }
}

/// Merges what is known here with what files hold, newest first.
///
/// Of equal ids one stays: the local one, else that of the file whose name comes first, and in a file the first. What
/// has one time stays in that order.
pub fn merge<T: Mergeable>(local: Vec<T>, mut files: Vec<(String, Vec<T>)>) -> Vec<T> {
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut all = local;
    all.reserve(files.iter().map(|(_, entries)| entries.len()).sum());
    all.extend(files.into_iter().flat_map(|(_, entries)| entries));

    let mut seen = HashSet::with_capacity(all.len());
    let is_first: Vec<bool> = all.iter().map(|entry| seen.insert(entry.id())).collect();
    drop(seen);
    let mut is_first = is_first.into_iter();
    all.retain(|_| is_first.next().unwrap_or(true));
    all.sort_by_key(|entry| Reverse(entry.timestamp()));
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Mark {
        id: String,
        timestamp: i64,
        from: usize,
    }

    impl Mergeable for Mark {
        fn id(&self) -> &str {
            &self.id
        }

        fn timestamp(&self) -> i64 {
            self.timestamp
        }
    }

    /// The same, said plainly: one after the other, each put behind the last one that isn't older.
    fn naive(local: &[Mark], files: &[(String, Vec<Mark>)]) -> Vec<Mark> {
        let mut files: Vec<_> = files.iter().collect();
        files.sort_by(|one, other| one.0.cmp(&other.0));
        let mut merged: Vec<Mark> = Vec::new();
        for mark in local.iter().chain(files.iter().flat_map(|(_, marks)| marks)) {
            if merged.iter().any(|there| there.id == mark.id) {
                continue;
            }
            let older = merged.iter().position(|there| there.timestamp < mark.timestamp);
            merged.insert(older.unwrap_or(merged.len()), mark.clone());
        }
        merged
    }

    fn marks() -> impl Strategy<Value = Vec<Mark>> {
        let mark = (0..30_u8, -5..5_i64, 0..1000_usize).prop_map(|(id, timestamp, from)| Mark {
            id: id.to_string(),
            timestamp,
            from,
        });
        prop::collection::vec(mark, 0..20)
    }

    proptest! {
        #[test]
        fn a_merge_is_local_first_without_doubles_newest_first(
            local in marks(),
            files in prop::collection::btree_map("[a-e]", marks(), 0..5),
        ) {
            let mut files: Vec<_> = files.into_iter().collect();
            files.reverse();
            prop_assert_eq!(merge(local.clone(), files.clone()), naive(&local, &files));
        }
    }
}
