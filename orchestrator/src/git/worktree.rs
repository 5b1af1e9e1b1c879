//! Worktrees of a repository.

use super::call::Site;
use crate::failure::{Code, Failure};
use crate::seam::{FilePath, GitReply};

fn not_yet() -> Failure {
    Failure::new(Code::Unsupported, "worktrees can't be managed here yet")
        .hint("Use `git worktree` in a terminal on the host")
}

pub(super) async fn list(_: &Site) -> Result<GitReply, Failure> {
    Err(not_yet())
}

pub(super) async fn remove(_: &Site, _: &FilePath, _: bool) -> Result<GitReply, Failure> {
    Err(not_yet())
}

pub(super) async fn prune(_: &Site, _: bool) -> Result<GitReply, Failure> {
    Err(not_yet())
}
