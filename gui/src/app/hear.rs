//! What the bridge tells, taken in.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use orchestrator::failure::Failure;
use orchestrator::seam::{Reply, Session, SessionId, TabId, TurnStatus};

use super::pending::Pending;
use super::{App, Shown};
use crate::bridge::{EngineState, News, Picture};
use crate::fetched::Fetched;
use crate::memory::DraftKey;
use crate::model::{session_unread, tab_unread};
use crate::view::composer::Attachment;

/// How long a frame may take news in; what is left is taken in by the next one.
const PATIENCE: Duration = Duration::from_millis(3);

impl App {
    /// Takes in what has come. `true` when there may be more.
    pub(super) fn hear(&mut self) -> bool {
        let began = Instant::now();
        let mut news = std::mem::take(&mut self.left);
        news.extend(self.bridge.news());
        let mut unread_changed = false;
        while let Some(next) = news.pop_front() {
            unread_changed |= matches!(next, News::All { .. } | News::Sessions(_) | News::Removed(_));
            self.take_in(next);
            if began.elapsed() > PATIENCE {
                break;
            }
        }
        if unread_changed {
            self.see();
        }
        self.left = news;
        !self.left.is_empty()
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
                self.sessions.replace(sessions);
                self.put_approvals(approvals);
                self.tidy();
                self.choose_first();
            }
            News::Sessions(changed) => {
                for session in changed {
                    self.ask_git_when_done(&session);
                    self.sessions.put(session);
                }
            }
            News::Removed(session) => self.removed(&session),
            News::Approvals(approvals) => self.put_approvals(approvals),
            News::Connections(all) => self.connections = all,
            News::Questions { local: true, all } => self.local_questions = all,
            News::Questions { local: false, all } => self.engine_questions = all,
            News::Hosts(view) => {
                // What a host has may be another thing now.
                let changed = self.hosts.hosts != view.hosts;
                self.hosts = view;
                if changed {
                    self.looks.forget_agents();
                }
            }
            News::Pieces { tab, pieces } => {
                if let Some(kept) = self.transcripts.get(&tab) {
                    kept.begun = true;
                    kept.put(pieces);
                }
            }
            News::Older { tab, pieces, more } => {
                if let Some(kept) = self.transcripts.get(&tab) {
                    kept.put_older(pieces);
                    kept.whole = !more;
                }
            }
            News::Unfinished { tab, unfinished } => {
                if let Some(kept) = self.transcripts.get(&tab) {
                    kept.view.set_unfinished(Some(unfinished));
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
            News::Done { ticket, answer } => {
                if let Some(pending) = self.waiting.take(ticket) {
                    self.answered(pending, answer);
                }
            }
            News::Agents { host, answer } => self.looks.put_agents(host, answer),
            News::Directory { host, typed, answer } => {
                let wanted = &mut self.looks.directory;
                if wanted.host == host && wanted.typed == typed {
                    wanted.look = answer.into();
                }
            }
            News::Files { session, answer } => self.looks.put_files(session, answer),
            News::Git { session, answer } => match answer {
                Ok(glance) => {
                    self.looks.git.insert(session, glance);
                    self.version += 1;
                }
                // It is a glance: the connection's own trouble is told elsewhere.
                Err(failure) => tracing::info!("git of {session}: {failure}"),
            },
            News::Images { message, answer } => {
                self.pictures.insert(message, answer.into());
            }
            News::Attached { ticket, images, failures } => {
                if let Some(Pending::Attach { key }) = self.waiting.take(ticket) {
                    let to = self.attachments.entry(key).or_default();
                    to.extend(images.into_iter().map(|(image, picture)| Attachment {
                        image,
                        picture,
                        texture: None,
                    }));
                }
                for failure in failures {
                    self.complain(&failure);
                }
            }
            News::HostsEdited { ticket, answer } => {
                if let Some(pending) = self.waiting.take(ticket) {
                    self.hosts_edited(pending, answer);
                }
            }
            News::Aliases(names) => self.aliases = Fetched::Ready(names),
            News::Alias { name, summary } => {
                self.alias_summaries.insert(name, summary.into());
            }
            News::Test { ticket, what } => self.tests.hear(ticket, what),
            News::History { ticket, answer } => {
                if let Some(Pending::History { append }) = self.waiting.take(ticket) {
                    self.history_came(append, answer);
                }
            }
            News::Activity { ticket, answer } => {
                if let Some(Pending::Activity) = self.waiting.take(ticket) {
                    self.activity_came(answer);
                }
            }
            News::HistoryChanged(news) => self.history_changed(*news),
            News::Outbox(entries) => self.outbox = entries.len(),
            News::Listed { dir, answer } => {
                if self.listed.0 == dir {
                    self.listed.1 = answer.into();
                }
            }
            News::Trouble(failure) => self.complain(&failure),
            News::Raise => self.raise = true,
        }
    }

