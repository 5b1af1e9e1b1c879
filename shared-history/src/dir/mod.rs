//! A project's files on this machine.

mod append;
mod disk;
mod files;
mod lock;
mod look;
mod place;
mod process;
mod trim;

pub use files::DirFiles;

#[cfg(test)]
#[path = "../dir_tests/mod.rs"]
mod tests;
