//! Small things that views are made of. Each has a name for screen readers and tests.

mod button;
mod card;
mod caret;
mod covered;
mod dialog;
mod env;
mod field;
mod form;
mod icon;
mod keys;
mod opening;
mod part;
mod picker;
mod pill;
mod plain;
mod row_menu;
mod rows;
mod search;
mod shell_line;
mod stack;

pub use button::{
    Kind, button, button_enabled, icon_button, icon_button_enabled, small_button,
    small_icon_button, toggle,
};
pub use card::{card, empty, failure_card, section};
pub use caret::{caret, put_caret};
pub use covered::{covered, is_of_keyboard};
pub use dialog::{Dialog, dialog, settle};
pub use env::EnvRows;
pub use field::{Field, choice, field, field_id, labelled, picked};
pub use form::{Form, FormShape, dashed_button, fault, follow_focus, form, note, switch};
pub use icon::{glyph, icon, icon_sized};
pub use keys::{Picked, pick_by_keys, pressed_exactly, types_before_picking};
pub use part::part;
pub use picker::{Picker, PickerOf};
pub use pill::{Status, dot, pill, pill_button};
pub use plain::plain;
pub use row_menu::{ByKeys, RowMenu, show as show_menu};
pub use rows::{ROW, Row, Rows, RowsOf};
pub use search::{Searched, search_field, search_id};
pub use shell_line::{shell_line, shell_lines};
pub use stack::{Scroll, Stack, keep_arrows};

#[cfg(test)]
mod tests;
