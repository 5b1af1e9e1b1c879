//! The page of history: what was read of it, and what is asked for.

use std::collections::HashSet;

use egui::Ui;
use jiff::{SignedDuration, Timestamp};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, HistoryActivity, HistoryCount, HistoryFilter, HistoryNews, HistoryQuery, HistoryScope,
    HistorySync, SkippedLines, SyncedProject, Tab,
};

use super::App;
use super::pending::Pending;
use crate::bridge::{Ask, HistoryRead};
use crate::fetched::Fetched;
use crate::view::history::{HistoryAct, HistoryCard, HistoryData, LookBack, Wanted};
use crate::view::right::{RightAct, RightData};
use crate::words::of_many;

/// Lines of code that are coloured in an answer: it is read on the frame.
const HIGHLIGHTED_LINES: usize = 500;
/// Cards that are read at once.
const PAGE: u32 = 100;
/// What is live is asked for again after this time at most, while entries come in.
const LIVE: u32 = 400;

/// What was read, and what is looked at.
#[derive(Debug, Default)]
pub(super) struct History {
    version: u64,
    cards: Vec<HistoryCard>,
    total: Fetched<u64>,
    loading_more: bool,
    activity: Option<HistoryActivity>,
    sources: Vec<HistoryCount>,
    skipped: Vec<SkippedLines>,
    pending: u64,
    offline: Option<Failure>,
    /// What the page shows.
    shown: Option<HistoryScope>,
    /// What is looked at live.
    looking: Option<HistoryScope>,
    /// A turn has ended since it was read.
    turn_ended: bool,
    /// Counts up with each reading from the beginning: what was asked for before counts no more.
    round: u64,
    /// What the cards are of.
    of: Option<(HistoryScope, Wanted)>,
}

impl App {
    /// Draws the right bar.
    pub(super) fn right_bar(&mut self, ui: &mut Ui) {
        // Views of their own, so that what is shown can be looked at meanwhile.
        let transfers = self.transfers();
        let mut right = std::mem::take(&mut self.right);
        let mut read = std::mem::take(&mut self.answer);
        let history = &self.history;
        let session = self.shown.as_ref().map(|shown| shown.session.clone());
        let data = RightData {
            page: self.memory.right_page,
            files: self.files_data(&transfers),
            history: HistoryData {
                now: Timestamp::now(),
                zone: &self.zone,
                version: history.version,
                cards: &history.cards,
                total: &history.total,
                loading_more: history.loading_more,
                activity: history.activity.as_ref(),
                sources: &history.sources,
                skipped: &history.skipped,
                pending: history.pending,
                offline: history.offline.as_ref(),
                look_back: LookBack::of_hours(self.memory.look_back_hours),
                session: session.as_ref(),
            },
        };
        let shown = &mut read;
        let mut links = Vec::new();
        let mut answer = |ui: &mut Ui, text: &str| {
            // Read once, and not for each frame.
            if shown.0 != text {
                shown.0 = text.to_owned();
                shown.1.set(crate::text::markdown(&crate::text::clean(text), HIGHLIGHTED_LINES));
            }
            links.extend(shown.1.ui(ui));
        };
        let acts = right.ui(ui, &data, &mut answer);
        (self.right, self.answer) = (right, read);
        for link in links {
            self.ask(Ask::Open(link));
        }
        for act in acts {
            match act {
                RightAct::Page(page) => self.memory.right_page = page,
                RightAct::Files(act) => self.files_act(ui, act),
                RightAct::History(act) => self.history_act(ui, act),
            }
        }
        if self.memory.right_page == crate::memory::RightPage::Git {
            self.git_page(ui);
        }
    }

    fn history_act(&mut self, ui: &Ui, act: HistoryAct) {
        match act {
            HistoryAct::Want(_) | HistoryAct::Retry => self.read_history(),
            HistoryAct::LoadMore => {
                if !self.history.loading_more && !self.history.total.is_pending() {
                    self.history.loading_more = true;
                    self.ask_page(true);
                }
            }
            HistoryAct::LookBack(look_back) => {
                self.memory.look_back_hours = look_back.hours();
                self.ask_activity();
            }
            HistoryAct::Resume(card) => self.resume(&card),
            HistoryAct::Copy(text) => {
                ui.ctx().copy_text(text);
                self.say("Copied".to_owned());
            }
            HistoryAct::Sync => {
                let scope = self.history_scope();
                self.sync_history(scope);
            }
        }
    }

