//! Changes and events as statements.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::fault::Fault;
use super::history::{self, Shared};
use super::operations;
use super::rows::{json, signed, state_word, unsigned};
use super::{Batch, Change, Draft, Environment, Receipt, RunRecord, terminals};
use crate::failure::{Code, Failure};
use crate::seam::{Event, Image, MessageId, QueuedMessage, RunId, Session, SessionId, Tab, TabId};

/// Applies a batch inside of the open transaction, and gives its events their numbers.
pub(super) fn batch(db: &Connection, batch: &Batch, at: Timestamp) -> Result<Vec<Event>, Fault> {
    for wanted in &batch.changes {
        change(db, wanted, at)?;
    }
    batch.drafts.iter().map(|draft| append(db, draft, at)).collect()
}

fn change(db: &Connection, change: &Change, at: Timestamp) -> Result<(), Fault> {
    match change {
        Change::PutSession { session, env } => put_session(db, session, env.as_ref()),
        Change::RemoveSession(id) => remove_session(db, id),
        Change::PutTab { session, tab } => put_tab(db, session, tab),
        Change::PutQueue { session, tab, queue } => put_queue(db, session, tab, queue),
        Change::OrderTabs { session, order } => order_tabs(db, session, order),
        Change::PutRemoved { session, removed } => run(
            db,
            "INSERT INTO removed (id, session, body) VALUES (?1, ?2, ?3)",
            params![removed.message.id.as_str(), session.as_str(), json(removed)?],
        ),
        Change::ForgetRemoved(message) => {
            run(db, "DELETE FROM removed WHERE id = ?1", params![message.as_str()])
        }
        Change::PutImages { session, message, images } => put_images(db, session, message, images),
        Change::DropImages(message) => {
            run(db, "DELETE FROM images WHERE message = ?1", params![message.as_str()])
        }
        Change::AddRun(record) => add_run(db, record),
        Change::Progress { run, out_offset, err_offset, reader } => {
            let reader = reader.as_ref().map(json).transpose()?;
            let changed = db
                .prepare_cached(
                    "UPDATE runs SET out_offset = ?2, err_offset = ?3, reader = ?4 WHERE id = ?1",
                )?
                .execute(params![run.as_str(), signed(*out_offset), signed(*err_offset), reader])?;
            if changed == 1 {
                return Ok(());
            }
            let message = format!("no run {run} is stored here");
            Err(Fault::Refused(Failure::new(Code::NotFound, message)))
        }
        Change::SetRun { run: id, state, status } => run(
            db,
            // What its reader knew is of no use when nobody reads on, and holds what the agent said.
            "UPDATE runs SET state = ?2, status = coalesce(status, ?3), \
                 reader = CASE WHEN ?2 IN ('launching', 'running') THEN reader END WHERE id = ?1",
            params![id.as_str(), state_word(*state), status],
        ),
        Change::Swept(id) => swept(db, id),
        Change::PutApproval(approval) => run(
            db,
            "INSERT INTO approvals (id, session, body) VALUES (?1, ?2, ?3) \
             ON CONFLICT (id) DO UPDATE SET session = excluded.session, body = excluded.body",
            params![approval.id.as_str(), approval.session.as_str(), json(approval)?],
        ),
        Change::RemoveApproval(id) => {
            run(db, "DELETE FROM approvals WHERE id = ?1", params![id.as_str()])
        }
        Change::PutReceipt(receipt) => put_receipt(db, receipt, at),
        Change::AddEntry(entry) => history::add(db, entry, at.as_millisecond()),
        Change::RewriteEntry { row, line, words } => history::rewrite(db, *row, line, words),
        Change::PutProject { place, cwd, root } => {
            history::put_project(db, place, cwd.as_deref(), root)
        }
        Change::SetIgnored { project, ignored } => history::set_ignored(db, *project, ignored),
        Change::SetHinted(project) => history::set_hinted(db, *project),
        Change::PutShared { project, file, index, reset, entries, keep } => {
            let (project, reset, keep) = (*project, *reset, *keep);
            history::put_shared(db, &Shared { project, file, index, reset, entries, keep })
        }
        Change::DropShared { project, file } => history::drop_shared(db, *project, file),
        Change::PutTerminal(record) => terminals::put(db, record),
        Change::DropTerminal(id) => terminals::forget(db, id),
        Change::Sent(positions) => history::sent(db, positions),
        Change::NotSent { positions, failure } => history::not_sent(db, positions, failure),
        Change::PutOperation(record) => operations::put(db, record),
        Change::ForgetOperation(id) => operations::forget(db, id),
        Change::AddLine { scope, line } => operations::add_line(db, scope, line),
    }
}

