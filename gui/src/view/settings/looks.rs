//! Pages of switches: how it looks, and what it does.

use egui::{RichText, Ui};

use super::dialog::SettingsAct;
use crate::memory::Memory;
use crate::theme::{Appearance, size, space, strong};
use crate::widget::{Kind, button, note, switch};

/// The sizes of text that are offered; 1 is as designed.
const ZOOMS: [f32; 7] = [0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0];

pub(super) fn appearance(ui: &mut Ui, memory: &Memory) -> Vec<SettingsAct> {
    let mut acts = Vec::new();
    heading(ui, "Appearance");
    sub(ui, "Colours");
    ui.horizontal(|ui| {
        let all = [
            (Appearance::System, "System"),
            (Appearance::Dark, "Dark"),
            (Appearance::Light, "Light"),
        ];
        for (appearance, words) in all {
            if ui.radio(memory.appearance == appearance, words).clicked() {
                acts.push(SettingsAct::Appearance(appearance));
            }
            ui.add_space(space::S);
        }
    });
    note(ui, "System follows the desktop, also when it changes in the evening.");
    ui.add_space(space::S);
    let mut contrast = memory.contrast;
    if switch(ui, &mut contrast, "High contrast", "Lines and letters stand out more.").changed() {
        acts.push(SettingsAct::Contrast(contrast));
    }
    ui.add_space(space::S);
    sub(ui, "Text size");
    let at = ZOOMS.iter().position(|zoom| (zoom - memory.zoom).abs() < 0.01);
    ui.horizontal(|ui| {
        for (number, zoom) in ZOOMS.iter().enumerate() {
            let words = format!("{:.0} %", zoom * 100.0);
            if ui.radio(at == Some(number), words).clicked() {
                acts.push(SettingsAct::Zoom(*zoom));
            }
        }
    });
    if at.is_none() {
        let words = format!("Now {:.0} %.", memory.zoom * 100.0);
        ui.horizontal(|ui| {
            ui.label(words);
            if button(ui, Kind::Plain, "As designed").clicked() {
                acts.push(SettingsAct::Zoom(1.0));
            }
        });
    }
    note(ui, "Everything grows with it. Ctrl and + or − does the same.");
    acts
}

pub(super) fn behaviour(ui: &mut Ui, memory: &Memory) -> Vec<SettingsAct> {
    let mut acts = Vec::new();
    heading(ui, "Behaviour");
    sub(ui, "Enter in the composer");
    if ui.radio(memory.enter_sends, "Sends the message; Shift+Enter breaks the line").clicked() {
        acts.push(SettingsAct::EnterSends(true));
    }
    if ui.radio(!memory.enter_sends, "Breaks the line; Ctrl+Enter sends the message").clicked() {
        acts.push(SettingsAct::EnterSends(false));
    }
    ui.add_space(space::S);
    let mut notifications = memory.notifications;
    let explained = "When a turn ends or an agent needs you, while this window isn't in front.";
    if switch(ui, &mut notifications, "Desktop notifications", explained).changed() {
        acts.push(SettingsAct::Notifications(notifications));
    }
    ui.add_space(space::S);
    let mut reasoning = memory.reasoning;
    let explained = "What an agent thinks on its way, where it tells it.";
    if switch(ui, &mut reasoning, "Show reasoning", explained).changed() {
        acts.push(SettingsAct::Reasoning(reasoning));
    }
    ui.add_space(space::S);
    let mut copy = memory.copy_on_select;
    let explained = "What you select in a terminal is on the clipboard without a key.";
    if switch(ui, &mut copy, "Copy on select", explained).changed() {
        acts.push(SettingsAct::CopyOnSelect(copy));
    }
    acts
}

pub(super) fn heading(ui: &mut Ui, words: &str) {
    ui.label(RichText::new(words).font(strong(size::HEADING)));
    ui.add_space(space::S);
}

pub(super) fn sub(ui: &mut Ui, words: &str) {
    ui.label(RichText::new(words).font(strong(size::BODY)));
}
