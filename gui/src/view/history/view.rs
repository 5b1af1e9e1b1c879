//! The page of history.

use egui::{Id, Key, Label, Modifiers, RichText, Ui, Vec2};
use jiff::{Timestamp, tz::TimeZone};
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::seam::{
    HistoryActivity, HistoryCount, HistoryKind, HistorySource, SessionId, SkippedLines,
};

use super::card::HistoryCard;
use super::cards::{self, Carded, card, height};
use super::details::{Detailed, details};
use super::graph::{Graphed, graph, when};
use super::look_back::LookBack;
use super::wanted::{Bucket, Wanted};
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space};
use crate::widget::{
    Kind, Stack, button, empty, failure_card, glyph, icon_button, keep_arrows, search_field,
    search_id,
};
use crate::words::{clean_line, clean_lines, count, of_many};

/// What the history shows.
#[derive(Clone, Copy, Debug)]
pub struct HistoryData<'a> {
    /// Now.
    pub now: Timestamp,
    /// The person's time zone.
    pub zone: &'a TimeZone,
    /// Another number whenever `cards` are others or more.
    pub version: u64,
    /// What was read so far of what was last wanted, newest first.
    pub cards: &'a [HistoryCard],
    /// How that stands: missing before anything was asked, pending while the first page is, and how many there are.
    pub total: &'a Fetched<u64>,
    /// Whether a further page is on its way.
    pub loading_more: bool,
    /// The bars, for what was last wanted.
    pub activity: Option<&'a HistoryActivity>,
    /// Where entries come from, without the filter.
    pub sources: &'a [HistoryCount],
    /// Lines that are no entries.
    pub skipped: &'a [SkippedLines],
    /// Entries that were not yet written to where they are shared.
    pub pending: u64,
    /// Why the project's machine can't be asked.
    pub offline: Option<&'a Failure>,
    /// How far back the bars look.
    pub look_back: LookBack,
    /// The session that is shown; without one there is only everything.
    pub session: Option<&'a SessionId>,
}

/// What a person wants of the history.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryAct {
    /// Show this from its beginning, and its bars (without its time): what was read before counts no more.
    Want(Wanted),
    /// Read the page behind the last card. Comes again until `loading_more` is set.
    LoadMore,
    /// Remember that the bars look that far back, and ask for them.
    LookBack(LookBack),
    /// Go on with this conversation: in its session, or else in a new one of that directory.
    Resume(Box<HistoryCard>),
    /// Put this on the clipboard and say so.
    Copy(String),
    /// Ask again for what was last wanted.
    Retry,
    /// Write what waits to where it is shared, and read what is new.
    Sync,
}

