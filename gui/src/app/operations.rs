//! What takes long, wherever: how it stands, and whom that concerns.

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Operation, OperationState, SessionId, Work};

use super::App;
use super::lines::directory_of;
use crate::words::clean_line;

impl App {
    /// An operation stands another way.
    pub(super) fn operation_came(&mut self, operation: Operation) {
        let all = &mut self.repository.operations;
        let before = all.iter().position(|known| known.id == operation.id);
        let was_over = before.and_then(|at| all.get(at)).is_none_or(|known| known.state.is_over());
        let is_over = operation.state.is_over();
        let session = operation.session.clone();
        self.note_transfer(&operation);
        let all = &mut self.repository.operations;
        let ended = (is_over && !was_over).then(|| operation.clone());
        match before.and_then(|at| all.get_mut(at)) {
            Some(known) => *known = operation,
            None => all.push(operation),
        }
        // What ended before we heard of it has changed nothing that we know.
        if is_over && !was_over && session == self.repository.of {
            self.refresh_repository();
        }
        if let Some(ended) = ended {
            self.transfer_ended(&ended);
            self.line_ended(&ended);
            self.pull_request_ended(&ended);
        }
    }

    /// An operation was begun here; what was heard of it meanwhile is newer.
    pub(super) fn operation_begun(&mut self, operation: Operation) {
        if !self.repository.operations.iter().any(|known| known.id == operation.id) {
            self.operation_came(operation.clone());
        }
        self.pull_request_begun(&operation.id);
    }

    /// Everything that takes long, wherever.
    pub(super) fn operations(&self) -> &[Operation] {
        &self.repository.operations
    }

    /// Why something isn't begun once more: it was for one machine and directory, and its session is elsewhere now.
    pub(super) fn moved_since(&self, operation: &Operation) -> Option<Failure> {
        let session = self.sessions.get(operation.session.as_ref()?)?;
        let (before, now, meant) = if session.host != operation.host {
            let [before, now] = [&operation.host, &session.host].map(|host| self.host_words(host));
            (format!("on {before}"), format!("on {now}"), now)
        } else {
            let now = directory_of(&self.hosts.hosts.hosts, session);
            let before = operation.directory.as_ref().map(ToString::to_string)?;
            if before == now || is_whole(&operation.work) {
                return None;
            }
            let now = clean_line(&now);
            (format!("in {}", clean_line(&before)), format!("in {now}"), now)
        };
        let message = format!("this was done {before}, and the session is {now} now");
        let failure = Failure::new(Code::Conflict, message);
        Some(failure.hint(format!("Begin it anew if it is meant for {meant}")))
    }

    /// An operation was forgotten.
    pub(super) fn operation_forgotten(&mut self, id: &str) {
        self.keep_typed(id);
        self.repository.operations.retain(|operation| operation.id != id);
        self.forget_transfer(id);
        self.line_forgotten(id);
    }
}

/// Whether a transfer means the same place on its host from every directory.
fn is_whole(work: &Work) -> bool {
    match work {
        Work::Upload { remote, .. } | Work::Download { remote, .. } => {
            remote.bytes().starts_with(b"/")
        }
        Work::Push { .. }
        | Work::Pull { .. }
        | Work::Fetch { .. }
        | Work::AddWorktree(_)
        | Work::PullRequest { .. }
        | Work::Line { .. } => false,
    }
}

/// Whether an operation is shown in a session's Git page: git's own, under way or ended and not dismissed.
pub(super) fn concerns(operation: &Operation, session: Option<&SessionId>) -> bool {
    let is_git = match &operation.work {
        Work::Push { .. }
        | Work::Pull { .. }
        | Work::Fetch { .. }
        | Work::AddWorktree(_)
        | Work::PullRequest { .. } => true,
        Work::Upload { .. } | Work::Download { .. } | Work::Line { .. } => false,
    };
    let is_said = match &operation.state {
        OperationState::Done { outcome } => {
            outcome.url.is_some() || outcome.failed.is_some() || outcome.session.is_some()
        }
        OperationState::Waiting
        | OperationState::Running
        | OperationState::Away { .. }
        | OperationState::Failed { .. }
        | OperationState::Stopped => true,
    };
    is_git && is_said && operation.session.as_ref() == session
}
