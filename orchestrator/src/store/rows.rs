//! Rows of the database as values, and back.

use jiff::Timestamp;
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fault::Fault;
use super::{RunOwner, RunRecord, RunState};
use crate::failure::{Code, Failure};
use crate::seam::{Event, EventBody, RunId, SessionId, TabId, TurnId};

/// Columns of [`run`], in its order.
pub(super) const RUN_COLUMNS: &str = "id, host, started_at, command, cwd, session, tab, turn, state, status, \
     out_offset, err_offset, reader, swept, place";

/// Columns of [`event`], in its order.
pub(super) const EVENT_COLUMNS: &str = "seq, at, session, tab, turn, body";

/// A number as SQLite holds it: no file has 2^63 bytes, and no log as many events.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as we hold it; none of those that are stored is negative.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| {
        Fault::Refused(Failure::new(Code::Internal, format!("could not write JSON: {error}")))
    })
}

/// JSON as a value; `place` names the row.
pub(super) fn value<T: DeserializeOwned>(place: &str, json: &str) -> Result<T, Fault> {
    serde_json::from_str(json).map_err(|error| Fault::row(place, error))
}

/// A time that was stored as milliseconds.
pub(super) fn time(place: &str, millis: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_millisecond(millis).map_err(|error| Fault::row(place, error))
}

/// An event; `bytes` of its JSON tell how large it is.
///
/// A kind that this version doesn't know, or knows otherwise, is [`EventBody::Unknown`]; what is no JSON is damage.
pub(super) fn event(row: &Row<'_>) -> Result<(Event, usize), Fault> {
    let seq = unsigned(row.get(0)?);
    let place = || format!("event {seq}");
    let json = row.get_ref(5)?.as_str().map_err(|error| Fault::row(place(), error))?;
    let body = match serde_json::from_str::<EventBody>(json) {
        Ok(body) => body,
        Err(error) => match serde_json::from_str::<Value>(json) {
            Ok(value) if value.get("type").is_some_and(Value::is_string) => EventBody::Unknown,
            Ok(_) | Err(_) => return Err(Fault::row(place(), error)),
        },
    };
    let event = Event {
        seq,
        at: time(&place(), row.get(1)?)?,
        session: SessionId::new(row.get::<_, String>(2)?),
        tab: row.get::<_, Option<String>>(3)?.map(TabId::new),
        turn: row.get::<_, Option<String>>(4)?.map(TurnId::new),
        body,
    };
    Ok((event, json.len()))
}

/// A run.
pub(super) fn run(row: &Row<'_>) -> Result<RunRecord, Fault> {
    let id: String = row.get(0)?;
    let place = format!("run {id}");
    let owner = match (row.get::<_, Option<String>>(5)?, row.get::<_, Option<String>>(6)?) {
        (Some(session), Some(tab)) => Some(RunOwner {
            session: SessionId::new(session),
            tab: TabId::new(tab),
            turn: row.get::<_, Option<String>>(7)?.map(TurnId::new),
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(Fault::row(place, "a session and a tab belong together"));
        }
    };
    let reader: Option<String> = row.get(12)?;
    let at: Option<String> = row.get(14)?;
    Ok(RunRecord {
        host: row.get(1)?,
        started_at: time(&place, row.get(2)?)?,
        command: row.get(3)?,
        cwd: row.get(4)?,
        owner,
        state: state(&place, &row.get::<_, String>(8)?)?,
        status: row.get(9)?,
        out_offset: unsigned(row.get(10)?),
        err_offset: unsigned(row.get(11)?),
        reader: reader.map(|json| value(&place, &json)).transpose()?,
        swept: row.get(13)?,
        place: at.map(|json| value(&place, &json)).transpose()?,
        id: RunId::new(id),
    })
}

/// How a run's state is written.
pub(super) fn state_word(state: RunState) -> &'static str {
    match state {
        RunState::Launching => "launching",
        RunState::Running => "running",
        RunState::Ended => "ended",
        RunState::Never => "never",
        RunState::Left => "left",
    }
}

fn state(place: &str, word: &str) -> Result<RunState, Fault> {
    [RunState::Launching, RunState::Running, RunState::Ended, RunState::Never, RunState::Left]
        .into_iter()
        .find(|state| state_word(*state) == word)
        .ok_or_else(|| Fault::row(place, format!("`{word}` is no state")))
}
