//! The tree of a session's directory: what is known of it, what is unfolded, and the rows that this comes to.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use orchestrator::failure::Failure;
use orchestrator::seam::{FileEntry, FileKind, FilePath, Listing};

use crate::words::clean_line;

/// What a directory holds, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Folder {
    /// As the host calls it, links followed.
    pub directory: FilePath,
    /// Directories first, then by name as people sort them.
    pub entries: Vec<Entry>,
    /// Whether there are more.
    pub more: bool,
    /// Changes with anything that is told of an entry.
    pub version: String,
    /// Whether it lies outside of the session's directory.
    pub outside: bool,
}

/// Something in a directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What the host says of it.
    pub file: FileEntry,
    /// Its name for people.
    pub words: String,
    /// The same in small letters, to look things up by.
    pub small: String,
}

impl Folder {
    /// Sorts a listing; that may take a moment, so it isn't done on the frame.
    pub fn of(listing: Listing) -> Self {
        let Listing { directory, entries, more, version, outside } = listing;
        let mut entries: Vec<Entry> = entries
            .into_iter()
            .map(|file| {
                let words = shown_name(&file.path);
                let small = words.to_lowercase();
                Entry { file, words, small }
            })
            .collect();
        let is_file = |entry: &Entry| entry.file.kind != FileKind::Directory;
        entries.sort_by(|a, b| {
            is_file(a)
                .cmp(&is_file(b))
                .then_with(|| by_numbers(&a.small, &b.small))
                .then_with(|| a.file.path.cmp(&b.file.path))
        });
        Self { directory, entries, more, version, outside }
    }
}

/// A name for people: what would move a cursor is escaped, and so are spaces at its ends.
pub fn shown_name(path: &FilePath) -> String {
    if let Some(text) = path.text()
        && is_plain(text)
    {
        return text.to_owned();
    }
    let text = path.to_string();
    let trimmed = text.trim_matches(' ');
    if trimmed.len() == text.len() && clean_line(&text) == text {
        return text;
    }
    let before = text.len() - text.trim_start_matches(' ').len();
    let behind = if trimmed.is_empty() { 0 } else { text.len() - before - trimmed.len() };
    let dots = |count: usize| "·".repeat(count);
    let inside: String = trimmed
        .chars()
        .map(|letter| match letter {
            // What turns the direction of writing, and what breaks lines (UAX 9).
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                format!("<{:x}>", u32::from(letter))
            }
            letter => letter.to_string(),
        })
        .collect();
    format!("{}{inside}{}", dots(before), dots(behind))
}

/// Whether a name may be shown as it is, told by its bytes alone: nearly all are so, and there may be many thousands.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_space = |byte: Option<&u8>| byte == Some(&b' ');
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && !is_space(bytes.first())
        && !is_space(bytes.last())
}

/// Numbers in names count as numbers: `a2` stands before `a10`.
fn by_numbers(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(x), Some(y)) = (a.first(), b.first()) else { return a.len().cmp(&b.len()) };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (one, rest_a) = number(a);
            let (other, rest_b) = number(b);
            let by_value = one.len().cmp(&other.len()).then_with(|| one.cmp(other));
            if by_value.is_ne() {
                return by_value;
            }
            (a, b) = (rest_a, rest_b);
        } else {
            if x != y {
                return x.cmp(y);
            }
            (a, b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
        }
    }
}

/// The digits in front, without their zeros, and what follows.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().take_while(|letter| letter.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    (digits.get(zeros..).unwrap_or_default(), rest)
}

/// A directory whose own size is more than this has some 800 entries or more on ext4 and xfs, which keep about 40 bytes for each, and more on
/// others: a host takes a millisecond longer for fewer of them, and nobody would see that.
const LONG_BYTES: u64 = 32 * 1024;

/// A directory of the tree.
#[derive(Debug, Default)]
struct Known {
    folder: Option<Arc<Folder>>,
    /// Why it could not be listed the last time.
    failure: Option<Failure>,
    under_way: bool,
}

