//! Lines of one row: what opens what is folded, who asked, what code it is, how a turn ended.

use egui::{
    CornerRadius, CursorIcon, Id, Layout, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2,
};
use lucide_icons::Icon;

use super::data::TranscriptData;
use super::paint;
use super::piece::Piece;
use super::words;
use crate::text::{Body, Ending, Head, HeadKind, Progress};
use crate::theme::{Theme, radius, size, space, strong};
use crate::widget::icon_button;

/// Paints the line of a run of tool calls; gives whether it was clicked.
pub(super) fn group(
    ui: &Ui,
    id: Id,
    rect: Rect,
    count: usize,
    failed: usize,
    open: bool,
    last: &str,
) -> bool {
    let theme = Theme::get(ui.ctx());
    let title = words::count(count, "tool call");
    let title = match failed {
        0 => title,
        failed => format!("{title}, {failed} failed"),
    };
    let response = opener(ui, id, rect, open, true, &title);
    let colour = if failed > 0 { theme.bad } else { theme.muted };
    paint::icon(ui, pos2(rect.left() + 30.0, rect.center().y), Icon::Layers, size::ICON, colour);
    let left = pos2(rect.left() + 44.0, rect.center().y);
    let title_colour = if failed > 0 { theme.bad } else { theme.text };
    let end =
        paint::line(ui, left, &title, strong(size::BODY), title_colour, rect.right() - left.x);
    if !open {
        let left = pos2(end + space::S, rect.center().y);
        let font = egui::FontId::monospace(size::SMALL);
        paint::line(ui, left, last, font, theme.muted, rect.right() - left.x - space::S);
    }
    response.clicked()
}

/// Paints a line that opens what is behind; gives whether it was clicked.
pub(super) fn head(ui: &Ui, id: Id, rect: Rect, head: &Head, piece: &Piece, open: bool) -> bool {
    let theme = Theme::get(ui.ctx());
    let status = match head.kind {
        HeadKind::Tool(Progress::Running) => Some(("at work", Icon::LoaderCircle, theme.busy)),
        HeadKind::Tool(Progress::Done) => Some(("done", Icon::Check, theme.good)),
        HeadKind::Tool(Progress::Failed) => Some(("failed", Icon::X, theme.bad)),
        HeadKind::Reasoning | HeadKind::Raw | HeadKind::Synopsis => None,
    };
    let is_failed = head.kind == HeadKind::Tool(Progress::Failed);
    let mut name = head.title.clone();
    for part in [head.detail.as_str(), status.map_or("", |status| status.0)] {
        if !part.is_empty() {
            name.push_str(", ");
            name.push_str(part);
        }
    }
    let response = opener(ui, id, rect, open, head.opens, &name);
    let y = rect.center().y;
    let colour = if is_failed { theme.bad } else { theme.muted };
    paint::icon(ui, pos2(rect.left() + 30.0, y), icon_of(head), size::ICON, colour);
    let mut right = rect.right() - space::S;
    if let Some((_, icon, colour)) = status {
        paint::icon(ui, pos2(right - 7.0, y), icon, size::ICON, colour);
        right -= 22.0;
    }
    let took = piece.until.as_millisecond().saturating_sub(piece.at.as_millisecond());
    if let (Some(took), HeadKind::Tool(Progress::Done | Progress::Failed)) =
        (u64::try_from(took).ok().filter(|took| *took >= 100), head.kind)
    {
        let words = words::duration(took);
        let font = egui::FontId::proportional(size::SMALL);
        let galley = ui.painter().layout_no_wrap(words, font, theme.muted);
        right -= galley.size().x;
        ui.painter().galley(pos2(right, y - galley.size().y / 2.0), galley, theme.muted);
        right -= space::S;
    }
    let left = pos2(rect.left() + 44.0, y);
    let is_tool = matches!(head.kind, HeadKind::Tool(_));
    let (font, title_colour) = match (is_tool, is_failed) {
        (true, true) => (strong(size::BODY), theme.bad),
        (true, false) => (strong(size::BODY), theme.text),
        (false, _) => (egui::FontId::proportional(size::BODY), theme.muted),
    };
    let end = paint::line(ui, left, &head.title, font, title_colour, right - left.x);
    let left = pos2(end + space::S, y);
    let font = match is_tool {
        true => egui::FontId::monospace(size::SMALL + 0.5),
        false => egui::FontId::proportional(size::SMALL + 0.5),
    };
    paint::line(ui, left, &head.detail, font, theme.muted, right - left.x);
    response.clicked() && head.opens
}

