//! What agents say, whatever format they say it in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Code;

/// One thing that an agent said or did, as its parser made it out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    /// The agent's own id of this conversation, to resume it with.
    AgentSession {
        /// As the agent calls it.
        id: String,
    },
    /// A finished piece of the answer.
    Text {
        /// Markdown.
        text: String,
    },
    /// What an agent prints for people, as it stands: no Markdown, and each space counts.
    Printed {
        /// Without what steers a terminal.
        text: String,
        /// Whether this is a whole piece, whose parts came before; else it is such a part.
        whole: bool,
    },
    /// A part of a piece that is still being written; [`Item::Text`] or [`Item::Reasoning`] follows with the whole.
    Delta {
        /// Whether it belongs to the reasoning.
        reasoning: bool,
        /// What was added.
        text: String,
    },
    /// What the agent thought aloud.
    Reasoning {
        /// Markdown.
        text: String,
    },
    /// A tool call; told again under its id when its status changes.
    ToolCall(ToolCall),
    /// What this turn has used so far: replaces what was told before in the same turn.
    Usage(Usage),
    /// Something went wrong; taken only from error objects, never from prose.
    Error(AgentError),
    /// The agent wants a person to decide; only from agents that talk.
    Approval(ApprovalRequest),
    /// The turn is over, as far as the agent tells.
    Ended {
        /// Whether the agent calls it a success.
        ok: bool,
        /// The final answer, where the agent repeats it.
        text: Option<String>,
    },
    /// A line of another kind, kept as it is.
    Unknown {
        /// What the line calls itself; empty where it doesn't.
        kind: String,
        /// The line, lossily decoded and cut at 64 KiB.
        line: String,
    },
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The agent's id of the call.
    pub id: String,
    /// The tool's name, such as `Bash` or `command_execution`.
    pub name: String,
    /// How far it is.
    pub status: ToolStatus,
    /// Its arguments.
    #[serde(default)]
    pub input: Value,
    /// What came out, cut at 64 KiB in its middle.
    #[serde(default)]
    pub output: Option<String>,
}

/// How far a tool call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolStatus {
    /// At work.
    Running,
    /// Ended well.
    Done,
    /// Ended badly.
    Failed,
}

/// What a turn has used. Tokens are counted once: cached input is not part of `input_tokens`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Input that was not cached.
    pub input_tokens: u64,
    /// Output, reasoning included.
    pub output_tokens: u64,
    /// Input taken from a cache.
    pub cache_read_tokens: u64,
    /// Input put into a cache.
    pub cache_write_tokens: u64,
    /// The part of the output that was reasoning.
    pub reasoning_tokens: u64,
    /// Where the agent reports it.
    pub cost_usd: Option<f64>,
    /// Tokens that the model's context holds, where known.
    pub context_window: Option<u64>,
    /// Tokens of the context that are in use now, where known.
    pub context_tokens: Option<u64>,
}

/// An error that an agent reported as such.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentError {
    /// What kind.
    pub kind: AgentErrorKind,
    /// The agent's words.
    pub message: String,
    /// When a rate limit ends, where the agent says it.
    #[serde(default)]
    pub resets_at: Option<Timestamp>,
    /// Whether the agent goes on by itself.
    #[serde(default)]
    pub goes_on: bool,
}

/// The kinds of errors that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentErrorKind {
    /// It wants a login or another key.
    NotLoggedIn,
    /// The provider asks to wait.
    RateLimited,
    /// The conversation has outgrown the model's context.
    ContextExhausted,
    /// It knows no conversation of that id.
    SessionNotFound,
    /// No such model, or none that this account may use.
    ModelUnknown,
    /// The provider can't be reached, or fails.
    Provider,
    /// Anything else.
    Other,
}

impl AgentErrorKind {
    /// The code under which front ends see it.
    pub fn code(self) -> Code {
        match self {
            Self::NotLoggedIn => Code::AgentNotLoggedIn,
            Self::RateLimited => Code::RateLimited,
            Self::ContextExhausted => Code::TooLarge,
            Self::SessionNotFound | Self::ModelUnknown => Code::NotFound,
            Self::Provider | Self::Other => Code::AgentFailed,
        }
    }
}

/// A question of an agent that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// The agent's id of the request: the answer carries it.
    pub request: Value,
    /// What it is about, in a line.
    pub title: String,
    /// The tool call that waits, where it is one.
    #[serde(default)]
    pub tool_call: Option<ToolCall>,
    /// What may be answered.
    pub options: Vec<ApprovalChoice>,
}

/// One answer that the agent offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalChoice {
    /// The agent's id of the answer.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// What it means.
    pub kind: ChoiceKind,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceKind {
    /// Yes, this once.
    AllowOnce,
    /// Yes, and don't ask again.
    AllowAlways,
    /// No, this once.
    RejectOnce,
    /// No, and don't ask again.
    RejectAlways,
}
