//! How rows are drawn.

use egui::{
    Align, Align2, Color32, CornerRadius, FontId, Layout, Painter, Pos2, Rect, Response, Stroke,
    Ui, UiBuilder, pos2, vec2,
};
use lucide_icons::Icon;
use orchestrator::seam::{GitGlance, Session};

use crate::theme::{Theme, icons, radius, size, space, strong};
use crate::view::places::{Way, agent_words, is_local};
use crate::widget::{Status, dot, glyph, pill};
use crate::words::clean_line;

/// How high a session's row is.
pub(super) const SESSION: f32 = 52.0;
/// How high a heading is.
pub(super) const HEADING: f32 = 32.0;

/// What a session's row shows.
pub(super) struct Shown<'a> {
    pub(super) session: &'a Session,
    pub(super) status: Status,
    pub(super) way: Way,
    pub(super) git: Option<&'a GitGlance>,
    pub(super) approvals: u32,
    pub(super) unread: bool,
    pub(super) renaming: bool,
    /// How many sessions stand above it.
    pub(super) depth: usize,
    /// The one that it stands right below.
    pub(super) above: Option<&'a Session>,
    /// How many are folded into it.
    pub(super) hidden: usize,
}

impl Shown<'_> {
    /// The branch of one that stands below another: it tells them apart.
    pub(super) fn branch(&self) -> Option<String> {
        let branch = self.git.filter(|_| self.above.is_some())?.branch.as_deref()?;
        Some(clean_line(branch))
    }
}

/// How far each step to the right is, and how many are shown: names need their room.
const STEP: (f32, u8) = (14.0, 4);

/// The part of a row that a session has which stands so deep.
pub(super) fn beneath(rect: Rect, depth: usize) -> Rect {
    let steps = u8::try_from(depth).unwrap_or(u8::MAX).min(STEP.1);
    rect.with_min_x(rect.left() + f32::from(steps) * STEP.0)
}

/// The ground of a row: chosen, under the pointer, with the focus.
pub(super) fn ground(ui: &Ui, rect: Rect, row: &Response, chosen: bool) {
    let theme = Theme::get(ui.ctx());
    let hovered = row.contains_pointer();
    let fill = match (chosen, hovered) {
        (true, _) => theme.chosen,
        (false, true) => theme.hover,
        (false, false) => Color32::TRANSPARENT,
    };
    let stroke = if row.has_focus() { Stroke::new(1.5, theme.accent) } else { Stroke::NONE };
    let corner = CornerRadius::same(radius::SMALL + 2);
    ui.painter().rect(rect, corner, fill, stroke, egui::StrokeKind::Inside);
}

/// Paints a line of text that is cut off with … where there is no room; returns its right edge.
pub(super) fn line(
    painter: &Painter,
    at: Pos2,
    width: f32,
    text: &str,
    font: FontId,
    colour: Color32,
) -> f32 {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    let galley = painter.layout_job(job);
    let right = at.x + galley.size().x;
    painter.galley(at - vec2(0.0, galley.size().y / 2.0), galley, colour);
    right
}

