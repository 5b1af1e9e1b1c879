//! The line at the bottom: connections and what they do, the engine, what waits to be shared.

use std::collections::BTreeMap;
use std::time::Duration;

use egui::{FontId, Id, Popup, PopupCloseBehavior, RichText, Sense, Stroke, Ui, WidgetInfo, vec2};
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::HostConfig;
use orchestrator::seam::{ConnectionState, HostConnection};

use crate::commands::{WindowCommand, entry};
use crate::theme::{Theme, size, space, strong};
use crate::view::places::host_name;
use crate::widget::{Kind, button, small_button};
use crate::words::{ago, clean_line, clean_lines, of_many, round_trip};

/// How long the words about one connection are at most, in points.
const WORDS: f32 = 230.0;
/// How high the bar is.
pub const HEIGHT: f32 = 28.0;

/// How the engine stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EngineState {
    /// It is being opened.
    #[default]
    Opening,
    /// It runs in this process.
    Here,
    /// It runs in another process.
    Elsewhere {
        /// Which.
        pid: u32,
    },
    /// It ended, and a new one took over; nothing was lost.
    Restarted,
    /// There is none.
    Failed(Failure),
}

/// What the status bar shows.
#[derive(Clone, Copy, Debug)]
pub struct StatusBarData<'a> {
    /// Now.
    pub now: Timestamp,
    /// All connections that were made.
    pub connections: &'a [HostConnection],
    /// Since when a connection is in the state that it is in, by its host.
    pub since: &'a BTreeMap<String, Timestamp>,
    /// Hosts, for their names; one that isn't here can't be edited.
    pub hosts: &'a [HostConfig],
    /// How the engine stands.
    pub engine: &'a EngineState,
    /// Entries that were not yet written to where they are shared.
    pub pending: u64,
}

/// What a person wants of the status bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusBarAct {
    /// Try that host again: [`orchestrator::seam::Command::RetryHost`].
    Retry(String),
    /// Open that host's dialog.
    EditHost(String),
    /// Test the connection to that host.
    Test(String),
    /// Put this on the clipboard and say so.
    Copy(String),
    /// Write what waits to where it is shared.
    SyncHistory,
    /// Open the palette.
    Palette,
}

/// What mends a connection that waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// Changing the host's entry.
    Edit,
    /// Something outside of Baton, said by the hint; then trying again.
    Outside,
    /// Trying again.
    Retry,
}

/// What mends a failure of a connection.
pub fn mend(code: Code) -> Mend {
    match code {
        Code::InvalidConfig
        | Code::HostUnknown
        | Code::HostDisabled
        | Code::HostUnresolved
        | Code::Unsupported => Mend::Edit,
        Code::HostKeyChanged
        | Code::HostKeyUnknown
        | Code::AuthRefused
        | Code::TooManyAuthFailures
        | Code::PassphraseRequired
        | Code::KexFailed
        | Code::ProxyFailed
        | Code::ShellBroken
        | Code::PermissionDenied => Mend::Outside,
        Code::Usage
        | Code::ConnectionRefused
        | Code::ConnectionTimedOut
        | Code::NoRoute
        | Code::ConnectionLost
        | Code::ConnectionClosed
        | Code::AgentMissing
        | Code::AgentNotLoggedIn
        | Code::AgentFailed
        | Code::InterpreterMissing
        | Code::RateLimited
        | Code::DirMissing
        | Code::NotFound
        | Code::IsDirectory
        | Code::Conflict
        | Code::TooLarge
        | Code::NotARepository
        | Code::DirtyWorktree
        | Code::Busy
        | Code::TimedOut
        | Code::Cancelled
        | Code::Corrupt
        | Code::Internal => Mend::Retry,
    }
}

/// How loud a connection is: what needs a person stands first.
fn rank(state: &ConnectionState) -> u8 {
    match state {
        ConnectionState::Blocked { .. } => 0,
        ConnectionState::Reconnecting { .. } | ConnectionState::Degraded => 1,
        ConnectionState::Connecting { .. } => 2,
        ConnectionState::Connected => 3,
        ConnectionState::Closed => 4,
    }
}

/// What a connection does, in a few words.
pub fn state_words(connection: &HostConnection, now: Timestamp) -> String {
    match &connection.state {
        ConnectionState::Closed => "not connected".to_owned(),
        ConnectionState::Connecting { .. } => "connecting…".to_owned(),
        ConnectionState::Connected => {
            connection.round_trip_us.map_or_else(|| "connected".to_owned(), round_trip)
        }
        ConnectionState::Degraded => "not answering".to_owned(),
        ConnectionState::Reconnecting { at, .. } => {
            // Up, so that it never says 0 s while it waits.
            let left = at.as_millisecond().saturating_sub(now.as_millisecond());
            if left <= 0 {
                "reconnecting…".to_owned()
            } else {
                format!("reconnecting in {} s", (left + 999) / 1000)
            }
        }
        ConnectionState::Blocked { why } => format!("blocked: {}", clean_line(&why.message)),
    }
}

