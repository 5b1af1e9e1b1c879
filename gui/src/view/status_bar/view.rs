//! The line at the bottom.

use std::time::Duration;

use egui::{FontId, Id, Popup, PopupCloseBehavior, RichText, Sense, Stroke, Ui, WidgetInfo, vec2};
use jiff::Timestamp;
use orchestrator::seam::{ConnectionState, HostConnection};

use super::data::{EngineState, StatusBarAct, StatusBarData};
use super::details::details;
use super::state::{Mend, mend, rank, state_words};
use crate::commands::{WindowCommand, keys_of};
use crate::theme::{Theme, size, space, strong};
use crate::view::places::host_name;
use crate::widget::small_button;
use crate::words::{clean_line, clean_lines, of_many};

/// How long the words about one connection are at most, in points.
const WORDS: f32 = 230.0;
/// How long the words about the engine are at most, in points.
const ENGINE: f32 = 320.0;
/// How high the bar is.
pub const HEIGHT: f32 = 28.0;

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
    let keys = keys_of(WindowCommand::Palette, ui.ctx().os().is_mac());
    let words = small(format!("Commands  {}", keys));
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
        ui.scope(|ui| {
            // Connections have the rest.
            ui.set_max_width(ENGINE.min(ui.available_width()));
            ui.add(egui::Label::new(text).truncate().selectable(false)).on_hover_text(tip);
        });
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
            ui.ctx().request_repaint_after(Duration::from_millis((left - 1) % 1000 + 1));
        }
    }
}

/// A connection's name, and what it does.
pub(super) fn texts(connection: &HostConnection, data: &StatusBarData<'_>) -> (String, String) {
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
