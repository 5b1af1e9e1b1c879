//! The composer's view.

use egui::{
    Color32, CornerRadius, EventFilter, Frame, Id, Key, KeyboardShortcut, Margin, Modifiers,
    RichText, ScrollArea, Stroke, TextEdit, Ui,
};

use super::attachments::{show_attachments, take_pasted};
use super::data::{Attachment, ComposerAct, ComposerData};
use super::mention::Mention;
use super::offer_list::Accepts;
use super::offers::Offer;
use super::recall::Recall;
use super::shell::line_begins;
use crate::memory::Draft;
use crate::theme::{Theme, radius, size, space};
use crate::view::command_box::LineHelp;
use crate::widget::{Kind, button, caret, failure_card, pressed_exactly, put_caret};

/// Where a message is written.
#[derive(Debug, Default)]
pub struct ComposerView {
    of: Option<Id>,
    recall: Recall,
    pub(super) chosen: usize,
    /// What a list was last made for, and the list.
    pub(super) offered: Option<(Mention, u64, Vec<Offer>)>,
    /// What files were asked for, while a mention is being typed.
    pub(super) wanted: Option<String>,
    /// What Enter is to do once it is known what fits.
    pub(super) accepts: Accepts,
    /// The word whose list was closed.
    pub(super) closed: Option<Mention>,
    pub(super) focus: bool,
    pub(super) help: LineHelp,
    /// Several lines for the shell wait for a person's word.
    pub(super) asks: bool,
}

/// Lines that are shown before the text is scrolled.
const MOST_ROWS: f32 = 12.0;

impl ComposerView {
    /// Puts the cursor into it with the next frame.
    pub fn focus(&mut self) {
        self.focus = true;
    }

    /// Gives it the keys of this frame, where it is drawn after whoever had them.
    pub fn take_keys(&self, ctx: &egui::Context) {
        if let Some(of) = self.of {
            ctx.memory_mut(|memory| memory.request_focus(text_id(of)));
        }
    }

