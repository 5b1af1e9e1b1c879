//! A patch of chosen lines. Pure.

use std::collections::HashSet;

use super::patch::{RawHunk, RawLine, head, quoted};
use crate::seam::LineKind;

/// What a patch is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its mode, or the one that it will have.
    pub mode: u32,
    /// Whether it is there.
    pub is_there: bool,
    /// Whether it stays though every line of the diff is taken.
    pub stays: bool,
}

/// The patch that does what was chosen, and leaves everything else: applied to what stands before the diff, or, when it goes
/// back, to what stands after it. `None` where no chosen line was changed.
pub(super) fn patch(
    hunks: &[RawHunk<'_>],
    chosen: &[(u32, u32)],
    is_back: bool,
    path: &[u8],
    target: Target,
) -> Option<Vec<u8>> {
    let chosen: HashSet<(u32, u32)> = chosen.iter().copied().collect();
    let mut body = Vec::new();
    let mut moved = 0_i64;
    let mut is_all = true;
    for (at, hunk) in hunks.iter().enumerate() {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let is_chosen =
            |line: usize| chosen.contains(&(at, u32::try_from(line).unwrap_or(u32::MAX)));
        let (lines, has_all) = taken(hunk, is_back, is_chosen);
        is_all &= has_all;
        if lines.iter().any(|line| line.kind != LineKind::Context) {
            moved += put(&mut body, hunk, is_back, &lines, moved);
        }
    }
    if body.is_empty() {
        return None;
    }
    let mut text = head(path, path);
    text.push(b'\n');
    let name = |prefix: &[u8]| quoted(prefix, path);
    let nothing = || b"/dev/null".to_vec();
    let is_gone = is_all && !target.stays && target.is_there;
    if !target.is_there {
        text.extend_from_slice(format!("new file mode {:o}\n", target.mode).as_bytes());
    } else if is_gone {
        text.extend_from_slice(format!("deleted file mode {:o}\n", target.mode).as_bytes());
    }
    let from = if target.is_there { name(b"a/") } else { nothing() };
    let to = if is_gone { nothing() } else { name(b"b/") };
    for (sign, name) in [(&b"--- "[..], from), (b"+++ ", to)] {
        text.extend_from_slice(sign);
        text.extend_from_slice(&name);
        // git ends a name with a space in it so (diff.c, `needs_trailing_tab`).
        text.extend_from_slice(if path.contains(&b' ') { b"\t\n" } else { b"\n" });
    }
    text.extend_from_slice(&body);
    Some(text)
}

/// The lines of a hunk as they are to be applied, and whether every change of it is among them.
fn taken<'a>(
    hunk: &RawHunk<'a>,
    is_back: bool,
    is_chosen: impl Fn(usize) -> bool,
) -> (Vec<RawLine<'a>>, bool) {
    let mut lines = Vec::with_capacity(hunk.lines.len());
    let mut has_all = true;
    for (at, line) in hunk.lines.iter().enumerate() {
        let kind = match (line.kind, is_back) {
            (LineKind::Added, true) => LineKind::Removed,
            (LineKind::Removed, true) => LineKind::Added,
            (kind, _) => kind,
        };
        has_all &= kind == LineKind::Context || is_chosen(at);
        match kind {
            LineKind::Context => lines.push(*line),
            _ if is_chosen(at) => lines.push(RawLine { kind, ..*line }),
            LineKind::Removed => lines.push(RawLine { kind: LineKind::Context, ..*line }),
            LineKind::Added => {}
        }
    }
    (ended(lines), has_all)
}

/// The last line of a file may lack its newline; where another one follows it now, it is given one.
fn ended(lines: Vec<RawLine<'_>>) -> Vec<RawLine<'_>> {
    let is_after = |line: &RawLine<'_>| line.kind != LineKind::Removed;
    let last = lines.iter().rposition(is_after);
    let mut all = Vec::with_capacity(lines.len() + 1);
    for (at, line) in lines.iter().enumerate() {
        if !line.no_newline || !is_after(line) || Some(at) == last {
            all.push(*line);
            continue;
        }
        if line.kind == LineKind::Context {
            all.push(RawLine { kind: LineKind::Removed, ..*line });
        }
        all.push(RawLine { kind: LineKind::Added, no_newline: false, ..*line });
    }
    all
}

/// Writes a hunk behind those before it, which have moved it by so many lines; returns by how many this one moves the next.
fn put(
    body: &mut Vec<u8>,
    hunk: &RawHunk<'_>,
    is_back: bool,
    lines: &[RawLine<'_>],
    moved: i64,
) -> i64 {
    let count = |but: LineKind| lines.iter().filter(|line| line.kind != but).count();
    let (before, after) = (count(LineKind::Added), count(LineKind::Removed));
    let (start, span) = if is_back { hunk.new } else { hunk.old };
    // Of no lines, a diff names the line before them.
    let first = i64::from(start) - i64::from(span > 0);
    let line = |first: i64, lines: usize| first + i64::from(lines > 0);
    let head = format!(
        "@@ -{},{before} +{},{after} @@\n",
        line(first, before),
        line(first + moved, after)
    );
    body.extend_from_slice(head.as_bytes());
    for line in lines {
        body.push(match line.kind {
            LineKind::Context => b' ',
            LineKind::Added => b'+',
            LineKind::Removed => b'-',
        });
        body.extend_from_slice(line.text);
        body.push(b'\n');
        if line.no_newline {
            body.extend_from_slice(b"\\ No newline at end of file\n");
        }
    }
    let length = |lines: usize| i64::try_from(lines).unwrap_or(i64::MAX);
    length(after) - length(before)
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
