use egui::{Key, Role};
use egui_kittest::kittest::Queryable;

use super::*;
use crate::testing::{focus_order, harness};

#[test]
fn every_command_of_the_table_stands_in_the_help_with_its_keys() {
    let mut view = HelpView::default();
    view.open();
    let mut window = harness(view, |ui, view| view.ui(ui.ctx()));
    window.run();
    for entry in TABLE.iter().filter(|entry| !is_one_of_many(entry.command)) {
        let (name, _) = words(entry, false);
        assert!(window.query_all_by_label(&name).next().is_some(), "{name}");
    }
    window.get_by_label("Ctrl+1 to 9");
    window.get_by_label("Ctrl+Shift+F");
}

#[test]
fn the_help_is_searched_and_left_by_escape() {
    let mut view = HelpView::default();
    view.open();
    let mut window = harness(view, |ui, view| view.ui(ui.ctx()));
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Search the commands").type_text("zoom");
    window.run();
    window.get_by_label("Zoom in");
    assert!(window.query_by_label("Quit").is_none());
    window.get_by_role_and_label(Role::TextInput, "Search the commands").type_text("qqq");
    window.run();
    window.get_by_label("No command is called so");
    window.key_press(Key::Escape);
    window.run();
    window.key_press(Key::Escape);
    window.run();
    assert!(!window.state().is_open());
}

#[test]
fn the_help_begins_in_its_search_and_tab_goes_on_to_its_cross() {
    let mut view = HelpView::default();
    view.open();
    let mut window = harness(view, |ui, view| view.ui(ui.ctx()));
    window.run();
    assert_eq!(focus_order(&mut window), ["Search the commands", "Close"]);
}
