//! What an agent changed is read, staged in parts, and committed.

use std::fs;
use std::time::Duration;

use egui::{Key, Modifiers, Role};

use super::bed::{Bed, Way, on_every_way};
use crate::window::Window;

fn numbered(change: impl Fn(u32) -> String) -> String {
    (1..=30).map(change).collect()
}

/// A repository in which a file was changed in two places, and another one is new.
fn changed(way: Way) -> Bed {
    let bed = Bed::of(way);
    bed.write("f.txt", &numbered(|line| format!("line {line}\n")));
    bed.commit_all();
    let text = numbered(|line| match line {
        2 => "line two\n".to_owned(),
        25 => "line 25\nnew a\nnew b\n".to_owned(),
        line => format!("line {line}\n"),
    });
    bed.write("f.txt", &text);
    bed.write("loose.txt", "loose\n");
    bed
}

fn file_in(part: &str) -> String {
    format!("f.txt, modified, {part}")
}

/// The lines that a commit would add and remove.
fn staged(bed: &Bed) -> Vec<String> {
    let diff = bed.git(&["diff", "--cached", "-U0"]);
    let is_change = |line: &&str| {
        (line.starts_with('+') || line.starts_with('-'))
            && !line.starts_with("+++")
            && !line.starts_with("---")
    };
    diff.lines().filter(is_change).map(str::to_owned).collect()
}

fn until_staged(window: &mut Window, bed: &Bed, wanted: &[&str]) {
    window.until(&format!("{wanted:?} to be staged"), |_| (staged(bed) == wanted).then_some(()));
}

on_every_way! {
    fn a_hunk_and_a_line_are_staged_and_committed_and_the_counts_follow(way: Way) {
        let bed = changed(way);
        let mut window = bed.open("git");
        window.read("GIT 2");
        window.click(Role::ListBoxOption, &file_in("Changes"));
        window.press("Stage hunk 1 of f.txt");
        until_staged(&mut window, &bed, &["-line 2", "+line two"]);
        window.see(Role::ListBoxOption, &file_in("Staged"));
        // What is left is one hunk of two lines.
        window.see(Role::Label, "-0");
        window.click(Role::CheckBox, "+new b");
        window.press("Stage 1 line");
        until_staged(&mut window, &bed, &["-line 2", "+line two", "+new b"]);
        // And back again.
        window.click(Role::ListBoxOption, &file_in("Staged"));
        window.press("Unstage hunk 1 of f.txt");
        until_staged(&mut window, &bed, &["+new b"]);
        window.fill("Commit message", "Add b");
        window.key(Modifiers::COMMAND, Key::Enter);
        window.read("Committed");
        assert_eq!(bed.git(&["log", "-1", "--format=%s"]), "Add b");
        assert!(!bed.git(&["show", "HEAD:f.txt"]).contains("line two"));
        assert_eq!(staged(&bed), [""; 0]);
        assert!(bed.read("f.txt").contains("line two\n"), "what wasn't committed is gone");
        assert_eq!(window.value(Role::MultilineTextInput, "Commit message"), Some(String::new()));

        window.press("Stage all: Changes");
        window.read("Staged: 1");
        window.press("Stage all: Untracked");
        window.read("Staged: 2");
        window.fill("Commit message", "The rest");
        window.press("Commit");
        window.read("Nothing changed");
        window.read_no_more("GIT 2");
        assert_eq!(bed.git(&["status", "--porcelain"]), "");
        window.click(Role::Tab, "Log");
        window.see(Role::Tab, "Log");
        window.read("The rest, Ada");
        window.read("Add b, Ada");
        window.close();
    }

    fn what_a_hook_refuses_is_said_in_its_words_and_the_message_stays(way: Way) {
        let bed = changed(way);
        let hook = bed.file(".git/hooks/pre-commit");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, "#!/bin/sh\necho 'line 25 is too new' >&2\nexit 1\n").unwrap();
        let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(&hook, mode).unwrap();
        let mut window = bed.open("git");
        window.read("Changes: 1");
        window.fill("Commit message", "Everything");
        window.press("Commit all");
        window.read("line 25 is too new");
        assert_eq!(bed.git(&["log", "--format=%s"]), "First");
        let kept = window.value(Role::MultilineTextInput, "Commit message");
        assert_eq!(kept.as_deref(), Some("Everything"));
        fs::remove_file(&hook).unwrap();
        window.press("Commit all");
        window.read("Committed");
        assert_eq!(bed.git(&["log", "-1", "--format=%s"]), "Everything");
        window.close();
    }

    fn nothing_is_discarded_unasked_and_what_is_discarded_is_what_was_seen(way: Way) {
        let bed = changed(way);
        let mut window = bed.open("git");
        window.click(Role::ListBoxOption, &file_in("Changes"));
        window.press("Discard hunk 2 of f.txt");
        window.read("lines?");
        window.press("Keep them");
        assert!(bed.read("f.txt").contains("new a"), "it is gone unasked");
        window.press("Discard hunk 2 of f.txt");
        window.press("Discard");
        window.until("the hunk to be gone", |_| (!bed.read("f.txt").contains("new a")).then_some(()));
        assert!(bed.read("f.txt").contains("line two\n"), "another hunk went with it");
        window.pick(Role::ListBoxOption, "loose.txt, untracked, Untracked", "Delete the file…");
        window.press("Keep them");
        assert_eq!(bed.read("loose.txt"), "loose\n");
        window.pick(Role::ListBoxOption, "loose.txt, untracked, Untracked", "Delete the file…");
        window.press("Delete");
        window.read_no_more("loose.txt");
        assert!(!bed.file("loose.txt").exists());
        window.close();
    }
}

#[test]
fn a_commit_is_written_from_the_palette_on() {
    let bed = changed(Way::Local);
    let mut window = bed.open("history");
    window.key(Modifiers::COMMAND, Key::K);
    window.write("Write a commit");
    window.key(Modifiers::NONE, Key::Enter);
    window.read("Changes: 1");
    window.write("Say two");
    window.holds(Role::MultilineTextInput, "Commit message", "Say two");
    window.key(Modifiers::COMMAND, Key::Enter);
    window.read("Committed");
    assert_eq!(bed.git(&["log", "-1", "--format=%s"]), "Say two");
    window.close();
}

#[test]
fn what_is_known_stays_in_sight_while_the_link_is_cut() {
    let bed = Bed::far(Way::OpenSsh, Duration::ZERO);
    bed.write("f.txt", "one\n");
    bed.commit_all();
    bed.write("f.txt", "two\n");
    let mut window = bed.open("git");
    window.read("Changes: 1");
    bed.wan().cut();
    window.read("box: connecting");
    window.fill("Commit message", "A thought");
    bed.write("f.txt", "three\n");
    bed.write("loose.txt", "loose\n");
    window.read("Changes: 1");
    bed.wan().restore();
    window.read("Untracked: 1");
    window.holds(Role::MultilineTextInput, "Commit message", "A thought");
    window.close();
}
