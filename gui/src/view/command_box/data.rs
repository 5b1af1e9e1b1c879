//! What the command box shows, and what a person wants of it.

use std::sync::Arc;

use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::seam::{Completions, Operation};

use crate::bridge::SharedConsole;
use crate::fetched::Fetched;

/// What the host has offered last.
#[derive(Clone, Debug, Default)]
pub struct Completed {
    /// Behind which line.
    pub line: String,
    /// Whether a key has asked for it: else the account's own shell was not asked.
    pub by_key: bool,
    /// What.
    pub answer: Fetched<Completions>,
    /// Another number for each answer.
    pub version: u64,
}

/// Where a line would run, and what helps with it.
#[derive(Clone, Copy, Debug)]
pub struct LineData<'a> {
    /// The machine's name, as a person knows it.
    pub host: &'a str,
    /// Whether it is another one than this.
    pub remote: bool,
    /// The directory there.
    pub directory: &'a str,
    /// What the host has offered last.
    pub completed: Option<&'a Completed>,
    /// Lines that were run, the newest last.
    pub history: &'a [String],
}

/// A line that was run.
#[derive(Clone, Debug)]
pub struct Block {
    /// It.
    pub operation: Operation,
    /// As it was typed.
    pub line: String,
    /// The machine's name, as a person knows it.
    pub host: String,
    /// What it has printed, once somebody has looked.
    pub console: Option<Arc<SharedConsole>>,
    /// How much of that is shown.
    pub shown: Unfolded,
}

/// How much of an output is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unfolded {
    /// Nothing.
    Nothing,
    /// The last lines.
    #[default]
    Last,
    /// All lines.
    All,
}

/// What the command box shows.
#[derive(Debug)]
pub struct CommandBoxData<'a> {
    /// Names the session, so that each has a cursor of its own.
    pub id: egui::Id,
    /// Now.
    pub now: Timestamp,
    /// Where a line would run.
    pub line: LineData<'a>,
    /// Lines that were run, the oldest first.
    pub blocks: &'a [Block],
    /// Why the last line wasn't begun, or what is to be thought of before it is.
    pub failure: Option<&'a Failure>,
    /// Whether a line is on its way to the engine.
    pub starting: bool,
}

/// What a person wants of a line that was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockAct {
    /// See what it has printed.
    Look,
    /// End it.
    Stop,
    /// Run it again.
    Again,
    /// Have it in the box again.
    Edit,
    /// Have the line on the clipboard.
    CopyLine,
    /// Have what it has printed on the clipboard.
    CopyOutput,
    /// Have both in the message that is being written.
    Insert,
    /// Type it in a terminal.
    Terminal,
    /// See more of what it has printed, or less.
    Show(Unfolded),
    /// See no more of it.
    Remove,
}

/// What a person wants of the command box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandBoxAct {
    /// Run what stands in the box.
    Run,
    /// Offers are wanted behind this.
    Want {
        /// Up to the cursor.
        line: String,
        /// Now, or when nobody types for a moment.
        now: bool,
    },
    /// Something with the line of that operation.
    Block(String, BlockAct),
    /// Forget all lines that are over.
    Clear,
    /// The failure was read.
    Dismiss,
    /// Put it away.
    Close,
}
