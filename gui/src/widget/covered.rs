//! What lies below a dialog.

use egui::{Context, PointerState};

/// Draws something; below a dialog as if there were no pointer. A tooltip that is open there stays open otherwise for as
/// long as the pointer rests, and stands over the dialog.
pub fn covered<R>(ctx: &Context, is_covered: bool, draw: impl FnOnce() -> R) -> R {
    if !is_covered {
        return draw();
    }
    let swap = |pointer: PointerState| {
        ctx.input_mut(|input| std::mem::replace(&mut input.pointer, pointer))
    };
    let pointer = swap(PointerState::default());
    let drawn = draw();
    swap(pointer);
    drawn
}
