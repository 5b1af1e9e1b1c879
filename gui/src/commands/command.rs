//! What the window can be told to do.

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
    /// Opens a terminal of the shown session's host.
    NewTerminal,
    /// Opens the command box of the shown session, or puts it away.
    RunLine,
    /// Looks for a line that was run in the shown session.
    SearchLines,
    /// Closes the shown tab; its transcript stays.
    CloseTab,
    /// Shows the tab again that was closed last.
    ReopenTab,
    /// Shows the tab to the right, or the first.
    NextTab,
    /// Shows the tab to the left, or the last.
    PreviousTab,
    /// Lets the shown tab's name be edited in its place.
    RenameTab,
    /// Moves the shown tab one place to the left.
    MoveTabLeft,
    /// Moves the shown tab one place to the right.
    MoveTabRight,
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
    /// Finds a file of the shown session by its name.
    GoToFile,
    /// Saves the file that is shown.
    SaveFile,
    /// Goes to a line of the file that is shown.
    GoToLine,
    /// Shows the file that is shown in the tree.
    RevealFile,
    /// Shows Git in the right bar.
    ShowGit,
    /// Shows the commits of the shown session's repository.
    ShowLog,
    /// Shows its branches and tags.
    ShowBranches,
    /// Shows its worktrees.
    ShowWorktrees,
    /// Shows everything that was changed since the last commit.
    ShowChanges,
    /// Puts the focus into the next commit's message.
    WriteCommit,
    /// Opens the form for a worktree.
    NewWorktree,
    /// Opens the form for a pull request.
    PullRequest,
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

impl WindowCommand {
    /// Whether it can be told to the first screen, which stays below what it opens. What works on sessions or bars would
    /// do so where nobody sees it, so it does nothing there.
    pub fn opens_over_first_screen(self) -> bool {
        match self {
            Self::NewSession
            | Self::Settings
            | Self::SshHosts
            | Self::AddHost
            | Self::Appearance(_)
            | Self::ToggleContrast
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ZoomReset
            | Self::Palette
            | Self::Help
            | Self::About
            | Self::Quit => true,
            Self::OpenSession(_)
            | Self::PreviousSession
            | Self::NextSession
            | Self::NextNeedsYou
            | Self::FilterSessions
            | Self::RenameSession
            | Self::ToggleBookmark
            | Self::EditSession
            | Self::DuplicateSession
            | Self::RemoveSession
            | Self::NewTab
            | Self::NewTerminal
            | Self::RunLine
            | Self::SearchLines
            | Self::CloseTab
            | Self::ReopenTab
            | Self::RenameTab
            | Self::MoveTabLeft
            | Self::MoveTabRight
            | Self::NextTab
            | Self::PreviousTab
            | Self::FocusComposer
            | Self::SearchTranscript
            | Self::LastQuestion
            | Self::Interrupt
            | Self::Stop
            | Self::FreshConversation
            | Self::ApproveOnce
            | Self::ApproveAlways
            | Self::Deny
            | Self::TogglePause
            | Self::ToggleReadOnly
            | Self::ToggleLeftBar
            | Self::ToggleRightBar
            | Self::ShowFiles
            | Self::GoToFile
            | Self::SaveFile
            | Self::GoToLine
            | Self::RevealFile
            | Self::ShowGit
            | Self::ShowLog
            | Self::ShowBranches
            | Self::ShowWorktrees
            | Self::ShowChanges
            | Self::WriteCommit
            | Self::NewWorktree
            | Self::PullRequest
            | Self::ShowHistory
            | Self::ShowAutoRun
            | Self::SearchHistory
            | Self::SyncHistory
            | Self::TestHost
            | Self::RetryHost => false,
        }
    }
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
    /// Files.
    Files,
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
    pub const ALL: [Self; 9] = [
        Self::Sessions,
        Self::Tabs,
        Self::Conversation,
        Self::Approvals,
        Self::Files,
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
            Self::Files => "Files",
            Self::View => "View",
            Self::History => "History",
            Self::Hosts => "Hosts",
            Self::Window => "Window",
        }
    }
}
