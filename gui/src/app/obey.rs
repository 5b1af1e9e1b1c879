//! What keys, palette and slash commands tell the window to do.

use orchestrator::agent::ChoiceKind;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Command, HistoryScope, Session, SessionId, TabId, TabState};

use super::pending::Pending;
use super::say::Undo;
use super::{App, Shown};
use crate::commands::{Situation, WindowCommand};
use crate::memory::RightPage;
use crate::theme::Appearance;
use crate::view::git::GitPage;
use crate::view::places::is_local;
use crate::view::settings::SettingsPage;
use crate::view::tabs::stepped;

/// How much larger or smaller a step of zoom makes everything.
const ZOOM_STEP: f32 = 0.1;
/// The smallest and the largest zoom.
const ZOOM: (f32, f32) = (0.6, 2.5);

impl App {
    /// How things stand, as far as it decides what can be told.
    pub(super) fn situation(&self) -> Situation {
        let session = self.shown_session();
        let tab = self.shown_tab();
        let closed = &self.memory.closed;
        Situation {
            sessions: self.sessions.iter().len(),
            something_needs_you: !self.approvals.is_empty(),
            session: session.is_some(),
            remote: session.is_some_and(|session| !is_local(&session.host)),
            tab: tab.is_some(),
            file: self.shown_file().is_some() && !self.is_diff_shown(),
            tabs: session.map_or(0, |session| {
                session.tabs.iter().filter(|tab| !closed.contains(&tab.id)).count()
                    + self.terminal_tabs(&session.id).len()
                    + self.file_tabs(&session.id).len()
            }),
            closed_tab: match session {
                Some(session) => session.tabs.iter().any(|tab| closed.contains(&tab.id)),
                None => !self.closed_last.is_empty(),
            },
            working: tab.is_some_and(|tab| tab.state != TabState::Idle),
            queue: tab.is_some_and(|tab| tab.paused || !tab.queue.is_empty()),
            approval: self.shown_approval().is_some(),
            first_screen: self.is_welcome(),
        }
    }

