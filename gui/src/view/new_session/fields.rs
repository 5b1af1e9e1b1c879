//! The fields of the dialog of a session.

use egui::{Align, CollapsingHeader, Frame, Label, Layout, Margin, RichText, TextEdit, Ui};
use lucide_icons::Icon;

use super::agents::agents;
use super::form::{Chosen, free_name, host_of, talks};
use super::view::{NewSessionAct, NewSessionData, NewSessionView};
use crate::theme::{Theme, radius, size, space};
use crate::widget::{Field, field, icon, icon_button, labelled, note, plain, section, switch};
use crate::words::octet;

/// The name that the engine would make, found again only when what it is made of differs.
#[derive(Debug, Default)]
pub(super) struct FreeName {
    made_of: Option<(String, String, String)>,
    name: String,
}

impl FreeName {
    fn get(&mut self, made_of: (&str, &str, &str), is_taken: &dyn Fn(&str) -> bool) -> String {
        let (cwd, host, agent) = made_of;
        let is_known = self.made_of.as_ref().is_some_and(|(a, b, c)| (&**a, &**b, &**c) == made_of);
        if !is_known {
            self.name = free_name(cwd, host, agent, is_taken);
            self.made_of = Some((cwd.to_owned(), host.to_owned(), agent.to_owned()));
        }
        self.name.clone()
    }
}

impl NewSessionView {
    pub(super) fn home(&self, data: &NewSessionData<'_>) -> String {
        let dir = match host_of(&self.form.host, data.hosts) {
            Chosen::Saved(host) => host.remote_dir.clone(),
            Chosen::Local | Chosen::Unknown => None,
        };
        dir.map_or_else(|| "your home directory".to_owned(), |dir| plain(&dir).into_owned())
    }

