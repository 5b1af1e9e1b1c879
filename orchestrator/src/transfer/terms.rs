//! What a transfer is told, and what it tells while it goes on.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::failure::Failure;
use crate::seam::Progress;

/// How a transfer is to be done.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whether what is there may be replaced; else `conflict`.
    pub replace: bool,
    /// Whether what is sent may lie outside of the place's directory.
    pub outside: bool,
    /// Whether it also waits for a host that can't be reached when it begins, as one does that was begun before. A link
    /// that is lost in the middle is always waited for.
    pub patient: bool,
    /// Who hears how it goes.
    pub report: Report,
    /// Ends it.
    pub cancel: Cancel,
}

/// What happens to a transfer.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It is so far: told at most ten times a second, and at its end.
    Progress(Progress),
    /// Its host can't be reached; it waits for it.
    Away(Failure),
    /// Its host is reached again.
    Back,
}

/// Who hears of a transfer. It is called on the transfer's own task, and must not block.
#[derive(Clone)]
pub struct Report(Arc<dyn Fn(News) + Send + Sync>);

impl Report {
    /// Calls `hear` with all that happens.
    pub fn to(hear: impl Fn(News) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// To nobody.
    pub fn nobody() -> Self {
        Self::to(|_| ())
    }

    pub(super) fn tell(&self, news: News) {
        (self.0)(news);
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Report")
    }
}

/// Ends a transfer from elsewhere; what has arrived stays for the next one. Clones end the same one.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancel {
    /// Ends it, once and for all.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was ended.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is.
    pub async fn cancelled(&self) {
        // The sender is ours: it doesn't go away before the wait does.
        if self.0.subscribe().wait_for(|ended| *ended).await.is_err() {
            std::future::pending().await
        }
    }
}
