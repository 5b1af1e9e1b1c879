//! The window as a whole: what the bridge tells goes into its state, views show it, their wishes go to the bridge.

mod answered;
mod asking;
mod beside;
mod command_box;
mod draft_images;
mod file_body;
mod file_drafts;
mod file_shown;
mod files;
mod files_change;
mod files_clash;
mod files_drop;
mod files_find;
mod files_git;
mod files_look;
mod files_open;
mod files_save;
mod files_tabs;
mod files_transfer;
mod forms;
mod frame;
mod frames;
mod git;
mod hear;
mod history;
mod left;
mod line_acts;
mod lines;
mod middle;
mod obey;
mod open_file;
mod operations;
mod pending;
mod place;
mod repository;
mod repository_acts;
mod say;
mod session_forms;
mod terminals;
#[cfg(test)]
mod testing;
mod transcripts;
mod transfer_words;
mod typed_ahead;
mod wishes;
mod writing;

#[cfg(test)]
mod asking_tests;
#[cfg(test)]
mod files_conflict_tests;
#[cfg(test)]
mod files_drafts_tests;
#[cfg(test)]
mod files_testing;
#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod forms_tests;
#[cfg(test)]
mod frame_tests;
#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod obey_tests;
#[cfg(test)]
mod repository_tests;
#[cfg(test)]
mod terminals_tests;
#[cfg(test)]
mod transfers_tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use orchestrator::failure::Failure;
use orchestrator::host::HostsView;
use orchestrator::seam::{
    Approval, HostConnection, HostQuestion, MessageId, Session, SessionId, Tab, TabId,
};

use crate::bridge::{Bridge, BridgePlan, EngineState};
use crate::fetched::Fetched;
use crate::memory::{Draft, DraftKey, Memory};
use crate::model::{Looks, Recent, Sessions};
use crate::transcript::Blocks;
use crate::transcript::Picture;
use crate::view::approval::ApprovalCard;
use crate::view::composer::{Attachment, ComposerView};
use crate::view::git::GitView;
use crate::view::header::HeaderView;
use crate::view::help::HelpView;
use crate::view::palette::PaletteView;
use crate::view::right::RightView;
use crate::view::sidebar::SidebarView;
use crate::view::status_bar::StatusBarView;
use crate::view::tabs::TabsView;
use crate::view::toasts::ToastsView;
use asking::Asking;
use forms::Forms;
use history::History;
use lines::Lines;
use pending::Waiting;
use repository::Repository;
use say::Said;
use session_forms::SessionForms;
use terminals::Terminals;
use transcripts::{Kept, Transcripts};

/// What a window is started with.
#[derive(Debug)]
pub struct AppPlan {
    /// The way to the engine.
    pub bridge: BridgePlan,
    /// What was remembered of the last time.
    pub memory: Memory,
    /// Why that could not be read.
    pub trouble: Option<Failure>,
    /// The log, where there is one.
    pub log: Option<PathBuf>,
}

/// What is shown in the middle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Which session.
    pub session: SessionId,
    /// Which of its tabs; `None` is one that begins with its first message.
    pub tab: Option<TabId>,
}

/// The window.
#[derive(Debug)]
pub struct App {
    bridge: Bridge,
    /// What each frame costs.
    frames: frames::Frames,
    /// The frame that is being drawn, while somebody wants to know what it costs.
    begun: Option<frames::Begun>,
    waiting: Waiting,
    memory: Memory,
    /// What the bridge was last told to keep.
    kept: Memory,
    /// Whether nothing was remembered: what happened before this start counts as seen.
    is_fresh: bool,
    log: Option<PathBuf>,
    setup: baton_front::Setup,
    engine: EngineState,
    /// Whether the engine has ended by itself since the start.
    engine_restarted: bool,
    sessions: Sessions,
    /// Counts up when a list of sessions may look another way, sessions aside.
    version: u64,
    approvals: Vec<Approval>,
    approvals_by_session: BTreeMap<SessionId, u32>,
    connections: Vec<HostConnection>,
    connections_since: BTreeMap<String, Timestamp>,
    engine_questions: Vec<HostQuestion>,
    local_questions: Vec<HostQuestion>,
    hosts: HostsView,
    looks: Looks,
    pictures: HashMap<MessageId, Fetched<Arc<[Picture]>>>,
    /// Whose messages those of a tab are.
    pictures_of: HashMap<TabId, Vec<MessageId>>,
    /// The first words of conversations, for tabs.
    first_words: BTreeMap<TabId, String>,
    /// Sessions whose git was asked for, whatever came of it; not again until their host is reached anew.
    git_asked: BTreeSet<SessionId>,
    /// Those that haven't been answered.
    git_under_way: BTreeSet<SessionId>,
    ctx: egui::Context,
    transcripts: Transcripts,
    shown: Option<Shown>,
    /// Whether something to show was chosen when the window opened.
    is_chosen: bool,
    /// The sessions that were used last.
    recent: Recent,
    closed_last: Vec<TabId>,
    unread: BTreeSet<SessionId>,
    /// Whether the desktop is dark, where it says so.
    desktop_is_dark: Option<bool>,
    /// Of the left and the right bar.
    squeezed: [frame::Squeezed; 2],
    focused: bool,
    raise: bool,
    attachments: BTreeMap<DraftKey, Vec<Attachment>>,
    /// Counts the images that were attached since the start.
    last_image: u64,
    failures: BTreeMap<DraftKey, Failure>,
    files: files::Files,
    history: History,
    outbox: u64,
    zone: TimeZone,
    forms: Forms,
    sidebar: SidebarView,
    header: HeaderView,
    tabs: TabsView,
    composer: ComposerView,
    right: RightView,
    repository: Repository,
    terminals: Terminals,
    lines: Lines,
    git_view: GitView,
    status_bar: StatusBarView,
    palette: PaletteView,
    help: HelpView,
    toasts: ToastsView,
    said: Said,
    asking: Asking,
    approval: ApprovalCard,
    session_forms: SessionForms,
    /// The answer that the history shows in full, and what was made of it.
    answer: (String, Blocks),
}

impl App {
    /// The session that is shown.
    fn shown_session(&self) -> Option<&Session> {
        self.shown.as_ref().and_then(|shown| self.sessions.get(&shown.session))
    }

    /// The tab that is shown; `None` also where one begins.
    fn shown_tab(&self) -> Option<&Tab> {
        let wanted = self.shown.as_ref()?.tab.as_ref()?;
        self.shown_session()?.tabs.iter().find(|tab| tab.id == *wanted)
    }

    /// The first approval that the shown tab waits for.
    fn shown_approval(&self) -> Option<&Approval> {
        let tab = self.shown.as_ref()?.tab.as_ref()?;
        self.approvals.iter().find(|approval| approval.tab == *tab)
    }

    /// The transcript that is shown.
    fn shown_transcript(&mut self) -> Option<&mut Kept> {
        let tab = self.shown.as_ref()?.tab.clone()?;
        self.transcripts.get(&tab)
    }

    /// What is being written in the shown tab.
    fn shown_draft(&mut self) -> Option<&mut Draft> {
        let shown = self.shown.as_ref()?;
        let key = wishes::draft_key(&shown.session, shown.tab.as_ref());
        Some(self.memory.drafts.entry(key).or_default())
    }

    /// How many sessions are known; for who waits until they are.
    pub fn session_count(&self) -> usize {
        self.sessions.iter().len()
    }
}
