use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::*;
use crate::samples::{session, tab};
use crate::testing::harness;

#[derive(Default)]
struct World {
    view: TabsView,
    shown: usize,
    /// Of the first tabs; the others have their numbers.
    names: Vec<String>,
    closed: BTreeSet<TabId>,
    unread: BTreeSet<TabId>,
    approvals: BTreeMap<TabId, u32>,
    first_words: BTreeMap<TabId, String>,
    /// Whether another session is shown.
    other: bool,
    acts: Vec<TabsAct>,
}

fn window(tabs: usize, world: World) -> Harness<'static, World> {
    let mut of = session("s", "api", "box", 0);
    of.tabs = (0..tabs)
        .map(|n| {
            let name = world.names.get(n).cloned().unwrap_or_else(|| (n + 1).to_string());
            Tab { name, ..tab(&format!("t{n}")) }
        })
        .collect();
    let mut other = session("o", "web", "box", 0);
    other.tabs = vec![tab("o0")];
    let mut window = harness(world, move |ui, world| {
        let shown = TabId::new(format!("t{}", world.shown));
        let data = TabsData {
            terminals: &[],
            session: if world.other { &other } else { &of },
            shown: Some(&shown),
            closed: &world.closed,
            unread: &world.unread,
            approvals: &world.approvals,
            first_words: &world.first_words,
            files: &[],
            file: None,
        };
        let acts = world.view.ui(ui, &data);
        world.acts.extend(acts);
    });
    window.run();
    window
}

fn id(id: &str) -> TabId {
    TabId::new(id)
}

fn renamed(tab: &str, name: Option<&str>) -> TabsAct {
    TabsAct::Rename { session: SessionId::new("s"), tab: id(tab), name: name.map(str::to_owned) }
}

#[test]
fn a_tab_is_called_by_its_first_words_and_else_by_its_number() {
    let first_words = BTreeMap::from([(id("t0"), "Fix the\nretry loop".to_owned())]);
    let window = window(2, World { first_words, ..World::default() });
    let first = window.get_by_role_and_label(Role::Tab, "Fix the retry loop");
    assert_eq!(first.accesskit_node().is_selected(), Some(true));
    window.get_by_role_and_label(Role::Tab, "Conversation 2");
}

#[test]
fn tabs_are_shown_closed_and_made() {
    let mut window = window(2, World::default());
    window.get_by_role_and_label(Role::Tab, "Conversation 2").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Close Conversation 1").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "New tab").click();
    window.run();
    let acts = [TabsAct::Show(id("t1")), TabsAct::Close(id("t0")), TabsAct::New];
    assert_eq!(window.state().acts, acts);
}

#[test]
fn the_only_tab_is_closed_like_any_other() {
    let mut window = window(1, World::default());
    window.get_by_role_and_label(Role::Button, "Close Conversation 1").click();
    window.run();
    assert_eq!(window.state().acts, [TabsAct::Close(id("t0"))]);
}

#[test]
fn a_closed_tab_is_left_out_and_one_that_asks_says_so() {
    let closed = BTreeSet::from([id("t1")]);
    let approvals = BTreeMap::from([(id("t2"), 1)]);
    let window = window(3, World { closed, approvals, ..World::default() });
    assert!(window.query_by_label("Conversation 2").is_none());
    window.get_by_role_and_label(Role::Tab, "Conversation 3");
    window.get_by_label("needs you");
}

#[test]
fn with_many_tabs_the_shown_one_is_in_sight_and_a_new_one_can_be_made() {
    let mut window = window(40, World { shown: 39, ..World::default() });
    for _ in 0..20 {
        window.step();
    }
    let shown = window.get_by_role_and_label(Role::Tab, "Conversation 40").rect();
    assert!(shown.right() <= 1000.0, "{shown:?}");
    assert!(window.get_by_role_and_label(Role::Button, "New tab").rect().right() <= 1000.0);
}

#[test]
fn everything_on_the_tabs_has_a_name() {
    assert_eq!(window(3, World::default()).unnamed_widgets(), [""; 0]);
}

fn focus(window: &mut Harness<'static, World>, name: &str) {
    window.get_by_role_and_label(Role::Tab, name).focus();
    window.run();
}

