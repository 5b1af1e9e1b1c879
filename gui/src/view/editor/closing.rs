//! Asks before what isn't saved is closed.

use egui::{Context, Label};

use crate::widget::{FormShape, Kind, button, form, plain};

/// What the person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingAct {
    /// Save it, and close it when that is done.
    Save,
    /// Close it; what was written is lost.
    Lose,
    /// Go on editing.
    Stay,
}

/// A dialog in which Enter saves.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClosingView {
    is_begun: bool,
}

impl ClosingView {
    /// Shows it over everything else.
    pub fn ui(&mut self, ctx: &Context, name: &str) -> Option<ClosingAct> {
        let heading = format!("Save {} before it is closed?", plain(name));
        let shape = FormShape { heading: &heading, width: 440.0, height: None, scroll: true };
        let shown = form(
            ctx,
            "closing",
            shape,
            &mut self.is_begun,
            |_, ui| ui.add(Label::new("What you have written isn't saved on the host.").wrap()),
            |is_begun, ui| {
                let save = button(ui, Kind::Primary, "Save and close");
                if !*is_begun {
                    *is_begun = true;
                    save.request_focus();
                }
                let lose = button(ui, Kind::Danger, "Close without saving").clicked();
                (save.clicked(), lose, button(ui, Kind::Plain, "Go on editing").clicked())
            },
        );
        match shown.buttons {
            (true, ..) => Some(ClosingAct::Save),
            (_, true, _) => Some(ClosingAct::Lose),
            (.., stay) if stay || shown.close => Some(ClosingAct::Stay),
            _ => None,
        }
    }
}
