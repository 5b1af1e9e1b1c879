//! Selecting in a transcript, by mouse and keys.

use super::*;

/// Presses at a place, and lets go at another one.
fn drag(window: &mut Harness<'_, State>, from: egui::Pos2, to: egui::Pos2) {
    press(window, from, true);
    window.event(egui::Event::PointerMoved(to));
    window.step();
    press(window, to, false);
}

fn press(window: &mut Harness<'_, State>, pos: egui::Pos2, pressed: bool) {
    let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
    window.event(egui::Event::PointerMoved(pos));
    window.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
    window.step();
}

fn copied(window: &mut Harness<'_, State>) -> Vec<String> {
    window.event(egui::Event::Copy);
    window.run();
    std::mem::take(&mut window.state_mut().copied)
}

fn rect(window: &Harness<'_, State>, label: &str) -> Rect {
    window.get_by_role_and_label(Role::Label, label).rect()
}

#[test]
fn what_is_dragged_over_is_copied_as_it_was_written() {
    let written = "One two\n\n- first\n- [x] second\n\n| a | b |\n|---|---|\n| c | d |\n\nthe end";
    let mut window = window(vec![question(1, "u", "why?", 0), text(2, "u", written)]);
    let (from, to) = (rect(&window, "why?"), rect(&window, "the end"));
    drag(&mut window, from.left_center(), to.right_center() + vec2(9.0, 0.0));
    let expected = "why?\n\nOne two\n\n- first\n- [x] second\n\na\tb\nc\td\n\nthe end";
    assert_eq!(copied(&mut window), [expected]);
    // And backwards.
    drag(&mut window, to.right_center(), from.left_center());
    assert_eq!(copied(&mut window), [expected]);
    window.key_press(Key::Escape);
    window.run();
    assert!(copied(&mut window).is_empty());
}

#[test]
fn two_presses_select_a_word_three_a_paragraph_and_one_nothing() {
    let mut window = window(vec![text(1, "u", "one two three")]);
    let middle = rect(&window, "one two three").center();
    // Each event is a frame here, a quarter of a second long.
    window.ctx.options_mut(|options| options.input_options.max_double_click_delay = 5.0);
    for (presses, expected) in [(2, "two"), (3, "one two three")] {
        let left = rect(&window, "one two three").left_center();
        press(&mut window, left, true);
        press(&mut window, left, false);
        assert!(copied(&mut window).is_empty());
        for _ in 0..presses {
            press(&mut window, middle, true);
            press(&mut window, middle, false);
        }
        assert_eq!(copied(&mut window), [expected]);
    }
    let left = rect(&window, "one two three").left_center();
    press(&mut window, left, true);
    press(&mut window, left, false);
    assert!(copied(&mut window).is_empty());
}

#[test]
fn a_selection_stays_when_its_ends_leave_the_view_and_older_pieces_come() {
    let mut window = window(long(200).split_off(100));
    let last = rect(&window, "answer 200");
    press(&mut window, last.right_center(), true);
    window.event(egui::Event::PointerMoved(last.left_center()));
    window.step();
    press(&mut window, last.left_center(), false);
    window.state_mut().transcript.put_older(long(100));
    window.state_mut().transcript.put(vec![text(201, "u", "more")]);
    window.key_press(Key::Home);
    window.run();
    assert!(window.query_by_label("answer 200").is_none());
    assert_eq!(copied(&mut window), ["answer 200"]);
}

#[test]
fn dragging_past_an_edge_moves_the_view() {
    let mut window = window(long(200));
    let last = rect(&window, "answer 200");
    press(&mut window, last.right_center(), true);
    let above = pos2(last.left(), -40.0);
    let mut laid_out = window.state().transcript.blocks_laid_out();
    for _ in 0..400 {
        if window.query_by_label("answer 150").is_some() {
            break;
        }
        window.event(egui::Event::PointerMoved(above));
        window.step();
        let now = window.state().transcript.blocks_laid_out();
        assert!(now - laid_out < 60, "a frame costs what is in view");
        laid_out = now;
    }
    press(&mut window, above, false);
    let copied = copied(&mut window).remove(0);
    assert!(copied.contains("answer 160") && copied.ends_with("answer 200"), "{copied}");
}

#[test]
fn what_is_folded_is_copied_only_while_it_is_seen() {
    let call = tool(2, "a", ToolStatus::Done, json!({"command": "ls"}), Some("one\ntwo"));
    let mut window = window(vec![text(1, "u", "before"), call, text(3, "u", "behind")]);
    let select = |window: &mut Harness<'_, State>| {
        let (from, to) = (rect(window, "before"), rect(window, "behind"));
        drag(window, from.left_center(), to.right_center());
        copied(window)
    };
    assert_eq!(select(&mut window), ["before\n\nBash  ls\n\nbehind"]);
    click(&mut window, Role::Button, "Bash, ls, done");
    // Opening it takes nothing from what is selected.
    let expected = "before\n\nBash  ls\n\nls\n\none\ntwo\n\nbehind";
    assert_eq!(copied(&mut window), [expected]);
    assert_eq!(select(&mut window), [expected]);
}

#[test]
fn a_drag_after_two_presses_goes_on_by_words() {
    let mut window = window(vec![text(1, "u", "one two three"), text(2, "u", "four five")]);
    window.ctx.options_mut(|options| options.input_options.max_double_click_delay = 5.0);
    let (first, second) = (rect(&window, "one two three"), rect(&window, "four five"));
    press(&mut window, first.center(), true);
    press(&mut window, first.center(), false);
    drag(&mut window, first.center(), second.left_center() + vec2(3.0, 0.0));
    assert_eq!(copied(&mut window), ["two three\n\nfour"]);
}

#[test]
fn a_selection_ends_with_a_press_elsewhere_and_keys_with_more_keys_are_left_alone() {
    let mut window = window(vec![text(1, "u", "one two three")]);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    window.run();
    assert!(copied(&mut window).is_empty());
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    assert_eq!(copied(&mut window), ["one two three"]);
    let inside = rect(&window, "one two three").center() + vec2(0.0, 300.0);
    press(&mut window, inside, true);
    press(&mut window, inside, false);
    assert!(copied(&mut window).is_empty());
}

#[test]
fn everything_that_is_loaded_can_be_selected() {
    let code = format!("```\n{}```", "line\n".repeat(120));
    let prose = "word ".repeat(2_000);
    let mut window = window(vec![text(1, "u", &code), text(2, "u", prose.trim())]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    let expected = format!("{}\n\n{}", "line\n".repeat(120).trim(), prose.trim());
    assert_eq!(copied(&mut window), [expected]);
}

#[test]
fn a_link_in_selected_text_still_opens() {
    let mut window = window(vec![text(1, "u", "See [the page](https://a.org/x).")]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    click(&mut window, Role::Link, "the page");
    assert_eq!(window.state().acts, [TranscriptAct::OpenLink("https://a.org/x".into())]);
}
