//! The list of agents: those on the host first, missing ones with what installs them.

use egui::{CornerRadius, Frame, Label, Margin, RichText, Stroke, Ui, WidgetInfo};
use jiff::Timestamp;
use lucide_icons::Icon;
use orchestrator::seam::{KnownAgent, KnownAgents};

use super::view::NewSessionData;
use crate::fetched::Fetched;
use crate::theme::{Theme, radius, size, strong};
use crate::widget::{
    Kind, button, failure_card, glyph, icon_button_enabled, note, pill, plain, section, shell_line,
};

/// How an agent stands on a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Presence<'a> {
    /// It can work.
    There { version: Option<&'a str>, logged_in: Option<bool> },
    /// It is there, and can't.
    Broken(&'a str, Option<&'a str>),
    /// It isn't there.
    Missing,
    /// Nobody has looked.
    Unknown,
}

pub(super) fn presence(agent: &KnownAgent) -> Presence<'_> {
    let Some(there) = &agent.there else { return Presence::Unknown };
    match (&there.path, &there.failure) {
        (None, _) => Presence::Missing,
        (Some(_), Some(failure)) => Presence::Broken(&failure.message, failure.hint.as_deref()),
        (Some(_), None) => {
            Presence::There { version: there.version.as_deref(), logged_in: there.logged_in }
        }
    }
}

impl Presence<'_> {
    /// Whether a session can be made with it. Where nobody could look, it may be there.
    pub(super) fn can_work(self) -> bool {
        matches!(self, Self::There { .. } | Self::Unknown)
    }
}

/// Those that can work first, each part in its own order.
pub(super) fn ordered(known: &KnownAgents) -> Vec<&KnownAgent> {
    let mut agents: Vec<&KnownAgent> = known.agents.iter().collect();
    agents.sort_by_key(|agent| match presence(agent) {
        Presence::There { .. } => 0,
        Presence::Unknown => 1,
        Presence::Broken(..) => 2,
        Presence::Missing => 3,
    });
    agents
}

/// What is known of the agents of the chosen host, or at all.
pub(super) fn known<'a>(data: &NewSessionData<'a>) -> Option<&'a KnownAgents> {
    data.agents.ready().or_else(|| data.known.ready())
}

/// What a person did in the list.
#[derive(Debug, Default)]
pub(super) struct Picked {
    pub(super) agent: Option<String>,
    pub(super) refresh: bool,
}

/// The list. `place` is what the host is called.
pub(super) fn agents(
    ui: &mut Ui,
    data: &NewSessionData<'_>,
    chosen: Option<&str>,
    place: &str,
) -> Picked {
    let mut picked = Picked::default();
    ui.horizontal(|ui| {
        section(ui, "Agent");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let words = format!("Look again for agents on {place}");
            let idle = !data.agents.is_pending();
            picked.refresh = icon_button_enabled(ui, idle, Icon::RefreshCw, &words, None).clicked();
            let words = match data.agents {
                Fetched::Missing | Fetched::Pending => Some(format!("Looking on {place}…")),
                Fetched::Ready(known) => looked(known.looked_at, data.now),
                Fetched::Failed(_) => None,
            };
            if let Some(words) = words {
                note(ui, &words);
            }
        });
    });
    if let Some(failure) = data.agents.failure() {
        failure_card(ui, failure, |ui| {
            picked.refresh |= button(ui, Kind::Plain, "Try again").clicked();
        });
        note(ui, "The host couldn't be asked: choose what you know is there.");
    }
    let Some(known) = known(data) else { return picked };
    for agent in ordered(known) {
        if row(ui, agent, chosen == Some(agent.id.as_str())) {
            picked.agent = Some(agent.id.clone());
        }
    }
    for problem in &known.problems {
        failure_card(ui, problem, |_| ());
    }
    picked
}

fn looked(at: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let minutes = now.duration_since(at?).as_mins();
    Some(match minutes {
        ..1 => "looked just now".to_owned(),
        1..60 => format!("looked {minutes} min ago"),
        _ => format!("looked {} h ago", minutes / 60),
    })
}

/// Whether it was chosen.
fn row(ui: &mut Ui, agent: &KnownAgent, chosen: bool) -> bool {
    let theme = Theme::get(ui.ctx());
    let presence = presence(agent);
    let can_work = presence.can_work();
    let line = if chosen { theme.accent } else { theme.line };
    let fill = if chosen { theme.chosen } else { theme.window };
    let frame = Frame::new()
        .fill(fill)
        .stroke(Stroke::new(1.0, line))
        .corner_radius(CornerRadius::same(radius::SMALL))
        .inner_margin(Margin::symmetric(10, 4));
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let colour = if can_work { theme.text } else { theme.muted };
            let mark =
                glyph(Icon::Bot, size::ICON).color(if chosen { theme.accent } else { colour });
            ui.add(Label::new(mark).selectable(false));
            let name = RichText::new(plain(&agent.name)).font(strong(size::BODY)).color(colour);
            ui.add(Label::new(name).selectable(false));
            match presence {
                Presence::There { version, logged_in } => {
                    if let Some(version) = version {
                        let version = plain(version);
                        let words = RichText::new(version.as_ref()).size(size::SMALL);
                        ui.scope(|ui| {
                            ui.set_max_width((ui.available_width() - 120.0).max(40.0));
                            let words = words.color(theme.muted);
                            ui.add(Label::new(words).selectable(false).truncate());
                        });
                    }
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        match logged_in {
                            Some(true) => {
                                pill(ui, Some(Icon::Check), "logged in", theme.good);
                            }
                            Some(false) => {
                                pill(ui, Some(Icon::TriangleAlert), "not logged in", theme.warn)
                                    .on_hover_text(plain(&agent.login_hint));
                            }
                            None => {}
                        }
                    });
                }
                Presence::Broken(message, hint) => {
                    let words = plain(message);
                    pill(ui, Some(Icon::TriangleAlert), &words, theme.warn)
                        .on_hover_text(plain(hint.unwrap_or_default()));
                }
                Presence::Missing => {
                    note(ui, "not there");
                    if let Some(install) = &agent.install {
                        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                            ui.set_max_width((ui.available_width()).min(330.0));
                            shell_line(ui, &plain(install));
                        });
                    }
                }
                Presence::Unknown => {}
            }
        });
    });
    if !can_work {
        return false;
    }
    let id = egui::Id::unique(("agent", egui::util::hash(&agent.id)));
    let response = ui.interact(shown.response.rect, id, egui::Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(egui::Role::RadioButton, true, chosen, plain(&agent.name))
    });
    if response.has_focus() || response.hovered() {
        let rim =
            Stroke::new(1.0, if response.has_focus() { theme.accent } else { theme.line_strong });
        let corner = CornerRadius::same(radius::SMALL);
        ui.painter().rect_stroke(shown.response.rect, corner, rim, egui::StrokeKind::Inside);
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}
