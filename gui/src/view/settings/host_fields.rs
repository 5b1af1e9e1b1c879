//! The fields of the dialog of a host.

use egui::{CollapsingHeader, RichText, Ui};
use lucide_icons::Icon;
use orchestrator::host::{Fault, TransportKind};
use orchestrator::ssh_config::Resolved;

use super::host_dialog::{ConnectForm, HostDialogAct, HostDialogView};
use super::import::{AliasRow, summary};
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space};
use crate::view::file_picker::FilePickerView;
use crate::widget::{Field, choice, field, icon, icon_button, note, plain, section};

impl HostDialogView {
    /// The list to import from, or the chip of what was imported.
    pub(super) fn alias(
        &mut self,
        ui: &mut Ui,
        data: &ConnectForm<'_>,
        acts: &mut Vec<HostDialogAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let Some(alias) = self.form.alias.clone() else {
            let came = self.import.ui(ui, data.aliases);
            if came.list {
                acts.push(HostDialogAct::ListAliases);
            }
            if let Some(alias) = came.chosen {
                self.form.take_alias(&alias);
            } else if let Some(alias) = came.resolve {
                acts.push(HostDialogAct::ResolveAlias(alias));
            }
            return;
        };
        if data.aliases.is_missing() {
            acts.push(HostDialogAct::ListAliases);
        }
        let row = row_of(data, &alias);
        if row.is_some_and(|row| row.resolved.is_missing()) {
            acts.push(HostDialogAct::ResolveAlias(alias.clone()));
        }
        egui::Frame::new()
            .fill(theme.tint(theme.accent))
            .stroke(egui::Stroke::new(1.0, theme.rim(theme.accent)))
            .corner_radius(egui::CornerRadius::same(crate::theme::radius::SMALL))
            .inner_margin(egui::Margin { left: 10, right: 4, top: 2, bottom: 2 })
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| {
                    icon(ui, Icon::FileText, theme.accent);
                    ui.label(format!("Using SSH Config: {}", plain(&alias)));
                    let words = match row.map(|row| &row.resolved) {
                        Some(Fetched::Ready(resolved)) => summary(resolved),
                        Some(Fetched::Failed(failure)) => plain(&failure.message).into_owned(),
                        Some(Fetched::Missing | Fetched::Pending) => "…".to_owned(),
                        None => String::new(),
                    };
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        let name = "Stop using SSH Config: fill in the fields yourself";
                        if icon_button(ui, Icon::X, name).clicked() {
                            let resolved = row.and_then(|row| row.resolved.ready());
                            self.form.drop_alias(resolved);
                        }
                        let words = RichText::new(words).size(size::SMALL).color(theme.muted);
                        ui.add(egui::Label::new(words).truncate());
                    });
                });
            });
    }

    pub(super) fn fields(
        &mut self,
        ui: &mut Ui,
        data: &ConnectForm<'_>,
        faults: &[Fault],
        acts: &mut Vec<HostDialogAct>,
    ) {
        let alias = self.form.alias.clone();
        let resolved = alias.as_ref().and_then(|alias| row_of(data, alias)?.resolved.ready());
        let hints = Hints::of(resolved);
        let optional = alias.is_some();
        let is_tried = self.is_tried;
        let wrong = |key: &str, text: &str| {
            let found = faults.iter().find(|fault| fault.field == key)?;
            // What is required is no fault before somebody tried without it.
            (is_tried || !text.is_empty()).then_some(found.message.as_str())
        };
        let wide = ui.available_width();
        ui.horizontal_top(|ui| {
            part(ui, (wide - space::S) * 0.5, |ui| {
                let fault = wrong("name", &self.form.name);
                let shown = Field { label: "Name*", hint: "GPU box", fault, ..Field::default() };
                let response = field(ui, "host name", shown, &mut self.form.name);
                if !self.is_begun {
                    self.is_begun = true;
                    response.request_focus();
                }
            });
            part(ui, ui.available_width(), |ui| {
                let text = alias.clone().unwrap_or_else(|| self.form.host.clone());
                let fault = wrong("host", &text).or_else(|| wrong("ssh_config", &text));
                let (label, hint) = ("Host*", "gpu.example.org or 192.168.1.20");
                let shown = Field { label, hint, fault, locked: optional, ..Field::default() };
                field(ui, "host host", shown, &mut self.form.host).on_disabled_hover_text(
                    "The SSH config decides the address: × above switches back",
                );
            });
        });
        ui.horizontal_top(|ui| {
            part(ui, (wide - space::S) * 0.5, |ui| {
                let fault = wrong("user", &self.form.user);
                // What an SSH config may fill in is marked so; without one an empty field is what its hint says.
                let label = if optional { "Username (optional)" } else { "Username" };
                let shown = Field { label, hint: &hints.user, fault, ..Field::default() };
                field(ui, "host user", shown, &mut self.form.user);
            });
            part(ui, ui.available_width(), |ui| {
                let fault = wrong("port", &self.form.port);
                let label = if optional { "Port (optional)" } else { "Port" };
                let shown = Field { label, hint: &hints.port, fault, ..Field::default() };
                field(ui, "host port", shown, &mut self.form.port);
            });
        });
        ui.horizontal_top(|ui| {
            part(ui, ui.available_width() - size::ICON_BUTTON - space::S, |ui| {
                let fault = wrong("identity_file", &self.form.identity_file);
                let label =
                    if optional { "Private Key Path (optional)" } else { "Private Key Path" };
                let shown = Field { label, hint: &hints.key, fault, ..Field::default() };
                field(ui, "host key", shown, &mut self.form.identity_file);
            });
            ui.vertical(|ui| {
                ui.add_space(size::SMALL + space::S);
                if icon_button(ui, Icon::FolderOpen, "Choose a private key").clicked() {
                    self.picker = Some(FilePickerView::new(&data.home.join(".ssh")));
                }
            });
        });
        // A key may have been made meanwhile: whoever comes back to the window has it looked at again.
        let is_back =
            |input: &egui::InputState| input.events.contains(&egui::Event::WindowFocused(true));
        if ui.input(is_back) {
            self.checked = None;
        }
        let key = self.form.identity_file.trim();
        if !key.is_empty() && self.checked.as_deref() != Some(key) {
            self.checked = Some(key.to_owned());
            acts.push(HostDialogAct::CheckKey(key.to_owned()));
        }
        let dir_fault = wrong("remote_dir", &self.form.remote_dir);
        let shown = Field {
            label: "Remote Working Directory (optional)",
            hint: "~/work: where new sessions start",
            fault: dir_fault,
            ..Field::default()
        };
        field(ui, "host dir", shown, &mut self.form.remote_dir);
        ui.add_space(space::XS);
        section(ui, "Environment Variables (optional)");
        self.form.env.ui(ui, "host env");
        ui.checkbox(&mut self.form.enabled, "Enabled")
            .on_hover_text("A host that is switched off stays here and refuses to run anything");
        self.advanced(ui);
    }

    fn advanced(&mut self, ui: &mut Ui) {
        CollapsingHeader::new("Advanced").id_salt("host advanced").show(ui, |ui| {
            let options = [
                (TransportKind::Openssh, "OpenSSH: this machine's ssh, with all of its config".into()),
                (TransportKind::Native, "Built-in: for where there is no ssh".into()),
            ];
            choice(ui, "transport", "Transport", &mut self.form.transport, &options);
            if self.form.transport == TransportKind::Native {
                note(
                    ui,
                    "The built-in client knows no ProxyCommand and no certificates: a host that needs them is refused.",
                );
            }
        });
    }
}

/// What is inherited, as the hints of empty fields.
struct Hints {
    user: String,
    port: String,
    key: String,
}

impl Hints {
    fn of(resolved: Option<&Resolved>) -> Self {
        let Some(resolved) = resolved else {
            let user = "your account's name there".to_owned();
            return Self { user, port: "22".into(), key: "ssh's own choice".into() };
        };
        let key = resolved.identity_files.first().map(|key| plain(key).into_owned());
        Self {
            user: plain(&resolved.user).into_owned(),
            port: resolved.port.to_string(),
            key: key.unwrap_or_else(|| "ssh's own choice".into()),
        }
    }
}

fn row_of<'a>(data: &ConnectForm<'a>, alias: &str) -> Option<&'a AliasRow> {
    data.aliases.ready()?.iter().find(|row| row.name == alias)
}

/// A column of that width.
fn part(ui: &mut Ui, width: f32, contents: impl FnOnce(&mut Ui)) {
    ui.vertical(|ui| {
        ui.set_width(width);
        contents(ui);
    });
}
