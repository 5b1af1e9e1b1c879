//! A host that shows another key than the one on record.

use egui::{CornerRadius, Frame, Label, Margin, RichText, Stroke, Ui};
use lucide_icons::Icon;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::Hosts;

use super::question::name_of;
use crate::theme::{Theme, radius, size, space, strong};
use crate::widget::{FormShape, Kind, button, form, icon, plain, shell_line, shell_lines};

/// What a person wants of a [`changed_key`] dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedKeyAct {
    /// Close it.
    Close,
    /// They have mended it: [`orchestrator::seam::Command::RetryHost`].
    Retry,
}

/// Whether a failure is to be shown by [`changed_key`].
pub fn is_changed_key(failure: &Failure) -> bool {
    failure.code == Code::HostKeyChanged
}

/// Another key than the one on record, in red: what to do, and no way to go on regardless.
pub fn changed_key(ctx: &egui::Context, failure: &Failure, hosts: &Hosts) -> Option<ChangedKeyAct> {
    let host = failure.host.as_deref().map(|host| name_of(host, hosts));
    let heading = "This may not be your machine";
    let shape = FormShape { heading, width: 520.0, height: None, scroll: true };
    let shown = form(
        ctx,
        "changed key",
        shape,
        &mut (),
        |(), ui| changed_key_card(ui, failure, host.as_deref()),
        |(), ui| {
            let close = button(ui, Kind::Plain, "Close").clicked();
            let retry = button(ui, Kind::Plain, "I have removed the old key, try again").clicked();
            (close, retry)
        },
    );
    match shown.buttons {
        (_, true) => Some(ChangedKeyAct::Retry),
        (close, false) => (close || shown.close).then_some(ChangedKeyAct::Close),
    }
}

/// The same as a card, for where the failure is told among others.
pub fn changed_key_card(ui: &mut Ui, failure: &Failure, host: Option<&str>) {
    let theme = Theme::get(ui.ctx());
    Frame::new()
        .fill(theme.tint(theme.bad))
        .stroke(Stroke::new(1.5, theme.bad))
        .corner_radius(CornerRadius::same(radius::LARGE))
        .inner_margin(Margin::same(14))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = space::S;
            ui.horizontal_top(|ui| {
                icon(ui, Icon::ShieldAlert, theme.bad);
                let host = host.map(|host| format!("{host}: ")).unwrap_or_default();
                let words = format!("{host}{}", plain(&failure.message));
                let words = RichText::new(words).font(strong(size::BODY)).color(theme.bad);
                ui.add(Label::new(words).wrap());
            });
            ui.add(
                Label::new(
                    "Either the machine was installed anew, or somebody stands between you and it. \
                     Nothing was sent there.",
                )
                .wrap(),
            );
            if let Some(hint) = &failure.hint {
                ui.add(Label::new(plain(hint)).wrap());
                for line in shell_lines(hint) {
                    shell_line(ui, &plain(line));
                }
            }
        });
}

#[cfg(test)]
#[path = "changed_key_tests.rs"]
mod tests;
