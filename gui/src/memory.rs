//! What the window remembers from one start to the next: looks, order, drafts, what was read.

use std::collections::{BTreeMap, BTreeSet};

use orchestrator::seam::{FilePath, SessionId, TabId, TurnId};
use serde::{Deserialize, Serialize};

use crate::kept_image::KeptImage;
use crate::theme::Appearance;

/// All of it. What an older version didn't know has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Dark or light.
    pub appearance: Appearance,
    /// Whether contrast is high.
    pub contrast: bool,
    /// How much larger everything is; 1 is as designed.
    pub zoom: f32,
    /// Whether Enter sends; else it breaks the line, and Ctrl+Enter sends.
    pub enter_sends: bool,
    /// Whether the desktop is told when a turn ends or needs a person.
    pub notifications: bool,
    /// Whether reasoning is shown.
    pub reasoning: bool,
    /// The bar of sessions.
    pub left: Bar,
    /// The bar of history and files.
    pub right: Bar,
    /// What the right bar shows.
    pub right_page: RightPage,
    /// The window's place and size in points, as it was left.
    pub window: Option<WindowPlace>,
    /// Sessions in the order of a person's dragging; those that aren't here stand behind, as they were made.
    pub order: Vec<SessionId>,
    /// Groups in the order of a person's dragging.
    pub groups: Vec<String>,
    /// Groups that are folded; the empty name is that of sessions without one.
    pub folded: BTreeSet<String>,
    /// Sessions that stand on top.
    pub bookmarks: BTreeSet<SessionId>,
    /// The last turn of each tab whose end a person has seen.
    pub seen: BTreeMap<TabId, TurnId>,
    /// Tabs that a person has closed; their transcripts stay.
    pub closed: BTreeSet<TabId>,
    /// What was begun and not sent.
    pub drafts: BTreeMap<DraftKey, Draft>,
    /// Files that are open and stay so, in the order of their tabs.
    pub files: Vec<(SessionId, FilePath)>,
    /// What was shown last.
    pub shown: Option<(SessionId, Option<TabId>)>,
    /// Whether the first screen was left.
    pub welcomed: bool,
    /// Whether the sides of a difference stand beside one another.
    pub side_by_side: bool,
    /// What was written for commits that weren't made yet.
    pub commit_messages: BTreeMap<SessionId, String>,
    /// How far back the history's graph looks, in hours; 0 is everything.
    pub look_back_hours: u32,
    /// Whether what is selected in a terminal is copied at once.
    pub copy_on_select: bool,
    /// The directory of this machine that was chosen last for what is fetched.
    pub downloads: Option<std::path::PathBuf>,
    /// The command box.
    pub commands: CommandsBar,
    /// What stands in the command box of each session.
    pub lines: BTreeMap<SessionId, TypedLine>,
}

/// A line that was typed and isn't run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedLine {
    /// It.
    pub text: String,
    /// The host that it was typed for, by its id.
    pub host: String,
    /// The directory there; `None` where nobody has noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}

/// The command box below what is shown of a session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandsBar {
    /// Whether it is there.
    pub open: bool,
    /// In points.
    pub height: f32,
}

/// A bar beside the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Whether it is there.
    pub open: bool,
    /// In points.
    pub width: f32,
}

/// What the right bar shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RightPage {
    /// Files.
    Files,
    /// The repository.
    Git,
    /// History.
    #[default]
    History,
    /// Auto Run.
    AutoRun,
}

/// Where the window is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// Its left upper corner, where the desktop tells it.
    pub at: Option<[f32; 2]>,
    /// Its inner size.
    pub size: [f32; 2],
    /// Whether it fills the screen.
    pub maximized: bool,
}

/// Whose draft it is: a tab's, or that of a tab that isn't there yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[serde(try_from = "String", into = "String")]
pub enum DraftKey {
    /// Of a tab.
    Tab(TabId),
    /// Of a session's next tab.
    New(SessionId),
}

impl From<DraftKey> for String {
    fn from(key: DraftKey) -> Self {
        match key {
            DraftKey::Tab(tab) => format!("tab:{tab}"),
            DraftKey::New(session) => format!("new:{session}"),
        }
    }
}

impl TryFrom<String> for DraftKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("tab", id)) => Ok(Self::Tab(TabId::new(id))),
            Some(("new", id)) => Ok(Self::New(SessionId::new(id))),
            Some(_) | None => Err(format!("{text:?} names no draft")),
        }
    }
}

/// What was begun and not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// Whether the agent is to change nothing.
    pub read_only: bool,
    /// Whether the turn goes into the history.
    pub save_to_history: bool,
    /// Its images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<KeptImage>,
    /// The host that it was typed for, by its id, where it is a line for the shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The directory there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            text: String::new(),
            read_only: false,
            save_to_history: true,
            images: Vec::new(),
            host: None,
            directory: None,
        }
    }
}

impl Draft {
    /// A line for the shell is one for the machine and the directory that it was begun in; a message is for none.
    pub fn note_place(&mut self, is_line: bool, host: &str, directory: &str) {
        match (is_line, &self.host) {
            (true, None) => {
                self.host = Some(host.to_owned());
                self.directory = Some(directory.to_owned());
            }
            (true, Some(_)) | (false, None) => {}
            (false, Some(_)) => (self.host, self.directory) = (None, None),
        }
    }
}

impl Draft {
    /// Whether there is nothing to remember.
    pub fn is_blank(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            appearance: Appearance::System,
            contrast: false,
            zoom: 1.0,
            enter_sends: true,
            notifications: true,
            reasoning: false,
            left: Bar { open: true, width: 280.0 },
            right: Bar { open: true, width: 340.0 },
            right_page: RightPage::History,
            window: None,
            order: Vec::new(),
            groups: Vec::new(),
            folded: BTreeSet::new(),
            bookmarks: BTreeSet::new(),
            seen: BTreeMap::new(),
            closed: BTreeSet::new(),
            drafts: BTreeMap::new(),
            files: Vec::new(),
            shown: None,
            welcomed: false,
            side_by_side: false,
            commit_messages: BTreeMap::new(),
            look_back_hours: 24,
            copy_on_select: false,
            downloads: None,
            commands: CommandsBar { open: false, height: 240.0 },
            lines: BTreeMap::new(),
        }
    }
}
