//! What this is, and where its things are.

use std::path::Path;

use egui::{Label, RichText, ScrollArea, Ui};

use super::dialog::SettingsAct;
use super::looks::{heading, sub};
use crate::theme::{Theme, size, space};
use crate::widget::{Kind, button, icon_button, note, plain};

/// The fonts' licence, as their makers gave it.
const FONT_LICENCE: &str = include_str!("../../../assets/fonts/OFL.txt");

/// What About tells.
#[derive(Clone, Copy, Debug)]
pub struct AboutData<'a> {
    /// Of this window.
    pub version: &'a str,
    /// Where the engine runs.
    pub engine: EngineAt<'a>,
    /// Where everything is stored.
    pub data_dir: &'a Path,
    /// This window's log; the engine's too, where that runs here.
    pub log_file: &'a Path,
}

/// Where the engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineAt<'a> {
    /// Here.
    ThisWindow,
    /// In another process, which this window is attached to.
    Other {
        /// Its program.
        name: &'a str,
        /// Its version.
        version: &'a str,
        /// Its process.
        pid: u32,
    },
    /// Nowhere: it has ended and isn't back yet.
    Gone,
}

pub(super) fn about(ui: &mut Ui, data: &AboutData<'_>) -> Vec<SettingsAct> {
    let mut acts = Vec::new();
    heading(ui, "Baton");
    let engine = match data.engine {
        EngineAt::ThisWindow => "in this window".to_owned(),
        EngineAt::Other { name, version, pid } => {
            format!("in another process: {} {}, pid {pid}", plain(name), plain(version))
        }
        EngineAt::Gone => "not running: it is started again".to_owned(),
    };
    let data_dir = data.data_dir.display().to_string();
    let log_file = data.log_file.display().to_string();
    let rows = [
        ("Version", data.version, false),
        ("Engine", &engine, false),
        ("Data", &data_dir, true),
        ("Log", &log_file, true),
    ];
    let theme = Theme::get(ui.ctx());
    for (what, words, copies) in rows {
        ui.horizontal(|ui| {
            ui.allocate_ui_with_layout(
                egui::vec2(72.0, size::CONTROL),
                egui::Layout::left_to_right(egui::Align::Center),
                |ui| {
                    ui.set_min_width(72.0);
                    ui.label(RichText::new(what).color(theme.muted));
                },
            );
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - size::ICON_BUTTON - space::S).max(40.0));
                ui.add(Label::new(words).truncate()).on_hover_text(words);
            });
            if copies
                && icon_button(ui, lucide_icons::Icon::Copy, &format!("Copy {words}")).clicked()
            {
                ui.ctx().copy_text(words.to_owned());
            }
        });
    }
    if let EngineAt::Other { name, pid, .. } = data.engine {
        let words = format!(
            "That is this window's log. The engine's own words are where {}, pid {pid}, has its log: `baton` writes to the \
             terminal that it was started in.",
            plain(name)
        );
        note(ui, &words);
    }
    ui.horizontal(|ui| {
        if button(ui, Kind::Plain, "Open log").clicked() {
            acts.push(SettingsAct::OpenLog);
        }
    });
    ui.add_space(space::M);
    sub(ui, "Licences");
    ui.label("Baton is free software under MIT or Apache 2.0, at your choice.");
    ui.label("Fonts: Inter and JetBrains Mono under the SIL Open Font License 1.1; icons: Lucide under ISC.");
    egui::CollapsingHeader::new("SIL Open Font License").id_salt("font licence").show(ui, |ui| {
        ScrollArea::vertical()
            .id_salt("licence")
            .max_height(240.0)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                let text = RichText::new(FONT_LICENCE.replace('\r', "")).size(size::SMALL);
                ui.add(Label::new(text.color(theme.muted)).wrap());
            });
    });
    acts
}
