//! Questions about the history.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::arms::{Arm, arms};
use super::types::{
    Activity, HistoryQuery, HistoryRow, HistoryRows, HistoryScope, HistorySource, ProjectId,
};
use crate::failure::{Code, Failure};
use crate::seam::SessionId;
use crate::store::fault::Fault;
use crate::store::rows::unsigned;

/// Rows of one answer at most.
const MOST_ROWS: usize = 1_000;
/// Spans of time of one answer at most.
const MOST_BUCKETS: usize = 10_000;

/// The rows that are asked for, newest first, and how many there are; no further row when they have `bytes` together.
pub(super) fn history(
    db: &Connection,
    query: &HistoryQuery,
    bytes: usize,
) -> Result<HistoryRows, Fault> {
    let arms = arms(db, query, false)?;
    let mut rows = Vec::new();
    let mut had = 0;
    for number in page(db, query, &arms)? {
        let row = one(db, number)?;
        had += row.line.len();
        if had > bytes && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    Ok(HistoryRows { rows, total: total(db, query, &arms)? })
}

fn page(db: &Connection, query: &HistoryQuery, arms: &[Arm]) -> Result<Vec<i64>, Fault> {
    let limit = query.limit.min(MOST_ROWS);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let parts: Vec<String> =
        arms.iter().map(|arm| format!("SELECT {} AS number {}", arm.row, arm.tail)).collect();
    let sql = format!("{} ORDER BY number DESC LIMIT ? OFFSET ?", parts.join(" UNION ALL "));
    let number = |number: usize| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let values = arms
        .iter()
        .flat_map(|arm| arm.values.iter().cloned())
        .chain([number(limit), number(query.offset)]);
    let mut select = db.prepare_cached(&sql)?;
    let page =
        select.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(page)
}

fn total(db: &Connection, query: &HistoryQuery, arms: &[Arm]) -> Result<u64, Fault> {
    let plain = query.since_ms.is_none() && query.until_ms.is_none();
    if plain && !arms.iter().any(|arm| arm.row == "w.rowid") {
        return counted(db, query).map(|counts| counts.values().sum());
    }
    let mut total = 0;
    for arm in arms {
        let mut count = db.prepare_cached(&format!("SELECT count(*) {}", arm.tail))?;
        let found: i64 = count.query_row(params_from_iter(&arm.values), |row| row.get(0))?;
        total += unsigned(found);
    }
    Ok(total)
}

/// How many entries there are by source, without a search and a span of time: out of the counts that are kept.
pub(super) fn counted(
    db: &Connection,
    query: &HistoryQuery,
) -> Result<BTreeMap<HistorySource, u64>, Fault> {
    let (scope, values) = match &query.scope {
        HistoryScope::All => ("hidden = 0", vec![]),
        HistoryScope::Project(project) => ("project = ? AND hidden < 2", vec![project.0]),
        HistoryScope::Session { project: Some(project), .. } => {
            ("project = ? AND hidden < 2 AND local = 0", vec![project.0])
        }
        HistoryScope::Session { project: None, .. } => ("0", vec![]),
    };
    let mut sums = Vec::new();
    let mut select = db.prepare_cached(&format!(
        "SELECT local, hostname, kind, sum(entries) FROM history_counts WHERE {scope} GROUP BY 1, 2, 3"
    ))?;
    let mut rows = select.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let local: bool = row.get(0)?;
        let source =
            if local { HistorySource::Local } else { HistorySource::Hostname(row.get(1)?) };
        sums.push((source, row.get::<_, String>(2)?, unsigned(row.get(3)?)));
    }
    if let HistoryScope::Session { session, .. } = &query.scope {
        let mut select =
            db.prepare_cached("SELECT kind, count(*) FROM history WHERE session = ?1 GROUP BY 1")?;
        let mut rows = select.query(params![session.as_str()])?;
        while let Some(row) = rows.next()? {
            sums.push((HistorySource::Local, row.get(0)?, unsigned(row.get(1)?)));
        }
    }
    let mut counts = BTreeMap::new();
    for (source, kind, entries) in sums {
        let kind = query.kinds.is_empty() || query.kinds.contains(&kind);
        if kind && query.source.as_ref().is_none_or(|wanted| *wanted == source) {
            *counts.entry(source).or_default() += entries;
        }
    }
    Ok(counts)
}

