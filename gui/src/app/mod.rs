//! The window as a whole: what the bridge tells goes into its state, views show it, their wishes go to the bridge.

mod hear;
mod pending;
mod transcripts;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use orchestrator::failure::Failure;
use orchestrator::host::HostsView;
use orchestrator::seam::{Approval, HostConnection, HostQuestion, SessionId, TabId};

use crate::bridge::{AliasSummary, Bridge, BridgePlan, EngineState};
use crate::fetched::Fetched;
use crate::fonts;
use crate::memory::{DraftKey, Memory};
use crate::model::{HostTests, Looks, Sessions};
use crate::view::composer::{Attachment, ComposerView};
use pending::Waiting;
use transcripts::Transcripts;

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
    waiting: Waiting,
    memory: Memory,
    /// What the bridge was last told to keep.
    kept: Memory,
    log: Option<PathBuf>,
    engine: EngineState,
    sessions: Sessions,
    approvals: Vec<Approval>,
    connections: Vec<HostConnection>,
    engine_questions: Vec<HostQuestion>,
    local_questions: Vec<HostQuestion>,
    hosts: HostsView,
    aliases: Fetched<Vec<String>>,
    alias_summaries: HashMap<String, Fetched<AliasSummary>>,
    tests: HostTests,
    looks: Looks,
    transcripts: Transcripts,
    shown: Option<Shown>,
    unread: BTreeSet<SessionId>,
    composer: ComposerView,
    attachments: BTreeMap<DraftKey, Vec<Attachment>>,
    failures: BTreeMap<DraftKey, Failure>,
}
