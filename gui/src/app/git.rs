//! What git says of sessions: when it is asked, and what is known of it.

use orchestrator::failure::Failure;
use orchestrator::seam::{ConnectionState, GitGlance, Session, SessionId, TurnId};

use super::App;
use crate::bridge::Ask;
use crate::view::places::is_local;

/// So many glances at git are under way at once: a left bar full of sessions holds no host up.
const GLANCES: usize = 4;

impl App {
    /// Takes in what git says of a session.
    pub(super) fn git_came(&mut self, session: SessionId, answer: Result<GitGlance, Failure>) {
        self.git_under_way.remove(&session);
        match answer {
            // It was of another directory.
            Ok(_) if !self.git_asked.contains(&session) => {}
            Ok(glance) => {
                self.looks.git.insert(session, glance);
                self.version += 1;
            }
            // It is a glance: the connection's own trouble is told elsewhere.
            Err(failure) => tracing::info!("git of {session}: {failure}"),
        }
    }

    /// Asks what git says of a session, where nothing is known and asking opens no connection.
    pub(super) fn glance_at_git(&mut self, session: &SessionId) {
        let is_known = self.looks.git.contains_key(session) || self.git_asked.contains(session);
        if is_known || self.git_under_way.len() >= GLANCES || !self.may_ask_host(session) {
            return;
        }
        self.ask_git(session);
    }

    fn ask_git(&mut self, session: &SessionId) {
        match self.bridge.ask(Ask::Git(session.clone())) {
            Ok(()) => {
                self.git_asked.insert(session.clone());
                self.git_under_way.insert(session.clone());
            }
            Err(failure) => tracing::info!("{failure}"),
        }
    }

    /// What was known of the git of another directory means nothing.
    pub(super) fn forget_git_when_moved(&mut self, session: &Session) {
        let Some(before) = self.sessions.get(&session.id) else { return };
        if before.cwd != session.cwd || before.host != session.host {
            self.looks.git.remove(&session.id);
            self.git_asked.remove(&session.id);
        }
    }

    pub(super) fn may_ask_host(&self, session: &SessionId) -> bool {
        let Some(host) = self.sessions.get(session).map(|session| &session.host) else {
            return false;
        };
        is_local(host)
            || self.connections.iter().any(|connection| {
                connection.host == *host && connection.state == ConnectionState::Connected
            })
    }

    /// What git and the history say may be another thing when a turn has ended.
    pub(super) fn ask_git_when_done(&mut self, session: &Session) {
        let Some(before) = self.sessions.get(&session.id) else { return };
        let was_over = |wanted: &TurnId| {
            let mut turns = before.tabs.iter().filter_map(|tab| tab.turn.as_ref());
            turns.any(|turn| turn.id == *wanted && turn.status.is_some())
        };
        let mut turns = session.tabs.iter().filter_map(|tab| tab.turn.as_ref());
        let has_ended = turns.any(|turn| turn.status.is_some() && !was_over(&turn.id));
        if !has_ended {
            return;
        }
        self.history_may_have_grown();
        if self.may_ask_host(&session.id) {
            self.ask_git(&session.id);
        }
    }
}
