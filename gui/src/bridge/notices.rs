//! Telling the desktop what happens while nobody looks at the window.

use std::fmt;
use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::TabId;

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

/// Tells the desktop, beside everything else.
pub(super) async fn show(notifier: &Arc<dyn Notifier>, notice: Notice) {
    let notifier = Arc::clone(notifier);
    let shown = tokio::task::spawn_blocking(move || notifier.show(&notice)).await;
    match shown {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => tracing::info!("{failure}"),
        Err(error) => tracing::warn!("a notification broke off: {error}"),
    }
}
