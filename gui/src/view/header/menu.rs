//! The session's menu.

use egui::{Ui, WidgetInfo};
use lucide_icons::Icon;

use super::data::{HeaderAct, HeaderData};
use super::words::{Words, conversation};
use crate::commands::{WindowCommand, keys_of};
use crate::view::places::is_local;
use crate::widget::icon_button;
use crate::words::clean_line;

/// The session's acts, and what the line may have no room for.
pub(super) fn menu(
    ui: &mut Ui,
    data: &HeaderData<'_>,
    words: &Words,
    mac: bool,
    acts: &mut Vec<HeaderAct>,
) {
    let button = icon_button(ui, Icon::Ellipsis, "Session menu");
    egui::Popup::menu(&button).accessible_name("Session menu").show(|ui| {
        ui.set_min_width(230.0);
        let host = if is_local(&data.session.host) { "this machine" } else { &words.host };
        ui.weak(format!("{} on {host}", clean_line(&data.session.agent)));
        if let Some(git) = &words.branch {
            ui.weak(format!("Branch {git}"));
        }
        if let Some(cost) = &words.cost {
            ui.weak(format!("Cost {cost}"));
        }
        ui.separator();
        if let Some(directory) = &data.session.cwd
            && ui.button("Copy directory").clicked()
        {
            acts.push(HeaderAct::Copy { what: "Directory", text: directory.clone() });
        }
        if let Some(text) = conversation(data)
            && ui.button("Copy conversation's id").clicked()
        {
            acts.push(HeaderAct::Copy { what: "Conversation's id", text });
        }
        let bookmark = if data.bookmarked { "Remove bookmark" } else { "Bookmark" };
        let mut entries = vec![
            ("Rename…", WindowCommand::RenameSession),
            (bookmark, WindowCommand::ToggleBookmark),
            ("Edit…", WindowCommand::EditSession),
            ("Run a command", WindowCommand::RunLine),
            ("Fresh conversation", WindowCommand::FreshConversation),
            ("Duplicate…", WindowCommand::DuplicateSession),
        ];
        if !is_local(&data.session.host) {
            entries.push(("Test connection", WindowCommand::TestHost));
        }
        entries.push(("Remove…", WindowCommand::RemoveSession));
        for (words, command) in entries {
            let keys = keys_of(command, mac);
            let button = egui::Button::new(words).shortcut_text(keys);
            let can = command != WindowCommand::FreshConversation || data.tab.is_some();
            let response = ui.add_enabled(can, button);
            response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, can, words));
            let response = response.on_disabled_hover_text("This tab hasn't begun yet");
            if response.clicked() {
                acts.push(HeaderAct::Command(command));
            }
        }
    });
}
