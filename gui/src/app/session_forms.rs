//! The forms of sessions, and the first screen.

use egui::Context;
use orchestrator::failure::Failure;
use orchestrator::seam::{NewSession, Session, SessionId};

use super::App;

impl App {
    pub(super) fn open_new_session(&mut self, _like: Option<&SessionId>) {}
    pub(super) fn open_new_session_with(&mut self, _new: Option<NewSession>) {}
    pub(super) fn open_edit_session(&mut self, _session: &SessionId) {}
    pub(super) fn open_welcome(&mut self) {}
    pub(super) fn sessions_forms(&mut self, _ctx: &Context) {}
    pub(super) fn session_form_is_open(&self) -> bool {
        false
    }
    pub(super) fn session_made(&mut self, session: Session) {
        self.show_made(session.id);
    }
    pub(super) fn session_form_failed(&mut self, failure: Failure) {
        self.complain(&failure);
    }
    pub(super) fn session_form_done(&mut self) {}
    fn show_made(&mut self, session: SessionId) {
        self.show(&session, None);
    }
}