/// A row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// How deep it stands; 0 is the session's directory.
    pub depth: u16,
    folder: u32,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Entry(u32),
    Note(Note),
}

/// A row that is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// It is being asked for.
    Waits,
    /// It can't be had.
    Failed,
    /// Nothing is in it.
    Empty,
    /// More is in it than is shown.
    More,
}

/// A row as it is shown.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// A file or directory.
    Entry {
        /// In which directory.
        folder: &'a FilePath,
        /// It.
        entry: &'a Entry,
        /// Whether it is unfolded.
        open: bool,
    },
    /// Something about a directory.
    Note {
        /// Of which directory.
        folder: &'a FilePath,
        /// What.
        note: Note,
        /// Why, where it failed.
        failure: Option<&'a Failure>,
    },
}

/// What is known of a session's directory.
#[derive(Debug, Default)]
pub struct Tree {
    known: HashMap<FilePath, Known>,
    open: BTreeSet<FilePath>,
    filter: String,
    rows: Vec<Row>,
    /// The directories that rows speak of.
    folders: Vec<(FilePath, Option<Arc<Folder>>)>,
    version: u64,
}

impl Tree {
    /// Its rows, from top to bottom.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Another number whenever the rows may be others.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What the filter is.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// The session's directory, once it is known.
    pub fn root(&self) -> Option<&Folder> {
        self.known.get(&FilePath::default())?.folder.as_deref()
    }

    /// A path as its host calls it, as far as that is known.
    pub fn whole(&self, path: &FilePath) -> FilePath {
        match self.root() {
            Some(root) if path.bytes().is_empty() => root.directory.clone(),
            Some(root) if !path.bytes().starts_with(b"/") => root.directory.join(path.bytes()),
            Some(_) | None => path.clone(),
        }
    }

    /// Why the session's directory can't be listed, where nothing of it is known.
    pub fn failure(&self) -> Option<&Failure> {
        let root = self.known.get(&FilePath::default())?;
        root.failure.as_ref().filter(|_| root.folder.is_none())
    }

    /// Whether that directory is under way.
    pub fn is_under_way(&self, path: &FilePath) -> bool {
        self.known.get(path).is_some_and(|known| known.under_way)
    }

    /// Whether a directory is likely to hold so much that its names are worth a question of their own.
    pub fn is_long(&self, path: &FilePath) -> bool {
        self.entry(path).is_some_and(|entry| entry.file.size > LONG_BYTES)
    }

    /// What a directory holds, where it is known.
    pub fn folder(&self, path: &FilePath) -> Option<&Arc<Folder>> {
        self.known.get(path)?.folder.as_ref()
    }

    /// Whether a directory is unfolded.
    pub fn is_open(&self, path: &FilePath) -> bool {
        path.bytes().is_empty() || self.open.contains(path)
    }

    /// The row at that place as it is shown.
    pub fn shown(&self, at: usize) -> Option<(u16, Shown<'_>)> {
        let row = self.rows.get(at)?;
        let (path, folder) = self.folders.get(row.folder as usize)?;
        let shown = match row.what {
            What::Entry(at) => {
                let entry = folder.as_ref()?.entries.get(at as usize)?;
                let open = entry.file.kind == FileKind::Directory
                    && self.is_unfolded(&path.join(entry.file.path.bytes()));
                Shown::Entry { folder: path, entry, open }
            }
            What::Note(note) => {
                let failure = self.known.get(path).and_then(|known| known.failure.as_ref());
                Shown::Note { folder: path, note, failure }
            }
        };
        Some((row.depth, shown))
    }

    /// The path of the row at that place; `None` where it is no file.
    pub fn path(&self, at: usize) -> Option<FilePath> {
        match self.shown(at)?.1 {
            Shown::Entry { folder, entry, .. } => Some(folder.join(entry.file.path.bytes())),
            Shown::Note { .. } => None,
        }
    }

