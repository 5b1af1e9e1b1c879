//! Terminals on hosts.

mod around;
mod desk;
mod end;
mod follow;
mod held;
mod kept;
mod life;
mod plain;
mod ring;
mod scan;
pub mod screen;
mod scripts;
mod shell;
mod shown;
mod spool;
mod typed;

pub(crate) use desk::Terminals;
pub use scan::Scanner;
pub use screen::Screen;
