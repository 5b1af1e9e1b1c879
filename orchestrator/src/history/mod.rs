//! Shared history on a host: a project's files, reached through its shell.

mod answer;
mod scripts;
mod shell_files;
mod spans;
mod spooled;

pub use answer::Ignored;
pub use shell_files::ShellFiles;
