//! The row below the field.

use egui::{Label, RichText, Ui};
use lucide_icons::Icon;

use super::data::{Attachment, ComposerAct, ComposerData};
use super::shell::line_begins;
use super::view::ComposerView;
use crate::memory::Draft;
use crate::theme::{Theme, size};
use crate::widget::{Kind, button, button_enabled, icon, icon_button_enabled, toggle};

impl ComposerView {
    pub(super) fn switches(
        &mut self,
        ui: &mut Ui,
        draft: &mut Draft,
        attachments: &[Attachment],
        data: &ComposerData<'_>,
        acts: &mut Vec<ComposerAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        if line_begins(&draft.text).is_some() {
            self.shell_switches(ui, draft, data, acts);
            return;
        }
        ui.horizontal(|ui| {
            let why = "This agent takes no images";
            let name = if data.takes_images { "Add images" } else { why };
            if icon_button_enabled(ui, data.takes_images, Icon::Paperclip, name, None).clicked() {
                acts.push(ComposerAct::ChooseImages);
            }
            match (data.read_only_session, data.no_read_only) {
                (true, _) => {
                    icon(ui, Icon::Lock, theme.accent);
                    let words = RichText::new("Read-only session").size(size::SMALL);
                    ui.add(Label::new(words.color(theme.muted)).selectable(false));
                }
                // Whatever was wanted before is shown, and can be taken back: the message would be refused.
                (false, Some(_)) if draft.read_only => {
                    let name = "Read-only: this agent can't be kept from changing anything";
                    toggle(ui, &mut draft.read_only, Icon::Lock, name);
                }
                (false, Some(why)) => {
                    icon_button_enabled(ui, false, Icon::LockOpen, why, None);
                }
                (false, None) => {
                    let shown = if draft.read_only { Icon::Lock } else { Icon::LockOpen };
                    toggle(ui, &mut draft.read_only, shown, "Read-only: change nothing");
                }
            }
            toggle(ui, &mut draft.save_to_history, Icon::History, "Save to history");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let is_blank = draft.text.trim().is_empty();
                let ready = !is_blank && !data.sending;
                let words = match (data.sending, data.working) {
                    (true, _) => "Sending …",
                    (false, true) => "Queue",
                    (false, false) => "Send",
                };
                let send = button_enabled(ui, ready, Kind::Primary, words);
                let keys = if data.enter_sends { "Enter" } else { "Ctrl+Enter" };
                if send
                    .on_hover_text(keys)
                    .on_disabled_hover_text("Write something first")
                    .clicked()
                {
                    acts.push(ComposerAct::Send);
                }
                if data.working {
                    if data.interrupting {
                        let kill = button(ui, Kind::Danger, "Stop now");
                        if kill.on_hover_text("Kill the agent (Ctrl+Shift+.)").clicked() {
                            acts.push(ComposerAct::Stop);
                        }
                    } else {
                        let stop = button(ui, Kind::Plain, "Interrupt");
                        if stop.on_hover_text("Ask the agent to stop (Ctrl+.)").clicked() {
                            acts.push(ComposerAct::Interrupt);
                        }
                    }
                }
                if !attachments.is_empty() {
                    let words = match attachments.len() {
                        1 => "1 image".to_owned(),
                        many => format!("{many} images"),
                    };
                    ui.add(Label::new(RichText::new(words).size(size::SMALL).color(theme.muted)));
                }
            });
        });
    }
}
