//! What a terminal shows: bytes of a program in, cells, wishes and answers out.

mod anew;
mod cell;
mod colour;
mod ear;
mod emulator;
mod feed;
mod guard;
pub mod keys;
mod links;
pub mod mouse;
pub mod paste;
mod runs;
mod search;
mod select;
mod strings;
#[cfg(test)]
mod tests;
mod title;

pub use cell::{Cell, Cursor, CursorShape, Damage, Look, Modes, Place, Span, Underline};
pub use colour::{Palette, Rgb};
pub use ear::{News, Printed};
pub use emulator::{SCROLLBACK, Screen};
pub use links::{Link, ReportedDirectory};
pub use search::{Direction, Found};
pub use select::{SelectionKind, Side};
