//! Which rows the left bar has, in which order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use orchestrator::seam::{Session, SessionId};

use crate::fuzzy::Fuzzy;
use crate::memory::Memory;

/// How [`Memory::folded`] calls the bookmarks: no name that a person can type.
pub const BOOKMARKS: &str = "\u{1}bookmarks";

/// How [`Memory::folded`] calls what stands below a session.
pub fn below_key(session: &SessionId) -> String {
    format!("\u{1}below {session}")
}

/// The session that a key of [`below_key`] is about; `None` for other keys.
pub fn below_of(key: &str) -> Option<SessionId> {
    key.strip_prefix("\u{1}below ").map(SessionId::new)
}

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

/// A session's place in the list. What stands below it follows right behind it, one deeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub session: SessionId,
    /// The part that it stands in.
    pub heading: Heading,
    /// How many stand above it; 0 for one that stands below none.
    pub depth: usize,
    /// How many stand below it, at any depth.
    pub below: usize,
    /// Whether they are hidden.
    pub folded: bool,
}

/// The list as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Its rows.
    pub rows: Vec<Row>,
    /// All sessions in the order of the list, folded ones included; without those that a filter hides.
    pub sessions: Vec<Place>,
    /// Names of the groups in their order.
    pub groups: Vec<String>,
    places: HashMap<SessionId, usize>,
}

impl List {
    /// The row of a session.
    pub fn row_of(&self, wanted: &SessionId) -> Option<usize> {
        self.rows.iter().position(|row| matches!(row, Row::Session(id) if id == wanted))
    }

    fn push(&mut self, place: Place) {
        self.places.insert(place.session.clone(), self.sessions.len());
        self.sessions.push(place);
    }

    /// The place of a session in [`List::sessions`].
    pub fn place_of(&self, wanted: &SessionId) -> Option<usize> {
        self.places.get(wanted).copied()
    }

    /// The sessions that stand below the one at that place.
    pub fn below(&self, at: usize) -> &[Place] {
        let count = self.sessions.get(at).map_or(0, |place| place.below);
        self.sessions.get(at + 1..=at + count).unwrap_or_default()
    }

    /// The place of the session that the one at that place stands below.
    pub fn above(&self, at: usize) -> Option<usize> {
        let depth = self.sessions.get(at)?.depth.checked_sub(1)?;
        self.sessions.get(..at)?.iter().rposition(|place| place.depth == depth)
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
/// A session stands below its parent where both are in the same part: a bookmark of the parent's takes what is below it along,
/// and a session in another group than its parent's stands there by itself. Headings are there only when there is more than
/// one part. With a filter the best fits come first, without headings, and none below another one.
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
    let there: HashMap<&SessionId, &Session> =
        all.iter().map(|session| (&session.id, *session)).collect();
    let mut parts: BTreeMap<Heading, Vec<&Session>> = BTreeMap::new();
    let mut below: HashMap<&SessionId, Vec<&Session>> = HashMap::new();
    for session in all {
        match parent(session, memory, |id| there.get(id).copied()) {
            Some(parent) => below.entry(&parent.id).or_default().push(session),
            None => parts.entry(own_heading(session, memory)).or_default().push(session),
        }
    }
    let groups = groups(&parts, memory);
    let order: Vec<Heading> = std::iter::once(Heading::Bookmarks)
        .chain(groups.iter().cloned().map(Heading::Group))
        .chain([Heading::Others])
        .collect();
    let with_headings = parts.len() > 1 || parts.keys().any(|part| *part != Heading::Others);
    let mut list = List { groups, ..List::default() };
    for heading in order {
        let Some(tops) = parts.remove(&heading) else { continue };
        let folded = with_headings && memory.folded.contains(heading.key());
        let row = list.rows.len();
        let first = list.sessions.len();
        if with_headings {
            list.rows.push(Row::Heading { heading: heading.clone(), count: 0, folded });
        }
        for top in tops {
            put(&mut list, &mut below, memory, (top, 0, folded), &heading);
        }
        if let Some(Row::Heading { count, .. }) = list.rows.get_mut(row) {
            *count = list.sessions.len() - first;
        }
    }
    list
}

/// Puts a session with what stands below it behind the others. `hidden` says that something above it is folded.
fn put<'s>(
    list: &mut List,
    below: &mut HashMap<&'s SessionId, Vec<&'s Session>>,
    memory: &Memory,
    (session, depth, hidden): (&'s Session, usize, bool),
    heading: &Heading,
) {
    let children = below.remove(&session.id).unwrap_or_default();
    let folded = !children.is_empty() && memory.folded.contains(&below_key(&session.id));
    if !hidden {
        list.rows.push(Row::Session(session.id.clone()));
    }
    let at = list.sessions.len();
    let id = session.id.clone();
    list.push(Place { session: id, heading: heading.clone(), depth, below: 0, folded });
    for child in children {
        put(list, below, memory, (child, depth + 1, hidden || folded), heading);
    }
    let below = list.sessions.len() - at - 1;
    if let Some(place) = list.sessions.get_mut(at) {
        place.below = below;
    }
}

/// The session that one stands below: its parent, where that is there and in the same part.
fn parent<'s>(
    session: &Session,
    memory: &Memory,
    get: impl Fn(&SessionId) -> Option<&'s Session>,
) -> Option<&'s Session> {
    let parent = get(session.parent.as_ref()?)?;
    let bookmarked = |session: &Session| memory.bookmarks.contains(&session.id);
    let same = group(session) == group(parent) && (!bookmarked(session) || bookmarked(parent));
    same.then_some(parent)
}

/// The part that a session stands in which stands below none.
fn own_heading(session: &Session, memory: &Memory) -> Heading {
    if memory.bookmarks.contains(&session.id) {
        return Heading::Bookmarks;
    }
    group(session).map_or(Heading::Others, |name| Heading::Group(name.to_owned()))
}

fn group(session: &Session) -> Option<&str> {
    session.group.as_deref().map(str::trim).filter(|name| !name.is_empty())
}

/// Those that were dragged first, the others by name.
fn groups(parts: &BTreeMap<Heading, Vec<&Session>>, memory: &Memory) -> Vec<String> {
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
    let mut list = List::default();
    for (_, session) in hits {
        let (session, heading) = (session.id.clone(), own_heading(session, memory));
        list.rows.push(Row::Session(session.clone()));
        list.push(Place { session, heading, depth: 0, below: 0, folded: false });
    }
    list
}