/// How many entries of which kind there are in each of `buckets` equal spans from `from_ms` to before `to_ms`.
pub(super) fn activity(
    db: &Connection,
    query: &HistoryQuery,
    from_ms: i64,
    to_ms: i64,
    buckets: usize,
) -> Result<Vec<Activity>, Fault> {
    if buckets > MOST_BUCKETS {
        let message = format!("{buckets} spans of time are more than {MOST_BUCKETS}");
        return Err(Fault::Refused(
            Failure::new(Code::TooLarge, message).hint("Ask for longer spans"),
        ));
    }
    let mut activity = vec![Activity::default(); buckets];
    let query = HistoryQuery {
        since_ms: Some(query.since_ms.map_or(from_ms, |since| since.max(from_ms))),
        until_ms: Some(query.until_ms.map_or(to_ms, |until| until.min(to_ms))),
        ..query.clone()
    };
    for arm in arms(db, &query, true)? {
        let mut select = db.prepare_cached(&format!("SELECT h.at, h.kind {}", arm.tail))?;
        let mut rows = select.query(params_from_iter(&arm.values))?;
        while let Some(row) = rows.next()? {
            let since = i128::from(row.get::<_, i64>(0)?) - i128::from(from_ms);
            let span = i128::from(to_ms) - i128::from(from_ms);
            let bucket = i128::try_from(buckets).unwrap_or_default() * since / span.max(1);
            let Some(bucket) = usize::try_from(bucket).ok().and_then(|at| activity.get_mut(at))
            else {
                continue;
            };
            let kind = row.get_ref(1)?.as_str().unwrap_or_default();
            let count = match kind {
                "USER" => &mut bucket.user,
                "AUTO" => &mut bucket.auto,
                "CUE" => &mut bucket.cue,
                _ => &mut bucket.other,
            };
            *count += 1;
        }
    }
    Ok(activity)
}

/// The entry of that id, or the only one whose id begins so. Of several rows with the id the one that is shown first:
/// what was made here, else that of the project that was known first.
pub(super) fn entry(db: &Connection, prefix: &str) -> Result<HistoryRow, Fault> {
    let mut ids: Vec<String> = db
        .prepare_cached("SELECT DISTINCT id FROM history WHERE id >= ?1 ORDER BY id LIMIT 6")?
        .query_map(params![prefix], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    ids.retain(|id| !prefix.is_empty() && id.starts_with(prefix));
    let found = match ids.as_slice() {
        [] => None,
        [first, more @ ..] if more.is_empty() || first == prefix => Some(first),
        several => {
            let message = format!("`{prefix}` could be {}", several.join(", "));
            let hint = "Give more letters of the id";
            return Err(Fault::Refused(Failure::new(Code::Conflict, message).hint(hint)));
        }
    };
    let row: Option<i64> = match found {
        Some(id) => db
            .prepare_cached(
                "SELECT row FROM history WHERE id = ?1 AND hidden = 0 \
                 ORDER BY file IS NOT NULL, project LIMIT 1",
            )?
            .query_row(params![id], |row| row.get(0))
            .optional()?,
        None => None,
    };
    match row {
        Some(row) => one(db, row),
        None => Err(Fault::Refused(
            Failure::new(Code::NotFound, format!("the history has no entry `{prefix}`"))
                .hint("`baton history` lists them"),
        )),
    }
}

fn one(db: &Connection, number: i64) -> Result<HistoryRow, Fault> {
    let mut select = db.prepare_cached(
        "SELECT h.row, h.id, h.at, h.kind, h.hostname, h.file IS NULL, h.session, h.project, l.line \
         FROM history h JOIN history_lines l ON l.row = h.row WHERE h.row = ?1",
    )?;
    Ok(select.query_row(params![number], read)?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    Ok(HistoryRow {
        row: row.get(0)?,
        id: row.get(1)?,
        at_ms: row.get(2)?,
        kind: row.get(3)?,
        hostname: row.get(4)?,
        local: row.get(5)?,
        session: row.get::<_, Option<String>>(6)?.map(SessionId::new),
        project: row.get::<_, Option<i64>>(7)?.map(ProjectId),
        line: row.get(8)?,
    })
}
