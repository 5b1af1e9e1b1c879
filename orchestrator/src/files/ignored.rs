//! What git ignores in directories, as it was last known: a listing doesn't wait for git for long.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::form::Told;
use crate::host::Place;
use crate::seam::{FilePath, Listing};

/// So many directories are remembered: more than anybody has unfolded at once.
const DIRECTORIES: usize = 256;

/// So many names of each: of a directory with more, what wasn't heard isn't shown.
const NAMES: usize = 10_000;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// The one that was heard last stands last.
    known: Mutex<VecDeque<Known>>,
}

#[derive(Debug)]
struct Known {
    place: Place,
    directory: FilePath,
    names: HashSet<FilePath>,
}

impl Ignored {
    /// Remembers what a listing says; one that doesn't know gets what was said last.
    pub(super) fn settle(&self, place: &Place, listing: &mut Listing, told: Told) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &Known| known.place == *place && known.directory == listing.directory;
        let at = known.iter().position(is_it);
        if told != Told::All {
            let Some(known) = at.and_then(|at| known.get(at)) else { return };
            for entry in &mut listing.entries {
                entry.ignored = known.names.contains(&entry.path);
            }
            return;
        }
        if let Some(at) = at {
            known.remove(at);
        }
        let names = listing.entries.iter().filter(|entry| entry.ignored);
        let names: HashSet<FilePath> =
            names.map(|entry| entry.path.clone()).take(NAMES + 1).collect();
        if names.is_empty() || names.len() > NAMES {
            return;
        }
        if known.len() == DIRECTORIES {
            known.pop_front();
        }
        let (place, directory) = (place.clone(), listing.directory.clone());
        known.push_back(Known { place, directory, names });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::HostId;
    use crate::seam::{FileEntry, FileKind};

    fn listing(directory: &str, names: &[(&str, bool)]) -> Listing {
        let entry = |(name, ignored): &(&str, bool)| FileEntry {
            path: FilePath::from(*name),
            kind: FileKind::File,
            link: None,
            outside: false,
            size: 0,
            modified: None,
            mode: 0,
            owner: String::new(),
            group: String::new(),
            ignored: *ignored,
            writable: None,
            version: String::new(),
        };
        let entries = names.iter().map(entry).collect();
        Listing { directory: directory.into(), entries, ..Listing::default() }
    }

    fn settled(known: &Ignored, directory: &str, told: Told, names: &[(&str, bool)]) -> Vec<bool> {
        let place = Place { id: HostId::new("local"), way: None };
        let mut listing = listing(directory, names);
        known.settle(&place, &mut listing, told);
        listing.entries.iter().map(|entry| entry.ignored).collect()
    }

    #[test]
    fn what_git_ignores_stays_as_it_was_until_git_answers() {
        let known = Ignored::default();
        let unknown = [("a.o", false), ("b", false), ("new.o", false)];
        assert_eq!(settled(&known, "/x", Told::Unsure, &unknown), [false; 3]);
        settled(&known, "/x", Told::All, &[("a.o", true), ("b", false)]);
        assert_eq!(settled(&known, "/x", Told::Unsure, &unknown), [true, false, false]);
        assert_eq!(settled(&known, "/x", Told::Names, &unknown), [true, false, false]);
        assert_eq!(settled(&known, "/y", Told::Unsure, &unknown), [false; 3]);
        settled(&known, "/x", Told::All, &[("a.o", false), ("b", false)]);
        assert_eq!(settled(&known, "/x", Told::Unsure, &unknown), [false; 3]);
        // No more than anybody looks at.
        for number in 0..2 * DIRECTORIES {
            settled(&known, &format!("/{number}"), Told::All, &[("a.o", true)]);
        }
        assert_eq!(known.known.lock().map_or(0, |known| known.len()), DIRECTORIES);
    }
}
