//! Pills, badges and dots.

use egui::{
    Align2, Color32, CornerRadius, FontId, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo,
    vec2,
};
use lucide_icons::Icon;

use crate::theme::{Theme, icons, size, strong};

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Nothing to do.
    Ready,
    /// An agent is at work.
    Working,
    /// A person is needed.
    NeedsYou,
    /// The last turn failed.
    Failed,
}

impl Status {
    /// What a person reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Working => "working",
            Self::NeedsYou => "needs you",
            Self::Failed => "failed",
        }
    }

    /// Its colour.
    pub fn colour(self, theme: &Theme) -> Color32 {
        match self {
            Self::Ready => theme.good,
            Self::Working => theme.busy,
            Self::NeedsYou => theme.warn,
            Self::Failed => theme.bad,
        }
    }
}

/// A status dot. Shapes differ as well as colours, for who can't tell these apart.
pub fn dot(ui: &mut Ui, status: Status) -> Response {
    let theme = Theme::get(ui.ctx());
    let colour = status.colour(&theme);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
    let centre = rect.center();
    let painter = ui.painter();
    match status {
        Status::Ready => {
            painter.circle_filled(centre, 4.0, colour);
        }
        Status::Working => {
            painter.circle_stroke(centre, 4.0, Stroke::new(2.0, colour));
        }
        Status::NeedsYou => {
            painter.circle_filled(centre, 5.5, colour);
            painter.text(centre, Align2::CENTER_CENTER, "!", strong(9.5), theme.window);
        }
        Status::Failed => {
            let arm = 3.0;
            let stroke = Stroke::new(2.2, colour);
            painter.line_segment([centre - vec2(arm, arm), centre + vec2(arm, arm)], stroke);
            painter.line_segment([centre + vec2(-arm, arm), centre + vec2(arm, -arm)], stroke);
        }
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, status.words()));
    response.on_hover_text(status.words())
}

/// Words in a coloured capsule.
pub fn pill(ui: &mut Ui, icon: Option<Icon>, words: &str, colour: Color32) -> Response {
    draw(ui, icon, words, colour, Sense::hover())
}

/// The same, to be clicked; `name` says what that does.
pub fn pill_button(
    ui: &mut Ui,
    icon: Option<Icon>,
    words: &str,
    colour: Color32,
    name: &str,
) -> Response {
    let response = draw(ui, icon, words, colour, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    response.on_hover_text(name).on_hover_cursor(egui::CursorIcon::PointingHand)
}

fn draw(ui: &mut Ui, icon: Option<Icon>, words: &str, colour: Color32, sense: Sense) -> Response {
    const PAD: f32 = 6.0;
    const GAP: f32 = 4.0;
    let theme = Theme::get(ui.ctx());
    let font = FontId::new(size::SMALL - 0.5, strong(0.0).family);
    let most = (ui.available_width() - 2.0 * PAD - 16.0).max(24.0);
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(most);
    let galley = ui.painter().layout_job(job);
    let mark = icon.map(|icon| {
        let text = char::from(icon).to_string();
        ui.painter().layout_no_wrap(text, icons(size::SMALL), colour)
    });
    let mark_width = mark.as_ref().map_or(0.0, |mark| mark.size().x + GAP);
    let wanted = vec2(galley.size().x + mark_width + 2.0 * PAD, 18.0);
    let (rect, response) = ui.allocate_exact_size(wanted, sense);
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let hovered = sense.senses_click() && response.hovered();
        let rim = if hovered || response.has_focus() { colour } else { theme.rim(colour) };
        let corner = CornerRadius::same(crate::theme::radius::SMALL - 1);
        painter.rect(
            rect,
            corner,
            theme.tint(colour),
            Stroke::new(1.0, rim),
            egui::StrokeKind::Inside,
        );
        let mut left = rect.left() + PAD;
        if let Some(mark) = mark {
            let at = egui::pos2(left, rect.center().y - mark.size().y / 2.0);
            left += mark_width;
            painter.galley(at, mark, colour);
        }
        let at = egui::pos2(left, rect.center().y - galley.size().y / 2.0);
        painter.galley(at, galley, colour);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    response
}
