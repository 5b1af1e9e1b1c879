use egui_kittest::kittest::Queryable;
use lucide_icons::Icon;

use super::*;
use crate::testing::{focus_order, focused, harness};
use crate::theme::Theme;

#[test]
fn an_icon_button_is_found_by_what_it_does() {
    let mut window = harness(0, |ui, clicks| {
        if icon_button(ui, Icon::Trash2, "Delete box").clicked() {
            *clicks += 1;
        }
        pill(ui, Some(Icon::Server), "REMOTE", Theme::DARK.remote);
        dot(ui, Status::NeedsYou);
    });
    window.run();
    window.get_by_role_and_label(egui::Role::Button, "Delete box").click();
    window.get_by_label("REMOTE");
    window.get_by_label("needs you");
    window.run();
    assert_eq!(*window.state(), 1);
}

#[test]
fn a_field_is_named_by_its_label_and_says_what_is_wrong() {
    let mut window = harness(String::new(), |ui, text| {
        let shown = Field { label: "Host", fault: Some("can't begin with -"), ..Field::default() };
        field(ui, "host", shown, text);
    });
    window.run();
    window.get_by_role_and_label(egui::Role::TextInput, "Host").focus();
    window.run();
    window.get_by_role_and_label(egui::Role::TextInput, "Host").type_text("box");
    window.run();
    assert_eq!(window.state(), "box");
    window.get_by_label("can't begin with -");
}

#[test]
fn a_dialog_is_left_by_its_cross_and_by_escape() {
    let mut window = harness(0, |ui, closed| {
        if dialog(ui.ctx(), "d", "Heading", 400.0, |ui| ui.label("inside")).close {
            *closed += 1;
        }
    });
    window.run();
    window.get_by_label("inside");
    window.get_by_role_and_label(egui::Role::Button, "Close").click();
    window.run();
    assert_eq!(*window.state(), 1);
    window.key_press(egui::Key::Escape);
    window.run();
    assert_eq!(*window.state(), 2);
}

#[test]
fn arrow_keys_move_in_a_list_while_somebody_types() {
    let mut window = harness((0, None), |ui, (at, picked)| {
        if let Some(this) = pick_by_keys(ui, at, 3) {
            *picked = Some(this);
        }
    });
    window.run();
    for (key, then) in [(egui::Key::ArrowDown, 1), (egui::Key::ArrowUp, 0), (egui::Key::ArrowUp, 2)]
    {
        window.key_press(key);
        window.run();
        assert_eq!(window.state().0, then);
    }
    window.key_press(egui::Key::Enter);
    window.run();
    assert_eq!(window.state().1, Some(Picked::This(2)));
}

#[test]
fn a_form_is_left_by_its_cross_and_by_escape_but_never_by_a_click_beside_it() {
    let mut window = harness(0, |ui, closed| {
        let shape = FormShape { heading: "Form", width: 300.0, height: None, scroll: true };
        let shown = form(ui.ctx(), "f", shape, &mut (), |(), ui| ui.label("inside"), |(), _| ());
        *closed += i32::from(shown.close);
    });
    window.run();
    let beside = egui::pos2(20.0, 20.0);
    window.drag_at(beside);
    window.drop_at(beside);
    window.run();
    assert_eq!(*window.state(), 0);
    window.get_by_role_and_label(egui::Role::Button, "Close").click();
    window.run();
    assert_eq!(*window.state(), 1);
    window.key_press(egui::Key::Escape);
    window.run();
    assert_eq!(*window.state(), 2);
}

#[test]
fn a_form_begins_in_its_first_field_and_tab_reaches_its_cross_last() {
    let mut window = harness([String::new(), String::new()], |ui, texts| {
        let shape = FormShape { heading: "New thing", width: 400.0, height: None, scroll: true };
        form(
            ui.ctx(),
            "f",
            shape,
            texts,
            |[name, place], ui| {
                field(ui, "name", Field { label: "Name", ..Field::default() }, name);
                field(ui, "place", Field { label: "Place", ..Field::default() }, place);
            },
            |_, ui| {
                button(ui, Kind::Primary, "Save");
                button(ui, Kind::Plain, "Cancel");
            },
        );
    });
    window.run();
    assert_eq!(focus_order(&mut window), ["Name", "Place", "Save", "Cancel", "Close"]);
}

