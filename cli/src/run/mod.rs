//! `baton run`, `attach`, `stop` and `runs`: programs that outlive the link, this machine's sleep, and us.

mod attach;
mod book;
mod clean;
mod launch;
mod list;
mod show;
mod stop;
mod watch;

pub use attach::{AttachArgs, attach};
pub use launch::{RunArgs, launch};
pub use list::{RunsArgs, runs};
pub use stop::{StopArgs, stop};
