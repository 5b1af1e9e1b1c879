#![allow(clippy::unwrap_used)]

use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::transfers::{Transfer, TransferAct, TransferState, TransfersView};
use super::{ClashChoice, ClashData, ClashView};
use crate::testing::harness;

fn transfer(id: &str, up: bool, state: TransferState) -> Transfer {
    Transfer {
        id: id.into(),
        up,
        name: format!("{id}.tar"),
        place: "/srv/api".into(),
        about: "12 MB of 40 MB, 3 MB/s, 9 s left".into(),
        hint: None,
        part: Some(0.3),
        state,
    }
}

type World = (TransfersView, Vec<Transfer>, Vec<TransferAct>);

fn window(all: Vec<Transfer>) -> Harness<'static, World> {
    let world = (TransfersView::default(), all, Vec::new());
    let mut window = harness(world, |ui, (view, all, acts): &mut World| {
        ui.set_max_width(320.0);
        acts.extend(view.ui(ui, all));
    });
    window.run();
    window
}

fn three() -> Vec<Transfer> {
    vec![
        transfer("a", true, TransferState::UnderWay),
        transfer("b", false, TransferState::Halted),
        transfer("c", false, TransferState::Done),
    ]
}

#[test]
fn each_offers_what_can_be_done_with_it() {
    let mut window = window(three());
    window.get_by_label("1 transfer under way");
    for words in [
        "Stop a.tar",
        "Go on with b.tar",
        "Remove b.tar from the list",
        "Show in its folder: c.tar",
        "Clear",
    ] {
        window.get_by_role_and_label(Role::Button, words).click();
        window.run();
    }
    let wanted = [
        TransferAct::Stop("a".into()),
        TransferAct::Again("b".into()),
        TransferAct::Forget("b".into()),
        TransferAct::Show("c".into()),
        TransferAct::ForgetOver,
    ];
    assert_eq!(window.state().2, wanted);
}

#[test]
fn they_are_used_by_keys_and_by_their_menu() {
    let mut window = window(three());
    let row = "b.tar, 12 MB of 40 MB, 3 MB/s, 9 s left";
    for (key, act) in [
        (Key::Enter, TransferAct::Again("b".into())),
        (Key::Delete, TransferAct::Forget("b".into())),
    ] {
        window.get_by_role_and_label(Role::ListItem, row).focus();
        window.run();
        window.key_press(key);
        window.run();
        assert_eq!(window.state_mut().2.pop(), Some(act));
    }
    window.get_by_role_and_label(Role::ListItem, row).focus();
    window.run();
    window.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    window.run();
    window.get_by_role_and_label(Role::Button, "Copy path").click();
    window.run();
    assert_eq!(window.state_mut().2.pop(), Some(TransferAct::CopyPath("b".into())));
    let sent = "a.tar, 12 MB of 40 MB, 3 MB/s, 9 s left";
    window.get_by_role_and_label(Role::ListItem, sent).click_secondary();
    window.run();
    window.get_by_role_and_label(Role::Button, "Stop").click();
    window.run();
    assert_eq!(window.state_mut().2.pop(), Some(TransferAct::Stop("a".into())));
}

#[test]
fn the_list_folds_and_is_not_there_without_transfers() {
    let mut window = window(three());
    window.get_by_role_and_label(Role::Button, "Fold the transfers").click();
    window.run();
    assert!(window.query_by_role(Role::ListItem).is_none());
    window.get_by_role_and_label(Role::Button, "Show the transfers").click();
    window.run();
    assert_eq!(window.get_all_by_role(Role::ListItem).count(), 3);
    window.state_mut().1.clear();
    window.run();
    assert!(window.query_by_label_contains("ransfers").is_none());
}

type Asked = (ClashView, usize, Vec<(ClashChoice, bool)>);

fn asked(more: usize) -> Harness<'static, Asked> {
    let world = (ClashView::default(), more, Vec::new());
    let mut window = harness(world, |ui, (view, more, chosen): &mut Asked| {
        let data = ClashData { name: "a.tar", place: "/home/ada", more: *more };
        chosen.extend(view.ui(ui.ctx(), &data));
    });
    window.run();
    window
}

#[test]
fn what_is_there_already_is_replaced_kept_beside_or_left_alone() {
    for (words, choice) in [
        ("Replace", ClashChoice::Replace),
        ("Keep both", ClashChoice::KeepBoth),
        ("Skip", ClashChoice::Skip),
    ] {
        let mut window = asked(0);
        let heading = window.get_by_label("a.tar is there already").rect();
        let buttons = window.get_by_role_and_label(Role::Button, words).rect();
        assert!(buttons.bottom() - heading.top() < 160.0, "{heading} {buttons}: it is a small one");
        window.get_by_role_and_label(Role::Button, words).click();
        window.run();
        assert_eq!(window.state().2, [(choice, false)]);
    }
    let mut window = asked(0);
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.state().2, [(ClashChoice::Skip, false)], "Escape loses nothing");
    let mut window = asked(0);
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().2, [(ClashChoice::KeepBoth, false)], "nor does Enter");
}

#[test]
fn one_choice_may_count_for_all_that_were_begun_together() {
    let mut window = asked(3);
    window.get_by_label_contains("The same for the 3 others").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Skip").click();
    window.run();
    assert_eq!(window.state().2, [(ClashChoice::Skip, true)]);
}
