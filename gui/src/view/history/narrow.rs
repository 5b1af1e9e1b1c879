//! What stands over the cards: types, scope, search, sources, notes.

use egui::{Label, RichText, Ui};
use lucide_icons::Icon;
use orchestrator::seam::{HistoryCount, HistoryKind, HistorySource};

use super::data::{HistoryAct, HistoryData};
use super::graph::when;
use super::view::HistoryView;
use crate::theme::{Theme, size, space};
use crate::widget::{icon_button, icon_sized, picked as is_picked, search_field};
use crate::words::{clean_line, clean_lines, count, of_many};

impl HistoryView {
    pub(super) fn pills(
        &mut self,
        ui: &mut Ui,
        data: &HistoryData<'_>,
        acts: &mut Vec<HistoryAct>,
    ) {
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

    pub(super) fn fields(&mut self, ui: &mut Ui, data: &HistoryData<'_>) {
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
                let is_all = self.wanted.filter.source.is_none();
                let entry = ui.selectable_label(is_all, all);
                if is_picked(ui, &entry) {
                    picked = Some(None);
                }
                for source in data.sources {
                    let entry = ui.selectable_label(chosen(source), name(source));
                    if is_picked(ui, &entry) {
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

    pub(super) fn notes(&self, ui: &mut Ui, data: &HistoryData<'_>, acts: &mut Vec<HistoryAct>) {
        let theme = Theme::get(ui.ctx());
        let note = |ui: &mut Ui, icon, colour, words: &str, tip: String| {
            ui.horizontal_top(|ui| {
                icon_sized(ui, icon, size::SMALL + 1.0, colour);
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
