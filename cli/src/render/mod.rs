//! What happened in a session, as terminal text or as JSON. Pure: events in, text out.

mod clean;
mod flow;
mod json;
mod live;
mod markdown;
mod number;
mod progress;
mod style;
mod table;
mod tool;
mod transcript;

#[allow(unused_imports)]
pub use clean::{clean, clean_line};
#[allow(unused_imports)]
pub use flow::{cut, width};
#[allow(unused_imports)]
pub use json::Lines;
#[allow(unused_imports)]
pub use number::{ago, cost, count, duration};
#[allow(unused_imports)]
pub use progress::Progress;
#[allow(unused_imports)]
pub use transcript::{Look, Printed, Transcript};
