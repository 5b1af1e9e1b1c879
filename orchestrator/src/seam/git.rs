//! Git on a host: what a front end asks of a repository and does to it.

use serde::{Deserialize, Serialize};

use super::{At, FilePath, GitBranches, GitDiff, GitLog, GitPatch, PullRequestDraft, Worktree};

/// What a front end wants to know of a repository. Each is one round trip to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum GitQuery {
    /// How it stands. Answer: [`GitReply::Status`], or [`GitReply::Unchanged`].
    Status {
        /// A directory in it.
        at: At,
        /// The version of a status that is known: the same one is left out.
        seen: Option<String>,
    },
    /// Differences, parted into files and lines. Answer: [`GitReply::Diff`].
    Diff {
        /// A directory in it.
        at: At,
        /// Between what.
        of: DiffOf,
        /// Only there, relative to the repository's top; everywhere when empty.
        paths: Vec<FilePath>,
        /// Lines around each change.
        context: u32,
    },
    /// The same as git prints it, for `git apply`. Answer: [`GitReply::Patch`].
    Patch {
        /// A directory in it.
        at: At,
        /// Between what.
        of: DiffOf,
        /// Only there, relative to the repository's top.
        paths: Vec<FilePath>,
    },
    /// Commits, newest first. Answer: [`GitReply::Log`].
    Log {
        /// A directory in it.
        at: At,
        /// From where on; `HEAD` when `None`.
        revision: Option<String>,
        /// From all branches and tags, too.
        all: bool,
        /// Only those that changed it, relative to the repository's top.
        path: Option<FilePath>,
        /// Whose message holds it.
        containing: Option<String>,
        /// Without the first ones.
        skip: u32,
        /// At most so many, at most 5,000.
        limit: u32,
    },
    /// Branches and tags. Answer: [`GitReply::Branches`].
    Branches {
        /// A directory in it.
        at: At,
    },
    /// Its worktrees. Answer: [`GitReply::Worktrees`].
    Worktrees {
        /// A directory in it.
        at: At,
    },
    /// What a pull request from here would say. Answer: [`GitReply::PullRequest`].
    PullRequest {
        /// A directory in it.
        at: At,
    },
}

/// Between what a diff is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffOf {
    /// What is staged and what lies there.
    Unstaged,
    /// The last commit and what is staged.
    Staged,
    /// The last commit and what lies there.
    Head,
    /// Where the branch left `base` (the default branch when `None`), and what lies there.
    Base {
        /// A branch or commit.
        base: Option<String>,
    },
    /// A commit and its first parent.
    Commit {
        /// Which.
        id: String,
    },
    /// A file that git doesn't know, as all new. Exactly one path.
    Untracked,
}

/// What a front end wants done with a repository, at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum GitCommand {
    /// Stages files whole. Answer: [`GitReply::Done`].
    Stage {
        /// A directory in it.
        at: At,
        /// Relative to the repository's top; everything when empty: `conflict` while a file in conflict holds git's marks.
        paths: Vec<FilePath>,
    },
    /// Takes files back out of what is staged; `conflict` where one is in conflict. Answer: [`GitReply::Done`].
    Unstage {
        /// A directory in it.
        at: At,
        /// Relative to the repository's top; everything when empty.
        paths: Vec<FilePath>,
    },
    /// Makes files what they were when they were staged or committed, and removes those that git doesn't know.
    /// Answer: [`GitReply::Done`].
    Discard {
        /// A directory in it.
        at: At,
        /// Relative to the repository's top; at least one.
        paths: Vec<FilePath>,
    },
    /// Stages, unstages or discards single lines. `conflict` when the file is no longer what `lines` was chosen from.
    /// Answer: [`GitReply::Done`].
    Lines {
        /// A directory in it.
        at: At,
        /// What to do.
        how: LinesHow,
        /// Which.
        lines: ChosenLines,
    },
    /// Commits what is staged. Answer: [`GitReply::Committed`].
    Commit {
        /// A directory in it.
        at: At,
        /// All of it.
        message: String,
        /// Instead of the last commit.
        amend: bool,
        /// With everything that git knows and that was changed: `conflict` while a file in conflict holds git's marks.
        all: bool,
    },
    /// Checks a branch out. Refused by git's own words where changes would be lost, or files that git ignores. Answer:
    /// [`GitReply::Done`], or [`GitReply::Left`] where a detached head held commits.
    Switch {
        /// A directory in it.
        at: At,
        /// Which.
        branch: String,
    },
    /// Makes a branch. Answer: as of [`GitCommand::Switch`].
    NewBranch {
        /// A directory in it.
        at: At,
        /// Its name.
        name: String,
        /// Where it begins; here when `None`.
        start: Option<String>,
        /// Whether it is checked out, too.
        switch: bool,
    },
    /// Gives a branch another name. Answer: [`GitReply::Done`].
    RenameBranch {
        /// A directory in it.
        at: At,
        /// Its name.
        name: String,
        /// Its new one.
        to: String,
    },
    /// Deletes a branch. Answer: [`GitReply::Done`], or [`GitReply::Left`] where only it held commits.
    DeleteBranch {
        /// A directory in it.
        at: At,
        /// Which.
        name: String,
        /// Also one that isn't merged.
        force: bool,
    },
    /// Goes on with, or gives up, a merge, rebase, cherry-pick or revert. Answer: [`GitReply::Done`].
    Unfinished {
        /// A directory in it.
        at: At,
        /// Give it up, else go on.
        abort: bool,
    },
    /// Removes a worktree; its branch stays. `dirty_worktree` where changes would be lost, and `busy` while a session
    /// works there. Answer: [`GitReply::Done`].
    RemoveWorktree {
        /// A directory of the repository.
        at: At,
        /// Its path, or its branch.
        path: FilePath,
        /// With its changes.
        force: bool,
    },
    /// Forgets worktrees whose directories are gone. Answer: [`GitReply::Worktrees`], those that were forgotten.
    PruneWorktrees {
        /// A directory of the repository.
        at: At,
        /// Only say which.
        dry_run: bool,
    },
}

