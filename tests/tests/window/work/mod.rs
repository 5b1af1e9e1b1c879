//! A person at work on a machine: its files, its repository, its terminals, while an agent works there too.

mod bed;
mod committing;
mod conflicts;
mod files;
mod pull_requests;
mod terminals;
mod transfers;
mod worktrees;
