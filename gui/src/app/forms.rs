//! Settings and what they ask for: hosts, tests, keys, looks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use egui::Context;
use orchestrator::failure::Failure;
use orchestrator::host::{AdHoc, Change, HostConfig, HostId, Hosts, ResolvedHost, recall};
use orchestrator::seam::{ConnectionState, Whereabouts};

use super::App;
use super::pending::Pending;
use crate::bridge::{Ask, EngineState, LocalFile, TestNews, Ticket};
use crate::fetched::Fetched;
use crate::view::file_picker::FileRow;
use crate::view::settings::{
    AboutData, AliasRow, ConnectForm, EngineAt, HostDialogAct, HostDialogView, HostsAct, HostsData,
    SettingsAct, SettingsData, SettingsPage, SettingsView, TestRun,
};

/// What settings have asked for.
#[derive(Debug, Default)]
pub(super) struct Forms {
    pub settings: Option<SettingsView>,
    /// What came of saving the host in the dialog.
    saved: Fetched<()>,
    /// The host that is being saved there.
    saving: Option<HostId>,
    /// Whether that dialog was opened from a session's, and leads back to it.
    for_session: bool,
    /// Why the list of hosts could not be changed.
    failure: Option<Failure>,
    /// The test of what is typed.
    typed_test: Option<(Ticket, TestRun)>,
    /// Tests of saved hosts.
    tests: BTreeMap<HostId, (Ticket, TestRun)>,
    aliases: Fetched<Vec<AliasRow>>,
    keys: BTreeMap<String, bool>,
    /// The local directory that was asked for last, and what it holds.
    pub listed: Option<PathBuf>,
    pub files: Fetched<Vec<FileRow>>,
    pub files_version: u64,
}

impl Forms {
    /// Tests of saved hosts, as views take them.
    pub fn test_runs(&self) -> BTreeMap<HostId, TestRun> {
        self.tests.iter().map(|(id, (_, run))| (id.clone(), run.clone())).collect()
    }
}

impl App {
    /// Opens the settings at a page.
    pub(super) fn open_settings(&mut self, page: SettingsPage) {
        self.forms.for_session = false;
        self.forms.settings = Some(SettingsView::at(page));
    }

    /// Opens the dialog for a new host.
    pub(super) fn open_add_host(&mut self) {
        self.open_host_dialog(HostDialogView::add());
    }

    /// Opens the dialog of a saved host.
    pub(super) fn open_edit_host(&mut self, host: &str) {
        let found = self.hosts.hosts.hosts.iter().find(|known| known.id.as_str() == host);
        match found {
            Some(host) => self.open_host_dialog(HostDialogView::edit(&host.clone())),
            None => match unsaved(host) {
                Some(host) => self.open_host_dialog(HostDialogView::fill_in(&host)),
                None => self.open_settings(SettingsPage::Hosts),
            },
        }
    }

    /// Opens the dialog for a new host over that of a session, which goes on with it.
    pub(super) fn open_add_host_for_session(&mut self) {
        self.open_add_host();
        self.forms.for_session = true;
    }

    fn open_host_dialog(&mut self, dialog: HostDialogView) {
        self.forms.for_session = false;
        self.forms.saved = Fetched::Missing;
        self.forms.typed_test = None;
        self.forms.settings = Some(SettingsView::with_host(dialog));
    }

    /// Tests the connection to a host, saved or not, and shows how that goes.
    pub(super) fn test_host(&mut self, host: &str) {
        let found = self.hosts.hosts.hosts.iter().find(|known| known.id.as_str() == host);
        match (found.cloned(), unsaved(host)) {
            (Some(host), _) => {
                self.open_settings(SettingsPage::Hosts);
                self.begin_test(host);
            }
            (None, Some(host)) => {
                self.open_host_dialog(HostDialogView::testing(&host));
                let host = Box::new(host);
                self.host_dialog_act(HostDialogAct::Test { host, agent: None });
            }
            (None, None) => self.open_settings(SettingsPage::Hosts),
        }
    }

    pub(super) fn begin_test(&mut self, host: HostConfig) {
        let ticket = self.waiting.bare();
        let before = self.forms.tests.insert(host.id.clone(), (ticket, TestRun::default()));
        if let Some((before, _)) = before {
            self.ask_quietly(Ask::StopTest(before));
        }
        self.ask(Ask::Test { ticket, host: Some(Box::new(host)), agent: None });
    }

