//! Diffs: lines with signs, and what changed within them.

use std::time::Duration;

use similar::{ChangeTag, DiffOp, TextDiff};

use super::rich::{Change, Rich, Style};

/// Lines that stay around those that change.
const CONTEXT: usize = 3;
/// How long two texts are compared; then the rest counts as changed.
const PATIENCE: Duration = Duration::from_millis(200);
/// Longer lines aren't compared word by word, in bytes.
const LONGEST_LINE: usize = 1000;
/// Larger changes aren't compared word by word, in lines.
const MOST_LINES: usize = 20;

/// Lines of a diff with their signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// All lines; each ends with a line feed but the last.
    pub rich: Rich,
    /// What each line is.
    pub lines: Vec<Option<Change>>,
    /// How many lines are new.
    pub added: usize,
    /// How many are gone.
    pub removed: usize,
}

const PLAIN: Style = Style {
    strong: false,
    slanted: false,
    struck: false,
    code: true,
    muted: false,
    changed: None,
    class: None,
    link: None,
};
const MUTED: Style = Style { muted: true, ..PLAIN };

impl Diff {
    /// A line as it stands, such as a file's name.
    pub fn note(&mut self, words: &str) {
        self.line(None, &[(words, MUTED)]);
    }

    /// What became of a text: with the lines around, and with words told apart in small changes.
    pub fn compare(&mut self, old: &str, new: &str) {
        let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
        for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
            if number > 0 {
                self.note("⋯");
            }
            for op in group {
                self.change(&diff, op);
            }
        }
    }

    fn change(&mut self, diff: &TextDiff<'_, '_, str>, op: &DiffOp) {
        let mut old = Vec::new();
        let mut new = Vec::new();
        for change in diff.iter_changes(op) {
            let line = change.value().trim_end_matches(['\n', '\r']);
            match change.tag() {
                ChangeTag::Equal => self.line(None, &[("  ", PLAIN), (line, PLAIN)]),
                ChangeTag::Delete => old.push(line),
                ChangeTag::Insert => new.push(line),
            }
        }
        let is_small = old.len() == new.len()
            && old.len() <= MOST_LINES
            && old.iter().chain(&new).all(|line| line.len() <= LONGEST_LINE);
        let words: Vec<_> = if is_small {
            old.iter().zip(&new).map(|(old, new)| changed_words(old, new)).collect()
        } else {
            Vec::new()
        };
        for (sign, lines, tag) in [("- ", &old, Change::Removed), ("+ ", &new, Change::Added)] {
            for (at, line) in lines.iter().enumerate() {
                let sign = (sign, Style { changed: None, ..PLAIN });
                match words.get(at) {
                    Some(Some((old, new))) => {
                        let of_line = if tag == Change::Removed { old } else { new };
                        let pieces: Vec<_> = std::iter::once(sign)
                            .chain(of_line.iter().map(|(word, is_changed)| {
                                (*word, Style { changed: is_changed.then_some(tag), ..PLAIN })
                            }))
                            .collect();
                        self.line(Some(tag), &pieces);
                    }
                    Some(None) | None => self.line(Some(tag), &[sign, (line, PLAIN)]),
                }
            }
        }
    }

    /// A diff that was written by a program, line by line: what begins with `+` or `-` was changed.
    pub fn written(&mut self, text: &str) {
        let mut in_head = true;
        for line in text.lines() {
            let is_head = line.starts_with("diff ")
                || line.starts_with("index ")
                || line.starts_with("***")
                || (in_head && (line.starts_with("--- ") || line.starts_with("+++ ")));
            if is_head || line.starts_with("@@") {
                in_head = !line.starts_with("@@") && !line.starts_with("***");
                self.line(None, &[(line, MUTED)]);
                continue;
            }
            let (tag, sign, rest) = match line.split_at_checked(1) {
                Some(("+", rest)) => (Some(Change::Added), "+ ", rest),
                Some(("-", rest)) => (Some(Change::Removed), "- ", rest),
                Some((" ", rest)) => (None, "  ", rest),
                Some(_) | None => (None, "  ", line),
            };
            in_head &= tag.is_none();
            self.line(tag, &[(sign, PLAIN), (rest, PLAIN)]);
        }
    }

    /// Lines that are all new.
    pub fn all_new(&mut self, text: &str) {
        for line in text.lines() {
            self.line(Some(Change::Added), &[("+ ", PLAIN), (line, PLAIN)]);
        }
    }

    fn line(&mut self, tag: Option<Change>, pieces: &[(&str, Style)]) {
        if !self.lines.is_empty() {
            self.rich.push("\n", PLAIN);
        }
        for (text, style) in pieces {
            self.rich.push(text, *style);
        }
        match tag {
            Some(Change::Added) => self.added += 1,
            Some(Change::Removed) => self.removed += 1,
            None => {}
        }
        self.lines.push(tag);
    }
}

/// Pieces of a line, and whether each was changed.
pub type Words<'a> = Vec<(&'a str, bool)>;

/// What changed within a line; `None` when that is most of it.
pub fn changed_words<'a>(old: &'a str, new: &'a str) -> Option<(Words<'a>, Words<'a>)> {
    let diff = TextDiff::from_words(old, new);
    if diff.ratio() < 0.4 {
        return None;
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (old, new);
    for change in diff.iter_all_changes() {
        let bytes = change.value().len();
        let next = |rest: &mut &'a str| {
            let (word, behind) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
            *rest = behind;
            word
        };
        match change.tag() {
            ChangeTag::Equal => {
                before.push((next(&mut old), false));
                after.push((next(&mut new), false));
            }
            ChangeTag::Delete => before.push((next(&mut old), true)),
            ChangeTag::Insert => after.push((next(&mut new), true)),
        }
    }
    Some((before, after))
}

/// Whether a text is a diff: it has a hunk, or a patch's beginning.
pub fn is_diff(text: &str) -> bool {
    text.trim_start().starts_with("*** Begin Patch")
        || text.lines().any(|line| line.starts_with("@@ ") && line.len() > 6)
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
