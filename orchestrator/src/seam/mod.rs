//! The one typed API between the engine and its front ends: requests in, events and snapshots out.
//!
//! Every type here is plain serde data: the same requests and events pass inside of a process and over a socket.

mod event;
mod id;
mod request;
mod snapshot;

pub use event::{Decision, Event, EventBody, LinkState, Partial, PartialKind, TurnStatus};
pub use id::{ApprovalId, CommandId, MessageId, RunId, SessionId, TabId, TurnId};
pub use request::{
    Command, Delivery, Image, MessageChange, NewMessage, NewSession, Place, Query, Reply, Request,
    Seam, SessionChange, Subscribe, Subscription, TabChoice,
};
pub use snapshot::{
    Approval, ApprovalOption, QueuedMessage, Session, Snapshot, Tab, TabState, Totals, Turn,
};
