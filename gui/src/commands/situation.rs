//! When a command can be used.

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
    /// A tab of it is shown that has begun.
    Tab,
    /// A file of it is shown.
    File,
    /// It has several tabs.
    SeveralTabs,
    /// A tab of it was closed; without a session, of any.
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
    /// Whether a tab of it is shown that has begun.
    pub tab: bool,
    /// Whether a file of it is shown.
    pub file: bool,
    /// How many tabs of it are open.
    pub tabs: usize,
    /// Whether a tab of it was closed; without a session, of any.
    pub closed_tab: bool,
    /// Whether its shown tab is at work.
    pub working: bool,
    /// Whether messages wait there, or the queue is held back.
    pub queue: bool,
    /// Whether a card there asks for an approval.
    pub approval: bool,
    /// Whether the first screen stands in place of all that.
    pub first_screen: bool,
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
            Self::Tab => now.session && now.tab,
            Self::File => now.session && now.file,
            Self::SeveralTabs => now.session && now.tabs > 1,
            Self::ClosedTab => now.closed_tab,
            Self::Working => now.session && now.working,
            Self::Queue => now.session && now.queue,
            Self::Approval => now.session && now.approval,
        }
    }
}
