use std::time::Instant;

use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::*;
use crate::samples::session;
use crate::testing::harness;

struct World {
    view: PaletteView,
    sessions: Vec<Session>,
    now: Situation,
    acts: Vec<PaletteAct>,
}

fn window(sessions: Vec<Session>) -> Harness<'static, World> {
    let now = Situation { sessions: sessions.len(), session: true, ..Situation::default() };
    let mut view = PaletteView::default();
    view.open();
    let mut window = harness(World { view, sessions, now, acts: Vec::new() }, |ui, world| {
        let _button = ui.button("behind");
        let sessions: Vec<&Session> = world.sessions.iter().collect();
        let data = PaletteData {
            sessions: &sessions,
            version: 1,
            hosts: &[],
            host: None,
            now: &world.now,
        };
        let act = world.view.ui(ui.ctx(), &data);
        world.acts.extend(act);
    });
    window.run();
    window
}

fn two() -> Vec<Session> {
    vec![session("a", "api-fix", "box", 0), session("b", "notes", "local", 1)]
}

fn names(window: &Harness<'static, World>) -> Vec<String> {
    let rows = window.get_all_by_role(Role::ListBoxOption);
    rows.filter_map(|row| row.accesskit_node().label()).collect()
}

fn type_text(window: &mut Harness<'static, World>, text: &str) {
    window.get_by_role_and_label(Role::TextInput, "Command or session").type_text(text);
    window.run();
}

#[test]
fn a_session_is_opened_by_a_few_letters() {
    let mut window = window(two());
    type_text(&mut window, "apf");
    assert_eq!(names(&window)[0], "api-fix");
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().acts, [PaletteAct::Open(SessionId::new("a"))]);
    assert!(!window.state().view.is_open());
}

#[test]
fn a_command_is_run_and_stands_first_next_time() {
    let mut window = window(two());
    type_text(&mut window, "zoom in");
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().acts, [PaletteAct::Run(WindowCommand::ZoomIn)]);
    window.state_mut().view.open();
    window.run();
    assert_eq!(names(&window)[..2], ["Zoom in", "api-fix"]);
}

#[test]
fn other_words_for_a_command_find_it_too() {
    let mut window = window(two());
    type_text(&mut window, "preferences");
    assert_eq!(names(&window), ["Settings"]);
}

#[test]
fn arrows_choose_and_a_click_does_too() {
    let mut window = window(two());
    window.key_press(Key::ArrowDown);
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().acts, [PaletteAct::Open(SessionId::new("b"))]);
    window.state_mut().view.open();
    window.run();
    window.get_by_role_and_label(Role::ListBoxOption, "New session").click();
    window.run();
    assert_eq!(window.state().acts[1], PaletteAct::Run(WindowCommand::NewSession));
}

#[test]
fn what_cant_be_used_now_isnt_offered() {
    let mut window = window(two());
    type_text(&mut window, "interrupt");
    assert!(window.query_by_label("Interrupt").is_none());
    window.state_mut().now.working = true;
    window.run();
    window.get_by_label("Interrupt");
}

#[test]
fn every_command_can_be_found_by_its_name() {
    let now = Situation {
        sessions: 9,
        something_needs_you: true,
        session: true,
        remote: true,
        tabs: 2,
        file: true,
        tab: true,
        closed_tab: true,
        working: true,
        queue: true,
        approval: true,
        first_screen: false,
    };
    let data = PaletteData { sessions: &[], version: 0, hosts: &[], host: None, now: &now };
    for entry in TABLE.iter().filter(|entry| entry.command != WindowCommand::Palette) {
        let first = hits(&data, entry.name, &[]).into_iter().next();
        assert_eq!(first, Some(Hit::Command(entry, String::new())), "{}", entry.name);
    }
}

#[test]
fn nothing_found_is_said_and_escape_leaves() {
    let mut window = window(two());
    type_text(&mut window, "qqqqq");
    window.get_by_label("No command and no session is called so");
    window.key_press(Key::Escape);
    window.run();
    assert!(!window.state().view.is_open() && window.state().acts.is_empty());
}

#[test]
fn ten_thousand_sessions_are_searched_while_one_types() {
    let many: Vec<Session> =
        (0..10_000).map(|n| session(&format!("s{n}"), &format!("name {n}"), "box", n)).collect();
    let mut window = window(many);
    let begin = Instant::now();
    type_text(&mut window, "9999");
    assert_eq!(names(&window)[0], "name 9999");
    // Unoptimized, on busy cores, with several frames.
    assert!(begin.elapsed().as_millis() < 3000, "{:?}", begin.elapsed());
}

#[test]
fn what_had_the_focus_gets_it_back() {
    let mut window = window(two());
    window.key_press(Key::Escape);
    window.run();
    window.get_by_label("behind").focus();
    window.run();
    window.state_mut().view.open();
    window.run();
    assert!(!window.get_by_label("behind").is_focused());
    window.key_press(Key::Escape);
    window.run();
    assert!(window.get_by_label("behind").is_focused());
}

#[test]
fn everything_in_the_palette_has_a_name() {
    assert_eq!(window(two()).unnamed_widgets(), [""; 0]);
}

#[test]
fn a_dialog_that_the_palette_has_opened_keeps_the_focus() {
    let mut view = PaletteView::default();
    view.open();
    let mut window = harness((view, String::new(), false), |ui, (view, typed, open)| {
        let shown = crate::widget::Field { label: "Below", ..Default::default() };
        crate::widget::field(ui, "below", shown, typed);
        if *open {
            crate::widget::dialog(ui.ctx(), "d", "Opened", 300.0, |ui| ui.button("First"));
        }
        let now = Situation::default();
        let data = PaletteData { sessions: &[], version: 1, hosts: &[], host: None, now: &now };
        *open |= view.ui(ui.ctx(), &data).is_some();
    });
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(crate::testing::focused(&window).as_deref(), Some("First"));
}
