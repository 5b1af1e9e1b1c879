//! What `bf_read` tells of a part of a file, read.

use memchr::memmem;

use super::entry::{Garbled, SHOWN, Shown};
use super::form::Window;
use crate::seam::{FilePath, FileWindow};

/// What became of a file while it was read. It was open meanwhile: it is the same one, whatever has its name now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Nothing.
    Same,
    /// It has become longer.
    Grown,
    /// Something else.
    Changed,
    /// Nothing, but not all came that it has.
    Short,
}

/// Cuts an answer, whose first bytes are `lead` before the window.
pub(super) fn cut(
    mut answer: Vec<u8>,
    mark: &[u8],
    window: &Window<'_>,
    lead: u64,
) -> Result<(FileWindow, Held), Garbled> {
    let first = memmem::find(&answer, mark).ok_or(Garbled)?;
    let fields: Vec<&[u8]> = answer[..first].split(|byte| *byte == 0).collect();
    let shown = fields.get(..SHOWN).ok_or(Garbled)?;
    let before = State::read(shown.get(4).ok_or(Garbled)?)?;
    let Shown { mut entry, .. } = Shown::read(shown)?;
    let [asked, link, ..] = fields.get(SHOWN..).ok_or(Garbled)? else { return Err(Garbled) };
    entry.path = FilePath(asked.to_vec());
    entry.link = (!link.is_empty()).then(|| FilePath(link.to_vec()));
    let last = memmem::rfind(&answer, mark).filter(|last| *last > first).ok_or(Garbled)?;
    let mut behind = answer[last + mark.len()..].splitn(2, |byte| *byte == b' ');
    let is_clean = behind.next() == Some(b"0");
    let after = State::read(behind.next().ok_or(Garbled)?)?;
    answer.truncate(last);
    let is_sized = entry.size > 0;
    let lead = if is_sized { usize::try_from(lead).map_err(|_| Garbled)? } else { 0 };
    let start = (first + mark.len() + lead).min(answer.len());
    let mut bytes = answer.split_off(start);
    let length = usize::try_from(window.length).map_err(|_| Garbled)?;
    // What has come behind its end meanwhile is for the next one who reads.
    let there = entry.size.saturating_sub(window.offset);
    let wanted =
        if is_sized { length.min(usize::try_from(there).unwrap_or(usize::MAX)) } else { length };
    let is_short = bytes.len() < wanted;
    bytes.truncate(wanted);
    let reached = window.offset.saturating_add(bytes.len() as u64);
    // What the system makes up as it is read may have less than it says: then that is all of it, as
    // long as nothing more comes when it is asked for.
    let is_all = is_short && is_clean && before == after;
    let end = if is_sized { is_all || reached >= entry.size } else { is_short };
    let held = match (before == after, is_short) {
        // The system's own files are made when they are read, and so are their times.
        _ if !is_sized || is_all => Held::Same,
        (true, false) => Held::Same,
        (true, true) => Held::Short,
        (false, false) if before.is_longer(&after) => Held::Grown,
        (false, _) => Held::Changed,
    };
    Ok((FileWindow { file: entry, offset: window.offset, bytes, end }, held))
}

/// What a line of `host.sh` says of a file's contents. The time of its inode changes also when its name is taken away.
#[derive(Debug, PartialEq, Eq)]
struct State {
    inode: String,
    size: u64,
    modified: String,
}

impl State {
    fn read(line: &[u8]) -> Result<Self, Garbled> {
        let line = std::str::from_utf8(line).map_err(|_| Garbled)?;
        let words: Vec<&str> = line.splitn(11, ' ').collect();
        let [device, inode, _, size, _, _, _, modified, ..] = words[..] else {
            return Err(Garbled);
        };
        Ok(Self {
            inode: format!("{device}:{inode}"),
            size: size.parse().map_err(|_| Garbled)?,
            modified: modified.to_owned(),
        })
    }

    fn is_longer(&self, after: &Self) -> bool {
        self.inode == after.inode && after.size > self.size
    }
}

/// Whether a part that was read of the same file twice is the same as far as the first one went.
pub(super) fn begins_alike(before: &FileWindow, now: &FileWindow) -> bool {
    now.file.is_still(&before.file) && now.bytes.starts_with(&before.bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MARK: &[u8] = b"0123456789abcdef";

    fn line(inode: u32, size: usize, modified: u32) -> String {
        format!("1 {inode} f {size} 1 0 0 {modified}.5 {modified}.5 644 root/root")
    }

    fn answer(before: &str, bytes: &str, after: &str) -> Vec<u8> {
        let mut answer = Vec::new();
        for field in ["gnu", "/srv/", "/srv/a", "f1", before, "1:2:v", "", "", "/srv/a", ""] {
            answer.extend_from_slice(field.as_bytes());
            answer.push(0);
        }
        for part in [MARK, bytes.as_bytes(), MARK, after.as_bytes()] {
            answer.extend_from_slice(part);
        }
        answer
    }

    fn held(before: &str, bytes: &str, after: &str) -> (Vec<u8>, bool, Held) {
        held_as("0", before, bytes, after)
    }

    fn held_as(code: &str, before: &str, bytes: &str, after: &str) -> (Vec<u8>, bool, Held) {
        let after = &format!("{code} {after}");
        let path = FilePath::from("a");
        let window = Window { path: &path, offset: 2, length: 3, seen: None };
        let (read, held) = cut(answer(before, bytes, after), MARK, &window, 2).unwrap();
        (read.bytes, read.end, held)
    }

    #[test]
    fn a_window_is_cut_out_of_its_blocks() {
        let same = line(2, 10, 7);
        assert_eq!(held(&same, "0123456789", &same), (b"234".to_vec(), false, Held::Same));
        let four = line(2, 4, 7);
        assert_eq!(held(&four, "0123", &four), (b"23".to_vec(), true, Held::Same));
        let two = line(2, 1, 7);
        assert_eq!(held(&two, "0", &two), (vec![], true, Held::Same));
    }

    #[test]
    fn what_became_of_the_file_meanwhile_is_seen() {
        let was = line(2, 4, 7);
        let grown = held(&was, "0123456", &line(2, 7, 8));
        assert_eq!(grown, (b"23".to_vec(), true, Held::Grown));
        assert_eq!(held(&was, "0123", &line(2, 4, 8)).2, Held::Changed);
        assert_eq!(held(&was, "012", &line(2, 3, 8)).2, Held::Changed);
        assert_eq!(held_as("1", &was, "0", &was).2, Held::Short);
        assert_eq!(held_as("more", &was, "012", &was).2, Held::Short);
        // What the system makes up has less than it says.
        assert_eq!(held(&was, "012", &was), (b"2".to_vec(), true, Held::Same));
        let system = line(2, 0, 7);
        assert_eq!(held(&system, "abc", &line(2, 0, 9)), (b"abc".to_vec(), false, Held::Same));
        assert_eq!(held(&system, "ab", &system), (b"ab".to_vec(), true, Held::Same));
    }
}
