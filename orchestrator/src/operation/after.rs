//! What follows a work that was done.

use super::work::Workshop;
use crate::failure::{Code, Failure};
use crate::host::Seated;
use crate::seam::{CommandId, FilePath, NewSession, Outcome, SessionId, Work};
use crate::store::OperationRecord;

/// Starts the session that a worktree is for.
pub(super) async fn after(shop: &Workshop, record: &OperationRecord, outcome: Outcome) -> Outcome {
    let Work::AddWorktree(add) = &record.operation.work else { return outcome };
    let (Some(wanted), Some(path)) = (&add.session, &outcome.path) else { return outcome };
    if outcome.branch_mismatch.is_some() {
        let message =
            format!("no session was started: {path} has another branch than {}", add.branch);
        let failed = Failure::new(Code::Conflict, message)
            .hint("Name the branch that it has, or another directory with --path");
        return Outcome { failed: Some(failed), ..outcome };
    }
    // One that can't be asked for makes no session below it, and no end of the work.
    let seated = shop.reach.sessions(&record.place).await.unwrap_or_default();
    let parent = record.operation.session.clone();
    let parent = parent.filter(|parent| seated.iter().any(|one| one.session == *parent));
    // Whose session it is counts only where somebody's was named.
    let is_there = |one: &&Seated| {
        let is_kin = parent.is_none() || one.parent == parent;
        is_kin && one.directory.as_deref() == Some(path.bytes())
    };
    if let Some(there) = seated.iter().find(is_there) {
        let said = format!("{}; {} works there already", outcome.said, there.name);
        return Outcome { said, session: Some(there.session.clone()), ..outcome };
    }
    let made = match in_worktree(record, wanted, path, parent) {
        // Under the operation's own id: taken up again, it makes no second one.
        Ok(new) => {
            shop.sessions
                .begin(CommandId::new(format!("session-of-{}", record.operation.id)), new)
                .await
        }
        Err(failure) => Err(failure),
    };
    match made {
        Ok(session) => Outcome { session: Some(session), ..outcome },
        Err(failure) => Outcome { failed: outcome.failed.clone().or(Some(failure)), ..outcome },
    }
}

/// The session, in the worktree at `path` and with the environment that was kept apart.
fn in_worktree(
    record: &OperationRecord,
    wanted: &NewSession,
    path: &FilePath,
    parent: Option<SessionId>,
) -> Result<NewSession, Failure> {
    let Some(path) = path.text() else {
        let message = format!("no session can be started in {path}: its name is not UTF-8");
        return Err(
            Failure::new(Code::Unsupported, message).hint("Make the worktree under another path")
        );
    };
    Ok(NewSession {
        host: record.operation.host.clone(),
        cwd: Some(path.to_owned()),
        env: record.env.clone(),
        parent,
        ..wanted.clone()
    })
}
