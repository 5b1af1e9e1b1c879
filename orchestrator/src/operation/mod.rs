//! Operations: what takes long, is watched meanwhile, and goes on over a lost link.

mod desk;
mod job;
mod line;
mod plan;

pub(crate) use desk::Operations;
pub(crate) use job::{Job, JobReader};
