//! Two texts that became of one: where they differ, and which of them counts there.

use std::ops::Range;
use std::time::Duration;

use similar::{DiffOp, TextDiff};

/// How long two texts are compared; then the rest counts as different.
const PATIENCE: Duration = Duration::from_millis(500);

/// Which text counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// What is written here.
    Mine,
    /// What is on the host.
    Theirs,
    /// Both, mine first.
    Both,
}

/// A part of two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Lines of mine.
    pub mine: Range<usize>,
    /// Lines of theirs.
    pub theirs: Range<usize>,
    /// Which counts; `None` where both are the same, or nobody has chosen.
    pub choice: Option<Choice>,
    /// Whether they differ.
    pub differs: bool,
}

/// Two texts, part by part.
#[derive(Clone, Debug)]
pub struct Merge {
    mine: Vec<Box<str>>,
    theirs: Vec<Box<str>>,
    /// All parts, in order; they cover both texts.
    parts: Vec<Part>,
}

fn lines(text: &str) -> Vec<Box<str>> {
    text.split_inclusive('\n').map(Box::from).collect()
}

impl Merge {
    /// Compares them. Where only one side has changed what was read, that side is chosen already.
    pub fn new(base: Option<&str>, mine: &str, theirs: &str) -> Self {
        let (mine_lines, theirs_lines) = (lines(mine), lines(theirs));
        let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(mine, theirs);
        let kept = |of: &str| base.map(|base| Kept::of(base, of));
        let (mine_kept, theirs_kept) = (kept(mine), kept(theirs));
        let mut parts: Vec<Part> = Vec::new();
        for op in diff.ops() {
            let (mine, theirs) = (op.old_range(), op.new_range());
            let differs = !matches!(op, DiffOp::Equal { .. });
            match parts.last_mut().filter(|last| last.differs && differs) {
                Some(last) => {
                    last.mine.end = mine.end;
                    last.theirs.end = theirs.end;
                }
                None => parts.push(Part { mine, theirs, choice: None, differs }),
            }
        }
        for part in parts.iter_mut().filter(|part| part.differs) {
            let by_me = mine_kept.as_ref().is_none_or(|kept| !kept.has(&part.mine));
            let by_them = theirs_kept.as_ref().is_none_or(|kept| !kept.has(&part.theirs));
            part.choice = match (by_me, by_them) {
                (true, false) => Some(Choice::Mine),
                (false, true) => Some(Choice::Theirs),
                (true, true) | (false, false) => None,
            };
        }
        let mut merge = Self { mine: mine_lines, theirs: theirs_lines, parts };
        // Where one side has changed nothing, no comparison can see it otherwise.
        if base == Some(mine) {
            merge.choose_all(Choice::Theirs);
        } else if base == Some(theirs) {
            merge.choose_all(Choice::Mine);
        }
        merge
    }

    /// All parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// A line of mine, without its ending.
    pub fn mine(&self, line: usize) -> &str {
        self.mine.get(line).map_or("", |line| line.trim_end_matches(['\n', '\r']))
    }

    /// A line of theirs, without its ending.
    pub fn theirs(&self, line: usize) -> &str {
        self.theirs.get(line).map_or("", |line| line.trim_end_matches(['\n', '\r']))
    }

    /// Chooses for a part.
    pub fn choose(&mut self, part: usize, choice: Choice) {
        if let Some(part) = self.parts.get_mut(part).filter(|part| part.differs) {
            part.choice = Some(choice);
        }
    }

    /// Chooses for all of them.
    pub fn choose_all(&mut self, choice: Choice) {
        for part in self.parts.iter_mut().filter(|part| part.differs) {
            part.choice = Some(choice);
        }
    }

    /// How many differences there are, and for how many nobody has chosen.
    pub fn count(&self) -> (usize, usize) {
        let differ = self.parts.iter().filter(|part| part.differs);
        let open = differ.clone().filter(|part| part.choice.is_none());
        (differ.count(), open.count())
    }

