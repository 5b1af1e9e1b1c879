#![allow(clippy::unwrap_used)]

use orchestrator::seam::{LinkState, MessageId, QueuedMessage, TabState, TurnStatus};

use super::tests::{World, grouped, id, three, world};
use super::*;
use crate::samples::{at, session, tab, turn};
use crate::widget::Status;

pub(super) fn shown(list: &List) -> Vec<String> {
    let words = list.rows.iter().map(|row| match row {
        Row::Heading { heading, count, folded } => {
            format!("{}{} {count}", if *folded { "+" } else { "-" }, heading.words())
        }
        Row::Session(id) => id.to_string(),
    });
    words.collect()
}

pub(super) fn arranged(world: &World, filter: &str) -> List {
    arrange(world.sessions.values(), &world.memory, |host| host, filter)
}

#[test]
fn without_groups_there_are_no_headings_and_the_order_is_that_of_making() {
    let world = world([session("z", "one", "box", 1), session("a", "two", "box", 2)]);
    assert_eq!(shown(&arranged(&world, "")), ["z", "a"]);
}

#[test]
fn bookmarks_stand_on_top_then_groups_in_the_persons_order_then_the_others() {
    let mut world = three();
    world.sessions.insert(id("d"), grouped("d", "alpha", 4));
    world.memory.bookmarks.insert(id("c"));
    let rows = ["-Bookmarks 1", "c", "-alpha 1", "d", "-work 1", "b", "-No group 1", "a"];
    assert_eq!(shown(&arranged(&world, "")), rows);
    world.memory.groups = vec!["work".into()];
    world.memory.folded.insert("work".into());
    let rows = ["-Bookmarks 1", "c", "+work 1", "-alpha 1", "d", "-No group 1", "a"];
    assert_eq!(shown(&arranged(&world, "")), rows);
    world.memory.order = vec![id("d"), id("a")];
    assert_eq!(arranged(&world, "").sessions[0].session, id("c"));
}

#[test]
fn the_filter_looks_at_name_host_agent_and_directory() {
    let mut world = three();
    world.sessions.get_mut(&id("b")).unwrap().cwd = Some("/home/ada/uploader".into());
    world.sessions.get_mut(&id("c")).unwrap().agent = "opencode".into();
    for (typed, found) in [
        ("api", vec!["a"]),
        ("BOX", vec!["a"]),
        ("uplo", vec!["b"]),
        ("opencode", vec!["c"]),
        ("qqq", vec![]),
    ] {
        let list = arranged(&world, typed);
        assert_eq!(shown(&list), found, "{typed}");
    }
}

#[test]
fn a_session_is_moved_within_a_group_and_into_another_one() {
    let list = arranged(&three(), "");
    let up = moved(&list, &id("c"), &Target::Before(id("b"))).unwrap();
    assert_eq!(up.order, [id("c"), id("b"), id("a")]);
    assert_eq!((up.group, up.bookmark), (None, None));
    let into = moved(&list, &id("a"), &Target::Behind(id("b"))).unwrap();
    assert_eq!(into.order, [id("b"), id("a"), id("c")]);
    assert_eq!(into.group, Some(Some("work".into())));
    let out = moved(&list, &id("b"), &Target::Under(Heading::Others)).unwrap();
    assert_eq!(out.group, Some(None));
    assert!(moved(&list, &id("b"), &Target::Before(id("c"))).is_none(), "it stays where it is");
    assert!(moved(&list, &id("gone"), &Target::Before(id("c"))).is_none());
}

#[test]
fn what_is_moved_onto_the_bookmarks_is_bookmarked_and_keeps_its_group() {
    let mut world = three();
    world.memory.bookmarks.insert(id("a"));
    let list = arranged(&world, "");
    let on = moved(&list, &id("b"), &Target::Behind(id("a"))).unwrap();
    assert_eq!((on.group, on.bookmark), (None, Some(true)));
    let off = moved(&list, &id("a"), &Target::Under(Heading::Group("work".into()))).unwrap();
    assert_eq!((off.group, off.bookmark), (Some(Some("work".into())), Some(false)));
    assert!(step(&list, &id("b"), Step::Up).is_none(), "keys don't bookmark");
}

#[test]
fn groups_are_moved_before_one_another() {
    let groups = ["a", "b", "c"].map(String::from);
    assert_eq!(group_moved(&groups, "c", Some("a")).unwrap(), ["c", "a", "b"]);
    assert_eq!(group_moved(&groups, "a", None).unwrap(), ["b", "c", "a"]);
    assert!(group_moved(&groups, "a", Some("b")).is_none());
}

#[test]
fn a_status_says_first_what_needs_a_person() {
    let mut of = session("s", "s", "box", 0);
    assert_eq!(status(&of, 0, true), Status::Ready);
    of.tabs[0].turn = Some(turn(Some(TurnStatus::Failed)));
    assert_eq!(status(&of, 0, true), Status::Failed);
    assert_eq!(status(&of, 0, false), Status::Ready, "it was seen");
    of.tabs.push(tab("second"));
    of.tabs[1].state = TabState::Working;
    of.tabs[1].turn = Some(turn(None));
    assert_eq!(status(&of, 0, true), Status::Working);
    of.tabs[1].turn.as_mut().unwrap().link = LinkState::Blocked;
    assert_eq!(status(&of, 0, true), Status::NeedsYou);
    of.tabs[1].turn.as_mut().unwrap().link = LinkState::Lost;
    assert_eq!(status(&of, 0, true), Status::Working, "a lost link comes back by itself");
    assert_eq!(status(&of, 1, true), Status::NeedsYou);
}

#[test]
fn a_queue_that_moves_is_work_and_one_that_is_held_back_isnt() {
    let mut of = session("s", "s", "box", 0);
    of.tabs[0].queue.push(QueuedMessage {
        id: MessageId::new("m"),
        prompt: "go".into(),
        prompt_bytes: 2,
        images: 0,
        save_to_history: true,
        read_only: false,
        paused: false,
        at: at(0),
    });
    assert_eq!(status(&of, 0, false), Status::Working);
    of.tabs[0].paused = true;
    assert_eq!(status(&of, 0, false), Status::Ready);
}
