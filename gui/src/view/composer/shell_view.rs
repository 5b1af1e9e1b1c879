//! The composer while a line for the shell stands in it.

use egui::{Label, RichText, Ui};
use lucide_icons::Icon;

use super::data::{ComposerAct, ComposerData};
use super::shell::line_begins;
use super::view::ComposerView;
use crate::memory::Draft;
use crate::theme::{Theme, size, space};
use crate::view::command_box::{TAKE_ONE_FIRST, place, several};
use crate::widget::{Kind, button, button_enabled, icon};

impl ComposerView {
    /// Sends what stands there; a line for the shell is run, and several only after a word of the person's.
    pub(super) fn send(&mut self, draft: &Draft, acts: &mut Vec<ComposerAct>) {
        match line_begins(&draft.text) {
            None => acts.push(ComposerAct::Send),
            // What is searched for is no line.
            Some(begins) if draft.text.len() == begins || self.help.is_searching() => {}
            Some(_) if several(&draft.text).is_some() => self.asks = true,
            Some(_) => acts.push(ComposerAct::RunLine),
        }
    }

    /// Asks whether several lines are meant for the shell.
    pub(super) fn ask(
        &mut self,
        ui: &mut Ui,
        draft: &mut Draft,
        data: &ComposerData<'_>,
        acts: &mut Vec<ComposerAct>,
    ) {
        let Some(lines) = several(&draft.text).filter(|_| self.asks && !self.help.is_searching())
        else {
            self.asks = false;
            return;
        };
        ui.horizontal_wrapped(|ui| {
            let theme = Theme::get(ui.ctx());
            icon(ui, Icon::TriangleAlert, theme.warn);
            let words =
                format!("Behind ! these {lines} lines are for the shell of {}.", data.line.host);
            ui.label(words);
            if button(ui, Kind::Primary, &format!("Run {lines} lines")).clicked() {
                self.asks = false;
                acts.push(ComposerAct::RunLine);
            }
            if button(ui, Kind::Plain, "Make it a message").clicked() {
                self.asks = false;
                self.focus = true;
                draft.text.insert(0, '\\');
            }
        });
        ui.add_space(space::XS);
    }

    /// In place of the switches, while a line for the shell stands there.
    pub(super) fn shell_switches(
        &mut self,
        ui: &mut Ui,
        draft: &Draft,
        data: &ComposerData<'_>,
        acts: &mut Vec<ComposerAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        ui.horizontal(|ui| {
            icon(ui, Icon::SquareTerminal, theme.remote);
            place(ui, &theme, &data.line);
            let words = "the agent isn't told (\\! for a message)";
            let words = RichText::new(words).size(size::SMALL).color(theme.muted);
            let room = (ui.available_width() - 90.0).max(0.0);
            let label = Label::new(words).truncate().selectable(false);
            ui.add_sized(egui::vec2(room, 16.0), label);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let begins = line_begins(&draft.text).unwrap_or_default();
                let searching = self.help.is_searching();
                let ready = draft.text.len() > begins && !data.sending && !searching;
                let words = if data.sending { "…" } else { "Run" };
                let why = if searching { TAKE_ONE_FIRST } else { "Type a command first" };
                if button_enabled(ui, ready, Kind::Primary, words)
                    .on_disabled_hover_text(why)
                    .clicked()
                {
                    self.send(draft, acts);
                }
            });
        });
    }
}
