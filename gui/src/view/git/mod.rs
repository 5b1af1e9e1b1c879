//! A session's repository: what was changed, commits, branches, worktrees, and what becomes of them.

mod branches;
mod changes;
mod data;
mod forms;
mod head;
mod log;
mod parts;
mod view;
mod worktrees;

pub use data::{DiffAct, GitAct, GitData, GitPage, OpenDiff};
pub use forms::PullRequestForm;
pub use head::{head_words, work_words};
pub use parts::{kind_words, letter};
pub use view::GitView;

#[cfg(test)]
mod tests;
