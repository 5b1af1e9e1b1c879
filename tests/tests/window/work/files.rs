//! The tree of a machine's files, and their names in prompts.

use std::fs;
use std::time::Instant;

use egui::{Key, Modifiers, Role};

use super::bed::{Bed, Way, on_every_way};
use crate::window::PATIENCE;

on_every_way! {
    fn what_an_agent_makes_is_in_the_tree_while_one_looks(way: Way) {
        let bed = Bed::of(way);
        bed.write("old.md", "old\n");
        fs::create_dir(bed.file("src")).unwrap();
        let mut window = bed.open("files");
        window.see(Role::TreeItem, "old.md");
        window.click(Role::TreeItem, "src");
        window.read("Empty");
        bed.write("src/new.rs", "fn main() {}\n");
        window.see(Role::TreeItem, "new.rs");
        bed.write("later.md", "later\n");
        window.see(Role::TreeItem, "later.md");
        fs::remove_file(bed.file("old.md")).unwrap();
        window.until("old.md to go", |window| {
            use egui_kittest::kittest::Queryable;
            window.query_all_by_role_and_label(Role::TreeItem, "old.md").next().is_none().then_some(())
        });
        // What is open follows, too, as long as nothing was typed into it.
        window.click(Role::TreeItem, "new.rs");
        window.holds(Role::MultilineTextInput, "src/new.rs", "fn main() {}");
        bed.write("src/new.rs", "fn main() { mended() }\n");
        window.holds(Role::MultilineTextInput, "src/new.rs", "mended");
        window.close();
    }

    fn a_path_behind_an_at_sign_is_completed_from_the_host(way: Way) {
        let bed = Bed::of(way);
        fs::create_dir_all(bed.file("src/deep")).unwrap();
        bed.write("src/deep/parser.rs", "");
        bed.write("src/deep/printer.rs", "");
        bed.write("notes.md", "");
        let mut window = bed.open("history");
        window.fill("Message", "Look at @parsrs");
        window.read("src/deep/parser.rs");
        window.key(Modifiers::NONE, Key::Enter);
        window.holds(Role::MultilineTextInput, "Message", "Look at @src/deep/parser.rs");
        // What is made meanwhile is offered as well.
        bed.write("src/deep/lexer.rs", "");
        // The list is looked at again with each letter: who types on is offered it.
        let began = Instant::now();
        let mut typed = ["Look at @lexe", "Look at @lex"].into_iter().cycle();
        while !window.shown().contains("src/deep/lexer.rs") {
            assert!(began.elapsed() < PATIENCE, "it is never offered:\n{}", window.shown());
            window.fill("Message", typed.next().unwrap());
        }
        window.close();
    }

    fn files_are_made_renamed_and_deleted_and_the_agents_machine_has_it_so(way: Way) {
        let bed = Bed::of(way);
        bed.write("old name.md", "old\n");
        let mut window = bed.open("files");
        window.pick(Role::TreeItem, "old name.md", "Rename…");
        window.fill("Name", "it's new.md");
        window.press("Rename");
        window.see(Role::TreeItem, "it's new.md");
        assert_eq!(bed.read("it's new.md"), "old\n");
        window.press("New folder");
        window.fill("Name", "a folder");
        window.press("Make");
        window.see(Role::TreeItem, "a folder");
        assert!(bed.file("a folder").is_dir());
        window.pick(Role::TreeItem, "it's new.md", "Delete…");
        window.press("Keep it");
        assert!(bed.file("it's new.md").exists());
        window.pick(Role::TreeItem, "it's new.md", "Delete…");
        window.press("Delete");
        window.read("was deleted");
        assert!(!bed.file("it's new.md").exists());
        window.close();
    }
}
