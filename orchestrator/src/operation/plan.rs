//! Which job does which work.

use super::job::Job;
use super::{line, transferring};
use crate::failure::{Code, Failure};
use crate::host::Reached;
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
pub(super) fn plan(work: &Work, reached: &Reached) -> Result<Plan, Failure> {
    let job = match work {
        Work::Line { line, .. } => line::job(line, reached)?,
        Work::Upload { .. } | Work::Download { .. } => {
            transferring::check(work)?;
            return Ok(Plan::Transfer);
        }
        Work::Push { .. } | Work::Pull { .. } | Work::Fetch { .. } => {
            return Err(not_there("git push, pull and fetch"));
        }
        Work::AddWorktree(_) => return Err(not_there("worktrees")),
        Work::PullRequest { .. } => return Err(not_there("pull requests")),
    };
    Ok(Plan::Job(Box::new(job)))
}

fn not_there(what: &str) -> Failure {
    Failure::new(Code::Unsupported, format!("this version of Baton has no {what} yet"))
        .hint("Use `baton exec` with the host's own programs")
}
