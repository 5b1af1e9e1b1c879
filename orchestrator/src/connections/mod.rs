//! Connections as front ends follow them: how each stands, how far away its host is, and what it asks a person.

mod board;
mod follow;
mod questions;
mod row;

pub(crate) use board::{Board, Turns};
pub(crate) use questions::QuestionDesk;
