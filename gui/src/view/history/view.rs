//! The page of history.

use egui::{Id, Key, Modifiers, Ui, Vec2};
use lucide_icons::Icon;

use super::card::HistoryCard;
use super::cards::{self, Carded, card, height};
use super::data::{HistoryAct, HistoryData};
use super::details::{Detailed, details};
use super::graph::{Graphed, graph};
use super::wanted::{Bucket, Wanted};
use crate::fetched::Fetched;
use crate::theme::space;
use crate::widget::{Kind, Scroll, Stack, button, empty, failure_card, keep_arrows, search_id};

/// The history's own state.
#[derive(Debug, Default)]
pub struct HistoryView {
    pub(super) wanted: Wanted,
    pub(super) search: String,
    stack: Stack,
    stacked: Option<(u64, usize)>,
    at: Option<usize>,
    reveal: Option<usize>,
    give_back: Option<usize>,
    /// The entry whose details are shown: where it was, and its id.
    open: Option<(usize, String)>,
    /// The filter was cleared where nothing was found: told as a wish in the next frame.
    cleared: bool,
}

impl HistoryView {
    /// What is wanted now; to be asked for when the page is shown first, or another session is.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Puts the focus into the search.
    pub fn focus_search(&self, ctx: &egui::Context) {
        ctx.memory_mut(|memory| memory.request_focus(search_id("history")));
    }

