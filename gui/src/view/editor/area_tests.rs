#![allow(clippy::unwrap_used)]

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::*;
use crate::commands::WindowCommand;
use crate::testing::harness;

struct World {
    view: EditorView,
    locked: Option<&'static str>,
    standing: Standing,
    acts: Vec<String>,
}

fn window(text: &str) -> Harness<'static, World> {
    named("a.rs", text)
}

fn named(name: &str, text: &str) -> Harness<'static, World> {
    let view = EditorView::new(Document::new(text), name);
    let world = World { view, locked: None, standing: Standing::Same, acts: Vec::new() };
    let mut window = harness(world, |ui, world| {
        let data = EditorData {
            id: egui::Id::unique("editor"),
            path: "src/a.rs",
            host: "box",
            locked: world.locked,
            standing: world.standing,
            saving: false,
            comparing: false,
            failure: None,
        };
        for act in world.view.ui(ui, &data) {
            match act {
                EditorAct::Colour(work) => world.view.colours.put(&world.view.document, work.run()),
                EditorAct::Command(WindowCommand::SearchTranscript) => world.view.find(),
                act => world.acts.push(format!("{act:?}")),
            }
        }
    });
    window.state_mut().view.area.focus();
    window.run();
    window
}

fn press(window: &mut Harness<'static, World>, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run();
}

fn write(window: &mut Harness<'static, World>, text: &str) {
    window.event(Event::Text(text.into()));
    window.run();
}

fn text(window: &Harness<'static, World>) -> String {
    window.state().view.document.text()
}

#[test]
fn text_is_typed_deleted_and_taken_back() {
    let mut window = window("one\r\ntwo");
    press(&mut window, Modifiers::NONE, Key::End);
    write(&mut window, "!");
    press(&mut window, Modifiers::NONE, Key::Enter);
    write(&mut window, "x");
    assert_eq!(text(&window), "one!\r\nx\r\ntwo");
    press(&mut window, Modifiers::NONE, Key::Backspace);
    press(&mut window, Modifiers::NONE, Key::Backspace);
    assert_eq!(text(&window), "one!\r\ntwo");
    for _ in 0..9 {
        press(&mut window, Modifiers::COMMAND, Key::Z);
    }
    assert_eq!(text(&window), "one\r\ntwo");
    assert!(!window.state().view.document.is_modified());
    for _ in 0..9 {
        press(&mut window, Modifiers::COMMAND, Key::Y);
    }
    assert_eq!(text(&window), "one!\r\ntwo");
}

#[test]
fn a_new_line_is_indented_as_the_one_before_and_tab_as_the_file_is() {
    let mut window = window("fn a() {\n\tb();");
    press(&mut window, Modifiers::COMMAND, Key::End);
    press(&mut window, Modifiers::NONE, Key::Enter);
    write(&mut window, "c();");
    assert_eq!(text(&window), "fn a() {\n\tb();\n\tc();");
    press(&mut window, Modifiers::COMMAND, Key::A);
    press(&mut window, Modifiers::NONE, Key::Tab);
    assert_eq!(text(&window), "\tfn a() {\n\t\tb();\n\t\tc();");
    press(&mut window, Modifiers::SHIFT, Key::Tab);
    assert_eq!(text(&window), "fn a() {\n\tb();\n\tc();");
}

#[test]
fn what_is_pasted_gets_the_file_s_line_endings_and_what_is_cut_is_on_the_clipboard() {
    let mut window = window("a\r\nb\r\n");
    window.event(Event::Paste("x\ny\n".into()));
    window.run();
    assert_eq!(text(&window), "x\r\ny\r\na\r\nb\r\n");
    press(&mut window, Modifiers { shift: true, ..Modifiers::NONE }, Key::ArrowUp);
    window.event(Event::Cut);
    window.run();
    assert_eq!(text(&window), "x\r\na\r\nb\r\n");
}

