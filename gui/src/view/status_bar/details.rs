//! All about one connection.

use egui::{RichText, Ui};
use orchestrator::seam::{ConnectionState, HostConnection};

use super::data::{StatusBarAct, StatusBarData};
use super::state::why;
use super::view::texts;
use crate::theme::{Theme, size, space, strong};
use crate::view::places::is_local;
use crate::widget::{Kind, button};
use crate::words::{ago, clean_lines, of_many, round_trip};

/// All about a connection.
pub(super) fn details(
    ui: &mut Ui,
    connection: &HostConnection,
    data: &StatusBarData<'_>,
    acts: &mut Vec<StatusBarAct>,
) {
    let theme = Theme::get(ui.ctx());
    ui.set_width(360.0);
    ui.spacing_mut().item_spacing.y = space::XS;
    let (name, words) = texts(connection, data);
    ui.label(RichText::new(name).font(strong(size::BODY)));
    let state = match &connection.state {
        ConnectionState::Connected => match connection.round_trip_us {
            Some(us) => format!("Connected; it answers within {}", round_trip(us)),
            None => "Connected".to_owned(),
        },
        ConnectionState::Closed => "Not connected: nobody needs it now".to_owned(),
        ConnectionState::Connecting { failed: 0 } => "Connecting…".to_owned(),
        ConnectionState::Connecting { failed } => {
            format!(
                "Connecting; {} before",
                of_many(u64::from(*failed), "attempt failed", "attempts failed")
            )
        }
        ConnectionState::Degraded => "Open, but the host has stopped answering".to_owned(),
        ConnectionState::Reconnecting { failed, .. } => {
            format!(
                "Lost, {words}; {}",
                of_many(u64::from(*failed), "attempt failed", "attempts failed")
            )
        }
        ConnectionState::Blocked { .. } => "Blocked until you have acted".to_owned(),
    };
    ui.label(state);
    if let Some(since) = data.since.get(&connection.host) {
        let since = ago(*since, data.now);
        let since =
            if since == "now" { "less than a minute".into() } else { since.replace(" ago", "") };
        ui.label(RichText::new(format!("For {since}")).color(theme.muted));
    }
    if connection.turns > 0 {
        let turns = of_many(u64::from(connection.turns), "turn", "turns");
        let goes_on = match connection.state {
            ConnectionState::Connected => "",
            ConnectionState::Closed
            | ConnectionState::Connecting { .. }
            | ConnectionState::Degraded
            | ConnectionState::Reconnecting { .. }
            | ConnectionState::Blocked { .. } => "; the agents work on meanwhile",
        };
        ui.label(RichText::new(format!("{turns} under way{goes_on}")).color(theme.muted));
    }
    let why = why(&connection.state);
    if let Some(failure) = why {
        ui.add_space(space::XS);
        let message = RichText::new(clean_lines(&failure.message)).color(theme.bad);
        ui.add(egui::Label::new(message).wrap());
        if let Some(hint) = &failure.hint {
            ui.add(egui::Label::new(clean_lines(hint)).wrap());
        }
    }
    ui.add_space(space::S);
    let host = &connection.host;
    let known = data.hosts.iter().any(|known| known.id.as_str() == host);
    ui.horizontal(|ui| {
        let can_retry = matches!(
            connection.state,
            ConnectionState::Blocked { .. } | ConnectionState::Reconnecting { .. }
        );
        if can_retry && button(ui, Kind::Primary, "Retry now").clicked() {
            acts.push(StatusBarAct::Retry(host.clone()));
        }
        // This machine is reached in any case.
        if !is_local(host) && button(ui, Kind::Plain, "Test").clicked() {
            acts.push(StatusBarAct::Test(host.clone()));
        }
        if known && button(ui, Kind::Plain, "Edit").clicked() {
            acts.push(StatusBarAct::EditHost(host.clone()));
        }
        if let Some(failure) = why
            && button(ui, Kind::Plain, "Copy").clicked()
        {
            let hint = failure.hint.as_deref().map(|hint| format!("\n{hint}")).unwrap_or_default();
            acts.push(StatusBarAct::Copy(format!("{host}: {}{hint}", failure.message)));
        }
    });
}
