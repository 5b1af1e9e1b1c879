//! What stands beside one another in the bar of tabs: conversations, files, terminals.

use orchestrator::seam::{SessionId, TabId};

use super::App;
use crate::bridge::OpenId;

/// What a tab shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Conversation(TabId),
    File(OpenId),
    Terminal(String),
}

impl App {
    /// Shows the tab to the right or to the left, and round.
    pub(super) fn step_tab(&mut self, right: bool) {
        let Some(session) = self.shown_session().map(|session| session.id.clone()) else { return };
        let terminals = self.terminal_tabs(&session);
        let in_terminal = terminals.iter().find(|tab| tab.shown).map(|tab| tab.id.clone());
        let at = match (in_terminal, self.shown_file()) {
            (Some(id), _) => Some(Place::Terminal(id)),
            (None, Some(file)) => Some(Place::File(file)),
            (None, None) => self.shown_tab().map(|tab| Place::Conversation(tab.id.clone())),
        };
        let files = self.file_tabs(&session);
        let all: Vec<Place> = self
            .open_tabs()
            .into_iter()
            .map(Place::Conversation)
            .chain(files.iter().map(|file| Place::File(file.id)))
            .chain(terminals.into_iter().map(|tab| Place::Terminal(tab.id)))
            .collect();
        match stepped(&all, at.as_ref(), right) {
            Some(Place::Conversation(tab)) => self.show(&session, Some(tab)),
            Some(Place::File(file)) => self.show_file(file),
            Some(Place::Terminal(id)) => self.show_terminal(&session, id),
            None => {}
        }
    }

    /// Nothing stands in place of the shown session's conversation any more.
    pub(super) fn show_conversation(&mut self) {
        if let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) {
            self.uncover(&session);
        }
    }

    /// Nothing stands in place of that session's conversation any more.
    pub(super) fn uncover(&mut self, session: &SessionId) {
        self.files.shown.remove(session);
        if self.is_session_shown(session) {
            self.hide_terminal();
            self.leave_diff();
        } else {
            self.terminals.leave(session);
        }
    }
}

/// What stands beside it, and round; the first or the last where it stands nowhere.
fn stepped(all: &[Place], at: Option<&Place>, right: bool) -> Option<Place> {
    let at = at.and_then(|at| all.iter().position(|place| place == at));
    let next = match (at, right) {
        (Some(at), true) => all.get(at + 1).or(all.first()),
        (Some(at), false) => at.checked_sub(1).and_then(|at| all.get(at)).or(all.last()),
        (None, true) => all.first(),
        (None, false) => all.last(),
    };
    next.cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_walks_through_conversations_files_and_terminals_and_round() {
        let all = [
            Place::Conversation(TabId::new("a")),
            Place::File(OpenId(1)),
            Place::Terminal("t".into()),
        ];
        for (at, place) in all.iter().enumerate() {
            assert_eq!(stepped(&all, Some(place), true).as_ref(), all.get((at + 1) % 3));
            assert_eq!(stepped(&all, Some(place), false).as_ref(), all.get((at + 2) % 3));
        }
        assert_eq!(stepped(&all, None, false).as_ref(), all.last());
        assert_eq!(stepped(&[], None, true), None);
    }
}