    pub(super) fn settings(&mut self, ctx: &Context) {
        let Some(mut view) = self.forms.settings.take() else { return };
        let faults: BTreeMap<HostId, Failure> = self
            .connections
            .iter()
            .filter_map(|connection| match &connection.state {
                ConnectionState::Blocked { why } => {
                    Some((HostId::new(&connection.host), why.clone()))
                }
                ConnectionState::Closed
                | ConnectionState::Connecting { .. }
                | ConnectionState::Connected
                | ConnectionState::Degraded
                | ConnectionState::Reconnecting { .. } => None,
            })
            .collect();
        let tests = self.forms.test_runs();
        let agents: Vec<(String, String)> =
            self.looks.agents(None).ready().map_or_else(Vec::new, |known| {
                known.agents.iter().map(|agent| (agent.id.clone(), agent.name.clone())).collect()
            });
        let sessions = &self.sessions;
        let sessions_of = |host: &HostId| {
            let of_it = sessions.iter().filter(|session| session.host == host.as_str());
            of_it.map(|session| session.name.clone()).collect::<Vec<String>>()
        };
        let path = self.setup.paths.hosts_toml();
        let no_log = PathBuf::new();
        let acts = {
            let data = SettingsData {
                memory: &self.memory,
                hosts: HostsData {
                    view: &self.hosts,
                    path: &path,
                    faults: &faults,
                    tests: &tests,
                    sessions_of: &sessions_of,
                    failure: self.forms.failure.as_ref(),
                    form: ConnectForm {
                        hosts: &self.hosts.hosts,
                        aliases: &self.forms.aliases,
                        test: self.forms.typed_test.as_ref().map(|(_, run)| run),
                        agents: &agents,
                        keys: &self.forms.keys,
                        saved: &self.forms.saved,
                        home: &self.setup.home,
                        files: &self.forms.files,
                        files_version: self.forms.files_version,
                    },
                },
                about: AboutData {
                    version: env!("CARGO_PKG_VERSION"),
                    engine: match &self.engine {
                        EngineState::Open(Whereabouts::Here) => EngineAt::ThisWindow,
                        EngineState::Open(Whereabouts::There(program)) => EngineAt::Other {
                            name: &program.name,
                            version: &program.version,
                            pid: program.pid,
                        },
                        EngineState::Open(Whereabouts::Nowhere)
                        | EngineState::Opening
                        | EngineState::Gone
                        | EngineState::Failed(_) => EngineAt::Gone,
                    },
                    data_dir: &self.setup.paths.data,
                    log_file: self.log.as_ref().unwrap_or(&no_log),
                },
            };
            view.ui(ctx, &data)
        };
        self.forms.settings = Some(view);
        for act in acts {
            self.settings_act(act);
        }
    }

    fn settings_act(&mut self, act: SettingsAct) {
        match act {
            SettingsAct::Hosts(act) => self.hosts_act(act),
            SettingsAct::Appearance(appearance) => self.memory.appearance = appearance,
            SettingsAct::Contrast(contrast) => self.memory.contrast = contrast,
            SettingsAct::Zoom(zoom) => self.zoom(zoom),
            SettingsAct::EnterSends(sends) => self.memory.enter_sends = sends,
            SettingsAct::Notifications(wanted) => {
                self.memory.notifications = wanted;
                self.tell_where_one_looks();
            }
            SettingsAct::Reasoning(shown) => self.memory.reasoning = shown,
            SettingsAct::CopyOnSelect(on) => self.memory.copy_on_select = on,
            SettingsAct::OpenLog => {
                if let Some(log) = &self.log {
                    let log = log.display().to_string();
                    self.ask(Ask::Open(log));
                }
            }
            SettingsAct::Close => {
                self.forms.settings = None;
                self.forms.failure = None;
                self.end_typed_test();
            }
        }
    }

