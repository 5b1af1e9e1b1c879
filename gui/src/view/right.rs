//! The right bar: files, git, history, Auto Run.

use egui::{RichText, Sense, Stroke, Ui, WidgetInfo};
use lucide_icons::Icon;

use super::files::{FilesAct, FilesData, FilesView};
use super::history::{HistoryAct, HistoryData, HistoryView};
use crate::memory::RightPage;
use crate::theme::{Theme, size, space, strong};
use crate::widget::empty;

/// What the right bar shows.
#[derive(Clone, Copy, Debug)]
pub struct RightData<'a> {
    /// Which page.
    pub page: RightPage,
    /// What its files show.
    pub files: FilesData<'a>,
    /// What its history shows.
    pub history: HistoryData<'a>,
}

/// What a person wants of the right bar.
#[derive(Clone, Debug, PartialEq)]
pub enum RightAct {
    /// Show that page.
    Page(RightPage),
    /// Of the files.
    Files(FilesAct),
    /// Of the history.
    History(HistoryAct),
}

/// The right bar's own state.
#[derive(Debug, Default)]
pub struct RightView {
    /// The files'.
    pub files: FilesView,
    /// The history's.
    pub history: HistoryView,
}

impl RightView {
    /// Draws it, but for the page of Git; `answer` draws an answer's Markdown.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        data: &RightData<'_>,
        answer: &mut dyn FnMut(&mut Ui, &str),
    ) -> Vec<RightAct> {
        let mut acts = Vec::new();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            let pages = [
                (RightPage::Files, "Files"),
                (RightPage::Git, "Git"),
                (RightPage::History, "History"),
                (RightPage::AutoRun, "Auto Run"),
            ];
            for (page, words) in pages {
                if page_tab(ui, words, page == data.page).clicked() {
                    acts.push(RightAct::Page(page));
                }
            }
        });
        ui.add_space(space::S);
        match data.page {
            RightPage::History => {
                let history = self.history.ui(ui, &data.history, answer);
                acts.extend(history.into_iter().map(RightAct::History));
            }
            RightPage::Files => {
                acts.extend(self.files.ui(ui, &data.files).into_iter().map(RightAct::Files));
            }
            // Drawn behind this, by who has it.
            RightPage::Git => {}
            RightPage::AutoRun => {
                let words = "Lists of tasks that an agent works off by itself will be here.";
                empty(ui, Icon::ListChecks, "Auto Run", words);
            }
        }
        acts
    }
}

fn page_tab(ui: &mut Ui, words: &str, on: bool) -> egui::Response {
    let theme = Theme::get(ui.ctx());
    let colour = if on { theme.text } else { theme.muted };
    let text = RichText::new(words).font(strong(size::BODY)).color(colour);
    let label = egui::Label::new(text).selectable(false).sense(Sense::click());
    let response = ui.add_sized(egui::vec2(0.0, size::CONTROL), label);
    response.widget_info(|| WidgetInfo::selected(egui::Role::Tab, true, on, words));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_selected(on));
    let line = if on || response.has_focus() {
        theme.accent
    } else if response.hovered() {
        theme.line_strong
    } else {
        return response;
    };
    let rect = response.rect;
    ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, line));
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

#[cfg(test)]
#[path = "right_tests.rs"]
mod tests;
