//! Short messages at the lower right.

use std::collections::BTreeMap;
use std::time::Duration;

use egui::{Align2, Area, CornerRadius, Frame, Id, Label, Margin, Order, RichText, Stroke, vec2};
use jiff::{SignedDuration, Timestamp};
use lucide_icons::Icon;

use crate::theme::{Theme, radius, size, space};
use crate::widget::{Kind, button, icon, icon_button, settle};
use crate::words::{clean_lines, of_many};

/// How many are seen at once.
const SEEN: usize = 4;
/// How long one stays that nobody points at.
const STAYS: SignedDuration = SignedDuration::from_secs(6);
/// How long one stays that can still be undone.
const STAYS_WITH_ACTION: SignedDuration = SignedDuration::from_secs(10);
/// How much longer after the pointer has left it.
const LINGERS: SignedDuration = SignedDuration::from_secs(2);

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Something is as it is.
    Info,
    /// Something was done.
    Good,
    /// To be careful with; goes by itself.
    Warn,
    /// Something failed; stays until it is closed.
    Error,
}

/// Names a message; each number once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToastId(pub u64);

/// A short message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Its name.
    pub id: ToastId,
    /// What kind.
    pub kind: ToastKind,
    /// What happened, in one sentence.
    pub text: String,
    /// What to do, or more about it.
    pub detail: Option<String>,
    /// What its button says: `Undo`, `Retry`, `Open`.
    pub action: Option<String>,
    /// Since when it is there.
    pub at: Timestamp,
}

/// What a person wants of a message, or its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastAct {
    /// Its button was pressed; it goes with it.
    Action(ToastId),
    /// It was closed.
    Close(ToastId),
    /// Its time is over; what could be undone can't any more.
    Expired(ToastId),
}

/// The messages' own state: which were pointed at.
#[derive(Debug, Default)]
pub struct ToastsView {
    held: BTreeMap<ToastId, Timestamp>,
    over: bool,
}

/// When a message goes by itself; `None` stays.
fn ends(toast: &Toast, held: Option<Timestamp>) -> Option<Timestamp> {
    let stays = match toast.kind {
        ToastKind::Error => return None,
        ToastKind::Info | ToastKind::Good | ToastKind::Warn => {
            if toast.action.is_some() {
                STAYS_WITH_ACTION
            } else {
                STAYS
            }
        }
    };
    let end = toast.at.saturating_add(stays).unwrap_or(Timestamp::MAX);
    let held = held.and_then(|held| held.saturating_add(LINGERS).ok());
    Some(held.map_or(end, |held| held.max(end)))
}

impl ToastsView {
    /// Draws them, the newest at the bottom; `toasts` has the oldest first.
    pub fn ui(&mut self, ctx: &egui::Context, toasts: &[Toast], now: Timestamp) -> Vec<ToastAct> {
        let mut acts = Vec::new();
        self.held.retain(|id, _| toasts.iter().any(|toast| toast.id == *id));
        if toasts.is_empty() {
            return acts;
        }
        let first = toasts.len().saturating_sub(SEEN);
        let (older, seen) = toasts.split_at(first);
        let area = Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-space::L, -(space::L + 28.0)))
            .show(ctx, |ui| {
                ui.set_width(340.0);
                ui.spacing_mut().item_spacing.y = space::S;
                if !older.is_empty() {
                    let count = u64::try_from(older.len()).unwrap_or(u64::MAX);
                    ui.weak(of_many(count, "more message", "more messages"));
                }
                for toast in seen {
                    acts.extend(one(ui, toast));
                }
            });
        settle(ctx, "toasts", area.response.rect);
        let pointed = ctx.input(|input| input.pointer.hover_pos());
        let over = pointed.is_some_and(|at| area.response.rect.contains(at));
        let pointed_at = over || std::mem::replace(&mut self.over, over);
        for toast in toasts {
            if pointed_at {
                self.held.insert(toast.id, now);
            }
            let Some(end) = ends(toast, self.held.get(&toast.id).copied()) else { continue };
            if over {
                continue;
            }
            match Duration::try_from(end.duration_since(now)) {
                Ok(left) if !left.is_zero() => ctx.request_repaint_after(left),
                // It is over, or was before now.
                Ok(_) | Err(_) => acts.push(ToastAct::Expired(toast.id)),
            }
        }
        acts
    }
}

fn one(ui: &mut egui::Ui, toast: &Toast) -> Option<ToastAct> {
    let theme = Theme::get(ui.ctx());
    let (mark, colour) = match toast.kind {
        ToastKind::Info => (Icon::Info, theme.accent),
        ToastKind::Good => (Icon::CircleCheck, theme.good),
        ToastKind::Warn => (Icon::TriangleAlert, theme.warn),
        ToastKind::Error => (Icon::CircleAlert, theme.bad),
    };
    let mut act = None;
    Frame::new()
        .fill(theme.raised)
        .stroke(Stroke::new(1.0, theme.rim(colour)))
        .corner_radius(CornerRadius::same(radius::LARGE))
        .inner_margin(Margin::symmetric(12, 8))
        .shadow(ui.visuals().popup_shadow)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                ui.vertical(|ui| {
                    ui.add_space(5.0);
                    icon(ui, mark, colour);
                });
                // The cross with its paddings, and the space before it.
                let room = ui.available_width() - size::ICON - 2.0 * space::M - space::S;
                ui.vertical(|ui| {
                    ui.set_width(room);
                    ui.add_space(5.0);
                    ui.add(Label::new(clean_lines(&toast.text)).wrap());
                    if let Some(detail) = &toast.detail {
                        let text = RichText::new(clean_lines(detail)).color(theme.muted);
                        ui.add(Label::new(text).wrap());
                    }
                    if let Some(action) = &toast.action
                        && button(ui, Kind::Plain, action).clicked()
                    {
                        act = Some(ToastAct::Action(toast.id));
                    }
                    ui.add_space(space::XS);
                });
                if icon_button(ui, Icon::X, "Close message").clicked() {
                    act = Some(ToastAct::Close(toast.id));
                }
            });
        });
    act
}

#[cfg(test)]
#[path = "toasts_tests.rs"]
mod tests;
