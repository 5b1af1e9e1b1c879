//! A file that is open: its text, its preview, and what to do when two have changed it.

mod area;
mod closing;
mod colours;
mod columns;
mod conflict;
mod document;
mod encoding;
mod find;
mod hex;
mod input;
mod large;
mod merge;
mod motion;
mod scroller;
mod text;

pub use area::{AreaData, TextArea};
pub use closing::{ClosingAct, ClosingView};
pub use colours::{ColourWork, Coloured, Colours};
pub use conflict::{ConflictAct, ConflictView};
pub use document::{Document, Kind as EditKind, Pos, Selection};
pub use encoding::{Encoding, decode};
pub use find::{FindBar, GoToLine};
pub use hex::{HexData, HexView};
pub use large::{LargeText, LargeView};
pub use merge::{Choice, Merge, Part};
pub use text::{EditorAct, EditorData, EditorView, Standing};

#[cfg(test)]
mod area_tests;