    fn hosts_act(&mut self, act: HostsAct) {
        match act {
            HostsAct::Test(id) => {
                if let Some(host) = self.hosts.hosts.get(&id).cloned() {
                    self.begin_test(host);
                }
            }
            HostsAct::CancelTest(id) => {
                if let Some((ticket, run)) = self.forms.tests.get_mut(&id) {
                    let ticket = *ticket;
                    run.outcome.get_or_insert_with(|| Err(cancelled()));
                    self.ask_quietly(Ask::StopTest(ticket));
                }
            }
            HostsAct::Change(change) => {
                self.forms.failure = None;
                let ticket = self.waiting.ticket(Pending::ChangeHosts);
                self.ask(Ask::EditHosts { ticket, change, is_new: false });
            }
            HostsAct::DropFailure => self.forms.failure = None,
            HostsAct::OpenFile => self.open_hosts_file(),
            HostsAct::Dialog(act) => self.host_dialog_act(act),
        }
    }

    /// Opens `hosts.toml` in an editor.
    pub(super) fn open_hosts_file(&mut self) {
        let path = self.setup.paths.hosts_toml().display().to_string();
        self.ask(Ask::Open(path));
    }

    pub(super) fn host_dialog_act(&mut self, act: HostDialogAct) {
        match act {
            HostDialogAct::ListAliases => self.ask_aliases(),
            HostDialogAct::ResolveAlias(name) => self.resolve_alias(name),
            HostDialogAct::CheckKey(path) => {
                self.ask_quietly(Ask::CheckKey(path));
            }
            HostDialogAct::ListDirectory(dir) => self.list_directory(dir),
            HostDialogAct::Test { host, agent } => {
                self.end_typed_test();
                let ticket = self.waiting.bare();
                let run = TestRun { with_agent: agent.is_some(), ..TestRun::default() };
                self.forms.typed_test = Some((ticket, run));
                self.ask(Ask::Test { ticket, host: Some(host), agent });
            }
            HostDialogAct::CancelTest => self.end_typed_test(),
            HostDialogAct::Save(host) => {
                let is_new = self.hosts.hosts.get(&host.id).is_none();
                self.forms.saved = Fetched::Pending;
                self.forms.saving = Some(host.id.clone());
                let ticket = self.waiting.ticket(Pending::SaveHost);
                self.ask(Ask::EditHosts { ticket, change: Change::Put(*host), is_new });
            }
            HostDialogAct::Close => {
                self.end_typed_test();
                self.forms.typed_test = None;
                let saved = std::mem::take(&mut self.forms.saved);
                let host = self.forms.saving.take().filter(|_| saved.ready().is_some());
                if std::mem::take(&mut self.forms.for_session) {
                    self.forms.settings = None;
                    self.choose_host_for_session(host);
                }
            }
        }
    }

    /// Reads the names of the ssh config; what is known stays until they come.
    pub(super) fn ask_aliases(&mut self) {
        if self.forms.aliases.ready().is_none() {
            self.forms.aliases = Fetched::Pending;
        }
        self.ask(Ask::Aliases);
    }

    pub(super) fn aliases(&self) -> &Fetched<Vec<AliasRow>> {
        &self.forms.aliases
    }

    /// A name of the ssh config is a host now.
    pub(super) fn mark_saved(&mut self, alias: &str, name: &str) {
        if let Fetched::Ready(rows) = &mut self.forms.aliases
            && let Some(row) = rows.iter_mut().find(|row| row.name == alias)
        {
            row.saved_as = Some(name.to_owned());
        }
    }

    pub(super) fn resolve_alias(&mut self, name: String) {
        let Fetched::Ready(rows) = &mut self.forms.aliases else { return };
        let wanted = rows.iter_mut().find(|row| row.name == name && row.resolved.is_missing());
        if let Some(row) = wanted {
            row.resolved = Fetched::Pending;
            self.ask(Ask::ResolveAlias(name));
        }
    }

    /// The names of the ssh config have come.
    pub(super) fn aliases_came(&mut self, names: Vec<String>) {
        let before = std::mem::take(&mut self.forms.aliases);
        let rows = names.into_iter().map(|name| {
            let known = before.ready().and_then(|rows| rows.iter().find(|row| row.name == name));
            AliasRow {
                resolved: known.map_or(Fetched::Missing, |row| row.resolved.clone()),
                saved_as: saved_as(&self.hosts.hosts, &name),
                name,
            }
        });
        self.forms.aliases = Fetched::Ready(rows.collect());
    }

