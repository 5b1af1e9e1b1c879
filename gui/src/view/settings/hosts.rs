//! The page of hosts.

use std::collections::BTreeMap;
use std::path::Path;

use egui::{CornerRadius, Frame, Label, Margin, RichText, Stroke, Ui, vec2};
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::host::{Change, HostConfig, HostId, HostsView};

use super::host_dialog::{ConnectForm, HostDialogAct, HostDialogView};
use super::row::address;
use super::test_run::{TestRun, result_line, stage_list};
use crate::theme::{Theme, radius, size, space, strong};
use crate::view::confirm::{ConfirmAct, ConfirmData, ConfirmView};
use crate::widget::{
    Kind, button, dashed_button, empty, failure_card, icon_button, icon_button_enabled, note, pill,
    plain,
};

/// What the page shows.
#[derive(Clone, Copy)]
pub struct HostsData<'a> {
    /// The hosts in force, and what is wrong with the file.
    pub view: &'a HostsView,
    /// Where `hosts.toml` is.
    pub path: &'a Path,
    /// Why single hosts can't be used now, such as a blocked connection.
    pub faults: &'a BTreeMap<HostId, Failure>,
    /// Tests of saved hosts.
    pub tests: &'a BTreeMap<HostId, TestRun>,
    /// The names of the sessions that use a host; asked when it is to be deleted.
    pub sessions_of: &'a dyn Fn(&HostId) -> Vec<String>,
    /// Why the last change of the list wasn't made.
    pub failure: Option<&'a Failure>,
    /// For the dialog that adds and edits.
    pub form: ConnectForm<'a>,
}

/// What a person wants of the page.
#[derive(Clone, Debug, PartialEq)]
pub enum HostsAct {
    /// Test a saved host.
    Test(HostId),
    /// End its test.
    CancelTest(HostId),
    /// Change `hosts.toml`: the default, enabled or not, removed. A failure is [`HostsData::failure`].
    Change(Change),
    /// Forget [`HostsData::failure`].
    DropFailure,
    /// Open `hosts.toml` with what the desktop has for it.
    OpenFile,
    /// Of the dialog; its `Close` has closed it already.
    Dialog(HostDialogAct),
}

/// What is open on the page.
#[derive(Debug, Default)]
pub(super) struct HostsPage {
    dialog: Option<HostDialogView>,
    removing: Option<Removing>,
}

#[derive(Debug)]
struct Removing {
    id: HostId,
    name: String,
    sessions: Vec<String>,
    confirm: ConfirmView,
}

impl HostsPage {
    pub(super) fn add(&mut self, dialog: HostDialogView) {
        self.dialog = Some(dialog);
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, data: &HostsData<'_>) -> Vec<HostsAct> {
        let mut acts = Vec::new();
        ui.spacing_mut().item_spacing.y = space::S;
        ui.label(RichText::new("SSH Remote Hosts").font(strong(size::HEADING)));
        note(
            ui,
            "Machines that agents can run on. They need sshd, a shell and the agent: nothing of Baton is installed there.",
        );
        if let Some(failure) = &data.view.fault {
            failure_card(ui, failure, |ui| {
                if button(ui, Kind::Plain, "Open the file").clicked() {
                    acts.push(HostsAct::OpenFile);
                }
                note(
                    ui,
                    &format!(
                        "{} isn't in force as it is: the last good one is.",
                        data.path.display()
                    ),
                );
            });
        }
        if let Some(failure) = data.failure {
            failure_card(ui, failure, |ui| {
                if button(ui, Kind::Plain, "Dismiss").clicked() {
                    acts.push(HostsAct::DropFailure);
                }
            });
        }
        let hosts = &data.view.hosts;
        if hosts.hosts.is_empty() {
            self.nothing(ui, data, &mut acts);
        }
        for host in &hosts.hosts {
            let is_default = hosts.default.as_ref() == Some(&host.id);
            self.row(ui, data, host, is_default, &mut acts);
        }
        if dashed_button(ui, Icon::Plus, "Add SSH Remote").clicked() {
            self.dialog = Some(HostDialogView::add());
        }
        self.remove(ui.ctx(), &mut acts);
        self.dialog(ui.ctx(), data, &mut acts);
        acts
    }

    fn nothing(&mut self, ui: &mut Ui, data: &HostsData<'_>, acts: &mut Vec<HostsAct>) {
        empty(
            ui,
            Icon::Server,
            "No machines yet",
            "Each one that you add stands here, with a test and a switch.",
        );
        if data.form.aliases.is_missing() {
            acts.push(HostsAct::Dialog(HostDialogAct::ListAliases));
        }
        let place = vec2(ui.available_width(), ui.spacing().interact_size.y);
        let centre = egui::Layout::top_down(egui::Align::Center);
        // Its place is kept while it isn't known: what stands below must not slip away under the pointer.
        ui.allocate_ui_with_layout(place, centre, |ui| {
            ui.set_min_height(place.y);
            let found = data.form.aliases.ready().map_or(0, Vec::len);
            if found > 0 {
                let noun = if found == 1 { "host" } else { "hosts" };
                let words = format!("Import from SSH Config ({found} {noun} found)");
                if button(ui, Kind::Primary, &words).clicked() {
                    self.dialog = Some(HostDialogView::choose());
                }
            }
        });
        ui.add_space(space::L);
    }

