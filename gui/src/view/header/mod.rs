//! The line over the transcript: which session this is, where it runs and how far it has come.

mod context;
mod data;
mod fit;
mod menu;
mod parts;
mod view;
mod words;

pub use context::{Context, context_bar};
pub use data::{HeaderAct, HeaderData};
pub use view::HeaderView;
pub use words::spent;

#[cfg(test)]
mod tests;
