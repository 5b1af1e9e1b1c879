//! Files on their way between this machine and a host.

use egui::{Label, ProgressBar, RichText, Ui};
use lucide_icons::Icon;

use crate::theme::{Theme, size, space};
use crate::widget::{icon, small_icon_button};

/// A transfer, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// Which.
    pub id: String,
    /// Whether it goes to the host.
    pub up: bool,
    /// Its name.
    pub name: String,
    /// How it stands: `12 MB of 40 MB`, why it failed.
    pub about: String,
    /// What to do about a failure.
    pub hint: Option<String>,
    /// How much is done, 0 to 1, where that is known.
    pub part: Option<f32>,
    /// Whether nothing more will come.
    pub over: bool,
    /// Whether it failed.
    pub failed: bool,
}

/// What a person wants of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferAct {
    /// Stop it; it can be gone on with.
    Stop(String),
    /// Begin it again where it was.
    Again(String),
    /// Say no more of it.
    Forget(String),
}

/// Draws them.
pub fn transfers(ui: &mut Ui, all: &[Transfer]) -> Option<TransferAct> {
    let theme = Theme::get(ui.ctx());
    let mut act = None;
    for transfer in all {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let mark = if transfer.up { Icon::Upload } else { Icon::Download };
            let colour = if transfer.failed { theme.bad } else { theme.muted };
            icon(ui, mark, colour);
            let layout = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(layout, |ui| {
                if transfer.over {
                    if small_icon_button(ui, Icon::X, &format!("Forget {}", transfer.name))
                        .clicked()
                    {
                        act = Some(TransferAct::Forget(transfer.id.clone()));
                    }
                    let again = format!("Go on with {}", transfer.name);
                    if transfer.failed && small_icon_button(ui, Icon::RefreshCw, &again).clicked() {
                        act = Some(TransferAct::Again(transfer.id.clone()));
                    }
                } else if small_icon_button(ui, Icon::Square, &format!("Stop {}", transfer.name))
                    .clicked()
                {
                    act = Some(TransferAct::Stop(transfer.id.clone()));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let name = RichText::new(&transfer.name).size(size::SMALL);
                    ui.add(Label::new(name).truncate());
                    let about = RichText::new(&transfer.about).size(size::SMALL).color(colour);
                    let shown = ui.add(Label::new(about).truncate());
                    let hint = transfer.hint.as_deref().unwrap_or_default();
                    shown.on_hover_text(format!("{}\n{hint}", transfer.about).trim());
                });
            });
        });
        if let Some(part) = transfer.part.filter(|_| !transfer.over) {
            ui.add(ProgressBar::new(part).desired_height(4.0));
        }
    }
    act
}
