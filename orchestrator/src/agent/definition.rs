//! What Baton knows of an agent: the shape of a definition file.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::parser::ParserKind;

/// How an agent is started and understood; read from a TOML file, so that a new agent needs no code.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Letters, digits, `-` and `_`; never changes, since sessions name it.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// A program on the `PATH` of a login, or its path on the host.
    pub program: String,
    /// The line that installs it, for hints.
    #[serde(default)]
    pub install: Option<String>,
    /// Tokens that its model's context holds, until the agent says better.
    #[serde(default)]
    pub context_window: Option<u64>,
    /// Versions that this definition was tried with; others are said, and used all the same.
    #[serde(default)]
    pub tested: Vec<String>,
    /// Arguments that make it print its version. With none it isn't asked.
    #[serde(default = "version_arguments")]
    pub version: Vec<String>,
    /// Environment, whether it talks or not.
    #[serde(default)]
    pub env: Environment,
    /// How to see whether somebody is logged in.
    #[serde(default)]
    pub login: Login,
    /// One process a turn.
    #[serde(default)]
    pub batch: Option<Batch>,
    /// One process for many turns, spoken to over its stdin.
    #[serde(default)]
    pub talk: Option<Talk>,
}

impl Definition {
    /// The hint for somebody who has to log in.
    pub fn login_hint(&self) -> String {
        let program = &self.program;
        let line = self.login.hint.clone();
        line.unwrap_or_else(|| format!("Start `{program}` on the host once and log in there"))
    }
}

fn version_arguments() -> Vec<String> {
    vec!["--version".into()]
}

/// Environment variables. Their values may be secrets, so `Debug` shows the names alone.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environment(pub BTreeMap<String, String>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Signs of a login that need no network. One of them is enough.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Login {
    /// Variables that hold a key or a token.
    pub env: Vec<String>,
    /// Files that hold one: `/…`, `~/…`, or `$NAME/…` for a directory that a variable names.
    pub files: Vec<String>,
    /// Arguments with which the program itself says it by its exit status: 0 is yes.
    pub command: Vec<String>,
    /// Whether nobody is logged in when no sign is there; else that isn't known.
    pub sure: bool,
    /// Exit statuses with which it says that nobody is.
    pub statuses: Vec<i32>,
    /// What to do to log in.
    pub hint: Option<String>,
}

/// How one turn is one process.
///
/// The command line is, in this order: `arguments`, images, `system_prompt`, `model`, `effort`, `unrestricted` or
/// what `read_only` has, the person's own arguments, `resume` or `fresh`, the prompt where it is an argument, `end`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// What its stdout is.
    pub output: ParserKind,
    /// How it gets the prompt.
    pub prompt: PromptBy,
    /// In every turn.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// How it gets images; without it, it takes none.
    #[serde(default)]
    pub images: Option<ImagesBy>,
    /// `{system}` stands for the text; without it, the text goes in front of a conversation's first prompt.
    #[serde(default)]
    pub system_prompt: Option<Vec<String>>,
    /// `{model}` stands for its name.
    #[serde(default)]
    pub model: Option<Vec<String>>,
    /// `{effort}` stands for its name.
    #[serde(default)]
    pub effort: Option<Vec<String>>,
    /// In turns that may change something.
    #[serde(default)]
    pub unrestricted: Vec<String>,
    /// How it is kept from changing anything; without it, read-only turns are refused.
    #[serde(default)]
    pub read_only: Option<ReadOnly>,
    /// In the first turn of a conversation.
    #[serde(default)]
    pub fresh: Vec<String>,
    /// In later turns; `{id}` stands for the agent's own id of the conversation. Without it, each turn is a conversation.
    #[serde(default)]
    pub resume: Option<Vec<String>>,
    /// Last of all.
    #[serde(default)]
    pub end: Vec<String>,
    /// Environment of a turn.
    #[serde(default)]
    pub env: Environment,
    /// Words on stderr of a turn that failed before it said anything: it knows no conversation of that id.
    #[serde(default)]
    pub session_gone: Vec<String>,
}

/// How an agent gets the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptBy {
    /// It reads stdin to its end.
    Stdin,
    /// Behind all other arguments but `end`; seen by everybody on the host who lists processes.
    LastArgument,
    /// As the value of that option; seen in the same way.
    Flag(String),
    /// In a file whose path is the last argument. When the person gives arguments, they are the whole command line,
    /// and the prompt is its stdin.
    Script,
}

/// How an agent gets images.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImagesBy {
    /// Each with these arguments; the one that is `{image}` becomes the path of the file on the host.
    Arguments(Vec<String>),
    /// With the prompt, in the one line of JSON on stdin that Claude Code calls stream-json; these arguments say so.
    ClaudeJson(Vec<String>),
}

/// How an agent is kept from changing anything.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadOnly {
    /// In place of `unrestricted`.
    pub arguments: Vec<String>,
    /// Nothing goes over it: a host or a session that sets one of these to something else is refused.
    pub env: Environment,
    /// The person's arguments that would undo it, and so are left out: `--flag` alone, `--flag=` with its value,
    /// `--flag=start` with a value that begins so, `--flag...` with all values up to the next option.
    pub strips: Vec<String>,
}

/// How an agent talks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Talk {
    /// What it speaks.
    pub protocol: Protocol,
    /// What makes it do so.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// `{model}` stands for its name; without it, the protocol sets the model where it can.
    #[serde(default)]
    pub model: Option<Vec<String>>,
    /// The mode of turns that may change something, in ACP; the agent's own when absent.
    #[serde(default)]
    pub mode: Option<String>,
    /// The mode of read-only turns, in ACP; without it such turns are refused there.
    #[serde(default)]
    pub read_only_mode: Option<String>,
    /// Environment of the process. Nothing goes over it, since it may hold what the agent has to ask for or must not do;
    /// what a person may set otherwise stands in [`Definition::env`].
    #[serde(default)]
    pub env: Environment,
}

/// What an agent that talks speaks, one JSON object a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// The Agent Client Protocol, version 1.
    Acp,
    /// `codex app-server`.
    CodexAppServer,
}
