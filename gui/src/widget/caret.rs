//! Where one writes in a text field.

use egui::text::{CCursor, CCursorRange};
use egui::{Id, TextEdit, Ui};

/// Where the cursor stands in a field, in bytes of its text; `None` where it was never in there.
pub fn caret(ui: &Ui, field: Id, text: &str) -> Option<usize> {
    let state = TextEdit::load_state(ui.ctx(), field)?;
    let letters = state.cursor.char_range()?.primary.index.0;
    Some(text.char_indices().nth(letters).map_or(text.len(), |(at, _)| at))
}

/// Puts it there.
pub fn put_caret(ui: &Ui, field: Id, text: &str, at_byte: usize) {
    let Some(mut state) = TextEdit::load_state(ui.ctx(), field) else { return };
    let letters = text.get(..at_byte).map_or(0, |before| before.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(letters))));
    TextEdit::store_state(ui.ctx(), field, state);
}
