#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::seam::{NewMessage, SessionChange, TabChoice, TurnStatus};
use crate::session::state_tests::{Desk, made};
use crate::session::{Book, create};

/// A turn under way, and behind it a queue with these prompts.
fn queue(prompts: &[&str]) -> (Desk, Vec<MessageId>) {
    let mut desk = made(false);
    desk.send(TabChoice::Last, "first", false);
    let ids = prompts.iter().map(|prompt| desk.send(TabChoice::Last, prompt, false).1).collect();
    (desk, ids)
}

fn waits(desk: &Desk) -> Vec<&str> {
    desk.entry.session.tabs[0].queue.iter().map(|message| message.prompt.as_str()).collect()
}

fn remove(desk: &mut Desk, id: &MessageId) {
    let now = desk.now();
    let outcome = remove_message(&mut desk.entry, id, now).unwrap();
    desk.take(outcome);
    desk.check();
}

fn restore(desk: &mut Desk, id: &MessageId) {
    let now = desk.now();
    let outcome = restore_message(&mut desk.entry, id, now).unwrap();
    desk.take(outcome);
    desk.check();
}

#[test]
fn what_was_removed_comes_back_where_it_was_in_whatever_order_it_is_taken_back() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1], [1, 2, 0], [2, 0, 1]] {
        let (mut desk, ids) = queue(&["a", "b", "c", "d"]);
        for at in [1, 2, 0] {
            remove(&mut desk, &ids[at]);
        }
        assert_eq!(waits(&desk), ["d"]);
        for at in order {
            restore(&mut desk, &ids[at]);
        }
        assert_eq!(waits(&desk), ["a", "b", "c", "d"], "{order:?}");
    }
}

#[test]
fn a_message_comes_back_whole_and_its_images_stay_until_then() {
    let (mut desk, _) = queue(&[]);
    let image = crate::seam::Image { name: "a.png".into(), bytes: vec![1] };
    let message = NewMessage {
        prompt: "look".into(),
        images: vec![image],
        read_only: false,
        save_to_history: false,
    };
    let (_, id) = desk.send_message(TabChoice::Last, message);
    let change = MessageChange { paused: Some(true), ..MessageChange::default() };
    let now = desk.now();
    let outcome = edit_message(&mut desk.entry, &id, change, now).unwrap();
    desk.take(outcome);
    let before = desk.entry.session.tabs[0].queue.clone();
    let outcome = remove_message(&mut desk.entry, &id, now).unwrap();
    let drops = |change: &Change| matches!(change, Change::DropImages(_));
    assert!(!outcome.batch.changes.iter().any(drops));
    desk.take(outcome);
    restore(&mut desk, &id);
    assert_eq!(desk.entry.session.tabs[0].queue, before);
}

#[test]
fn what_comes_back_to_a_tab_at_rest_is_sent() {
    let (mut desk, ids) = queue(&["a"]);
    remove(&mut desk, &ids[0]);
    let turn = desk.under_way()[0].1.clone();
    desk.end(&turn, TurnStatus::Done);
    assert_eq!(desk.started(), ["first"]);
    restore(&mut desk, &ids[0]);
    assert_eq!(desk.started(), ["first", "a"]);
}

#[test]
fn what_comes_back_to_a_session_that_is_read_only_by_now_changes_nothing() {
    let (mut desk, ids) = queue(&["a"]);
    remove(&mut desk, &ids[0]);
    let change = SessionChange { read_only: Some(true), ..SessionChange::default() };
    let outcome = create::edit(&Book::default(), &mut desk.entry, change, None).unwrap();
    desk.take(outcome);
    restore(&mut desk, &ids[0]);
    assert!(desk.entry.session.tabs[0].queue[0].read_only);
}

#[test]
fn a_message_comes_back_once_and_only_the_last_ones_do() {
    let (mut desk, ids) = queue(&["a"]);
    remove(&mut desk, &ids[0]);
    restore(&mut desk, &ids[0]);
    let now = desk.now();
    let again = restore_message(&mut desk.entry, &ids[0], now).unwrap_err();
    assert_eq!(again.code, Code::NotFound);
    assert!(again.hint.is_some());
    let (mut desk, ids) = queue(&vec!["x"; KEPT + 1]);
    for id in &ids[..KEPT] {
        remove(&mut desk, id);
    }
    let outcome = remove_message(&mut desk.entry, &ids[KEPT], now).unwrap();
    let dropped = |change: &Change| matches!(change, Change::DropImages(id) if *id == ids[0]);
    assert!(outcome.batch.changes.iter().any(dropped), "its images are of no more use");
    desk.take(outcome);
    desk.check();
    assert!(restore_message(&mut desk.entry, &ids[0], now).is_err());
    restore(&mut desk, &ids[1]);
}
