//! A branch is pushed and becomes a pull request, with the machine's own `gh`.

use std::fs;

use egui::Role;
use orchestrator::seam::{OperationQuery, OperationReply, OperationState, Query, Reply, Request};

use super::bed::{Bed, Way, on_every_way};
use crate::window::Window;

/// A repository on a branch of its own with a commit that the remote hasn't, and the window on it.
fn open(way: Way) -> (Bed, Window) {
    let bed = Bed::of(way);
    bed.write("f.txt", "first\n");
    bed.commit_and_publish();
    bed.git(&["switch", "-q", "-c", "topic"]);
    bed.write("f.txt", "mended\n");
    bed.git(&["commit", "-q", "-am", "Mend it\n\nIt was broken."]);
    let window = bed.open("git");
    (bed, window)
}

fn fill_in(window: &mut Window) {
    window.press("Pull request…");
    window.read("1 commit of topic, which is pushed first.");
    assert_eq!(window.value(Role::TextInput, "Title").as_deref(), Some("Mend it"));
    window.press("Push and open it");
}

/// The address that the last operation has come to.
fn address(bed: &Bed) -> Option<String> {
    let replies = bed.desktop.ask(vec![Request::query(Query::Operation(OperationQuery::List))]);
    let Some(Reply::Operation(OperationReply::Operations(all))) = replies.into_iter().next() else {
        panic!("no operations");
    };
    match all.into_iter().next_back()?.state {
        OperationState::Done { outcome } => outcome.url,
        other => panic!("{other:?}"),
    }
}

on_every_way! {
    fn it_is_opened_on_the_host_and_its_address_is_said(way: Way) {
        let (bed, mut window) = open(way);
        let notes = bed.file("../gh");
        bed.put_program("gh", &format!(
            "exec 3>>'{}'\nprintf '%s|' \"$@\" >&3\nfor word do [ \"$word\" = --body-file ] && body=1 && continue\n\
            [ -z \"$body\" ] || cat \"$word\" >&3; body=; done\n\
            case $1 in pr) echo https://github.com/ada/work/pull/7 ;; esac\n",
            notes.display()
        ));
        fill_in(&mut window);
        window.read("Pull request: opened a pull request of topic into main");
        window.see(Role::Button, "Open");
        assert_eq!(address(&bed).as_deref(), Some("https://github.com/ada/work/pull/7"));
        let called = fs::read_to_string(&notes).unwrap();
        assert!(called.contains("pr|create|") && called.contains("|--base|main|--title|Mend it|--body-file|") && called.contains("|It was broken."), "{called}");
        assert_eq!(bed.git(&["--git-dir", "../origin.git", "log", "-1", "--format=%s", "topic"]), "Mend it");
        window.press("Copy");
        window.press("Dismiss");
        window.read_no_more("Pull request: ");
        window.close();
    }

    fn without_gh_and_without_a_login_it_says_what_to_do(way: Way) {
        let (bed, mut window) = open(way);
        bed.put_program("gh", "exit 127\n");
        bed.machine.remove_program("gh");
        fs::remove_file(bed.desktop.setup.home.parent().unwrap().join("bin/gh")).unwrap();
        fill_in(&mut window);
        window.read("Pull request: there is no gh on");
        window.press("Dismiss");
        bed.put_program("gh", "case $1 in auth) echo 'You are not logged in' >&2; exit 1 ;; esac\n");
        fill_in(&mut window);
        window.read("gh auth login");
        window.press("Dismiss");
        window.close();
    }

    fn what_was_typed_for_one_that_failed_is_in_the_form_of_the_next_window(way: Way) {
        let (bed, mut window) = open(way);
        bed.put_program("gh", "case $1 in auth) echo 'You are not logged in' >&2; exit 1 ;; esac\n");
        window.press("Pull request…");
        window.read("1 commit of topic, which is pushed first.");
        window.fill("Title", "My words");
        window.fill("Body", "My reasons");
        window.press("Push and open it");
        window.read("gh auth login");
        window.close();
        let mut window = bed.open("git");
        window.read("gh auth login");
        bed.put_program("gh", "case $1 in pr) echo https://github.com/ada/work/pull/7 ;; esac\n");
        window.press("Pull request…");
        window.read("1 commit of topic, which is pushed first.");
        assert_eq!(window.value(Role::TextInput, "Title").as_deref(), Some("My words"));
        assert_eq!(window.value(Role::MultilineTextInput, "Body").as_deref(), Some("My reasons"));
        window.press("Push and open it");
        window.read("Pull request: opened a pull request of topic into main");
        window.read_no_more("gh auth login");
        window.press("Pull request…");
        window.read("of topic, which is pushed first.");
        assert_eq!(window.value(Role::TextInput, "Title").as_deref(), Some("Mend it"));
        window.close();
    }

    fn one_that_is_there_is_found_again_and_a_repository_without_a_remote_says_so(way: Way) {
        let (bed, mut window) = open(way);
        bed.put_program("gh", "case \"$1 $2\" in\n'pr create')\n\
            echo 'a pull request for branch \"topic\" into branch \"main\" already exists:' >&2\n\
            echo https://github.com/ada/work/pull/5 >&2\nexit 1 ;;\n\
            'pr view') echo https://github.com/ada/work/pull/5 ;;\nesac\n");
        fill_in(&mut window);
        window.read("already");
        window.see(Role::Button, "Open");
        assert_eq!(address(&bed).as_deref(), Some("https://github.com/ada/work/pull/5"));
        window.press("Dismiss");
        bed.git(&["remote", "remove", "origin"]);
        window.press("Pull request…");
        window.fill("Title", "Mend it");
        window.press("Push and open it");
        window.see(Role::Button, "Dismiss");
        let shown = window.shown();
        assert!(shown.contains("remote"), "{shown}");
        window.close();
    }
}
