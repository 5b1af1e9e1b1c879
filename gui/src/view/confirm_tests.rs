use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::*;
use crate::testing::{focus_order, harness};

fn asked(names: usize) -> Harness<'static, Vec<ConfirmAct>> {
    let names: Vec<String> = (0..names).map(|number| format!("session {number}")).collect();
    let mut view = ConfirmView::default();
    let mut window = harness(Vec::new(), move |ui, acts: &mut Vec<ConfirmAct>| {
        let data = ConfirmData {
            heading: "Remove GPU box?",
            what: "These sessions will refuse to run:",
            names: &names,
            act: "Remove host",
            keep: "Keep it",
        };
        acts.extend(view.ui(ui.ctx(), &data));
    });
    window.run();
    window
}

#[test]
fn enter_changes_nothing() {
    let mut window = asked(1);
    assert!(window.get_by_role_and_label(Role::Button, "Keep it").is_focused());
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(*window.state(), [ConfirmAct::Keep]);
}

#[test]
fn escape_changes_nothing() {
    let mut window = asked(0);
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(*window.state(), [ConfirmAct::Keep]);
}

#[test]
fn the_dangerous_button_does_it() {
    let mut window = asked(2);
    window.get_by_role_and_label(Role::Button, "Remove host").click();
    window.run();
    assert_eq!(*window.state(), [ConfirmAct::Do]);
}

#[test]
fn what_it_happens_to_is_listed_and_the_rest_is_counted() {
    let window = asked(11);
    window.get_by_label("•  session 7");
    assert!(window.query_by_label("•  session 8").is_none());
    window.get_by_label("and 3 more");
}

#[test]
fn tab_goes_from_the_careful_button_to_the_other_one_and_to_the_cross() {
    let mut window = asked(1);
    assert_eq!(focus_order(&mut window), ["Keep it", "Remove host", "Close"]);
}
