//! How full a conversation is.

use egui::{FontId, Sense, Ui, WidgetInfo, vec2};
use orchestrator::seam::{Session, TabId};

use crate::theme::{Theme, size, space};
use crate::words::count;

/// How wide the bar of the context is, without its number.
pub(super) const BAR: f32 = 48.0;

/// How full a conversation is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Context {
    /// Tokens in use.
    pub used: u64,
    /// Tokens that there is room for.
    pub window: u64,
}

impl Context {
    /// Of a tab: as its turn says, or the last one that did.
    pub fn of(session: &Session, tab: Option<&TabId>) -> Option<Self> {
        let tab = session.tabs.iter().find(|known| Some(&known.id) == tab)?;
        let told = |usage: &orchestrator::agent::Usage| {
            let (used, window) = (usage.context_tokens?, usage.context_window?);
            (window > 0).then_some(Self { used, window })
        };
        tab.turn.as_ref().and_then(|turn| told(&turn.usage)).or_else(|| told(&tab.totals.usage))
    }

    /// Of a hundred; more than a hundred is a hundred.
    pub fn percent(self) -> u64 {
        (self.used.saturating_mul(100) / self.window.max(1)).min(100)
    }
}

/// How full a conversation is: a bar and its number, tokens when pointed at.
pub fn context_bar(ui: &mut Ui, context: Context) -> egui::Response {
    let theme = Theme::get(ui.ctx());
    let percent = context.percent();
    let colour = match percent {
        ..75 => theme.accent,
        75..90 => theme.warn,
        _ => theme.bad,
    };
    let font = FontId::proportional(size::SMALL);
    let text_colour = if percent < 75 { theme.muted } else { colour };
    let number = ui.painter().layout_no_wrap(format!("{percent} %"), font, text_colour);
    let wanted = vec2(BAR + space::XS + number.size().x, 18.0);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    let middle = rect.center().y;
    let bar = egui::Rect::from_min_size(egui::pos2(rect.left(), middle - 3.0), vec2(BAR, 6.0));
    ui.painter().rect_filled(bar, 3.0, theme.line_strong);
    let mut full = bar;
    #[expect(clippy::cast_precision_loss, reason = "at most a hundred")]
    let part = percent as f32 / 100.0;
    full.set_width(BAR * part);
    ui.painter().rect_filled(full, 3.0, colour);
    let at = egui::pos2(bar.right() + space::XS, middle - number.size().y / 2.0);
    ui.painter().galley(at, number, text_colour);
    response.widget_info(|| {
        WidgetInfo::labeled(egui::Role::ProgressIndicator, true, format!("Context {percent} %"))
    });
    response.on_hover_ui(|ui| {
        ui.label(format!("{} of {} tokens", count(context.used), count(context.window)));
        if percent >= 75 {
            ui.label("A fresh conversation begins with an empty context");
        }
    })
}
