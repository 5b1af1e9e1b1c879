//! Reading: statements that change nothing, on connections of their own.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Semaphore;

use super::fault::Fault;
use super::open::Source;
use super::rows::{self, EVENT_COLUMNS, RUN_COLUMNS, signed, unsigned, value};
use super::{Environment, Loaded, Receipt, RunRecord};
use crate::failure::{Code, Failure};
use crate::seam::{
    Approval, CommandId, Event, Image, MessageId, QueuedMessage, RunId, Session, SessionId, Tab,
    TabId,
};

/// Reads at once; each has a connection and a cache of 2 MiB.
const AT_ONCE: usize = 3;
/// The cache while everything is loaded: 256 KiB, negative by SQLite's rule.
const LOADING: i64 = -256;

/// Connections that read.
#[derive(Debug)]
pub(super) struct Readers {
    source: Source,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    /// What is in memory is gone with its last connection.
    _anchor: Option<Mutex<Connection>>,
}

impl Readers {
    pub(super) fn new(source: Source) -> Result<Self, Fault> {
        let anchor = match source {
            Source::Memory(_) => Some(Mutex::new(source.reader()?)),
            Source::File(_) => None,
        };
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self { source, idle: Mutex::default(), permits, _anchor: anchor })
    }

    pub(super) fn directory(&self) -> Option<&Path> {
        match &self.source {
            Source::File(place) => place.path().parent(),
            Source::Memory(_) => None,
        }
    }

    /// Runs `work` in one read transaction, off the runtime.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Failure> {
        let ended = |error: &dyn std::fmt::Display| {
            Failure::new(Code::Internal, format!("reading ended: {error}"))
        };
        let permit =
            Arc::clone(&self.permits).acquire_owned().await.map_err(|error| ended(&error))?;
        let readers = Arc::clone(self);
        let work = move || {
            let outcome = readers.with(work);
            drop(permit);
            outcome.map_err(|fault| readers.source.place().failure("read", fault))
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| ended(&error))?
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let mut db = match kept {
            Some(db) => db,
            None => self.source.reader()?,
        };
        let transaction = db.transaction()?;
        let outcome = work(&transaction);
        transaction.finish()?;
        // After an error of SQLite's the next one begins afresh.
        if !matches!(outcome, Err(Fault::Sql(_))) {
            idle().push(db);
        }
        outcome
    }
}

/// The number of the last event, also when it is gone with its session.
pub(super) fn head(db: &Connection) -> Result<u64, Fault> {
    let seq: Option<i64> = db
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'events'", [], |row| row.get(0))
        .optional()?;
    Ok(seq.map_or(0, unsigned))
}

/// All that an engine needs. Where a row can't be read, all such rows are named and nothing is loaded: an engine that
/// went on without them would take their runs for nobody's.
pub(super) fn load(db: &Connection) -> Result<Loaded, Fault> {
    // Every page is read once: to keep them all would cost memory for the engine's whole life.
    let kept: i64 = db.pragma_query_value(None, "cache_size", |row| row.get(0))?;
    db.pragma_update(None, "cache_size", LOADING)?;
    let mut bad = Vec::new();
    let mut queues: HashMap<String, Vec<QueuedMessage>> = HashMap::new();
    each(db, "SELECT id, tab, body FROM messages ORDER BY tab, position", |id, tab, body| {
        keep(&mut bad, value(&format!("message {id}"), body))
            .into_iter()
            .for_each(|message| put(queues.entry(tab.to_owned()).or_default(), message));
    })?;
    let mut tabs: HashMap<String, Vec<Tab>> = HashMap::new();
    each(db, "SELECT id, session, body FROM tabs ORDER BY position", |id, session, body| {
        if let Some(mut tab) = keep(&mut bad, value::<Tab>(&format!("tab {id}"), body)) {
            tab.queue = queues.remove(id).unwrap_or_default();
            put(tabs.entry(session.to_owned()).or_default(), tab);
        }
    })?;
    let mut sessions = Vec::new();
    each(db, "SELECT id, env, body FROM sessions ORDER BY position", |id, env, body| {
        let place = format!("session {id}");
        let session = keep(&mut bad, value::<Session>(&place, body));
        // Its values are secrets, so what serde says of them isn't repeated.
        let env = serde_json::from_str::<BTreeMap<String, String>>(env)
            .map_err(|_| Fault::row(format!("environment of {place}"), "it is no map of texts"));
        if let (Some(mut session), Some(env)) = (session, keep(&mut bad, env)) {
            session.tabs = tabs.remove(id).unwrap_or_default();
            sessions.push((session, Environment(env)));
        }
    })?;
    let mut removed = Vec::new();
    each(db, "SELECT id, session, body FROM removed ORDER BY position", |id, session, body| {
        let message = keep(&mut bad, value(&format!("removed message {id}"), body));
        removed.extend(message.map(|message| (SessionId::new(session), message)));
    })?;
    let mut approvals = Vec::new();
    each(db, "SELECT id, session, body FROM approvals ORDER BY id", |id, _, body| {
        approvals.extend(keep(&mut bad, value::<Approval>(&format!("approval {id}"), body)));
    })?;
    approvals.sort_by_key(|approval| approval.at);
    let mut runs = Vec::new();
    let mut open = db.prepare(&format!(
        "SELECT {RUN_COLUMNS} FROM runs WHERE state IN ('launching', 'running') \
         AND session IS NOT NULL ORDER BY started_at, id"
    ))?;
    let mut found = open.query([])?;
    while let Some(row) = found.next()? {
        runs.extend(keep(&mut bad, rows::run(row)));
    }
    db.pragma_update(None, "cache_size", kept)?;
    if bad.is_empty() {
        Ok(Loaded { seq: head(db)?, sessions, removed, approvals, runs })
    } else {
        Err(Fault::Rows(bad))
    }
}