    /// What comes of it; `None` while something isn't chosen.
    pub fn result(&self) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            let mine = self.mine.get(part.mine.clone()).unwrap_or_default();
            let theirs = self.theirs.get(part.theirs.clone()).unwrap_or_default();
            let choice = if part.differs { part.choice? } else { Choice::Mine };
            if matches!(choice, Choice::Mine | Choice::Both) {
                mine.iter().for_each(|line| text.push_str(line));
            }
            if choice == Choice::Both && !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            if matches!(choice, Choice::Theirs | Choice::Both) {
                theirs.iter().for_each(|line| text.push_str(line));
            }
        }
        Some(text)
    }
}

/// Which lines of a text are as they were.
struct Kept {
    same: Vec<bool>,
    /// Lines before which something was taken away.
    cut: Vec<bool>,
}

impl Kept {
    fn of(base: &str, now: &str) -> Self {
        let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(base, now);
        let count = now.split_inclusive('\n').count();
        let mut kept = Self { same: vec![false; count], cut: vec![false; count + 1] };
        for op in diff.ops() {
            match op {
                DiffOp::Equal { new_index, len, .. } => {
                    kept.same.iter_mut().skip(*new_index).take(*len).for_each(|same| *same = true);
                }
                DiffOp::Delete { new_index, .. } | DiffOp::Replace { new_index, .. } => {
                    kept.cut.iter_mut().skip(*new_index).take(1).for_each(|cut| *cut = true);
                }
                DiffOp::Insert { .. } => {}
            }
        }
        kept
    }

    fn has(&self, range: &Range<usize>) -> bool {
        let cut = self.cut.get(range.start..=range.end).unwrap_or_default();
        let same = self.same.get(range.clone()).unwrap_or_default();
        same.iter().all(|same| *same) && !cut.iter().any(|cut| *cut)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        let line = prop::sample::select(vec!["a\n", "b\n", "c\r\n", "\n", "d"]);
        prop::collection::vec(line, 0..10).prop_map(|lines| lines.concat())
    }

    proptest! {
        #[test]
        fn choosing_one_side_everywhere_gives_that_text_byte_for_byte(
            base in prop::option::of(text()), mine in text(), theirs in text(),
        ) {
            let mut merge = Merge::new(base.as_deref(), &mine, &theirs);
            merge.choose_all(Choice::Mine);
            prop_assert_eq!(merge.result(), Some(mine.clone()));
            merge.choose_all(Choice::Theirs);
            prop_assert_eq!(merge.result(), Some(theirs.clone()));
            prop_assert_eq!(merge.count().0 == 0, mine == theirs);
            let (mut one, mut other) = (0, 0);
            for part in merge.parts() {
                prop_assert_eq!((part.mine.start, part.theirs.start), (one, other));
                (one, other) = (part.mine.end, part.theirs.end);
            }
        }

        #[test]
        fn what_only_one_side_has_changed_is_chosen_already(base in text(), other in text()) {
            let merge = Merge::new(Some(&base), &base, &other);
            prop_assert_eq!(merge.result(), Some(other.clone()));
            let merge = Merge::new(Some(&base), &other, &base);
            prop_assert_eq!(merge.result(), Some(other));
        }
    }

    #[test]
    fn what_both_have_changed_is_for_a_person() {
        let mut merge = Merge::new(Some("1\n2\n3\n4\n"), "one\n2\n3\nfour\n", "1\n2\n3\nvier\n");
        assert_eq!(merge.count(), (2, 1));
        assert_eq!(merge.result(), None);
        assert_eq!(merge.parts()[0].choice, Some(Choice::Mine));
        merge.choose(2, Choice::Both);
        assert_eq!(merge.result().as_deref(), Some("one\n2\n3\nfour\nvier\n"));
    }

    #[test]
    fn both_of_two_last_lines_without_endings_are_two_lines() {
        let mut merge = Merge::new(None, "a", "b");
        merge.choose_all(Choice::Both);
        assert_eq!(merge.result().as_deref(), Some("a\nb"));
    }
}
