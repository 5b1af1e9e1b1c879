//! What lies below a dialog.

use egui::{Context, Event, InputState, PointerState};

/// Draws something; below a dialog as if there were no pointer and no keyboard. A tooltip that is open there stays open otherwise for
/// as long as the pointer rests, and stands over the dialog; and what asks for the focus just then would take a key that is the dialog's.
pub fn covered<R>(ctx: &Context, is_covered: bool, draw: impl FnOnce() -> R) -> R {
    if !is_covered {
        return draw();
    }
    let swap = |pointer: PointerState, events: Option<Vec<Event>>| {
        ctx.input_mut(|input| {
            let events = events.unwrap_or_else(|| without_keys(input));
            let events = std::mem::replace(&mut input.events, events);
            (std::mem::replace(&mut input.pointer, pointer), events)
        })
    };
    let (pointer, events) = swap(PointerState::default(), None);
    let drawn = draw();
    swap(pointer, Some(events));
    drawn
}

fn without_keys(input: &InputState) -> Vec<Event> {
    input.events.iter().filter(|event| !is_of_keyboard(event)).cloned().collect()
}

/// Whether it comes from the keyboard, and goes to what has the focus.
pub fn is_of_keyboard(event: &Event) -> bool {
    matches!(
        event,
        Event::Key { .. }
            | Event::Text(_)
            | Event::Ime(_)
            | Event::Paste(_)
            | Event::Copy
            | Event::Cut
    )
}

#[cfg(test)]
mod tests {
    use egui::{Key, Modifiers};
    use egui_kittest::Harness;

    use super::*;

    #[test]
    fn what_lies_below_a_dialog_takes_no_key_of_it() {
        let draw = |ui: &mut egui::Ui, (is_covered, below, above): &mut (bool, u32, u32)| {
            let ctx = ui.ctx().clone();
            let enter = || ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
            *below += covered(&ctx, *is_covered, || u32::from(enter()));
            *above += u32::from(enter());
        };
        let mut harness = Harness::new_ui_state(draw, (true, 0, 0));
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(*harness.state(), (true, 0, 1));
        harness.state_mut().0 = false;
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(*harness.state(), (false, 1, 1));
    }
}
