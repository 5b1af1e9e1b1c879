//! SSH Remote Execution: where the agent runs.

use egui::text::LayoutJob;
use egui::{ComboBox, Label, RichText, TextFormat, Ui};
use lucide_icons::Icon;
use orchestrator::host::Hosts;

use super::form::{Chosen, LOCAL, host_of};
use crate::theme::{Theme, size, space, strong};
use crate::view::settings::address;
use crate::widget::{fault, icon, labelled, picked, plain};

/// What the host is called.
pub(super) fn name(host: &str, hosts: &Hosts) -> String {
    match host_of(host, hosts) {
        Chosen::Local => "this machine".to_owned(),
        Chosen::Saved(host) => plain(&host.name).into_owned(),
        Chosen::Unknown => plain(host).into_owned(),
    }
}

fn words(host: &str, hosts: &Hosts) -> String {
    match host_of(host, hosts) {
        Chosen::Local => "Local Execution".to_owned(),
        Chosen::Saved(host) => format!("{} ({})", plain(&host.name), address(host)),
        Chosen::Unknown => plain(host).into_owned(),
    }
}

/// The list of hosts and what the choice means. Says whether a host is to be added.
pub(super) fn place(ui: &mut Ui, chosen: &mut String, hosts: &Hosts, wrong: Option<&str>) -> bool {
    let theme = Theme::get(ui.ctx());
    let mut add = false;
    labelled(ui, "SSH Remote Execution", |ui| {
        ComboBox::from_id_salt("ssh remote execution")
            .selected_text(words(chosen, hosts))
            .width(ui.available_width())
            .height(320.0)
            .show_ui(ui, |ui| {
                let here = RichText::new(words(LOCAL, hosts)).color(theme.text);
                let here = ui.selectable_label(chosen == LOCAL, here);
                if picked(ui, &here) {
                    LOCAL.clone_into(chosen);
                }
                for host in &hosts.hosts {
                    let id = host.id.as_str();
                    let is_default = hosts.default.as_ref() == Some(&host.id);
                    let mut text = words(id, hosts);
                    if is_default {
                        text.push_str("  ·  Default");
                    }
                    if !host.enabled {
                        text.push_str("  ·  disabled in settings");
                    }
                    let colour = if host.enabled { theme.text } else { theme.muted };
                    let text = RichText::new(text).color(colour);
                    let button = egui::Button::selectable(chosen == id, text);
                    let entry = ui.add_enabled(host.enabled, button);
                    if picked(ui, &entry) {
                        id.clone_into(chosen);
                    }
                }
                ui.separator();
                let entry = ui.selectable_label(false, "Add SSH Remote…");
                add = picked(ui, &entry);
            })
            .response
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        let here = chosen.as_str() == LOCAL;
        let colour = match (here, wrong) {
            (_, Some(_)) => theme.bad,
            (true, None) => theme.muted,
            (false, None) => theme.good,
        };
        icon(ui, if here { Icon::Monitor } else { Icon::Cloud }, colour);
        if here {
            ui.label(RichText::new("Agent will run on this machine").color(colour));
            return;
        }
        let plain_font = egui::FontId::proportional(size::BODY);
        let mut job = LayoutJob::default();
        job.append("Agent will run on ", 0.0, TextFormat::simple(plain_font, colour));
        let bold = TextFormat::simple(strong(size::BODY), colour);
        job.append(&name(chosen, hosts), 0.0, bold);
        ui.add(Label::new(job).truncate());
    });
    if let Some(wrong) = wrong {
        fault(ui, wrong);
    }
    ui.add_space(space::XS);
    add
}
