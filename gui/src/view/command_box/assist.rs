//! What helps with a line that is being typed: offers from its host, and lines that were run before. Keys and text in, text out.

use orchestrator::seam::{Completion, CompletionKind};

use super::data::Completed;
use super::offers::{accepted, list, search, shared};
use crate::fetched::Fetched;
use crate::view::composer::Recall;

/// A line that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// All of it.
    pub line: String,
    /// Where the cursor stands, in bytes.
    pub cursor: usize,
}

impl Typed {
    /// One with the cursor at its end.
    pub fn whole(line: impl Into<String>) -> Self {
        let line = line.into();
        Self { cursor: line.len(), line }
    }

    /// What stands before the cursor.
    pub fn before(&self) -> &str {
        self.line.get(..self.cursor).unwrap_or(&self.line)
    }

    /// What stands behind it.
    pub fn behind(&self) -> &str {
        self.line.get(self.cursor..).unwrap_or_default()
    }
}

/// A key that may be for the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Tab.
    Tab,
    /// Ctrl+Space.
    Offer,
    /// ↑.
    Up,
    /// ↓.
    Down,
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Ctrl+R.
    Search,
}

/// What a key has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Whether it was for us.
    pub taken: bool,
    /// What stands there then.
    pub put: Option<Typed>,
    /// Offers are wanted for what stands there then: at once, or when nobody types for a moment.
    pub want: Option<bool>,
}

impl Done {
    fn taken() -> Self {
        Self { taken: true, ..Self::default() }
    }

    fn put(line: Typed) -> Self {
        Self { taken: true, put: Some(line), want: None }
    }
}

/// The list that stands over the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// What the host offers.
    Offers {
        /// Behind this, which ends at the cursor.
        line: String,
        /// Where the word begins that they stand for.
        from: usize,
        all: Vec<Completion>,
        more: bool,
        /// Whether the account's own shell was asked, too.
        by_key: bool,
        /// `None`: keys are the line's until a person goes into the list.
        chosen: Option<usize>,
    },
    /// Lines that hold what is typed.
    Search {
        /// What stood there before.
        before: Typed,
        /// The newest first.
        found: Vec<String>,
        /// What they were found by.
        by: Option<String>,
        chosen: usize,
    },
}

/// What is to be done with the next answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// Complete as far as it is certain.
    Complete,
    /// Show all.
    Show,
}

/// The help for one line.
#[derive(Clone, Debug, Default)]
pub struct Assist {
    pub(super) list: Option<List>,
    /// What waits for the answer for that line.
    waits: Option<(String, Waits)>,
    recall: Recall,
    /// The line whose list was closed.
    closed: Option<String>,
    /// The last answer that was looked at.
    heard: u64,
    /// What is to be said of what was asked for.
    pub(super) note: Option<Note>,
}

/// What is said where a list would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// The host is being asked.
    Asking,
    /// It offers nothing.
    Nothing,
    /// It can't be asked.
    Failed(String),
}

impl Assist {
    /// Whether a list is open that has the keys.
    pub fn has_keys(&self) -> bool {
        match &self.list {
            Some(List::Offers { chosen, .. }) => chosen.is_some(),
            Some(List::Search { .. }) => true,
            None => false,
        }
    }

    /// Whether a list stands there.
    pub fn is_open(&self) -> bool {
        self.list.is_some()
    }

    /// Whether what is typed looks for a line that was run.
    pub fn is_searching(&self) -> bool {
        matches!(self.list, Some(List::Search { .. }))
    }

    /// What stood there before what is typed began to look for a line.
    pub fn before_search(&self) -> Option<&str> {
        match &self.list {
            Some(List::Search { before, .. }) => Some(&before.line),
            Some(List::Offers { .. }) | None => None,
        }
    }

    /// The line was run, or is another one.
    pub fn forget(&mut self) {
        *self = Self { heard: self.heard, ..Self::default() };
    }