    /// Writes what waits to where it is shared, and reads what is new there.
    pub(super) fn sync_history(&mut self, scope: HistoryScope) {
        self.carry_out(Command::SyncHistory { scope, write_only: false }, Pending::Sync);
    }

    /// Says what came of that.
    pub(super) fn synced(&mut self, sync: &HistorySync) {
        match left_over(sync) {
            Some(failure) => self.complain(&failure),
            None => self.say("History is up to date".to_owned()),
        }
        self.ask_quietly(Ask::Outbox);
        self.history_may_have_grown();
    }

    fn history_scope(&self) -> HistoryScope {
        match &self.shown {
            Some(shown) if !self.right.history.wanted().everything => {
                HistoryScope::Session { session: shown.session.clone() }
            }
            Some(_) | None => HistoryScope::All,
        }
    }

    /// Looks at the history while it is shown, and reads it when another one is.
    pub(super) fn look_at_history(&mut self, bar_shown: bool) {
        let shown = bar_shown && self.memory.right_page == crate::memory::RightPage::History;
        let is_open = matches!(self.engine, crate::bridge::EngineState::Open(_));
        let wanted = (shown && is_open).then(|| self.history_scope());
        if self.history.shown != wanted {
            self.history.shown.clone_from(&wanted);
            if wanted.is_some() {
                self.read_history();
            }
        }
        if wanted.is_some() && std::mem::take(&mut self.history.turn_ended) {
            self.read_history();
        }
        // A project that nobody shares changes with our own turns alone: its machine isn't asked every second.
        let live = wanted.filter(|scope| self.focused && self.is_shared(scope));
        if self.history.looking != live {
            self.history.looking.clone_from(&live);
            self.ask_quietly(Ask::LookAtHistory(live));
        }
    }

    fn is_shared(&self, scope: &HistoryScope) -> bool {
        match scope {
            HistoryScope::All => true,
            HistoryScope::Session { session } => {
                let shares = self.sessions.get(session).is_some_and(|known| known.sync_history);
                shares || self.history.sources.iter().any(|source| !source.local)
            }
            HistoryScope::Project { .. } => true,
        }
    }

    /// Something that the history tells of has ended.
    pub(super) fn history_may_have_grown(&mut self) {
        self.history.turn_ended = true;
    }

    /// Reads what is wanted from its beginning.
    pub(super) fn read_history(&mut self) {
        let of = (self.history_scope(), self.right.history.wanted().clone());
        self.history.round += 1;
        self.history.loading_more = false;
        if self.history.of.as_ref() != Some(&of) {
            self.history.cards.clear();
            self.history.version += 1;
            self.history.total = Fetched::Pending;
            self.history.offline = None;
            self.history.of = Some(of);
        }
        self.ask_page(false);
        self.ask_activity();
    }

    fn ask_page(&mut self, append: bool) {
        let wanted = self.right.history.wanted().clone();
        let cards = u32::try_from(self.history.cards.len()).unwrap_or(u32::MAX);
        let begin = wanted.time.map_or(0, |time| u32::try_from(time.newer).unwrap_or(u32::MAX));
        let (offset, limit) = if append {
            (begin.saturating_add(cards), PAGE)
        } else {
            // What was scrolled to stays.
            (begin, cards.clamp(PAGE, LIVE))
        };
        let limit = match wanted.time {
            Some(time) => {
                let left = time.entries.saturating_sub(u64::from(offset - begin));
                limit.min(u32::try_from(left).unwrap_or(u32::MAX))
            }
            None => limit,
        };
        let scope = self.history_scope();
        let query = HistoryQuery { scope, filter: wanted.filter, limit, offset };
        let round = self.history.round;
        let ticket = self.waiting.ticket(Pending::History { append, round });
        self.ask(Ask::History { ticket, query });
    }