fn put_session(db: &Connection, session: &Session, env: Option<&Environment>) -> Result<(), Fault> {
    // Tabs have rows of their own.
    let body = json(&Session { tabs: Vec::new(), ..session.clone() })?;
    let env = env.map(|env| json(&env.0)).transpose()?;
    run(
        db,
        "INSERT INTO sessions (id, body, env) VALUES (?1, ?2, coalesce(?3, '{}')) \
         ON CONFLICT (id) DO UPDATE SET body = excluded.body, env = coalesce(?3, env)",
        params![session.id.as_str(), body, env],
    )
}

fn remove_session(db: &Connection, id: &SessionId) -> Result<(), Fault> {
    operations::forget_lines(db, id)?;
    let id = params![id.as_str()];
    run(db, "DELETE FROM images WHERE session = ?1", id)?;
    // Tabs, messages and approvals go along by their foreign keys.
    run(db, "DELETE FROM sessions WHERE id = ?1", id)?;
    run(db, "DELETE FROM events WHERE session = ?1", id)?;
    run(db, "DELETE FROM runs WHERE session = ?1 AND swept = 1", id)?;
    // Where a directory is left on a host, the row stays until that is swept: it says that the directory is ours.
    run(db, "UPDATE runs SET reader = NULL WHERE session = ?1", id)
}

/// A run of a session whose directory is gone is of no more use when it is over; one of `baton run` stays, with its status.
fn swept(db: &Connection, id: &RunId) -> Result<(), Fault> {
    let id = params![id.as_str()];
    run(db, "UPDATE runs SET swept = 1 WHERE id = ?1", id)?;
    run(
        db,
        "DELETE FROM runs WHERE id = ?1 AND session IS NOT NULL \
         AND state NOT IN ('launching', 'running')",
        id,
    )
}

fn put_tab(db: &Connection, session: &SessionId, tab: &Tab) -> Result<(), Fault> {
    // The queue has rows of its own.
    let body = json(&Tab { queue: Vec::new(), ..tab.clone() })?;
    run(
        db,
        "INSERT INTO tabs (id, session, body) VALUES (?1, ?2, ?3) \
         ON CONFLICT (id) DO UPDATE SET session = excluded.session, body = excluded.body",
        params![tab.id.as_str(), session.as_str(), body],
    )
}

