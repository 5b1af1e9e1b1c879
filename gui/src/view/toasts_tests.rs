#![allow(clippy::unwrap_used)]

use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::*;
use crate::samples::at;
use crate::testing::harness;

struct World {
    view: ToastsView,
    toasts: Vec<Toast>,
    now: Timestamp,
    acts: Vec<ToastAct>,
}

fn toast(id: u64, kind: ToastKind, action: Option<&str>) -> Toast {
    Toast {
        id: ToastId(id),
        kind,
        text: format!("message {id}"),
        detail: None,
        action: action.map(Into::into),
        at: at(0),
    }
}

fn window(toasts: Vec<Toast>) -> Harness<'static, World> {
    let world = World { view: ToastsView::default(), toasts, now: at(1), acts: Vec::new() };
    let mut window = harness(world, |ui, world| {
        let acts = world.view.ui(ui.ctx(), &world.toasts, world.now);
        world.acts.extend(acts);
    });
    window.run_steps(4);
    window
}

#[test]
fn a_message_goes_by_itself_and_an_error_stays() {
    let mut window =
        window(vec![toast(1, ToastKind::Good, None), toast(2, ToastKind::Error, None)]);
    window.get_by_label("message 1");
    assert!(window.state().acts.is_empty());
    window.state_mut().now = at(7);
    window.step();
    assert_eq!(window.state().acts, [ToastAct::Expired(ToastId(1))]);
}

#[test]
fn a_message_stays_while_it_is_pointed_at() {
    let mut window = window(vec![toast(1, ToastKind::Info, None)]);
    window.get_by_label("message 1").hover();
    window.step();
    window.state_mut().now = at(60);
    window.run_steps(2);
    assert!(window.state().acts.is_empty());
    window.hover_at(egui::pos2(5.0, 5.0));
    window.run_steps(2);
    assert!(window.state().acts.is_empty(), "it lingers");
    window.state_mut().now = at(63);
    window.step();
    assert_eq!(window.state().acts, [ToastAct::Expired(ToastId(1))]);
}

#[test]
fn its_button_undoes_and_its_cross_closes() {
    let mut window = window(vec![toast(1, ToastKind::Good, Some("Undo"))]);
    window.get_by_role_and_label(Role::Button, "Undo").click();
    window.run_steps(2);
    window.get_by_role_and_label(Role::Button, "Close message").click();
    window.run_steps(2);
    let acts = [ToastAct::Action(ToastId(1)), ToastAct::Close(ToastId(1))];
    assert_eq!(window.state().acts, acts);
}

#[test]
fn four_are_seen_and_older_ones_counted() {
    let window = window((1..=7).map(|id| toast(id, ToastKind::Error, None)).collect());
    window.get_by_label("3 more messages");
    assert!(window.query_by_label("message 3").is_none());
    window.get_by_label("message 7");
}

#[test]
fn the_window_rests_but_for_the_moment_when_one_goes() {
    let delay = |toasts| {
        let window = window(toasts);
        window.output().viewport_output.values().map(|out| out.repaint_delay).min().unwrap()
    };
    let waits = delay(vec![toast(1, ToastKind::Good, None)]);
    assert!(waits > Duration::from_secs(3) && waits < Duration::from_secs(6), "{waits:?}");
    assert!(delay(vec![toast(1, ToastKind::Error, None)]) > Duration::from_secs(3600));
}

#[test]
fn everything_on_a_message_has_a_name() {
    let window = window(vec![toast(1, ToastKind::Error, Some("Retry"))]);
    assert_eq!(window.unnamed_widgets(), [""; 0]);
}
