//! What the middle shows while no session is chosen.

use egui::{Label, RichText, Sense, Stroke, Ui, WidgetInfo};
use jiff::Timestamp;
use lucide_icons::Icon;
use orchestrator::host::HostConfig;
use orchestrator::seam::{Session, SessionId};

use crate::commands::{WindowCommand, entry};
use crate::theme::{Theme, size, space, strong};
use crate::view::places::{agent_words, host_name};
use crate::widget::{Kind, Status, button, dot, icon_sized, section};
use crate::words::{ago, clean_line};

/// What the start page shows.
#[derive(Clone, Copy, Debug)]
pub struct StartPageData<'a> {
    /// Now.
    pub now: Timestamp,
    /// The sessions that were used last, a handful, with how they stand and when something happened there.
    pub recent: &'a [(&'a Session, Status, Timestamp)],
    /// Whether there are any sessions.
    pub any_sessions: bool,
    /// Hosts, for their names.
    pub hosts: &'a [HostConfig],
}

/// What a person wants of the start page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartPageAct {
    /// Do this.
    Command(WindowCommand),
    /// Show this session.
    Open(SessionId),
}

/// The start page; it has no state of its own.
#[derive(Debug, Default)]
pub struct StartPageView;

impl StartPageView {
    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, data: &StartPageData<'_>) -> Vec<StartPageAct> {
        let mut acts = Vec::new();
        let theme = Theme::get(ui.ctx());
        let width = ui.available_width().min(460.0);
        let side = (ui.available_width() - width) / 2.0;
        ui.add_space((ui.available_height() * 0.16).min(120.0));
        ui.horizontal_top(|ui| {
            ui.add_space(side);
            ui.vertical(|ui| {
                ui.set_width(width);
                let (heading, words) = if data.any_sessions {
                    ("Pick up where you left off", "Choose a session, or start another one.")
                } else {
                    (
                        "Start an agent on any of your machines",
                        "Over plain SSH, with nothing to install there but the agent.",
                    )
                };
                ui.add(Label::new(RichText::new(heading).font(strong(size::TITLE))).wrap());
                ui.add(Label::new(RichText::new(words).color(theme.muted)).wrap());
                ui.add_space(space::L);
                ui.horizontal(|ui| {
                    if button(ui, Kind::Primary, "New session…").clicked() {
                        acts.push(StartPageAct::Command(WindowCommand::NewSession));
                    }
                    if button(ui, Kind::Plain, "Add SSH remote").clicked() {
                        acts.push(StartPageAct::Command(WindowCommand::AddHost));
                    }
                });
                if !data.recent.is_empty() {
                    ui.add_space(space::XL);
                    section(ui, "Recent");
                    for (session, status, at) in data.recent {
                        if recent(ui, session, *status, *at, data) {
                            acts.push(StartPageAct::Open(session.id.clone()));
                        }
                    }
                }
                ui.add_space(space::XL);
                let offered = [
                    (WindowCommand::Palette, Icon::Command),
                    (WindowCommand::Help, Icon::Keyboard),
                    (WindowCommand::Settings, Icon::Settings),
                ];
                for (command, icon) in offered {
                    if shortcut(ui, command, icon) {
                        acts.push(StartPageAct::Command(command));
                    }
                }
            });
        });
        acts
    }
}

fn recent(
    ui: &mut Ui,
    session: &Session,
    status: Status,
    at: Timestamp,
    data: &StartPageData<'_>,
) -> bool {
    let theme = Theme::get(ui.ctx());
    let name = clean_line(&session.name);
    let agent = agent_words(&clean_line(&session.agent), &session.host);
    let host = clean_line(host_name(data.hosts, &session.host));
    let about = format!("{agent} on {host}");
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        dot(ui, status);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.weak(ago(at, data.now));
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let text = RichText::new(&name).color(theme.text);
                let row = ui.scope(|ui| {
                    // The rest of the line is for what it is.
                    ui.set_max_width(ui.available_width() * 0.55);
                    ui.add(Label::new(text).truncate().selectable(false).sense(Sense::click()))
                });
                let row = row.inner.on_hover_cursor(egui::CursorIcon::PointingHand);
                row.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
                if row.hovered() || row.has_focus() {
                    let line = Stroke::new(1.0, theme.link);
                    ui.painter().hline(row.rect.x_range(), row.rect.bottom(), line);
                }
                let text = RichText::new(&about).color(theme.muted);
                ui.add(Label::new(text).truncate().selectable(false)).on_hover_text(&about);
                row.clicked()
            })
            .inner
        })
        .inner
    })
    .inner
}

fn shortcut(ui: &mut Ui, command: WindowCommand, icon: Icon) -> bool {
    let Some(entry) = entry(command) else { return false };
    let theme = Theme::get(ui.ctx());
    ui.horizontal(|ui| {
        icon_sized(ui, icon, size::ICON, theme.muted);
        let link = ui.add(egui::Link::new(RichText::new(entry.name).color(theme.muted)));
        link.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, entry.name));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let keys = entry.keys(ui.ctx().os().is_mac()).unwrap_or_default();
            let text = RichText::new(keys).monospace().size(size::SMALL).color(theme.muted);
            ui.add(Label::new(text).selectable(false));
        });
        link.clicked()
    })
    .inner
}

#[cfg(test)]
#[path = "start_page_tests.rs"]
mod tests;
