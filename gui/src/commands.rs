//! Everything that the window can be told to do: one table for keys, palette and help.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::theme::Appearance;

/// A wish that keys and the palette give. What it works on is what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowCommand {
    /// Opens the dialog for a new session.
    NewSession,
    /// Shows the session at that place of the left bar, counted from 1.
    OpenSession(u8),
    /// Shows the session above.
    PreviousSession,
    /// Shows the session below.
    NextSession,
    /// Shows the next session, after the shown one and around, that needs a person.
    NextNeedsYou,
    /// Puts the focus into the left bar's filter.
    FilterSessions,
    /// Lets the shown session's name be edited in its place.
    RenameSession,
    /// Puts the shown session on top, or back.
    ToggleBookmark,
    /// Opens the dialog of the shown session.
    EditSession,
    /// Opens the dialog for a new session, filled in like the shown one.
    DuplicateSession,
    /// Asks whether to remove the shown session.
    RemoveSession,
    /// Begins a new conversation.
    NewTab,
    /// Closes the shown tab; its transcript stays.
    CloseTab,
    /// Shows the tab again that was closed last.
    ReopenTab,
    /// Shows the tab to the right, or the first.
    NextTab,
    /// Shows the tab to the left, or the last.
    PreviousTab,
    /// Puts the focus into the composer.
    FocusComposer,
    /// Opens the transcript's search.
    SearchTranscript,
    /// Scrolls the transcript to the question before.
    LastQuestion,
    /// Asks the agent to stop what it does.
    Interrupt,
    /// Ends the turn's processes.
    Stop,
    /// Forgets the agent's id of the conversation.
    FreshConversation,
    /// Allows what an agent asks, this once.
    ApproveOnce,
    /// Allows it, and doesn't ask again in this session.
    ApproveAlways,
    /// Denies it.
    Deny,
    /// Holds the shown tab's queue back, or lets it go.
    TogglePause,
    /// Switches read-only for the next message.
    ToggleReadOnly,
    /// Shows or hides the bar of sessions.
    ToggleLeftBar,
    /// Shows or hides the bar of history and files.
    ToggleRightBar,
    /// Shows Files in the right bar.
    ShowFiles,
    /// Shows History in the right bar.
    ShowHistory,
    /// Shows Auto Run in the right bar.
    ShowAutoRun,
    /// Shows History and puts the focus into its search.
    SearchHistory,
    /// Writes what waits to where it is shared, and reads what is new there.
    SyncHistory,
    /// Opens the settings.
    Settings,
    /// Opens the settings' list of hosts.
    SshHosts,
    /// Opens the dialog for a new host.
    AddHost,
    /// Tests the connection to the shown session's host.
    TestHost,
    /// Tries the shown session's host again.
    RetryHost,
    /// Dark, light, or as the desktop is.
    Appearance(Appearance),
    /// Switches high contrast.
    ToggleContrast,
    /// Makes everything larger.
    ZoomIn,
    /// Makes everything smaller.
    ZoomOut,
    /// Makes everything as large as designed.
    ZoomReset,
    /// Opens the palette.
    Palette,
    /// Opens the list of shortcuts.
    Help,
    /// Says which version this is.
    About,
    /// Leaves; agents work on.
    Quit,
}

/// Under which heading it stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Sessions.
    Sessions,
    /// Tabs.
    Tabs,
    /// Conversation.
    Conversation,
    /// Approvals.
    Approvals,
    /// View.
    View,
    /// History.
    History,
    /// Hosts.
    Hosts,
    /// Window.
    Window,
}

impl Group {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 8] = [
        Self::Sessions,
        Self::Tabs,
        Self::Conversation,
        Self::Approvals,
        Self::History,
        Self::View,
        Self::Hosts,
        Self::Window,
    ];

    /// What a person reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Sessions => "Sessions",
            Self::Tabs => "Tabs",
            Self::Conversation => "Conversation",
            Self::Approvals => "Approvals",
            Self::View => "View",
            Self::History => "History",
            Self::Hosts => "Hosts",
            Self::Window => "Window",
        }
    }
}

/// When a command can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// There are at least so many sessions.
    Sessions(u8),
    /// Some session needs a person.
    SomethingNeedsYou,
    /// A session is shown.
    Session,
    /// It is on another machine.
    Remote,
    /// It has several tabs.
    SeveralTabs,
    /// A tab of it was closed.
    ClosedTab,
    /// Its shown tab is at work.
    Working,
    /// Messages wait in its shown tab.
    Queue,
    /// It shows an approval that waits.
    Approval,
}

