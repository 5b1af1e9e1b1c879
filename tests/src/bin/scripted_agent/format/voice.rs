use std::{
    io::{self, ErrorKind},
    str::FromStr,
};

use serde_json::Value;

use super::{claude::Claude, codex::Codex, gemini::Gemini, opencode::Opencode, plain::Plain};
use crate::{failure::FailureKind, usage::Usage};

/// How the agent talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text.
    Plain,
    /// The JSON lines of `claude --print --output-format stream-json`.
    Claude,
    /// The JSON lines of `codex exec --json` (0.169).
    Codex,
    /// The JSON lines of `opencode run --format json` (1.18).
    Opencode,
    /// The JSON lines of `gemini --output-format stream-json` (0.61).
    Gemini,
    /// Agent Client Protocol over stdio, with modes as `gemini --acp` has them.
    Acp,
    /// The same with configuration options in their place, as `opencode acp` has them.
    OpencodeAcp,
    /// The JSON-RPC of `codex app-server` (0.169) over stdio.
    CodexAppServer,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "plain" => Ok(Self::Plain),
            "claude" => Ok(Self::Claude),
            "codex" => Ok(Self::Codex),
            "opencode" => Ok(Self::Opencode),
            "gemini" => Ok(Self::Gemini),
            "acp" => Ok(Self::Acp),
            "opencode-acp" => Ok(Self::OpencodeAcp),
            "codex-app-server" => Ok(Self::CodexAppServer),
            _ => Err(format!("no format {name}")),
        }
    }
}

impl Format {
    /// The name that [`from_str`](Self::from_str) reads.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Opencode => "opencode",
            Self::Gemini => "gemini",
            Self::Acp => "acp",
            Self::OpencodeAcp => "opencode-acp",
            Self::CodexAppServer => "codex-app-server",
        }
    }
}

/// What a turn begins with.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    /// The session's id, resumed or new.
    pub(crate) session: String,
    pub(crate) model: Option<String>,
    pub(crate) directory: String,
    /// Print the pieces of a message as they come (claude).
    pub(crate) is_partial: bool,
    pub(crate) prompt: String,
}

/// What came back when somebody was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The option's id, or `cancelled`.
    pub(crate) words: String,
    pub(crate) is_allowed: bool,
}

/// How a turn ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With this status; 0 is well.
    Exit(u8),
    /// With an error object, already said.
    Failed(u8),
    /// Somebody cancelled it.
    Cancelled,
}

/// What an agent can say, whatever its format.
pub(crate) trait Voice {
    fn begin(&mut self) -> io::Result<()>;
    fn message(&mut self, text: &str) -> io::Result<()>;
    fn thinking(&mut self, text: &str) -> io::Result<()>;
    fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()>;
    /// Says an error object; returns the status that the real agent would exit with.
    fn failure(&mut self, kind: FailureKind) -> io::Result<u8>;
    fn end(&mut self, end: End, usage: &Usage) -> io::Result<()>;

    /// Asks for a permission and waits for the answer.
    fn ask(&mut self, _title: &str) -> io::Result<Answer> {
        Err(cannot("ask"))
    }

    /// What the agent may do, as its client has set it.
    fn mode(&self) -> io::Result<String> {
        Err(cannot("be set a mode"))
    }

    /// Sends any request to the client and waits; null when the turn is cancelled first.
    fn request(&mut self, _method: &str, _params: Value) -> io::Result<Value> {
        Err(cannot("send requests"))
    }
}

fn cannot(what: &str) -> io::Error {
    io::Error::new(ErrorKind::Unsupported, format!("an agent can't {what} in this format"))
}

/// The voice of a format whose turn ends with the process; none for the agents that talk.
pub(crate) fn of(format: Format, beginning: Beginning) -> Option<Box<dyn Voice>> {
    match format {
        Format::Plain => Some(Box::new(Plain)),
        Format::Claude => Some(Box::new(Claude::new(beginning))),
        Format::Codex => Some(Box::new(Codex::new(beginning))),
        Format::Opencode => Some(Box::new(Opencode::new(beginning))),
        Format::Gemini => Some(Box::new(Gemini::new(beginning))),
        Format::Acp | Format::OpencodeAcp | Format::CodexAppServer => None,
    }
}
