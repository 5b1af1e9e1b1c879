//! Entries that wait to be written into a shared file.

use rusqlite::{Connection, params};

use super::types::{OutboxJob, OutboxScope};
use crate::failure::Failure;
use crate::host::Site;
use crate::store::fault::Fault;
use crate::store::rows::{json, time, unsigned, value};

/// Forgets jobs that are done.
pub(in crate::store) fn sent(db: &Connection, positions: &[i64]) -> Result<(), Fault> {
    each(db, "DELETE FROM history_outbox WHERE position = ?1", positions)
}

/// Notes why an attempt failed.
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

/// What of the outbox is meant, as a condition on `o` and `h` with the parameters 2 and 3.
fn among(scope: &OutboxScope) -> Result<(&'static str, [Option<String>; 2]), Fault> {
    Ok(match scope {
        OutboxScope::All => ("?2 IS NULL AND ?3 IS NULL", [None, None]),
        OutboxScope::Site(site) => (
            "o.place = ?2 AND (o.cwd IS NULL) = (?3 IS NULL) AND coalesce(o.cwd, '') = coalesce(?3, '')",
            [Some(json(&site.place)?), site.cwd.clone()],
        ),
        OutboxScope::Session(session) => {
            ("h.session = ?2 AND ?3 IS NULL", [Some(session.as_str().to_owned()), None])
        }
    })
}

/// Jobs behind the position `after`, in the order of sending; no further one when they have `bytes` together.
pub(super) fn jobs(
    db: &Connection,
    scope: &OutboxScope,
    after: i64,
    bytes: usize,
) -> Result<Vec<OutboxJob>, Fault> {
    let (among, [first, second]) = among(scope)?;
    let mut select = db.prepare_cached(&format!(
        "SELECT o.position, o.row, h.id, l.line, o.place, o.cwd, o.at, o.failure \
         FROM history_outbox o JOIN history h ON h.row = o.row JOIN history_lines l ON l.row = o.row \
         WHERE o.position > ?1 AND {among} ORDER BY o.position"
    ))?;
    let mut rows = select.query(params![after, first, second])?;
    let mut jobs = Vec::new();
    let mut had = 0;
    while let Some(row) = rows.next()? {
        let position: i64 = row.get(0)?;
        let named = format!("outbox {position}");
        let failure: Option<String> = row.get(7)?;
        let job = OutboxJob {
            position,
            row: row.get(1)?,
            id: row.get(2)?,
            line: row.get(3)?,
            site: Site { place: value(&named, &row.get::<_, String>(4)?)?, cwd: row.get(5)? },
            at: time(&named, row.get(6)?)?,
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
pub(super) fn waiting(db: &Connection, scope: &OutboxScope) -> Result<u64, Fault> {
    let (among, [first, second]) = among(scope)?;
    let count = db
        .prepare_cached(&format!(
            "SELECT count(*) FROM history_outbox o JOIN history h ON h.row = o.row \
             WHERE o.position > ?1 AND {among}"
        ))?
        .query_row(params![0, first, second], |row| row.get(0))?;
    Ok(unsigned(count))
}

/// Where something waits for, in the order of sending.
pub(super) fn sites(db: &Connection) -> Result<Vec<Site>, Fault> {
    let mut select = db.prepare_cached(
        "SELECT place, cwd FROM history_outbox GROUP BY place, cwd ORDER BY min(position)",
    )?;
    let mut rows = select.query([])?;
    let mut sites = Vec::new();
    while let Some(row) = rows.next()? {
        let place = value("outbox", &row.get::<_, String>(0)?)?;
        sites.push(Site { place, cwd: row.get(1)? });
    }
    Ok(sites)
}

/// The last position that waits; 0 where nothing does.
pub(super) fn end(db: &Connection) -> Result<i64, Fault> {
    Ok(db
        .query_row("SELECT coalesce(max(position), 0) FROM history_outbox", [], |row| row.get(0))?)
}
