//! The forms of sessions, and the first screen.

use std::collections::BTreeMap;

use egui::{CentralPanel, Context, Frame, Margin, ScrollArea, Ui};
use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::host::{Change, HostConfig, HostId, unique_id};
use orchestrator::seam::{Command, Session, SessionId};

use super::App;
use super::pending::Pending;
use crate::bridge::Ask;
use crate::fetched::Fetched;
use crate::theme::{size, space};
use crate::view::new_session::{NewSessionAct, NewSessionData, NewSessionView, SessionForm};
use crate::view::settings::TestRun;
use crate::view::welcome::{WelcomeAct, WelcomeData, WelcomeView};

/// A pause in the typing of a directory, in seconds: who types on isn't asked about yet.
const PAUSE: f64 = 0.15;
/// This machine, as a HOST argument.
const LOCAL: &str = "local";

/// The form of a session, and what it waits for.
#[derive(Debug, Default)]
pub(super) struct SessionForms {
    view: Option<NewSessionView>,
    made: Fetched<()>,
    /// A directory that was typed, and when.
    typed: Option<(String, String, f64)>,
    /// A host that was just added for it: chosen once it is known.
    choose: Option<HostId>,
    welcome: Option<WelcomeView>,
    /// Why a name of the ssh config could not be added.
    failures: BTreeMap<String, Failure>,
}

impl App {
    /// Opens the dialog for a new session, filled in like another one.
    pub(super) fn open_new_session(&mut self, like: Option<&SessionId>) {
        let like = like.and_then(|session| self.sessions.get(session));
        let view = match like {
            Some(session) => {
                // Two of the same name can't be told apart.
                let form = SessionForm { name: String::new(), ..SessionForm::of(session) };
                NewSessionView::filled(form)
            }
            None => NewSessionView::new(),
        };
        self.open_session_form(view);
    }

    /// Opens the dialog for a new session in a directory that goes on with a conversation.
    pub(super) fn open_resumed_session(
        &mut self,
        like: Option<&SessionId>,
        directory: &str,
        conversation: &str,
    ) {
        let like = like.and_then(|session| self.sessions.get(session));
        let form = like.map_or_else(SessionForm::default, SessionForm::of);
        let resume = Some(conversation.to_owned());
        let cwd = directory.to_owned();
        let form = SessionForm { name: String::new(), cwd, resume, ..form };
        self.open_session_form(NewSessionView::filled(form));
    }

    /// Opens the dialog of a session.
    pub(super) fn open_edit_session(&mut self, session: &SessionId) {
        if let Some(session) = self.sessions.get(session) {
            let view = NewSessionView::edit(session);
            self.open_session_form(view);
        }
    }

    fn open_session_form(&mut self, view: NewSessionView) {
        self.session_forms.made = Fetched::Missing;
        self.session_forms.choose = None;
        self.session_forms.view = Some(view);
    }

    /// A host was added for the session whose dialog is open.
    pub(super) fn choose_host_for_session(&mut self, host: Option<HostId>) {
        self.session_forms.choose = host;
    }

    /// Opens the first screen.
    pub(super) fn open_welcome(&mut self) {
        self.session_forms.welcome = Some(WelcomeView::default());
    }

    /// Whether the first screen is shown.
    pub(super) fn is_welcome(&self) -> bool {
        self.session_forms.welcome.is_some()
    }

    /// Whether the dialog of a session is open.
    pub(super) fn session_form_is_open(&self) -> bool {
        self.session_forms.view.is_some()
    }

    /// Draws the dialog of a session.
    pub(super) fn sessions_forms(&mut self, ctx: &Context) {
        let Some(mut view) = self.session_forms.view.take() else { return };
        let hosts = &self.hosts.hosts;
        if let Some(host) = self.session_forms.choose.take_if(|host| hosts.get(host).is_some()) {
            view.choose_host(host.as_str());
        }
        let mut groups: Vec<String> =
            self.sessions.iter().filter_map(|session| session.group.clone()).collect();
        groups.extend(self.memory.groups.iter().cloned());
        groups.sort();
        groups.dedup();
        let mut models: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for session in self.sessions.iter() {
            if let Some(model) = &session.model {
                let known = models.entry(session.agent.clone()).or_default();
                if !known.contains(model) {
                    known.push(model.clone());
                }
            }
        }
        let sessions = &self.sessions;
        let is_name_taken = |name: &str| sessions.iter().any(|session| session.name == name);
        let host = view.host().to_owned();
        let data = NewSessionData {
            hosts: &self.hosts.hosts,
            known: self.looks.agents(None),
            agents: self.looks.agents(Some(&host)),
            directory: self.looks.directory(&host, view.directory()),
            groups: &groups,
            models: &models,
            is_name_taken: &is_name_taken,
            made: &self.session_forms.made,
            now: Timestamp::now(),
        };
        let acts = view.ui(ctx, &data);
        self.session_forms.view = Some(view);
        for act in acts {
            self.session_form_act(ctx, act);
        }
        self.ask_typed_directory(ctx);
    }