    fn ask_activity(&mut self) {
        let look_back = LookBack::of_hours(self.memory.look_back_hours);
        let wanted = self.right.history.wanted().clone();
        let to = Timestamp::now();
        let from = match look_back.hours() {
            // Since the first program of this kind could have written anything.
            0 => Timestamp::from_second(1_735_689_600).unwrap_or(Timestamp::UNIX_EPOCH),
            hours => to
                .checked_sub(SignedDuration::from_hours(i64::from(hours)))
                .unwrap_or(Timestamp::UNIX_EPOCH),
        };
        let filter = HistoryFilter { since: None, ..wanted.filter };
        let round = self.history.round;
        let ticket = self.waiting.ticket(Pending::Activity { round });
        let (scope, buckets) = (self.history_scope(), look_back.buckets());
        self.ask(Ask::Activity { ticket, scope, filter, from, to, buckets });
    }

    pub(super) fn history_came(
        &mut self,
        append: bool,
        round: u64,
        answer: Result<Box<HistoryRead>, Failure>,
    ) {
        let history = &mut self.history;
        if round != history.round {
            return;
        }
        history.loading_more = false;
        match answer {
            Ok(read) => {
                let HistoryRead { cards, total, sources, skipped, pending } = *read;
                if append {
                    // One that came in between has moved the others on.
                    let known: HashSet<&str> =
                        history.cards.iter().map(|card| card.id.as_str()).collect();
                    let new: Vec<HistoryCard> =
                        cards.into_iter().filter(|card| !known.contains(&*card.id)).collect();
                    history.cards.extend(new);
                } else {
                    history.cards = cards;
                }
                let time = self.right.history.wanted().time;
                history.total = Fetched::Ready(time.map_or(total, |time| time.entries));
                history.sources = sources;
                history.skipped = skipped;
                history.pending = pending;
            }
            Err(failure) => history.total = Fetched::Failed(failure),
        }
        history.version += 1;
    }

    pub(super) fn activity_came(&mut self, round: u64, answer: Result<HistoryActivity, Failure>) {
        if round != self.history.round {
            return;
        }
        match answer {
            Ok(activity) => self.history.activity = Some(activity),
            Err(failure) => {
                // The cards say what is wrong.
                tracing::info!("{failure}");
                self.history.activity = None;
            }
        }
    }

    pub(super) fn history_changed(&mut self, news: HistoryNews) {
        if self.history.looking.as_ref() == Some(&news.scope) {
            self.history.offline = news.offline;
            self.history.pending = news.pending;
            self.read_history();
        }
    }

    /// Goes on with a conversation: in its tab, or else in a new session of that directory. The form is filled in like the
    /// session that it was in, or else like the one that is shown.
    fn resume(&mut self, card: &HistoryCard) {
        let Some(conversation) = &card.conversation else { return };
        let tab = self.sessions.iter().find_map(|session| {
            let is_it = |tab: &&Tab| tab.agent_session.as_ref() == Some(conversation);
            let tab = session.tabs.iter().find(is_it)?;
            Some((session.id.clone(), tab.id.clone()))
        });
        if let Some((session, tab)) = tab {
            self.show(&session, Some(tab));
            return;
        }
        let own = card.session.clone().filter(|session| self.sessions.get(session).is_some());
        let like = own.or_else(|| self.shown.as_ref().map(|shown| shown.session.clone()));
        self.open_resumed_session(like.as_ref(), &card.directory, conversation);
    }
}

/// What still waits after a history was brought up to date, or what could not be read, and why.
fn left_over(sync: &HistorySync) -> Option<Failure> {
    let waiting: u64 = sync.projects.iter().map(|project| project.pending).sum();
    let why = |project: &SyncedProject| project.delayed.clone().or(project.offline.clone());
    let failure = sync.projects.iter().filter(|project| project.pending > 0).find_map(why);
    let failure = failure.or_else(|| sync.projects.iter().find_map(why));
    let words = match waiting {
        0 => "the history could not be read anew".to_owned(),
        waiting => format!("{} to be shared", of_many(waiting, "entry waits", "entries wait")),
    };
    match failure {
        Some(failure) => {
            let message = format!("{words}: {}", failure.message);
            Some(Failure { message, ..failure })
        }
        // Somebody else may be writing them.
        None if waiting > 0 => Some(
            Failure::new(Code::Busy, format!("{words} as before")).hint("Try again in a moment"),
        ),
        None => None,
    }
}
