//! Changes a message that waits in a queue.

use egui::widgets::text_edit::TextEditState;
use egui::{Id, Key, Modifiers, Role, TextEdit, WidgetInfo};

use crate::theme::size;
use crate::view::confirm::{ConfirmView, leave};
use crate::widget::{FormShape, Kind, button, button_enabled, form};

/// Lines that are there from the beginning.
const ROWS: usize = 8;

/// What the person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditMessageAct {
    /// Let the message say this; never blank.
    Save(String),
    /// Close the dialog: the message stays as it was.
    Close,
}

/// What is typed.
#[derive(Debug)]
pub struct EditMessageView {
    text: String,
    /// As the queue has it; `None` when the queue didn't take what is typed.
    before: Option<String>,
    is_begun: bool,
    leaving: Option<ConfirmView>,
}

impl EditMessageView {
    /// Of a message as it is.
    pub fn new(text: String) -> Self {
        let before = Some(text.clone());
        Self { text, before, is_begun: false, leaving: None }
    }

    /// With a text that could not be saved: leaving it asks.
    pub fn unsaved(text: String) -> Self {
        Self { before: None, ..Self::new(text) }
    }

    /// Shows it over everything else; at most one act.
    pub fn ui(&mut self, ctx: &egui::Context) -> Option<EditMessageAct> {
        let shape = FormShape {
            heading: "Edit the message",
            width: size::DIALOG,
            height: None,
            scroll: true,
        };
        let shown = form(
            ctx,
            "edit message",
            shape,
            self,
            |view, ui| {
                let id = Id::unique("edited message");
                if !view.is_begun {
                    // What could be undone was typed for another message.
                    TextEditState::default().store(ui.ctx(), id);
                }
                let edit = TextEdit::multiline(&mut view.text)
                    .id(id)
                    .desired_rows(ROWS)
                    .desired_width(f32::INFINITY);
                let response = ui.add(edit);
                response.widget_info(|| {
                    WidgetInfo::labeled(Role::MultilineTextInput, true, "Edited message")
                });
                if !std::mem::replace(&mut view.is_begun, true) {
                    response.request_focus();
                }
            },
            |view, ui| {
                let ready = !view.text.trim().is_empty();
                let save = button_enabled(ui, ready, Kind::Primary, "Save")
                    .on_hover_text("Ctrl+Enter")
                    .on_disabled_hover_text("Write something first");
                let asked = ready
                    && view.leaving.is_none()
                    && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
                (save.clicked() || asked, button(ui, Kind::Plain, "Cancel").clicked())
            },
        );
        let (save, cancel) = shown.buttons;
        if save {
            return Some(EditMessageAct::Save(self.text.clone()));
        }
        if (cancel || shown.close) && self.leaving.is_none() {
            if self.before.as_ref() == Some(&self.text) {
                return Some(EditMessageAct::Close);
            }
            self.leaving = Some(ConfirmView::default());
        }
        leave(&mut self.leaving, ctx).then_some(EditMessageAct::Close)
    }
}

#[cfg(test)]
#[path = "edit_message_tests.rs"]
mod tests;