/// How things stand, as far as it decides what can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// How many sessions there are.
    pub sessions: usize,
    /// Whether one of them needs a person.
    pub something_needs_you: bool,
    /// Whether one is shown.
    pub session: bool,
    /// Whether that one is on another machine.
    pub remote: bool,
    /// How many tabs of it are open.
    pub tabs: usize,
    /// Whether a tab of it was closed.
    pub closed_tab: bool,
    /// Whether its shown tab is at work.
    pub working: bool,
    /// Whether messages wait there, or the queue is held back.
    pub queue: bool,
    /// Whether a card there asks for an approval.
    pub approval: bool,
}

impl When {
    /// Whether it is so.
    pub fn holds(self, now: &Situation) -> bool {
        match self {
            Self::Always => true,
            Self::Sessions(least) => now.sessions >= usize::from(least),
            Self::SomethingNeedsYou => now.something_needs_you,
            Self::Session => now.session,
            Self::Remote => now.session && now.remote,
            Self::SeveralTabs => now.session && now.tabs > 1,
            Self::ClosedTab => now.session && now.closed_tab,
            Self::Working => now.session && now.working,
            Self::Queue => now.session && now.queue,
            Self::Approval => now.session && now.approval,
        }
    }
}

/// Keys, and whether they count while somebody types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// Which.
    pub keys: KeyboardShortcut,
    /// Whether they count in a text field, too.
    pub typing: bool,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// What it is.
    pub command: WindowCommand,
    /// What a person reads; the words of the command line where it has them.
    pub name: &'static str,
    /// Other words that it is looked for by.
    pub also: &'static str,
    /// Its keys; the first is the one that is shown.
    pub shortcuts: &'static [Shortcut],
    /// When it can be used.
    pub when: When,
    /// Its heading.
    pub group: Group,
}

impl Entry {
    /// Its first shortcut, as a person reads it: `Ctrl+Shift+F`.
    pub fn keys(&self, mac: bool) -> Option<String> {
        self.shortcuts.first().map(|shortcut| written(shortcut.keys, mac))
    }
}

/// A shortcut as a person reads it.
pub fn written(keys: KeyboardShortcut, mac: bool) -> String {
    let names = egui::ModifierNames::NAMES;
    let modifiers = names.format(&keys.modifiers, mac);
    let key = match keys.logical_key {
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::PageUp => "PageUp",
        Key::PageDown => "PageDown",
        Key::Comma => ",",
        Key::Period => ".",
        Key::Slash => "/",
        Key::Plus => "+",
        Key::Equals => "=",
        Key::Minus => "-",
        key => key.name(),
    };
    if modifiers.is_empty() { key.to_owned() } else { format!("{modifiers}+{key}") }
}

/// The line of a command.
pub fn entry(command: WindowCommand) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.command == command)
}

