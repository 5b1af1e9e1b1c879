//! The dialog.

use std::collections::BTreeMap;

use egui::{RichText, Ui};
use jiff::Timestamp;
use orchestrator::host::Hosts;
use orchestrator::seam::{Command, DirectoryLook, KnownAgent, KnownAgents, Session};

use super::agents::{Presence, known, ordered, presence};
use super::directory::{DirectoryData, DirectoryField, absent};
use super::fields::FreeName;
use super::form::{SessionForm, Wrong};
use super::place;
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space};
use crate::view::confirm::{ConfirmView, leave};
use crate::widget::{
    FormShape, Kind, button, button_enabled, failure_card, fault, form, plain, section,
};

/// What the dialog shows and checks with.
#[derive(Clone, Copy)]
pub struct NewSessionData<'a> {
    /// All hosts.
    pub hosts: &'a Hosts,
    /// The agents that are known, without a host: what there is to choose from while a host can't be asked.
    pub known: &'a Fetched<KnownAgents>,
    /// What [`NewSessionView::host`] has of them, and never what another host has.
    pub agents: &'a Fetched<KnownAgents>,
    /// What [`NewSessionView::host`] says of exactly what [`NewSessionView::directory`] is.
    pub directory: &'a Fetched<DirectoryLook>,
    /// Groups that there are.
    pub groups: &'a [String],
    /// Models of earlier sessions, by the agent's id.
    pub models: &'a BTreeMap<String, Vec<String>>,
    /// Whether a session is called so; asked in every frame while a name is typed, so it looks one up.
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
    /// Ask a host for its agents: [`NewSessionData::agents`]. Sent when the host is another one, for Refresh, and while they
    /// are `Missing`: they are `Pending` from then on.
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
    pub(super) form: SessionForm,
    pub(super) before: SessionForm,
    pub(super) session: Option<Box<Session>>,
    directory: DirectoryField,
    asked_agents: Option<String>,
    asked_directory: Option<(String, String)>,
    is_sent: bool,
    pub(super) is_begun: bool,
    pub(super) free: FreeName,
    is_tried: bool,
    /// Whether a person has chosen the agent.
    pub(super) is_chosen: bool,
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
            is_chosen: form.agent.is_some(),
            form,
            session,
            directory: DirectoryField::default(),
            asked_agents: None,
            asked_directory: None,
            is_sent: false,
            is_begun: false,
            free: FreeName::default(),
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
        self.ask(data, &mut acts);
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

    /// Chooses a host, as a person does in the list.
    pub fn choose_host(&mut self, host: &str) {
        host.clone_into(&mut self.form.host);
    }

    /// What the host is asked for, once for each change; its agents also when they were forgotten.
    fn ask(&mut self, data: &NewSessionData<'_>, acts: &mut Vec<NewSessionAct>) {
        let host = &self.form.host;
        if self.asked_agents.as_ref() != Some(host) || data.agents.is_missing() {
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

    /// One that is there and logged in, or else one that is there, as long as nobody has chosen.
    fn choose_agent(&mut self, data: &NewSessionData<'_>) {
        if self.is_chosen {
            return;
        }
        let Some(known) = data.agents.ready() else { return };
        // What nobody has to install is a shell: whoever wants that says so.
        let agents = ordered(known).into_iter().filter(|agent| agent.install.is_some());
        let there = agents.filter(|agent| matches!(presence(agent), Presence::There { .. }));
        let best = there.min_by_key(|agent| {
            matches!(presence(agent), Presence::There { logged_in: Some(false), .. })
        });
        let best = best.map(|agent| agent.id.clone());
        if self.form.agent != best {
            self.form.agent = best;
        }
    }

    /// The chosen one, as far as it is known.
    pub(super) fn agent<'a>(&self, data: &NewSessionData<'a>) -> Option<&'a KnownAgent> {
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
        let absent = absent(&self.form.cwd, data.directory, &place).filter(|_| !is_as_before);
        if let Some(why) = absent {
            add("cwd_absent", why);
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
        self.goes_on(ui);
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
        ui.add_space(space::XS);
        section(ui, "Environment Variables (optional)");
        self.form.env.ui(ui, "session env");
        self.advanced(ui);
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
            && self.leaving.is_none()
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
        if leave(&mut self.leaving, ctx) {
            acts.push(NewSessionAct::Close);
        }
    }
}

impl Default for NewSessionView {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
