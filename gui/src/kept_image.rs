//! Images of drafts, as the window remembers them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The directory beside `window.json` that they stand in.
pub const DIRECTORY: &str = "draft-images";

/// An image of a draft. Its bytes stand in a file of its own.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptImage {
    /// Its file in [`DIRECTORY`]: digits and dashes.
    pub file: String,
    /// Its own name, for people and for the agent.
    pub name: String,
    /// Its bytes; `None` until they are read again.
    #[serde(skip)]
    pub bytes: Option<Arc<Vec<u8>>>,
}

impl KeptImage {
    /// Where its bytes stand; `None` when the name of its file leads elsewhere, as only a person can have written it.
    pub fn path(&self, data: &Path) -> Option<PathBuf> {
        let is_plain = |letter: u8| letter.is_ascii_digit() || letter == b'-';
        let is_ours = !self.file.is_empty() && self.file.bytes().all(is_plain);
        is_ours.then(|| data.join(DIRECTORY).join(&self.file))
    }
}

/// Of one file there is one image: bytes aren't compared with every frame.
impl PartialEq for KeptImage {
    fn eq(&self, other: &Self) -> bool {
        (&self.file, &self.name) == (&other.file, &other.name)
    }
}

impl Eq for KeptImage {}

impl fmt::Debug for KeptImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptImage").field("file", &self.file).finish_non_exhaustive()
    }
}
