//! What there is in a repository: differences, commits, branches, worktrees.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::path::base64_bytes;
use super::{ChangeKind, FilePath, SessionId};

/// Differences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitDiff {
    /// In git's order.
    pub files: Vec<FileDiff>,
    /// Whether some were left out: it is more than a person reads.
    pub more: bool,
}

/// Differences of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiff {
    /// Relative to the repository's top.
    pub path: FilePath,
    /// What it was called before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<FilePath>,
    /// What became of it.
    pub kind: ChangeKind,
    /// Its mode before and after (`0o100644`), where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<(u32, u32)>,
    /// Whether it has bytes that are no text: there are no hunks then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binary: bool,
    /// Id of its contents before; empty where git didn't say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub old_blob: String,
    /// Id of its contents after.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub new_blob: String,
    /// Lines that are new.
    pub added: u32,
    /// Lines that are gone.
    pub removed: u32,
    /// What differs.
    pub hunks: Vec<Hunk>,
    /// Whether hunks or lines were left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// Lines that lie together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// The first line before, from 1.
    pub old_start: u32,
    /// How many before.
    pub old_lines: u32,
    /// The first line after, from 1.
    pub new_start: u32,
    /// How many after.
    pub new_lines: u32,
    /// What git says they lie in.
    pub heading: String,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// What became of it.
    pub kind: LineKind,
    /// Without its newline; what is no UTF-8 is replaced.
    pub text: String,
    /// Whether the file ends here without a newline.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_newline: bool,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// It stayed.
    Context,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// Differences as git prints them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitPatch {
    /// Byte for byte.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for GitPatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitPatch").field("bytes", &self.bytes.len()).finish()
    }
}

/// Commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitLog {
    /// Newest first, none before its children.
    pub commits: Vec<GitCommit>,
    /// Whether there are more.
    pub more: bool,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitCommit {
    /// Its id.
    pub id: String,
    /// Ids of its parents.
    pub parents: Vec<String>,
    /// Who wrote it.
    pub author: String,
    /// Their address.
    pub email: String,
    /// When it was written.
    pub at: Timestamp,
    /// The first line of its message.
    pub subject: String,
    /// The rest.
    pub body: String,
    /// Branches and tags that point to it, short; `HEAD -> main` is `main` with [`GitCommit::head`].
    pub refs: Vec<String>,
    /// Whether it is checked out.
    pub head: bool,
}

/// Branches and tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitBranches {
    /// Local ones first, then those of remotes; each by its last commit, newest first.
    pub branches: Vec<GitBranch>,
    /// Newest first, at most 1,000.
    pub tags: Vec<String>,
    /// The branch that others are based on, as far as can be told.
    pub default: Option<String>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitBranch {
    /// Its short name; with its remote's, where it is one.
    pub name: String,
    /// Whether it is a remote's.
    pub remote: bool,
    /// Whether it is checked out here.
    pub current: bool,
    /// Where it is checked out.
    pub worktree: Option<FilePath>,
    /// What it follows.
    pub upstream: Option<String>,
    /// As [`super::GitStatus::ahead_behind`].
    pub ahead_behind: Option<(u32, u32)>,
    /// Whether what it follows is gone.
    pub gone: bool,
    /// Its last commit.
    pub commit: String,
    /// The first line of that one's message.
    pub subject: String,
    /// When that was made.
    pub at: Option<Timestamp>,
}

/// A worktree of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worktree {
    /// Its directory, as the host calls it.
    pub path: FilePath,
    /// Its branch; `None` where the head is detached.
    pub branch: Option<String>,
    /// Its commit.
    pub commit: Option<String>,
    /// Whether it is the repository's own.
    pub main: bool,
    /// Whether the repository has no files of its own.
    pub bare: bool,
    /// Whether the asker's directory lies in it.
    pub current: bool,
    /// Why it may not be removed, where somebody locked it; may be empty.
    pub locked: Option<String>,
    /// Why it can be forgotten, where its directory is gone.
    pub prunable: Option<String>,
    /// Files that differ from its commit; `None` where its directory is gone.
    pub changed: Option<u32>,
    /// Sessions that work in it.
    pub sessions: Vec<SessionId>,
}

/// What a pull request would say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestDraft {
    /// The branch that is to be merged.
    pub branch: Option<String>,
    /// Into which.
    pub base: Option<String>,
    /// Its title, made of the commits.
    pub title: String,
    /// Its body, made of the commits.
    pub body: String,
    /// Commits that it would have.
    pub commits: u32,
    /// Files that aren't committed, and wouldn't be in it.
    pub changed: u32,
}
