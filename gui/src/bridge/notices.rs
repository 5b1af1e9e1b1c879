//! Telling the desktop what happens while nobody looks at the window.

use std::fmt;
use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{HostQuestion, HostQuestionKind, TabId};
use tokio::sync::watch;

/// Letters of an answer that a notification shows.
const SHOWN: usize = 200;

/// Where a person looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Looking {
    /// Whether the window is in front.
    pub focused: bool,
    /// The tab that is shown.
    pub tab: Option<TabId>,
    /// Whether the desktop is to be told.
    pub notify: bool,
}

impl Looking {
    /// Whether the desktop is to be told of what happens now.
    pub fn wants_to_know(&self) -> bool {
        self.notify && !self.focused
    }
}

/// What the desktop is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// In a line.
    pub heading: String,
    /// More of it.
    pub words: String,
}

impl Notice {
    /// One with the beginning of `words`, without what a desktop could take for markup.
    pub fn new(heading: String, words: &str) -> Self {
        let plain = words.chars().filter(|letter| !letter.is_control() || *letter == '\n');
        let mut words: String = plain.take(SHOWN).collect();
        words = words.replace('&', "&amp;").replace('<', "&lt;");
        Self { heading, words }
    }

    /// That a host asks something.
    pub fn of_question(question: &HostQuestion) -> Self {
        let wants = match &question.kind {
            HostQuestionKind::HostKey { .. } => "Is its key the right one?",
            HostQuestionKind::Passphrase { .. } => "It takes the passphrase of a key",
            HostQuestionKind::Password => "It takes a password",
            HostQuestionKind::Code => "It takes a code",
            HostQuestionKind::Touch => "Touch the security key",
            HostQuestionKind::Other => "It asks something",
        };
        Self::new(format!("{} needs you", question.host), wants)
    }

    /// That a host can't be reached until a person has mended something.
    pub fn of_blocked(host: &str, why: &Failure) -> Self {
        Self::new(format!("{host} needs you"), &why.message)
    }
}

/// Somebody who tells the desktop; may take its time.
pub trait Notifier: fmt::Debug + Send + Sync {
    /// Tells it.
    ///
    /// # Errors
    ///
    /// When the desktop takes no notifications.
    fn show(&self, notice: &Notice) -> Result<(), Failure>;
}

/// The desktop's own notifications.
#[derive(Debug)]
pub struct Desktop;

impl Notifier for Desktop {
    fn show(&self, notice: &Notice) -> Result<(), Failure> {
        let shown = notify_rust::Notification::new()
            .appname("Baton")
            .icon("baton")
            .summary(&notice.heading)
            .body(&notice.words)
            .show();
        shown.map(drop).map_err(|error| {
            Failure::new(Code::Unsupported, format!("the desktop takes no notifications: {error}"))
        })
    }
}

/// Tells the desktop what a person who looks elsewhere wants to know.
#[derive(Debug)]
pub(super) struct Notices {
    notifier: Arc<dyn Notifier>,
    /// Where the person looks.
    pub looking: watch::Sender<Looking>,
}

impl Notices {
    pub fn new(notifier: Arc<dyn Notifier>) -> Self {
        Self { notifier, looking: watch::channel(Looking::default()).0 }
    }

    /// Whether the desktop is to be told of what happens now.
    pub fn are_wanted(&self) -> bool {
        self.looking.borrow().wants_to_know()
    }

    /// Tells it, where that is wanted. A desktop that takes its time holds nothing up. Must be called on a runtime.
    pub fn tell(&self, notice: Notice) {
        if self.are_wanted() {
            tokio::spawn(show(Arc::clone(&self.notifier), notice));
        }
    }
}

async fn show(notifier: Arc<dyn Notifier>, notice: Notice) {
    let shown = tokio::task::spawn_blocking(move || notifier.show(&notice)).await;
    match shown {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => tracing::info!("{failure}"),
        Err(error) => tracing::warn!("a notification broke off: {error}"),
    }
}
