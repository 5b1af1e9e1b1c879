//! Reads what `git diff --raw -p -z` prints. Pure, and borrows its lines: they are bytes.

use super::status::kind;
use crate::seam::{ChangeKind, DiffLine, FileDiff, FilePath, Hunk, LineKind};

/// A file of a diff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct File<'a> {
    /// git's letter for what became of it.
    pub letter: u8,
    /// Its mode before and after; 0 where it isn't there.
    pub modes: (u32, u32),
    /// Ids of its contents before and after, zeros where there are none; empty where git didn't say.
    pub ids: (&'a [u8], &'a [u8]),
    /// Relative to the top.
    pub path: &'a [u8],
    /// What it was called.
    pub from: Option<&'a [u8]>,
    /// Whether git won't tell lines of it.
    pub binary: bool,
    /// Both sides of a merge changed it.
    pub conflicted: bool,
    /// What differs.
    pub hunks: Vec<RawHunk<'a>>,
    /// Whether the end of it was cut off.
    pub cut: bool,
}

/// Lines that lie together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RawHunk<'a> {
    /// First line and number of lines, before.
    pub old: (u32, u32),
    /// The same after.
    pub new: (u32, u32),
    /// What they lie in.
    pub heading: &'a [u8],
    /// The lines.
    pub lines: Vec<RawLine<'a>>,
}

/// A line without its newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawLine<'a> {
    pub kind: LineKind,
    pub text: &'a [u8],
    pub no_newline: bool,
}

/// All of it. `whole` says whether nothing was cut off.
pub(super) fn read(bytes: &[u8], whole: bool) -> Vec<File<'_>> {
    let mut rest = bytes;
    let mut files: Vec<File<'_>> = Vec::new();
    while let Some((file, behind)) = record(rest) {
        rest = behind;
        match files.last_mut() {
            // A file in conflict comes a second time, with what lies there.
            Some(last) if last.letter == b'U' && last.path == file.path => {
                *last = File { conflicted: true, ..file };
            }
            _ => files.push(File { conflicted: file.letter == b'U', ..file }),
        }
    }
    let mut lines = Lines { rest: rest.strip_prefix(b"\0").unwrap_or(rest) };
    let mut next = 0;
    let mut is_half = false;
    while let Some(line) = lines.peek() {
        if !line.starts_with(b"diff --git ") {
            lines.next();
            continue;
        }
        // git leaves none out, and changes no order; but what belongs to no record must not be told as another's.
        let found = files.iter().skip(next).position(|file| file.is_head(line));
        let Some((at, file)) = found.and_then(|at| Some((at, files.get_mut(next + at)?))) else {
            lines.next();
            continue;
        };
        section(&mut lines, file);
        // What is another kind of thing now is told twice: as gone, and as new.
        is_half = file.letter == b'T' && (at > 0 || !is_half);
        next += at + usize::from(!is_half);
    }
    if !whole {
        for file in files.iter_mut().skip(next.saturating_sub(1)) {
            file.cut = file.letter != b'U';
        }
    }
    files
}

/// The hunks of a diff of two contents, whatever git calls these.
pub(super) fn read_hunks(bytes: &[u8]) -> Vec<RawHunk<'_>> {
    let mut rest = bytes;
    while let Some((_, behind)) = record(rest) {
        rest = behind;
    }
    let mut lines = Lines { rest: rest.strip_prefix(b"\0").unwrap_or(rest) };
    let mut file = File::default();
    if lines.peek().is_some_and(|line| line.starts_with(b"diff --git ")) {
        section(&mut lines, &mut file);
    }
    file.hunks
}

/// `:OLDMODE NEWMODE OLDID NEWID LETTER[SCORE]\0PATH\0[PATH\0]`.
fn record(bytes: &[u8]) -> Option<(File<'_>, &[u8])> {
    let line = bytes.strip_prefix(b":")?;
    let (head, rest) = cut_at(line, 0)?;
    let mut words = head.split(|byte| *byte == b' ');
    let modes = (octal(words.next()?)?, octal(words.next()?)?);
    let ids = (words.next()?, words.next()?);
    let letter = *words.next()?.first()?;
    let (first, rest) = cut_at(rest, 0)?;
    let file = File { letter, modes, ids, path: first, ..File::default() };
    if matches!(letter, b'R' | b'C') {
        let (path, rest) = cut_at(rest, 0)?;
        return Some((File { path, from: Some(first), ..file }, rest));
    }
    Some((file, rest))
}

