//! The frames of the engine's socket: one JSON object a line, in both directions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

use super::{
    Command, CommandId, Delivery, Event, HistoryNews, HostConnection, HostQuestion, Partial, Query,
    Reply, Request, Subscribe,
};
use crate::failure::{Code, Failure};

/// The version of these frames; a change that an older side can't read makes it one more.
pub const PROTOCOL: u32 = 1;

/// Bytes of a line before both sides have said hello.
pub(super) const HELLO_BYTES: usize = 64 << 10;
/// Bytes of a request, but those of [`LARGE`].
pub(super) const FRAME_BYTES: usize = 1 << 20;
/// Bytes of a request that carries a prompt and images, and of whatever the engine says: what came in goes out again.
pub(super) const LARGE_BYTES: usize = 64 << 20;
/// What a frame needs beside its contents, at most.
const ENVELOPE_BYTES: usize = 64 << 10;
/// Methods that may carry a prompt, or what goes into a file.
const LARGE: [&str; 4] = ["send", "edit_message", "add_history", "file"];
/// Requests of one connection that may be under way.
pub(super) const IN_FLIGHT: usize = 64;
/// How often the engine shows that it lives; who hears nothing for three times as long takes it for dead.
pub(super) const TICK: Duration = Duration::from_secs(15);

/// What a front end says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    /// The first line.
    Hello(Hello),
    /// A call, or the beginning or end of a subscription.
    Request(Asked),
}

/// Who comes, and what it speaks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) protocol: Range,
    pub(super) client: Program,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) resume: Option<Resume>,
}

/// Versions that somebody speaks, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    pub(super) min: u32,
    pub(super) max: u32,
}

/// A program at one end of the socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its name, such as `baton`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its process.
    #[serde(default)]
    pub pid: u32,
}

/// Where a front end left off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Resume {
    pub(super) epoch: String,
    pub(super) seq: u64,
}

/// A request as it stands on the line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) method: String,
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub(super) params: Value,
    #[serde(rename = "commandId", skip_serializing_if = "Option::is_none", default)]
    pub(super) command: Option<CommandId>,
    #[serde(rename = "deadlineMs", skip_serializing_if = "Option::is_none", default)]
    pub(super) deadline_ms: Option<u64>,
}

/// What the engine says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromEngine {
    /// The answer to a hello.
    Hello(Welcome),
    /// The answer to a request.
    Response(Response),
    /// Something for a subscription.
    Event(Told),
    /// All that was stored up to `seq` has been said.
    Sync { subscription: String, seq: u64, at: Timestamp },
    /// A subscription has ended; the connection goes on.
    Ended {
        subscription: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        error: Option<Failure>,
    },
    /// A sign of life.
    Tick { at: Timestamp },
    /// The engine ends; what is under way is still answered.
    Shutdown { reason: String },
    /// The connection is closed for this reason.
    Error { error: Failure },
    /// From a newer version of the same protocol: it means nothing to us, and may be left out.
    #[serde(other)]
    Unknown,
}

/// Who answers, and where its log stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Welcome {
    /// The version that is spoken from here on.
    pub(super) protocol: u32,
    pub(super) server: Program,
    /// The data directory that it is the engine of.
    pub(super) data: String,
    pub(super) epoch: String,
    /// The last event's number.
    pub(super) head: u64,
    /// The first event's number that is still there; `head + 1` where there is none.
    pub(super) oldest: u64,
    pub(super) mode: Mode,
    pub(super) limits: Limits,
}

/// How a front end goes on from where it left off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// It named nothing.
    Fresh,
    /// From its number on.
    Replay,
    /// Its number means nothing here: with a snapshot.
    Snapshot,
}

/// What a connection may ask for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Limits {
    pub(super) frame_bytes: usize,
    pub(super) large_frame_bytes: usize,
    pub(super) in_flight: usize,
    pub(super) tick_ms: u64,
}

