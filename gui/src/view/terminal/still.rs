//! The last picture once more, while the screen is being read by somebody who has to wait for a core.

use std::time::Duration;

use egui::{Event, Rect, Role, Sense, Ui};
use orchestrator::seam::TerminalState;
use orchestrator::terminal::Screen;

use super::data::{TerminalAct, TerminalData};
use super::screen::Picture;
use super::view::{Place, TerminalView, keep_keys};
use crate::bridge::SharedScreen;
use crate::theme::Theme;

/// How long a frame waits for a screen that is being read: half of the 8 ms that it may take.
pub const PATIENCE: Duration = Duration::from_millis(4);

/// What a frame showed: all but the cursor, which is elsewhere by now.
#[derive(Debug)]
pub(super) struct Still {
    pub(super) place: Place,
    /// All the room that there was.
    pub(super) whole: Rect,
    pub(super) painted: Picture,
    /// Where the bar can be taken hold of, and its handle.
    pub(super) bar: Option<(Rect, Rect)>,
    /// For screen readers.
    pub(super) text: String,
}

impl TerminalView {
    /// Shows it in all the room there is; or once more as it was, where the screen isn't to be had.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        screen: &SharedScreen,
        data: &TerminalData<'_>,
    ) -> Vec<TerminalAct> {
        let mut found = match self.may_stand_still(ui, data) {
            true => screen.draw_within(PATIENCE),
            false => Some(screen.draw()),
        };
        self.show_found(ui, found.as_deref_mut(), data)
    }

    /// Shows what was found; where that is nothing, what was shown last.
    pub fn show_found(
        &mut self,
        ui: &mut Ui,
        found: Option<&mut Screen>,
        data: &TerminalData<'_>,
    ) -> Vec<TerminalAct> {
        match found {
            Some(screen) => self.ui(ui, screen, data),
            None => {
                self.stand_still(ui, data);
                Vec::new()
            }
        }
    }

    /// Whether the last picture does for this frame: nobody did anything, nothing is asked, and it stands in the same place.
    fn may_stand_still(&self, ui: &Ui, data: &TerminalData<'_>) -> bool {
        let is_quiet =
            ui.input(|input| !input.pointer.any_down() && !input.events.iter().any(is_deed));
        let is_plain = self.find.is_none()
            && self.questions.is_empty()
            && self.link.is_none()
            && self.composing.is_empty()
            && !self.wants_focus
            && *data.state == TerminalState::Open;
        let whole = ui.available_rect_before_wrap();
        is_quiet && is_plain && self.still.as_ref().is_some_and(|still| still.whole == whole)
    }

    /// Paints it once more, and asks for a frame that looks anew.
    fn stand_still(&self, ui: &mut Ui, data: &TerminalData<'_>) {
        ui.request_repaint();
        let Some(Still { place, whole, painted, bar, text }) = &self.still else { return };
        ui.allocate_rect(*whole, Sense::hover());
        // They are the same ones in the next frame, and keep what they have.
        ui.interact(place.room, place.id, Sense::click_and_drag());
        if place.has_focus {
            keep_keys(ui, place.id, true);
        }
        painted.paint(ui, place.room);
        if let Some((lane, handle)) = *bar {
            Self::hold_of_bar(ui, lane, place.id);
            let colour = Theme::get(ui.ctx()).line_strong;
            ui.painter().rect_filled(handle, egui::CornerRadius::same(4), colour);
        }
        Self::note(ui, place.room, data);
        ui.ctx().accesskit_node_builder(place.id, |node| {
            node.set_role(Role::Terminal);
            node.set_label(data.name);
            node.set_value(text.as_str());
        });
    }
}

/// Whether somebody did something that the view has to see.
fn is_deed(event: &Event) -> bool {
    !matches!(event, Event::MouseMoved(_))
}
