//! The transcript: pieces made of events on a worker's thread, and the view that shows those that are in sight.

mod around;
mod bars;
mod blocks;
mod boxes;
mod data;
mod derived;
mod entries;
mod error;
mod estimate;
mod heights;
mod layout;
mod line;
mod mixed;
mod model;
mod paint;
mod piece;
pub mod pieces;
mod scroll;
mod search;
mod selecting;
mod selection;
mod shaped;
mod show;
mod tool;
mod unfinished;
mod view;
mod words;

pub use blocks::Blocks;
pub use data::{Older, Picture, TranscriptAct, TranscriptData};
pub use model::Transcript;
pub use piece::{Key, Kind, Piece, Question};
pub use tool::input_blocks;