fn why(state: &ConnectionState) -> Option<&Failure> {
    match state {
        ConnectionState::Reconnecting { why, .. } | ConnectionState::Blocked { why } => Some(why),
        ConnectionState::Closed
        | ConnectionState::Connecting { .. }
        | ConnectionState::Connected
        | ConnectionState::Degraded => None,
    }
}

/// The status bar's own state.
#[derive(Debug, Default)]
pub struct StatusBarView;

impl StatusBarView {
    /// Draws it on one line.
    pub fn ui(&mut self, ui: &mut Ui, data: &StatusBarData<'_>) -> Vec<StatusBarAct> {
        let mut acts = Vec::new();
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.allocate_ui_with_layout(
            vec2(ui.available_width(), HEIGHT),
            egui::Layout::right_to_left(egui::Align::Center),
            |ui| {
                right_side(ui, data, &mut acts);
                let left = egui::Layout::left_to_right(egui::Align::Center);
                ui.with_layout(left, |ui| connections(ui, data, &mut acts));
            },
        );
        acts
    }
}

fn right_side(ui: &mut Ui, data: &StatusBarData<'_>, acts: &mut Vec<StatusBarAct>) {
    let theme = Theme::get(ui.ctx());
    let small = |words: String| RichText::new(words).size(size::SMALL).color(theme.muted);
    let keys = entry(WindowCommand::Palette).and_then(|entry| entry.keys(ui.ctx().os().is_mac()));
    let words = small(format!("Commands  {}", keys.unwrap_or_default()));
    let palette = ui.add(egui::Button::new(words).frame_when_inactive(false));
    palette.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, "Command palette"));
    if palette.on_hover_text("Every command and every session").clicked() {
        acts.push(StatusBarAct::Palette);
    }
    if data.pending > 0 {
        let words =
            format!("{} to be shared", of_many(data.pending, "entry waits", "entries wait"));
        let text = RichText::new(&words).size(size::SMALL).color(theme.warn);
        let response = ui.add(egui::Button::new(text).frame_when_inactive(false));
        let tip = "History that could not be written to its project yet. Click to try now.";
        if response.on_hover_text(tip).clicked() {
            acts.push(StatusBarAct::SyncHistory);
        }
    }
    let engine = match data.engine {
        EngineState::Here => None,
        EngineState::Opening => {
            Some(("opening…".to_owned(), "The sessions are being read".to_owned(), theme.muted))
        }
        EngineState::Elsewhere { pid } => Some((
            "engine in another process".to_owned(),
            format!("Process {pid} has the sessions; this window takes over when it ends"),
            theme.muted,
        )),
        EngineState::Restarted => Some((
            "engine restarted".to_owned(),
            "The engine ended and a new one took over. Nothing was lost.".to_owned(),
            theme.warn,
        )),
        EngineState::Failed(failure) => {
            let hint = failure.hint.clone().unwrap_or_default();
            Some((clean_line(&failure.message), clean_lines(&hint), theme.bad))
        }
    };
    if let Some((words, tip, colour)) = engine {
        let text = RichText::new(words).size(size::SMALL).color(colour);
        ui.add(egui::Label::new(text).truncate().selectable(false)).on_hover_text(tip);
    }
}

fn connections(ui: &mut Ui, data: &StatusBarData<'_>, acts: &mut Vec<StatusBarAct>) {
    let mut sorted: Vec<&HostConnection> = data.connections.iter().collect();
    sorted.sort_by_key(|connection| rank(&connection.state));
    let mut room = ui.available_width();
    let mut left_out = Vec::new();
    for (at, connection) in sorted.iter().enumerate() {
        let rest = at + 1 < sorted.len();
        let width = item_width(ui, connection, data) + space::XS;
        if !left_out.is_empty() || width + if rest { 70.0 } else { 0.0 } > room {
            left_out.push(*connection);
        } else {
            room -= width;
            item(ui, connection, data, acts);
        }
    }
    if left_out.is_empty() {
        return;
    }
    let theme = Theme::get(ui.ctx());
    let words = format!("+{} more", left_out.len());
    let text = RichText::new(&words).size(size::SMALL).color(theme.muted);
    let more = ui.add(egui::Button::new(text).frame_when_inactive(false));
    Popup::from_toggle_button_response(&more)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name("More connections")
        .show(|ui| {
            // A popup in a popup would close it: all is told here.
            let most = ui.ctx().content_rect().height() * 0.6;
            egui::ScrollArea::vertical().min_scrolled_height(most).max_height(most).show(
                ui,
                |ui| {
                    for (at, connection) in left_out.into_iter().enumerate() {
                        if at > 0 {
                            ui.separator();
                        }
                        ui.push_id(&connection.host, |ui| details(ui, connection, data, acts));
                        tick(ui, connection, data.now);
                    }
                },
            );
        });
}

