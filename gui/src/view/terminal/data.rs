//! What the view of a terminal shows, and what a person wishes there.

use orchestrator::failure::Failure;
use orchestrator::seam::TerminalState;

/// What is shown around the screen.
#[derive(Clone, Copy, Debug)]
pub struct TerminalData<'a> {
    /// What a person calls it, for screen readers: `Terminal 1`.
    pub name: &'a str,
    /// How it stands.
    pub state: &'a TerminalState,
    /// Why it would not survive a cut; `None` where it would.
    pub unkept: Option<&'a Failure>,
    /// Where its shell was last, in words.
    pub directory: Option<&'a str>,
    /// What is selected is copied at once, without a key.
    pub copy_on_select: bool,
    /// How large letters are, in points.
    pub font_size: f32,
}

/// What a person wants of a terminal, and what its program tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalAct {
    /// These bytes go to the program.
    Send(Vec<u8>),
    /// There is room for so many cells.
    Resize {
        /// Cells a line.
        columns: u16,
        /// Lines.
        rows: u16,
    },
    /// This goes to the clipboard; the person asked for it, or agreed.
    Copy(String),
    /// This was selected: it can be pasted with the middle button.
    Selected(String),
    /// This address was clicked and agreed to.
    OpenLink(String),
    /// The title is another one.
    Title(Option<String>),
    /// The program rang.
    Bell,
    /// A new shell in the same directory.
    Reopen,
    /// The terminal is to be closed.
    Close,
}
