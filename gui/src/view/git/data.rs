//! What the Git view shows and what a person wants of it.

use jiff::{Timestamp, tz::TimeZone};
use orchestrator::git::GraphRow;
use orchestrator::seam::{
    DiffOf, FilePath, GitBranches, GitLog, GitStatus, LinesHow, Operation, PullRequestDraft,
    SessionId, Worktree,
};

use crate::fetched::Fetched;

/// A part of the Git view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GitPage {
    /// What was changed.
    #[default]
    Changes,
    /// Commits.
    Log,
    /// Branches.
    Branches,
    /// Worktrees.
    Worktrees,
}

impl GitPage {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Changes, Self::Log, Self::Branches, Self::Worktrees];

    /// What a person reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Changes => "Changes",
            Self::Log => "Log",
            Self::Branches => "Branches",
            Self::Worktrees => "Worktrees",
        }
    }
}

/// What the Git view shows.
#[derive(Clone, Copy, Debug)]
pub struct GitData<'a> {
    /// Now.
    pub now: Timestamp,
    /// The person's time zone.
    pub zone: &'a TimeZone,
    /// The session whose repository it is; without one there is nothing to show.
    pub session: Option<&'a SessionId>,
    /// Which part is shown.
    pub page: GitPage,
    /// How the repository stands; `None` inside where there is none.
    pub status: &'a Fetched<Option<Box<GitStatus>>>,
    /// Its commits.
    pub log: &'a Fetched<GitLog>,
    /// Where each of them stands in the graph; as many as there are commits.
    pub lanes: &'a [GraphRow],
    /// Whether more of them are on their way.
    pub loading_more: bool,
    /// Its branches.
    pub branches: &'a Fetched<GitBranches>,
    /// Its worktrees.
    pub worktrees: &'a Fetched<Vec<Worktree>>,
    /// What git does there that takes long: what is under way, and what has failed.
    pub operations: &'a [Operation],
    /// The diff that is open, for its row.
    pub open: Option<&'a OpenDiff>,
    /// What a pull request from here would say.
    pub draft: &'a Fetched<PullRequestDraft>,
    /// Whether something that was asked for is being done.
    pub busy: bool,
}

/// Which diff is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OpenDiff {
    /// Between what.
    pub of: DiffOf,
    /// Only that file; all when `None`.
    pub path: Option<FilePath>,
}

/// What a person wants of the Git view. What takes something away was asked about already.
#[derive(Clone, Debug, PartialEq)]
pub enum GitAct {
    /// Show that part.
    Page(GitPage),
    /// Ask for everything anew.
    Refresh,
    /// Show that diff.
    Open(OpenDiff),
    /// Open that file, relative to the repository's top.
    OpenFile(FilePath),
    /// Show that file in the tree, relative to the repository's top.
    Reveal(FilePath),
    /// Open a terminal in that directory.
    OpenTerminal(FilePath),
    /// Stage these; everything when empty.
    Stage(Vec<FilePath>),
    /// Take these out of what is staged; everything when empty.
    Unstage(Vec<FilePath>),
    /// Lose the changes of these.
    Discard(Vec<FilePath>),
    /// Commit.
    Commit {
        /// The message.
        message: String,
        /// Instead of the last commit.
        amend: bool,
        /// With everything that git knows, since nothing is staged.
        all: bool,
    },
    /// A commit that waited for what was being staged isn't made: nothing is staged.
    NothingToCommit,
    /// Send the branch to its remote.
    Push {
        /// Replace what is there, if it is what we last saw of it.
        force: bool,
    },
    /// Fetch and merge what the branch follows.
    Pull {
        /// Put our commits on top; git's own setting when `None`.
        rebase: Option<bool>,
    },
    /// Look what is new on the remotes.
    Fetch,
    /// Go on with what is unfinished, or give it up.
    Unfinished {
        /// Give it up.
        abort: bool,
    },
    /// More commits.
    MoreLog,
    /// Only commits whose message holds this; all when empty.
    FilterLog(String),
    /// Commits of all branches, or only of the one that is checked out.
    AllBranches(bool),
    /// Check that branch out.
    Switch(String),
    /// Make a branch.
    NewBranch {
        /// Its name.
        name: String,
        /// Where it begins.
        start: Option<String>,
        /// Check it out, too.
        switch: bool,
    },
    /// Give a branch another name.
    RenameBranch {
        /// Its name.
        name: String,
        /// Its new one.
        to: String,
    },
    /// Delete a branch.
    DeleteBranch {
        /// Which.
        name: String,
        /// Also one that isn't merged.
        force: bool,
    },
    /// Make a worktree.
    AddWorktree {
        /// Its branch.
        branch: String,
        /// Where a new one begins.
        base: Option<String>,
        /// Its directory; made of the branch when `None`.
        path: Option<String>,
        /// A line to run in it; the repository's own set-up when `None`, nothing when empty.
        set_up: Option<String>,
        /// Whether a session like this one begins in it.
        session: bool,
    },
    /// Remove a worktree.
    RemoveWorktree {
        /// Which.
        path: FilePath,
        /// With its changes.
        force: bool,
    },
    /// Forget worktrees whose directories are gone.
    Prune,
    /// Show that session.
    ShowSession(SessionId),
    /// Open the form for a pull request.
    OpenPullRequest,
    /// Ask what a pull request from here would say.
    WantDraft,
    /// Push and open a pull request.
    PullRequest {
        /// The branch that was shown.
        branch: Option<String>,
        /// Its title.
        title: String,
        /// Its body.
        body: String,
        /// Into which branch.
        base: Option<String>,
        /// Not ready to be merged.
        draft: bool,
    },
    /// Stop something that takes long.
    Stop(String),
    /// Forget something that has ended, or whose host can't be reached.
    Forget(String),
    /// Open an address.
    OpenLink(String),
    /// Put this on the clipboard and say so.
    Copy(String),
}

/// What a person wants of a diff.
#[derive(Clone, Debug, PartialEq)]
pub enum DiffAct {
    /// Show the sides beside one another, or in one column.
    SideBySide(bool),
    /// Do that with lines of a file: its place in the diff, and each line's hunk and place in it.
    Lines {
        /// What.
        how: LinesHow,
        /// Which file of the diff.
        file: usize,
        /// Hunk and line.
        lines: Vec<(u32, u32)>,
    },
    /// Stage a whole file.
    Stage(FilePath),
    /// Take a whole file out of what is staged.
    Unstage(FilePath),
    /// Open a file.
    OpenFile(FilePath),
    /// Put this on the clipboard and say so.
    Copy(String),
    /// Ask for it anew.
    Retry,
}