/// Which events are wanted.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) since: u64,
    pub(super) session: Option<SessionId>,
    pub(super) tab: Option<TabId>,
    pub(super) limit: usize,
    /// Bytes of JSON after which no further event is read; one is always given.
    pub(super) bytes: usize,
}

/// Events after `since`, oldest first, and whether there are more.
pub(super) fn events(db: &Connection, page: &Page) -> Result<(Vec<Event>, bool), Fault> {
    let by_session = if page.session.is_some() { "AND session = ?2" } else { "AND ?2 IS NULL" };
    let by_tab = if page.tab.is_some() { "AND tab = ?3" } else { "AND ?3 IS NULL" };
    let mut select = db.prepare_cached(&format!(
        "SELECT {EVENT_COLUMNS} FROM events WHERE seq > ?1 {by_session} {by_tab} ORDER BY seq LIMIT ?4"
    ))?;
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut found = select.query(params![
        signed(page.since),
        page.session.as_ref().map(|id| id.as_str()),
        page.tab.as_ref().map(|id| id.as_str()),
        limit
    ])?;
    page_of(&mut found, page.limit, page.bytes)
}

/// The session is no way in (`+`): the tab's own index reads nothing that isn't given.
pub(super) fn events_before_sql() -> String {
    format!(
        "SELECT {EVENT_COLUMNS} FROM events WHERE tab = ?1 AND +session = ?2 AND seq < ?3 \
         ORDER BY seq DESC LIMIT ?4"
    )
}

/// Events of a tab before a number, oldest first, and whether there are older ones; of too many the newest.
pub(super) fn events_before(
    db: &Connection,
    before: u64,
    (session, tab): (&SessionId, &TabId),
    limit: usize,
    bytes: usize,
) -> Result<(Vec<Event>, bool), Fault> {
    let mut select = db.prepare_cached(&events_before_sql())?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut found = select.query(params![tab.as_str(), session.as_str(), signed(before), most])?;
    let page = page_of(&mut found, limit, bytes)?;
    Ok((page.0.into_iter().rev().collect(), page.1))
}

/// As many of the rows as fit, and whether there are more.
fn page_of(
    found: &mut rusqlite::Rows<'_>,
    limit: usize,
    most_bytes: usize,
) -> Result<(Vec<Event>, bool), Fault> {
    let mut events = Vec::new();
    let mut bytes = 0;
    while let Some(row) = found.next()? {
        if events.len() == limit || (bytes >= most_bytes && !events.is_empty()) {
            return Ok((events, true));
        }
        match rows::event(row) {
            Ok((event, size)) => {
                bytes += size;
                events.push(event);
            }
            // What can be read goes first; whoever comes again behind it meets the fault alone.
            Err(_) if !events.is_empty() => return Ok((events, true)),
            Err(fault) => return Err(fault),
        }
    }
    Ok((events, false))
}

