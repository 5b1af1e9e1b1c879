//! What becomes of answers that were waited for.

use orchestrator::failure::Failure;
use orchestrator::seam::{OperationReply, Reply};

use super::pending::Pending;
use super::say::Undo;
use super::wishes::draft_key;
use super::{App, Shown};
use crate::memory::DraftKey;

impl App {
    /// Does what an answer is for.
    pub(super) fn answered(&mut self, pending: Pending, answer: Result<Box<Reply>, Failure>) {
        match (pending, answer) {
            (Pending::Send { session, key, images }, Ok(reply)) => {
                self.memory.drafts.remove(&key);
                self.drop_attachments(&key, images);
                self.failures.remove(&key);
                self.focus_if_shown(&key);
                if let (DraftKey::New(_), Reply::Sent { tab, .. }) = (&key, *reply) {
                    let is_shown =
                        self.shown.as_ref() == Some(&Shown { session: session.clone(), tab: None });
                    if is_shown {
                        self.turn_to(&session, Some(tab));
                    }
                }
            }
            (Pending::Again { .. }, Ok(_)) => {}
            (Pending::Send { key, .. } | Pending::Again { key }, Err(failure)) => {
                self.focus_if_shown(&key);
                self.failures.insert(key, failure);
            }
            (Pending::Decide, Ok(_)) => {}
            (Pending::Decide, Err(failure)) => {
                self.approval.take_back();
                self.complain(&failure);
            }
            (Pending::EditQueued { .. }, Ok(_)) => {}
            (Pending::EditQueued { session, message, text }, Err(failure)) => {
                // What was typed isn't lost with a message that has left the queue meanwhile.
                self.edit_again(session, message, text);
                self.complain(&failure);
            }
            (Pending::RemoveQueued { session, message }, Ok(_)) => {
                let words = "The message was taken out of the queue".to_owned();
                self.say_undoable(words, Undo::RestoreMessage { session, message });
            }
            (Pending::NewSession, Ok(reply)) => {
                if let Reply::Session(session) = *reply {
                    self.session_made(*session);
                }
            }
            (Pending::NewSession | Pending::EditSession, Err(failure)) => {
                self.session_form_failed(failure);
            }
            (Pending::EditSession, Ok(_)) => self.session_form_done(),
            (Pending::Prompt { session, message }, Ok(reply)) => {
                if let Reply::Prompt { prompt } = *reply {
                    self.edit_queued(session, message, prompt);
                }
            }
            (Pending::ShowSession, Ok(reply)) => {
                if let Reply::Session(session) = *reply {
                    let id = session.id.clone();
                    self.session_came(*session);
                    self.show(&id, None);
                }
            }
            (Pending::Sync, Ok(reply)) => {
                if let Reply::Synced(sync) = *reply {
                    self.synced(&sync);
                }
            }
            (Pending::File(pending), answer) => self.file_answered(pending, answer),
            (Pending::Git { session, after }, answer) => self.git_done(&session, after, answer),
            (Pending::OpenTerminal { session }, answer) => self.terminal_opened(session, answer),
            (Pending::Transfer(begun), answer) => self.transfer_begun(begun, answer),
            (Pending::Begin(work), Err(failure)) => self.not_begun(&work, &failure),
            (Pending::Begin(_), Ok(reply)) => {
                if let Reply::Operation(OperationReply::Operation(operation)) = *reply {
                    self.operation_begun(*operation);
                }
            }
            (Pending::Line { session, from, line }, answer) => {
                self.line_begun(session, from, line, answer);
            }
            (Pending::LineInTerminal { session, line }, answer) => {
                self.type_in_terminal(session, line, answer);
            }
            (Pending::Say(words), Ok(_)) => self.say(words),
            (Pending::Quiet, Ok(_)) => {}
            (
                Pending::Prompt { .. }
                | Pending::ShowSession
                | Pending::RemoveQueued { .. }
                | Pending::Sync
                | Pending::Say(_)
                | Pending::Quiet,
                Err(failure),
            ) => {
                self.complain(&failure);
            }
            // These have news of their own.
            (
                Pending::SaveHost
                | Pending::ChangeHosts
                | Pending::AddAlias { .. }
                | Pending::History { .. }
                | Pending::Activity { .. }
                | Pending::Attach { .. }
                | Pending::Restore { .. },
                Ok(_) | Err(_),
            ) => {}
        }
    }

    /// The field was locked while its message was on its way: one goes on writing.
    fn focus_if_shown(&mut self, key: &DraftKey) {
        let shown = self.shown.as_ref();
        let is_shown =
            shown.is_some_and(|shown| draft_key(&shown.session, shown.tab.as_ref()) == *key);
        if is_shown && !self.keys_are_taken() {
            self.composer.focus();
        }
    }
}
