//! What is watched, what is to be done about it, and how it ends.

use orchestrator::failure::Failure;
use orchestrator::seam::{
    Approval, ApprovalId, Event, MessageId, Partial, TabId, TurnId, TurnStatus,
};

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Everything in the session.
    Session {
        /// Over when nothing is under way and nothing waits.
        until_idle: bool,
    },
    /// One message: from the queue to the end of its turn.
    Message {
        /// Where it was sent.
        tab: TabId,
        /// Which.
        message: MessageId,
        /// Over as soon as the agent has it for certain, or it is known to wait behind others.
        detach: bool,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell of an event.
    Show(Box<Event>),
    /// Tell of an unfinished piece.
    ShowPartial(Partial),
    /// Say something.
    Note(String),
    /// Put a question to the person.
    Ask(Box<Approval>),
    /// Take it back.
    Withdraw(ApprovalId),
    /// Ask what waits for the person already.
    LookForApprovals,
    /// Ask how the session stands, for [`super::Watch::stands`].
    Look,
    /// Ask the same a little later.
    LookAgain,
    /// Ask whether the message became a turn, for [`super::Watch::found`].
    Find,
    /// Take the message out of the queue, for [`super::Watch::taken_out`].
    TakeOut,
    /// Interrupt that turn in the tab, and no other.
    Interrupt(TabId, TurnId),
    /// Stop watching.
    End(End),
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// How.
    pub status: TurnStatus,
    /// Its last error, where the agent didn't go on from it.
    pub fault: Option<Failure>,
}

/// Why watching is over.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The message's turn ended.
    Turn(Ended),
    /// Nothing is under way any more; how the last turn ended that was seen.
    Idle(Option<Ended>),
    /// The message became that turn, the agent has it, and it goes on without us.
    Began(TurnId),
    /// The message waits, and goes on without us.
    Waits {
        /// Behind so many turns and messages.
        behind: usize,
        /// Whether it is held back.
        held: bool,
    },
    /// The message was taken out of the queue.
    TakenOut,
    /// The session was removed.
    Removed,
    /// A signal of that number told us to go.
    Left {
        /// Its number.
        signal: u8,
        /// Whether something goes on meanwhile.
        goes_on: bool,
    },
}
