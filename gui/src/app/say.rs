//! Short messages at the edge of the window.

use egui::Context;
use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::seam::{Command, MessageId, SessionId, TabId};

use super::App;
use crate::view::toasts::{Toast, ToastAct, ToastId, ToastKind};
use crate::words::with_host;

/// Messages that are remembered; of more the oldest go.
const MOST: usize = 20;

/// What a message's button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Undo {
    /// Opens a tab again that was closed.
    ReopenTab { session: SessionId, tab: TabId },
    /// Puts a message back into its queue that was taken out.
    RestoreMessage { session: SessionId, message: MessageId },
    /// Makes a group again of these sessions, at that place of the groups' order if it had one, folded or not.
    Group { group: String, place: Option<usize>, folded: bool, sessions: Vec<SessionId> },
    /// Shows lines of a command box again that were cleared away; until this can't be wished any more they aren't forgotten.
    ShowLines(Vec<String>),
}

/// The messages that are shown, and what their buttons do.
#[derive(Debug, Default)]
pub(super) struct Said {
    last: u64,
    toasts: Vec<Toast>,
    undo: Vec<(ToastId, Undo)>,
}

impl App {
    /// Says that something is done.
    pub(super) fn say(&mut self, words: String) {
        self.toast(ToastKind::Good, words, None, None);
    }

    /// Says that something went wrong of itself.
    pub(super) fn say_bad(&mut self, words: String) {
        self.toast(ToastKind::Error, words, None, None);
    }

    /// The same with a button that takes it back.
    pub(super) fn say_undoable(&mut self, words: String, undo: Undo) {
        self.toast(ToastKind::Info, words, None, Some(undo));
    }

    /// Says what failed and what to do.
    pub(super) fn complain(&mut self, failure: &Failure) {
        tracing::warn!("{failure}");
        let text = with_host(failure);
        // Said once, however often it happens.
        if !self.said.toasts.iter().any(|toast| toast.text == text) {
            self.toast(ToastKind::Error, text, failure.hint.clone(), None);
        }
    }

    fn toast(&mut self, kind: ToastKind, text: String, detail: Option<String>, undo: Option<Undo>) {
        let said = &mut self.said;
        said.last += 1;
        let id = ToastId(said.last);
        let action = undo.is_some().then(|| "Undo".to_owned());
        said.toasts.push(Toast { id, kind, text, detail, action, at: Timestamp::now() });
        if let Some(undo) = undo {
            said.undo.push((id, undo));
        }
        if said.toasts.len() > MOST {
            let first = said.toasts.remove(0);
            self.forget_toast(first.id);
        }
    }

    /// Draws them.
    pub(super) fn toasts(&mut self, ctx: &Context) {
        let acts = self.toasts.ui(ctx, &self.said.toasts, Timestamp::now());
        for act in acts {
            match act {
                ToastAct::Action(id) => {
                    let at = self.said.undo.iter().position(|(of, _)| *of == id);
                    if let Some((_, undo)) = at.map(|at| self.said.undo.remove(at)) {
                        match undo {
                            Undo::ReopenTab { session, tab } => self.reopen(&session, tab),
                            Undo::RestoreMessage { session, message } => {
                                self.command(Command::RestoreMessage { session, message });
                            }
                            Undo::Group { group, place, folded, sessions } => {
                                self.regroup(group, place, folded, sessions);
                            }
                            Undo::ShowLines(lines) => self.show_lines_again(&lines),
                        }
                    }
                    self.forget_toast(id);
                }
                ToastAct::Close(id) | ToastAct::Expired(id) => self.forget_toast(id),
            }
        }
    }

    /// Those that are shown.
    #[cfg(test)]
    pub(super) fn said_toasts(&self) -> Vec<ToastId> {
        self.said.toasts.iter().map(|toast| toast.id).collect()
    }

    /// It is seen no more.
    pub(super) fn forget_toast(&mut self, id: ToastId) {
        self.said.toasts.retain(|toast| toast.id != id);
        let is_of = |(of, _): &mut (ToastId, Undo)| *of == id;
        let gone: Vec<_> = self.said.undo.extract_if(.., is_of).collect();
        for (_, undo) in gone {
            match undo {
                Undo::ShowLines(lines) => self.forget_lines_for_good(lines),
                Undo::ReopenTab { .. } | Undo::RestoreMessage { .. } | Undo::Group { .. } => {}
            }
        }
    }
}