fn cut_at(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(byte, bytes)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

fn octal(word: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(word).ok()?, 8).ok()
}

/// Lines, which end with a newline but for the last one of a stream that was cut.
#[derive(Clone, Copy, Debug)]
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        Some(cut_at(self.rest, b'\n').map_or(self.rest, |(line, _)| line))
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        let line = self.peek()?;
        self.rest = self.rest.get(line.len() + 1..).unwrap_or_default();
        Some(line)
    }
}

impl File<'_> {
    fn is_head(&self, line: &[u8]) -> bool {
        let from = self.from.unwrap_or(self.path);
        line == head(from, self.path)
    }
}

/// `diff --git a/FROM b/PATH`.
pub(super) fn head(from: &[u8], path: &[u8]) -> Vec<u8> {
    [b"diff --git ", &*quoted(b"a/", from), b" ", &*quoted(b"b/", path)].concat()
}

/// A name as git writes it in a patch: in quotes where it holds what would be misread (quote.c, `quote_c_style`).
pub(super) fn quoted(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    let is_odd = |byte: &u8| *byte < 0x20 || *byte == 0x7f || *byte == b'"' || *byte == b'\\';
    let mut text = prefix.to_vec();
    if !name.iter().any(is_odd) {
        text.extend_from_slice(name);
        return text;
    }
    text.insert(0, b'"');
    for byte in name {
        let letter = match byte {
            0x07 => b'a',
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0b => b'v',
            0x0c => b'f',
            b'\r' => b'r',
            b'"' => b'"',
            b'\\' => b'\\',
            odd if is_odd(odd) => {
                text.extend_from_slice(format!("\\{odd:03o}").as_bytes());
                continue;
            }
            plain => {
                text.push(*plain);
                continue;
            }
        };
        text.extend_from_slice(&[b'\\', letter]);
    }
    text.push(b'"');
    text
}

/// What stands below `diff --git`.
fn section<'a>(lines: &mut Lines<'a>, file: &mut File<'a>) {
    lines.next();
    while let Some(line) = lines.peek() {
        if line.starts_with(b"diff --git ") || line.starts_with(b"* Unmerged path ") {
            return;
        }
        if let Some(ids) = line.strip_prefix(b"index ") {
            index(ids, file);
        } else if line.starts_with(b"Binary files ") || line == b"GIT binary patch" {
            file.binary = true;
        } else if line.starts_with(b"@@ ") {
            hunk(lines, file);
            continue;
        }
        lines.next();
    }
}

/// `OLD..NEW[ MODE]`. What is another kind of thing now has two of these lines: the first one's old id counts, and the second
/// one's new one.
fn index<'a>(ids: &'a [u8], file: &mut File<'a>) {
    let ids = cut_at(ids, b' ').map_or(ids, |(ids, _)| ids);
    let Some(at) = memchr::memmem::find(ids, b"..") else { return };
    let (old, new) = (ids.get(..at).unwrap_or_default(), ids.get(at + 2..).unwrap_or_default());
    if file.letter == b'T' {
        let is_none = |id: &[u8]| id.iter().all(|digit| *digit == b'0');
        if is_none(old) {
            file.ids.1 = new;
        } else {
            file.ids.0 = old;
        }
    } else {
        file.ids = (old, new);
    }
}

