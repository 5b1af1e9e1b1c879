//! What other people's shared files hold: put in, replaced and dropped file by file.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::entries::{self, Row};
use super::hidden;
use super::types::{ProjectId, SharedEntry};
use super::words::learn;
use crate::store::fault::Fault;
use crate::store::rows::signed;

/// What was read of a shared file.
#[derive(Debug)]
pub(in crate::store) struct Shared<'a> {
    pub(in crate::store) project: ProjectId,
    pub(in crate::store) file: &'a str,
    pub(in crate::store) index: &'a str,
    pub(in crate::store) reset: bool,
    pub(in crate::store) entries: &'a [SharedEntry],
    pub(in crate::store) keep: u64,
}

/// Stores what was read of a shared file, and how far.
pub(in crate::store) fn put_shared(db: &Connection, shared: &Shared<'_>) -> Result<(), Fault> {
    entries::known(db, shared.project)?;
    let file: i64 = db
        .prepare_cached(
            "INSERT INTO history_files (project, name, state) VALUES (?1, ?2, ?3) \
             ON CONFLICT (project, name) DO UPDATE SET state = excluded.state RETURNING id",
        )?
        .query_row(params![shared.project.0, shared.file, shared.index], |row| row.get(0))?;
    let mut touched = BTreeSet::new();
    if shared.reset {
        take_out(db, &rows(db, file, 0)?, &mut touched)?;
    }
    // One entry a position, and those that would go again at once not at all: a first read may bring a whole file.
    let fresh: BTreeMap<i64, &SharedEntry> =
        shared.entries.iter().map(|entry| (signed(entry.position), entry)).collect();
    let keep = usize::try_from(shared.keep).unwrap_or(usize::MAX);
    let mut at =
        db.prepare_cached("SELECT row, id FROM history WHERE file = ?1 AND position = ?2")?;
    for position in fresh.keys() {
        let old: Option<(i64, String)> = at
            .query_row(params![file, position], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        take_out(db, old.as_slice(), &mut touched)?;
    }
    let mut fresh: Vec<(i64, &SharedEntry)> = fresh.into_iter().rev().take(keep).collect();
    fresh.sort_by_key(|(position, entry)| (entry.at_ms, *position));
    let mut new = Vec::with_capacity(fresh.len());
    for (position, entry) in fresh {
        let row = entries::insert(
            db,
            &Row {
                id: &entry.id,
                at_ms: entry.at_ms,
                kind: &entry.kind,
                hostname: entry.hostname.as_deref(),
                file: Some((file, position)),
                project: Some(shared.project.0),
                line: &entry.line,
                ..Row::default()
            },
        )?;
        new.push((row, entry.words.as_str()));
        touched.insert(entry.id.clone());
    }
    hidden::refresh(db, touched.iter().map(String::as_str))?;
    new.sort_unstable();
    learn(db, new.iter().map(|(_, words)| *words))?;
    for (row, words) in new {
        entries::index(db, row, words)?;
    }
    let mut touched = BTreeSet::new();
    take_out(db, &rows(db, file, shared.keep)?, &mut touched)?;
    hidden::refresh(db, touched.iter().map(String::as_str))
}

/// Forgets a shared file; one that isn't known is forgotten already.
pub(in crate::store) fn drop_shared(
    db: &Connection,
    project: ProjectId,
    name: &str,
) -> Result<(), Fault> {
    let file: Option<i64> = db
        .prepare_cached("SELECT id FROM history_files WHERE project = ?1 AND name = ?2")?
        .query_row(params![project.0, name], |row| row.get(0))
        .optional()?;
    let Some(file) = file else { return Ok(()) };
    let mut touched = BTreeSet::new();
    take_out(db, &rows(db, file, 0)?, &mut touched)?;
    db.prepare_cached("DELETE FROM history_files WHERE id = ?1")?.execute(params![file])?;
    hidden::refresh(db, touched.iter().map(String::as_str))
}

/// The shared files of a project by name, each with what its reader has noted of it.
pub(super) fn files(db: &Connection, project: ProjectId) -> Result<Vec<(String, String)>, Fault> {
    let mut select = db
        .prepare_cached("SELECT name, state FROM history_files WHERE project = ?1 ORDER BY name")?;
    let files = select
        .query_map(params![project.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(files)
}

/// The rows of a file with their ids, but for the last `keep`.
fn rows(db: &Connection, file: i64, keep: u64) -> Result<Vec<(i64, String)>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT row, id FROM history WHERE file = ?1 ORDER BY position DESC LIMIT -1 OFFSET ?2",
    )?;
    let rows = select
        .query_map(params![file, signed(keep)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

fn take_out(
    db: &Connection,
    rows: &[(i64, String)],
    touched: &mut BTreeSet<String>,
) -> Result<(), Fault> {
    for (row, id) in rows {
        entries::remove(db, *row)?;
        touched.insert(id.clone());
    }
    Ok(())
}
