//! Subscriptions: what a front end follows, and what it gets.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{Event, HistoryNews, HistoryScope, HostConnection, HostQuestion, Partial, SessionId};
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
