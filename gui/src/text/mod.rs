//! Text as it is shown: cleaned, parsed, highlighted and cut into blocks. All of it is pure and runs on a worker's thread.

mod block;
mod clean;
mod code;
mod console;
mod cut;
mod diff;
mod fold;
mod link;
mod markdown;
mod reading;
mod rich;

pub use block::{
    Align, Block, Body, Ending, ErrorCard, Frame, FrameKind, Gap, Head, HeadKind, Look, Mark,
    MarkKind, Marker, Progress, Table, Way,
};
pub use clean::{clean, clean_line};
pub use code::{CodeReader, highlight};
pub use console::{Console, ConsoleLine, Ink, Pen};
pub use diff::{Diff, changed_words, is_diff};
pub use fold::{Needle, find};
pub use markdown::{code_blocks, diff_blocks, markdown, plain, printed};
pub use reading::{Base, first_strong, has_right_to_left, is_foreign_digit, strong};
pub use rich::{Change, Class, Rich, Span, Style, may_open};
