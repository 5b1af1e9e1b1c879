//! Operations: what takes long, is watched meanwhile, and goes on over a lost link.
//!
//! `plan.rs` says how a work is done, `drive.rs` does it: an operation is stored before it is begun, launched once and followed to
//! its end by whichever engine there is. `board.rs` shows how they stand, `tape.rs` keeps what they print.

mod after;
mod away;
mod board;
mod complete;
mod desk;
mod drive;
mod follow;
mod job;
mod line;
mod plan;
mod queues;
mod repository;
mod scripts;
mod scrub;
mod sessions;
mod stopping;
mod tape;
mod transferring;
mod watch;
mod work;

pub(crate) use desk::Operations;
pub(crate) use job::{Job, JobReader};
pub(crate) use sessions::Sessions;
