//! History: what each turn came to, kept here and shared through files in the project itself.
//!
//! `account` decides what goes in, `ledger` has what is known, a `keeper` for each project brings it up to date (`sync`),
//! and `shell_files` reaches a project's files through its host's shell.

mod account;
mod answer;
mod directory_watch;
mod fault;
mod keeper;
mod ledger;
mod looking;
mod outbox;
mod page;
mod reach;
mod scripts;
mod shell_files;
mod spans;
mod sync;

pub use account::{Account, SYNOPSIS_PROMPT, TurnEnd};
pub use answer::Ignored;
pub use ledger::{HistorySettings, Ledger, checked_hostname};
pub use page::Scoped;
pub use shared_history::{Entry, EntryKind};
pub use shell_files::ShellFiles;
