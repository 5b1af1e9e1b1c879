use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::*;
use crate::samples::{session, tab};
use crate::testing::harness;

#[derive(Default)]
struct World {
    view: TabsView,
    shown: usize,
    closed: BTreeSet<TabId>,
    unread: BTreeSet<TabId>,
    approvals: BTreeMap<TabId, u32>,
    first_words: BTreeMap<TabId, String>,
    acts: Vec<TabsAct>,
}

fn window(tabs: usize, world: World) -> Harness<'static, World> {
    let mut of = session("s", "api", "box", 0);
    of.tabs = (0..tabs).map(|n| tab(&format!("t{n}"))).collect();
    let mut window = harness(world, move |ui, world| {
        let shown = TabId::new(format!("t{}", world.shown));
        let data = TabsData {
            session: &of,
            shown: Some(&shown),
            closed: &world.closed,
            unread: &world.unread,
            approvals: &world.approvals,
            first_words: &world.first_words,
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