impl Limits {
    pub(super) fn ours() -> Self {
        Self {
            frame_bytes: FRAME_BYTES,
            large_frame_bytes: LARGE_BYTES,
            in_flight: IN_FLIGHT,
            tick_ms: u64::try_from(TICK.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// An answer: `payload` when `ok`, `error` otherwise.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Response {
    pub(super) id: String,
    pub(super) ok: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) payload: Option<Reply>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) error: Option<Failure>,
}

impl Response {
    pub(super) fn new(id: String, answer: Result<Reply, Failure>) -> Self {
        match answer {
            Ok(reply) => Self { id, ok: true, payload: Some(reply), error: None },
            Err(failure) => Self { id, ok: false, payload: None, error: Some(failure) },
        }
    }

    pub(super) fn into_answer(self) -> Result<Reply, Failure> {
        match (self.payload, self.error) {
            (Some(reply), None) if self.ok => Ok(reply),
            (None, Some(failure)) if !self.ok => Err(failure),
            _ => Err(Failure::new(Code::Internal, "the engine gave an answer that is none")),
        }
    }
}

/// Something for a subscription: a stored event has `seq`, an unfinished piece has `key`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    /// The id of the request that began it.
    pub(super) subscription: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) seq: Option<u64>,
    /// The number that was said before in this subscription, so that a gap shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) prev: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) event: Option<Box<Event>>,
    /// What the piece replaces: the one before of the same key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) partial: Option<Partial>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) history: Option<Box<HistoryNews>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) connections: Option<Vec<HostConnection>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) questions: Option<Vec<HostQuestion>>,
    /// What a [`super::Watch`] gives.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) watched: Option<Box<Delivery>>,
}

/// What a request asks for.
#[derive(Debug)]
pub(super) enum Wish {
    /// A call of the seam.
    Call(Request),
    /// The beginning of a subscription, which is known by the request's id.
    Subscribe(Subscribe),
    /// The end of one.
    Unsubscribe(String),
}

const COMMANDS: [&str; 24] = [
    "new_session",
    "edit_session",
    "remove_session",
    "send",
    "interrupt",
    "edit_message",
    "move_message",
    "remove_message",
    "restore_message",
    "rename_tab",
    "move_tab",
    "pause_queue",
    "fresh_conversation",
    "resolve_approval",
    "retry_host",
    "answer_question",
    "add_history",
    "sync_history",
    "ignore_history",
    "file",
    "repository",
    "operation",
    "terminal",
    "keep_history_here",
];
const QUERIES: [&str; 19] = [
    "snapshot",
    "session",
    "events",
    "events_before",
    "agents",
    "directory",
    "git",
    "images",
    "approvals",
    "prompt",
    "history",
    "history_entry",
    "history_activity",
    "outbox",
    "file",
    "repository",
    "operation",
    "terminals",
    "command_status",
];

impl Asked {
    /// Reads what is asked for.
    ///
    /// # Errors
    ///
    /// `unsupported` for a method that nobody knows, `usage` for parameters that don't fit it or a command without an
    /// id, `too_large` for what has more `bytes` than its method may have.
    pub(super) fn wish(self, bytes: usize) -> Result<Wish, Failure> {
        let Self { method, params, command, .. } = self;
        if bytes > FRAME_BYTES && !LARGE.contains(&&*method) {
            let message = format!("a request of {bytes} bytes is too large for `{method}`");
            return Err(Failure::new(Code::TooLarge, message)
                .hint(format!("It may have {FRAME_BYTES} bytes")));
        }
        let unfit = |error: serde_json::Error| {
            let message = format!("the parameters of `{method}` don't fit: {}", shape(&error));
            Failure::new(Code::Usage, message)
        };
        let call = || {
            let mut call = serde_json::Map::new();
            call.insert("method".into(), method.clone().into());
            if !params.is_null() {
                call.insert("params".into(), params.clone());
            }
            Value::Object(call)
        };
        if method == "subscribe" {
            let params =
                if params.is_null() { Value::Object(serde_json::Map::new()) } else { params };
            return serde_json::from_value(params).map(Wish::Subscribe).map_err(unfit);
        }
        if method == "unsubscribe" {
            return match params.get("subscription").and_then(Value::as_str) {
                Some(id) => Ok(Wish::Unsubscribe(id.to_owned())),
                None => Err(Failure::new(Code::Usage, "`unsubscribe` needs a `subscription`")),
            };
        }
        // Some names mean a question without an id, and a wish with one.
        if QUERIES.contains(&&*method) && (command.is_none() || !COMMANDS.contains(&&*method)) {
            let query: Query = serde_json::from_value(call()).map_err(unfit)?;
            return Ok(Wish::Call(Request::Query { query }));
        }
        if COMMANDS.contains(&&*method) {
            let Some(id) = command else {
                return Err(Failure::new(Code::Usage, format!("`{method}` needs a `commandId`"))
                    .hint("With it, the command runs once however often it is sent"));
            };
            let command: Command = serde_json::from_value(call()).map_err(unfit)?;
            return Ok(Wish::Call(Request::Command { id, command }));
        }
        Err(Failure::new(Code::Unsupported, format!("there is no method `{method}`")))
    }
}