/// Images of a message of that session; none of one that was taken back, though they are kept while it may come back.
pub(super) fn images_of(
    db: &Connection,
    session: &SessionId,
    message: &MessageId,
) -> Result<Vec<Image>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT name, bytes FROM images WHERE message = ?1 AND session = ?2 \
         AND NOT EXISTS (SELECT 1 FROM removed WHERE id = ?1) ORDER BY position",
    )?;
    let images = select
        .query_map(params![message.as_str(), session.as_str()], |row| {
            Ok(Image { name: row.get(0)?, bytes: row.get(1)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(images)
}

pub(super) fn images(db: &Connection, message: &MessageId) -> Result<Vec<Image>, Fault> {
    let mut select =
        db.prepare_cached("SELECT name, bytes FROM images WHERE message = ?1 ORDER BY position")?;
    let images = select
        .query_map(params![message.as_str()], |row| {
            Ok(Image { name: row.get(0)?, bytes: row.get(1)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(images)
}

pub(super) fn run(db: &Connection, id: &RunId) -> Result<Option<RunRecord>, Fault> {
    let sql = format!("SELECT {RUN_COLUMNS} FROM runs WHERE id = ?1");
    Ok(some_runs(db, &sql, params![id.as_str()])?.pop())
}

/// Runs of a host, or all; oldest first.
pub(super) fn runs(db: &Connection, host: Option<&str>) -> Result<Vec<RunRecord>, Fault> {
    let sql = format!(
        "SELECT {RUN_COLUMNS} FROM runs WHERE ?1 IS NULL OR host = ?1 ORDER BY started_at, id"
    );
    some_runs(db, &sql, params![host])
}

/// The run of that id, or the only one whose id begins so.
pub(super) fn run_named(db: &Connection, prefix: &str) -> Result<RunRecord, Fault> {
    let sql = format!(
        "SELECT {RUN_COLUMNS} FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id <> ?1, id LIMIT 6"
    );
    let mut found =
        if prefix.is_empty() { Vec::new() } else { some_runs(db, &sql, params![prefix])? };
    let exact = found.first().is_some_and(|run| run.id.as_str() == prefix);
    if exact || found.len() == 1 {
        return Ok(found.swap_remove(0));
    }
    Err(Fault::Refused(if found.is_empty() {
        Failure::new(Code::NotFound, format!("no run `{prefix}` is known here"))
            .hint("`baton runs` lists them; `baton runs HOST` looks on a host")
    } else {
        let ids: Vec<&str> = found.iter().map(|run| run.id.as_str()).collect();
        Failure::new(Code::Conflict, format!("`{prefix}` could be {}", ids.join(", ")))
            .hint("Give more letters of the id")
    }))
}

pub(super) fn receipt(db: &Connection, id: &CommandId) -> Result<Option<Receipt>, Fault> {
    let found: Option<(String, String)> = db
        .prepare_cached("SELECT command, reply FROM receipts WHERE id = ?1")?
        .query_row(params![id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found
        .map(|(command, reply)| {
            let reply = value(&format!("receipt {id}"), &reply)?;
            Ok(Receipt { id: id.clone(), command, reply })
        })
        .transpose()
}

fn some_runs(
    db: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<RunRecord>, Fault> {
    let mut select = db.prepare_cached(sql)?;
    let mut found = select.query(values)?;
    let mut runs = Vec::new();
    while let Some(row) = found.next()? {
        runs.push(rows::run(row)?);
    }
    Ok(runs)
}

/// Puts a value behind others. Most lists have one or two, and a `Vec` begins with room for four.
fn put<T>(list: &mut Vec<T>, value: T) {
    if list.len() < 4 {
        list.reserve_exact(1);
    }
    list.push(value);
}

/// Hands three texts of each row on, one row after the other: thousands of them are never here together.
fn each(db: &Connection, sql: &str, mut take: impl FnMut(&str, &str, &str)) -> Result<(), Fault> {
    let mut select = db.prepare(sql)?;
    let mut found = select.query([])?;
    while let Some(row) = found.next()? {
        let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
        take(text(0)?, text(1)?, text(2)?);
    }
    Ok(())
}

/// The value, or a note of why there is none.
fn keep<T>(bad: &mut Vec<String>, read: Result<T, Fault>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(Fault::Rows(rows)) => {
            bad.extend(rows);
            None
        }
        Err(Fault::Sql(error)) => {
            bad.push(error.to_string());
            None
        }
        Err(Fault::Refused(failure)) => {
            bad.push(failure.message);
            None
        }
    }
}
