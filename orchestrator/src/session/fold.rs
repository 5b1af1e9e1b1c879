//! What a turn's output amounts to: enough to say at its end how it went.

use serde::{Deserialize, Serialize};

use crate::agent::{AgentError, Item};
use crate::failure::{Code, Failure};
use crate::seam::TurnStatus;

/// How much of a text's end is kept, in bytes.
const KEPT_BYTES: usize = 8 * 1024;

/// What has been heard in one turn. It is stored with the offsets, so that another process can go on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// Whether the agent said anything but lines that nobody understands.
    pub said: bool,
    /// The last piece of the answer.
    pub text: String,
    /// What the agent calls its end.
    pub ok: Option<bool>,
    /// The last error that it didn't go on from.
    pub error: Option<AgentError>,
    /// The end of what it wrote to stderr, as text.
    pub stderr: String,
    /// The end of its lines that nobody understands; some agents complain there.
    pub unknown: String,
}

impl Heard {
    /// Notes an item.
    pub fn note(&mut self, item: &Item) {
        if let Item::Unknown { line, .. } = item {
            keep_end(&mut self.unknown, line);
            self.unknown.push('\n');
            return;
        }
        self.said = true;
        match item {
            Item::Text { text } | Item::Printed { text, whole: true } => {
                self.text.clone_from(text);
            }
            Item::Ended { ok, text } => {
                self.ok = Some(*ok);
                if let Some(text) = text {
                    self.text.clone_from(text);
                }
            }
            Item::Error(error) if !error.goes_on => self.error = Some(error.clone()),
            Item::Error(_)
            | Item::AgentSession { .. }
            | Item::Delta { .. }
            | Item::Printed { whole: false, .. }
            | Item::Reasoning { .. }
            | Item::ToolCall(_)
            | Item::Usage(_)
            | Item::Approval(_)
            | Item::Unknown { .. } => {}
        }
    }

    /// Whether its output has said how it went.
    pub fn told(&self) -> bool {
        self.error.is_some() || self.ok == Some(true)
    }

    /// Notes bytes of stderr.
    pub fn note_stderr(&mut self, bytes: &[u8]) {
        keep_end(&mut self.stderr, &String::from_utf8_lossy(bytes));
    }

    /// How the turn ended. `judged` is what the exit status and stderr mean by themselves.
    pub fn verdict(
        &self,
        exit_status: Option<u8>,
        interrupting: bool,
        judged: Option<Failure>,
    ) -> (TurnStatus, Option<Failure>) {
        let ended_well = exit_status.is_none_or(|status| status == 0) && self.ok != Some(false);
        if interrupting && !(ended_well && self.ok == Some(true)) {
            return (TurnStatus::Interrupted, None);
        }
        match (&self.error, judged) {
            // Its own words were told as an event when they came.
            (Some(_), _) if !ended_well => (TurnStatus::Failed, None),
            (_, Some(failure)) => (TurnStatus::Failed, Some(failure)),
            (_, None) if ended_well => (TurnStatus::Done, None),
            (_, None) => {
                let failure =
                    Failure::new(Code::AgentFailed, "the agent says that it failed, and not why")
                        .hint("Send the message again, or start the agent by hand on the host");
                (TurnStatus::Failed, Some(failure))
            }
        }
    }
}

/// Adds to a text of which only the end is kept.
fn keep_end(text: &mut String, more: &str) {
    text.push_str(more);
    if text.len() > KEPT_BYTES {
        let mut from = text.len() - KEPT_BYTES;
        while !text.is_char_boundary(from) {
            from += 1;
        }
        text.drain(..from);
    }
}
