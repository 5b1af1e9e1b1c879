//! What happened in a session, as terminal text or as JSON. Pure: events in, text out.

mod clean;
mod columns;
mod flow;
mod json;
mod live;
mod markdown;
mod number;
mod printed;
mod progress;
mod said;
mod style;
mod table;
mod tool;
mod transcript;
mod verbatim;
mod writer;

pub use clean::{clean, clean_line};
pub use columns::{Rows, rows};
pub use flow::cut;
pub use json::{Line, Lines};
pub use number::{ago, cost, count, duration, host, turns};
pub use printed::Calm;
pub use progress::Progress;
pub use transcript::{Look, Printed, Transcript};