#[test]
fn a_locked_text_can_be_selected_and_not_changed() {
    let mut window = window("words");
    window.state_mut().locked = Some("Only shown");
    window.run();
    write(&mut window, "x");
    press(&mut window, Modifiers::NONE, Key::Delete);
    assert_eq!(text(&window), "words");
    window.get_by_label("Only shown");
    press(&mut window, Modifiers::COMMAND, Key::A);
    assert!(!window.state().view.area.selection.is_empty());
}

#[test]
fn words_are_found_one_after_the_other_and_a_line_is_gone_to() {
    let mut window = window(&"let Apple = 1;\nother\n".repeat(200));
    window.state_mut().view.find();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Find in this file").type_text("apple");
    window.run();
    window.get_by_label("1 of 200");
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.get_by_label("2 of 200");
    assert_eq!(window.state().view.area.selection.head, Pos::new(2, 9));
    press(&mut window, Modifiers::SHIFT, Key::Enter);
    press(&mut window, Modifiers::SHIFT, Key::Enter);
    window.get_by_label("200 of 200");
    press(&mut window, Modifiers::NONE, Key::Escape);
    window.state_mut().view.go_to_line();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Line").type_text("100");
    window.run();
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().view.area.selection.head.line, 99);
    write(&mut window, "x");
    assert_eq!(window.state().view.document.line(99), "xother");
}

#[test]
fn letters_composed_by_an_input_method_are_written() {
    let mut window = window("");
    window
        .event(Event::Ime(egui::ImeEvent::Preedit { text: "e".into(), active_range_chars: None }));
    window.run();
    assert_eq!(text(&window), "");
    window.event(Event::Ime(egui::ImeEvent::Commit("éà".into())));
    window.run();
    assert_eq!(text(&window), "éà");
}

#[test]
fn a_click_puts_the_cursor_where_it_is_and_two_select_a_word() {
    let mut window = window("some words here\nmore");
    let rect = window.get_by_role(Role::MultilineTextInput).rect();
    let at = egui::pos2(rect.right() - 200.0, rect.top() + 8.0);
    window.drag_at(at);
    window.drop_at(at);
    window.run();
    assert_eq!(window.state().view.area.selection.head, Pos::new(0, 15));
}

#[test]
fn who_has_to_choose_is_told_what_happened_on_the_host() {
    let mut window = window("a");
    window.state_mut().standing = Standing::Changed;
    window.run();
    window.get_by_label("This file was changed on box");
    window.get_by_role_and_label(Role::Button, "Compare").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Take theirs").click();
    window.run();
    assert_eq!(window.state().acts, ["Compare", "TakeTheirs"]);
    window.state_mut().standing = Standing::Gone;
    window.run();
    window.get_by_role_and_label(Role::Button, "Save as new").click();
    window.run();
    assert_eq!(window.state().acts.last().unwrap(), "Save");
}

#[test]
fn two_hundred_thousand_lines_are_drawn_as_fast_as_a_few() {
    let line = "let value = \"some words of text\"; // and a remark\n";
    // Without colours, which the bench would make on the frame.
    let mut window = named("words", &line.repeat(200_000));
    press(&mut window, Modifiers::COMMAND, Key::End);
    assert_eq!(window.state().view.area.selection.head.line, 200_000);
    let began = std::time::Instant::now();
    for step in 0..20 {
        window.state_mut().view.area.put_first(step * 9_000);
        window.step();
    }
    // A debug build on a busy machine; a release's frame is far below the 8 ms that one may take.
    assert!(began.elapsed().as_millis() < 20 * 80, "{:?}", began.elapsed());
}

#[test]
fn a_line_without_end_is_drawn_as_fast() {
    let mut window = named("words", &"word ".repeat(800_000));
    press(&mut window, Modifiers::NONE, Key::End);
    let began = std::time::Instant::now();
    for _ in 0..5 {
        window.step();
    }
    assert!(began.elapsed().as_millis() < 5 * 600, "{:?}", began.elapsed());
    write(&mut window, "!");
    assert!(text(&window).ends_with("word !"));
}

#[test]
fn its_line_is_heard() {
    let mut window = window("first\nsecond");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    let node = window.get_by_role_and_label(Role::MultilineTextInput, "src/a.rs");
    assert_eq!(node.accesskit_node().value().as_deref(), Some("second"));
}