    /// What is known of a path.
    pub fn entry(&self, path: &FilePath) -> Option<&Entry> {
        let (folder, name) = parted(path);
        let folder = self.known.get(&folder)?.folder.as_ref()?;
        folder.entries.iter().find(|entry| entry.file.path.bytes() == name)
    }

    /// What is known of many paths, those left out of which nothing is.
    pub fn entries<'t>(&'t self, paths: &[FilePath]) -> Vec<(FilePath, &'t Entry)> {
        let mut names: HashMap<FilePath, HashMap<&[u8], &Entry>> = HashMap::new();
        let mut of = |path: &FilePath| {
            let (folder, name) = parted(path);
            let known = names.entry(folder).or_insert_with_key(|folder| {
                let entries = self.folder(folder).map_or(&[][..], |folder| &folder.entries);
                entries.iter().map(|entry| (entry.file.path.bytes(), entry)).collect()
            });
            Some((path.clone(), *known.get(name)?))
        };
        paths.iter().filter_map(&mut of).collect()
    }

    /// The row of a path.
    pub fn row_of(&self, path: &FilePath) -> Option<usize> {
        let (parent, name) = parted(path);
        let folder = self.folders.iter().position(|(known, _)| *known == parent)?;
        let of_it = u32::try_from(folder).ok()?; // There are fewer rows than that.
        let entries = &self.folders.get(folder)?.1.as_ref()?.entries;
        let at = entries.iter().position(|entry| entry.file.path.bytes() == name)?;
        let at = What::Entry(u32::try_from(at).ok()?); // As above.
        self.rows.iter().position(|row| row.folder == of_it && row.what == at)
    }

    /// The directories that these rows are about: those that they stand in, and those that are unfolded there.
    pub fn folders_of(&self, rows: std::ops::Range<usize>) -> BTreeSet<FilePath> {
        let mut found = BTreeSet::from([FilePath::default()]);
        let mut last = None;
        for at in rows {
            let Some(row) = self.rows.get(at) else { break };
            if last != Some(row.folder) {
                last = Some(row.folder);
                found.extend(self.folders.get(row.folder as usize).map(|(path, _)| path.clone()));
            }
            if let Some((_, Shown::Entry { folder, entry, open: true })) = self.shown(at) {
                found.insert(folder.join(entry.file.path.bytes()));
            }
        }
        found
    }

    /// Says that a directory is being asked for. `false` when it is already.
    pub fn ask(&mut self, path: &FilePath) -> bool {
        let known = self.known.entry(path.clone()).or_default();
        let is_new = !std::mem::replace(&mut known.under_way, true);
        if known.folder.is_none() {
            self.arrange();
        }
        is_new
    }

    /// Takes in what a directory holds; `None` when it is as it was.
    pub fn put(&mut self, path: &FilePath, answer: Result<Option<Arc<Folder>>, Failure>) {
        let known = self.known.entry(path.clone()).or_default();
        known.under_way = false;
        let had_failed = known.failure.take().is_some();
        match answer {
            Ok(Some(folder)) => known.folder = Some(folder),
            Ok(None) if !had_failed => return,
            Ok(None) => {}
            Err(failure) => {
                if failure.code == orchestrator::failure::Code::NotFound {
                    known.folder = None;
                }
                known.failure = Some(failure);
            }
        }
        self.arrange();
    }

    /// Folds a directory, or unfolds it. `true` when it has to be asked for.
    pub fn unfold(&mut self, path: &FilePath, open: bool) -> bool {
        if open {
            self.open.insert(path.clone());
        } else {
            self.open.remove(path);
        }
        self.arrange();
        let known = self.known.get(path);
        open && known.is_none_or(|known| known.folder.is_none() && !known.under_way)
    }

    /// Unfolds what leads to a path; the directories that have to be asked for.
    pub fn reveal(&mut self, path: &FilePath) -> Vec<FilePath> {
        let mut wanted = Vec::new();
        let mut at = parted(path).0;
        while !at.bytes().is_empty() {
            if self.unfold(&at, true) {
                wanted.push(at.clone());
            }
            at = parted(&at).0;
        }
        wanted
    }

    /// Folds everything.
    pub fn fold_all(&mut self) {
        self.open.clear();
        self.arrange();
    }

    /// Shows only what has this in its name, and what leads there.
    pub fn set_filter(&mut self, filter: &str) {
        self.filter = filter.trim().to_lowercase();
        self.arrange();
    }

    /// Directories that are unfolded, to be remembered.
    pub fn unfolded(&self) -> impl Iterator<Item = &FilePath> {
        self.open.iter()
    }

    /// What was known of a path is known no more: it was renamed or deleted.
    pub fn forget(&mut self, path: &FilePath) {
        let mut below = path.bytes().to_vec();
        below.push(b'/');
        let is_it = |other: &FilePath| other == path || other.bytes().starts_with(&below);
        self.known.retain(|other, _| !is_it(other));
        self.open.retain(|other| !is_it(other));
        self.arrange();
    }

    fn is_unfolded(&self, path: &FilePath) -> bool {
        if self.filter.is_empty() {
            return self.open.contains(path);
        }
        // A filter looks into everything that is known.
        self.known.contains_key(path)
    }

    fn arrange(&mut self) {
        self.version += 1;
        let (mut rows, mut folders) =
            (std::mem::take(&mut self.rows), std::mem::take(&mut self.folders));
        rows.clear();
        folders.clear();
        self.flatten(&FilePath::default(), 0, &mut rows, &mut folders);
        (self.rows, self.folders) = (rows, folders);
    }

    fn flatten(
        &self,
        path: &FilePath,
        depth: u16,
        rows: &mut Vec<Row>,
        folders: &mut Vec<(FilePath, Option<Arc<Folder>>)>,
    ) {
        let Some(known) = self.known.get(path) else { return };
        let Ok(number) = u32::try_from(folders.len()) else { return }; // There is no memory for so many.
        folders.push((path.clone(), known.folder.clone()));
        let filtered = !self.filter.is_empty();
        let note = |note| Row { depth, folder: number, what: What::Note(note) };
        if known.failure.is_some() {
            rows.push(note(Note::Failed));
        }
        let Some(folder) = &known.folder else {
            if known.under_way && known.failure.is_none() && !filtered {
                rows.push(note(Note::Waits));
            }
            return;
        };
        if folder.entries.is_empty() && !filtered {
            rows.push(note(Note::Empty));
        }
        for (at, entry) in folder.entries.iter().enumerate() {
            let Ok(at) = u32::try_from(at) else { break }; // As above.
            let fits = !filtered || entry.small.contains(&self.filter);
            let is_folder = entry.file.kind == FileKind::Directory;
            if !fits && !is_folder {
                continue;
            }
            let before = rows.len();
            rows.push(Row { depth, folder: number, what: What::Entry(at) });
            // Deeper than anybody looks; a link to a directory above can be unfolded again and again.
            if is_folder && depth < 256 {
                let below = path.join(entry.file.path.bytes());
                if self.is_unfolded(&below) {
                    self.flatten(&below, depth + 1, rows, folders);
                }
            }
            if !fits && rows.len() == before + 1 {
                rows.truncate(before);
            }
        }
        if folder.more {
            rows.push(note(Note::More));
        }
    }
}

/// The directory of a path, and its name there.
pub fn parted(path: &FilePath) -> (FilePath, &[u8]) {
    let bytes = path.bytes();
    match bytes.iter().rposition(|byte| *byte == b'/') {
        Some(0) => (FilePath::from("/"), bytes.get(1..).unwrap_or_default()),
        Some(at) => {
            let folder = bytes.get(..at).unwrap_or_default().to_vec();
            (FilePath(folder), bytes.get(at + 1..).unwrap_or_default())
        }
        None => (FilePath::default(), bytes),
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
