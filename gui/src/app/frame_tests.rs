#![allow(clippy::unwrap_used)]

use egui::{Role, vec2};
use egui_kittest::kittest::Queryable;

use super::testing::window;
use crate::memory::{Memory, RightPage};
use crate::samples::session;

#[test]
fn on_a_narrow_window_the_bars_give_way_and_get_their_room_back() {
    let memory = Memory { right_page: RightPage::Git, ..Memory::default() };
    let mut window = window(memory, vec![session("s", "api", "local", 0)]);
    let (left, right) = (window.app().memory.left.width, window.app().memory.right.width);
    let page = |window: &mut super::testing::Window| {
        let tab = window.harness.get_by_role_and_label(Role::Tab, "Files").rect();
        let name = window.harness.get_by_role_and_label(Role::ListBoxOption, "api").rect();
        (name.right(), tab.left())
    };
    let wide = page(&mut window);
    window.harness.set_size(vec2(900.0, 700.0));
    window.harness.run();
    let narrow = page(&mut window);
    assert!(narrow.1 - narrow.0 >= 360.0, "{narrow:?}");
    let memory = &window.app().memory;
    assert_eq!((memory.left.width, memory.right.width), (left, right), "nobody has dragged them");
    window.harness.set_size(vec2(1280.0, 800.0));
    window.harness.run();
    let again = page(&mut window);
    assert!((again.0 - wide.0).abs() < 2.0 && (again.1 - wide.1).abs() < 2.0, "{again:?} {wide:?}");
}
