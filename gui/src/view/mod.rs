//! The views: a file or a folder each.

pub mod approval;
pub mod banners;
pub mod changed_key;
pub mod composer;
pub mod confirm;
pub mod diff;
pub mod edit_message;
pub mod file_picker;
pub mod git;
pub mod header;
pub mod help;
pub mod history;
pub mod new_session;
pub mod palette;
pub mod places;
pub mod question;
pub mod queue;
pub mod right;
pub mod settings;
pub mod sidebar;
pub mod start_page;
pub mod status_bar;
pub mod tabs;
pub mod toasts;
pub mod welcome;