    fn session_form_act(&mut self, ctx: &Context, act: NewSessionAct) {
        match act {
            NewSessionAct::Make(command) => {
                self.session_forms.made = Fetched::Pending;
                let pending = match &*command {
                    Command::NewSession(_) => Pending::NewSession,
                    _ => Pending::EditSession,
                };
                self.carry_out(*command, pending);
            }
            NewSessionAct::LookAgents { host, refresh } => self.look_agents(host, refresh),
            NewSessionAct::LookDirectory { host, typed } => {
                let now = ctx.input(|input| input.time);
                self.session_forms.typed = Some((host, typed, now));
            }
            NewSessionAct::AddHost => self.open_add_host_for_session(),
            NewSessionAct::Close => {
                self.session_forms.view = None;
                self.session_forms.made = Fetched::Missing;
                self.session_forms.typed = None;
            }
        }
    }

    fn look_agents(&mut self, host: String, refresh: bool) {
        self.looks.ask_agents(Some(host.clone()));
        if let Err(failure) = self.bridge.ask(Ask::Agents { host: Some(host.clone()), refresh }) {
            self.looks.put_agents(Some(host), Err(failure));
        }
    }

    /// Asks about a directory once its typing has paused.
    fn ask_typed_directory(&mut self, ctx: &Context) {
        let Some((_, _, since)) = &self.session_forms.typed else { return };
        let left = since + PAUSE - ctx.input(|input| input.time);
        if left > 0.0 {
            ctx.request_repaint_after(std::time::Duration::from_secs_f64(left));
            return;
        }
        if let Some((host, typed, _)) = self.session_forms.typed.take() {
            self.looks.directory = crate::model::Typed {
                host: host.clone(),
                typed: typed.clone(),
                look: Fetched::Pending,
            };
            self.ask(Ask::Directory { host, typed });
        }
    }

    /// A session was made: it is shown.
    pub(super) fn session_made(&mut self, session: Session) {
        self.session_forms.made = Fetched::Ready(());
        let id = session.id.clone();
        self.sessions.put(session);
        self.leave_welcome();
        self.show(&id, None);
        self.sidebar.reveal(&id);
    }

    /// What the form asked for wasn't done.
    pub(super) fn session_form_failed(&mut self, failure: Failure) {
        self.session_forms.made = Fetched::Failed(failure);
    }

    /// A session was changed.
    pub(super) fn session_form_done(&mut self) {
        self.session_forms.made = Fetched::Ready(());
    }

    /// Draws the first screen.
    pub(super) fn welcome(&mut self, ui: &mut Ui) {
        self.banners(ui);
        let Some(mut view) = self.session_forms.welcome.take() else { return };
        let tests: BTreeMap<HostId, TestRun> = self.forms.test_runs();
        let data = WelcomeData {
            aliases: self.aliases(),
            hosts: &self.hosts.hosts,
            tests: &tests,
            failures: &self.session_forms.failures,
            agents: self.looks.agents(Some(LOCAL)),
        };
        let frame = Frame::new().inner_margin(Margin::same(24));
        let acts = CentralPanel::no_frame()
            .frame(frame)
            .show(ui, |ui| {
                ScrollArea::vertical()
                    .auto_shrink([false, false])
                    .show(ui, |ui| {
                        let width = ui.available_width().min(size::MEASURE);
                        let side = (ui.available_width() - width) / 2.0;
                        ui.horizontal_top(|ui| {
                            ui.add_space(side);
                            ui.vertical(|ui| {
                                ui.set_width(width);
                                ui.add_space(space::L);
                                view.ui(ui, &data)
                            })
                            .inner
                        })
                        .inner
                    })
                    .inner
            })
            .inner;
        self.session_forms.welcome = Some(view);
        for act in acts {
            self.welcome_act(act);
        }
    }

    fn welcome_act(&mut self, act: WelcomeAct) {
        match act {
            WelcomeAct::ListAliases => self.ask_aliases(),
            WelcomeAct::ResolveAlias(name) => self.resolve_alias(name),
            WelcomeAct::AddAndTest(alias) => self.add_alias(alias),
            WelcomeAct::Test(id) => {
                if let Some(host) = self.hosts.hosts.get(&id).cloned() {
                    self.begin_test(host);
                }
            }
            WelcomeAct::LookAgents { refresh } => self.look_agents(LOCAL.to_owned(), refresh),
            WelcomeAct::AddMachine => self.open_add_host(),
            WelcomeAct::StartSession(host) => {
                self.leave_welcome();
                self.open_new_session(None);
                self.choose_host_for_session(host);
            }
            WelcomeAct::Skip => self.leave_welcome(),
        }
    }

    /// Leaves the first screen for good.
    pub(super) fn leave_welcome(&mut self) {
        self.memory.welcomed = true;
        self.session_forms.welcome = None;
    }

    /// Saves a host that goes by a name of the ssh config; it is tested once it is saved.
    fn add_alias(&mut self, alias: String) {
        self.session_forms.failures.remove(&alias);
        let id = unique_id(&alias, &self.hosts.hosts);
        let mut host = HostConfig::new(id, &alias, &alias);
        host.ssh_config = Some(alias.clone());
        let pending = Pending::AddAlias { alias, host: Box::new(host.clone()) };
        let ticket = self.waiting.ticket(pending);
        self.ask(Ask::EditHosts { ticket, change: Change::Put(host), is_new: true });
    }

    /// A name of the ssh config was saved, or not.
    pub(super) fn alias_added(
        &mut self,
        alias: String,
        host: HostConfig,
        answer: Result<(), Failure>,
    ) {
        match answer {
            Ok(()) => {
                self.mark_saved(&alias, &host.name);
                self.begin_test(host);
            }
            Err(failure) => {
                self.session_forms.failures.insert(alias, failure);
            }
        }
    }
}
