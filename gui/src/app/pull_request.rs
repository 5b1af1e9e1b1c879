//! Pull requests: the form for one, and what was typed for one that wasn't opened.

use orchestrator::failure::Failure;
use orchestrator::seam::{
    At, Command, Operation, OperationCommand, OperationState, SessionId, Work,
};

use super::App;
use crate::bridge::{Ask, RepositoryAsk};
use crate::fetched::Fetched;
use crate::memory::RightPage;
use crate::view::git::PullRequestForm;

impl App {
    /// Opens the form for a pull request, with what was typed for one that wasn't opened.
    pub(super) fn show_pull_request(&mut self) {
        self.memory.right.open = true;
        self.memory.right_page = RightPage::Git;
        if let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) {
            let typed = self.unopened(&session).and_then(|operation| self.typed_for(operation));
            self.git_view.open_pull_request(session.clone(), typed);
            self.repository.draft = Fetched::Pending;
            self.ask_quietly(Ask::Repository(RepositoryAsk::Draft(session)));
        }
    }

    /// The last pull request of a session, where it wasn't opened: it has what was typed.
    fn unopened(&self, session: &SessionId) -> Option<&Operation> {
        let of = self.operations().iter().filter(|operation| is_pull_request(operation, session));
        of.max_by_key(|operation| operation.started_at).filter(|operation| is_unopened(operation))
    }

    /// What was typed for a pull request; of the repository before only what people read.
    fn typed_for(&self, operation: &Operation) -> Option<PullRequestForm> {
        let mut typed = PullRequestForm::of(&operation.work)?;
        if self.moved_since(operation).is_some() {
            typed.leave_repository();
        }
        Some(typed)
    }

    /// Something was begun. Where it is a pull request, what is typed stands in it from now on, and those before it that weren't
    /// opened are over.
    pub(super) fn pull_request_begun(&mut self, id: &str) {
        let begun = self.operations().iter().find(|known| known.id == id);
        let Some(Operation { work: Work::PullRequest { .. }, session: Some(session), .. }) = begun
        else {
            return;
        };
        let is_before = |known: &&Operation| {
            known.id != id && is_pull_request(known, session) && is_unopened(known)
        };
        let before = self.operations().iter().filter(is_before);
        for id in before.map(|known| known.id.clone()).collect::<Vec<_>>() {
            self.command(Command::Operation(OperationCommand::Forget { id }));
        }
    }

    /// Something is over. Where a pull request was opened, nothing is kept that was typed for it.
    pub(super) fn pull_request_ended(&mut self, operation: &Operation) {
        if let (Work::PullRequest { .. }, OperationState::Done { .. }, Some(session)) =
            (&operation.work, &operation.state, &operation.session)
        {
            self.git_view.forget_kept(session);
        }
    }

    /// Nothing was begun: what was typed for it is there when its form is opened again.
    pub(super) fn not_begun(&mut self, work: &Work, failure: &Failure) {
        if let Work::PullRequest { at: At::Session(session), .. } = work
            && let Some(typed) = PullRequestForm::of(work)
        {
            self.git_view.keep_pull_request(session.clone(), typed);
        }
        self.complain(failure);
    }

    /// An operation leaves the list: what was typed for a pull request that wasn't opened doesn't go with it.
    pub(super) fn keep_typed(&mut self, id: &str) {
        let Some(known) = self.operations().iter().find(|known| known.id == id) else { return };
        let Some(session) = known.session.clone() else { return };
        if self.unopened(&session).is_some_and(|last| last.id == id)
            && let Some(typed) = self.typed_for(known)
        {
            self.git_view.keep_pull_request(session, typed);
        }
    }
}

fn is_pull_request(operation: &Operation, session: &SessionId) -> bool {
    matches!(operation.work, Work::PullRequest { .. })
        && operation.session.as_ref() == Some(session)
}

fn is_unopened(operation: &Operation) -> bool {
    match operation.state {
        OperationState::Failed { .. } | OperationState::Stopped => true,
        OperationState::Waiting
        | OperationState::Running
        | OperationState::Away { .. }
        | OperationState::Done { .. } => false,
    }
}
