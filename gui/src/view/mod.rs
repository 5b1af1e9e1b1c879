//! The views: a file or a folder each.

pub mod changed_key;
pub mod confirm;
pub mod file_picker;
pub mod new_session;
pub mod question;
pub mod settings;
pub mod welcome;