    /// A person has changed the line. Whether offers are wanted for it, when nobody types for a moment.
    pub fn typed(&mut self, now: &Typed) -> bool {
        self.recall.forget();
        self.closed = None;
        self.note = None;
        if self.is_searching() {
            return false;
        }
        self.waits = None;
        self.narrow(now.before());
        let last = now.before().chars().next_back();
        last.is_some_and(|letter| !letter.is_whitespace())
    }

    /// What was offered is offered on, as far as it still fits.
    fn narrow(&mut self, before: &str) {
        let Some(List::Offers { line, from, all, chosen, .. }) = &mut self.list else { return };
        let word = match (before.get(..*from), before.get(*from..)) {
            (Some(head), Some(word)) if line.get(..*from) == Some(head) => word,
            _ => {
                self.list = None;
                return;
            }
        };
        all.retain(|offer| offer.text.starts_with(word) && offer.text != word);
        before.clone_into(line);
        *chosen = None;
        if all.is_empty() {
            self.list = None;
        }
    }

    /// Takes in an answer that may have come, and brings a search up to date.
    pub fn hear(&mut self, now: &Typed, completed: Option<&Completed>, history: &[String]) -> Done {
        if let Some(List::Search { by, found, chosen, .. }) = &mut self.list {
            if by.as_ref() != Some(&now.line) {
                *found = search(history, &now.line);
                *by = Some(now.line.clone());
                *chosen = 0;
            }
            return Done::default();
        }
        let Some(completed) = completed.filter(|answer| answer.version != self.heard) else {
            return Done::default();
        };
        let answer = match &completed.answer {
            Fetched::Ready(answer) => answer,
            Fetched::Failed(failure) => {
                self.heard = completed.version;
                // What nobody has asked for by a key fails in silence.
                if self.waits.take().is_some() {
                    self.note = Some(Note::Failed(failure.message.clone()));
                }
                return Done::default();
            }
            Fetched::Missing | Fetched::Pending => return Done::default(),
        };
        self.heard = completed.version;
        // What a pause has asked for may come behind what a key asks for.
        let is_less = self.waits.is_some() && !completed.by_key;
        if completed.line != now.before() || is_less {
            return Done::default();
        }
        let waits = self.waits.take().filter(|(line, _)| line == now.before());
        let is_closed = self.closed.as_deref() == Some(now.before()) || self.recall.is_back();
        if waits.is_none() && is_closed {
            return Done::default();
        }
        self.list = list(answer, now.before(), completed.by_key);
        let is_missed = waits.is_some() && self.list.is_none();
        self.note = is_missed.then_some(Note::Nothing);
        match waits {
            Some((_, Waits::Complete)) => self.complete(now),
            Some((_, Waits::Show)) => {
                self.enter();
                Done::default()
            }
            None => Done::default(),
        }
    }

    /// What a key does. `history` has the newest last.
    pub fn press(&mut self, press: Press, now: &Typed, history: &[String]) -> Done {
        if let Some(List::Search { before, found, chosen, .. }) = &mut self.list {
            let last = found.len().saturating_sub(1);
            match press {
                Press::Search | Press::Down => {
                    *chosen = if *chosen == last { 0 } else { *chosen + 1 }
                }
                Press::Up => *chosen = chosen.checked_sub(1).unwrap_or(last),
                Press::Escape => {
                    let before = before.clone();
                    self.list = None;
                    return Done::put(before);
                }
                Press::Enter | Press::Tab => {
                    // Where none holds what was typed, the line before is there again.
                    let found = found.get(*chosen).cloned().map(Typed::whole);
                    let line = found.unwrap_or_else(|| before.clone());
                    self.list = None;
                    return Done::put(line);
                }
                Press::Offer => {}
            }
            return Done::taken();
        }
        if press == Press::Search {
            self.forget();
            self.list =
                Some(List::Search { before: now.clone(), found: Vec::new(), by: None, chosen: 0 });
            return Done::taken();
        }
        if let Some(List::Offers { all, chosen: Some(chosen), .. }) = &mut self.list {
            let last = all.len().saturating_sub(1);
            match press {
                Press::Down | Press::Offer => {
                    *chosen = if *chosen == last { 0 } else { *chosen + 1 };
                }
                Press::Up => *chosen = chosen.checked_sub(1).unwrap_or(last),
                Press::Enter | Press::Tab => {
                    let at = *chosen;
                    return self.accept(at, now);
                }
                Press::Escape => self.close(now),
                Press::Search => {}
            }
            return Done::taken();
        }
        self.note = None;
        match press {
            Press::Tab if self.knows_all() => self.complete(now),
            Press::Tab => self.ask(now, Waits::Complete),
            Press::Offer if self.list.is_some() => {
                self.enter();
                Done::taken()
            }
            Press::Offer => self.ask(now, Waits::Show),
            Press::Escape if self.list.is_some() => {
                self.close(now);
                Done::taken()
            }
            Press::Down if self.list.is_some() && !self.recall.is_back() => {
                self.enter();
                Done::taken()
            }
            Press::Up if !now.before().contains('\n') => {
                let back = self.recall.back(&now.line, history);
                self.recalled(back)
            }
            Press::Down if self.recall.is_back() && !now.behind().contains('\n') => {
                let forth = self.recall.forth(history);
                self.recalled(forth)
            }
            Press::Up | Press::Down | Press::Enter | Press::Escape | Press::Search => {
                Done::default()
            }
        }
    }

