use std::collections::BTreeMap;
use std::path::Path;

use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::host::{HostId, HostsView};

use super::super::{ConnectForm, EngineAt};
use super::*;
use crate::fetched::Fetched;
use crate::testing::{focus_order, harness};

struct Open {
    view: SettingsView,
    memory: Memory,
    acts: Vec<SettingsAct>,
}

fn open(page: SettingsPage) -> Harness<'static, Open> {
    let state = Open { view: SettingsView::at(page), memory: Memory::default(), acts: Vec::new() };
    let mut window = harness(state, |ui, state: &mut Open| {
        let view = HostsView::default();
        let engine = EngineAt::Other { name: "baton", version: "0.1.0", pid: 4711 };
        let data = SettingsData {
            memory: &state.memory,
            hosts: HostsData {
                view: &view,
                path: Path::new("/hosts.toml"),
                faults: &BTreeMap::new(),
                tests: &BTreeMap::new(),
                sessions_of: &|_: &HostId| Vec::new(),
                failure: None,
                form: ConnectForm {
                    hosts: &view.hosts,
                    aliases: &Fetched::Ready(Vec::new()),
                    test: None,
                    agents: &[],
                    keys: &BTreeMap::new(),
                    saved: &Fetched::Missing,
                    home: Path::new("/home/ada"),
                    files: &Fetched::Missing,
                    files_version: 0,
                },
            },
            about: AboutData {
                version: "0.1.0",
                engine,
                data_dir: Path::new("/home/ada/.local/share/baton"),
                log_file: Path::new("/home/ada/.local/state/baton/baton.log"),
            },
        };
        state.acts.extend(state.view.ui(ui.ctx(), &data));
    });
    window.run();
    window
}

#[test]
fn each_page_is_a_click_away() {
    let mut window = open(SettingsPage::Hosts);
    window.get_by_label("SSH Remote Hosts");
    for (page, words) in
        [("Appearance", "High contrast"), ("Behaviour", "Show reasoning"), ("About", "Licences")]
    {
        window.get_by_role_and_label(Role::Tab, page).click();
        window.run();
        window.get_by_label(words);
    }
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.state().acts, [SettingsAct::Close]);
}

#[test]
fn looks_are_changed_by_a_click_each() {
    let mut window = open(SettingsPage::Appearance);
    for choice in ["Light", "125 %"] {
        window.get_by_role_and_label(Role::RadioButton, choice).click();
        window.run();
    }
    window.get_by_role_and_label(Role::CheckBox, "High contrast").click();
    window.run();
    let wanted = [
        SettingsAct::Appearance(Appearance::Light),
        SettingsAct::Zoom(1.25),
        SettingsAct::Contrast(true),
    ];
    assert_eq!(window.state().acts, wanted);
}

#[test]
fn a_size_that_isnt_offered_is_told_and_can_be_put_right() {
    let mut window = open(SettingsPage::Appearance);
    window.state_mut().memory.zoom = 1.37;
    window.run();
    window.get_by_label("Now 137 %.");
    window.get_by_role_and_label(Role::Button, "As designed").click();
    window.run();
    assert_eq!(window.state().acts, [SettingsAct::Zoom(1.0)]);
}

#[test]
fn behaviour_is_changed_by_a_click_each() {
    let mut window = open(SettingsPage::Behaviour);
    let breaks = "Breaks the line; Ctrl+Enter sends the message";
    window.get_by_role_and_label(Role::RadioButton, breaks).click();
    window.get_by_role_and_label(Role::CheckBox, "Desktop notifications").click();
    window.get_by_role_and_label(Role::CheckBox, "Show reasoning").click();
    window.run();
    let wanted = [
        SettingsAct::EnterSends(false),
        SettingsAct::Notifications(false),
        SettingsAct::Reasoning(true),
    ];
    for act in wanted {
        assert!(window.state().acts.contains(&act), "{act:?}");
    }
}

#[test]
fn about_says_where_the_engine_runs_and_where_things_are() {
    let mut window = open(SettingsPage::About);
    window.get_by_label("in another process: baton 0.1.0, pid 4711");
    window.get_by_label("/home/ada/.local/share/baton");
    window.get_by_label_contains(
        "That is this window's log. The engine's own words are where baton, pid 4711",
    );
    window.get_by_role_and_label(Role::Button, "Open log").click();
    window.run();
    assert_eq!(window.state().acts, [SettingsAct::OpenLog]);
    window.get_by_label("SIL Open Font License").click();
    window.run();
}

#[test]
fn a_small_window_shows_it_too() {
    let mut window = open(SettingsPage::Hosts);
    window.set_size(egui::vec2(420.0, 300.0));
    window.run();
    for page in ["Appearance", "Behaviour", "About", "SSH Hosts"] {
        window.get_by_role_and_label(Role::Tab, page).click();
        window.run();
    }
}

#[test]
fn settings_begin_at_the_page_that_is_open_and_tab_reaches_their_cross_last() {
    let mut window = open(SettingsPage::Appearance);
    let order = focus_order(&mut window);
    assert_eq!(order.first().map(String::as_str), Some("Appearance"), "{order:?}");
    let cross = order.iter().position(|name| name == "Close");
    let page = order.iter().position(|name| name == "High contrast");
    assert!(page.is_some() && page < cross, "{order:?}");
    // Behind the cross it begins anew.
    assert_eq!(order.last().map(String::as_str), Some("SSH Hosts"), "{order:?}");
}
