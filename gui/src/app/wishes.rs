//! What somebody wants, on its way to the engine.

use orchestrator::failure::Failure;
use orchestrator::seam::{Command, NewMessage, SessionId, TabChoice, TabId};

use super::pending::Pending;
use super::{App, Shown};
use crate::bridge::Ask;
use crate::memory::DraftKey;
use crate::view::composer::said;

impl App {
    /// Asks the bridge; says so when it can't take it.
    pub(super) fn ask(&mut self, ask: Ask) -> bool {
        match self.bridge.ask(ask) {
            Ok(()) => true,
            Err(failure) => {
                self.complain(&failure);
                false
            }
        }
    }

    /// Asks for something that nobody misses when it doesn't come.
    pub(super) fn ask_quietly(&mut self, ask: Ask) {
        if let Err(failure) = self.bridge.ask(ask) {
            tracing::info!("{failure}");
        }
    }

    /// Carries out a command of which only a failure is told.
    pub(super) fn command(&mut self, command: Command) {
        self.carry_out(command, Pending::Quiet);
    }

    /// Carries out a command.
    pub(super) fn carry_out(&mut self, command: Command, pending: Pending) {
        let ticket = self.waiting.ticket(pending);
        if !self.ask(Ask::Do { ticket, command: Box::new(command) }) {
            // What waits for it is told in the same way as when the engine refuses.
            let busy = Failure::new(orchestrator::failure::Code::Busy, "too much waits to be done");
            if let Some(pending) = self.waiting.take(ticket) {
                self.answered(pending, Err(busy));
            }
        }
    }

    /// Sends what is written. The draft stays until the engine has it.
    pub(super) fn send(&mut self) {
        let Some(Shown { session, tab }) = self.shown.clone() else { return };
        let key = draft_key(&session, tab.as_ref());
        if self.is_sending(&key) {
            return;
        }
        let Some(draft) = self.memory.drafts.get(&key) else { return };
        if draft.text.trim().is_empty() {
            return;
        }
        if self.is_restoring(&key) {
            self.say("Its images are still being read; try again in a moment".to_owned());
            return;
        }
        let message = NewMessage {
            prompt: said(&draft.text).to_owned(),
            images: self.images_to_send(&key),
            read_only: draft.read_only,
            save_to_history: draft.save_to_history,
        };
        let choice = tab.map_or(TabChoice::New, TabChoice::Id);
        self.failures.remove(&key);
        let images = message.images.len();
        let command = Box::new(Command::Send { session: session.clone(), tab: choice, message });
        let pending = Pending::Send { session, key: key.clone(), images };
        let ticket = self.waiting.ticket(pending);
        if !self.ask(Ask::Send { ticket, command, key }) {
            self.waiting.take(ticket);
        }
    }

    /// Whether a draft is on its way.
    pub(super) fn is_sending(&self, key: &DraftKey) -> bool {
        self.waiting.any(|pending| matches!(pending, Pending::Send { key: of, .. } if of == key))
    }

    /// Shows a session, with the tab of that id whatever stands in its place, or with what was shown of it last; and puts the cursor
    /// into its composer.
    pub(super) fn show(&mut self, session: &SessionId, tab: Option<TabId>) {
        if tab.is_some() {
            self.uncover(session);
        }
        self.look_at(session, tab);
        self.composer.focus();
    }

    /// Shows a session like [`App::show`], and leaves what stands in place of its tab, and the focus where it is.
    pub(super) fn look_at(&mut self, session: &SessionId, tab: Option<TabId>) {
        let Some(known) = self.sessions.get(session).cloned() else { return };
        let closed = &self.memory.closed;
        let is_there = |id: &TabId| known.tabs.iter().any(|tab| tab.id == *id);
        // One that was closed comes back when there is no other.
        let last_used = known
            .tabs
            .iter()
            .max_by_key(|tab| {
                let used = tab.turn.as_ref().map(|turn| turn.started_at);
                (!closed.contains(&tab.id), used)
            })
            .map(|tab| tab.id.clone());
        self.put_in_sight(session, tab.filter(is_there).or(last_used));
    }

    /// Gives the keys to what is shown of the session.
    pub(super) fn focus_shown(&mut self) {
        if let Some(file) = self.shown_open() {
            file.wants_focus = true;
        } else if self.shown_terminal().is_some() {
            self.focus_shown_terminal();
        } else {
            self.composer.focus();
        }
    }

    /// Shows a session, also one that wasn't heard of yet; one that is gone is said to be.
    pub(super) fn find_and_show(&mut self, session: SessionId) {
        if self.sessions.get(&session).is_some() {
            self.show(&session, None);
        } else {
            let ticket = self.waiting.ticket(Pending::ShowSession);
            self.ask(Ask::Session { ticket, session });
        }
    }

    /// Shows a tab, also one that the engine has made and not told of yet.
    pub(super) fn turn_to(&mut self, session: &SessionId, tab: Option<TabId>) {
        if self.put_in_sight(session, tab) {
            self.composer.focus();
        }
    }

    /// Whether something else was shown.
    fn put_in_sight(&mut self, session: &SessionId, tab: Option<TabId>) -> bool {
        if let Some(tab) = &tab {
            self.memory.closed.remove(tab);
            let turned = self.transcripts.turn_to(tab);
            if turned.follow {
                self.ask(Ask::Follow { session: session.clone(), tab: tab.clone() });
            }
            if let Some(tab) = turned.unfollow {
                self.forget_pictures(&tab);
                self.ask_quietly(Ask::Unfollow(tab));
            }
        }
        let shown = Shown { session: session.clone(), tab: tab.clone() };
        if self.shown.as_ref() == Some(&shown) {
            return false;
        }
        let other = self.shown.as_ref().is_none_or(|before| before.session != *session);
        self.memory.shown = Some((session.clone(), tab));
        self.shown = Some(shown);
        self.see();
        self.tell_where_one_looks();
        if other {
            self.glance_at_git(session);
        }
        true
    }

    /// Lets go of a tab's pictures: they are fetched again when it is looked at again.
    pub(super) fn forget_pictures(&mut self, tab: &TabId) {
        for message in self.pictures_of.remove(tab).unwrap_or_default() {
            self.pictures.remove(&message);
        }
    }

    /// Shows a tab that isn't there yet: it begins with its first message.
    pub(super) fn new_tab(&mut self) {
        self.show_conversation();
        if let Some(shown) = &mut self.shown {
            shown.tab = None;
            self.composer.focus();
            self.tell_where_one_looks();
        }
    }

    /// Tells the bridge where a person looks, for notifications.
    pub(super) fn tell_where_one_looks(&mut self) {
        let tab = self.shown.as_ref().and_then(|shown| shown.tab.clone());
        let (focused, notify) = (self.focused, self.memory.notifications);
        self.ask_quietly(Ask::Looking { focused, tab, notify });
    }
}

/// Whose draft it is.
pub(super) fn draft_key(session: &SessionId, tab: Option<&TabId>) -> DraftKey {
    match tab {
        Some(tab) => DraftKey::Tab(tab.clone()),
        None => DraftKey::New(session.clone()),
    }
}
