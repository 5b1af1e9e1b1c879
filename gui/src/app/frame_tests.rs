#![allow(clippy::unwrap_used)]

use eframe::App as _;
use egui::{Rect, Role, Shape, vec2};
use egui_kittest::kittest::Queryable;

use super::testing::window;
use crate::memory::{Memory, RightPage};
use crate::samples::session;
use crate::theme::{Appearance, Theme};

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

/// How much of the window's area is filled by rectangles, each counted for itself; but for what a picture begins with, which the
/// harness draws as one.
fn filled(window: &super::testing::Window) -> f32 {
    fn area(shape: &Shape, clip: Rect) -> f32 {
        match shape {
            Shape::Vec(shapes) => shapes.iter().map(|shape| area(shape, clip)).sum(),
            Shape::Rect(rect) if rect.fill.a() > 0 => rect.rect.intersect(clip).area().max(0.0),
            _ => 0.0,
        }
    }
    let shapes = &window.harness.output().shapes;
    let sum: f32 = shapes.iter().map(|shape| area(&shape.shape, shape.clip_rect)).sum();
    sum / window.harness.ctx.content_rect().area() - 1.0
}

#[test]
fn a_picture_fills_few_pixels_twice() {
    for right_page in [RightPage::Files, RightPage::Git, RightPage::History] {
        let memory = Memory { right_page, ..Memory::default() };
        let window = window(memory, vec![session("s", "api", "local", 0)]);
        let filled = filled(&window);
        assert!((0.3..0.8).contains(&filled), "{right_page:?}: {filled}");
    }
}

#[test]
fn a_picture_begins_in_the_colour_of_the_middle() {
    for (appearance, dark) in [(Appearance::Dark, true), (Appearance::Light, false)] {
        for contrast in [false, true] {
            let memory = Memory { appearance, contrast, ..Memory::default() };
            let mut window = window(memory, vec![]);
            let visuals = window.harness.ctx.global_style().visuals.clone();
            let wanted = Theme::of(dark, contrast).window.to_normalized_gamma_f32();
            assert_eq!(window.app().clear_color(&visuals), wanted);
        }
    }
}
