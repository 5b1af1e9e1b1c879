//! Operations: what takes long, is watched meanwhile, and goes on over a lost link.

mod desk;

pub(crate) use desk::Operations;
