//! Rows of entries: made, changed and taken out together with their lines and words.

use rusqlite::{Connection, OptionalExtension, params};

use super::hidden;
use super::number;
use super::types::{NewEntry, ProjectId};
use super::words::learn;
use crate::failure::{Code, Failure};
use crate::store::fault::Fault;
use crate::store::rows::json;

/// What is stored of an entry, wherever it comes from.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) id: &'a str,
    pub(super) at_ms: i64,
    pub(super) kind: &'a str,
    pub(super) hostname: Option<&'a str>,
    /// The file and the position in it.
    pub(super) file: Option<(i64, i64)>,
    pub(super) project: Option<i64>,
    pub(super) place: Option<&'a str>,
    pub(super) cwd: Option<&'a str>,
    pub(super) session: Option<&'a str>,
    pub(super) line: &'a [u8],
}

/// Stores an entry that was made here, with its place in the outbox.
pub(in crate::store) fn add(db: &Connection, entry: &NewEntry, now_ms: i64) -> Result<(), Fault> {
    let stored: Option<i64> = db
        .prepare_cached("SELECT row FROM history WHERE id = ?1 AND file IS NULL")?
        .query_row(params![entry.id], |row| row.get(0))
        .optional()?;
    if stored.is_some() {
        return Ok(());
    }
    let place = entry.place.as_ref().map(json).transpose()?;
    let project = match (entry.project, &place) {
        (Some(project), _) => {
            known(db, project)?;
            Some(project.0)
        }
        (None, Some(place)) => project_of(db, place, entry.cwd.as_deref())?,
        (None, None) => None,
    };
    let row = insert(
        db,
        &Row {
            id: &entry.id,
            at_ms: entry.at_ms,
            kind: &entry.kind,
            hostname: entry.hostname.as_deref(),
            file: None,
            project,
            place: place.as_deref(),
            cwd: entry.cwd.as_deref(),
            session: entry.session.as_ref().map(|session| session.as_str()),
            line: &entry.line,
        },
    )?;
    if entry.share {
        let message = format!("entry {} is to be shared, and nobody says where", entry.id);
        let place = place.ok_or_else(|| Fault::Refused(Failure::new(Code::Internal, message)))?;
        db.prepare_cached(
            "INSERT INTO history_outbox (row, place, cwd, at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![row, place, entry.cwd, now_ms])?;
    }
    hidden::refresh(db, [entry.id.as_str()])?;
    learn(db, [entry.words.as_str()])?;
    index(db, row, &entry.words)
}

/// Replaces the line and the words of an entry that was made here.
pub(in crate::store) fn rewrite(
    db: &Connection,
    row: i64,
    line: &[u8],
    words: &str,
) -> Result<(), Fault> {
    let id: Option<String> = db
        .prepare_cached("SELECT id FROM history WHERE row = ?1 AND file IS NULL")?
        .query_row(params![row], |row| row.get(0))
        .optional()?;
    let id = id.ok_or_else(|| {
        let message = format!("no entry that was made here has the row {row}");
        Fault::Refused(Failure::new(Code::NotFound, message))
    })?;
    db.prepare_cached("UPDATE history_lines SET line = ?2 WHERE row = ?1")?
        .execute(params![row, line])?;
    learn(db, [words])?;
    db.prepare_cached("UPDATE history_words SET words = ?2 WHERE rowid = ?1")?
        .execute(params![row, words])?;
    hidden::refresh(db, [id.as_str()])
}

/// The project that a directory of a place is known to be in.
pub(super) fn project_of(
    db: &Connection,
    place: &str,
    cwd: Option<&str>,
) -> Result<Option<i64>, Fault> {
    Ok(db
        .prepare_cached(
            "SELECT project FROM project_dirs WHERE place = ?1 AND (cwd IS NULL) = (?2 IS NULL) \
             AND coalesce(cwd, '') = coalesce(?2, '')",
        )?
        .query_row(params![place, cwd], |row| row.get(0))
        .optional()?)
}

/// Stores a row under the next number of its time. Which of its id's rows are shown is for the caller to decide anew;
/// after that comes [`index`].
pub(super) fn insert(db: &Connection, entry: &Row<'_>) -> Result<i64, Fault> {
    let row = number::free(db, entry.at_ms)?;
    let (file, position) = entry.file.unzip();
    db.prepare_cached(
        "INSERT INTO history (row, id, at, kind, hostname, file, position, project, place, cwd, session) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        row,
        entry.id,
        entry.at_ms,
        entry.kind,
        entry.hostname,
        file,
        position,
        entry.project,
        entry.place,
        entry.cwd,
        entry.session,
    ])?;
    db.prepare_cached("INSERT INTO history_lines (row, line) VALUES (?1, ?2)")?
        .execute(params![row, entry.line])?;
    Ok(row)
}

/// Makes a new row known by its words, which are learnt before; those of one that isn't shown are set aside.
///
/// The full-text index takes rows that grow in one go, and writes a piece of its own at each that doesn't: bring many
/// in their order.
pub(super) fn index(db: &Connection, row: i64, words: &str) -> Result<(), Fault> {
    let is_shadowed: bool = db
        .prepare_cached("SELECT hidden = 2 FROM history WHERE row = ?1")?
        .query_row(params![row], |row| row.get(0))?;
    if is_shadowed {
        db.prepare_cached("DELETE FROM history_excluded WHERE row = ?1")?.execute(params![row])?;
        db.prepare_cached("INSERT INTO history_aside (row, words) VALUES (?1, ?2)")?
            .execute(params![row, words])?;
    } else {
        db.prepare_cached("INSERT INTO history_words (rowid, words) VALUES (?1, ?2)")?
            .execute(params![row, words])?;
    }
    Ok(())
}

/// Takes a row out; its line and what else there is of it go along by their foreign keys.
pub(super) fn remove(db: &Connection, row: i64) -> Result<(), Fault> {
    let aside =
        db.prepare_cached("DELETE FROM history_aside WHERE row = ?1")?.execute(params![row])?;
    if aside == 0 {
        db.prepare_cached("DELETE FROM history_words WHERE rowid = ?1")?.execute(params![row])?;
    }
    db.prepare_cached("DELETE FROM history WHERE row = ?1")?.execute(params![row])?;
    Ok(())
}

/// Whether a project is known; a stored one never goes.
pub(super) fn known(db: &Connection, project: ProjectId) -> Result<(), Fault> {
    let found: Option<i64> = db
        .prepare_cached("SELECT id FROM projects WHERE id = ?1")?
        .query_row(params![project.0], |row| row.get(0))
        .optional()?;
    found.map(drop).ok_or_else(|| {
        let message = format!("no project {project} is stored here");
        Fault::Refused(Failure::new(Code::NotFound, message))
    })
}
