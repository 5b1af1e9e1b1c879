//! What drivers report: facts about turns and runs.

use serde_json::Value;

use super::turn::End;
use crate::agent::Item;
use crate::failure::Failure;
use crate::seam::{LinkState, RunId, SessionId, TabId, TurnId};
use crate::store::RunState;

/// A fact about a run, and the turn that it carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The session that it belongs to.
    pub session: SessionId,
    /// What is so.
    pub body: FactBody,
}

/// What is so.
#[derive(Clone, Debug, PartialEq)]
pub enum FactBody {
    /// It is certain that the agent got the message of that turn.
    Launched {
        /// Which.
        turn: TurnId,
    },
    /// It is certain that it didn't and never will.
    NeverLaunched {
        /// Which.
        turn: TurnId,
    },
    /// So much of a run's output has been read, and this is what it says.
    Read {
        /// Which.
        run: RunId,
        /// The tab that it was launched for.
        tab: TabId,
        /// The turn that it belongs to: the one under way, or, behind its end, the last one of an agent that talks.
        turn: Option<TurnId>,
        /// What it says.
        items: Vec<Item>,
        /// Questions of the agent that wait no more, though nobody has answered them; with the turns that asked.
        withdrawn: Vec<(TurnId, Value)>,
        /// Bytes of `out` consumed.
        out_offset: u64,
        /// Bytes of `err` consumed.
        err_offset: u64,
        /// The reader's state, to go on from.
        reader: Value,
    },
    /// The way to the host.
    Link {
        /// Which.
        turn: TurnId,
        /// How it is.
        state: LinkState,
        /// Why.
        why: Option<Failure>,
    },
    /// The agent has printed nothing for a while.
    Quiet {
        /// Which.
        turn: TurnId,
        /// How long.
        seconds: u64,
        /// The end of its stderr.
        stderr: String,
    },
    /// Something about a turn under way keeps failing.
    Trouble {
        /// Which.
        turn: TurnId,
        /// What.
        failure: Failure,
        /// Whether it is tried again by itself.
        recoverable: bool,
    },
    /// A turn is over.
    Ended {
        /// Which.
        turn: TurnId,
        /// How.
        end: End,
    },
    /// A run is over, outside of any turn.
    RunEnded {
        /// Which.
        run: RunId,
        /// How far it is.
        state: RunState,
        /// With what status, where anybody knows.
        status: Option<u8>,
    },
    /// A run's directory on the host is gone.
    Swept {
        /// Which.
        run: RunId,
    },
}
