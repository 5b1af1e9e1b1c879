//! What the bridge tells, taken in.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::seam::{ConnectionState, HostConnection, MessageId, Session, SessionId, TabId};

use super::pending::Pending;
use super::{App, Shown};
use crate::bridge::{Ask, EngineState, News, Picture};
use crate::memory::DraftKey;
use crate::model::{session_unread, tab_unread};
use crate::transcript::Piece;
use crate::view::sidebar::{below_key, below_of};

/// How long a frame may take news in; what is left is taken in by the next one.
const PATIENCE: Duration = Duration::from_millis(3);

impl App {
    /// Takes in what has come. `true` when there may be more.
    pub(super) fn hear(&mut self) -> bool {
        let began = Instant::now();
        self.bridge.attend();
        let mut unread_changed = false;
        let mut is_over = false;
        // What isn't taken in stays in the bridge, which is bounded.
        while began.elapsed() < PATIENCE {
            let Some(next) = self.bridge.next_news() else {
                is_over = true;
                break;
            };
            unread_changed |=
                matches!(next, News::All { .. } | News::Sessions(_) | News::Removed(_));
            self.take_in(next);
        }
        if unread_changed {
            self.see();
        }
        !is_over
    }

    /// A session stands another way, or was made.
    pub(super) fn session_came(&mut self, session: Session) {
        self.ask_git_when_done(&session);
        self.forget_when_moved(&session);
        self.sessions.put(session);
    }

    /// What was known of another host or directory means nothing for a session that has moved.
    fn forget_when_moved(&mut self, session: &Session) {
        self.forget_git_when_moved(session);
        self.forget_files_when_moved(session);
        self.forget_repository_when_moved(session);
    }

    fn take_in(&mut self, news: News) {
        match news {
            News::Engine(state) => self.engine_stands(state),
            News::All { sessions, approvals } => {
                if self.is_fresh {
                    // Whoever starts for the first time has seen what `baton` has done before.
                    self.is_fresh = false;
                    for session in &sessions {
                        for tab in &session.tabs {
                            if let Some(turn) = &tab.turn {
                                self.memory.seen.insert(tab.id.clone(), turn.id.clone());
                            }
                        }
                    }
                }
                for session in &sessions {
                    self.forget_when_moved(session);
                }
                self.sessions.replace(sessions);
                self.put_approvals(approvals);
                self.tidy();
                // Once: whoever has left all sessions meanwhile is left alone.
                if !std::mem::replace(&mut self.is_chosen, true) {
                    self.choose_first();
                }
            }
            News::Sessions(changed) => {
                for session in changed {
                    self.session_came(session);
                }
            }
            News::Removed(session) => self.removed(&session),
            News::Approvals(approvals) => self.put_approvals(approvals),
            News::Connections(all) => self.connections_stand(all),
            News::Questions { local: true, all } => self.local_questions = all,
            News::Questions { local: false, all } => self.engine_questions = all,
            News::Hosts(view) => {
                // What a host has may be another thing now.
                let changed = self.hosts.hosts != view.hosts;
                self.hosts = view;
                if changed {
                    self.looks.forget_agents();
                    self.mark_all_saved();
                }
            }
            News::Pieces { tab, pieces } => {
                if let Some(kept) = self.transcripts.get(&tab) {
                    let old = kept.put(pieces);
                    self.know_first_words(&tab);
                    self.let_go(old);
                }
            }
            News::Older { tab, pieces, more } => {
                if let Some(kept) = self.transcripts.get(&tab) {
                    kept.put_older(pieces, more);
                    self.know_first_words(&tab);
                }
            }
            News::Unfinished { tab, piece } => {
                if let Some(kept) = self.transcripts.get(&tab) {
                    let old = kept.view.set_unfinished(Some(*piece));
                    self.let_go(old);
                }
            }
            News::Anew(tab) => {
                if let Some(kept) = self.transcripts.get(&tab) {
                    kept.clear();
                }
            }
            News::Unreadable { tab, failure } => {
                if let Some(kept) = self.transcripts.get(&tab) {
                    kept.failure = Some(failure);
                }
            }
            News::Terminals(all) => self.terminals_are(all),
            News::Terminal(id) => self.terminal_printed(&id),
            News::Done { ticket, answer } => {
                if let Some(pending) = self.waiting.take(ticket) {
                    let is_sent = matches!(pending, Pending::Send { .. }) && answer.is_ok();
                    self.answered(pending, answer);
                    if is_sent {
                        self.ask_quietly(Ask::Heard(ticket));
                    }
                }
            }
            News::Agents { host, answer } => self.looks.put_agents(host, answer),
            News::Directory { host, typed, answer } => {
                let wanted = &mut self.looks.directory;
                if wanted.host == host && wanted.typed == typed {
                    wanted.look = answer.into();
                }
            }
            News::File(news) => self.file_news(news),
            News::Git { session, answer } => self.git_came(session, answer),
            News::Repository { session, news } => self.repository_came(&session, *news),
            News::Lines(news) => self.lines_came(*news),
            News::Operation(operation) => self.operation_came(*operation),
            News::OperationForgotten(id) => self.operation_forgotten(&id),
            News::Images { message, answer } => {
                self.pictures_came(message, answer);
            }
            News::Attached { ticket, images, failures } => {
                if let Some(Pending::Attach { key }) = self.waiting.take(ticket) {
                    self.attached(&key, images);
                }
                for failure in failures {
                    self.complain(&failure);
                }
            }
            News::Restored { ticket, images, failures } => {
                let pending = self.waiting.take(ticket);
                self.restored_came(pending, images, &failures);
            }
            News::HostsEdited { ticket, answer } => {
                if let Some(pending) = self.waiting.take(ticket) {
                    self.hosts_edited(pending, answer);
                }
            }
            News::Aliases(names) => self.aliases_came(names),
            News::Alias { name, resolved } => self.alias_came(&name, resolved),
            News::Key { path, readable } => self.key_came(path, readable),
            News::Test { ticket, what } => self.test_came(ticket, what),
            News::History { ticket, answer } => {
                if let Some(Pending::History { append, round }) = self.waiting.take(ticket) {
                    self.history_came(append, round, answer);
                }
            }
            News::Activity { ticket, answer } => {
                if let Some(Pending::Activity { round }) = self.waiting.take(ticket) {
                    self.activity_came(round, answer);
                }
            }
            News::HistoryChanged(news) => self.history_changed(*news),
            News::Outbox(waiting) => self.outbox = waiting,
            News::Unanswered { question, failure } => self.unanswered(question, failure),
            News::Listed { dir, answer } => self.listed(&dir, answer),
            News::Trouble(failure) => self.complain(&failure),
            News::DesktopIsDark(dark) => self.desktop_is_dark = dark,
            News::Raise => self.raise = true,
        }
    }