/// What a tooltip says: the words and the first shortcut.
pub fn tip(words: &str, command: WindowCommand, mac: bool) -> String {
    match entry(command).and_then(|entry| entry.keys(mac)) {
        Some(keys) => format!("{words} ({keys})"),
        None => words.to_owned(),
    }
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const CTRL_ALT: Modifiers = Modifiers::COMMAND.plus(Modifiers::ALT);

const fn on(modifiers: Modifiers, key: Key) -> Shortcut {
    Shortcut { keys: KeyboardShortcut::new(modifiers, key), typing: true }
}

/// For what a text field has a use of its own for.
const fn not_typing(modifiers: Modifiers, key: Key) -> Shortcut {
    Shortcut { keys: KeyboardShortcut::new(modifiers, key), typing: false }
}

const fn line(
    group: Group,
    when: When,
    command: WindowCommand,
    name: &'static str,
    also: &'static str,
    shortcuts: &'static [Shortcut],
) -> Entry {
    Entry { command, name, also, shortcuts, when, group }
}

use WindowCommand as C;

/// All of them.
pub static TABLE: &[Entry] = &[
    line(
        Group::Sessions,
        When::Always,
        C::NewSession,
        "New session",
        "agent create",
        &[on(CTRL, Key::N)],
    ),
    line(
        Group::Sessions,
        When::Sessions(1),
        C::OpenSession(1),
        "Open session 1",
        "",
        &[on(CTRL, Key::Num1)],
    ),
    line(
        Group::Sessions,
        When::Sessions(2),
        C::OpenSession(2),
        "Open session 2",
        "",
        &[on(CTRL, Key::Num2)],
    ),
    line(
        Group::Sessions,
        When::Sessions(3),
        C::OpenSession(3),
        "Open session 3",
        "",
        &[on(CTRL, Key::Num3)],
    ),
    line(
        Group::Sessions,
        When::Sessions(4),
        C::OpenSession(4),
        "Open session 4",
        "",
        &[on(CTRL, Key::Num4)],
    ),
    line(
        Group::Sessions,
        When::Sessions(5),
        C::OpenSession(5),
        "Open session 5",
        "",
        &[on(CTRL, Key::Num5)],
    ),
    line(
        Group::Sessions,
        When::Sessions(6),
        C::OpenSession(6),
        "Open session 6",
        "",
        &[on(CTRL, Key::Num6)],
    ),
    line(
        Group::Sessions,
        When::Sessions(7),
        C::OpenSession(7),
        "Open session 7",
        "",
        &[on(CTRL, Key::Num7)],
    ),
    line(
        Group::Sessions,
        When::Sessions(8),
        C::OpenSession(8),
        "Open session 8",
        "",
        &[on(CTRL, Key::Num8)],
    ),
    line(
        Group::Sessions,
        When::Sessions(9),
        C::OpenSession(9),
        "Open session 9",
        "",
        &[on(CTRL, Key::Num9)],
    ),
    line(
        Group::Sessions,
        When::Sessions(1),
        C::NextSession,
        "Next session",
        "down below",
        &[on(CTRL, Key::PageDown)],
    ),
    line(
        Group::Sessions,
        When::Sessions(1),
        C::PreviousSession,
        "Previous session",
        "up above",
        &[on(CTRL, Key::PageUp)],
    ),
    line(
        Group::Sessions,
        When::SomethingNeedsYou,
        C::NextNeedsYou,
        "Next session that needs you",
        "approval waiting jump",
        &[on(CTRL, Key::J)],
    ),
    line(
        Group::Sessions,
        When::Sessions(1),
        C::FilterSessions,
        "Filter sessions",
        "find search left bar",
        &[on(CTRL_SHIFT, Key::L)],
    ),
    line(Group::Sessions, When::Session, C::RenameSession, "Rename session", "name title", &[]),
    line(
        Group::Sessions,
        When::Session,
        C::ToggleBookmark,
        "Bookmark session",
        "star pin favourite",
        &[on(CTRL, Key::D)],
    ),
    line(
        Group::Sessions,
        When::Session,
        C::EditSession,
        "Edit session",
        "model env directory host",
        &[on(CTRL, Key::E)],
    ),
    line(
        Group::Sessions,
        When::Session,
        C::DuplicateSession,
        "Duplicate session",
        "copy clone",
        &[],
    ),
    line(Group::Sessions, When::Session, C::RemoveSession, "Remove session", "delete", &[]),
    line(
        Group::Tabs,
        When::Session,
        C::NewTab,
        "New tab",
        "conversation chat",
        &[on(CTRL, Key::T)],
    ),
    line(Group::Tabs, When::SeveralTabs, C::CloseTab, "Close tab", "", &[on(CTRL, Key::W)]),
    line(
        Group::Tabs,
        When::ClosedTab,
        C::ReopenTab,
        "Reopen closed tab",
        "undo close",
        &[on(CTRL_SHIFT, Key::T)],
    ),
    line(
        Group::Tabs,
        When::SeveralTabs,
        C::NextTab,
        "Next tab",
        "right",
        &[on(Modifiers::CTRL, Key::Tab)],
    ),
    line(
        Group::Tabs,
        When::SeveralTabs,
        C::PreviousTab,
        "Previous tab",
        "left",
        &[on(Modifiers::CTRL.plus(Modifiers::SHIFT), Key::Tab)],
    ),
    line(
        Group::Conversation,
        When::Session,
        C::FocusComposer,
        "Write a message",
        "focus composer send prompt",
        &[on(CTRL, Key::L)],
    ),
    line(
        Group::Conversation,
        When::Session,
        C::SearchTranscript,
        "Search the transcript",
        "find",
        &[on(CTRL, Key::F)],
    ),
    line(
        Group::Conversation,
        When::Session,
        C::LastQuestion,
        "Go to the last question",
        "jump scroll up",
        &[on(CTRL, Key::ArrowUp)],
    ),
    line(
        Group::Conversation,
        When::Working,
        C::Interrupt,
        "Interrupt",
        "pause cancel",
        &[on(CTRL, Key::Period)],
    ),
    line(
        Group::Conversation,
        When::Working,
        C::Stop,
        "Stop",
        "kill end processes",
        &[on(CTRL_SHIFT, Key::Period)],
    ),
    line(
        Group::Conversation,
        When::Session,
        C::FreshConversation,
        "Fresh conversation",
        "clear forget reset",
        &[],
    ),
    line(
        Group::Conversation,
        When::Queue,
        C::TogglePause,
        "Pause or go on with the queue",
        "hold resume messages",
        &[on(CTRL_SHIFT, Key::P)],
    ),
    line(
        Group::Conversation,
        When::Session,
        C::ToggleReadOnly,
        "Read-only on or off",
        "plan change nothing",
        &[on(CTRL_SHIFT, Key::R)],
    ),
    line(
        Group::Approvals,
        When::Approval,
        C::ApproveOnce,
        "Approve once",
        "allow yes",
        &[on(CTRL_SHIFT, Key::Y), not_typing(CTRL, Key::Enter)],
    ),
    line(
        Group::Approvals,
        When::Approval,
        C::ApproveAlways,
        "Approve always for this session",
        "allow yes",
        &[on(CTRL_ALT, Key::Y), not_typing(CTRL_SHIFT, Key::Enter)],
    ),
    line(
        Group::Approvals,
        When::Approval,
        C::Deny,
        "Deny",
        "reject refuse no",
        &[on(CTRL_SHIFT, Key::N), not_typing(CTRL, Key::Backspace)],
    ),
    line(
        Group::History,
        When::Always,
        C::SearchHistory,
        "Search the history",
        "find entries",
        &[on(CTRL_SHIFT, Key::F)],
    ),
    line(
        Group::History,
        When::Always,
        C::SyncHistory,
        "History sync",
        "refresh share outbox send",
        &[],
    ),
    line(
        Group::View,
        When::Always,
        C::ToggleLeftBar,
        "Left bar on or off",
        "sidebar sessions panel",
        &[on(CTRL, Key::B)],
    ),
    line(
        Group::View,
        When::Always,
        C::ToggleRightBar,
        "Right bar on or off",
        "sidebar panel",
        &[on(CTRL_ALT, Key::B)],
    ),
    line(
        Group::View,
        When::Always,
        C::ShowFiles,
        "Show Files",
        "right bar",
        &[on(CTRL_SHIFT, Key::E)],
    ),
    line(
        Group::View,
        When::Always,
        C::ShowHistory,
        "Show History",
        "right bar",
        &[on(CTRL_SHIFT, Key::H)],
    ),
    line(
        Group::View,
        When::Always,
        C::ShowAutoRun,
        "Show Auto Run",
        "right bar",
        &[on(CTRL_SHIFT, Key::A)],
    ),
    line(
        Group::View,
        When::Always,
        C::Appearance(Appearance::Dark),
        "Appearance: dark",
        "theme night",
        &[],
    ),
    line(
        Group::View,
        When::Always,
        C::Appearance(Appearance::Light),
        "Appearance: light",
        "theme day",
        &[],
    ),
    line(
        Group::View,
        When::Always,
        C::Appearance(Appearance::System),
        "Appearance: as the desktop",
        "theme system",
        &[],
    ),
    line(
        Group::View,
        When::Always,
        C::ToggleContrast,
        "High contrast on or off",
        "accessibility theme",
        &[],
    ),
    line(
        Group::View,
        When::Always,
        C::ZoomIn,
        "Zoom in",
        "larger text scale",
        &[on(CTRL, Key::Plus), on(CTRL, Key::Equals)],
    ),
    line(
        Group::View,
        When::Always,
        C::ZoomOut,
        "Zoom out",
        "smaller text scale",
        &[on(CTRL, Key::Minus)],
    ),
    line(
        Group::View,
        When::Always,
        C::ZoomReset,
        "Zoom as designed",
        "reset text scale 100 %",
        &[on(CTRL, Key::Num0)],
    ),
    line(
        Group::Hosts,
        When::Always,
        C::SshHosts,
        "SSH hosts",
        "machines remotes servers list",
        &[on(CTRL_SHIFT, Key::S)],
    ),
    line(
        Group::Hosts,
        When::Always,
        C::AddHost,
        "Add SSH remote",
        "host machine server import",
        &[],
    ),
    line(Group::Hosts, When::Remote, C::TestHost, "Test connection", "host ssh check", &[]),
    line(
        Group::Hosts,
        When::Remote,
        C::RetryHost,
        "Retry the connection",
        "host ssh reconnect",
        &[],
    ),
    line(
        Group::Window,
        When::Always,
        C::Palette,
        "Command palette",
        "search everything",
        &[on(CTRL, Key::K)],
    ),
    line(
        Group::Window,
        When::Always,
        C::Help,
        "Keyboard shortcuts",
        "help keys",
        &[on(CTRL, Key::Slash), on(Modifiers::NONE, Key::F1)],
    ),
    line(
        Group::Window,
        When::Always,
        C::Settings,
        "Settings",
        "preferences options",
        &[on(CTRL, Key::Comma)],
    ),
    line(Group::Window, When::Always, C::About, "About Baton", "version log", &[]),
    line(Group::Window, When::Always, C::Quit, "Quit", "exit leave", &[on(CTRL, Key::Q)]),
];

#[cfg(test)]
#[path = "commands_tests.rs"]
mod tests;
