//! Cards, sections, and what stands where nothing is.

use egui::{CornerRadius, Frame, InnerResponse, Label, Margin, RichText, Stroke, Ui};
use lucide_icons::Icon;
use orchestrator::failure::Failure;

use super::{icon, icon_sized, plain};
use crate::theme::{Theme, radius, size, space, strong};
use crate::words::with_host;

/// A frame around things that belong together.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let theme = Theme::get(ui.ctx());
    Frame::new()
        .fill(theme.raised)
        .stroke(Stroke::new(1.0, theme.line))
        .corner_radius(CornerRadius::same(radius::LARGE))
        .inner_margin(Margin::same(12))
        .show(ui, contents)
}

/// A heading over a part of a page.
pub fn section(ui: &mut Ui, words: &str) {
    let theme = Theme::get(ui.ctx());
    ui.add(
        Label::new(RichText::new(words).font(strong(size::SMALL)).color(theme.muted))
            .selectable(false),
    );
}

/// What stands where nothing is: what would be here, and how it gets here.
pub fn empty(ui: &mut Ui, mark: Icon, heading: &str, words: &str) {
    let theme = Theme::get(ui.ctx());
    ui.vertical_centered(|ui| {
        ui.add_space(space::XL);
        icon_sized(ui, mark, 28.0, theme.muted);
        ui.add_space(space::S);
        ui.label(RichText::new(heading).font(strong(size::BODY)));
        ui.add(Label::new(RichText::new(words).color(theme.muted)).wrap());
    });
}

/// A failure: what failed, what to do, and buttons.
pub fn failure_card<R>(
    ui: &mut Ui,
    failure: &Failure,
    buttons: impl FnOnce(&mut Ui) -> R,
) -> InnerResponse<R> {
    let theme = Theme::get(ui.ctx());
    Frame::new()
        .fill(theme.tint(theme.bad))
        .stroke(Stroke::new(1.0, theme.rim(theme.bad)))
        .corner_radius(CornerRadius::same(radius::LARGE))
        .inner_margin(Margin::same(12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                icon(ui, Icon::CircleAlert, theme.bad);
                ui.vertical(|ui| {
                    let message = plain(&with_host(failure)).into_owned();
                    ui.add(Label::new(RichText::new(message).font(strong(size::BODY))).wrap());
                    if let Some(hint) = &failure.hint {
                        ui.add(Label::new(RichText::new(plain(hint))).wrap());
                    }
                    ui.add_space(space::XS);
                    // Without buttons there is no row for them.
                    let control = ui.spacing().interact_size;
                    ui.spacing_mut().interact_size.y = 0.0;
                    ui.horizontal_wrapped(|ui| {
                        ui.spacing_mut().interact_size = control;
                        buttons(ui)
                    })
                    .inner
                })
                .inner
            })
            .inner
        })
}