    fn engine_stands(&mut self, state: EngineState) {
        if matches!(state, EngineState::Open { .. }) {
            self.engine_opened();
        }
        self.engine = state;
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
        self.looks.forget(id);
        if self.shown.as_ref().is_some_and(|shown| shown.session == *id) {
            self.shown = None;
            self.choose_first();
        }
    }

    fn forget_tab(&mut self, tab: &TabId) {
        self.memory.seen.remove(tab);
        self.memory.closed.remove(tab);
        self.memory.drafts.remove(&DraftKey::Tab(tab.clone()));
        if self.transcripts.forget(tab) {
            self.ask_quietly(crate::bridge::Ask::Unfollow(tab.clone()));
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
        self.memory.drafts.retain(|key, _| match key {
            DraftKey::Tab(tab) => tabs.contains(tab),
            DraftKey::New(session) => sessions.get(session).is_some(),
        });
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
        self.unread = self.sessions.iter().filter(unread).map(|session| session.id.clone()).collect();
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
                let newest = self.sessions.newest().map(|session| session.id.clone());
                if let Some(session) = newest {
                    self.show(&session, None);
                }
            }
        }
    }

    /// What git says may be another thing when a turn has ended.
    fn ask_git_when_done(&mut self, session: &Session) {
        let ended = |session: &Session| {
            let of_tab = |tab: &Tab| {
                tab.turn.as_ref().and_then(|turn| turn.status.map(|status| (turn.id.clone(), status)))
            };
            session.tabs.iter().filter_map(of_tab).collect::<Vec<(_, TurnStatus)>>()
        };
        let before = self.sessions.get(&session.id).map(|before| ended(before));
        if before.is_some_and(|before| before != ended(session)) {
            self.ask_quietly(crate::bridge::Ask::Git(session.id.clone()));
        }
    }

    fn answered(&mut self, pending: Pending, answer: Result<Box<Reply>, Failure>) {
        match (pending, answer) {
            (Pending::Send { session, key }, Ok(reply)) => {
                self.memory.drafts.remove(&key);
                self.attachments.remove(&key);
                self.failures.remove(&key);
                if let (DraftKey::New(_), Reply::Sent { tab, .. }) = (&key, *reply) {
                    let is_shown = self.shown.as_ref()
                        == Some(&Shown { session: session.clone(), tab: None });
                    if is_shown {
                        self.show(&session, Some(tab));
                    }
                }
            }
            (Pending::Send { key, .. }, Err(failure)) => {
                self.failures.insert(key, failure);
            }
            (Pending::NewSession, Ok(reply)) => {
                if let Reply::Session(session) = *reply {
                    self.session_made(*session);
                }
            }
            (Pending::NewSession | Pending::EditSession, Err(failure)) => {
                self.session_form_failed(failure);
            }
            (Pending::EditSession, Ok(_)) => self.session_form_done(),
            (Pending::Prompt { session, message }, Ok(reply)) => {
                if let Reply::Prompt { prompt } = *reply {
                    self.edit_queued(session, message, prompt);
                }
            }
            (Pending::Say(words), Ok(_)) => self.say(words),
            (Pending::Quiet, Ok(_)) => {}
            (Pending::Prompt { .. } | Pending::Say(_) | Pending::Quiet, Err(failure)) => {
                self.complain(&failure);
            }
            // These have news of their own.
            (
                Pending::SaveHost
                | Pending::History { .. }
                | Pending::Activity
                | Pending::Attach { .. },
                Ok(_) | Err(_),
            ) => {}
        }
    }
}

/// Pictures of a message, as a transcript shows them.
pub(super) type Pictures = Fetched<Vec<std::sync::Arc<Picture>>>;
