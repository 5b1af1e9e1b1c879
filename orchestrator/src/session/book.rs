//! All sessions, and how a person names one.

use crate::failure::{Code, Failure};
use crate::seam::{Approval, ApprovalId, SessionId};

use super::Entry;

/// Sessions in the order of their making, and what waits for a person.
#[derive(Clone, Debug, Default)]
pub struct Book {
    entries: Vec<Entry>,
    /// What waits for a person, in the order of asking.
    pub approvals: Vec<Approval>,
}

impl Book {
    /// What a store had.
    pub fn new(entries: Vec<Entry>, approvals: Vec<Approval>) -> Self {
        Self { entries, approvals }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// One.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`].
    pub fn get(&self, id: &SessionId) -> Result<&Entry, Failure> {
        self.entries.iter().find(|entry| entry.session.id == *id).ok_or_else(|| no_session(id))
    }

    /// Puts one in its place, or at the end.
    pub fn put(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|old| old.session.id == entry.session.id) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Takes one away, with what waits in it.
    pub fn remove(&mut self, id: &SessionId) {
        self.entries.retain(|entry| entry.session.id != *id);
        self.approvals.retain(|approval| approval.session != *id);
    }

    /// What waits under that id, or under the only id that begins so.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`], also when it was answered already; [`Code::Usage`] where several begin so.
    pub fn approval(&self, named: &ApprovalId) -> Result<&Approval, Failure> {
        let begins = |approval: &&Approval| approval.id.as_str().starts_with(named.as_str());
        let mut found = self.approvals.iter().filter(begins);
        match (found.next(), found.next()) {
            (Some(approval), None) if !named.as_str().is_empty() => Ok(approval),
            (Some(first), Some(_)) => {
                let exact = self.approvals.iter().find(|approval| approval.id == *named);
                exact.ok_or_else(|| {
                    Failure::new(Code::Usage, format!("several approvals begin with {named}"))
                        .hint(format!("Write more of it, such as {}", first.id))
                })
            }
            (Some(_) | None, None | Some(_)) => Err(Failure::new(
                Code::NotFound,
                format!("no approval {named} waits; it may have been answered already"),
            )
            .hint("`baton approvals` lists what waits")),
        }
    }

    /// The session that a person means: by its id, its name, or the only id or name that begins so.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`]; [`Code::Usage`] where it could be several.
    pub fn named(&self, named: &str) -> Result<&Entry, Failure> {
        let exact =
            |entry: &&Entry| entry.session.id.as_str() == named || entry.session.name == named;
        if let Some(entry) = self.entries.iter().find(exact) {
            return Ok(entry);
        }
        let begins: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| {
                !named.is_empty() && {
                    entry.session.id.as_str().starts_with(named)
                        || entry.session.name.starts_with(named)
                }
            })
            .collect();
        match begins.as_slice() {
            [one] => Ok(one),
            [] => Err(no_session(named)),
            several => {
                let names: Vec<String> = several
                    .iter()
                    .take(5)
                    .map(|entry| format!("{} ({})", entry.session.id, entry.session.name))
                    .collect();
                Err(Failure::new(Code::Usage, format!("{named:?} could be several sessions"))
                    .hint(format!("Write one of: {}", names.join(", "))))
            }
        }
    }
}

fn no_session(named: impl std::fmt::Display) -> Failure {
    Failure::new(Code::NotFound, format!("there is no session {named}"))
        .hint("`baton session list` shows all of them")
}
