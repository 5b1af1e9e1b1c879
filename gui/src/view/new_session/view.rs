//! The dialog.

use std::collections::BTreeMap;

use egui::{CollapsingHeader, RichText, TextEdit, Ui};
use jiff::Timestamp;
use lucide_icons::Icon;
use orchestrator::host::Hosts;
use orchestrator::seam::{Command, DirectoryLook, KnownAgent, KnownAgents, Session};

use super::agents::{agents, known, ordered, presence};
use super::directory::{DirectoryData, DirectoryField, is_absent};
use super::form::{Chosen, SessionForm, Wrong, free_name, host_of, talks};
use super::place;
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space};
use crate::view::confirm::{ConfirmAct, ConfirmData, ConfirmView};
use crate::widget::{
    Field, FormShape, Kind, button, button_enabled, failure_card, fault, field, form, icon,
    labelled, note, plain, section,
};

/// What the dialog shows and checks with.
#[derive(Clone, Copy)]
pub struct NewSessionData<'a> {
    /// All hosts.
    pub hosts: &'a Hosts,
    /// The agents that are known, without a host.
    pub known: &'a Fetched<KnownAgents>,
    /// What [`NewSessionView::host`] has of them, and never what another host has.
    pub agents: &'a Fetched<KnownAgents>,
    /// What [`NewSessionView::host`] says of exactly what [`NewSessionView::directory`] is.
    pub directory: &'a Fetched<DirectoryLook>,
    /// Groups that there are.
    pub groups: &'a [String],
    /// Models of earlier sessions, by the agent's id.
    pub models: &'a BTreeMap<String, Vec<String>>,
    /// Whether a session is called so.
    pub is_name_taken: &'a dyn Fn(&str) -> bool,
    /// What came of the last [`NewSessionAct::Make`]: `Pending` right after it. `Ready` closes the dialog.
    pub made: &'a Fetched<()>,
    /// The time.
    pub now: Timestamp,
}

/// What a person wants of the dialog.
#[derive(Clone, Debug, PartialEq)]
pub enum NewSessionAct {
    /// Make or change the session: a [`Command::NewSession`] or a [`Command::EditSession`]. See [`NewSessionData::made`].
    Make(Box<Command>),
    /// Ask a host for its agents: [`NewSessionData::agents`]. Sent when the host is another one, and for Refresh.
    LookAgents {
        /// As in [`orchestrator::seam::Query::Agents`].
        host: String,
        /// Look now, whatever was found before.
        refresh: bool,
    },
    /// Ask a host for a directory: [`NewSessionData::directory`]. Sent for each change of what is typed; wait for a pause
    /// in the typing.
    LookDirectory {
        /// As in [`orchestrator::seam::Query::Directory`].
        host: String,
        /// As typed.
        typed: String,
    },
    /// Add a host in the settings, over this.
    AddHost,
    /// Close the dialog.
    Close,
}

/// What is typed.
#[derive(Debug)]
pub struct NewSessionView {
    form: SessionForm,
    before: SessionForm,
    session: Option<Box<Session>>,
    directory: DirectoryField,
    asked_agents: Option<String>,
    asked_directory: Option<(String, String)>,
    is_sent: bool,
    is_begun: bool,
    is_tried: bool,
    leaving: Option<ConfirmView>,
}

impl NewSessionView {
    /// For a new session on this machine.
    pub fn new() -> Self {
        Self::with(SessionForm::default(), None)
    }

    /// For a new session with fields that are filled in.
    pub fn filled(form: SessionForm) -> Self {
        Self::with(form, None)
    }

    /// For one that is there.
    pub fn edit(session: &Session) -> Self {
        Self::with(SessionForm::of(session), Some(Box::new(session.clone())))
    }

    fn with(form: SessionForm, session: Option<Box<Session>>) -> Self {
        Self {
            before: form.clone(),
            form,
            session,
            directory: DirectoryField::default(),
            asked_agents: None,
            asked_directory: None,
            is_sent: false,
            is_begun: false,
            is_tried: false,
            leaving: None,
        }
    }

    /// Id of the chosen host, or `local`.
    pub fn host(&self) -> &str {
        &self.form.host
    }

    /// What is typed as the directory.
    pub fn directory(&self) -> &str {
        &self.form.cwd
    }

