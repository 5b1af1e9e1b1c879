//! Operations: what takes long and is watched meanwhile. Transfers, what git sends and fetches, worktrees, command lines.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::path::base64_bytes;
use super::{At, FilePath, NewSession, SessionId};
use crate::failure::Failure;

/// What takes long. What runs on a host goes on there over a lost link and a closed Baton, and is followed again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Work {
    /// Sends a file or directory of this machine to a host. Begun again, it goes on where it was.
    Upload {
        /// Where a relative path begins.
        at: At,
        /// On this machine, absolute.
        local: FilePath,
        /// On the host; a name, not the directory that it goes into.
        remote: FilePath,
        /// Whether files that are there may be replaced; else `conflict`.
        replace: bool,
        /// Whether it may lie outside of where relative paths begin, by `..`, a link or a path of its own; else such a one is
        /// refused with `permission_denied`.
        #[serde(default)]
        outside: bool,
    },
    /// Fetches a file or directory of a host.
    Download {
        /// Where a relative path begins.
        at: At,
        /// On the host.
        remote: FilePath,
        /// On this machine, absolute; a name, not the directory that it goes into.
        local: FilePath,
        /// As for an upload.
        replace: bool,
    },
    /// `git push`.
    Push {
        /// A directory of the repository.
        at: At,
        /// Where to; the branch's own remote, else the only one or `origin`, when `None`.
        remote: Option<String>,
        /// Which; the one that is checked out when `None`.
        branch: Option<String>,
        /// Replace what is there, if it is what we last saw of it.
        force: bool,
        /// With tags.
        tags: bool,
    },
    /// `git pull`.
    Pull {
        /// A directory of the repository.
        at: At,
        /// Put our commits on top instead of merging; git's own setting when `None`, and only forward without one.
        rebase: Option<bool>,
    },
    /// `git fetch`.
    Fetch {
        /// A directory of the repository.
        at: At,
        /// From where; all when `None`.
        remote: Option<String>,
        /// Forget branches that are gone there.
        prune: bool,
    },
    /// Makes a worktree, runs its set-up, and starts a session in it.
    AddWorktree(AddWorktree),
    /// Pushes the branch that is checked out and opens a pull request for it, on the host and with its `gh`.
    PullRequest {
        /// A directory of the repository.
        at: At,
        /// Which one is meant: where another one is checked out by then, it is refused with `conflict`, and nothing is pushed.
        /// Whatever is checked out when `None`.
        #[serde(default)]
        branch: Option<String>,
        /// Its title; made of the commits when `None`.
        title: Option<String>,
        /// Its body; made of the commits when `None`.
        body: Option<String>,
        /// Into which branch; the default one when `None`.
        base: Option<String>,
        /// Not ready to be merged.
        draft: bool,
    },
    /// A command line, for the account's login shell (`$SHELL -lc`): aliases of interactive shells aren't there. It is kept in the
    /// session's history of lines, unless it begins with a blank.
    Line {
        /// Where it runs.
        at: At,
        /// As it was typed.
        line: String,
    },
}

/// A worktree to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddWorktree {
    /// A directory of the repository. A session's becomes the parent of the one that is made.
    pub at: At,
    /// Its branch: one that is there is checked out, else it is made.
    pub branch: String,
    /// Where a new branch begins; where `at` is when `None`.
    pub base: Option<String>,
    /// Its directory; made of the template when `None`.
    pub path: Option<FilePath>,
    /// A line for the login shell, run in it with `BATON_WORKTREE_PATH`, `BATON_WORKTREE_BRANCH`, `BATON_MAIN_REPO_PATH` and
    /// `BATON_BASE_BRANCH`; the repository's own set-up (`.baton/worktree-setup`) when `None`; nothing when empty.
    pub set_up: Option<String>,
    /// A session to start in it: its host and directory are the worktree's.
    pub session: Option<Box<NewSession>>,
}

/// What takes long, and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// What it does.
    pub work: Work,
    /// The host's id, or `local`.
    pub host: String,
    /// The session that it belongs to.
    pub session: Option<SessionId>,
    /// The directory that it begins in, as it was called then: neither an edited host nor a session that has moved takes it
    /// elsewhere. `None` where an older version has begun it.
    #[serde(default)]
    pub directory: Option<FilePath>,
    /// How it stands.
    pub state: OperationState,
    /// How far it is.
    pub progress: Option<Progress>,
    /// Bytes of output that there are.
    pub output: u64,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How an operation stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OperationState {
    /// It waits for the one before it in the same repository, or begins.
    Waiting,
    /// It is at work.
    Running,
    /// It is at work, as far as anybody knows: its host can't be reached.
    Away {
        /// Why.
        why: Failure,
    },
    /// It was done.
    Done {
        /// What came of it.
        outcome: Outcome,
    },
    /// It failed.
    Failed {
        /// Why.
        why: Failure,
    },
    /// A person stopped it.
    Stopped,
}

