use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::acp::Acp;
use super::app_server::AppServer;
use crate::agent::parser::{Between, Frame, Framer, Skipping, too_long, unknown};
use crate::agent::{Image, Item, Protocol, Talk};
use crate::failure::{Code, Failure};

/// What a conversation with an agent that talks needs to know from the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TalkSettings {
    /// The directory on the host: an absolute path.
    pub cwd: String,
    /// The agent's own id of the conversation, to go on with it.
    pub resume: Option<String>,
    /// The model, where the protocol has to set it.
    pub model: Option<String>,
    /// See [`Talk::mode`].
    pub mode: Option<String>,
    /// See [`Talk::read_only_mode`].
    pub read_only_mode: Option<String>,
    /// What we call ourselves.
    pub client_version: String,
}

impl TalkSettings {
    /// What `talk` says of modes, and `model` where the command line doesn't set it.
    pub fn new(talk: &Talk, cwd: &str, resume: Option<String>, model: Option<String>) -> Self {
        Self {
            cwd: cwd.to_owned(),
            resume,
            model: model.filter(|_| talk.model.is_none()),
            mode: talk.mode.clone(),
            read_only_mode: talk.read_only_mode.clone(),
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// A message of a person.
#[derive(Clone, Default, PartialEq)]
pub struct Prompt {
    /// Markdown.
    pub text: String,
    /// What goes along.
    pub images: Vec<Image>,
    /// Whether the agent is to change nothing.
    pub read_only: bool,
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, images, read_only } = self;
        write!(f, "Prompt({} bytes, {images:?}, read_only: {read_only})", text.len())
    }
}

/// What came of some bytes, or of a wish.
#[derive(Debug, Default, PartialEq)]
pub struct Step {
    /// What the agent said and did.
    pub items: Vec<Item>,
    /// What has to be written to it: each whole, once, and in the order of the numbers.
    pub send: Vec<Message>,
    /// Requests for approval that no longer wait, though nobody has answered them.
    pub withdrawn: Vec<Value>,
}

/// A line for the agent's stdin.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Counts from 1 in one process.
    pub number: u64,
    /// With its newline.
    pub line: Vec<u8>,
}

/// Shows no text, since prompts may hold secrets.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}, {} bytes)", self.number, self.line.len())
    }
}

/// A conversation in the middle, to be stored together with the items and messages that it has given so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedTalk {
    /// Bytes of the agent's stdout that needn't be read again.
    pub consumed: u64,
    skipping: Option<Skipping>,
    speech: Speech,
}

/// One process of an agent that talks.
#[derive(Debug)]
pub struct Talker {
    framer: Framer,
    speech: Speech,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Speech {
    Acp(Box<Acp>),
    CodexAppServer(Box<AppServer>),
}

impl Talker {
    /// For a process that is being started; the step holds the first message.
    pub fn start(protocol: Protocol, settings: TalkSettings) -> (Self, Step) {
        let mut step = Step::default();
        let speech = match protocol {
            Protocol::Acp => Speech::Acp(Box::new(Acp::start(settings, &mut step))),
            Protocol::CodexAppServer => {
                Speech::CodexAppServer(Box::new(AppServer::start(settings, &mut step)))
            }
        };
        (Self { framer: Framer::new(Between::Lines, 0, None), speech }, step)
    }

    /// Where `saved` stopped: push the bytes behind [`SavedTalk::consumed`].
    pub fn restore(saved: SavedTalk) -> Self {
        let SavedTalk { consumed, skipping, speech } = saved;
        Self { framer: Framer::new(Between::Lines, consumed, skipping), speech }
    }

    /// What has to be stored to go on here.
    pub fn save(&self) -> SavedTalk {
        SavedTalk {
            consumed: self.framer.consumed(),
            skipping: self.framer.skipping(),
            speech: self.speech.clone(),
        }
    }

    /// Takes the agent's next bytes, and answers up to which offset everything is in the step or the state.
    pub fn push(&mut self, bytes: &[u8], step: &mut Step) -> u64 {
        let Self { framer, speech } = self;
        framer.push(bytes, &mut |frame| match frame {
            Frame::Whole(line) => speech.line(line, step),
            Frame::TooLong(bytes) => step.items.push(too_long(bytes)),
        });
        framer.consumed()
    }

    /// Whether a turn is under way.
    pub fn is_busy(&self) -> bool {
        match &self.speech {
            Speech::Acp(acp) => acp.is_busy(),
            Speech::CodexAppServer(server) => server.is_busy(),
        }
    }