/// The history's own state.
#[derive(Debug, Default)]
pub struct HistoryView {
    wanted: Wanted,
    search: String,
    stack: Stack,
    stacked: Option<(u64, usize)>,
    at: Option<usize>,
    reveal: Option<usize>,
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
        self.dialog(ui, data, answer, &mut acts);
        acts
    }

    fn choose(&mut self, time: Option<Bucket>) {
        self.wanted.time = time;
        self.wanted.filter.since = time.map(|time| time.from);
    }

    fn pills(&mut self, ui: &mut Ui, data: &HistoryData<'_>, acts: &mut Vec<HistoryAct>) {
        let theme = Theme::get(ui.ctx());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let kinds = [
                (HistoryKind::User, Icon::User, "USER", theme.accent, "what people asked for"),
                (HistoryKind::Auto, Icon::Bot, "AUTO", theme.remote, "what Auto Run did"),
                (HistoryKind::Cue, Icon::Zap, "CUE", theme.cue, "what automations did"),
            ];
            for (kind, icon, words, colour, tip) in kinds {
                let on = shows(&self.wanted.filter.kinds, kind);
                let response = filter_pill(ui, icon, words, colour, on);
                let does = if on { "Hide" } else { "Show" };
                if response.on_hover_text(format!("{does} {tip}")).clicked() {
                    let others = kinds.iter().map(|(other, ..)| *other);
                    let shown = &self.wanted.filter.kinds;
                    let now = others.filter(|other| shows(shown, *other) != (*other == kind));
                    self.wanted.filter.kinds = now.collect();
                    // All are told by none.
                    if self.wanted.filter.kinds.len() == kinds.len() {
                        self.wanted.filter.kinds.clear();
                    }
                    self.choose(None);
                }
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if icon_button(ui, Icon::RefreshCw, "History sync").clicked() {
                    acts.push(HistoryAct::Sync);
                }
                if data.session.is_some() {
                    let words = if self.wanted.everything { "Everything" } else { "This project" };
                    let text = RichText::new(format!("{words} ▾")).size(size::SMALL);
                    let scope = ui.add(egui::Button::new(text).frame_when_inactive(false));
                    scope.widget_info(|| {
                        let words = format!("Of: {words}");
                        egui::WidgetInfo::labeled(egui::Role::Button, true, words)
                    });
                    egui::Popup::menu(&scope).show(|ui| {
                        for (everything, words) in [(false, "This project"), (true, "Everything")] {
                            let on = self.wanted.everything == everything;
                            if ui.selectable_label(on, words).clicked() {
                                self.wanted.everything = everything;
                                self.wanted.filter.source = None;
                                self.choose(None);
                                ui.close();
                            }
                        }
                    });
                }
            });
        });
        ui.add_space(space::XS);
    }

    fn fields(&mut self, ui: &mut Ui, data: &HistoryData<'_>) {
        let searched = search_field(ui, "history", "Search the history", &mut self.search);
        if searched.response.changed() {
            let typed = self.search.trim();
            self.wanted.filter.search = (!typed.is_empty()).then(|| typed.to_owned());
            self.choose(None);
        }
        if searched.go_on {
            self.focus_card(ui, data, 0);
        }
        if data.sources.len() > 1 {
            self.sources(ui, data);
        }
        if let Some(time) = self.wanted.time {
            ui.horizontal(|ui| {
                ui.weak(when(&time, data.zone));
                if icon_button(ui, Icon::X, "Show all times").clicked() {
                    self.choose(None);
                }
            });
        }
    }

    fn sources(&mut self, ui: &mut Ui, data: &HistoryData<'_>) {
        let name = |source: &HistoryCount| {
            let host = clean_line(&source.hostname);
            let host = if source.local { format!("{host} (here)") } else { host };
            format!("{host}  {}", count(source.entries))
        };
        let chosen = |source: &HistoryCount| match &self.wanted.filter.source {
            Some(HistorySource::Local) => source.local,
            Some(HistorySource::Hostname(wanted)) => !source.local && source.hostname == *wanted,
            None => false,
        };
        let all = data.sources.iter().map(|source| source.entries).sum();
        let all = format!("All Sources  {}", count(all));
        let words = data.sources.iter().find(|source| chosen(source)).map_or(all.clone(), name);
        let mut picked = None;
        let shown = egui::ComboBox::from_id_salt("history sources")
            .selected_text(words)
            .width(ui.available_width())
            .show_ui(ui, |ui| {
                if ui.selectable_label(self.wanted.filter.source.is_none(), all).clicked() {
                    picked = Some(None);
                }
                for source in data.sources {
                    if ui.selectable_label(chosen(source), name(source)).clicked() {
                        picked = Some(Some(if source.local {
                            HistorySource::Local
                        } else {
                            HistorySource::Hostname(source.hostname.clone())
                        }));
                    }
                }
            });
        ui.ctx().accesskit_node_builder(shown.response.id, |node| node.set_label("Source"));
        if let Some(source) = picked {
            self.wanted.filter.source = source;
            self.choose(None);
        }
    }

    fn notes(&self, ui: &mut Ui, data: &HistoryData<'_>, acts: &mut Vec<HistoryAct>) {
        let theme = Theme::get(ui.ctx());
        let note = |ui: &mut Ui, icon, colour, words: &str, tip: String| {
            ui.horizontal_top(|ui| {
                ui.add(Label::new(glyph(icon, size::SMALL + 1.0).color(colour)).selectable(false));
                let text = RichText::new(words).size(size::SMALL).color(colour);
                ui.add(Label::new(text).wrap().selectable(false)).on_hover_text(tip);
            });
        };
        if let Some(failure) = data.offline {
            let host = failure.host.as_deref().map_or_else(|| "The host".into(), clean_line);
            let words = format!("{host} can't be reached: what is shown was known before");
            let hint = failure.hint.as_deref().map(|hint| format!("\n{hint}")).unwrap_or_default();
            let tip = clean_lines(&format!("{}{hint}", failure.message));
            note(ui, Icon::CloudOff, theme.warn, &words, tip);
        }
        let skipped: u64 = data.skipped.iter().map(|file| file.lines).sum();
        if skipped > 0 {
            let words =
                format!("{} no entry and left out", of_many(skipped, "line is", "lines are"));
            let files = data.skipped.iter().map(|file| {
                let first = file.first.first().map(|line| format!(": {}", line.reason));
                let lines = of_many(file.lines, "line", "lines");
                clean_line(&format!("{} ({lines}){}", file.file, first.unwrap_or_default()))
            });
            note(ui, Icon::FileWarning, theme.muted, &words, files.collect::<Vec<_>>().join("\n"));
        }
        if data.pending > 0 {
            ui.horizontal(|ui| {
                let words = of_many(data.pending, "entry waits", "entries wait");
                let text = RichText::new(format!("{words} to be shared")).size(size::SMALL);
                ui.add(Label::new(text.color(theme.muted)).selectable(false));
                if ui.small_button("Try now").clicked() {
                    acts.push(HistoryAct::Sync);
                }
            });
        }
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

    fn focus_card(&mut self, ui: &Ui, data: &HistoryData<'_>, at: usize) {
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
        let reveal = self.reveal.take();
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
                self.focus_card(ui, data, at);
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

/// Whether entries of a type are shown; without any all are.
fn shows(kinds: &[HistoryKind], kind: HistoryKind) -> bool {
    kinds.is_empty() || kinds.contains(&kind)
}

/// A type, to be shown or not.
fn filter_pill(
    ui: &mut Ui,
    icon: Icon,
    words: &str,
    colour: egui::Color32,
    on: bool,
) -> egui::Response {
    let theme = Theme::get(ui.ctx());
    let shown = if on { colour } else { theme.muted };
    let response = crate::widget::pill_button(ui, Some(icon), words, shown, words);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, words));
    response
}