    /// Draws it; `answer` draws an answer's Markdown.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        data: &HistoryData<'_>,
        answer: &mut dyn FnMut(&mut Ui, &str),
    ) -> Vec<HistoryAct> {
        let mut acts = Vec::new();
        let before = self.wanted.clone();
        self.pills(ui, data, &mut acts);
        let bars = graph(ui, data.activity, data.look_back, self.wanted.time.as_ref(), data.zone);
        match bars {
            Some(Graphed::Choose(bucket)) => {
                let same = self.wanted.time == Some(bucket);
                self.choose((!same).then_some(bucket));
            }
            Some(Graphed::LookBack(look_back)) => {
                self.choose(None);
                acts.push(HistoryAct::LookBack(look_back));
            }
            None => {}
        }
        self.fields(ui, data);
        self.notes(ui, data, &mut acts);
        if self.wanted != before || std::mem::take(&mut self.cleared) {
            self.at = None;
            acts.push(HistoryAct::Want(self.wanted.clone()));
        }
        self.body(ui, data, &mut acts);
        // A frame after the dialog: until then nothing below it can have the focus.
        if let Some(at) = self.give_back.take() {
            self.focus_card(ui, data, at);
        }
        self.dialog(ui, data, answer, &mut acts);
        acts
    }

    pub(super) fn choose(&mut self, time: Option<Bucket>) {
        self.wanted.time = time;
        self.wanted.filter.since = time.map(|time| time.from);
    }

    fn body(&mut self, ui: &mut Ui, data: &HistoryData<'_>, acts: &mut Vec<HistoryAct>) {
        ui.add_space(space::XS);
        match data.total {
            Fetched::Failed(failure) => {
                failure_card(ui, failure, |ui| {
                    if button(ui, Kind::Plain, "Retry").clicked() {
                        acts.push(HistoryAct::Retry);
                    }
                });
            }
            Fetched::Missing | Fetched::Pending if data.cards.is_empty() => {
                ui.vertical_centered(|ui| {
                    ui.add_space(space::XL);
                    ui.weak("Reading the history…");
                });
            }
            Fetched::Missing | Fetched::Pending | Fetched::Ready(_) if !data.cards.is_empty() => {
                self.keys(ui, data);
                self.list(ui, data, acts);
            }
            Fetched::Missing | Fetched::Pending | Fetched::Ready(_) => self.nothing(ui),
        }
    }

    fn nothing(&mut self, ui: &mut Ui) {
        let narrowed =
            Wanted { everything: self.wanted.everything, ..Wanted::default() } != self.wanted;
        if !narrowed {
            let words = "Each turn leaves a card here that says what it came to, also those of colleagues in the same project.";
            empty(ui, Icon::History, "No history yet", words);
            return;
        }
        empty(ui, Icon::SearchX, "Nothing found", "No entry fits what is asked for above.");
        ui.vertical_centered(|ui| {
            if button(ui, Kind::Plain, "Show everything").clicked() {
                let everything = self.wanted.everything;
                self.search.clear();
                self.wanted = Wanted { everything, ..Wanted::default() };
                self.cleared = true;
                ui.ctx().request_repaint();
            }
        });
    }

    /// A card's widget: of its entry, so that the focus stays on it when others come before it.
    fn card_id(at: usize, card: &HistoryCard) -> Id {
        if card.id.is_empty() {
            Id::unique(("history line", at))
        } else {
            Id::unique(("history card", &card.id))
        }
    }

    pub(super) fn focus_card(&mut self, ui: &Ui, data: &HistoryData<'_>, at: usize) {
        if let Some(card) = data.cards.get(at) {
            ui.memory_mut(|memory| memory.request_focus(Self::card_id(at, card)));
            self.at = Some(at);
            self.reveal = Some(at);
        }
    }

    fn keys(&mut self, ui: &Ui, data: &HistoryData<'_>) {
        let Some(at) = self.at else { return };
        let Some(card) = data.cards.get(at) else { return };
        if !ui.memory(|memory| memory.has_focus(Self::card_id(at, card))) {
            self.at = None;
            return;
        }
        let last = data.cards.len().saturating_sub(1);
        let moves = [
            (Key::ArrowUp, at.saturating_sub(1)),
            (Key::ArrowDown, (at + 1).min(last)),
            (Key::PageUp, at.saturating_sub(5)),
            (Key::PageDown, (at + 5).min(last)),
            (Key::Home, 0),
            (Key::End, last),
        ];
        for (key, to) in moves {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.focus_card(ui, data, to);
                return;
            }
        }
    }

    fn list(&mut self, ui: &mut Ui, data: &HistoryData<'_>, acts: &mut Vec<HistoryAct>) {
        let letters = cards::letters(ui.available_width());
        if self.stacked != Some((data.version, letters)) {
            self.stack = Stack::new(data.cards.iter().map(|card| height(card, letters)));
            self.stacked = Some((data.version, letters));
        }
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        let stack = std::mem::take(&mut self.stack);
        let reveal = self.reveal.take().map_or(Scroll::Stay, Scroll::Reveal);
        let at_end = stack.show(ui, "history", reveal, |ui, at, rect| {
            let Some(shown) = data.cards.get(at) else { return };
            ui.spacing_mut().item_spacing = egui::vec2(space::S, space::XS);
            let id = Self::card_id(at, shown);
            let (response, carded) = card(ui, rect, id, shown, data.now, data.zone);
            if response.has_focus() {
                self.at = Some(at);
                keep_arrows(ui, id);
            }
            match carded {
                Some(Carded::Open) => self.open = Some((at, shown.id.clone())),
                Some(Carded::Resume) => acts.push(HistoryAct::Resume(Box::new(shown.clone()))),
                None => {}
            }
        });
        self.stack = stack;
        let here = u64::try_from(data.cards.len()).unwrap_or(u64::MAX);
        let wanted = match (&self.wanted.time, data.total.ready()) {
            (Some(time), _) => time.entries,
            (None, Some(total)) => *total,
            (None, None) => 0,
        };
        if at_end && here < wanted && !data.loading_more {
            acts.push(HistoryAct::LoadMore);
        }
    }

    fn dialog(
        &mut self,
        ui: &Ui,
        data: &HistoryData<'_>,
        answer: &mut dyn FnMut(&mut Ui, &str),
        acts: &mut Vec<HistoryAct>,
    ) {
        let Some((at, id)) = self.open.clone() else { return };
        // Entries that came meanwhile stand before it.
        let at = if data.cards.get(at).is_some_and(|card| card.id == id) {
            Some(at)
        } else {
            data.cards.iter().position(|card| card.id == id)
        };
        let Some((at, card)) = at.and_then(|at| Some((at, data.cards.get(at)?))) else {
            self.open = None;
            return;
        };
        let other = |at: usize| data.cards.get(at).map(|card| (at, card.id.clone()));
        let has_next = at + 1 < data.cards.len();
        match details(ui.ctx(), card, at > 0, has_next, data.zone, answer) {
            Some(Detailed::Close) => {
                self.open = None;
                self.give_back = Some(at);
                ui.ctx().request_repaint();
            }
            Some(Detailed::Resume) => {
                self.open = None;
                acts.push(HistoryAct::Resume(Box::new(card.clone())));
            }
            Some(Detailed::Previous) => self.open = at.checked_sub(1).and_then(other),
            Some(Detailed::Next) => self.open = other(at + 1),
            Some(Detailed::Copy) => {
                let text = card.answer.clone().unwrap_or_else(|| card.whole_summary.clone());
                acts.push(HistoryAct::Copy(text));
            }
            None => {}
        }
    }
}
