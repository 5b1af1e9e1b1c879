//! What is around a block: frames, the bars of quotes, marks of lists, lines of tables.

use egui::{CornerRadius, Rect, Stroke, Ui, pos2, vec2};
use lucide_icons::Icon;

use super::estimate::{self, BAR, STEP};
use super::layout::Laid;
use super::paint;
use crate::text::{Block, Body, FrameKind, Look, Mark, MarkKind, Marker, Way};
use crate::theme::{Theme, radius, size};

/// Paints what is around a block: its frame, the bars of quotes, the mark of a list.
pub(super) fn around(ui: &Ui, block: &Block, rect: Rect) {
    let theme = Theme::get(ui.ctx());
    if let Some(frame) = block.frame {
        let corner = |is_edge: bool| if is_edge { radius::LARGE } else { 0 };
        let (top, bottom) = (corner(frame.first), corner(frame.last));
        let corners = CornerRadius { nw: top, ne: top, sw: bottom, se: bottom };
        let fill = match frame.kind {
            FrameKind::Question => theme.tint(theme.accent),
            FrameKind::Code => theme.sunken,
        };
        let rect = framed(block, rect);
        ui.painter().rect_filled(rect, corners, fill);
        if frame.kind == FrameKind::Code {
            outline(ui, rect, frame.first, frame.last, Stroke::new(1.0, theme.line));
        }
    }
    let step = f32::from(block.indent) * STEP;
    // What begins at the right has all of this there, turned round.
    let (edge, turn) = if block.begins_right() { (rect.right(), -1.0) } else { (rect.left(), 1.0) };
    for bar in 0..block.quote {
        let x = edge + turn * (step + f32::from(bar) * BAR + 3.5) - 1.5;
        let gap = if block.quote_goes_on { 0.0 } else { estimate::gap(block) };
        let top = rect.top() + gap - 1.0;
        let bar = Rect::from_min_max(pos2(x, top), pos2(x + 3.0, rect.bottom() + 1.0));
        ui.painter().rect_filled(bar, CornerRadius::same(1), theme.line_strong);
    }
    let Some(marker) = block.marker else { return };
    let look = if let Body::Text { look, .. } = &block.body { *look } else { Look::Prose };
    let row = estimate::row_height(look);
    let y = rect.top() + estimate::gap(block) + row / 2.0;
    let x = edge + turn * step;
    match marker {
        Marker::Dot => {
            ui.painter().circle_filled(pos2(x - turn * 11.0, y), 2.4, theme.muted);
        }
        Marker::Number(number) => {
            let font = egui::FontId::proportional(size::PROSE);
            let (words, align) = match block.begins_right() {
                true => (format!(".{number}"), egui::Align2::LEFT_CENTER),
                false => (format!("{number}."), egui::Align2::RIGHT_CENTER),
            };
            ui.painter().text(pos2(x - turn * 5.0, y), align, words, font, theme.muted);
        }
        Marker::Task(done) => {
            let (icon, colour) = match done {
                true => (Icon::SquareCheck, theme.good),
                false => (Icon::Square, theme.muted),
            };
            paint::icon(ui, pos2(x - turn * 11.0, y), icon, size::ICON, colour);
        }
    }
}

/// A frame's outline without the edges that it shares with the next block.
fn outline(ui: &Ui, rect: Rect, first: bool, last: bool, stroke: Stroke) {
    // Drawn larger than it is and cut to what belongs to this block: corners stay round.
    let more = f32::from(radius::LARGE) * 2.0;
    let mut whole = rect;
    if !first {
        whole.min.y -= more;
    }
    if !last {
        whole.max.y += more;
    }
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let corner = CornerRadius::same(radius::LARGE);
    painter.rect_stroke(whole, corner, stroke, egui::StrokeKind::Inside);
}

pub(super) fn table_lines(ui: &Ui, origin: egui::Pos2, laid: &Laid, has_head: bool) {
    let theme = Theme::get(ui.ctx());
    let (columns, rows) = &laid.grid;
    let width: f32 = columns.iter().sum();
    let stroke = Stroke::new(1.0, theme.line);
    let mut y = origin.y;
    for (at, height) in rows.iter().enumerate() {
        if at == 0 && has_head {
            let head = Rect::from_min_size(pos2(origin.x, y), vec2(width, *height));
            ui.painter().rect_filled(head, CornerRadius::ZERO, theme.hover);
            ui.painter().hline(head.x_range(), y, stroke);
        }
        y += height;
        ui.painter().hline(origin.x..=origin.x + width, y, stroke);
    }
    let mut x = origin.x;
    ui.painter().vline(x, origin.y..=y, stroke);
    for column in columns {
        x += column;
        ui.painter().vline(x, origin.y..=y, stroke);
    }
}

/// Where the frame of a block is, from side to side.
pub(super) fn framed(block: &Block, rect: Rect) -> Rect {
    let (left, right) = estimate::sides(block);
    let pad = estimate::frame(block).0;
    let is_first = block.frame.is_none_or(|frame| frame.first);
    let top = if is_first { rect.top() + estimate::gap(block) } else { rect.top() };
    let max = pos2(rect.right() - right + pad, rect.bottom());
    Rect::from_min_max(pos2(rect.left() + left - pad, top), max)
}

pub(super) fn mark_icon(ui: &Ui, origin: egui::Pos2, mark: &Mark) {
    let theme = Theme::get(ui.ctx());
    let (icon, colour) = match mark.kind {
        MarkKind::Link(Way::Lost) => (Icon::Unplug, theme.warn),
        MarkKind::Link(Way::Restored) => (Icon::PlugZap, theme.good),
        MarkKind::Link(Way::Blocked) => (Icon::Unplug, theme.bad),
        MarkKind::Quiet => (Icon::Hourglass, theme.busy),
        MarkKind::Unknown => (Icon::CircleAlert, theme.muted),
    };
    paint::icon(ui, origin + vec2(8.0, 11.0), icon, size::ICON, colour);
}
