//! A conversation with an agent that talks: bytes and wishes in, items and messages out, and what has to be stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agent::{Item, Message, Prompt, Protocol, SavedTalk, Step, TalkSettings, Talker};
use crate::failure::{Code, Failure};
use crate::seam::{RunId, TabId, TurnId};
use crate::session::fact::FactBody;
use crate::session::fold::Heard;

/// What is stored with the offsets of a run that carries many turns.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    talk: SavedTalk,
    outbox: Vec<Message>,
    /// The number of the last message that there was.
    last: u64,
    turns: Turns,
    #[serde(default)]
    asked: Vec<Asked>,
    heard: Heard,
}

/// A question of the agent that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Asked {
    request: Value,
    /// The turn in which it was asked, or behind whose end.
    turn: TurnId,
}

/// The turns of one process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Turns {
    /// The one under way.
    now: Option<TurnId>,
    /// The last one whose prompt the conversation has taken: it isn't given to it again.
    prompted: Option<TurnId>,
    /// How many there were.
    count: u64,
    /// Whether the agent was asked to stop the one under way.
    cancelled: bool,
}

impl Asked {
    fn pair(&self) -> (TurnId, Value) {
        (self.turn.clone(), self.request.clone())
    }
}

/// One process of an agent that talks, in the middle of its conversation.
#[derive(Debug)]
pub struct Talking {
    talker: Talker,
    /// Messages that the host hasn't taken for certain. One that is sent again under its number arrives once.
    outbox: Vec<Message>,
    /// The number of the last message that there was.
    pub last: u64,
    turns: Turns,
    asked: Vec<Asked>,
    /// What the turn under way amounts to so far.
    pub heard: Heard,
    /// Bytes of `err` that were taken.
    pub err_offset: u64,
}

impl Talking {
    /// With a process that is being started.
    pub fn start(protocol: Protocol, settings: TalkSettings) -> Self {
        let (talker, step) = Talker::start(protocol, settings);
        Self {
            talker,
            last: step.send.last().map_or(0, |message| message.number),
            outbox: step.send,
            turns: Turns::default(),
            asked: Vec::new(),
            heard: Heard::default(),
            err_offset: 0,
        }
    }

    /// Where another process of ours stopped.
    ///
    /// # Errors
    ///
    /// [`Code::Corrupt`] when what it stored can't be read.
    pub fn restore(stored: Value, err_offset: u64) -> Result<Self, Failure> {
        let Stored { talk, outbox, last, turns, asked, heard } = serde_json::from_value(stored)
            .map_err(|error| {
                Failure::new(
                    Code::Corrupt,
                    format!("how far a conversation had come can't be understood: {error}"),
                )
            })?;
        Ok(Self { talker: Talker::restore(talk), outbox, last, turns, asked, heard, err_offset })
    }

    /// Takes bytes of `out`.
    pub fn out(&mut self, bytes: &[u8]) -> Step {
        let mut step = Step::default();
        self.talker.push(bytes, &mut step);
        self.took(step)
    }

    /// Takes bytes of `err`.
    pub fn err(&mut self, bytes: &[u8]) {
        self.err_offset += bytes.len() as u64;
        self.heard.note_stderr(bytes);
    }

    /// Begins a turn. One that it has begun already is not begun again.
    ///
    /// # Errors
    ///
    /// As [`Talker::prompt`].
    pub fn prompt(&mut self, turn: &TurnId, prompt: &Prompt) -> Result<Step, Failure> {
        if self.has_begun(turn) {
            return Ok(Step::default());
        }
        let mut step = Step::default();
        self.talker.prompt(prompt, &mut step)?;
        let stderr = std::mem::take(&mut self.heard.stderr);
        self.heard = Heard { stderr, ..Heard::default() };
        self.turns = Turns {
            now: Some(turn.clone()),
            prompted: Some(turn.clone()),
            count: self.turns.count + 1,
            cancelled: false,
        };
        Ok(self.took(step))
    }

    /// Whether that turn's prompt was taken.
    pub fn has_begun(&self, turn: &TurnId) -> bool {
        self.turns.prompted.as_ref() == Some(turn)
    }

    /// Asks the agent to stop its turn.
    pub fn cancel(&mut self) -> Step {
        let mut step = Step::default();
        self.turns.cancelled = true;
        self.talker.cancel(&mut step);
        self.took(step)
    }

