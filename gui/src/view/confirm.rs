//! Asks before something is taken away.

use egui::{Label, RichText};

use crate::theme::{Theme, size, space};
use crate::widget::{FormShape, Kind, button, form, plain};

/// Names that are listed; of more only the number is told.
const LISTED: usize = 8;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmData<'a> {
    /// `Remove GPU box?`
    pub heading: &'a str,
    /// What will happen, in a sentence or two.
    pub what: &'a str,
    /// What it happens to, each by its name.
    pub names: &'a [String],
    /// On the button that does it, such as `Remove host`.
    pub act: &'a str,
    /// On the button that doesn't, such as `Keep it`.
    pub keep: &'a str,
}

/// What the person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmAct {
    /// Do it, and close this.
    Do,
    /// Don't: the other button, Enter, Escape or ×.
    Keep,
}

/// A small dialog in which Enter presses the button that changes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConfirmView {
    is_begun: bool,
}

impl ConfirmView {
    /// Shows it over everything else; at most one answer.
    pub fn ui(&mut self, ctx: &egui::Context, data: &ConfirmData<'_>) -> Vec<ConfirmAct> {
        let theme = Theme::get(ctx);
        let shape = FormShape { heading: data.heading, width: 440.0, height: None, scroll: true };
        let shown = form(
            ctx,
            "confirm",
            shape,
            &mut self.is_begun,
            |_, ui| {
                ui.add(Label::new(data.what).wrap());
                if !data.names.is_empty() {
                    ui.add_space(space::XS);
                }
                for name in data.names.iter().take(LISTED) {
                    let words = RichText::new(format!("•  {}", plain(name))).size(size::BODY);
                    ui.add(Label::new(words).truncate()).on_hover_text(plain(name));
                }
                if let Some(more) = data.names.len().checked_sub(LISTED + 1) {
                    ui.label(RichText::new(format!("and {} more", more + 1)).color(theme.muted));
                }
            },
            |is_begun, ui| {
                let keep = button(ui, Kind::Plain, data.keep);
                if !*is_begun {
                    *is_begun = true;
                    keep.request_focus();
                }
                let does = button(ui, Kind::Danger, data.act);
                (keep.clicked(), does.clicked())
            },
        );
        match shown.buttons {
            (_, true) => vec![ConfirmAct::Do],
            (keep, false) if keep || shown.close => vec![ConfirmAct::Keep],
            (_, false) => Vec::new(),
        }
    }
}

/// Asks before what was typed in a form is lost; `true` when it may be. Nothing is asked while `leaving` is `None`, and it
/// is that again when the person stays.
pub fn leave(leaving: &mut Option<ConfirmView>, ctx: &egui::Context) -> bool {
    let Some(view) = leaving else { return false };
    let data = ConfirmData {
        heading: "Leave without saving?",
        what: "What you have typed here isn't saved.",
        names: &[],
        act: "Leave",
        keep: "Stay here",
    };
    match view.ui(ctx, &data).first() {
        Some(ConfirmAct::Do) => return true,
        Some(ConfirmAct::Keep) => *leaving = None,
        None => {}
    }
    false
}

#[cfg(test)]
#[path = "confirm_tests.rs"]
mod tests;
