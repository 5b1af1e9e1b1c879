//! Durable runs: programs on a host that outlive the link, the laptop and us, and whose output arrives exactly once.
//!
//! A run is a directory on its host and one process group. See `docs/decisions/0008-runs.md` for how it is launched
//! and followed, and `docs/file-formats.md` for what stands in the directory.

mod answer;
mod channel;
mod error;
mod follow;
mod job;
mod launch;
mod look;
mod runs;
mod scripts;
mod signal;
mod spare;
mod sweep;
mod talk;

pub use error::{Refusal, RunError};
pub use follow::{Follow, FollowEvent, Offsets, Stream};
pub use job::{Arg, Job, Stdin};
pub use look::{Facts, Meta, Standing};
pub use runs::Runs;
pub use sweep::{Aged, is_to_be_swept};
