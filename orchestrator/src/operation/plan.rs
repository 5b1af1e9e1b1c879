//! Which job does which work.

use super::job::Job;
use super::{line, transferring};
use crate::failure::Failure;
use crate::git::{network, pull_request, worktree_add};
use crate::host::{Reach, Reached};
use crate::seam::{At, Work};

/// Where a work is done.
pub(crate) fn at(work: &Work) -> &At {
    match work {
        Work::Upload { at, .. }
        | Work::Download { at, .. }
        | Work::Push { at, .. }
        | Work::Pull { at, .. }
        | Work::Fetch { at, .. }
        | Work::PullRequest { at, .. }
        | Work::Line { at, .. } => at,
        Work::AddWorktree(add) => &add.at,
    }
}

/// How a work is done.
#[derive(Debug)]
pub(super) enum Plan {
    /// By a run on the host.
    Job(Box<Job>),
    /// From here.
    Transfer,
}

/// Says how `work` is done at `reached`. It is made anew when a former engine has left the work under way, and has to come to
/// the same then.
///
/// # Errors
///
/// `usage` for what can't be done; nothing was begun then.
pub(super) fn plan(work: &Work, reached: &Reached, reach: &dyn Reach) -> Result<Plan, Failure> {
    let job = match work {
        Work::Line { line, .. } => line::job(line, reached)?,
        Work::Upload { .. } | Work::Download { .. } => {
            transferring::check(work)?;
            return Ok(Plan::Transfer);
        }
        Work::Push { .. } | Work::Pull { .. } | Work::Fetch { .. } => network::job(work, reached)?,
        Work::AddWorktree(add) => worktree_add::job(add, reached, reach.worktree_path())?,
        Work::PullRequest { .. } => pull_request::job(work, reached)?,
    };
    Ok(Plan::Job(Box::new(job)))
}