impl OperationState {
    /// Whether nothing more will come.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. } | Self::Stopped)
    }
}

/// What came of an operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// One sentence for a person; empty where the work says it all.
    pub said: String,
    /// The exit status of a command line.
    pub status: Option<u8>,
    /// The address of a pull request.
    pub url: Option<String>,
    /// The directory of a worktree.
    pub path: Option<FilePath>,
    /// The branch that a worktree has, where it isn't the one that was asked for: its directory was there.
    pub branch_mismatch: Option<String>,
    /// The session that was started in it.
    pub session: Option<SessionId>,
    /// What failed beside the work itself: a set-up, a session.
    pub failed: Option<Failure>,
}

/// How far an operation is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// What it is doing.
    pub doing: String,
    /// Bytes or things that are done.
    pub done: u64,
    /// Of how many, where that is known.
    pub of: Option<u64>,
    /// Whether they are bytes.
    pub bytes: bool,
}

/// What a front end wants to know of operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum OperationQuery {
    /// Those under way, and the last 100 that are over. Answer: [`OperationReply::Operations`].
    List,
    /// What one has printed. Answer: [`OperationReply::Output`].
    Output {
        /// Which.
        id: String,
        /// From that byte on; the first ones of a long output are forgotten.
        offset: u64,
    },
    /// What a Tab offers behind a command line that is being typed, from the host: files, commands, branches, and lines that
    /// were run before. Answer: [`OperationReply::Completions`].
    Complete {
        /// Where it would run.
        at: At,
        /// As it was typed so far, up to the cursor.
        line: String,
        /// Whether a person has asked for it. Else the account's shell isn't asked: what it completes with may be a
        /// project's own (`make` reads the Makefile, and runs what that says), and nobody has said that it may run.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_key: bool,
    },
    /// Lines that were run, newest first, each once. Answer: [`OperationReply::Lines`].
    Lines {
        /// Where.
        at: At,
        /// That hold this.
        containing: String,
        /// At most so many.
        limit: u32,
    },
}

/// What a front end wants done with operations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum OperationCommand {
    /// Begins one. Answer: [`OperationReply::Operation`].
    Start(Work),
    /// Stops one: TERM, then KILL after 3 s; a transfer keeps what it has, to go on from. Answer:
    /// [`OperationReply::Operation`].
    Stop {
        /// Which.
        id: String,
    },
    /// Forgets one that is over, or one whose host can't be reached: it isn't followed any more. Answer:
    /// [`OperationReply::Done`].
    Forget {
        /// Which.
        id: String,
    },
}

/// What the engine answers about operations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "payload", rename_all = "snake_case")]
pub enum OperationReply {
    /// It is done.
    Done,
    /// One.
    Operation(Box<Operation>),
    /// All.
    Operations(Vec<Operation>),
    /// A part of what one has printed.
    Output(OperationOutput),
    /// What a Tab offers.
    Completions(Completions),
    /// Lines that were run.
    Lines(Vec<String>),
}

/// A part of what an operation has printed, both streams in one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationOutput {
    /// Which.
    pub id: String,
    /// Where the bytes begin: more than was asked for where those before are forgotten.
    pub offset: u64,
    /// The bytes.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for OperationOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperationOutput")
            .field("id", &self.id)
            .field("offset", &self.offset)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// What a Tab offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completions {
    /// Where the word that is completed begins, in bytes of the line.
    pub from: u32,
    /// Best first.
    pub offers: Vec<Completion>,
    /// Whether there are more.
    pub more: bool,
}

/// One thing that a Tab offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What stands for the word then, quoted for a POSIX shell.
    pub text: String,
    /// What a person reads.
    pub shown: String,
    /// What it is.
    pub kind: CompletionKind,
}

/// What a Tab offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletionKind {
    /// A line that was run.
    Line,
    /// A program, function, alias or builtin.
    Command,
    /// A branch.
    Branch,
    /// A tag.
    Tag,
    /// A directory.
    Directory,
    /// A file.
    File,
    /// What the shell offers else.
    Word,
}