    /// Draws it, and says what somebody wants.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        draft: &mut Draft,
        attachments: &mut Vec<Attachment>,
        data: &ComposerData<'_>,
    ) -> Vec<ComposerAct> {
        if self.of != Some(data.id) {
            *self = Self { of: Some(data.id), focus: self.focus, ..Self::default() };
        }
        self.help.take_up(&mut draft.text);
        let theme = Theme::get(ui.ctx());
        let mut acts = Vec::new();
        if let Some(failure) = data.failure {
            failure_card(ui, failure, |ui| {
                if button(ui, Kind::Plain, "Dismiss").clicked() {
                    acts.push(ComposerAct::Dismiss);
                }
            });
            ui.add_space(space::S);
        }
        let edit_id = text_id(data.id);
        let focused = ui.ctx().memory(|memory| memory.has_focus(edit_id));
        let begins = line_begins(&draft.text);
        let rim = match (begins, focused) {
            (Some(_), _) => theme.remote,
            (None, true) => theme.accent,
            (None, false) => theme.line_strong,
        };
        self.asks &= begins.is_some();
        self.ask(ui, draft, data, &mut acts);
        Frame::new()
            .fill(theme.raised)
            .stroke(Stroke::new(1.0, rim))
            .corner_radius(CornerRadius::same(radius::LARGE))
            .inner_margin(Margin::same(10))
            .show(ui, |ui| {
                show_attachments(ui, attachments);
                if begins.is_none() {
                    self.help.forget();
                    self.offer_list(ui, draft, data, edit_id, focused, &mut acts);
                }
                self.text(ui, draft, data, edit_id, focused, &mut acts);
                ui.add_space(space::XS);
                self.switches(ui, draft, attachments, data, &mut acts);
            });
        take_pasted(ui, focused, data, &mut acts);
        if let Some(begins) = line_begins(&draft.text) {
            self.help.put_down(&mut draft.text, begins);
        }
        acts
    }

    fn text(
        &mut self,
        ui: &mut Ui,
        draft: &mut Draft,
        data: &ComposerData<'_>,
        edit_id: Id,
        focused: bool,
        acts: &mut Vec<ComposerAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let enter = |modifiers| KeyboardShortcut::new(modifiers, Key::Enter);
        let (send, breaks) = if data.enter_sends {
            (enter(Modifiers::NONE), enter(Modifiers::SHIFT))
        } else {
            (enter(Modifiers::COMMAND), enter(Modifiers::NONE))
        };
        let begins = line_begins(&draft.text);
        let mut wanted = None;
        if focused
            && !data.sending
            && let Some(begins) = begins
        {
            wanted = self.help.before(ui, edit_id, &mut draft.text, begins, &data.line);
        }
        if focused {
            // Exactly: Shift+Enter counts as Enter otherwise.
            if pressed_exactly(ui, send.modifiers, send.logical_key) {
                self.send(draft, acts);
            }
            if begins.is_none() {
                self.recall_by_keys(ui, draft, data, edit_id);
            }
        }
        let hint = if data.working {
            format!("Write the next message to {}: it waits for its turn", data.to)
        } else {
            format!("Ask {} …   @ names a file, / a command, ! runs a line there", data.to)
        };
        let row = ui.text_style_height(&egui::TextStyle::Body);
        let before = draft.text.len();
        let response = ScrollArea::vertical()
            .id_salt(data.id.with("scroll"))
            .max_height(row * MOST_ROWS)
            .show(ui, |ui| {
                let edit = TextEdit::multiline(&mut draft.text)
                    .id(edit_id)
                    .hint_text(RichText::new(hint).color(theme.muted))
                    .frame(Frame::NONE)
                    .background_color(Color32::TRANSPARENT)
                    .desired_rows(2)
                    .desired_width(f32::INFINITY)
                    .font(match begins {
                        Some(_) => egui::FontId::monospace(size::CODE),
                        None => egui::FontId::proportional(size::PROSE),
                    })
                    .return_key(breaks)
                    .event_filter(match begins {
                        Some(_) => self.help.filter(),
                        None => EventFilter {
                            tab: false,
                            horizontal_arrows: true,
                            vertical_arrows: true,
                            escape: false,
                        },
                    });
                ui.add_enabled(!data.sending, edit)
            })
            .inner;
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, !data.sending, "Message")
        });
        if self.help.is_searching() && line_begins(&draft.text).is_none() {
            // What is typed to find a line is no message, whatever it took the place of.
            let at = caret(ui, edit_id, &draft.text).unwrap_or(draft.text.len());
            draft.text.insert(0, '!');
            put_caret(ui, edit_id, &draft.text, at + 1);
        }
        if response.changed() || before != draft.text.len() {
            self.recall.forget();
            self.closed = None;
        }
        if std::mem::take(&mut self.focus) {
            response.request_focus();
        }
        if let Some(begins) = line_begins(&draft.text) {
            let (over, line) = (response.rect, &data.line);
            let behind = self.help.after(ui, &response, over, &mut draft.text, begins, line);
            if let Some((line, now)) = behind.or(wanted) {
                acts.push(ComposerAct::WantOffers { line, now });
            }
        }
    }

    fn recall_by_keys(&mut self, ui: &Ui, draft: &mut Draft, data: &ComposerData<'_>, edit_id: Id) {
        // Only where the arrow would lead out of the text.
        let at = caret(ui, edit_id, &draft.text).unwrap_or(0);
        let (before, behind) = draft.text.split_at(at);
        let is_first = !before.contains('\n') && (draft.text.is_empty() || self.recall.is_back());
        let is_last = !behind.contains('\n') && self.recall.is_back();
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let found = if is_first && pressed(Key::ArrowUp) {
            self.recall.back(&draft.text, data.sent)
        } else if is_last && pressed(Key::ArrowDown) {
            self.recall.forth(data.sent)
        } else {
            None
        };
        if let Some(text) = found {
            // A message stays one.
            let escape = if text.starts_with('!') { "\\" } else { "" };
            draft.text = format!("{escape}{text}");
            put_caret(ui, edit_id, &draft.text, draft.text.len());
        }
    }
}

/// What the text is known by, in the composer of that id.
fn text_id(of: Id) -> Id {
    of.with("text")
}
