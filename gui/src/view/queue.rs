//! What waits for its turn, over the composer.

use egui::{Frame, Label, Margin, RichText, Ui};
use lucide_icons::Icon;
use orchestrator::seam::{MessageId, Place, QueuedMessage};

use crate::theme::{Theme, size, space, strong};
use crate::widget::{Kind, button, icon, icon_button, icon_button_enabled};

/// What the queue's view shows.
#[derive(Clone, Copy, Debug)]
pub struct QueueData<'a> {
    /// In the order of sending.
    pub queue: &'a [QueuedMessage],
    /// Whether it is held back.
    pub paused: bool,
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueAct {
    /// Change a message; its whole text has to be asked for.
    Edit(MessageId),
    /// Move it.
    Move(MessageId, Place),
    /// Hold it back, or let it go.
    Pause(MessageId, bool),
    /// Take it out.
    Remove(MessageId),
    /// Hold all back, or let them go.
    PauseAll(bool),
}

/// Draws what waits; nothing when nothing does.
pub fn queue_ui(ui: &mut Ui, data: QueueData<'_>) -> Vec<QueueAct> {
    let mut acts = Vec::new();
    if data.queue.is_empty() {
        return acts;
    }
    let theme = Theme::get(ui.ctx());
    Frame::new().fill(theme.panel).corner_radius(8).inner_margin(Margin::same(8)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let words = match (data.queue.len(), data.paused) {
                (1, false) => "1 message waits".to_owned(),
                (many, false) => format!("{many} messages wait"),
                (1, true) => "1 message is held back".to_owned(),
                (many, true) => format!("{many} messages are held back"),
            };
            let text = RichText::new(words).font(strong(size::SMALL)).color(theme.muted);
            ui.add(Label::new(text).selectable(false));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let words = if data.paused { "Go on" } else { "Hold back" };
                if button(ui, Kind::Quiet, words).clicked() {
                    acts.push(QueueAct::PauseAll(!data.paused));
                }
            });
        });
        let last = data.queue.len() - 1;
        egui::ScrollArea::vertical().max_height(170.0).show_rows(
            ui,
            size::CONTROL,
            data.queue.len(),
            |ui, rows| {
                for at in rows {
                    let Some(message) = data.queue.get(at) else { continue };
                    ui.push_id(&message.id, |ui| row(ui, data.queue, at, last, message, &mut acts));
                }
            },
        );
    });
    ui.add_space(space::S);
    acts
}

fn row(
    ui: &mut Ui,
    queue: &[QueuedMessage],
    at: usize,
    last: usize,
    message: &QueuedMessage,
    acts: &mut Vec<QueueAct>,
) {
    let theme = Theme::get(ui.ctx());
    let first_line = message.prompt.lines().next().unwrap_or_default();
    let name = |what: &str| format!("{what} message {}", at + 1);
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icon_button(ui, Icon::Trash2, &name("Remove")).clicked() {
                acts.push(QueueAct::Remove(message.id.clone()));
            }
            if icon_button_enabled(ui, at < last, Icon::ArrowDown, &name("Move down"), None)
                .clicked()
            {
                let place =
                    queue.get(at + 2).map_or(Place::Last, |next| Place::Before(next.id.clone()));
                acts.push(QueueAct::Move(message.id.clone(), place));
            }
            if icon_button_enabled(ui, at > 0, Icon::ArrowUp, &name("Move up"), None).clicked()
                && let Some(before) = at.checked_sub(1).and_then(|at| queue.get(at))
            {
                acts.push(QueueAct::Move(message.id.clone(), Place::Before(before.id.clone())));
            }
            let (mark, what) =
                if message.paused { (Icon::Play, "Let go") } else { (Icon::Pause, "Hold back") };
            if icon_button(ui, mark, &name(what)).clicked() {
                acts.push(QueueAct::Pause(message.id.clone(), !message.paused));
            }
            if icon_button(ui, Icon::Pencil, &name("Edit")).clicked() {
                acts.push(QueueAct::Edit(message.id.clone()));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                if message.paused {
                    icon(ui, Icon::Pause, theme.warn);
                }
                if message.read_only {
                    icon(ui, Icon::Lock, theme.muted);
                }
                if message.images > 0 {
                    icon(ui, Icon::Image, theme.muted);
                }
                ui.add(Label::new(first_line).truncate().selectable(false))
                    .on_hover_text(&message.prompt);
            });
        });
    });
}