    /// Which conversation the session goes on with, where it does.
    pub(super) fn goes_on(&mut self, ui: &mut Ui) {
        let Some(id) = &self.form.resume else { return };
        let theme = Theme::get(ui.ctx());
        let frame = Frame::new().fill(theme.panel).corner_radius(radius::SMALL);
        let dropped = frame.inner_margin(Margin::symmetric(10, 8)).show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                let dropped = icon_button(ui, Icon::X, "Begin a fresh conversation instead");
                ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                    icon(ui, Icon::History, theme.muted);
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 2.0;
                        let words = format!("Goes on with conversation {}", octet(id));
                        ui.add(Label::new(plain(&words).into_owned()).selectable(false))
                            .on_hover_text(plain(id));
                        note(
                            ui,
                            "Choose the agent that it was begun with, and the host that it was begun on. What was said \
                             before stays in the history; the agent remembers it.",
                        );
                    });
                });
                dropped.clicked()
            })
            .inner
        });
        if dropped.inner {
            self.form.resume = None;
        }
    }

    pub(super) fn moved(&self, ui: &mut Ui) {
        if self.session.is_none() || self.form.host == self.before.host {
            return;
        }
        let theme = Theme::get(ui.ctx());
        ui.horizontal_top(|ui| {
            icon(ui, Icon::TriangleAlert, theme.warn);
            let words = "What the host reads counts from the next turn. The agent begins a fresh conversation \
                         there, since the other machine doesn't know this one; the transcript stays.";
            ui.add(egui::Label::new(RichText::new(words).color(theme.warn)).wrap());
        });
    }

    pub(super) fn agent_part(
        &mut self,
        ui: &mut Ui,
        data: &NewSessionData<'_>,
        place: &str,
        acts: &mut Vec<NewSessionAct>,
    ) {
        if let Some(session) = &self.session {
            let name = self.agent(data).map_or(session.agent.as_str(), |agent| &agent.name);
            ui.horizontal(|ui| {
                section(ui, "Agent");
                ui.label(plain(name));
                note(ui, "stays: another agent is another session");
            });
            return;
        }
        let picked = agents(ui, data, self.form.agent.as_deref(), place);
        if picked.refresh {
            let host = self.form.host.clone();
            acts.push(NewSessionAct::LookAgents { host, refresh: true });
        }
        if picked.agent.is_some() {
            self.form.agent = picked.agent;
            self.is_chosen = true;
        }
    }

    pub(super) fn names(&mut self, ui: &mut Ui, data: &NewSessionData<'_>, wrong: Option<&str>) {
        let free = match &self.session {
            None => {
                let name = self.agent(data).map_or("agent", |agent| agent.name.as_str());
                let made_of = (self.form.cwd.as_str(), self.form.host.as_str(), name);
                self.free.get(made_of, data.is_name_taken)
            }
            Some(_) => String::new(),
        };
        let half = (ui.available_width() - space::S) / 2.0;
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(half);
                let shown = Field { label: "Name", hint: &free, fault: wrong, ..Field::default() };
                let response = field(ui, "session name", shown, &mut self.form.name);
                if !self.is_begun {
                    self.is_begun = true;
                    if self.session.is_some() {
                        response.request_focus();
                    }
                }
            });
            ui.vertical(|ui| {
                ui.set_width(ui.available_width());
                let hint = "in none";
                suggested(ui, "Group", hint, &mut self.form.group, data.groups);
            });
        });
    }

    pub(super) fn model(&mut self, ui: &mut Ui, data: &NewSessionData<'_>) {
        let agent = self.form.agent.as_deref().unwrap_or_default();
        let used = data.models.get(agent).map_or(&[][..], Vec::as_slice);
        suggested(ui, "Model", "the agent's own choice", &mut self.form.model, used);
    }

    pub(super) fn switches(&mut self, ui: &mut Ui, data: &NewSessionData<'_>) {
        switch(ui, &mut self.form.read_only, "Read-only", "Every turn is told to change nothing.");
        if let Some(agent) = self.agent(data)
            && agent.talks.is_some()
        {
            let both = agent.batch && self.session.is_none();
            let mut on = talks(agent, self.form.talks);
            let words = match (agent.batch, self.session.is_some()) {
                (_, true) => "Is settled when a session is made.",
                (false, false) => {
                    "This agent works in no other way: it stays running, and asks before it acts."
                }
                (true, false) => {
                    "On: it stays running between turns and asks before it acts. Off: one process a turn, and it acts \
                     without asking."
                }
            };
            ui.add_enabled_ui(both, |ui| {
                if switch(ui, &mut on, "Agent can ask for approval", words).changed() {
                    self.form.talks = on;
                }
            });
        }
        let (words, explained) = match host_of(&self.form.host, data.hosts) {
            Chosen::Local => (
                "Share history in the project",
                "Each turn also goes into .maestro/history in the directory, for everybody who works there.",
            ),
            Chosen::Saved(_) | Chosen::Unknown => (
                "Sync history to remote",
                "Each turn also goes into .maestro/history in the project there, for everybody who works on it.",
            ),
        };
        switch(ui, &mut self.form.sync_history, words, explained);
        let explained = "The agent says what it did, for the history. That costs tokens.";
        switch(ui, &mut self.form.synopsis, "Ask for a synopsis after each turn", explained);
    }

    pub(super) fn advanced(&mut self, ui: &mut Ui) {
        CollapsingHeader::new("Advanced").id_salt("session advanced").show(ui, |ui| {
            labelled(ui, "More arguments for the agent, one a line", |ui| {
                let edit = TextEdit::multiline(&mut self.form.arguments)
                    .font(egui::TextStyle::Monospace)
                    .desired_rows(3)
                    .desired_width(f32::INFINITY)
                    .margin(egui::Margin::symmetric(8, 6));
                ui.add(edit)
            });
            note(ui, "They stand on the agent's command line, which others on the host can read: no secrets.");
        });
    }
}

/// A field with what was typed into it before, in a menu beside it.
fn suggested(ui: &mut Ui, label: &str, hint: &str, text: &mut String, offered: &[String]) {
    ui.horizontal(|ui| {
        let room = if offered.is_empty() { 0.0 } else { size::ICON_BUTTON + space::S };
        ui.vertical(|ui| {
            ui.set_width(ui.available_width() - room);
            field(ui, ("suggested", label), Field { label, hint, ..Field::default() }, text);
        });
        if offered.is_empty() {
            return;
        }
        ui.vertical(|ui| {
            ui.add_space(size::SMALL + space::S);
            let name = format!("Choose a {} that is there", label.to_lowercase());
            let menu = crate::widget::icon_button(ui, Icon::ChevronDown, &name);
            egui::Popup::menu(&menu).show(|ui| {
                egui::ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
                    for offer in offered {
                        if ui.button(plain(offer)).clicked() {
                            text.clone_from(offer);
                        }
                    }
                });
            });
        });
    });
}