    /// Shows it over everything else.
    pub fn ui(&mut self, ctx: &egui::Context, data: &NewSessionData<'_>) -> Vec<NewSessionAct> {
        let mut acts = Vec::new();
        if self.is_sent {
            match data.made {
                Fetched::Ready(()) => return vec![NewSessionAct::Close],
                Fetched::Failed(_) => self.is_sent = false,
                Fetched::Missing | Fetched::Pending => {}
            }
        }
        self.ask(&mut acts);
        self.choose_agent(data);
        let wrong = self.wrong(data);
        let heading = if self.session.is_some() { "Edit session" } else { "New session" };
        let shape = FormShape { heading, width: 640.0, height: Some(570.0), scroll: true };
        let shown = form(
            ctx,
            "new session",
            shape,
            &mut (&mut *self, &mut acts),
            |(view, acts), ui| view.contents(ui, data, &wrong, acts),
            |(view, acts), ui| view.buttons(ui, data, &wrong, acts),
        );
        if (shown.close || shown.buttons) && self.leaving.is_none() {
            if self.is_touched() {
                self.leaving = Some(ConfirmView::default());
            } else {
                acts.push(NewSessionAct::Close);
            }
        }
        self.leave(ctx, &mut acts);
        acts
    }

    /// Whether anything would be lost; an agent or a host is chosen again with a click.
    fn is_touched(&self) -> bool {
        if self.session.is_some() {
            return self.form != self.before;
        }
        let (agent, host) = (self.before.agent.clone(), self.before.host.clone());
        SessionForm { agent, host, ..self.form.clone() } != self.before
    }

    /// What the host is asked for, once for each change.
    fn ask(&mut self, acts: &mut Vec<NewSessionAct>) {
        let host = &self.form.host;
        if self.asked_agents.as_ref() != Some(host) {
            self.asked_agents = Some(host.clone());
            acts.push(NewSessionAct::LookAgents { host: host.clone(), refresh: false });
        }
        let typed = &self.form.cwd;
        let now = (host, typed);
        if self.asked_directory.as_ref().is_none_or(|(host, typed)| (host, typed) != now) {
            self.asked_directory = Some((host.clone(), typed.clone()));
            if !typed.trim().is_empty() {
                let (host, typed) = (host.clone(), typed.clone());
                acts.push(NewSessionAct::LookDirectory { host, typed });
            }
        }
    }

    /// The first one that can work, as long as nobody has chosen another one.
    fn choose_agent(&mut self, data: &NewSessionData<'_>) {
        if self.form.agent.is_some() {
            return;
        }
        let Some(known) = data.agents.ready() else { return };
        let first = ordered(known)
            .into_iter()
            .find(|agent| agent.there.is_some() && presence(agent).can_work());
        self.form.agent = first.map(|agent| agent.id.clone());
    }

