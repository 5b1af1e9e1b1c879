//! One session as the engine holds it, and what a decision about it gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};
use crate::history::Account;
use crate::host::{Place, ResolvedHost, Site};
use crate::seam::{
    Approval, Decision, EventBody, MessageId, QueuedMessage, Reply, RunId, Session, SessionId, Tab,
    TabId, TurnId,
};
use crate::store::{Batch, Change, Draft, Environment, RemovedMessage};

/// A session with what no front end gets to see.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What everybody sees.
    pub session: Session,
    /// Its environment.
    pub env: Environment,
    /// What its host meant when it was decided about last, or why it meant nothing.
    pub host: Result<ResolvedHost, Failure>,
    /// Where its agents that talk, and its turns under way, are at work.
    pub sites: BTreeMap<RunId, Site>,
    /// Messages that were taken out of its queues and can be put back, the last one last.
    pub removed: Vec<Arc<RemovedMessage>>,
}

/// What a decision gives: what to store, then what to do, then what to answer.
#[derive(Debug)]
pub struct Outcome {
    /// Stored first, all of it or nothing.
    pub batch: Batch,
    /// Done when it is stored.
    pub effects: Vec<Effect>,
    /// For who asked.
    pub reply: Reply,
    /// What goes into the history, stored with the batch.
    pub accounts: Vec<Account>,
}

impl Outcome {
    /// Nothing to store, do or say.
    pub fn new() -> Self {
        Self {
            batch: Batch::default(),
            effects: Vec::new(),
            reply: Reply::Done,
            accounts: Vec::new(),
        }
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self::new()
    }
}

/// Something that has to be done on a host.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Launch a turn.
    Launch(Box<LaunchOrder>),
    /// Interrupt a turn, or stop it for good.
    Interrupt {
        /// The run that carries it.
        run: RunId,
        /// Which.
        turn: TurnId,
        /// TERM and KILL instead of INT.
        stop: bool,
    },
    /// Pass a person's answer on to the agent.
    Answer {
        /// The run of the agent that asked.
        run: RunId,
        /// To what.
        approval: Box<Approval>,
        /// What was answered.
        decision: Decision,
    },
    /// The person has mended that host: what is blocked there is tried again.
    Retry(String),
    /// Leave a run alone, whatever it does: nobody here wants to know any more.
    Leave {
        /// Which.
        run: RunId,
    },
    /// Let a talking agent of that tab go: the next turn starts another one.
    LetGo {
        /// The long run that it is.
        run: RunId,
    },
}

/// A turn to be launched. It is stored with its run until it is known to have begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaunchOrder {
    /// In which session.
    pub session: SessionId,
    /// In which tab.
    pub tab: TabId,
    /// Which.
    pub turn: TurnId,
    /// The run that is to carry it.
    pub run: RunId,
    /// What the person wrote.
    pub message: QueuedMessage,
}

impl Entry {
    /// Where a run that begins now goes; `None` where its host isn't there.
    pub fn place(&self) -> Option<Place> {
        self.host.as_ref().ok().map(ResolvedHost::place)
    }

    /// The directory in which a turn that begins now works; `None` where its host isn't there.
    pub fn site(&self) -> Option<Site> {
        let host = self.host.as_ref().ok()?;
        Some(Site { place: host.place(), cwd: host.directory(self.session.cwd.as_deref()) })
    }

    /// A tab.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`].
    pub fn tab(&self, id: &TabId) -> Result<&Tab, Failure> {
        self.session.tabs.iter().find(|tab| tab.id == *id).ok_or_else(|| self.no_tab(id))
    }

    /// The same, to change.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`].
    pub fn tab_mut(&mut self, id: &TabId) -> Result<&mut Tab, Failure> {
        let missing = self.no_tab(id);
        self.session.tabs.iter_mut().find(|tab| tab.id == *id).ok_or(missing)
    }

    /// The tab in which `turn` is under way.
    pub fn tab_of_turn(&mut self, turn: &TurnId) -> Option<&mut Tab> {
        self.session.tabs.iter_mut().find(|tab| {
            tab.turn.as_ref().is_some_and(|last| last.id == *turn && last.status.is_none())
        })
    }

    /// The whole prompt of a message that waits, or of a turn that its agent may not have yet.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`], also when the agent has it: the transcript tells it then.
    pub fn prompt(&self, id: &MessageId) -> Result<&str, Failure> {
        let mut all = self.session.tabs.iter().flat_map(|tab| {
            tab.queue.iter().chain(tab.turn.iter().filter_map(|turn| turn.message.as_deref()))
        });
        all.find(|message| message.id == *id).map(|message| &*message.prompt).ok_or_else(|| {
            Failure::new(Code::NotFound, format!("no message {id} waits in {}", self.session.name))
                .hint("It may have been sent already: `baton follow` shows the transcript")
        })
    }

    fn no_tab(&self, id: &TabId) -> Failure {
        Failure::new(Code::NotFound, format!("{} has no tab {id}", self.session.name))
            .hint("`baton session show` lists its tabs")
    }

    /// An event about one of its tabs.
    pub fn draft(&self, tab: Option<&TabId>, turn: Option<&TurnId>, body: EventBody) -> Draft {
        Draft { session: self.session.id.clone(), tab: tab.cloned(), turn: turn.cloned(), body }
    }

    /// Stores the session itself, and says so.
    pub fn changed(&self, batch: &mut Batch, env: bool) {
        let env = env.then(|| self.env.clone());
        batch.changes.push(Change::PutSession { session: self.session.clone(), env });
        batch.drafts.push(self.draft(
            None,
            None,
            EventBody::SessionChanged { of: Box::new(self.session.shown()) },
        ));
    }

    /// Stores a tab.
    pub fn put_tab(&self, batch: &mut Batch, tab: &Tab) {
        batch.changes.push(Change::PutTab { session: self.session.id.clone(), tab: tab.clone() });
    }

    /// Stores a tab's queue, and says so.
    pub fn put_queue(&self, batch: &mut Batch, tab: &Tab) {
        batch.changes.push(Change::PutQueue {
            session: self.session.id.clone(),
            tab: tab.id.clone(),
            queue: tab.queue.clone(),
        });
        let queue = tab.queue.iter().map(QueuedMessage::shown).collect();
        let body = EventBody::QueueChanged { queue, paused: tab.paused };
        batch.drafts.push(self.draft(Some(&tab.id), None, body));
    }
}

/// A clock reading, handed in.
pub type Now = Timestamp;