    /// Hosts have changed, and with them which names of the ssh config are one.
    pub(super) fn mark_all_saved(&mut self) {
        if let Fetched::Ready(rows) = &mut self.forms.aliases {
            for row in rows {
                row.saved_as = saved_as(&self.hosts.hosts, &row.name);
            }
        }
    }

    pub(super) fn alias_came(
        &mut self,
        name: &str,
        resolved: Result<Box<orchestrator::ssh_config::Resolved>, Failure>,
    ) {
        if let Fetched::Ready(rows) = &mut self.forms.aliases
            && let Some(row) = rows.iter_mut().find(|row| row.name == name)
        {
            row.resolved = resolved.map(|resolved| *resolved).into();
        }
    }

    pub(super) fn key_came(&mut self, path: String, readable: bool) {
        self.forms.keys.insert(path, readable);
    }

    /// Lists a local directory, for a picker.
    pub(super) fn list_directory(&mut self, dir: PathBuf) {
        self.forms.listed = Some(dir.clone());
        self.forms.files = Fetched::Pending;
        self.forms.files_version += 1;
        self.ask(Ask::ListDirectory(dir));
    }

    pub(super) fn listed(&mut self, dir: &PathBuf, answer: Result<Vec<LocalFile>, Failure>) {
        if self.forms.listed.as_ref() != Some(dir) {
            return;
        }
        let rows = answer.map(|files| {
            let row = |file: LocalFile| FileRow {
                path: dir.join(&file.name),
                name: file.name,
                directory: file.is_dir,
            };
            files.into_iter().map(row).collect()
        });
        self.forms.files = rows.into();
        self.forms.files_version += 1;
    }

    fn end_typed_test(&mut self) {
        if let Some((ticket, run)) = &mut self.forms.typed_test
            && run.is_running()
        {
            run.outcome = Some(Err(cancelled()));
            let ticket = *ticket;
            self.ask_quietly(Ask::StopTest(ticket));
        }
    }

    /// A test has gone on.
    pub(super) fn test_came(&mut self, ticket: Ticket, what: TestNews) {
        let typed = self.forms.typed_test.iter_mut().map(|(of, run)| (of, run));
        let saved = self.forms.tests.values_mut().map(|(of, run)| (of, run));
        let Some((_, run)) = typed.chain(saved).find(|(of, _)| **of == ticket) else { return };
        if !run.is_running() {
            return;
        }
        match what {
            TestNews::Began(stage) => run.began = Some(stage),
            TestNews::Ended(stage) => run.stages.push(stage),
            TestNews::Report(report) => run.outcome = Some(Ok(*report)),
            TestNews::Failed(failure) => run.outcome = Some(Err(failure)),
        }
    }

    /// What became of a change of `hosts.toml`.
    pub(super) fn hosts_edited(&mut self, pending: Pending, answer: Result<(), Failure>) {
        match (pending, answer) {
            (Pending::SaveHost, answer) => self.forms.saved = answer.into(),
            (Pending::AddAlias { alias, host }, answer) => self.alias_added(alias, *host, answer),
            (_, Ok(())) => {}
            (_, Err(failure)) => self.forms.failure = Some(failure),
        }
    }
}

fn cancelled() -> Failure {
    Failure::new(orchestrator::failure::Code::Cancelled, "the test was ended")
}

/// The host that goes by a name of the ssh config.
/// A host that was typed and never saved, as it would be saved: errors call it as it was typed, sessions by its reference.
fn unsaved(host: &str) -> Option<HostConfig> {
    let typed = host.strip_prefix("ssh://").unwrap_or(host);
    match recall(&format!("ssh://{typed}"), &Hosts::default()).ok()? {
        ResolvedHost::AdHoc(AdHoc { typed, user, host, port }) => {
            let id = HostId::new(typed);
            Some(HostConfig { user, port, ..HostConfig::new(id, host.clone(), host) })
        }
        ResolvedHost::Local | ResolvedHost::Saved(_) => None,
    }
}

fn saved_as(hosts: &Hosts, alias: &str) -> Option<String> {
    let goes_by = |host: &&HostConfig| match &host.ssh_config {
        Some(name) => name == alias,
        None => host.host == alias && host.port.is_none(),
    };
    hosts.hosts.iter().find(goes_by).map(|host| host.name.clone())
}
