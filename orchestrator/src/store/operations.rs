//! What takes long, and the command lines that were run.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::Store;
use super::fault::Fault;
use super::rows::{json, value};
use crate::failure::Failure;
use crate::host::Place;
use crate::seam::{At, Operation, RunId, SessionId};

/// Lines that are kept of a session or a host: at a hundred a day more than a quarter of a year.
const MOST_LINES: i64 = 10_000;

/// An operation as the engine that does it knows it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct OperationRecord {
    /// As front ends see it: without the values of an environment.
    pub operation: Operation,
    /// The environment of the session that is to be made, where one is. Secrets.
    pub env: BTreeMap<String, String>,
    /// Where it is done: an edited `hosts.toml` moves none.
    pub place: Place,
    /// Its run, stored before it is launched: whether it was, the host knows.
    pub run: Option<RunId>,
    /// Whether its run is known to have been launched: it is never launched again, whatever the host has forgotten.
    #[serde(default)]
    pub launched: bool,
    /// The repository that it has to itself.
    pub repository: Option<String>,
    /// Whether a person has asked it to stop.
    pub stopping: bool,
    /// Whether nothing of its run is left on the host.
    pub swept: bool,
}

/// Leaves the values of the environment out.
impl fmt::Debug for OperationRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationRecord")
            .field("operation", &self.operation)
            .field("env", &self.env.keys())
            .field("place", &self.place)
            .field("run", &self.run)
            .field("stopping", &self.stopping)
            .finish_non_exhaustive()
    }
}

/// Whose lines are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineScope(String);

impl LineScope {
    /// Those of a session, or of a host whatever the directory.
    pub fn of(at: &At, place: &Place) -> Self {
        match at {
            At::Session(session) => Self::session(session),
            At::Host { .. } => Self(format!("host:{}", place.id)),
        }
    }

    /// Those of a session.
    pub(super) fn session(session: &SessionId) -> Self {
        Self(format!("session:{session}"))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn put(db: &Connection, record: &OperationRecord) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO operations (id, body) VALUES (?1, ?2) \
         ON CONFLICT (id) DO UPDATE SET body = excluded.body",
    )?
    .execute(params![record.operation.id, json(record)?])?;
    Ok(())
}

pub(super) fn forget(db: &Connection, id: &str) -> Result<(), Fault> {
    db.prepare_cached("DELETE FROM operations WHERE id = ?1")?.execute(params![id])?;
    Ok(())
}

/// Keeps a line as the last one of its scope.
pub(super) fn add_line(db: &Connection, scope: &LineScope, line: &str) -> Result<(), Fault> {
    let scope = scope.as_str();
    // Not an update: the position says when.
    db.prepare_cached("DELETE FROM lines WHERE scope = ?1 AND line = ?2")?
        .execute(params![scope, line])?;
    db.prepare_cached("INSERT INTO lines (scope, line) VALUES (?1, ?2)")?
        .execute(params![scope, line])?;
    db.prepare_cached(
        "DELETE FROM lines WHERE scope = ?1 AND position <= \
         (SELECT position FROM lines WHERE scope = ?1 ORDER BY position DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![scope, MOST_LINES])?;
    Ok(())
}

/// Forgets the lines of a session that is gone.
pub(super) fn forget_lines(db: &Connection, session: &SessionId) -> Result<(), Fault> {
    let scope = LineScope::session(session);
    db.prepare_cached("DELETE FROM lines WHERE scope = ?1")?.execute(params![scope.as_str()])?;
    Ok(())
}

fn all(db: &Connection) -> Result<Vec<OperationRecord>, Fault> {
    let mut select = db.prepare_cached("SELECT id, body FROM operations ORDER BY position")?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        all.push(value(&format!("operation {id}"), &row.get::<_, String>(1)?)?);
    }
    Ok(all)
}

/// How a line is to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineFilter {
    /// It holds this, in letters of any case (ASCII's).
    Containing(String),
    /// It begins so, and goes on.
    Beginning(String),
}

