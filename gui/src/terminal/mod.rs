//! How a terminal's cells become pictures, and keys what programs read.

mod boxes;
mod colours;
mod glyphs;
mod keys;
mod plan;

pub use colours::palette;
pub use glyphs::{CellSize, Drawn, Glyphs, cells_rect};
pub use keys::{Typed, typed};
pub use plan::{Plan, Stamp, Stroke, StrokeKind, Text};
