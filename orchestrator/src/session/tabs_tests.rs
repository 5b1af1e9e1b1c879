#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::seam::{EventBody, TabChoice};
use crate::session::state_tests::{Desk, made};

/// Three tabs, in which something was sent one after the other.
fn three() -> Desk {
    let mut desk = made(false);
    for word in ["a", "b", "c"] {
        desk.send(if word == "a" { TabChoice::Last } else { TabChoice::New }, word, true);
    }
    desk
}

fn id(desk: &Desk, at: usize) -> TabId {
    desk.entry.session.tabs[at].id.clone()
}

fn names(desk: &Desk) -> Vec<&str> {
    desk.entry.session.tabs.iter().map(|tab| tab.name.as_str()).collect()
}

fn call(desk: &mut Desk, at: usize, name: Option<&str>) -> Result<(), Failure> {
    let tab = id(desk, at);
    let outcome = rename(&mut desk.entry, &tab, name)?;
    desk.take(outcome);
    desk.check();
    Ok(())
}

fn go(desk: &mut Desk, at: usize, before: Option<usize>) {
    let (tab, before) = (id(desk, at), before.map(|at| id(desk, at)));
    let outcome = place(&mut desk.entry, &tab, before.as_ref()).unwrap();
    desk.take(outcome);
    desk.check();
}

#[test]
fn a_tab_is_called_what_a_person_calls_it_until_it_gets_its_number_back() {
    let mut desk = three();
    call(&mut desk, 1, Some("parser")).unwrap();
    assert_eq!(names(&desk), ["1", "parser", "3"]);
    let told = desk.events.iter().rev().find_map(|(_, body)| match body {
        EventBody::SessionChanged { of } => Some(of.tabs[1].name.clone()),
        _ => None,
    });
    assert_eq!(told.as_deref(), Some("parser"));
    call(&mut desk, 1, Some("parser")).unwrap();
    call(&mut desk, 1, None).unwrap();
    assert_eq!(names(&desk), ["1", "2", "3"]);
}

#[test]
fn a_new_tab_has_a_number_that_no_other_has_whatever_was_renamed() {
    let mut desk = three();
    call(&mut desk, 0, Some("x")).unwrap();
    call(&mut desk, 1, Some("y")).unwrap();
    call(&mut desk, 1, None).unwrap();
    desk.send(TabChoice::New, "d", true);
    assert_eq!(names(&desk), ["x", "1", "3", "4"]);
}

#[test]
fn what_cant_be_a_tabs_name_is_refused_and_changes_nothing() {
    let mut desk = three();
    call(&mut desk, 0, Some("taken")).unwrap();
    for (name, code) in [
        ("", Code::Usage),
        (" \t", Code::Usage),
        ("12", Code::Usage),
        ("a\u{1b}[2J", Code::Usage),
        (&"x".repeat(101), Code::Usage),
        ("taken", Code::Conflict),
    ] {
        let failure = call(&mut desk, 1, Some(name)).unwrap_err();
        assert_eq!(failure.code, code, "{name:?}: {failure}");
    }
    assert_eq!(names(&desk), ["taken", "2", "3"]);
}

#[test]
fn tabs_stand_in_the_order_that_they_were_put_into() {
    let mut desk = three();
    go(&mut desk, 2, Some(0));
    assert_eq!(names(&desk), ["3", "1", "2"]);
    go(&mut desk, 0, None);
    assert_eq!(names(&desk), ["1", "2", "3"]);
    go(&mut desk, 0, Some(2));
    assert_eq!(names(&desk), ["2", "1", "3"]);
    let told = desk.events.len();
    go(&mut desk, 1, Some(1));
    go(&mut desk, 1, Some(2));
    assert_eq!(desk.events.len(), told, "nothing has changed");
}

#[test]
fn a_tab_that_isnt_there_is_not_moved_and_nothing_is_moved_before_it() {
    let mut desk = three();
    let (nobody, first) = (TabId::new("nobody"), id(&desk, 0));
    for (tab, before) in [(&nobody, None), (&first, Some(&nobody))] {
        let failure = place(&mut desk.entry, tab, before).unwrap_err();
        assert_eq!(failure.code, Code::NotFound);
    }
    assert_eq!(names(&desk), ["1", "2", "3"]);
}
