//! What front ends may rely on of the engine: its store, its seam, and that there is one for each data directory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod agents;
mod arranging;
mod backpressure;
mod cli_bed;
mod cli_faults;
mod cli_git;
mod cli_history;
mod cli_leaving;
mod cli_operations;
mod cli_sessions;
mod cli_survival;
mod cli_terminals;
mod completing;
mod conformance;
mod connections;
mod desk;
mod files;
mod files_bed;
mod files_cli;
mod files_crash;
mod files_faults;
mod files_hosts;
mod files_safety;
mod frames;
mod git_bed;
mod git_changes;
mod git_diff;
mod git_lines;
mod git_log;
mod git_safety;
mod git_status;
mod history;
mod history_accounts;
mod history_bed;
mod history_crash;
mod history_trouble;
#[expect(dead_code, reason = "shared with another tier, which needs more of it")]
#[path = "../wire/support.rs"]
mod hosts;
mod look;
mod one_engine;
mod operations;
mod places;
mod pull_requests;
mod pushing;
mod questions;
mod resuming;
mod sftp;
mod store_crash;
mod support;
mod survival;
mod takeover;
mod talking;
mod talking_moments;
mod terminals;
mod transcript;
mod transfers;
mod transfers_bed;
mod transfers_cli;
mod transfers_safety;
mod transfers_trees;
mod turns;
mod worktrees;