/// The places that a session's tabs have among all stay the same: they are dealt out anew.
fn order_tabs(db: &Connection, session: &SessionId, order: &[TabId]) -> Result<(), Fault> {
    let mut select =
        db.prepare_cached("SELECT position FROM tabs WHERE session = ?1 ORDER BY position")?;
    let places: Vec<i64> =
        select.query_map(params![session.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if places.len() != order.len() {
        let message =
            format!("{} tabs of {session} can't stand in {} places", order.len(), places.len());
        return Err(Fault::Refused(Failure::new(Code::Internal, message)));
    }
    let mut put = db.prepare_cached("UPDATE tabs SET position = ?2 WHERE id = ?1")?;
    // No place may be held twice, not even in between.
    for (tab, place) in order.iter().zip(&places) {
        put.execute(params![tab.as_str(), -place])?;
    }
    for (tab, place) in order.iter().zip(&places) {
        put.execute(params![tab.as_str(), place])?;
    }
    Ok(())
}

fn put_queue(
    db: &Connection,
    session: &SessionId,
    tab: &TabId,
    queue: &[QueuedMessage],
) -> Result<(), Fault> {
    // A prompt may have many MiB: what stays as it is isn't written again, so its place stays where it can.
    let mut select = db.prepare_cached("SELECT id, position FROM messages WHERE tab = ?1")?;
    let had: HashMap<String, i64> = select
        .query_map(params![tab.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for gone in had.keys().filter(|id| !queue.iter().any(|message| message.id.as_str() == *id)) {
        run(db, "DELETE FROM messages WHERE id = ?1", params![gone])?;
    }
    let mut put = db.prepare_cached(
        "INSERT INTO messages (id, session, tab, position, body) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (id) DO UPDATE SET session = excluded.session, tab = excluded.tab, \
             position = excluded.position, body = excluded.body \
         WHERE tab <> excluded.tab OR position <> excluded.position OR body <> excluded.body",
    )?;
    let mut last = -1;
    for message in queue {
        let kept = had.get(message.id.as_str()).copied().filter(|position| *position > last);
        last = kept.unwrap_or(last + 1);
        put.execute(params![
            message.id.as_str(),
            session.as_str(),
            tab.as_str(),
            last,
            json(message)?
        ])?;
    }
    Ok(())
}

fn put_images(
    db: &Connection,
    session: &SessionId,
    message: &MessageId,
    images: &[Image],
) -> Result<(), Fault> {
    run(db, "DELETE FROM images WHERE message = ?1", params![message.as_str()])?;
    let mut insert = db.prepare_cached(
        "INSERT INTO images (message, position, name, bytes, session) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, image) in (0_i64..).zip(images) {
        insert.execute(params![
            message.as_str(),
            position,
            image.name,
            image.bytes,
            session.as_str()
        ])?;
    }
    Ok(())
}

fn add_run(db: &Connection, record: &RunRecord) -> Result<(), Fault> {
    let owner = record.owner.as_ref();
    run(
        db,
        "INSERT INTO runs (id, host, started_at, command, cwd, session, tab, turn, state, status, \
             out_offset, err_offset, reader, swept, place) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) \
         ON CONFLICT (id) DO NOTHING",
        params![
            record.id.as_str(),
            record.host,
            record.started_at.as_millisecond(),
            record.command,
            record.cwd,
            owner.map(|owner| owner.session.as_str()),
            owner.map(|owner| owner.tab.as_str()),
            owner.and_then(|owner| owner.turn.as_ref()).map(|turn| turn.as_str()),
            state_word(record.state),
            record.status,
            signed(record.out_offset),
            signed(record.err_offset),
            record.reader.as_ref().map(json).transpose()?,
            record.swept,
            record.place.as_ref().map(json).transpose()?,
        ],
    )
}

/// A command has one receipt: a second one means that it ran twice, so its batch is refused whole.
fn put_receipt(db: &Connection, receipt: &Receipt, at: Timestamp) -> Result<(), Fault> {
    let inserted = db
        .prepare_cached(
            "INSERT INTO receipts (id, command, reply, at) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            receipt.id.as_str(),
            receipt.command,
            json(&receipt.reply)?,
            at.as_millisecond()
        ])?;
    if inserted == 1 {
        return Ok(());
    }
    let message = format!("command {} was carried out already", receipt.id);
    Err(Fault::Refused(Failure::new(Code::Conflict, message)))
}

fn append(db: &Connection, draft: &Draft, at: Timestamp) -> Result<Event, Fault> {
    db.prepare_cached(
        "INSERT INTO events (at, session, tab, turn, body) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        at.as_millisecond(),
        draft.session.as_str(),
        draft.tab.as_ref().map(|tab| tab.as_str()),
        draft.turn.as_ref().map(|turn| turn.as_str()),
        json(&draft.body)?,
    ])?;
    Ok(Event {
        seq: unsigned(db.last_insert_rowid()),
        at,
        session: draft.session.clone(),
        tab: draft.tab.clone(),
        turn: draft.turn.clone(),
        body: draft.body.clone(),
    })
}

fn run(db: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<(), Fault> {
    db.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
