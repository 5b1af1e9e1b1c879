use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::*;
use crate::testing::{harness, press};

struct Open {
    view: EditMessageView,
    acts: Vec<EditMessageAct>,
}

fn open(view: EditMessageView) -> Harness<'static, Open> {
    let mut window = harness(Open { view, acts: Vec::new() }, |ui, state: &mut Open| {
        state.acts.extend(state.view.ui(ui.ctx()));
    });
    window.run();
    window
}

fn written(text: &str) -> Harness<'static, Open> {
    let mut window = open(EditMessageView::new("say hello".into()));
    let field = window.get_by_role_and_label(Role::MultilineTextInput, "Edited message");
    assert!(field.is_focused());
    field.type_text(text);
    window.run();
    window
}

fn save(text: &str) -> EditMessageAct {
    EditMessageAct::Save(text.into())
}

#[test]
fn a_message_that_waits_is_changed_by_its_button_and_by_control_enter() {
    let mut window = written(" twice");
    press(&mut window, "Save");
    assert_eq!(window.state().acts, [save("say hello twice")]);
    let mut window = written(" twice");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run();
    assert_eq!(window.state().acts, [save("say hello twice")]);
}

#[test]
fn what_was_typed_into_it_is_not_lost_without_asking() {
    for way in ["Escape", "Close", "Cancel"] {
        let mut window = written(" twice");
        match way {
            "Escape" => {
                window.key_press(Key::Escape);
                window.run();
            }
            button => press(&mut window, button),
        }
        window.get_by_label("Leave without saving?");
        assert_eq!(window.state().acts, [], "{way}");
        // Nothing is saved behind the question.
        window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        window.run();
        assert_eq!(window.state().acts, [], "{way}");
    }
    let mut window = written(" twice");
    press(&mut window, "Cancel");
    press(&mut window, "Leave");
    assert_eq!(window.state().acts, [EditMessageAct::Close]);
}

#[test]
fn a_click_beside_it_changes_nothing() {
    let mut window = written(" twice");
    let beside = egui::pos2(5.0, 5.0);
    for pressed in [true, false] {
        let modifiers = Modifiers::NONE;
        let button = egui::PointerButton::Primary;
        window.event(egui::Event::PointerButton { pos: beside, button, pressed, modifiers });
    }
    window.run();
    assert_eq!(window.state().acts, []);
    window.get_by_role_and_label(Role::MultilineTextInput, "Edited message");
}

#[test]
fn one_that_was_not_changed_is_left_at_once() {
    let mut window = open(EditMessageView::new("say hello".into()));
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.state().acts, [EditMessageAct::Close]);
}

#[test]
fn a_text_that_the_queue_did_not_take_is_not_left_without_asking() {
    let mut window = open(EditMessageView::unsaved("say hello".into()));
    window.key_press(Key::Escape);
    window.run();
    window.get_by_label("Leave without saving?");
    assert_eq!(window.state().acts, []);
}
