//! What a transcript shows besides its pieces, and what it wishes.

use std::collections::HashMap;
use std::sync::Arc;

use egui::TextureHandle;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use orchestrator::seam::{MessageId, Turn, TurnId};

use super::piece::Question;
use crate::fetched::Fetched;

/// What a transcript shows besides its pieces.
#[derive(Debug)]
pub struct TranscriptData<'a> {
    /// The time.
    pub now: Timestamp,
    /// In which times are shown.
    pub zone: &'a TimeZone,
    /// What a person calls the agent.
    pub agent: &'a str,
    /// What a person calls the host.
    pub host: &'a str,
    /// The session's directory.
    pub directory: &'a str,
    /// Whether reasoning is shown unfolded.
    pub show_reasoning: bool,
    /// The turn under way.
    pub turn: Option<&'a Turn>,
    /// Whether there are older pieces than those that are here.
    pub older: Older,
    /// Images of messages, decoded; asked for with [`TranscriptAct::WantImages`].
    pub images: &'a HashMap<MessageId, Fetched<Arc<[Picture]>>>,
    /// Whether keys such as Page Up are meant for the transcript: no dialog is open.
    pub keys: bool,
}

/// Pieces before the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// There are none.
    None,
    /// There are some, to be asked for with [`TranscriptAct::WantOlder`].
    There,
    /// They were asked for.
    Coming,
}

/// A decoded image.
#[derive(Clone)]
pub struct Picture {
    /// Its file's name.
    pub name: String,
    /// Its pixels.
    pub texture: TextureHandle,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a person wishes in a transcript.
#[derive(Clone, Debug, PartialEq)]
pub enum TranscriptAct {
    /// Open this page, or write to that address: `http`, `https` or `mailto`.
    OpenLink(String),
    /// Fetch and decode the images of a message that is in view; wished once for each message.
    WantImages(MessageId),
    /// Fetch pieces before the first one; wished once until [`super::Transcript::put_older`].
    WantOlder,
    /// Send a turn's message again. Its images have to be fetched for that.
    Retry {
        /// Which.
        turn: TurnId,
        /// Its message; `None` when it lies before the pieces that are here.
        question: Option<Question>,
    },
    /// Begin a fresh conversation in this tab.
    FreshConversation,
    /// Open the settings of hosts, or of what else a configuration fault is in.
    OpenSettings,
    /// Open the host's form.
    EditHost(String),
    /// Open the host's connection test.
    TestHost(String),
    /// Try what is blocked on a host again.
    RetryHost(String),
}