    /// Whether a prompt waits until the agent is ready for it.
    pub fn is_preparing(&self) -> bool {
        match &self.speech {
            Speech::Acp(acp) => acp.is_preparing(),
            Speech::CodexAppServer(server) => server.is_preparing(),
        }
    }

    /// Whether the process can't be talked to: it has refused to begin, or has ended.
    pub fn is_broken(&self) -> bool {
        match &self.speech {
            Speech::Acp(acp) => acp.is_broken(),
            Speech::CodexAppServer(server) => server.is_broken(),
        }
    }

    /// Requests for approval that wait for an answer.
    pub fn waiting(&self) -> Vec<&Value> {
        match &self.speech {
            Speech::Acp(acp) => acp.waiting(),
            Speech::CodexAppServer(server) => server.waiting(),
        }
    }

    /// Begins a turn, as soon as the agent is ready for it.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`] for an empty text, [`Code::Busy`] while a turn is under way, [`Code::Unsupported`] for read-only
    /// where the agent has no such mode.
    pub fn prompt(&mut self, prompt: &Prompt, step: &mut Step) -> Result<(), Failure> {
        if prompt.text.trim().is_empty() {
            return Err(Failure::new(Code::Usage, "the prompt is empty")
                .hint("Say what the agent should do"));
        }
        if self.is_busy() {
            return Err(Failure::new(Code::Busy, "the agent is still at the turn before")
                .hint("Wait for its end, or interrupt it"));
        }
        match &mut self.speech {
            Speech::Acp(acp) => acp.prompt(prompt, step),
            Speech::CodexAppServer(server) => {
                server.prompt(prompt, step);
                Ok(())
            }
        }
    }

    /// Asks the agent to stop its turn; it says when it has. Without one nothing happens.
    pub fn cancel(&mut self, step: &mut Step) {
        match &mut self.speech {
            Speech::Acp(acp) => acp.cancel(step),
            Speech::CodexAppServer(server) => server.cancel(step),
        }
    }

    /// Answers an approval with one of its options.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] when it doesn't wait any more, [`Code::Usage`] for an answer that it doesn't offer.
    pub fn answer(
        &mut self,
        request: &Value,
        option: &str,
        step: &mut Step,
    ) -> Result<(), Failure> {
        match &mut self.speech {
            Speech::Acp(acp) => acp.answer(request, option, step),
            Speech::CodexAppServer(server) => server.answer(request, option, step),
        }
    }

    /// The process has ended: what was being written is whole, a turn under way has failed, and nothing waits any more.
    pub fn finish(&mut self, step: &mut Step) {
        match &mut self.speech {
            Speech::Acp(acp) => acp.finish(step),
            Speech::CodexAppServer(server) => server.finish(step),
        }
    }
}

impl Speech {
    fn line(&mut self, line: &[u8], step: &mut Step) {
        let known = match self {
            Self::Acp(acp) => acp.line(line, step),
            Self::CodexAppServer(server) => server.line(line, step),
        };
        if !known {
            unknown(line, &mut step.items);
        }
    }
}

/// What waits for a person, with what may be answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Waiting<Answer> {
    pub(super) request: Value,
    /// Option ids, and what each of them sends.
    pub(super) options: Vec<(String, Answer)>,
}

/// Takes the request out of `waiting`, with the answer that belongs to `option`.
pub(super) fn take_answer<Answer: Clone>(
    waiting: &mut Vec<Waiting<Answer>>,
    request: &Value,
    option: &str,
) -> Result<Answer, Failure> {
    let Some(at) = waiting.iter().position(|waiting| waiting.request == *request) else {
        return Err(Failure::new(Code::NotFound, "the agent no longer waits for this answer")
            .hint("`baton approvals` lists what waits"));
    };
    let Some((_, answer)) = waiting[at].options.iter().find(|(id, _)| id == option) else {
        let offered: Vec<&str> = waiting[at].options.iter().map(|(id, _)| id.as_str()).collect();
        return Err(Failure::new(Code::Usage, format!("`{option}` can't be answered here"))
            .hint(format!("It takes {}", offered.join(", "))));
    };
    let answer = answer.clone();
    waiting.remove(at);
    Ok(answer)
}

/// Empties `waiting`: nobody is asked any more.
pub(super) fn withdraw<Answer>(waiting: &mut Vec<Waiting<Answer>>, step: &mut Step) {
    step.withdrawn.extend(waiting.drain(..).map(|waiting| waiting.request));
}