    fn recalled(&mut self, line: Option<String>) -> Done {
        self.list = None;
        line.map_or_else(Done::taken, |line| Done::put(Typed::whole(line)))
    }

    fn close(&mut self, now: &Typed) {
        self.list = None;
        self.closed = Some(now.before().to_owned());
    }

    fn ask(&mut self, now: &Typed, waits: Waits) -> Done {
        self.closed = None;
        self.waits = Some((now.before().to_owned(), waits));
        self.note = Some(Note::Asking);
        Done { taken: true, put: None, want: Some(true) }
    }

    /// Whether a list stands there that the account's own shell has had its part in.
    fn knows_all(&self) -> bool {
        matches!(self.list, Some(List::Offers { by_key: true, .. }))
    }

    fn enter(&mut self) {
        if let Some(List::Offers { chosen, .. }) = &mut self.list {
            *chosen = Some(0);
        }
    }

    /// Completes as far as it is certain; where nothing is, the list gets the keys.
    fn complete(&mut self, now: &Typed) -> Done {
        let Some(List::Offers { from, all, more, .. }) = &self.list else { return Done::taken() };
        let words: Vec<usize> = all
            .iter()
            .enumerate()
            .filter(|(_, offer)| offer.kind != CompletionKind::Line)
            .map(|(at, _)| at)
            .collect();
        if let ([only], false) = (words.as_slice(), more) {
            let only = *only;
            return self.accept(only, now);
        }
        let from = *from;
        let texts = || words.iter().filter_map(|at| all.get(*at)).map(|offer| offer.text.as_str());
        let shared = if *more { String::new() } else { shared(texts()) };
        let typed = now.before().get(from..).unwrap_or_default();
        if shared.len() > typed.len() && shared.starts_with(typed) {
            let head = now.before().get(..from).unwrap_or_default();
            let line = format!("{head}{shared}{}", now.behind());
            let put = Typed { line, cursor: from + shared.len() };
            self.narrow(put.before());
            return Done { want: Some(false), ..Done::put(put) };
        }
        self.enter();
        Done::taken()
    }

    /// Puts one of the offers, or of the lines that were found, in its place.
    pub fn accept(&mut self, at: usize, now: &Typed) -> Done {
        match self.list.take() {
            Some(List::Offers { from, all, .. }) => {
                let Some(offer) = all.get(at) else { return Done::taken() };
                let put = accepted(now, from, offer);
                let goes_on = offer.kind == CompletionKind::Directory;
                self.closed = (!goes_on).then(|| put.before().to_owned());
                Done { want: goes_on.then_some(false), ..Done::put(put) }
            }
            Some(List::Search { found, .. }) => {
                let line = found.into_iter().nth(at);
                line.map_or_else(Done::taken, |line| Done::put(Typed::whole(line)))
            }
            None => Done::taken(),
        }
    }
}

#[cfg(test)]
#[path = "assist_tests.rs"]
mod tests;
