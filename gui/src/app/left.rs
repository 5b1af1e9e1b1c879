//! The left bar's wishes.

use orchestrator::seam::{Command, SessionChange, SessionId};

use super::App;
use super::pending::Pending;
use super::say::Undo;
use crate::view::sidebar::{SidebarAct, SidebarData};
use crate::words::clean_line;

impl App {
    /// Draws the left bar and does what somebody wants of it.
    pub(super) fn left(&mut self, ui: &mut egui::Ui) {
        let data = SidebarData {
            sessions: self.sessions.all(),
            version: self.sessions.version() + self.version,
            memory: &self.memory,
            hosts: &self.hosts.hosts.hosts,
            connections: &self.connections,
            approvals: &self.approvals_by_session,
            unread: &self.unread,
            git: &self.looks.git,
            shown: self.shown.as_ref().map(|shown| &shown.session),
        };
        for act in self.sidebar.ui(ui, &data) {
            self.sidebar_act(ui, act);
        }
    }

    fn sidebar_act(&mut self, ui: &egui::Ui, act: SidebarAct) {
        match act {
            SidebarAct::Open(session) => {
                self.show(&session, None);
                self.focus_shown();
            }
            SidebarAct::Look(session) => {
                self.look_at(&session, None);
            }
            SidebarAct::Write => {
                if self.is_composer_shown() {
                    self.composer.take_keys(ui.ctx());
                }
            }
            SidebarAct::NewSession => self.open_new_session(None),
            SidebarAct::Rename { session, name } => self.rename(session, name),
            SidebarAct::Group { session, group } => {
                self.put_into_group(session, group);
            }
            SidebarAct::RenameGroup { from, to } => self.rename_group(&from, to.as_ref()),
            SidebarAct::Bookmark { session, on } => self.bookmark(session, on),
            SidebarAct::GlanceAtGit(session) => self.glance_at_git(&session),
            SidebarAct::Edit(session) => self.open_edit_session(&session),
            SidebarAct::Fresh(session) => {
                self.show(&session, None);
                self.ask_whether_fresh();
            }
            SidebarAct::Duplicate(session) => self.open_new_session(Some(&session)),
            SidebarAct::Remove(session) => self.ask_whether_remove(&session),
            SidebarAct::Fold { key, folded } => {
                if folded {
                    self.memory.folded.insert(key);
                } else {
                    self.memory.folded.remove(&key);
                }
                self.version += 1;
            }
            SidebarAct::Order(order) => {
                self.memory.order = order;
                self.version += 1;
            }
            SidebarAct::GroupOrder(groups) => {
                self.memory.groups = groups;
                self.version += 1;
            }
        }
    }

    /// Gives a session another name.
    pub(super) fn rename(&mut self, session: SessionId, name: String) {
        let change = SessionChange { name: Some(name), ..SessionChange::default() };
        self.command(Command::EditSession { session, change });
    }

    /// Puts a session on top, or back.
    pub(super) fn bookmark(&mut self, session: SessionId, on: bool) {
        if on {
            self.memory.bookmarks.insert(session);
        } else {
            self.memory.bookmarks.remove(&session);
        }
        self.version += 1;
    }

    fn rename_group(&mut self, from: &str, to: Option<&String>) {
        let of_it: Vec<SessionId> = self
            .sessions
            .iter()
            .filter(|session| session.group.as_deref() == Some(from))
            .map(|session| session.id.clone())
            .collect();
        for session in &of_it {
            self.put_into_group(session.clone(), to.cloned());
        }
        match to {
            Some(to) => {
                for group in self.memory.groups.iter_mut().filter(|group| *group == from) {
                    group.clone_from(to);
                }
                if self.memory.folded.remove(from) {
                    self.memory.folded.insert(to.clone());
                }
            }
            None => {
                let place = self.memory.groups.iter().position(|group| group == from);
                let folded = self.memory.folded.remove(from);
                self.memory.groups.retain(|group| group != from);
                let words =
                    format!("The group {} was taken away; its sessions stay", clean_line(from));
                let group = from.to_owned();
                self.say_undoable(words, Undo::Group { group, place, folded, sessions: of_it });
            }
        }
        self.version += 1;
    }

    /// Makes a group again that was taken away, of those of its sessions that are in no other by now.
    pub(super) fn regroup(
        &mut self,
        group: String,
        place: Option<usize>,
        folded: bool,
        sessions: Vec<SessionId>,
    ) {
        let groups = &mut self.memory.groups;
        if let Some(place) = place.filter(|_| !groups.contains(&group)) {
            groups.insert(place.min(groups.len()), group.clone());
        }
        if folded {
            self.memory.folded.insert(group.clone());
        }
        for session in sessions {
            let known = self.sessions.get(&session);
            // The news of its going may still be on its way.
            if known.is_some_and(|known| known.group.as_ref().is_none_or(|now| *now == group)) {
                self.put_into_group(session, Some(group.clone()));
            }
        }
        self.version += 1;
    }

    fn put_into_group(&mut self, session: SessionId, group: Option<String>) {
        let change = SessionChange { group: Some(group), ..SessionChange::default() };
        self.carry_out(Command::EditSession { session, change }, Pending::Quiet);
    }
}
