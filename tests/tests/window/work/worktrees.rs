//! A branch gets a directory and a session of its own, and loses both.

use std::fs;

use egui::Role;

use super::bed::{Bed, Way, git, on_every_way};
use crate::window::Window;

/// A repository, and the window on its worktrees.
fn open(way: Way) -> (Bed, Window) {
    let bed = Bed::of(way);
    bed.write("f.txt", "first\n");
    bed.commit_all();
    let mut window = bed.open("git");
    window.read("Nothing changed");
    window.click(Role::Tab, "Worktrees");
    (bed, window)
}

fn make(window: &mut Window, branch: &str) {
    window.press("New worktree…");
    window.fill("Branch", branch);
    window.press("Make the worktree");
    // It is shown once the window has heard of it.
    let name = format!("{} codex", branch.replace('/', "-"));
    window.read(&name);
    window.press("Show its session");
    window.see(Role::Button, &format!("Rename {name}"));
}

on_every_way! {
    fn a_worktree_is_made_set_up_and_has_a_session_below_its_parent(way: Way) {
        let bed = Bed::of(way);
        bed.write("f.txt", "first\n");
        fs::create_dir(bed.file(".baton")).unwrap();
        bed.write(".baton/worktree-setup", "#!/bin/sh\necho ready >set-up.done\n");
        let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(bed.file(".baton/worktree-setup"), mode).unwrap();
        bed.commit_all();
        let mut window = bed.open("git");
        window.click(Role::Tab, "Worktrees");
        make(&mut window, "fix/a");
        // The session that was made is the one that is shown.
        window.read("fix/a");
        window.fill("Message", "directory\nprint Here I am.");
        window.key(egui::Modifiers::NONE, egui::Key::Enter);
        window.read("Done in");
        window.close();
        let sessions = bed.desktop.sessions();
        let [below] = &*sessions.iter().filter(|one| one.id != bed.session.id).collect::<Vec<_>>() else {
            panic!("{sessions:#?}");
        };
        assert_eq!(below.parent.as_ref(), Some(&bed.session.id));
        assert_eq!((&below.host, &below.agent), (&bed.session.host, &bed.session.agent));
        let directory = std::path::PathBuf::from(below.cwd.as_ref().unwrap());
        assert_ne!(directory, bed.project());
        assert_eq!(git(&directory, &["branch", "--show-current"]), "fix/a");
        assert_eq!(fs::read_to_string(directory.join("set-up.done")).unwrap(), "ready\n");
        let said = bed.desktop.said(&below.id).concat();
        assert!(said.contains(directory.to_str().unwrap()), "it works elsewhere: {said}");
    }

    fn one_with_changes_is_removed_only_when_that_was_agreed_to(way: Way) {
        let (bed, mut window) = open(way);
        make(&mut window, "topic");
        window.click(Role::ListBoxOption, "notes");
        window.read("topic");
        let listed = bed.git(&["worktree", "list", "--porcelain"]);
        let directory = listed.lines().filter_map(|line| line.strip_prefix("worktree ")).next_back().unwrap();
        let directory = std::path::PathBuf::from(directory);
        assert_ne!(directory, bed.project());
        // It was clean when it was listed: what came meanwhile isn't lost by a question about something else.
        window.see(Role::Button, "Remove…");
        fs::write(directory.join("work.txt"), "a day's work\n").unwrap();
        window.press("Remove…");
        window.read("Remove this worktree");
        window.press("Remove it");
        window.read("1 file changed");
        assert_eq!(fs::read_to_string(directory.join("work.txt")).unwrap(), "a day's work\n");
        window.press("Remove…");
        window.read("Remove this worktree with its changes?");
        window.press("Keep it");
        assert!(directory.join("work.txt").exists());
        window.press("Remove…");
        window.press("Remove it");
        window.read("was removed");
        assert!(!directory.exists());
        // The branch stays.
        assert_eq!(bed.git(&["branch", "--list", "topic"]).trim(), "topic");
        window.close();
    }

    fn a_branch_that_is_checked_out_elsewhere_is_refused_with_what_to_do(way: Way) {
        let (bed, mut window) = open(way);
        window.press("New worktree…");
        window.fill("Branch", "main");
        window.press("Make the worktree");
        window.see(Role::Button, "Dismiss");
        let shown = window.shown();
        assert!(shown.contains("main is checked out") || shown.contains("already"), "{shown}");
        window.press("Dismiss");
        window.read_no_more("Worktree of main");
        assert_eq!(bed.git(&["worktree", "list"]).lines().count(), 1);
        window.close();
    }
}