/// What serde says of a shape, without the values that it found: they may be prompts or secrets.
fn shape(error: &serde_json::Error) -> String {
    let words = error.to_string();
    match (words.find('"'), words.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}…{}", &words[..first], &words[last + 1..])
        }
        _ => words,
    }
}

/// A request's line without its newline.
///
/// # Errors
///
/// `too_large`, see [`fits`].
pub(super) fn request_line(id: &str, request: &Request) -> Result<Vec<u8>, Failure> {
    #[derive(Serialize)]
    struct Line<'a, C> {
        r#type: &'static str,
        id: &'a str,
        #[serde(rename = "commandId", skip_serializing_if = "Option::is_none")]
        command: Option<&'a CommandId>,
        #[serde(flatten)]
        call: &'a C,
    }
    let r#type = "request";
    let line = match request {
        Request::Command { id: command, command: call } => {
            serde_json::to_vec(&Line { r#type, id, command: Some(command), call })
        }
        Request::Query { query: call } => {
            serde_json::to_vec(&Line { r#type, id, command: None, call })
        }
    };
    let line = line.map_err(|error| {
        Failure::new(Code::Internal, format!("could not write a request: {error}"))
    })?;
    let limit = match request {
        Request::Command {
            command:
                Command::Send { .. }
                | Command::EditMessage { .. }
                | Command::AddHistory(_)
                | Command::File(_),
            ..
        } => LARGE_BYTES,
        Request::Command { .. } | Request::Query { .. } => FRAME_BYTES,
    };
    if line.len() > limit { Err(too_large(line.len(), limit)) } else { Ok(line) }
}

/// Says whether a request fits into a frame: where it doesn't, an engine in this process refuses it as one behind a
/// socket would.
///
/// # Errors
///
/// `too_large` with both sizes.
pub(super) fn fits(request: &Request) -> Result<(), Failure> {
    let Request::Command { command: Command::Send { message, .. }, .. } = request else {
        // The others are written in the twinkling of an eye.
        return request_line("", request).map(drop);
    };
    // A byte of an image takes 4/3 in base64; those of a prompt are counted when it is written.
    let images: usize = message
        .images
        .iter()
        .map(|image| image.bytes.len().div_ceil(3) * 4 + image.name.len())
        .sum();
    let prompt = serde_json::to_string(&message.prompt).map_or(0, |json| json.len());
    let bytes = images + prompt;
    let limit = LARGE_BYTES - ENVELOPE_BYTES;
    if bytes > limit { Err(too_large(bytes, limit)) } else { Ok(()) }
}

fn too_large(bytes: usize, limit: usize) -> Failure {
    Failure::new(Code::TooLarge, format!("a request of {bytes} bytes is too large"))
        .hint(format!("It may have {limit} bytes; send fewer or smaller images, or a file's path"))
}

/// A frame's line with its newline.
pub(super) fn line(frame: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut line = serde_json::to_vec(frame).map_err(|error| {
        Failure::new(Code::Internal, format!("could not write a frame: {error}"))
    })?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