fn lines(
    db: &Connection,
    scope: &LineScope,
    filter: &LineFilter,
    limit: u32,
) -> Result<Vec<String>, Fault> {
    let (among, text) = match filter {
        // `lower` knows ASCII alone.
        LineFilter::Containing(text) => ("instr(lower(line), ?2) > 0", text.to_ascii_lowercase()),
        LineFilter::Beginning(text) => {
            ("substr(line, 1, length(?2)) = ?2 AND length(line) > length(?2)", text.clone())
        }
    };
    let mut select = db.prepare_cached(&format!(
        "SELECT line FROM lines WHERE scope = ?1 AND {among} ORDER BY position DESC LIMIT ?3"
    ))?;
    let mut rows = select.query(params![scope.as_str(), text, limit])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(row.get(0)?);
    }
    Ok(lines)
}

impl Store {
    /// All operations that are stored, in the order of their making.
    ///
    /// # Errors
    ///
    /// `corrupt` when a row can't be read: none is left out silently.
    pub async fn operations(&self) -> Result<Vec<OperationRecord>, Failure> {
        self.read(all).await
    }

    /// Command lines that were run, newest first, each once; at most `limit`.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub async fn lines(
        &self,
        scope: &LineScope,
        filter: LineFilter,
        limit: u32,
    ) -> Result<Vec<String>, Failure> {
        let scope = scope.clone();
        self.read(move |db| lines(db, &scope, &filter, limit)).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::store::{Batch, Change};

    async fn run(store: &Store, scope: &LineScope, line: &str) {
        let change = Change::AddLine { scope: scope.clone(), line: line.into() };
        store.commit(Batch { changes: vec![change], drafts: Vec::new() }).await.unwrap();
    }

    #[tokio::test]
    async fn lines_are_kept_once_newest_first_and_each_session_has_its_own() {
        let store = Store::memory().unwrap();
        let scope = |name: &str| LineScope::session(&SessionId::new(name));
        let (ours, theirs) = (scope("a"), scope("b"));
        for line in ["ls", "make Test", "git push", "ls"] {
            run(&store, &ours, line).await;
        }
        run(&store, &theirs, "whoami").await;
        let lines = async |text: &str| {
            store.lines(&ours, LineFilter::Containing(text.into()), 10).await.unwrap()
        };
        assert_eq!(lines("").await, ["ls", "git push", "make Test"]);
        assert_eq!(lines("TEST").await, ["make Test"]);
        assert_eq!(lines("%").await, [""; 0]);
        let begun = LineFilter::Beginning("git".into());
        assert_eq!(store.lines(&ours, begun, 10).await.unwrap(), ["git push"]);
        assert_eq!(
            store.lines(&ours, LineFilter::Beginning("ls".into()), 10).await.unwrap(),
            [""; 0]
        );
        let remove = Change::RemoveSession(SessionId::new("a"));
        store.commit(Batch { changes: vec![remove], drafts: Vec::new() }).await.unwrap();
        assert_eq!(lines("").await, [""; 0]);
        assert_eq!(
            store.lines(&theirs, LineFilter::Containing(String::new()), 1).await.unwrap(),
            ["whoami"]
        );
    }

    #[tokio::test]
    async fn the_oldest_lines_are_forgotten_behind_ten_thousand() {
        let store = Store::memory().unwrap();
        let scope = LineScope::session(&SessionId::new("a"));
        let line =
            |number: u32| Change::AddLine { scope: scope.clone(), line: format!("echo {number}") };
        let changes = (0..10_002).map(line).collect();
        store.commit(Batch { changes, drafts: Vec::new() }).await.unwrap();
        let all = store.lines(&scope, LineFilter::Containing(String::new()), 20_000).await.unwrap();
        assert_eq!(all.len(), 10_000);
        assert_eq!((&*all[0], &*all[9_999]), ("echo 10001", "echo 2"));
    }
}