    fn engine_stands(&mut self, state: EngineState) {
        // What was asked of an engine that can't be opened is asked again of the next one.
        if matches!(state, EngineState::Open(_)) && !matches!(self.engine, EngineState::Open(_)) {
            self.ask(Ask::Agents { host: None, refresh: false });
            self.ask_quietly(Ask::Outbox);
        }
        if matches!(state, EngineState::Gone | EngineState::Failed(_)) {
            // Nobody waits for these answers any more, and nobody tells of these connections.
            self.engine_questions.clear();
            self.connections.clear();
        }
        self.engine_restarted |= state == EngineState::Gone;
        self.engine = state;
    }

    fn connections_stand(&mut self, all: Vec<HostConnection>) {
        let now = Timestamp::now();
        let before = std::mem::replace(&mut self.connections, all);
        for connection in &self.connections {
            let same = before.iter().any(|known| {
                known.host == connection.host
                    && std::mem::discriminant(&known.state)
                        == std::mem::discriminant(&connection.state)
            });
            if !same {
                self.connections_since.insert(connection.host.clone(), now);
            }
            if !same && connection.state == ConnectionState::Connected {
                let sessions = &self.sessions;
                self.git_asked.retain(|session| {
                    sessions.get(session).is_some_and(|session| session.host != connection.host)
                });
            }
        }
        self.notice_changed_keys();
        // Git of the shown session is looked at once its host is there.
        if let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) {
            self.glance_at_git(&session);
        }
    }

    fn pictures_came(&mut self, message: MessageId, answer: Result<Vec<Arc<Picture>>, Failure>) {
        let shown = answer.map(|pictures| {
            let texture = |picture: &Arc<Picture>| crate::transcript::Picture {
                name: picture.name.clone(),
                texture: self.ctx.load_texture(
                    &picture.name,
                    picture.pixels.clone(),
                    egui::TextureOptions::LINEAR,
                ),
            };
            pictures.iter().map(texture).collect()
        });
        self.pictures.insert(message, shown.into());
    }

    /// Frees a piece that may be large away from the frame.
    fn let_go(&mut self, old: Option<Piece>) {
        if let Some(old) = old {
            self.ask_quietly(Ask::Forget(vec![old]));
        }
    }

    fn know_first_words(&mut self, tab: &TabId) {
        let first = self.transcripts.peek(tab).and_then(|kept| kept.sent.first());
        if let Some(first) = first {
            let words: String = first.chars().take(60).collect();
            self.first_words.insert(tab.clone(), words);
        }
    }

    fn put_approvals(&mut self, approvals: Vec<orchestrator::seam::Approval>) {
        self.approvals = approvals;
        self.approvals_by_session.clear();
        for approval in &self.approvals {
            *self.approvals_by_session.entry(approval.session.clone()).or_default() += 1;
        }
        self.version += 1;
    }

    fn removed(&mut self, id: &SessionId) {
        let Some(gone) = self.sessions.remove(id) else { return };
        for tab in &gone.tabs {
            self.forget_tab(&tab.id);
        }
        self.memory.drafts.remove(&DraftKey::New(id.clone()));
        self.memory.bookmarks.remove(id);
        self.memory.order.retain(|session| session != id);
        self.memory.folded.remove(&below_key(id));
        self.looks.forget(id);
        self.git_asked.remove(id);
        self.git_under_way.remove(id);
        self.git_view.forget(id);
        self.forget_files(id);
        self.forget_lines(id);
        self.attachments.remove(&DraftKey::New(id.clone()));
        self.failures.remove(&DraftKey::New(id.clone()));
        if self.shown.as_ref().is_some_and(|shown| shown.session == *id) {
            self.shown = None;
            self.choose_first();
        }
    }

    fn forget_tab(&mut self, tab: &TabId) {
        let key = DraftKey::Tab(tab.clone());
        self.attachments.remove(&key);
        self.failures.remove(&key);
        self.first_words.remove(tab);
        self.forget_pictures(tab);
        self.memory.seen.remove(tab);
        self.memory.closed.remove(tab);
        self.memory.drafts.remove(&DraftKey::Tab(tab.clone()));
        if self.transcripts.forget(tab) {
            self.ask_quietly(Ask::Unfollow(tab.clone()));
        }
    }

    /// Forgets what is remembered of sessions that are gone.
    fn tidy(&mut self) {
        let tabs: HashSet<TabId> = self
            .sessions
            .iter()
            .flat_map(|session| session.tabs.iter().map(|tab| tab.id.clone()))
            .collect();
        let sessions = &self.sessions;
        self.memory.seen.retain(|tab, _| tabs.contains(tab));
        self.memory.closed.retain(|tab| tabs.contains(tab));
        self.memory.bookmarks.retain(|session| sessions.get(session).is_some());
        self.memory.order.retain(|session| sessions.get(session).is_some());
        self.memory
            .folded
            .retain(|key| below_of(key).is_none_or(|session| sessions.get(&session).is_some()));
        self.memory.lines.retain(|session, _| sessions.get(session).is_some());
        self.memory.drafts.retain(|key, _| match key {
            DraftKey::Tab(tab) => tabs.contains(tab),
            DraftKey::New(session) => sessions.get(session).is_some(),
        });
        self.close_orphans();
    }

    /// What is shown in a window that is looked at, is seen.
    pub(super) fn see(&mut self) {
        if self.focused
            && let Some(Shown { session, tab: Some(tab) }) = &self.shown
            && let Some(session) = self.sessions.get(session)
            && let Some(tab) = session.tabs.iter().find(|known| known.id == *tab)
            && tab_unread(tab, &self.memory.seen)
            && let Some(turn) = &tab.turn
        {
            self.memory.seen.insert(tab.id.clone(), turn.id.clone());
        }
        let (seen, closed) = (&self.memory.seen, &self.memory.closed);
        let unread = |session: &&Session| session_unread(session, seen, closed);
        self.unread =
            self.sessions.iter().filter(unread).map(|session| session.id.clone()).collect();
        self.version += 1;
    }

    /// Shows what was shown last time, or the first session, once sessions are known.
    fn choose_first(&mut self) {
        if self.shown.is_some() {
            return;
        }
        let last = self.memory.shown.clone();
        let known = last.filter(|(session, _)| self.sessions.get(session).is_some());
        match known {
            Some((session, tab)) => self.show(&session, tab),
            None => {
                // What a person has closed doesn't come back by itself.
                let closed = &self.memory.closed;
                let is_open = |session: &&Session| {
                    let tabs = &session.tabs;
                    tabs.is_empty() || tabs.iter().any(|tab| !closed.contains(&tab.id))
                };
                let open = self.sessions.iter().filter(is_open);
                let newest = open.max_by_key(|session| session.created_at);
                let newest = newest.map(|session| session.id.clone());
                if let Some(session) = newest {
                    self.show(&session, None);
                }
            }
        }
    }
}
