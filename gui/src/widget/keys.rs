//! Lists that are used by arrow keys while the focus stays in a text field.

use egui::{Event, Key, Modifiers, Ui};

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// Enter or Tab on this one.
    This(usize),
    /// Escape.
    Nothing,
}

/// Moves `at` among `count` rows by the arrow keys (also Page, Home with Ctrl, End with Ctrl), and says what was picked.
/// The keys are used up. Call it before the text field is drawn.
pub fn pick_by_keys(ui: &Ui, at: &mut usize, count: usize) -> Option<Picked> {
    let last = count.checked_sub(1);
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Escape) {
        return Some(Picked::Nothing);
    }
    let last = last?;
    *at = (*at).min(last);
    if pressed(Key::ArrowDown) {
        *at = if *at == last { 0 } else { *at + 1 };
    }
    if pressed(Key::ArrowUp) {
        *at = if *at == 0 { last } else { *at - 1 };
    }
    if pressed(Key::PageDown) {
        *at = (*at + 10).min(last);
    }
    if pressed(Key::PageUp) {
        *at = at.saturating_sub(10);
    }
    if pressed(Key::Enter) || pressed(Key::Tab) {
        return Some(Picked::This(*at));
    }
    None
}

/// Whether letters are typed or deleted in this frame; where Enter or Tab is pressed in it, too, before that: what is picked then
/// is of what they make. To be asked before [`pick_by_keys`].
pub fn types_before_picking(ui: &Ui) -> bool {
    let picks = |event: &&Event| {
        matches!(event, Event::Key { key: Key::Enter | Key::Tab, pressed: true, .. })
    };
    let types = |event: &Event| {
        matches!(
            event,
            Event::Text(_)
                | Event::Paste(_)
                | Event::Cut
                | Event::Ime(egui::ImeEvent::Commit(_))
                | Event::Key { key: Key::Backspace | Key::Delete, pressed: true, .. }
        )
    };
    ui.input(|input| input.events.iter().take_while(|event| !picks(event)).any(types))
}

/// Takes a key that was pressed with these modifiers and no others, as the press itself tells: those that are held when
/// the frame is drawn may be others already.
pub fn pressed_exactly(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    let is_it = |event: &Event| {
        matches!(event, Event::Key { key: of, pressed: true, modifiers: with, .. }
            if *of == key && with.matches_exact(modifiers))
    };
    ui.input_mut(|input| {
        let at = input.events.iter().position(is_it);
        if let Some(at) = at {
            input.events.remove(at);
        }
        at.is_some()
    })
}
