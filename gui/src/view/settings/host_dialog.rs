//! Adds a host, or edits one: import, fields, test, save.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use egui::{RichText, Ui};
use lucide_icons::Icon;
use orchestrator::host::{Fault, HostConfig, Hosts};

use super::host_form::HostForm;
use super::import::{AliasRow, ImportList};
use super::test_run::{TestRun, result_line, stage_list};
use crate::fetched::Fetched;
use crate::theme::{Theme, space};
use crate::view::confirm::{ConfirmView, leave};
use crate::view::file_picker::{
    FilePickerAct, FilePickerData, FilePickerView, FileRow, Picks, from_home,
};
use crate::widget::{
    FormShape, Kind, button, button_enabled, card, choice, failure_card, fault, form, icon, note,
    section,
};

/// What the dialog shows and checks with.
#[derive(Clone, Copy, Debug)]
pub struct ConnectForm<'a> {
    /// All hosts, for names that are taken.
    pub hosts: &'a Hosts,
    /// Names of the person's ssh config.
    pub aliases: &'a Fetched<Vec<AliasRow>>,
    /// The test of what is typed: the one that was asked for last; `None` before the first.
    pub test: Option<&'a TestRun>,
    /// Ids and names of agents that a test can look for.
    pub agents: &'a [(String, String)],
    /// Which private keys can be read, by their paths as typed.
    pub keys: &'a BTreeMap<String, bool>,
    /// What came of the last [`HostDialogAct::Save`]: `Pending` right after it. `Ready` closes the dialog.
    pub saved: &'a Fetched<()>,
    /// What `~` means here.
    pub home: &'a Path,
    /// Entries of the directory that was asked for last, for picking a key.
    pub files: &'a Fetched<Vec<FileRow>>,
    /// Changes whenever `files` do.
    pub files_version: u64,
}

/// What a person wants of the dialog.
#[derive(Clone, Debug, PartialEq)]
pub enum HostDialogAct {
    /// Read the names of the ssh config: [`ConnectForm::aliases`]. May come again until they are `Pending`.
    ListAliases,
    /// Ask `ssh -G` for this name: [`AliasRow::resolved`]. Sent one at a time; may come again until it is `Pending`.
    ResolveAlias(String),
    /// See whether this private key can be read: [`ConnectForm::keys`]. Comes again when the path is another one, and when the
    /// person comes back to the window.
    CheckKey(String),
    /// List this directory: [`ConnectForm::files`].
    ListDirectory(PathBuf),
    /// Test what is typed, and look for that agent: [`ConnectForm::test`] is a new run then.
    Test {
        /// As it would be saved.
        host: Box<HostConfig>,
        /// Its id.
        agent: Option<String>,
    },
    /// End the test that is under way.
    CancelTest,
    /// Put it into `hosts.toml`: [`ConnectForm::saved`].
    Save(Box<HostConfig>),
    /// Close the dialog; a test that is under way is to be ended.
    Close,
}

/// What is typed, and what was tested.
#[derive(Debug)]
pub struct HostDialogView {
    pub(super) form: HostForm,
    /// As it was when the dialog was opened.
    before: HostForm,
    pub(super) import: ImportList,
    agent: Option<String>,
    /// What the last test was of.
    tested: Option<(HostForm, Option<String>)>,
    /// The test is to be brought into view: it begins, or it is over.
    look_at_test: bool,
    was_running: bool,
    /// Fields that were left once, or everything: an empty form isn't full of faults.
    pub(super) is_tried: bool,
    is_sent: bool,
    /// Whether a failure to save is one of this dialog.
    was_sent: bool,
    pub(super) is_begun: bool,
    leaving: Option<ConfirmView>,
    pub(super) picker: Option<FilePickerView>,
    /// The key that was asked about last; what was known of it before may be of another day.
    pub(super) checked: Option<String>,
}

