//! A shell that the host's tmux keeps, invisibly: a server of its own, spoken to in control mode.

mod client;
mod flood;
mod lines;
mod redraw;
mod say;
mod start;

pub(super) use client::{Client, Sent};
pub(super) use start::{Server, Start, attach, end, open};
