//! A shell that the host's tmux keeps, invisibly: a server of its own, spoken to in control mode.

mod client;
mod flood;
mod lines;
mod looks;
mod redraw;
mod say;
mod sent;
mod start;

pub(super) use client::Client;
pub(super) use sent::Sent;
pub(super) use start::{Ending, Server, Start, attach, end, open};
