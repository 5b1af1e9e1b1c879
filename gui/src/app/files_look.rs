//! What of files is looked at from time to time: what is in sight, while its host can be asked.

use std::collections::BTreeSet;

use orchestrator::seam::{ConnectionState, FilePath, HostConnection, SessionId};

use super::App;
use crate::bridge::{Ask, FilesAsk, FilesLook, OpenId};
use crate::memory::RightPage;

impl App {
    /// Tells the bridge what to look at: what is in sight, while it can be asked.
    pub(super) fn look_at_files(&mut self, bar_shown: bool, window_shown: bool) {
        let in_bar = bar_shown && self.memory.right_page == RightPage::Files;
        let wanted = self.shown_session().map(|session| session.id.clone()).filter(|session| {
            let is_open = matches!(self.engine, crate::bridge::EngineState::Open(_));
            window_shown && is_open && self.may_look(session)
        });
        let wanted = wanted.map(|session| {
            let tree = self.files.trees.get(&session);
            let known = |path: &&FilePath| tree.is_some_and(|tree| tree.folder(path).is_some());
            let folders: BTreeSet<FilePath> = if in_bar {
                self.files.in_sight.iter().filter(known).cloned().collect()
            } else {
                BTreeSet::new()
            };
            let files = self.files.open.iter().filter(|file| file.session == session);
            let files = files.filter(|file| file.version().is_some()).map(|file| file.id).collect();
            (session, folders, files)
        });
        let wanted = wanted.filter(|(_, folders, files): &(_, _, BTreeSet<OpenId>)| {
            !folders.is_empty() || !files.is_empty()
        });
        if self.files.looked == wanted {
            return;
        }
        self.files.looked.clone_from(&wanted);
        let look = wanted.map(|(session, folders, files)| {
            let tree = self.files.trees.get(&session);
            let version = |path: &FilePath| {
                tree.and_then(|tree| tree.folder(path)).map(|folder| folder.version.clone())
            };
            let directories =
                folders.into_iter().map(|path| (path.clone(), version(&path))).collect();
            let of = |id: OpenId| {
                let file = self.files.open.iter().find(|file| file.id == id)?;
                Some((id, (file.path.clone(), file.version()?)))
            };
            let files = files.into_iter().filter_map(of).collect();
            FilesLook { session, directories, files }
        });
        self.ask_quietly(Ask::File(FilesAsk::Look(look)));
    }

    /// Whether what is known of a session's files is asked for again. A link that was lost comes back by being asked for; where a person
    /// has to mend something first, and where nobody has wanted to see any files, the host is left alone.
    fn may_look(&self, session: &SessionId) -> bool {
        let Some(host) = self.sessions.get(session).map(|session| &session.host) else {
            return false;
        };
        let is_blocked = |connection: &HostConnection| {
            connection.host == *host && matches!(connection.state, ConnectionState::Blocked { .. })
        };
        let is_wanted = self.files.wanted.contains(session);
        self.may_ask_host(session) || is_wanted && !self.connections.iter().any(is_blocked)
    }

    /// What is looked at is another version now: it is told anew.
    pub(super) fn look_anew(&mut self) {
        self.files.looked = None;
    }
}
