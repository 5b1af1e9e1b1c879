//! Where a session was when something was begun: it may be elsewhere by now.

use orchestrator::seam::{Session, SessionId};

use super::App;
use crate::words::clean_line;

/// A machine, and a directory there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub host: String,
    pub cwd: Option<String>,
}

impl Place {
    pub fn of(session: &Session) -> Self {
        Self { host: session.host.clone(), cwd: session.cwd.clone() }
    }
}

impl App {
    /// Whether that is the session in front.
    pub(super) fn is_session_shown(&self, session: &SessionId) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.session == *session)
    }

    /// What a person calls it.
    pub(super) fn place_words(&self, place: &Place) -> String {
        let directory = clean_line(place.cwd.as_deref().unwrap_or("~"));
        format!("{directory} on {}", self.host_words(&place.host))
    }

    /// Where a session is now.
    pub(super) fn place_of(&self, session: &SessionId) -> Option<Place> {
        self.sessions.get(session).map(Place::of)
    }
}