#[test]
fn a_dialog_begins_in_its_first_part_and_tab_reaches_its_cross_last() {
    let mut window = harness((), |ui, ()| {
        dialog(ui.ctx(), "d", "Heading", 400.0, |ui| {
            ui.label("words");
            button_enabled(ui, false, Kind::Plain, "Greyed");
            button(ui, Kind::Plain, "First");
            button(ui, Kind::Plain, "Second");
        });
    });
    window.run();
    assert_eq!(focus_order(&mut window), ["First", "Second", "Close"]);
}

#[test]
fn a_dialog_that_opens_again_begins_again_and_one_that_stays_open_takes_no_focus_away() {
    let mut window = harness(true, |ui, open| {
        if *open {
            dialog(ui.ctx(), "d", "Heading", 400.0, |ui| {
                button(ui, Kind::Plain, "First");
                button(ui, Kind::Plain, "Second");
            });
        }
    });
    window.run();
    window.key_press(egui::Key::Tab);
    window.run();
    assert_eq!(focused(&window).as_deref(), Some("Second"));
    *window.state_mut() = false;
    window.run();
    *window.state_mut() = true;
    window.run();
    assert_eq!(focused(&window).as_deref(), Some("First"));
}

#[test]
fn the_buttons_that_copy_stand_below_each_other_whatever_their_lines() {
    let lines = [
        "npm install -g a",
        "curl -fsSL https://example.org/a/rather/long/address/install | sh -s -- --yes",
    ];
    let mut window = harness((), move |ui, ()| {
        for line in lines {
            let layout = egui::Layout::right_to_left(egui::Align::Center);
            ui.allocate_ui_with_layout(egui::vec2(500.0, 30.0), layout, |ui| {
                ui.set_max_width(330.0);
                shell_line(ui, line);
            });
        }
    });
    window.run();
    let rights = lines.map(|line| {
        let copy = format!("Copy {line}");
        window.get_by_role_and_label(egui::Role::Button, &copy).rect().right()
    });
    assert!((rights[0] - rights[1]).abs() < 0.5, "{rights:?}");
}

#[test]
fn a_tooltip_goes_when_a_dialog_opens_over_it() {
    let mut window = harness(false, |ui, open| {
        let ctx = ui.ctx().clone();
        covered(&ctx, *open, || {
            button(ui, Kind::Plain, "Behind").on_hover_text("What it does");
        });
        if *open {
            dialog(&ctx, "d", "Heading", 400.0, |ui| ui.label("inside"));
        }
    });
    window.run();
    window.get_by_role_and_label(egui::Role::Button, "Behind").hover();
    for _ in 0..8 {
        window.step();
    }
    window.get_by_label("What it does");
    *window.state_mut() = true;
    window.run();
    window.get_by_label("inside");
    assert!(window.query_by_label("What it does").is_none());
}

#[test]
fn a_list_that_grows_out_of_its_room_rests_after_few_frames() {
    let draw = |ui: &mut egui::Ui, count: &mut usize| {
        Stack::new(std::iter::repeat_n(20.0, *count)).show(
            ui,
            "list",
            Scroll::Stay,
            |ui, at, _| {
                ui.label(at.to_string());
            },
        );
    };
    // Ten of them would be drawn while something moves that egui moves for a tenth of a second.
    let mut harness = egui_kittest::Harness::builder()
        .with_step_dt(0.01)
        .with_max_steps(20)
        .build_ui_state(draw, 2);
    harness.ctx.all_styles_mut(|style| style.animation_time = 0.1);
    harness.run();
    *harness.state_mut() = 500;
    let frames = harness.run();
    assert!(frames <= 4, "{frames} frames for a bar that is there at once");
}