impl HostDialogView {
    /// For a new host.
    pub fn add() -> Self {
        Self::with(HostForm::default())
    }

    /// For a new host, with the list of the ssh config's names open.
    pub fn choose() -> Self {
        Self { import: ImportList::opened(), ..Self::add() }
    }

    /// For a new host that goes by an alias of the ssh config.
    pub fn import(alias: &str) -> Self {
        let mut form = HostForm::default();
        form.take_alias(alias);
        Self { form, ..Self::add() }
    }

    /// For a new host with these fields, which a person hasn't saved.
    pub fn fill_in(host: &HostConfig) -> Self {
        Self::with(HostForm { id: None, ..HostForm::of(host) })
    }

    /// The same with the test of them under way: [`HostDialogAct::Test`] was asked with the dialog.
    pub fn testing(host: &HostConfig) -> Self {
        let view = Self::fill_in(host);
        let tested = Some((view.form.clone(), None));
        Self { tested, look_at_test: true, ..view }
    }

    /// For a saved one.
    pub fn edit(host: &HostConfig) -> Self {
        Self { is_tried: true, ..Self::with(HostForm::of(host)) }
    }

    fn with(form: HostForm) -> Self {
        Self {
            before: form.clone(),
            form,
            import: ImportList::default(),
            agent: None,
            tested: None,
            look_at_test: false,
            was_running: false,
            is_tried: false,
            is_sent: false,
            was_sent: false,
            is_begun: false,
            leaving: None,
            picker: None,
            checked: None,
        }
    }

    /// Shows it over everything else.
    pub fn ui(&mut self, ctx: &egui::Context, data: &ConnectForm<'_>) -> Vec<HostDialogAct> {
        let mut acts = Vec::new();
        if self.is_sent {
            match data.saved {
                Fetched::Ready(()) => return vec![HostDialogAct::Close],
                Fetched::Failed(_) => self.is_sent = false,
                Fetched::Missing | Fetched::Pending => {}
            }
        }
        let faults = self.form.faults(data.hosts, data.keys);
        let heading = match &self.form.id {
            None => "Add SSH Remote",
            Some(_) => "Edit SSH Remote",
        };
        let shape = FormShape { heading, width: 600.0, height: Some(560.0), scroll: true };
        let shown = form(
            ctx,
            "host dialog",
            shape,
            &mut (&mut *self, &mut acts),
            |(view, acts), ui| view.contents(ui, data, &faults, acts),
            |(view, acts), ui| view.buttons(ui, data, &faults, acts),
        );
        let wants_out = shown.close || shown.buttons;
        if wants_out && self.leaving.is_none() && self.picker.is_none() {
            if self.form == self.before {
                acts.push(HostDialogAct::Close);
            } else {
                self.leaving = Some(ConfirmView::default());
            }
        }
        self.leave(ctx, &mut acts);
        self.pick(ctx, data, &mut acts);
        acts
    }

    fn contents(
        &mut self,
        ui: &mut Ui,
        data: &ConnectForm<'_>,
        faults: &[Fault],
        acts: &mut Vec<HostDialogAct>,
    ) {
        ui.spacing_mut().item_spacing.y = space::S;
        if let (Some(failure), false) = (data.saved.failure(), self.is_sent)
            && self.was_sent
        {
            failure_card(ui, failure, |_| ());
        }
        self.alias(ui, data, acts);
        self.fields(ui, data, faults, acts);
        ui.add_space(space::XS);
        self.test(ui, data);
    }

