//! What the composer shows, and what somebody wants of it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use egui::{Id, TextureHandle};
use orchestrator::failure::Failure;
use orchestrator::seam::FoundFiles;

use super::preview::Heads;
use crate::bridge::Picture;
use crate::fetched::Fetched;
use crate::kept_image::KeptImage;
use crate::view::command_box::LineData;

/// An image that goes along.
#[derive(Clone)]
pub struct Attachment {
    /// Its file.
    pub image: KeptImage,
    /// Its pixels.
    pub picture: Arc<Picture>,
    /// Its pixels on the graphics card, once it was drawn.
    pub texture: Option<TextureHandle>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("image", &self.image).finish_non_exhaustive()
    }
}

/// What the composer shows.
#[derive(Debug)]
pub struct ComposerData<'a> {
    /// Names the tab, so that each has a cursor and a history of its own.
    pub id: Id,
    /// Whom one writes to: `codex on box`.
    pub to: &'a str,
    /// Whether Enter sends; else Ctrl+Enter does.
    pub enter_sends: bool,
    /// What was sent before, the newest last.
    pub sent: &'a [String],
    /// Files of the directory whose paths fit what was typed behind `@`, best first; those that fitted before until they come.
    pub files: &'a Fetched<FoundFiles>,
    /// Whether those are still the ones that fitted before.
    pub files_late: bool,
    /// Another number whenever those are others.
    pub files_version: u64,
    /// How they begin, as far as that is known.
    pub heads: &'a Heads,
    /// Names of the commands behind `/`, and what they do.
    pub commands: &'a [(String, String)],
    /// Whether the agent takes images.
    pub takes_images: bool,
    /// Why read-only turns can't be had.
    pub no_read_only: Option<&'a str>,
    /// Whether the session is read-only anyway.
    pub read_only_session: bool,
    /// Whether a turn is under way: then a message waits for its end.
    pub working: bool,
    /// Whether a person has asked it to stop.
    pub interrupting: bool,
    /// Whether what was written is on its way to the engine.
    pub sending: bool,
    /// Where a line behind `!` would run, and what helps with it.
    pub line: LineData<'a>,
    /// Why the last message was not taken; it stands in the field again.
    pub failure: Option<&'a Failure>,
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub enum ComposerAct {
    /// Send what is written. The draft is emptied when the engine has taken it, not before.
    Send,
    /// Ask the turn under way to stop.
    Interrupt,
    /// Kill it.
    Stop,
    /// Files of the directory are wanted that fit this.
    WantFiles(String),
    /// Choose an image file.
    ChooseImages,
    /// These files were dropped.
    Attach(Vec<PathBuf>),
    /// These pixels were pasted.
    AttachPixels(Arc<egui::ColorImage>),
    /// Images were dropped or pasted for an agent that takes none: say so.
    RefuseImages,
    /// Carry out the command of that place in [`ComposerData::commands`].
    Command(usize),
    /// Run the line that stands there in place of a message.
    RunLine,
    /// Offers are wanted behind this beginning of a line; now, or when nobody types for a moment.
    WantOffers {
        /// Up to the cursor.
        line: String,
        /// Now.
        now: bool,
    },
    /// The failure was read.
    Dismiss,
}
