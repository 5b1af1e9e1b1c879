//! Entries that wait to be written into a shared file.

use rusqlite::{Connection, params};

use super::types::OutboxJob;
use crate::failure::Failure;
use crate::host::Place;
use crate::store::fault::Fault;
use crate::store::rows::{json, time, unsigned, value};

/// Forgets jobs that are done.
pub(in crate::store) fn sent(db: &Connection, positions: &[i64]) -> Result<(), Fault> {
    each(db, "DELETE FROM history_outbox WHERE position = ?1", positions)
}

/// Notes that an attempt begins: from now on the lines may be in the file.
pub(in crate::store) fn tried(db: &Connection, positions: &[i64]) -> Result<(), Fault> {
    each(db, "UPDATE history_outbox SET tried = 1 WHERE position = ?1", positions)
}

/// Notes why an attempt failed. What an earlier one may have written may still be there, so `tried` stays.
pub(in crate::store) fn not_sent(
    db: &Connection,
    positions: &[i64],
    failure: &Failure,
) -> Result<(), Fault> {
    let failure = json(failure)?;
    let mut update =
        db.prepare_cached("UPDATE history_outbox SET failure = ?2 WHERE position = ?1")?;
    for position in positions {
        update.execute(params![position, failure])?;
    }
    Ok(())
}

fn each(db: &Connection, sql: &str, positions: &[i64]) -> Result<(), Fault> {
    let mut statement = db.prepare_cached(sql)?;
    for position in positions {
        statement.execute(params![position])?;
    }
    Ok(())
}

/// Jobs behind the position `after`, in the order of sending; no further one when they have `bytes` together.
pub(super) fn jobs(
    db: &Connection,
    place: Option<&Place>,
    after: i64,
    bytes: usize,
) -> Result<Vec<OutboxJob>, Fault> {
    let place = place.map(json).transpose()?;
    let here = if place.is_some() { "AND o.place = ?2" } else { "AND ?2 IS NULL" };
    let mut select = db.prepare_cached(&format!(
        "SELECT o.position, o.row, h.id, l.line, o.place, o.cwd, o.at, o.tried, o.failure \
         FROM history_outbox o JOIN history h ON h.row = o.row JOIN history_lines l ON l.row = o.row \
         WHERE o.position > ?1 {here} ORDER BY o.position"
    ))?;
    let mut rows = select.query(params![after, place])?;
    let mut jobs = Vec::new();
    let mut had = 0;
    while let Some(row) = rows.next()? {
        let position: i64 = row.get(0)?;
        let named = format!("outbox {position}");
        let failure: Option<String> = row.get(8)?;
        let job = OutboxJob {
            position,
            row: row.get(1)?,
            id: row.get(2)?,
            line: row.get(3)?,
            place: value(&named, &row.get::<_, String>(4)?)?,
            cwd: row.get(5)?,
            at: time(&named, row.get(6)?)?,
            tried: row.get(7)?,
            failure: failure.map(|json| value(&named, &json)).transpose()?,
        };
        had += job.line.len();
        if had > bytes && !jobs.is_empty() {
            break;
        }
        jobs.push(job);
    }
    Ok(jobs)
}

/// How many wait.
pub(super) fn waiting(db: &Connection) -> Result<u64, Fault> {
    let count = db.query_row("SELECT count(*) FROM history_outbox", [], |row| row.get(0))?;
    Ok(unsigned(count))
}
