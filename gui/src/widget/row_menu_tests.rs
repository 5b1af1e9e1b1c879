use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::*;
use crate::testing::{focused, harness};

#[derive(Default)]
struct World {
    menu: RowMenu,
    picked: Vec<&'static str>,
}

fn rows() -> Harness<'static, World> {
    let mut window = harness(World::default(), |ui, world: &mut World| {
        for name in ["one", "two"] {
            let row = ui.button(name);
            world.picked.extend(world.menu.ui(ui, &row, "Row", |ui| {
                let entries = ["Open", "Remove"];
                entries.into_iter().find(|words| ui.button(*words).clicked())
            }));
        }
    });
    window.run();
    window
}

fn press(window: &mut Harness<'static, World>, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run();
}

fn with_focus_on(name: &str) -> Harness<'static, World> {
    let mut window = rows();
    window.get_by_role_and_label(Role::Button, name).focus();
    window.run();
    window
}

#[test]
fn a_row_s_menu_is_used_by_keys_alone_and_the_row_has_the_focus_again() {
    for (modifiers, key) in [(Modifiers::SHIFT, Key::F10), (Modifiers::NONE, Key::Menu)] {
        let mut window = with_focus_on("two");
        press(&mut window, modifiers, key);
        assert_eq!(focused(&window).as_deref(), Some("Open"), "{key:?}");
        press(&mut window, Modifiers::NONE, Key::ArrowDown);
        assert_eq!(focused(&window).as_deref(), Some("Remove"), "{key:?}");
        press(&mut window, Modifiers::NONE, Key::Enter);
        assert_eq!(window.state().picked, ["Remove"], "{key:?}");
        assert!(window.query_by_label("Remove").is_none(), "it is closed");
        assert_eq!(focused(&window).as_deref(), Some("two"), "{key:?}");
    }
}

#[test]
fn escape_leaves_a_row_s_menu_and_does_nothing_else() {
    let mut window = with_focus_on("one");
    press(&mut window, Modifiers::SHIFT, Key::F10);
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.query_by_label("Open").is_none());
    assert_eq!(focused(&window).as_deref(), Some("one"));
    assert!(window.state().picked.is_empty());
    press(&mut window, Modifiers::SHIFT, Key::F10);
    assert!(window.query_by_label("Open").is_some(), "it opens again");
    assert_eq!(focused(&window).as_deref(), Some("Open"), "it opens again");
}

#[test]
fn a_right_click_opens_a_row_s_menu_where_the_pointer_is() {
    let mut window = rows();
    window.get_by_role_and_label(Role::Button, "two").click_secondary();
    window.run();
    assert!(
        window.get_by_label("Open").rect().min.distance(window.get_by_label("two").rect().center())
            < 20.0
    );
    window.get_by_label("Open").click();
    window.run();
    assert_eq!(window.state().picked, ["Open"]);
    assert!(window.query_by_label("Open").is_none());
}