    /// Whether it was asked to stop the turn under way.
    pub fn is_cancelled(&self) -> bool {
        self.turns.cancelled
    }

    /// Answers a question of the agent's.
    ///
    /// # Errors
    ///
    /// As [`Talker::answer`].
    pub fn answer(&mut self, request: &Value, option: &str) -> Result<Step, Failure> {
        let mut step = Step::default();
        self.talker.answer(request, option, &mut step)?;
        Ok(self.took(step))
    }

    /// The process has ended.
    pub fn finish(&mut self) -> Step {
        let mut step = Step::default();
        self.talker.finish(&mut step);
        self.outbox.clear();
        // What we make of its end is nothing that it said.
        let said = self.heard.said;
        let step = self.took(step);
        self.heard.said = said;
        step
    }

    fn took(&mut self, mut step: Step) -> Step {
        self.last = step.send.last().map_or(self.last, |message| message.number);
        self.outbox.append(&mut step.send);
        let turn = self.last_turn().cloned();
        for item in &step.items {
            self.heard.note(item);
            if let (Item::Approval(asked), Some(turn)) = (item, &turn) {
                let request = asked.request.clone();
                self.asked.push(Asked { request, turn: turn.clone() });
            }
        }
        step
    }

    /// The next message that the host hasn't taken.
    pub fn to_send(&self) -> Option<&Message> {
        self.outbox.first()
    }

    /// The host has taken that message.
    pub fn sent(&mut self, number: u64) {
        self.outbox.retain(|message| message.number != number);
    }

    /// Whether the agent has the turn's prompt for certain: it is at work, whatever happens here.
    pub fn is_given(&self) -> bool {
        self.outbox.is_empty() && !self.talker.is_preparing() && !self.is_broken()
    }

    /// Whether this is the first turn of its process.
    pub fn is_first(&self) -> bool {
        self.turns.count <= 1
    }

    /// Questions of the agent that wait for a person, with the turns that asked.
    pub fn waiting(&self) -> Vec<(TurnId, Value)> {
        let waiting = self.talker.waiting();
        let of = |asked: &&Asked| waiting.contains(&&asked.request);
        self.asked.iter().filter(of).map(Asked::pair).collect()
    }

    /// Whether the process is of no use any more: it has refused to begin.
    pub fn is_broken(&self) -> bool {
        self.talker.is_broken()
    }

    /// The turn under way.
    pub fn turn(&self) -> Option<&TurnId> {
        self.turns.now.as_ref()
    }

    /// The turn to which belongs what the agent says now: the one under way, or the last one.
    fn last_turn(&self) -> Option<&TurnId> {
        self.turns.now.as_ref().or(self.turns.prompted.as_ref())
    }

    /// Takes the turn that is over by what the agent said. One of a process that is of no use ends with it.
    pub fn take_over(&mut self) -> Option<TurnId> {
        let is_over = self.heard.ok.is_some() && !self.talker.is_busy() && !self.is_broken();
        if is_over { self.turns.now.take() } else { None }
    }

    /// Takes the turn under way: its process has ended.
    pub fn take_turn(&mut self) -> Option<TurnId> {
        self.turns.now.take()
    }

    /// What has to be stored before anything comes of a step.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when it has no JSON.
    pub fn fact(&mut self, run: &RunId, tab: &TabId, step: Step) -> Result<FactBody, Failure> {
        let of = |asked: &&Asked| step.withdrawn.contains(&asked.request);
        let withdrawn = self.asked.iter().filter(of).map(Asked::pair).collect();
        let waiting = self.talker.waiting();
        self.asked.retain(|asked| waiting.contains(&&asked.request));
        let talk = self.talker.save();
        let out_offset = talk.consumed;
        let stored = Stored {
            talk,
            outbox: self.outbox.clone(),
            last: self.last,
            turns: self.turns.clone(),
            asked: self.asked.clone(),
            heard: self.heard.clone(),
        };
        let reader = serde_json::to_value(stored).map_err(|error| {
            Failure::new(Code::Internal, format!("a conversation has no JSON: {error}"))
        })?;
        let items: Vec<Item> = step.items;
        Ok(FactBody::Read {
            run: run.clone(),
            tab: tab.clone(),
            turn: self.last_turn().cloned(),
            items,
            withdrawn,
            out_offset,
            err_offset: self.err_offset,
            reader,
        })
    }
}
