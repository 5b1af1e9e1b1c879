//! The left bar's wishes.

use orchestrator::seam::{Command, SessionChange, SessionId};

use super::App;
use super::pending::Pending;
use crate::view::sidebar::{SidebarAct, SidebarData};

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
            self.sidebar_act(act);
        }
    }

    fn sidebar_act(&mut self, act: SidebarAct) {
        match act {
            SidebarAct::Open(session) => self.show(&session, None),
            SidebarAct::NewSession => self.open_new_session(None),
            SidebarAct::Rename { session, name } => self.rename(session, name),
            SidebarAct::Group { session, group } => {
                let change = SessionChange { group: Some(group), ..SessionChange::default() };
                self.command(Command::EditSession { session, change });
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
        for session in of_it {
            let change = SessionChange { group: Some(to.cloned()), ..SessionChange::default() };
            self.carry_out(Command::EditSession { session, change }, Pending::Quiet);
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
                self.memory.groups.retain(|group| group != from);
                self.memory.folded.remove(from);
            }
        }
        self.version += 1;
    }
}
