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
/// A pointer that moves further than this with its button down drags, in points.
const DRAG: f32 = 4.0;

/// What the mouse did last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Presses {
    /// When, in egui's seconds, and where.
    last: Option<(f64, Pos2)>,
    /// How many came one after another at one place.
    count: usize,
    /// Where a selection may begin.
    begun: Option<Begun>,
    /// Whether a selection follows the pointer.
    is_held: bool,
}

/// A press that may begin a selection.
#[derive(Clone, Copy, Debug)]
struct Begun {
    at: Spot,
    pointer: Pos2,
    grain: Grain,
    /// Whether it moves an end of the selection that is there.
    grows: bool,
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
        let (pressed, down, pointer) = ui.input(|input| {
            let pointer = &input.pointer;
            (pointer.primary_pressed(), pointer.primary_down(), pointer.interact_pos())
        });
        let Some(pointer) = pointer else { return };
        // Both ends of a quick click may be in one frame.
        let is_ours = ground.is_pointer_button_down_on() || ground.clicked();
        let is_box = self.boxes.iter().any(|of_box| of_box.contains(pointer));
        if pressed && is_ours && !is_box && room.contains(pointer) {
            self.press(ui, ground, pointer, spot(shown, pointer));
        } else if pressed && (is_box || !room.contains(pointer)) {
            // There may be selections of their own.
            self.selection = None;
        }
        if let Some(begun) = self.presses.begun
            && (ground.clicked() || (down && begun.pointer.distance(pointer) > DRAG))
        {
            self.begin(begun);
            self.presses.begun = None;
            self.presses.is_held = down;
        }
        if !down {
            (self.presses.begun, self.presses.is_held) = (None, false);
        }
        if self.presses.is_held {
            self.drag(ui, room, pointer, spot(shown, pointer));
        }
    }

    /// Counts presses at one place, and notes where a selection may begin: it does so when nothing else was clicked.
    fn press(&mut self, ui: &Ui, ground: &Response, pointer: Pos2, at: Option<Spot>) {
        let delay = ui.options(|options| options.input_options.max_double_click_delay);
        let (time, shift) = ui.input(|input| (input.time, input.modifiers.shift));
        let presses = &mut self.presses;
        let again = presses
            .last
            .is_some_and(|(then, at)| time - then < delay && at.distance(pointer) < DRAG);
        presses.count = if again { presses.count + 1 } else { 1 };
        presses.last = Some((time, pointer));
        if ground.triple_clicked() {
            presses.count = 3;
        } else if ground.double_clicked() {
            presses.count = 2;
        }
        let grain = match presses.count {
            1 => Grain::Letter,
            2 => Grain::Word,
            _ => Grain::Paragraph,
        };
        let grows = shift && presses.count == 1;
        presses.begun = at.map(|at| Begun { at, pointer, grain, grows });
    }

    fn begin(&mut self, begun: Begun) {
        match &mut self.selection {
            Some(selection) if begun.grows => {
                selection.grain = Grain::Letter;
                selection.reach(&self.entries, begun.at);
            }
            Some(_) | None => {
                self.selection = Some(Selection::new(&self.entries, begun.at, begun.grain));
            }
        }
    }

    /// The end that follows the pointer; past an edge the view moves.
    fn drag(&mut self, ui: &Ui, room: Rect, pointer: Pos2, at: Option<Spot>) {
        if let (Some(at), Some(selection)) = (at, &mut self.selection) {
            selection.reach(&self.entries, at);
        }
        let above = (pointer.y - room.top()).min(0.0);
        let past = above + (pointer.y - room.bottom()).max(0.0);
        if past != 0.0 {
            let dt = ui.input(|input| input.stable_dt.min(0.1));
            self.scroll.by((past * PULL).clamp(-FASTEST, FASTEST) * dt);
            ui.request_repaint();
        }
    }

    /// What keys do to a selection; a field that is written in has them first.
    pub(super) fn selection_keys(&mut self, ui: &Ui) {
        if ui.text_edit_focused() {
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        // With more keys held it is somebody else's.
        let is_plain = ui.input(|input| !input.modifiers.shift && !input.modifiers.alt);
        if is_plain && pressed(Modifiers::COMMAND, Key::A) {
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
