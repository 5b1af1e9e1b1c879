//! Selecting with the mouse and the keys.

use std::sync::Arc;

use egui::{Event, Id, Key, Modifiers, Pos2, Rect, Response, Sense, Ui, Vec2};

use super::entries::Row;
use super::layout::Laid;
use super::model::Transcript;
use super::selection::{Grain, Selection, Spot, words};

/// How fast the view moves while the pointer is past its edge, in points a second for each point past it.
const PULL: f32 = 12.0;
/// It moves no faster than this, in points a second.
const FASTEST: f32 = 3000.0;

/// What the mouse did last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Presses {
    /// When, in egui's seconds, and where.
    last: Option<(f64, Pos2)>,
    /// How many came one after another at one place.
    count: usize,
    /// Whether the button is down since a press in the text.
    is_held: bool,
}

/// A text in view.
#[derive(Debug)]
pub(super) struct Shown {
    /// Its first byte.
    pub(super) spot: Spot,
    /// Where it stands.
    pub(super) at: Pos2,
    pub(super) laid: Arc<Laid>,
}

impl Shown {
    fn rect(&self) -> Rect {
        let shaped = self.laid.texts.get(self.spot.text).map(|(_, shaped)| shaped);
        shaped.map_or(Rect::NOTHING, |shaped| shaped.rect().translate(self.at.to_vec2()))
    }

    fn byte_at(&self, pointer: Pos2) -> usize {
        let shaped = self.laid.texts.get(self.spot.text).map(|(_, shaped)| shaped);
        shaped.map_or(0, |shaped| shaped.byte_at(pointer - self.at))
    }
}

/// What senses presses under all that can be pressed by itself.
pub(super) fn ground(ui: &Ui, room: Rect) -> Response {
    let sense = Sense::click_and_drag() - Sense::FOCUSABLE;
    ui.interact(room, Id::unique("selection"), sense)
}

impl Transcript {
    /// Texts in view, with where they stand: `left_top` gives where a row is.
    pub(super) fn shown(&mut self, ui: &Ui, place: impl Fn(f32) -> Pos2) -> Vec<Shown> {
        let theme = crate::theme::Theme::get(ui.ctx());
        let mut shown = Vec::new();
        for seen in &self.view.rows {
            let row = self.entries.row(seen.at.entry, seen.at.row);
            let Some(Row::Block(block, _)) = row else { continue };
            let laid = self.layouts.lay(ui.painter(), &theme, block);
            let piece = self.entries.number(seen.at.entry);
            let number = seen.at.row - self.entries.row_of_block(seen.at.entry, 0);
            for (text, (shift, _)) in laid.texts.iter().enumerate() {
                let spot = Spot { piece, block: number, text, byte: 0 };
                let at = place(seen.top) + laid.origin + *shift;
                if words(block, text).is_some() {
                    shown.push(Shown { spot, at, laid: laid.clone() });
                }
            }
        }
        shown
    }

    /// Does what the mouse says; a pointer past an edge moves the view in the next frame.
    pub(super) fn select(&mut self, ui: &Ui, ground: &Response, room: Rect, shown: &[Shown]) {
        let (pressed, down, pointer, time, shift, dt) = ui.input(|input| {
            (
                input.pointer.primary_pressed(),
                input.pointer.primary_down(),
                input.pointer.interact_pos(),
                input.time,
                input.modifiers.shift,
                input.stable_dt.min(0.1),
            )
        });
        if !down {
            self.presses.is_held = false;
        }
        let Some(pointer) = pointer else { return };
        if pressed && ground.is_pointer_button_down_on() && room.contains(pointer) {
            let delay = ui.options(|options| options.input_options.max_double_click_delay);
            let near = |at: Pos2| at.distance(pointer) < 6.0;
            let again = self.presses.last.is_some_and(|(then, at)| time - then < delay && near(at));
            self.presses.count = if again { self.presses.count + 1 } else { 1 };
            self.presses.last = Some((time, pointer));
            self.presses.is_held = true;
            let grain = match self.presses.count {
                1 => Grain::Letter,
                2 => Grain::Word,
                _ => Grain::Paragraph,
            };
            let Some(at) = spot(shown, pointer) else { return };
            match &mut self.selection {
                Some(selection) if shift && self.presses.count == 1 => {
                    selection.grain = Grain::Letter;
                    selection.reach(&self.entries, at);
                }
                Some(_) | None => self.selection = Some(Selection::new(&self.entries, at, grain)),
            }
        } else if pressed {
            // What is pressed elsewhere may be a selection of its own.
            let is_box = self.boxes.iter().any(|of_box| of_box.contains(pointer));
            if is_box || !room.contains(pointer) {
                self.selection = None;
            }
        } else if self.presses.is_held && down {
            if let (Some(at), Some(selection)) = (spot(shown, pointer), &mut self.selection) {
                selection.reach(&self.entries, at);
            }
            let past = if pointer.y < room.top() {
                pointer.y - room.top()
            } else {
                (pointer.y - room.bottom()).max(0.0)
            };
            if past != 0.0 {
                self.scroll.by((past * PULL).clamp(-FASTEST, FASTEST) * dt);
                ui.request_repaint();
            }
        }
    }

    /// What keys do to a selection; a field that is written in has them first.
    pub(super) fn selection_keys(&mut self, ui: &Ui) {
        if ui.text_edit_focused() {
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        if pressed(Modifiers::COMMAND, Key::A) {
            self.selection = Selection::all(&self.entries);
        }
        let Some(selection) = self.selection.filter(|selection| !selection.is_empty()) else {
            return;
        };
        let is_copy = |event: &Event| matches!(event, Event::Copy | Event::Cut);
        if ui.input(|input| input.events.iter().any(is_copy)) {
            ui.input_mut(|input| input.events.retain(|event| !is_copy(event)));
            ui.ctx().copy_text(selection.copied(&self.entries));
        }
        if pressed(Modifiers::NONE, Key::Escape) {
            self.selection = None;
        }
    }
}

/// The place in the text that is nearest to the pointer: above and below count before the sides.
fn spot(shown: &[Shown], pointer: Pos2) -> Option<Spot> {
    let distance = |shown: &Shown| {
        let rect = shown.rect();
        let past = |at: f32, from: f32, to: f32| (from - at).max(at - to).max(0.0);
        Vec2::new(
            past(pointer.x, rect.left(), rect.right()),
            past(pointer.y, rect.top(), rect.bottom()),
        )
    };
    let nearest = shown.iter().min_by(|a, b| {
        let (a, b) = (distance(a), distance(b));
        a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x))
    })?;
    Some(Spot { byte: nearest.byte_at(pointer), ..nearest.spot })
}