    fn test(&mut self, ui: &mut Ui, data: &ConnectForm<'_>) {
        let running = self.tested.is_some() && data.test.is_some_and(TestRun::is_running);
        let is_other = self.was_running != running;
        self.was_running = running;
        let shown = card(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = space::S;
            section(ui, "Test Connection");
            let mut options = vec![(None, "No agent: the connection alone".to_owned())];
            let agents = data.agents.iter();
            options.extend(
                agents.map(|(id, name)| (Some(id.clone()), format!("Also look for {name}"))),
            );
            choice(ui, "test agent", "Agent", &mut self.agent, &options);
            let Some(run) = data.test.filter(|_| self.tested.is_some()) else {
                note(ui, "Tells each step of getting there, and the machine's own name.");
                return;
            };
            if self.is_outdated() {
                let theme = Theme::get(ui.ctx());
                ui.horizontal(|ui| {
                    icon(ui, Icon::Clock, theme.warn);
                    ui.label(RichText::new("Before your last change").color(theme.warn));
                });
            }
            stage_list(ui, run);
            result_line(ui, run);
        });
        if std::mem::take(&mut self.look_at_test) || is_other {
            shown.response.scroll_to_me(Some(egui::Align::BOTTOM));
        }
    }

    fn is_outdated(&self) -> bool {
        let tested = self.tested.as_ref();
        tested.is_some_and(|(form, agent)| *form != self.form || *agent != self.agent)
    }

    /// Whether Cancel was pressed.
    fn buttons(
        &mut self,
        ui: &mut Ui,
        data: &ConnectForm<'_>,
        faults: &[Fault],
        acts: &mut Vec<HostDialogAct>,
    ) -> bool {
        let why = faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("\n");
        let words = if self.is_sent { "Saving…" } else { "Save" };
        let can_save = faults.is_empty() && !self.is_sent;
        let save = button_enabled(ui, can_save, Kind::Primary, words).on_disabled_hover_text(&why);
        let is_asked = can_save
            && self.leaving.is_none()
            && self.picker.is_none()
            && ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::Enter));
        if save.on_hover_text("Ctrl+Enter").clicked() || is_asked {
            self.is_sent = true;
            self.was_sent = true;
            self.is_tried = true;
            acts.push(HostDialogAct::Save(Box::new(self.form.config(data.hosts))));
        }
        let cancel = button(ui, Kind::Plain, "Cancel").clicked();
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            let running = self.tested.is_some() && data.test.is_some_and(TestRun::is_running);
            if running {
                if button(ui, Kind::Plain, "Cancel test").clicked() {
                    acts.push(HostDialogAct::CancelTest);
                }
                return;
            }
            let test = button_enabled(ui, faults.is_empty(), Kind::Plain, "Test Connection");
            if test.on_disabled_hover_text(&why).clicked() {
                self.is_tried = true;
                self.tested = Some((self.form.clone(), self.agent.clone()));
                self.look_at_test = true;
                let host = Box::new(self.form.config(data.hosts));
                acts.push(HostDialogAct::Test { host, agent: self.agent.clone() });
            }
            if self.is_tried
                && let Some(first) = faults.first()
            {
                fault(ui, &first.message);
            }
        });
        cancel
    }

    /// Asks before what was typed is lost.
    fn leave(&mut self, ctx: &egui::Context, acts: &mut Vec<HostDialogAct>) {
        if leave(&mut self.leaving, ctx) {
            acts.push(HostDialogAct::Close);
        }
    }

    fn pick(&mut self, ctx: &egui::Context, data: &ConnectForm<'_>, acts: &mut Vec<HostDialogAct>) {
        let Some(picker) = &mut self.picker else { return };
        let shown = FilePickerData {
            heading: "Choose a private key",
            home: data.home,
            rows: data.files,
            version: data.files_version,
            picks: Picks::File,
        };
        for act in picker.ui(ctx, &shown) {
            match act {
                FilePickerAct::ListDirectory(directory) => {
                    acts.push(HostDialogAct::ListDirectory(directory));
                }
                FilePickerAct::Picked(key) => {
                    self.form.identity_file = from_home(&key, data.home);
                    self.picker = None;
                }
                FilePickerAct::Close => self.picker = None,
            }
        }
    }
}

#[cfg(test)]
#[path = "host_dialog_tests.rs"]
mod tests;