/// Types a name into the field that is open.
fn name(window: &mut Harness<'static, World>, text: &str, last: Key) {
    let field = window.get_by_role_and_label(Role::TextInput, "Tab name");
    if !text.is_empty() {
        field.type_text(text);
    }
    window.run();
    window.key_press(last);
    window.run();
    assert!(window.query_by_role_and_label(Role::TextInput, "Tab name").is_none());
}

#[test]
fn a_tab_is_named_in_its_place_by_keys_and_escape_leaves_its_name() {
    let mut window = window(2, World::default());
    for (last, acts) in [(Key::Escape, vec![]), (Key::Enter, vec![renamed("t1", Some("parser"))])] {
        focus(&mut window, "Conversation 2");
        window.key_press(Key::F2);
        window.run();
        name(&mut window, "parser ", last);
        assert_eq!(window.state().acts, acts);
    }
}

#[test]
fn a_name_that_is_being_typed_is_kept_when_keys_show_another_session() {
    let mut window = window(2, World::default());
    focus(&mut window, "Conversation 2");
    window.key_press(Key::F2);
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Tab name").type_text("parser ");
    window.run();
    window.state_mut().other = true;
    window.run();
    assert_eq!(window.state().acts, [renamed("t1", Some("parser"))]);
}

#[test]
fn a_double_click_names_a_tab() {
    let mut window = window(2, World::default());
    // Two clicks are one double click only when they are quick.
    window.ctx.options_mut(|options| options.input_options.max_double_click_delay = 5.0);
    for _ in 0..2 {
        window.get_by_role_and_label(Role::Tab, "Conversation 1").click();
        window.run();
    }
    name(&mut window, "x", Key::Enter);
    let named = renamed("t0", Some("x"));
    assert_eq!(window.state().acts.last(), Some(&named));
}

#[test]
fn who_takes_all_of_a_name_away_gives_the_tab_its_number_back() {
    let mut window = window(2, World { names: vec!["parser".into()], ..World::default() });
    focus(&mut window, "parser");
    window.key_press(Key::F2);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.key_press(Key::Delete);
    window.run();
    name(&mut window, "", Key::Enter);
    assert_eq!(window.state().acts, [renamed("t0", None)]);
}

#[test]
fn a_tab_is_dragged_behind_another_one() {
    let mut window = window(3, World::default());
    let rect = |window: &Harness<'static, World>, name: &str| {
        window.get_by_role_and_label(Role::Tab, name).rect()
    };
    let from = rect(&window, "Conversation 1").center();
    let onto = rect(&window, "Conversation 2");
    let to = egui::pos2(onto.right() - 4.0, onto.center().y);
    window.drag_at(from);
    window.run();
    window.hover_at(to);
    window.run();
    window.drop_at(to);
    window.run();
    let moved = TabsAct::Move { tab: id("t0"), before: Some(id("t2")) };
    assert_eq!(window.state().acts, [moved]);
}

#[test]
fn everything_that_can_be_done_with_a_tab_stands_in_its_menu_also_by_keys() {
    let move_to = |before: Option<&str>| TabsAct::Move { tab: id("t1"), before: before.map(id) };
    for (words, act) in [
        ("Move left", move_to(Some("t0"))),
        ("Move right", move_to(None)),
        ("Remove name", renamed("t1", None)),
        ("Close", TabsAct::Close(id("t1"))),
    ] {
        for by_keys in [false, true] {
            let names = vec!["1".into(), "parser".into()];
            let mut window = window(3, World { names, ..World::default() });
            if by_keys {
                focus(&mut window, "parser");
                window.key_press_modifiers(Modifiers::SHIFT, Key::F10);
            } else {
                window.get_by_role_and_label(Role::Tab, "parser").click_secondary();
            }
            window.run();
            window.get_by_role_and_label(Role::Button, words).click();
            window.run();
            assert_eq!(window.state().acts, std::slice::from_ref(&act), "{words}");
        }
    }
}

#[test]
fn a_moved_tab_keeps_the_number_that_it_was_made_with() {
    let names = vec!["2".into(), "1".into()];
    let window = window(2, World { names, ..World::default() });
    let left = |name: &str| window.get_by_role_and_label(Role::Tab, name).rect().left();
    assert!(left("Conversation 2") < left("Conversation 1"));
}