/// Draws what is on a session's row.
pub(super) fn session(ui: &mut Ui, rect: Rect, shown: &Shown<'_>) {
    let theme = Theme::get(ui.ctx());
    // Under the dot of the one above.
    for depth in 1..=shown.depth.min(usize::from(STEP.1)) {
        let x = beneath(rect, depth - 1).left() + 12.0;
        ui.painter().vline(x, rect.expand(1.0).y_range(), Stroke::new(1.0, theme.line));
    }
    let rect = beneath(rect, shown.depth);
    let inner = rect.shrink2(vec2(6.0, space::XS));
    let first = inner.top() + 12.0;
    let second = inner.bottom() - 10.0;
    let place = Rect::from_center_size(pos2(inner.left() + 6.0, first), vec2(12.0, 12.0));
    ui.scope_builder(UiBuilder::new().max_rect(place), |ui| dot(ui, shown.status));
    let left = inner.left() + 20.0;

    let badges = Rect::from_x_y_ranges(left..=inner.right(), first - 9.0..=first + 9.0);
    let right = right_side(ui, badges, |ui| {
        if shown.approvals > 0 {
            let words = shown.approvals.to_string();
            pill(ui, Some(Icon::Hand), &words, theme.warn)
                .on_hover_text(format!("{words} waiting for your approval"));
        }
        if shown.unread {
            let (rect, mark) = ui.allocate_exact_size(vec2(8.0, 18.0), egui::Sense::hover());
            ui.painter().circle_filled(rect.center(), 4.0, theme.accent);
            mark.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, "unread"));
            mark.on_hover_text("Something ended here that you haven't seen");
        }
        if shown.hidden > 0 {
            let words = format!("+{}", shown.hidden);
            let hidden = u64::try_from(shown.hidden).unwrap_or(u64::MAX);
            let about = crate::words::of_many(hidden, "session", "sessions");
            pill(ui, None, &words, theme.muted).on_hover_text(format!("{about} folded below"));
        }
    });
    if !shown.renaming {
        let name = clean_line(&shown.session.name);
        let font = if shown.unread { strong(size::BODY) } else { FontId::proportional(size::BODY) };
        let width = right - left - space::XS;
        line(ui.painter(), pos2(left, first), width, &name, font, theme.text);
    }

    let pills = Rect::from_x_y_ranges(left..=inner.right(), second - 9.0..=second + 9.0);
    let right = right_side(ui, pills, |ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if let Some(git) = shown.git {
            let words =
                if git.changed == 0 { "GIT".into() } else { format!("GIT {}", git.changed) };
            pill(ui, Some(Icon::GitBranch), &words, theme.git).on_hover_ui(|ui| git_tip(ui, git));
        }
        let said_above = shown.above.is_some_and(|above| above.host == shown.session.host);
        if said_above {
            // Its machine stands on the row above.
        } else if is_local(&shown.session.host) {
            pill(ui, Some(Icon::Monitor), "LOCAL", theme.muted)
                .on_hover_text("Runs on this machine");
        } else {
            let failed = matches!(shown.way, Way::Trouble | Way::Blocked);
            let colour = if failed { theme.bad } else { theme.remote };
            let words = shown.way.words().unwrap_or("Runs on another machine, over SSH");
            pill(ui, Some(Icon::Server), "REMOTE", colour).on_hover_text(words);
        }
        let mark = match shown.way {
            Way::Fine => None,
            Way::Connecting => Some((Icon::Loader, theme.muted)),
            Way::Trouble => Some((Icon::Unplug, theme.warn)),
            Way::Blocked => Some((Icon::CircleAlert, theme.bad)),
        };
        if let (Some((icon, colour)), Some(words)) = (mark, shown.way.words()) {
            let text = glyph(icon, size::SMALL + 1.5).color(colour);
            let label = ui.add(egui::Label::new(text).selectable(false));
            label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
            label.on_hover_text(words);
        }
    });
    let agent = agent_words(&clean_line(&shown.session.agent), &shown.session.host);
    let words = match shown.branch() {
        Some(branch) => format!("{branch} · {agent}"),
        None => agent,
    };
    let width = right - left - space::XS;
    let font = FontId::proportional(size::SMALL);
    line(ui.painter(), pos2(left, second), width, &words, font, theme.muted);
}

/// Draws the mark that folds what stands below a session, beneath its dot.
pub(super) fn fold_mark(ui: &Ui, rect: Rect, shown: &Shown<'_>, folded: bool) -> Response {
    let theme = Theme::get(ui.ctx());
    let rect = beneath(rect, shown.depth);
    let at = pos2(rect.left() + 12.0, rect.bottom() - space::XS - 10.0);
    let id = egui::Id::unique(("left bar fold", shown.session.id.as_str()));
    // Keys fold from the row.
    let sense = egui::Sense::click() - egui::Sense::FOCUSABLE;
    let response = ui.interact(Rect::from_center_size(at, vec2(20.0, 20.0)), id, sense);
    let words = format!("Below {}", clean_line(&shown.session.name));
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::DisclosureTriangle, true, !folded, &words)
    });
    let mark = if folded { Icon::ChevronRight } else { Icon::ChevronDown };
    let colour = if response.hovered() { theme.text } else { theme.muted };
    ui.painter().text(at, Align2::CENTER_CENTER, char::from(mark), icons(size::SMALL), colour);
    response
}

/// Lays things out from the right; returns the left edge of what was drawn.
fn right_side(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui)) -> f32 {
    let layout = Layout::right_to_left(Align::Center);
    let shown = ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), |ui| {
        add(ui);
        ui.min_rect()
    });
    let used = shown.inner;
    if used.width() > 0.0 { used.left() } else { rect.right() }
}

fn git_tip(ui: &mut Ui, git: &GitGlance) {
    let branch = git.branch.as_deref().map_or_else(|| "no branch".to_owned(), clean_line);
    ui.label(format!("On {branch}"));
    ui.label(crate::words::of_many(u64::from(git.changed), "file changed", "files changed"));
}

/// Draws a heading.
pub(super) fn heading(ui: &Ui, rect: Rect, words: &str, count: usize, folded: bool, waiting: u32) {
    let theme = Theme::get(ui.ctx());
    let painter = ui.painter();
    let middle = rect.center().y + 2.0;
    let mark = if folded { Icon::ChevronRight } else { Icon::ChevronDown };
    let at = pos2(rect.left() + space::S, middle);
    painter.text(at, Align2::LEFT_CENTER, char::from(mark), icons(size::SMALL), theme.muted);
    let mut right = rect.right() - space::S;
    let numbers = painter.text(
        pos2(right, middle),
        Align2::RIGHT_CENTER,
        count,
        FontId::proportional(size::SMALL),
        theme.muted,
    );
    right = numbers.left() - space::S;
    if folded && waiting > 0 {
        let words = format!("{waiting} waiting");
        let font = strong(size::SMALL - 0.5);
        let text = painter.text(pos2(right, middle), Align2::RIGHT_CENTER, words, font, theme.warn);
        right = text.left() - space::S;
    }
    let left = rect.left() + space::S + 17.0;
    let words = clean_line(words);
    line(painter, pos2(left, middle), right - left, &words, strong(size::SMALL), theme.muted);
}
