//! Small things that views are made of. Each has a name for screen readers and tests.

mod button;
mod card;
mod dialog;
mod field;
mod icon;
mod keys;
mod pill;
mod search;
mod stack;

pub use button::{
    Kind, button, button_enabled, icon_button, icon_button_enabled, small_button,
    small_icon_button, toggle,
};
pub use card::{card, empty, failure_card, section};
pub use dialog::{Dialog, dialog, settle};
pub use field::{Field, choice, field, labelled};
pub use icon::{glyph, icon};
pub use keys::{Picked, pick_by_keys};
pub use pill::{Status, dot, pill, pill_button};
pub use search::{Searched, search_field, search_id};
pub use stack::{Scroll, Stack, keep_arrows};

#[cfg(test)]
mod tests;