    fn agent<'a>(&self, data: &NewSessionData<'a>) -> Option<&'a KnownAgent> {
        let id = self.form.agent.as_ref()?;
        known(data)?.agents.iter().find(|agent| &agent.id == id)
    }

    fn wrong(&self, data: &NewSessionData<'_>) -> Vec<Wrong> {
        let session = self.session.as_deref();
        let mut wrong = self.form.wrong(data.hosts, session, data.is_name_taken);
        let mut add = |field, message| wrong.push(Wrong { field, message });
        let place = place::name(&self.form.host, data.hosts);
        match (&self.form.agent, self.agent(data)) {
            (None, _) => add("agent", "choose an agent".to_owned()),
            (Some(_), Some(agent)) if session.is_none() && !presence(agent).can_work() => {
                add("agent", format!("{} can't work on {place}", plain(&agent.name)));
            }
            (Some(_), Some(_) | None) => {}
        }
        let is_as_before = session.is_some()
            && (&self.form.host, &self.form.cwd) == (&self.before.host, &self.before.cwd);
        if !is_as_before && is_absent(&self.form.cwd, data.directory) {
            add("cwd_absent", format!("there is no such directory on {place}"));
        }
        wrong
    }

    fn contents(
        &mut self,
        ui: &mut Ui,
        data: &NewSessionData<'_>,
        wrong: &[Wrong],
        acts: &mut Vec<NewSessionAct>,
    ) {
        ui.spacing_mut().item_spacing.y = space::S;
        let of = |field: &str| {
            wrong.iter().find(|wrong| wrong.field == field).map(|wrong| wrong.message.as_str())
        };
        if let (Some(failure), false, true) = (data.made.failure(), self.is_sent, self.is_tried) {
            failure_card(ui, failure, |_| ());
        }
        if place::place(ui, &mut self.form.host, data.hosts, of("host")) {
            acts.push(NewSessionAct::AddHost);
        }
        self.moved(ui);
        let place = place::name(&self.form.host, data.hosts);
        self.agent_part(ui, data, &place, acts);
        if self.is_tried
            && let Some(message) = of("agent")
        {
            fault(ui, message);
        }
        let (hint, look) = (self.home(data), data.directory);
        let shown = DirectoryData { look, place: &place, hint: &hint, wrong: of("cwd") };
        self.directory.ui(ui, &mut self.form.cwd, &shown);
        self.names(ui, data, of("name"));
        self.model(ui, data);
        self.switches(ui, data);
        section(ui, "Environment Variables (optional)");
        self.form.env.ui(ui, "session env");
        self.advanced(ui);
    }

    fn home(&self, data: &NewSessionData<'_>) -> String {
        let dir = match host_of(&self.form.host, data.hosts) {
            Chosen::Saved(host) => host.remote_dir.clone(),
            Chosen::Local | Chosen::Unknown => None,
        };
        dir.map_or_else(|| "your home directory".to_owned(), |dir| plain(&dir).into_owned())
    }

    fn moved(&self, ui: &mut Ui) {
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

    fn agent_part(
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
        }
    }

    fn names(&mut self, ui: &mut Ui, data: &NewSessionData<'_>, wrong: Option<&str>) {
        let agent = self.agent(data).map_or("agent", |agent| agent.name.as_str());
        let free = match &self.session {
            None => free_name(&self.form.cwd, &self.form.host, agent, data.is_name_taken),
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

    fn model(&mut self, ui: &mut Ui, data: &NewSessionData<'_>) {
        let agent = self.form.agent.as_deref().unwrap_or_default();
        let used = data.models.get(agent).map_or(&[][..], Vec::as_slice);
        suggested(ui, "Model", "the agent's own choice", &mut self.form.model, used);
    }

    fn switches(&mut self, ui: &mut Ui, data: &NewSessionData<'_>) {
        ui.checkbox(&mut self.form.read_only, "Read-only");
        note(ui, "Every turn is told to change nothing.");
        if let Some(agent) = self.agent(data)
            && agent.talks.is_some()
        {
            let both = agent.batch && self.session.is_none();
            let mut on = talks(agent, self.form.talks);
            ui.add_enabled_ui(both, |ui| {
                if ui.checkbox(&mut on, "Agent can ask for approval").changed() {
                    self.form.talks = on;
                }
            });
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
            note(ui, words);
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
        ui.checkbox(&mut self.form.sync_history, words);
        note(ui, explained);
        ui.checkbox(&mut self.form.synopsis, "Ask for a synopsis after each turn");
        note(ui, "The agent says what it did, for the history. That costs tokens.");
    }

    fn advanced(&mut self, ui: &mut Ui) {
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

    /// Whether Cancel was pressed.
    fn buttons(
        &mut self,
        ui: &mut Ui,
        data: &NewSessionData<'_>,
        wrong: &[Wrong],
        acts: &mut Vec<NewSessionAct>,
    ) -> bool {
        let why = wrong.iter().map(|wrong| wrong.message.as_str()).collect::<Vec<_>>().join("\n");
        let words = match (&self.session, self.is_sent) {
            (None, false) => "Create",
            (None, true) => "Creating…",
            (Some(_), false) => "Save",
            (Some(_), true) => "Saving…",
        };
        let can = wrong.is_empty() && !self.is_sent;
        let go = button_enabled(ui, can, Kind::Primary, words).on_disabled_hover_text(&why);
        let is_asked = can
            && ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::Enter));
        if go.on_hover_text("Ctrl+Enter").clicked() || is_asked {
            let command = match &self.session {
                None => self.form.session(self.agent(data)).map(Command::NewSession),
                Some(session) => Some(Command::EditSession {
                    session: session.id.clone(),
                    change: self.form.change(session),
                }),
            };
            if let Some(command) = command {
                self.is_sent = true;
                self.is_tried = true;
                acts.push(NewSessionAct::Make(Box::new(command)));
            }
        }
        let cancel = button(ui, Kind::Plain, "Cancel").clicked();
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            if let Some(first) = wrong.first() {
                let theme = Theme::get(ui.ctx());
                let words = RichText::new(&first.message).size(size::SMALL).color(theme.muted);
                ui.add(egui::Label::new(words).truncate());
            }
        });
        cancel
    }

    fn leave(&mut self, ctx: &egui::Context, acts: &mut Vec<NewSessionAct>) {
        let Some(leaving) = &mut self.leaving else { return };
        let data = ConfirmData {
            heading: "Leave without saving?",
            what: "What you have typed here isn't saved.",
            names: &[],
            act: "Leave",
            keep: "Stay here",
        };
        match leaving.ui(ctx, &data).first() {
            Some(ConfirmAct::Do) => acts.push(NewSessionAct::Close),
            Some(ConfirmAct::Keep) => self.leaving = None,
            None => {}
        }
    }
}

impl Default for NewSessionView {
    fn default() -> Self {
        Self::new()
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

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
