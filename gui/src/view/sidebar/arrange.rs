//! Which rows the left bar has, in which order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use orchestrator::seam::{Session, SessionId};

use crate::fuzzy::Fuzzy;
use crate::memory::Memory;

/// How [`Memory::folded`] calls the bookmarks: no name that a person can type.
pub const BOOKMARKS: &str = "\u{1}bookmarks";

/// What stands over a part of the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    /// Sessions that a person put on top.
    Bookmarks,
    /// A group of that name.
    Group(String),
    /// Sessions without a group.
    Others,
}

impl Heading {
    /// What a person reads.
    pub fn words(&self) -> &str {
        match self {
            Self::Bookmarks => "Bookmarks",
            Self::Group(name) => name,
            Self::Others => "No group",
        }
    }

    /// How [`Memory::folded`] calls it.
    pub fn key(&self) -> &str {
        match self {
            Self::Bookmarks => BOOKMARKS,
            Self::Group(name) => name,
            Self::Others => "",
        }
    }
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A heading, to be folded.
    Heading {
        /// Which.
        heading: Heading,
        /// How many sessions are under it.
        count: usize,
        /// Whether they are hidden.
        folded: bool,
    },
    /// A session.
    Session(SessionId),
}

/// The list as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Its rows.
    pub rows: Vec<Row>,
    /// All sessions in the order of the list, those under folded headings included; without those that a filter hides.
    pub sessions: Vec<(SessionId, Heading)>,
    /// Names of the groups in their order.
    pub groups: Vec<String>,
}

impl List {
    /// The row of a session.
    pub fn row_of(&self, wanted: &SessionId) -> Option<usize> {
        self.rows.iter().position(|row| matches!(row, Row::Session(id) if id == wanted))
    }

    /// The sessions whose rows are there, from the top: what Ctrl+1 to Ctrl+9 count.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &SessionId> {
        self.rows.iter().filter_map(|row| match row {
            Row::Session(id) => Some(id),
            Row::Heading { .. } => None,
        })
    }
}

/// Puts sessions into rows: bookmarks on top, then groups in the person's order, then those without a group.
///
/// Headings are there only when there is more than one part. With a filter the best fits come first, without headings.
/// `host_name` is what a person calls a session's host.
pub fn arrange<'s>(
    sessions: impl Iterator<Item = &'s Session>,
    memory: &Memory,
    host_name: impl Fn(&'s str) -> &'s str,
    filter: &str,
) -> List {
    let dragged: HashMap<&SessionId, usize> =
        memory.order.iter().enumerate().map(|(at, id)| (id, at)).collect();
    let mut all: Vec<&Session> = sessions.collect();
    all.sort_by_cached_key(|session| {
        let place = dragged.get(&session.id).copied().unwrap_or(usize::MAX);
        (place, session.created_at, session.id.clone())
    });
    if let Some(mut fuzzy) = Fuzzy::new(filter) {
        return found(&all, &mut fuzzy, memory, host_name);
    }
    let mut parts: BTreeMap<Heading, Vec<SessionId>> = BTreeMap::new();
    for session in all {
        parts.entry(heading(session, memory)).or_default().push(session.id.clone());
    }
    let groups = groups(&parts, memory);
    let order: Vec<Heading> = std::iter::once(Heading::Bookmarks)
        .chain(groups.iter().cloned().map(Heading::Group))
        .chain([Heading::Others])
        .collect();
    let with_headings = parts.len() > 1 || parts.keys().any(|part| *part != Heading::Others);
    let mut list = List { groups, ..List::default() };
    for heading in order {
        let Some(ids) = parts.remove(&heading) else { continue };
        let folded = with_headings && memory.folded.contains(heading.key());
        if with_headings {
            let count = ids.len();
            list.rows.push(Row::Heading { heading: heading.clone(), count, folded });
        }
        for id in ids {
            if !folded {
                list.rows.push(Row::Session(id.clone()));
            }
            list.sessions.push((id, heading.clone()));
        }
    }
    list
}

/// The part that a session stands in.
pub(super) fn heading(session: &Session, memory: &Memory) -> Heading {
    if memory.bookmarks.contains(&session.id) {
        return Heading::Bookmarks;
    }
    match session.group.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => Heading::Group(name.to_owned()),
        Some(_) | None => Heading::Others,
    }
}

/// Those that were dragged first, the others by name.
fn groups(parts: &BTreeMap<Heading, Vec<SessionId>>, memory: &Memory) -> Vec<String> {
    let mut names: Vec<String> = parts
        .keys()
        .filter_map(|heading| match heading {
            Heading::Group(name) => Some(name.clone()),
            Heading::Bookmarks | Heading::Others => None,
        })
        .collect();
    names.sort_by_cached_key(|name| {
        let place = memory.groups.iter().position(|known| known == name).unwrap_or(usize::MAX);
        (place, name.to_lowercase())
    });
    names
}

fn found<'s>(
    all: &[&'s Session],
    fuzzy: &mut Fuzzy,
    memory: &Memory,
    host_name: impl Fn(&'s str) -> &'s str,
) -> List {
    let mut hits: Vec<(u32, &Session)> = Vec::new();
    for session in all {
        let directory = session.cwd.as_deref().unwrap_or_default();
        let texts = [&session.name, host_name(&session.host), &session.agent, directory];
        hits.extend(fuzzy.score(&texts).map(|score| (score, *session)));
    }
    // Stable: equals stay in the order of the list.
    hits.sort_by_key(|(score, _)| Reverse(*score));
    let ids = hits.iter().map(|(_, session)| session.id.clone());
    List {
        rows: ids.map(Row::Session).collect(),
        sessions: hits
            .iter()
            .map(|(_, session)| (session.id.clone(), heading(session, memory)))
            .collect(),
        groups: Vec::new(),
    }
}