fn tick(ui: &Ui, connection: &HostConnection, now: Timestamp) {
    if let ConnectionState::Reconnecting { at, .. } = &connection.state {
        let left = at.as_millisecond().saturating_sub(now.as_millisecond());
        // At the next whole second, and not at all once it is due: then news come.
        if let Ok(left @ 1..) = u64::try_from(left) {
            ui.ctx().request_repaint_after(Duration::from_millis(left % 1000 + 1));
        }
    }
}

fn texts(connection: &HostConnection, data: &StatusBarData<'_>) -> (String, String) {
    let name = clean_line(host_name(data.hosts, &connection.host));
    (name, state_words(connection, data.now))
}

fn galleys(
    ui: &Ui,
    connection: &HostConnection,
    data: &StatusBarData<'_>,
) -> [std::sync::Arc<egui::Galley>; 2] {
    let theme = Theme::get(ui.ctx());
    let (name, words) = texts(connection, data);
    let short = |text: String, font: FontId, colour, most: f32| {
        let mut job = egui::text::LayoutJob::simple_singleline(text, font, colour);
        job.wrap = egui::text::TextWrapping::truncate_at_width(most);
        ui.painter().layout_job(job)
    };
    let colour = match rank(&connection.state) {
        0 => theme.bad,
        1 => theme.warn,
        _ => theme.muted,
    };
    [
        short(name, strong(size::SMALL), theme.text, 140.0),
        short(words, FontId::proportional(size::SMALL), colour, WORDS),
    ]
}

fn item_width(ui: &Ui, connection: &HostConnection, data: &StatusBarData<'_>) -> f32 {
    let [name, words] = galleys(ui, connection, data);
    // The dot, gaps and paddings; the button that mends it.
    let mends =
        if matches!(connection.state, ConnectionState::Blocked { .. }) { 92.0 } else { 0.0 };
    name.size().x + words.size().x + 12.0 + 4.0 * space::S + mends
}

fn item(
    ui: &mut Ui,
    connection: &HostConnection,
    data: &StatusBarData<'_>,
    acts: &mut Vec<StatusBarAct>,
) {
    let theme = Theme::get(ui.ctx());
    let [name, words] = galleys(ui, connection, data);
    let width = name.size().x + words.size().x + 12.0 + 3.0 * space::S;
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEIGHT - 4.0), Sense::hover());
    let id = Id::unique(("connection", &connection.host));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| {
        let (name, words) = texts(connection, data);
        WidgetInfo::labeled(egui::Role::Button, true, format!("{name}: {words}"))
    });
    if response.hovered() || response.has_focus() {
        let stroke =
            if response.has_focus() { Stroke::new(1.0, theme.accent) } else { Stroke::NONE };
        ui.painter().rect(rect, 6.0, theme.hover, stroke, egui::StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let mark = egui::pos2(rect.left() + space::S + 2.0, middle);
    match rank(&connection.state) {
        0 => {
            let arm = 3.0;
            let stroke = Stroke::new(2.0, theme.bad);
            let painter = ui.painter();
            painter.line_segment([mark - vec2(arm, arm), mark + vec2(arm, arm)], stroke);
            painter.line_segment([mark + vec2(-arm, arm), mark + vec2(arm, -arm)], stroke);
        }
        1 => {
            ui.painter().circle_stroke(mark, 3.5, Stroke::new(2.0, theme.warn));
        }
        2 => {
            ui.painter().circle_stroke(mark, 3.5, Stroke::new(2.0, theme.busy));
        }
        3 => {
            ui.painter().circle_filled(mark, 4.0, theme.good);
        }
        _ => {
            ui.painter().circle_stroke(mark, 3.5, Stroke::new(1.0, theme.muted));
        }
    }
    let mut x = mark.x + 4.0 + space::S;
    for galley in [name, words] {
        let at = egui::pos2(x, middle - galley.size().y / 2.0);
        x += galley.size().x + space::S;
        ui.painter().galley(at, galley, theme.text);
    }
    tick(ui, connection, data.now);
    Popup::from_toggle_button_response(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name("Connection")
        .show(|ui| details(ui, connection, data, acts));
    if let ConnectionState::Blocked { why } = &connection.state {
        match mend(why.code) {
            Mend::Retry => {
                if small_button(ui, "Retry", theme.link).clicked() {
                    acts.push(StatusBarAct::Retry(connection.host.clone()));
                }
            }
            Mend::Edit => {
                if small_button(ui, "Edit host", theme.link).clicked() {
                    acts.push(StatusBarAct::EditHost(connection.host.clone()));
                }
            }
            Mend::Outside => {
                if small_button(ui, "What to do", theme.link).clicked() {
                    Popup::toggle_id(ui.ctx(), Popup::default_response_id(&response));
                }
            }
        }
    }
}

/// All about a connection.
fn details(
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
        if button(ui, Kind::Plain, "Test").clicked() {
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

#[cfg(test)]
#[path = "status_bar_tests.rs"]
mod tests;
