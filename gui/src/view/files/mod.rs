//! The files of a session's directory: a tree, its menu, and finding one by its name.

mod clash;
mod data;
mod drop;
mod keys;
mod marks;
mod menu;
mod naming;
mod quick;
mod row;
mod tabs;
mod transfers;
pub mod tree;
mod view;

pub use clash::{ClashChoice, ClashData, ClashView, another_name};
pub use data::{FilesAct, FilesData};
pub use quick::{QuickAct, QuickData, QuickView};
pub use tabs::{FileTab, FileTabAct, file_tab};
pub use transfers::{Transfer, TransferAct, TransferState, TransfersView};
pub use tree::{Entry, Folder, Tree, shown_name};
pub use view::FilesView;

#[cfg(test)]
mod several_tests;
#[cfg(test)]
mod transfers_tests;
#[cfg(test)]
mod view_tests;