    fn row(
        &mut self,
        ui: &mut Ui,
        data: &HostsData<'_>,
        host: &HostConfig,
        is_default: bool,
        acts: &mut Vec<HostsAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        // Of one width: what is in the cards stands below each other.
        let stroke = Stroke::new(1.0, if is_default { theme.accent } else { theme.line });
        let test = data.tests.get(&host.id);
        let frame = Frame::new()
            .fill(theme.window)
            .stroke(stroke)
            .corner_radius(CornerRadius::same(radius::LARGE))
            .inner_margin(Margin { left: 12, right: 8, top: 8, bottom: 8 });
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    self.controls(ui, data, host, is_default, test, acts);
                    ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                        words(ui, data, host, is_default);
                    });
                });
            });
            if let Some(test) = test {
                ui.add_space(space::XS);
                if test.is_running() {
                    stage_list(ui, test);
                    if button(ui, Kind::Plain, "Cancel test").clicked() {
                        acts.push(HostsAct::CancelTest(host.id.clone()));
                    }
                }
                result_line(ui, test);
            }
        });
    }

    /// From right to left.
    fn controls(
        &mut self,
        ui: &mut Ui,
        data: &HostsData<'_>,
        host: &HostConfig,
        is_default: bool,
        test: Option<&TestRun>,
        acts: &mut Vec<HostsAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        ui.spacing_mut().item_spacing.x = space::XS;
        let name = plain(&host.name);
        let delete = format!("Delete {name}");
        if icon_button_enabled(ui, true, Icon::Trash2, &delete, Some(theme.bad)).clicked() {
            self.removing = Some(Removing {
                id: host.id.clone(),
                name: name.clone().into_owned(),
                sessions: (data.sessions_of)(&host.id),
                confirm: ConfirmView::default(),
            });
        }
        if icon_button(ui, Icon::Pencil, &format!("Edit {name}")).clicked() {
            self.dialog = Some(HostDialogView::edit(host));
        }
        let (words, colour) = match is_default {
            true => (format!("{name} is the default: clear it"), Some(theme.accent)),
            false => (format!("Set {name} as default"), None),
        };
        if icon_button_enabled(ui, true, Icon::Check, &words, colour).clicked() {
            let id = (!is_default).then(|| host.id.clone());
            acts.push(HostsAct::Change(Change::Default(id)));
        }
        let running = test.is_some_and(TestRun::is_running);
        let words = if running { format!("{name} is tested") } else { format!("Test {name}") };
        if icon_button_enabled(ui, !running, Icon::Wifi, &words, None).clicked() {
            acts.push(HostsAct::Test(host.id.clone()));
        }
        let mut enabled = host.enabled;
        let switch = ui.checkbox(&mut enabled, "Enabled");
        let label = format!("{name} enabled");
        switch.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::CheckBox, true, enabled, &label)
        });
        if switch.changed() {
            let changed = HostConfig { enabled, ..host.clone() };
            acts.push(HostsAct::Change(Change::Put(changed)));
        }
        ui.add_space(space::S);
    }

    fn remove(&mut self, ctx: &egui::Context, acts: &mut Vec<HostsAct>) {
        let Some(removing) = &mut self.removing else { return };
        let heading = format!("Delete {}?", removing.name);
        let what = match removing.sessions.len() {
            0 => {
                "No session uses it. Its entry is taken out of hosts.toml; nothing changes on the machine."
            }
            1 => {
                "Its entry is taken out of hosts.toml. This session uses it, stays here, and will refuse to run:"
            }
            _ => {
                "Its entry is taken out of hosts.toml. These sessions use it, stay here, and will refuse to run:"
            }
        };
        let data = ConfirmData {
            heading: &heading,
            what,
            names: &removing.sessions,
            act: "Delete host",
            keep: "Keep it",
        };
        match removing.confirm.ui(ctx, &data).first() {
            Some(ConfirmAct::Do) => {
                acts.push(HostsAct::Change(Change::Remove(removing.id.clone())));
                self.removing = None;
            }
            Some(ConfirmAct::Keep) => self.removing = None,
            None => {}
        }
    }

    fn dialog(&mut self, ctx: &egui::Context, data: &HostsData<'_>, acts: &mut Vec<HostsAct>) {
        let Some(dialog) = &mut self.dialog else { return };
        let came = dialog.ui(ctx, &data.form);
        if came.contains(&HostDialogAct::Close) {
            self.dialog = None;
        }
        acts.extend(came.into_iter().map(HostsAct::Dialog));
    }
}

/// Name, address and badges.
fn words(ui: &mut Ui, data: &HostsData<'_>, host: &HostConfig, is_default: bool) {
    let theme = Theme::get(ui.ctx());
    ui.spacing_mut().item_spacing = egui::vec2(space::S, 2.0);
    ui.spacing_mut().interact_size.y = 18.0;
    ui.horizontal(|ui| {
        let colour = if host.enabled { theme.text } else { theme.muted };
        let badges = 108.0 * f32::from(u8::from(is_default) + u8::from(!host.enabled));
        let badges = badges + if data.faults.contains_key(&host.id) { 110.0 } else { 0.0 };
        ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - badges).max(60.0));
            let name = plain(&host.name);
            let text = RichText::new(name.as_ref()).font(strong(size::BODY)).color(colour);
            ui.add(Label::new(text).truncate()).on_hover_text(name.as_ref());
        });
        if is_default {
            pill(ui, Some(Icon::Check), "Default", theme.accent);
        }
        if !host.enabled {
            pill(ui, Some(Icon::Ban), "Disabled", theme.muted);
        }
        if let Some(failure) = data.faults.get(&host.id) {
            let hint = failure.hint.as_deref().unwrap_or_default();
            pill(ui, Some(Icon::TriangleAlert), &plain(&failure.message), theme.bad)
                .on_hover_text(format!("{}\n{}", plain(&failure.message), plain(hint)));
        }
    });
    let address = address(host);
    let text = RichText::new(&address).size(size::SMALL).color(theme.muted);
    ui.add(Label::new(text).truncate()).on_hover_text(&address);
}

#[cfg(test)]
#[path = "hosts_tests.rs"]
mod tests;
