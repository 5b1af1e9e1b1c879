//! A person and an agent edit one file.

use std::fs;

use egui::{Key, Modifiers, Role};

use super::bed::{Bed, Way, on_every_way};
use crate::window::Window;

const READ: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

/// Opens the project's file, and writes `mine ` before its first line.
fn open_and_edit(bed: &Bed) -> Window {
    bed.write("notes.md", READ);
    let mut window = bed.open("files");
    window.click(Role::TreeItem, "notes.md");
    window.holds(Role::MultilineTextInput, "notes.md", "one");
    window.key(Modifiers::COMMAND, Key::Home);
    window.write("mine ");
    window.holds(Role::MultilineTextInput, "notes.md", "mine one");
    window.read("not saved");
    window
}

/// What the editor holds, line by line: who can't see it hears the line with the cursor.
fn lines(window: &mut Window, count: usize) -> Vec<String> {
    window.key(Modifiers::COMMAND, Key::Home);
    let line = |window: &mut Window| {
        let line = window.value(Role::MultilineTextInput, "notes.md").unwrap();
        window.key(Modifiers::NONE, Key::ArrowDown);
        line
    };
    (0..count).map(|_| line(window)).collect()
}

on_every_way! {
    fn what_the_agent_wrote_meanwhile_is_seen_and_both_texts_can_be_had(way: Way) {
        let bed = Bed::of(way);
        let mut window = open_and_edit(&bed);
        // The agent's turn, in the conversation beside the file.
        window.click(Role::Tab, "Conversation 1");
        let message = format!("append {} theirs\nprint I have added a line.", bed.file("notes.md").display());
        window.fill("Message", &message);
        window.key(Modifiers::NONE, Key::Enter);
        window.hear("I have added a line.");
        window.click(Role::Tab, "notes.md, not saved");
        window.read("This file was changed on");
        assert_eq!(lines(&mut window, 1), ["mine one"]);
        window.press("Save");
        window.read("Somebody else has changed this file");
        // Each has changed lines that the other one hasn't: nothing is to be chosen.
        window.read("2 differences, all chosen");
        assert_eq!(bed.read("notes.md"), format!("{READ}theirs\n"));
        window.press("Use what is chosen");
        assert_eq!(lines(&mut window, 8).join("|"), "mine one|two|three|four|five|six|seven|theirs");
        window.key(Modifiers::COMMAND, Key::S);
        window.read_no_more("not saved");
        assert_eq!(bed.read("notes.md"), format!("mine {READ}theirs\n"));
        window.close();
    }

    fn a_save_that_comes_too_late_is_refused_and_each_side_can_be_taken(way: Way) {
        let bed = Bed::of(way);
        let mut window = open_and_edit(&bed);
        let theirs = READ.replace("one", "their one");
        bed.write("notes.md", &theirs);
        window.key(Modifiers::COMMAND, Key::S);
        window.read("Somebody else has changed this file");
        window.read("1 difference, 1 not chosen yet");
        assert_eq!(bed.read("notes.md"), theirs, "it was written over");
        // Theirs, and mine is had back by undoing.
        window.press("Take theirs");
        assert_eq!(lines(&mut window, 2), ["their one", "two"]);
        window.read_no_more("not saved");
        window.key(Modifiers::COMMAND, Key::Z);
        assert_eq!(lines(&mut window, 2), ["mine one", "two"]);
        window.read("not saved");
        // And mine, over what is there: nobody has changed it since it was looked at.
        window.key(Modifiers::COMMAND, Key::S);
        window.read_no_more("not saved");
        assert_eq!(bed.read("notes.md"), format!("mine {READ}"));

        window.key(Modifiers::COMMAND, Key::Home);
        window.write("still ");
        bed.write("notes.md", &theirs);
        window.key(Modifiers::COMMAND, Key::S);
        window.read("Somebody else has changed this file");
        window.press("Keep mine");
        window.read_no_more("not saved");
        assert_eq!(bed.read("notes.md"), format!("still mine {READ}"));

        // Both lines of one difference.
        window.key(Modifiers::COMMAND, Key::Home);
        window.write("again ");
        bed.write("notes.md", &theirs);
        window.key(Modifiers::COMMAND, Key::S);
        window.click(Role::RadioButton, "Both for difference 1");
        window.press("Use what is chosen");
        assert_eq!(lines(&mut window, 3), ["again still mine one", "their one", "two"]);
        window.press("Save");
        window.read_no_more("not saved");
        assert_eq!(bed.read("notes.md"), format!("again still mine one\n{theirs}"));
        window.close();
    }

    fn what_was_not_saved_outlives_the_window_and_a_file_that_went_meanwhile(way: Way) {
        let bed = Bed::of(way);
        let window = open_and_edit(&bed);
        window.close();
        fs::remove_file(bed.file("notes.md")).unwrap();
        let mut window = Window::open(&bed.desktop.setup);
        if way != Way::Local {
            window.press("Connect and list them");
        }
        window.click(Role::Tab, "notes.md, not saved");
        window.read("This file is no longer there");
        assert_eq!(lines(&mut window, 2), ["mine one", "two"]);
        window.press("Save as new");
        window.read_no_more("not saved");
        assert_eq!(bed.read("notes.md"), format!("mine {READ}"));
        window.close();
    }
}