fn icon_of(head: &Head) -> Icon {
    match head.kind {
        HeadKind::Reasoning => Icon::Brain,
        HeadKind::Raw => Icon::FileQuestionMark,
        HeadKind::Synopsis => Icon::History,
        HeadKind::Tool(_) => {
            let name = head.title.to_ascii_lowercase();
            let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
            if has(&["bash", "shell", "exec", "command", "terminal"]) {
                Icon::Terminal
            } else if has(&["edit", "write", "patch", "change", "create", "replace"]) {
                Icon::FilePen
            } else if has(&["web", "fetch", "url"]) {
                Icon::Globe
            } else if has(&["grep", "glob", "search", "find"]) {
                Icon::Search
            } else if has(&["read", "view", "list", "ls", "cat"]) {
                Icon::FileText
            } else if has(&["task", "agent"]) {
                Icon::Bot
            } else {
                Icon::Wrench
            }
        }
    }
}

fn opener(ui: &Ui, id: Id, rect: Rect, open: bool, opens: bool, name: &str) -> Response {
    let theme = Theme::get(ui.ctx());
    let sense = if opens { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, id, sense);
    let role = if opens { Role::Button } else { Role::Label };
    response.widget_info(|| WidgetInfo::selected(role, true, open, name));
    let corner = CornerRadius::same(radius::SMALL);
    if opens && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, corner, theme.hover);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.5, theme.accent);
        ui.painter().rect_stroke(rect, corner, stroke, egui::StrokeKind::Inside);
    }
    if opens {
        let chevron = if open { Icon::ChevronDown } else { Icon::ChevronRight };
        paint::icon(
            ui,
            pos2(rect.left() + 11.0, rect.center().y),
            chevron,
            size::ICON,
            theme.muted,
        );
    }
    let response =
        if opens { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
    response.on_hover_text(if open { "Close" } else { name })
}

/// Paints who asked; gives whether the question is to be copied.
pub(super) fn asked(
    ui: &mut Ui,
    id: Id,
    rect: Rect,
    read_only: bool,
    piece: &Piece,
    data: &TranscriptData<'_>,
) -> bool {
    let theme = Theme::get(ui.ctx());
    let y = rect.center().y;
    paint::icon(ui, pos2(rect.left() + 8.0, y), Icon::User, size::ICON, theme.link);
    let left = pos2(rect.left() + 22.0, y);
    let end = paint::line(ui, left, "You", strong(size::BODY), theme.link, rect.width());
    let time = piece.at.to_zoned(data.zone.clone()).strftime("%H:%M").to_string();
    let more = if read_only { format!("{time}  ·  read-only") } else { time };
    let font = egui::FontId::proportional(size::SMALL);
    let left = pos2(end + space::S, y);
    paint::line(ui, left, &more, font, theme.muted, rect.right() - left.x);
    copy_button(ui, id, rect, "Copy question")
}

/// Paints what code it is; gives whether it is to be copied.
pub(super) fn code(ui: &mut Ui, id: Id, rect: Rect, title: &str) -> bool {
    let theme = Theme::get(ui.ctx());
    let left = pos2(rect.left(), rect.center().y);
    let font = egui::FontId::monospace(size::SMALL);
    paint::line(ui, left, title, font, theme.muted, rect.width() - 40.0);
    copy_button(ui, id, rect, "Copy code")
}

/// Paints how a turn ended; gives whether its answer is to be copied.
pub(super) fn ended(ui: &mut Ui, id: Id, rect: Rect, body: &Body, cost: Option<f64>) -> bool {
    let Body::Ended { status, elapsed_ms } = body else { return false };
    let theme = Theme::get(ui.ctx());
    let (words, icon, colour) = match status {
        Ending::Done => ("Done in", Icon::Check, theme.good),
        Ending::Failed => ("Failed after", Icon::X, theme.bad),
        Ending::Interrupted => ("Interrupted after", Icon::CircleStop, theme.warn),
    };
    let mut words = format!("{words} {}", words::duration(*elapsed_ms));
    if let Some(cost) = cost {
        words.push_str(&format!("  ·  {}", words::cost(cost)));
    }
    let y = rect.center().y;
    paint::icon(ui, pos2(rect.left() + 8.0, y), icon, size::ICON, colour);
    let left = pos2(rect.left() + 22.0, y);
    let font = egui::FontId::proportional(size::SMALL + 0.5);
    let end = paint::line(ui, left, &words, font, theme.muted, rect.width() - 60.0);
    let place = Rect::from_min_max(rect.min, pos2(end, rect.bottom()));
    let response = ui.interact(place, id.with("ended"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.as_str()));
    copy_button(ui, id, rect, "Copy answer")
}

fn copy_button(ui: &mut Ui, id: Id, rect: Rect, name: &str) -> bool {
    let layout = Layout::right_to_left(egui::Align::Center);
    let builder = UiBuilder::new().scope_id(id.with("copy")).max_rect(rect).layout(layout);
    let mut line = ui.new_child(builder);
    icon_button(&mut line, Icon::Copy, name).clicked()
}
