//! What follows a work that was done.

use super::work::Workshop;
use crate::failure::{Code, Failure};
use crate::seam::{CommandId, FilePath, NewSession, Outcome, Work};
use crate::store::OperationRecord;

/// Starts the session that a worktree is for.
pub(super) async fn after(shop: &Workshop, record: &OperationRecord, outcome: Outcome) -> Outcome {
    let Work::AddWorktree(add) = &record.operation.work else { return outcome };
    let (Some(wanted), Some(path)) = (&add.session, &outcome.path) else { return outcome };
    let made = match in_worktree(record, wanted, path) {
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
        ..wanted.clone()
    })
}
