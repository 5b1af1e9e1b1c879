//! The files of a session's directory: a tree, its menu, and finding one by its name.

mod data;
mod keys;
mod menu;
mod naming;
mod quick;
mod row;
mod tabs;
mod transfers;
pub mod tree;
mod view;

pub use data::{FilesAct, FilesData};
pub use quick::{QuickAct, QuickData, QuickView};
pub use tabs::{FileTab, FileTabAct, file_tab};
pub use transfers::{Transfer, TransferAct, transfers};
pub use tree::{Entry, Folder, Tree, shown_name};
pub use view::FilesView;

#[cfg(test)]
mod view_tests;
