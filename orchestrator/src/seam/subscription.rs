//! Subscriptions: what a front end follows, and what it gets.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{
    Event, HistoryNews, HistoryScope, HostConnection, HostQuestion, Operation, OperationOutput,
    Partial, SessionId, Terminal, TerminalNews,
};
use crate::failure::Failure;

/// What a front end follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscribe {
    /// The last number that is known already; 0 for all; `None` from now on.
    pub since: Option<u64>,
    /// The log that `since` counts in; another one gives `not_found`.
    pub epoch: Option<String>,
    /// Only of that session.
    pub session: Option<SessionId>,
    /// Whether unfinished pieces are wanted, too.
    pub partials: bool,
    /// This history instead of events: while somebody looks at it, its machine is asked for what is new. The others
    /// mean nothing then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryScope>,
    /// How connections stand and what they ask instead of events, as [`Delivery::Connections`] and [`Delivery::Questions`].
    /// Who follows this answers questions: they are put to no one else meanwhile.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub connections: bool,
    /// This instead of events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch: Option<Watch>,
}

/// What is followed instead of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "which", rename_all = "snake_case")]
pub enum Watch {
    /// Operations: those under way and the last ones that are over, as [`Delivery::Operation`], then a [`Delivery::Sync`], then
    /// each that changes.
    Operations,
    /// What an operation prints, as [`Delivery::Output`]. When it is over and all was told, [`Delivery::Operation`] says how it
    /// ended, or [`Delivery::Forgotten`] that it is none any more, and nothing comes behind that.
    Output {
        /// Which.
        id: String,
        /// From that byte on.
        offset: u64,
    },
    /// Terminals, as [`Delivery::Terminals`].
    Terminals,
    /// What a terminal shows, as [`Delivery::Terminal`].
    Terminal {
        /// Which.
        id: String,
        /// Whether the follower answers the questions that programs ask of a terminal (where its cursor is, what it can);
        /// of several the first one is told to, by [`super::TerminalNews::Output`].
        answers: bool,
    },
}

/// One thing that a subscription delivers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "delivery", content = "of", rename_all = "snake_case")]
pub enum Delivery {
    /// A stored event; they come in order, without a gap and each once.
    Event(Box<Event>),
    /// An unfinished piece; may be left out for a slow reader.
    Partial(Partial),
    /// A history that is looked at has changed, or whether its machine can be asked.
    History(Box<HistoryNews>),
    /// All connections that were made, whenever one of them changes.
    Connections(Vec<HostConnection>),
    /// All questions that wait, whenever they change.
    Questions(Vec<HostQuestion>),
    /// An operation as it stands; [`Delivery::Forgotten`] when it is none any more.
    Operation(Box<Operation>),
    /// The operation of that id was forgotten.
    Forgotten {
        /// Which.
        operation: String,
    },
    /// What an operation printed.
    Output(OperationOutput),
    /// All terminals, whenever one of them changes.
    Terminals(Vec<Terminal>),
    /// What a terminal does.
    Terminal(TerminalNews),
    /// All that was stored up to here has been delivered; from now on it is live.
    Sync {
        /// The last number.
        seq: u64,
        /// When.
        at: Timestamp,
    },
}

/// What comes of a [`Subscribe`]; dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    deliveries: mpsc::Receiver<Result<Delivery, Failure>>,
}

impl Subscription {
    /// One that is fed through `deliveries`, which should be short: a slow reader costs a cursor, not memory.
    pub fn new(deliveries: mpsc::Receiver<Result<Delivery, Failure>>) -> Self {
        Self { deliveries }
    }

    /// The next one; `None` when the engine has ended.
    ///
    /// # Errors
    ///
    /// When what comes next can't be read; it is the last then.
    pub async fn next(&mut self) -> Option<Result<Delivery, Failure>> {
        self.deliveries.recv().await
    }
}