/// One hunk: as many lines as its head says, whatever these look like.
fn hunk<'a>(lines: &mut Lines<'a>, file: &mut File<'a>) {
    let Some(mut hunk) = lines.next().and_then(hunk_head) else { return };
    let (mut old, mut new) = (hunk.old.1, hunk.new.1);
    while old > 0 || new > 0 {
        // A line that isn't ended is half of one.
        let Some((line, _)) = cut_at(lines.rest, b'\n') else {
            lines.rest = &[];
            file.cut = true;
            break;
        };
        if is_no_newline(line) {
            lines.next();
            mark_last(&mut hunk);
            continue;
        }
        let kind = match line.first() {
            Some(b'+') if new > 0 => LineKind::Added,
            Some(b'-') if old > 0 => LineKind::Removed,
            Some(b' ') | None if old > 0 && new > 0 => LineKind::Context,
            _ => {
                file.cut = true;
                break;
            }
        };
        lines.next();
        old -= u32::from(kind != LineKind::Added);
        new -= u32::from(kind != LineKind::Removed);
        let text = line.get(1..).unwrap_or_default();
        hunk.lines.push(RawLine { kind, text, no_newline: false });
    }
    if lines.peek().is_some_and(is_no_newline) {
        lines.next();
        mark_last(&mut hunk);
    }
    file.hunks.push(hunk);
}

/// `\ No newline at end of file`, in whatever words.
fn is_no_newline(line: &[u8]) -> bool {
    line.starts_with(b"\\ ")
}

fn mark_last(hunk: &mut RawHunk<'_>) {
    if let Some(last) = hunk.lines.last_mut() {
        last.no_newline = true;
    }
}

/// `@@ -1,2 +3,4 @@ heading`; one line where there is no number of them.
fn hunk_head(line: &[u8]) -> Option<RawHunk<'_>> {
    let line = line.strip_prefix(b"@@ -")?;
    let end = memchr::memmem::find(line, b" @@")?;
    let spans = std::str::from_utf8(line.get(..end)?).ok()?;
    let (old, new) = spans.split_once(" +")?;
    let span = |text: &str| -> Option<(u32, u32)> {
        match text.split_once(',') {
            Some((start, lines)) => Some((start.parse().ok()?, lines.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let heading = line.get(end + 3..).unwrap_or_default();
    let heading = heading.strip_prefix(b" ").unwrap_or(heading);
    Some(RawHunk { old: span(old)?, new: span(new)?, heading, lines: Vec::new() })
}

impl File<'_> {
    /// For front ends. What isn't UTF-8 is replaced there.
    pub(super) fn told(&self) -> FileDiff {
        let count = |kind| {
            let of =
                |hunk: &RawHunk<'_>| hunk.lines.iter().filter(|line| line.kind == kind).count();
            u32::try_from(self.hunks.iter().map(of).sum::<usize>()).unwrap_or(u32::MAX)
        };
        let kind = if self.conflicted {
            ChangeKind::Conflicted
        } else {
            kind(self.letter).unwrap_or(ChangeKind::Modified)
        };
        FileDiff {
            path: FilePath(self.path.to_vec()),
            from: self.from.map(|from| FilePath(from.to_vec())),
            kind,
            modes: (self.modes.0 != self.modes.1).then_some(self.modes),
            binary: self.binary,
            old_blob: id(self.ids.0),
            new_blob: self.new_id(),
            added: count(LineKind::Added),
            removed: count(LineKind::Removed),
            hunks: self.hunks.iter().map(RawHunk::told).collect(),
            cut: self.cut,
        }
    }

    /// The id of what lies there now isn't told where only its mode or name is another.
    fn new_id(&self) -> String {
        let new = id(self.ids.1);
        if new.is_empty() && self.modes.1 != 0 && !self.cut && self.letter != b'U' {
            id(self.ids.0)
        } else {
            new
        }
    }
}

/// Empty where there is none.
pub(super) fn id(id: &[u8]) -> String {
    if id.iter().all(|digit| *digit == b'0') {
        return String::new();
    }
    String::from_utf8_lossy(id).into_owned()
}

impl RawHunk<'_> {
    fn told(&self) -> Hunk {
        Hunk {
            old_start: self.old.0,
            old_lines: self.old.1,
            new_start: self.new.0,
            new_lines: self.new.1,
            heading: String::from_utf8_lossy(self.heading).into_owned(),
            lines: self.lines.iter().map(RawLine::told).collect(),
        }
    }
}

impl RawLine<'_> {
    fn told(&self) -> DiffLine {
        DiffLine {
            kind: self.kind,
            text: String::from_utf8_lossy(self.text).into_owned(),
            no_newline: self.no_newline,
        }
    }
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
