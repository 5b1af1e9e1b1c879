//! What is typed for a terminal that is being opened: over a slow link it takes a while, and the words aren't for what had the keys before.

use egui::{Context, Event};
use orchestrator::seam::SessionId;

use super::App;
use crate::widget::is_of_keyboard;

/// A terminal that isn't there yet, and what waits for it.
#[derive(Debug)]
pub(super) struct TypedAhead {
    session: SessionId,
    typed: Vec<Event>,
    /// Whether more of it may come: nobody has turned to something else.
    goes_on: bool,
    is_open: bool,
}

impl TypedAhead {
    pub(super) fn of(session: SessionId) -> Self {
        Self { session, typed: Vec::new(), goes_on: true, is_open: false }
    }
}

impl App {
    /// Whether keys wait for a terminal of the shown session.
    pub(super) fn is_typed_ahead(&self) -> bool {
        self.terminals.ahead.as_ref().is_some_and(|ahead| {
            ahead.goes_on && !ahead.is_open && self.is_session_shown(&ahead.session)
        })
    }

    /// The terminal is there and has the keys; or there will be none, and nobody gets what was typed for it.
    pub(super) fn typed_ahead_is_over(&mut self, session: &SessionId, is_open: bool) {
        let Some(ahead) = &mut self.terminals.ahead else { return };
        if ahead.session != *session {
            return;
        }
        ahead.is_open = is_open;
        self.terminals.has_keys |= is_open;
        if !is_open {
            self.terminals.ahead = None;
        }
    }

    /// Keeps what was typed in this frame for the terminal, or hands out what was kept, now that it is there.
    pub(super) fn hold_typed_ahead(&mut self, ctx: &Context) {
        let is_covered = self.keys_are_taken();
        let Some(mut ahead) = self.terminals.ahead.take() else { return };
        if !self.is_session_shown(&ahead.session) {
            return;
        }
        if ahead.is_open {
            ctx.input_mut(|input| drop(input.events.splice(0..0, ahead.typed)));
            return;
        }
        if ahead.goes_on && !is_covered {
            let elsewhere =
                |event: &Event| matches!(event, Event::PointerButton { pressed: true, .. });
            ctx.input_mut(|input| {
                ahead.goes_on = !input.events.iter().any(elsewhere);
                if ahead.goes_on {
                    ahead.typed.extend(input.events.extract_if(.., |event| is_of_keyboard(event)));
                }
            });
        }
        self.terminals.ahead = Some(ahead);
    }
}
