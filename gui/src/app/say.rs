//! Short messages at the edge of the window.

use orchestrator::failure::Failure;

use super::App;
use crate::view::toasts::{Toast, ToastKind};

impl App {
    /// Says that something is done.
    pub(super) fn say(&mut self, words: String) {
        self.toasts.show(Toast::new(ToastKind::Done, words));
    }

    /// Says what failed and what to do.
    pub(super) fn complain(&mut self, failure: &Failure) {
        tracing::warn!("{failure}");
        let place = failure.host.as_deref().map(|host| format!("{host}: ")).unwrap_or_default();
        let mut toast = Toast::new(ToastKind::Failed, format!("{place}{}", failure.message));
        toast.hint.clone_from(&failure.hint);
        self.toasts.show(toast);
    }
}
