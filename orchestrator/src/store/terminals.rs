//! Terminals that outlive an engine.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::database::Store;
use super::fault::Fault;
use super::rows::{json, value};
use super::{Batch, Change};
use crate::failure::Failure;
use crate::host::Place;
use crate::seam::{At, FilePath, SessionId, TerminalState};

/// A terminal, as this machine knows it. It holds no environment, so no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TerminalRecord {
    /// Its id.
    pub id: String,
    /// What it was opened for.
    pub at: At,
    /// Where that was: it stays there.
    pub place: Place,
    /// The session that it belongs to.
    pub session: Option<SessionId>,
    /// What a person calls it.
    pub name: Option<String>,
    /// What it is called else.
    pub number: u32,
    /// Where its shell was last known to be.
    pub directory: Option<FilePath>,
    /// Cells a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
    /// Whether it was to be kept on its host.
    pub keep: bool,
    /// Why it isn't kept there; `None` where it is.
    pub unkept: Option<Failure>,
    /// How it ended, where it has.
    pub over: Option<TerminalState>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The socket of the tmux that keeps it, once that has said it.
    #[serde(default)]
    pub socket: Option<String>,
    /// Whether its host may still have that tmux.
    #[serde(default)]
    pub may_run: bool,
    /// Whether it was closed: only its end on the host is still to come.
    #[serde(default)]
    pub closed: bool,
    /// Whether something was typed that had not arrived when the engine ended. What it was isn't stored: it may be a password.
    #[serde(default)]
    pub unsent: bool,
}

impl Store {
    /// All terminals, in the order of their opening.
    ///
    /// # Errors
    ///
    /// `corrupt` when a row can't be read.
    pub async fn terminals(&self) -> Result<Vec<TerminalRecord>, Failure> {
        self.read(all).await
    }

    /// Makes a terminal or replaces what is stored of it.
    ///
    /// # Errors
    ///
    /// As [`Store::commit`].
    pub async fn put_terminal(&self, record: TerminalRecord) -> Result<(), Failure> {
        self.alone(Change::PutTerminal(Box::new(record))).await
    }

    /// Forgets one.
    ///
    /// # Errors
    ///
    /// As [`Store::commit`].
    pub async fn drop_terminal(&self, id: &str) -> Result<(), Failure> {
        self.alone(Change::DropTerminal(id.to_owned())).await
    }

    async fn alone(&self, change: Change) -> Result<(), Failure> {
        self.commit(Batch { changes: vec![change], drafts: Vec::new() }).await.map(drop)
    }
}

pub(super) fn put(db: &Connection, record: &TerminalRecord) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO terminals (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
    )?
    .execute(params![record.id, json(record)?])?;
    Ok(())
}

pub(super) fn forget(db: &Connection, id: &str) -> Result<(), Fault> {
    db.prepare_cached("DELETE FROM terminals WHERE id = ?1")?.execute(params![id])?;
    Ok(())
}

fn all(db: &Connection) -> Result<Vec<TerminalRecord>, Fault> {
    let mut select = db.prepare_cached("SELECT id, body FROM terminals ORDER BY rowid")?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, body): (String, String) = (row.get(0)?, row.get(1)?);
        all.push(value(&format!("terminal {id}"), &body)?);
    }
    Ok(all)
}