    /// Does it.
    pub(super) fn obey(&mut self, ctx: &egui::Context, command: WindowCommand) {
        match command {
            WindowCommand::NewSession => self.open_new_session(None),
            WindowCommand::OpenSession(place) => {
                let at = usize::from(place).saturating_sub(1);
                let session = self.sidebar.shown_order().nth(at).cloned();
                if let Some(session) = session {
                    self.show(&session, None);
                }
            }
            WindowCommand::PreviousSession => self.step_session(false),
            WindowCommand::NextSession => self.step_session(true),
            WindowCommand::NextNeedsYou => self.next_needs_you(),
            WindowCommand::FilterSessions => {
                self.memory.left.open = true;
                self.sidebar.focus_filter(ctx);
            }
            WindowCommand::RenameSession => {
                // In the header: the row may be folded away, or filtered out.
                if let Some(session) = self.shown_session().cloned() {
                    self.header.rename(&session);
                }
            }
            WindowCommand::ToggleBookmark => {
                if let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) {
                    let on = !self.memory.bookmarks.contains(&session);
                    self.bookmark(session, on);
                }
            }
            WindowCommand::EditSession => {
                if let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) {
                    self.open_edit_session(&session);
                }
            }
            WindowCommand::DuplicateSession => {
                let session = self.shown.as_ref().map(|shown| shown.session.clone());
                self.open_new_session(session.as_ref());
            }
            WindowCommand::RemoveSession => {
                if let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) {
                    self.ask_whether_remove(&session);
                }
            }
            WindowCommand::NewTab => self.new_tab(),
            WindowCommand::NewTerminal => self.new_terminal(),
            WindowCommand::RunLine => self.toggle_command_box(),
            WindowCommand::SearchLines => self.search_lines(),
            WindowCommand::CloseTab if self.is_diff_shown() => self.leave_diff(),
            WindowCommand::CloseTab => match self.shown_terminal().map(|shown| shown.id.clone()) {
                Some(terminal) => self.want_terminal_closed(&terminal),
                None => self.close_shown_tab(),
            },
            WindowCommand::ReopenTab => self.reopen_tab(),
            WindowCommand::NextTab => self.step_tab(true),
            WindowCommand::PreviousTab => self.step_tab(false),
            WindowCommand::RenameTab => {
                if let (Some(session), Some(tab)) = (self.shown_session(), self.shown_tab()) {
                    let (session, tab) = (session.id.clone(), tab.clone());
                    self.tabs.rename(&session, &tab);
                }
            }
            WindowCommand::MoveTabLeft => self.step_shown_tab(false),
            WindowCommand::MoveTabRight => self.step_shown_tab(true),
            WindowCommand::FocusComposer => {
                self.show_conversation();
                self.composer.focus();
            }
            // What lies behind a diff isn't what one looks at.
            WindowCommand::SearchTranscript if self.is_diff_shown() => {}
            WindowCommand::GoToLine if self.is_diff_shown() => {}
            WindowCommand::SearchTranscript => {
                if let Some(file) = self.shown_open() {
                    if let Some(editor) = file.reader() {
                        editor.find();
                    }
                } else if let Some(kept) = self.shown_transcript() {
                    kept.view.open_search();
                }
            }
            WindowCommand::LastQuestion => {
                if let Some(kept) = self.shown_transcript() {
                    kept.view.question_before();
                }
            }
            WindowCommand::Interrupt => self.interrupt(false),
            WindowCommand::Stop => self.interrupt(true),
            WindowCommand::FreshConversation => self.ask_whether_fresh(),
            WindowCommand::ApproveOnce => self.decide(ctx, ChoiceKind::AllowOnce),
            WindowCommand::ApproveAlways => self.decide(ctx, ChoiceKind::AllowAlways),
            WindowCommand::Deny => self.decide(ctx, ChoiceKind::RejectOnce),
            WindowCommand::TogglePause => {
                if let (Some(session), Some(tab)) = (self.shown_session(), self.shown_tab()) {
                    let (session, paused) = (session.id.clone(), !tab.paused);
                    let tab = Some(tab.id.clone());
                    self.command(Command::PauseQueue { session, tab, paused });
                }
            }
            WindowCommand::ToggleReadOnly => self.toggle_read_only(),
            WindowCommand::ToggleLeftBar => self.memory.left.open = !self.memory.left.open,
            WindowCommand::ToggleRightBar => self.memory.right.open = !self.memory.right.open,
            WindowCommand::ShowFiles => {
                self.show_right(RightPage::Files);
                self.right.files.focus();
            }
            WindowCommand::GoToFile => self.go_to_file(),
            WindowCommand::SaveFile => self.save_shown_file(),
            WindowCommand::GoToLine => {
                if let Some(editor) = self.shown_open().and_then(super::open_file::OpenFile::reader)
                {
                    editor.go_to_line();
                }
            }
            WindowCommand::RevealFile => {
                let shown = self.shown_open().map(|file| (file.session.clone(), file.path.clone()));
                if let Some((session, path)) = shown {
                    self.reveal_in_tree(&session, &path);
                }
            }
            WindowCommand::ShowGit => self.show_right(RightPage::Git),
            WindowCommand::ShowLog => self.show_git(GitPage::Log),
            WindowCommand::ShowBranches => self.show_git(GitPage::Branches),
            WindowCommand::ShowWorktrees => self.show_git(GitPage::Worktrees),
            WindowCommand::WriteCommit => {
                self.show_git(GitPage::Changes);
                self.git_view.focus_message();
            }
            WindowCommand::ShowChanges => {
                let of = orchestrator::seam::DiffOf::Head;
                self.open_diff(crate::view::git::OpenDiff { of, path: None });
            }
            WindowCommand::NewWorktree => {
                self.show_right(RightPage::Git);
                if let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) {
                    self.git_view.open_add_worktree(session, String::new());
                }
            }
            WindowCommand::PullRequest => self.show_pull_request(),
            WindowCommand::ShowHistory => self.show_right(RightPage::History),
            WindowCommand::ShowAutoRun => self.show_right(RightPage::AutoRun),
            WindowCommand::SearchHistory => {
                self.show_right(RightPage::History);
                self.right.history.focus_search(ctx);
            }
            WindowCommand::SyncHistory => {
                let scope = match &self.shown {
                    Some(shown) => HistoryScope::Session { session: shown.session.clone() },
                    None => HistoryScope::All,
                };
                self.sync_history(scope);
            }
            WindowCommand::Settings => self.open_settings(SettingsPage::Appearance),
            WindowCommand::SshHosts => self.open_settings(SettingsPage::Hosts),
            WindowCommand::AddHost => self.open_add_host(),
            WindowCommand::TestHost => {
                if let Some(host) = self.shown_session().map(|session| session.host.clone()) {
                    self.test_host(&host);
                }
            }
            WindowCommand::RetryHost => {
                if let Some(host) = self.shown_session().map(|session| session.host.clone()) {
                    self.command(Command::RetryHost { host });
                }
            }
            WindowCommand::Appearance(appearance) => self.set_appearance(appearance),
            WindowCommand::ToggleContrast => {
                self.memory.contrast = !self.memory.contrast;
            }
            WindowCommand::ZoomIn => self.zoom(zoom_step(self.memory.zoom, true)),
            WindowCommand::ZoomOut => self.zoom(zoom_step(self.memory.zoom, false)),
            WindowCommand::ZoomReset => self.zoom(1.0),
            WindowCommand::Palette => self.palette.open(),
            WindowCommand::Help => self.help.open(),
            WindowCommand::About => self.open_settings(SettingsPage::About),
            WindowCommand::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
    }

    /// Makes the next message read-only, or not; what the agent can't is said, and can still be taken back.
    fn toggle_read_only(&mut self) {
        let why = self.shown_session().and_then(|session| self.no_read_only(session));
        let Some(draft) = self.shown_draft() else { return };
        match why {
            Some(why) if !draft.read_only => {
                let failure = Failure::new(Code::Unsupported, why)
                    .hint("A session with another agent can be read-only");
                self.complain(&failure);
            }
            Some(_) | None => draft.read_only = !draft.read_only,
        }
    }

    fn set_appearance(&mut self, appearance: Appearance) {
        self.memory.appearance = appearance;
    }

    /// Makes everything so much larger.
    pub(super) fn zoom(&mut self, wanted: f32) {
        let (least, most) = ZOOM;
        self.memory.zoom = wanted.clamp(least, most);
    }

    fn show_right(&mut self, page: RightPage) {
        self.memory.right.open = true;
        self.memory.right_page = page;
    }

    fn show_git(&mut self, page: GitPage) {
        self.show_right(RightPage::Git);
        self.turn_to_git(page);
    }

    fn step_session(&mut self, forward: bool) {
        let order: Vec<_> = self.sidebar.shown_order().cloned().collect();
        let at = self
            .shown
            .as_ref()
            .and_then(|shown| order.iter().position(|session| *session == shown.session));
        let next = match (at, forward) {
            (Some(at), true) => order.get(at + 1).or(order.first()),
            (Some(at), false) => at.checked_sub(1).and_then(|at| order.get(at)).or(order.last()),
            (None, _) => order.first(),
        };
        if let Some(next) = next.cloned() {
            self.show(&next, None);
            self.sidebar.reveal(&next);
        }
    }

    /// Shows the next session with an approval, after the shown one and around.
    fn next_needs_you(&mut self) {
        let order: Vec<_> = self.sidebar.shown_order().cloned().collect();
        let at = self
            .shown
            .as_ref()
            .and_then(|shown| order.iter().position(|session| *session == shown.session));
        let behind = at.map_or(0, |at| at + 1);
        let around = order.iter().cycle().skip(behind).take(order.len());
        let next = around
            .chain(self.approvals.iter().map(|approval| &approval.session))
            .find(|session| self.approvals_by_session.contains_key(*session))
            .cloned();
        if let Some(session) = next {
            let tab = self.approvals.iter().find(|approval| approval.session == session);
            let tab = tab.map(|approval| approval.tab.clone());
            self.show(&session, tab);
            self.sidebar.reveal(&session);
        }
    }

    /// The tabs of the shown session that a person hasn't closed.
    pub(super) fn open_tabs(&self) -> Vec<TabId> {
        let closed = &self.memory.closed;
        self.shown_session().map_or_else(Vec::new, |session| {
            let open = session.tabs.iter().filter(|tab| !closed.contains(&tab.id));
            open.map(|tab| tab.id.clone()).collect()
        })
    }

    /// Moves the shown tab one place.
    fn step_shown_tab(&mut self, right: bool) {
        let Some(Shown { session, tab: Some(tab) }) = self.shown.clone() else { return };
        if let Some(before) = stepped(&self.open_tabs(), &tab, right) {
            self.command(Command::MoveTab { session, tab, before });
        }
    }

    fn close_shown_tab(&mut self) {
        let Some(Shown { session, tab }) = self.shown.clone() else { return };
        if let Some(id) = self.shown_file() {
            self.close_file(id);
            return;
        }
        match tab {
            Some(tab) => self.close_tab(&tab),
            // It was never begun; what is written there stays.
            None if self.open_tabs().is_empty() => self.leave_session(),
            None => self.show(&session, None),
        }
    }

    /// Closes a tab: its transcript stays, and it can be opened again. With its last one the session is left.
    pub(super) fn close_tab(&mut self, tab: &TabId) {
        let Some(Shown { session, tab: shown }) = self.shown.clone() else { return };
        let open = self.open_tabs();
        self.memory.closed.insert(tab.clone());
        self.closed_last.push(tab.clone());
        let undo = Undo::ReopenTab { session: session.clone(), tab: tab.clone() };
        self.say_undoable("The tab was closed; its transcript stays".to_owned(), undo);
        if shown.as_ref() == Some(tab) {
            let at = open.iter().position(|known| known == tab).unwrap_or(0);
            match open.get(at + 1).or_else(|| open.get(at.checked_sub(1)?)) {
                // What stands in its place goes on standing there.
                Some(next) => {
                    self.look_at(&session, Some(next.clone()));
                    self.focus_shown();
                }
                None => self.leave_session(),
            }
        }
    }

    /// Shows the start page: no session is opened in place of the one that a person has closed.
    fn leave_session(&mut self) {
        self.shown = None;
        self.memory.shown = None;
        self.see();
        self.tell_where_one_looks();
    }

    /// Shows a tab again that was closed.
    pub(super) fn reopen(&mut self, session: &SessionId, tab: TabId) {
        self.closed_last.retain(|known| *known != tab);
        self.show(session, Some(tab));
        self.sidebar.reveal(session);
    }

    /// The session of the tab that was closed last, where there still is one.
    fn closed_last(&self) -> Option<(SessionId, TabId)> {
        self.closed_last.iter().rev().find_map(|tab| {
            let of_it = |session: &&Session| session.tabs.iter().any(|known| known.id == *tab);
            self.sessions.iter().find(of_it).map(|session| (session.id.clone(), tab.clone()))
        })
    }

    pub(super) fn reopen_tab(&mut self) {
        let Some(session) = self.shown_session().cloned() else {
            if let Some((session, tab)) = self.closed_last() {
                self.reopen(&session, tab);
            }
            return;
        };
        let of_it = |tab: &TabId| session.tabs.iter().any(|known| known.id == *tab);
        let last = self.closed_last.iter().rposition(of_it).map(|at| self.closed_last.remove(at));
        let closed = &self.memory.closed;
        let any = session.tabs.iter().rev().find(|tab| closed.contains(&tab.id));
        if let Some(tab) = last.or_else(|| any.map(|tab| tab.id.clone())) {
            self.show(&session.id, Some(tab));
        }
    }

    /// Asks the turn under way to stop, or ends it.
    pub(super) fn interrupt(&mut self, stop: bool) {
        let Some(Shown { session, tab }) = self.shown.clone() else { return };
        let turn = self.shown_tab().and_then(|tab| tab.turn.as_ref()).map(|turn| turn.id.clone());
        self.command(Command::Interrupt { session, tab, turn, stop });
    }

    fn decide(&mut self, ctx: &egui::Context, wanted: ChoiceKind) {
        let Some(approval) = self.shown_approval().cloned() else { return };
        let now = ctx.input(|input| input.time);
        // What an agent doesn't offer isn't answered with something else.
        if let Some(command) = self.approval.decide(&approval, wanted, now) {
            self.carry_out(command, Pending::Decide);
        }
    }
}

/// The next whole step from there: going back leads to where one was, also from a size between two steps.
fn zoom_step(from: f32, larger: bool) -> f32 {
    // A hundredth of a step is how exact a size is.
    let steps = (from / ZOOM_STEP * 100.0).round() / 100.0;
    let next = if larger { steps.floor() + 1.0 } else { steps.ceil() - 1.0 };
    next * ZOOM_STEP
}