/// What to do with chosen lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinesHow {
    /// From [`DiffOf::Unstaged`] into what is staged.
    Stage,
    /// From [`DiffOf::Staged`] out of it.
    Unstage,
    /// From [`DiffOf::Unstaged`] out of the file.
    Discard,
}

/// Lines of one file's diff that a person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenLines {
    /// The file, relative to the repository's top.
    pub path: FilePath,
    /// [`super::FileDiff::old_blob`] of the diff that they were chosen in.
    pub old_blob: String,
    /// [`super::FileDiff::new_blob`].
    pub new_blob: String,
    /// For each line that is chosen its hunk and its place in it, from 0; lines of context count and mean nothing.
    pub lines: Vec<(u32, u32)>,
    /// Lines of context that the diff was asked with.
    pub context: u32,
}

/// What the engine answers about a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "payload", rename_all = "snake_case")]
pub enum GitReply {
    /// It is done.
    Done,
    /// It is done, and commits are on no branch, tag or head any more: git forgets them after some weeks.
    Left {
        /// The last of them.
        id: String,
        /// How many.
        commits: u64,
    },
    /// It is as it was seen.
    Unchanged,
    /// How it stands; `None` outside of a repository.
    Status(Option<Box<GitStatus>>),
    /// Differences.
    Diff(GitDiff),
    /// Differences as git prints them.
    Patch(GitPatch),
    /// Commits.
    Log(GitLog),
    /// Branches and tags.
    Branches(GitBranches),
    /// Worktrees.
    Worktrees(Vec<Worktree>),
    /// The commit that was made.
    Committed {
        /// Its id.
        id: String,
        /// The first line of its message.
        subject: String,
    },
    /// What a pull request from here would say.
    PullRequest(PullRequestDraft),
}

/// How a repository stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitStatus {
    /// Its top directory, as the host calls it.
    pub top: FilePath,
    /// Where the directory that was asked about is below the top; empty at the top.
    #[serde(default)]
    pub prefix: FilePath,
    /// The git directory that its worktrees share.
    pub common: FilePath,
    /// The branch; `None` where the head is detached.
    pub branch: Option<String>,
    /// The commit; `None` before the first one.
    pub commit: Option<String>,
    /// What the branch follows.
    pub upstream: Option<String>,
    /// Commits that the upstream doesn't have, and those that only it has; `None` without one, or where it is gone.
    pub ahead_behind: Option<(u32, u32)>,
    /// What it is in the middle of.
    pub unfinished: Option<Unfinished>,
    /// Whether it has no files of its own; nothing is listed then.
    pub bare: bool,
    /// What was changed, sorted by path.
    pub changes: Vec<GitChange>,
    /// Whether there are more changes than are told.
    pub more: bool,
    /// How many there are.
    pub changed: u32,
    /// Lines added and removed since the last commit, as far as git can count them.
    pub lines: (u64, u64),
    /// How many stashes there are.
    pub stashes: u32,
    /// Names of its remotes.
    pub remotes: Vec<String>,
    /// Changes with anything that is told here.
    pub version: String,
}

/// What a repository is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfinished {
    /// A merge.
    Merge,
    /// A rebase.
    Rebase,
    /// Patches that are being applied.
    Am,
    /// A cherry-pick.
    CherryPick,
    /// A revert.
    Revert,
    /// A search for the commit that broke something.
    Bisect,
}

/// A file that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitChange {
    /// Relative to the repository's top.
    pub path: FilePath,
    /// What it was called, where it was renamed or copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<FilePath>,
    /// What is staged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged: Option<ChangeKind>,
    /// What isn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unstaged: Option<ChangeKind>,
    /// Whether it is a submodule.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub submodule: bool,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has other contents.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another name.
    Renamed,
    /// It was made from another one.
    Copied,
    /// It is something else now: a link instead of a file.
    TypeChanged,
    /// Both sides of a merge changed it.
    Conflicted,
    /// Git doesn't know it.
    Untracked,
}
