use serde::{Deserialize, Serialize};

use super::frame::{Between, Frame, Framer, LINE_LIMIT_BYTES, Skipping};
use super::{claude, codex, copilot, droid, gemini, opencode, plain};
use crate::agent::{AgentError, AgentErrorKind, Item, Usage};

/// The formats that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParserKind {
    /// `claude --output-format stream-json`.
    Claude,
    /// `codex exec --json`, of both generations.
    Codex,
    /// `opencode run --format json`.
    Opencode,
    /// `gemini --output-format stream-json`.
    Gemini,
    /// `copilot --output-format json`.
    Copilot,
    /// `droid exec -o stream-json`.
    Droid,
    /// Text for people.
    Plain,
}

/// What the parser of a conversation's next turn has to know of the turns before.
///
/// Some CLIs count a conversation's tokens and not a turn's: this is where the next one begins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Carry {
    /// What the conversation has used so far, where the agent counts that.
    pub total: Option<Usage>,
    /// Whether it has used something that nobody here has counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
}

impl Carry {
    /// For a conversation of which another program has had the turns before.
    pub fn begun_elsewhere() -> Self {
        Self { total: None, uncounted: true }
    }
}

/// A parser in the middle of a stream, to be stored with what it has given so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Bytes that needn't be read again; the next push begins with the one behind them.
    pub consumed: u64,
    skipping: Option<Skipping>,
    state: State,
}

/// Reads the stdout of one turn.
#[derive(Debug)]
pub struct Parser {
    framer: Framer,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Claude(claude::Claude),
    Codex(Box<codex::Codex>),
    Opencode(opencode::Opencode),
    Gemini(gemini::Gemini),
    Copilot(copilot::Copilot),
    Droid(droid::Droid),
    Plain(plain::Plain),
}

impl Parser {
    /// At the beginning of a turn.
    pub fn new(kind: ParserKind, carry: Carry) -> Self {
        let state = match kind {
            ParserKind::Claude => State::Claude(claude::Claude::default()),
            ParserKind::Codex => State::Codex(Box::new(codex::Codex::new(carry))),
            ParserKind::Opencode => State::Opencode(opencode::Opencode::default()),
            ParserKind::Gemini => State::Gemini(gemini::Gemini::default()),
            ParserKind::Copilot => State::Copilot(copilot::Copilot::default()),
            ParserKind::Droid => State::Droid(droid::Droid::default()),
            ParserKind::Plain => State::Plain(plain::Plain::default()),
        };
        Self { framer: Framer::new(state.between(), 0, None), state }
    }

    /// Where `saved` stopped: push the bytes behind [`Saved::consumed`].
    pub fn restore(saved: Saved) -> Self {
        let Saved { consumed, skipping, state } = saved;
        Self { framer: Framer::new(state.between(), consumed, skipping), state }
    }

    /// What has to be stored to go on here; pieces that aren't whole yet are read again.
    pub fn save(&self) -> Saved {
        Saved {
            consumed: self.framer.consumed(),
            skipping: self.framer.skipping(),
            state: self.state.clone(),
        }
    }

    /// Takes the next bytes, and answers up to which offset everything is in `items` or the state.
    pub fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) -> u64 {
        let Self { framer, state } = self;
        framer.push(bytes, &mut |frame| state.frame(frame, items));
        framer.consumed()
    }

    /// The stream has ended: a last line without an end counts, and what was kept back comes out.
    pub fn finish(&mut self, items: &mut Vec<Item>) {
        let Self { framer, state } = self;
        framer.finish(&mut |frame| state.frame(frame, items));
        match state {
            State::Claude(_) | State::Codex(_) | State::Copilot(_) | State::Droid(_) => {}
            State::Opencode(state) => state.finish(items),
            State::Gemini(state) => state.finish(items),
            State::Plain(state) => state.finish(items),
        }
    }

    /// For the next turn of the same conversation.
    pub fn carry(&self) -> Carry {
        match &self.state {
            State::Codex(state) => state.carry(),
            State::Claude(_)
            | State::Opencode(_)
            | State::Gemini(_)
            | State::Copilot(_)
            | State::Droid(_)
            | State::Plain(_) => Carry::default(),
        }
    }
}

impl State {
    fn between(&self) -> Between {
        match self {
            Self::Copilot(_) => Between::Objects,
            Self::Claude(_)
            | Self::Codex(_)
            | Self::Opencode(_)
            | Self::Gemini(_)
            | Self::Droid(_)
            | Self::Plain(_) => Between::Lines,
        }
    }

    fn frame(&mut self, frame: Frame<'_>, items: &mut Vec<Item>) {
        let line = match frame {
            Frame::Whole(line) => line,
            Frame::TooLong(bytes) => {
                items.push(too_long(bytes));
                return;
            }
        };
        match self {
            Self::Claude(state) => state.line(line, items),
            Self::Codex(state) => state.line(line, items),
            Self::Opencode(state) => state.line(line, items),
            Self::Gemini(state) => state.line(line, items),
            Self::Copilot(state) => state.line(line, items),
            Self::Droid(state) => state.line(line, items),
            Self::Plain(state) => state.line(line, items),
        }
    }
}

/// What is said of a line that was skipped.
pub(crate) fn too_long(bytes: u64) -> Item {
    let limit = LINE_LIMIT_BYTES / (1024 * 1024);
    Item::Error(AgentError {
        kind: AgentErrorKind::Other,
        message: format!(
            "skipped a line of {bytes} bytes: no more than {limit} MiB of one are read"
        ),
        resets_at: None,
        goes_on: true,
    })
}
