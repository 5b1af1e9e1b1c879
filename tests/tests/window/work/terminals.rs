//! A shell on the machine, beside the conversation with its agent.

use std::fs;
use std::time::Duration;

use egui::{Key, Modifiers, Role};

use super::bed::{Bed, Way};
use crate::window::Window;

/// Half of the way there and back.
const ONE_WAY: Duration = Duration::from_millis(25);

const TERMINAL: &str = "Terminal 1";

fn screen(window: &Window) -> String {
    window.value(Role::Terminal, TERMINAL).unwrap_or_default()
}

fn shows(window: &mut Window, text: &str) {
    window.holds(Role::Terminal, TERMINAL, text);
}

/// Types a line, and Enter.
fn line(window: &mut Window, text: &str) {
    window.write(text);
    window.key(Modifiers::NONE, Key::Enter);
}

/// A terminal whose shell has said that it is there.
fn open_terminal(window: &mut Window) {
    window.press("New terminal");
    window.see(Role::Terminal, TERMINAL);
    line(window, "PS1='> '; echo rea''dy");
    shows(window, "\nready");
}

/// A machine on which no tmux is found.
fn without_tmux(bed: &Bed) {
    bed.put_program("tmux", "exit 127\n");
}

fn vim_over_a_cut(way: Way) {
    let bed = Bed::far(way, ONE_WAY);
    bed.write("notes.md", "one\ntwo\n");
    let mut window = bed.open("files");
    open_terminal(&mut window);
    line(&mut window, "vim -u NONE -N notes.md");
    shows(&mut window, "two\n~");
    window.write("Gothree, half wr");
    shows(&mut window, "three, half wr");
    bed.wan().cut();
    window.read("The link is cut. The shell goes on");
    assert!(screen(&window).contains("three, half wr"), "{}", screen(&window));
    assert_eq!(bed.read("notes.md"), "one\ntwo\n");
    bed.wan().restore();
    window.read_no_more("The link is cut.");
    // It is the same vim, in the same mode.
    window.write("itten");
    shows(&mut window, "three, half written");
    window.key(Modifiers::NONE, Key::Escape);
    line(&mut window, ":wq");
    shows(&mut window, "written");
    line(&mut window, "echo back at $PWD");
    shows(&mut window, "back at /");
    assert_eq!(bed.read("notes.md"), "one\ntwo\nthree, half written\n");
    line(&mut window, "exit 3");
    window.read("The shell has ended with status 3.");
    window.press("Close");
    window.see(Role::MultilineTextInput, "Message");
    window.close();
}

#[test]
fn vim_over_a_long_way_goes_on_where_the_link_was_cut_over_openssh() {
    vim_over_a_cut(Way::OpenSsh);
}

#[test]
fn vim_over_a_long_way_goes_on_where_the_link_was_cut_with_the_built_in_client() {
    vim_over_a_cut(Way::Native);
}

fn lost_without_tmux(way: Way) {
    let bed = Bed::far(way, ONE_WAY);
    without_tmux(&bed);
    fs::create_dir(bed.file("deep")).unwrap();
    let mut window = bed.open("files");
    open_terminal(&mut window);
    window.read("A cut would end this terminal");
    // As distributions have bash and fish say where they are.
    line(
        &mut window,
        "PROMPT_COMMAND='printf \"\\e]7;file://%s%s\\e\\\\\" \"$HOSTNAME\" \"$PWD\"'",
    );
    // Behind its prompt, which says where it is.
    line(&mut window, "cd deep");
    line(&mut window, "echo the last wor''ds");
    shows(&mut window, "the last words");
    bed.wan().cut();
    window.read("The shell is gone. What it showed last is below.");
    assert!(screen(&window).contains("the last words"), "{}", screen(&window));
    bed.wan().restore();
    let again = format!("Open again in {}", bed.file("deep").display());
    window.press(&again);
    window.read_no_more("The shell is gone.");
    // What was shown stays above.
    assert!(screen(&window).contains("the last words"), "{}", screen(&window));
    line(&mut window, "echo now in $PWD");
    shows(&mut window, &format!("now in {}", bed.file("deep").display())[..20]);
    window.press("Close Terminal 1");
    window.press("Close terminal");
    window.see(Role::MultilineTextInput, "Message");
    window.close();
}

#[test]
fn without_tmux_a_cut_leaves_the_last_screen_and_a_shell_in_the_same_directory_over_openssh() {
    lost_without_tmux(Way::OpenSsh);
}

#[test]
fn without_tmux_a_cut_leaves_the_last_screen_and_a_shell_in_the_same_directory_with_the_built_in_client()
 {
    lost_without_tmux(Way::Native);
}

#[test]
fn a_terminal_outlives_the_window() {
    let bed = Bed::of(Way::OpenSsh);
    let mut window = bed.open("files");
    open_terminal(&mut window);
    line(&mut window, "MINE=my");
    window.close();
    let mut window = Window::open(&bed.desktop.setup);
    window.click(Role::Tab, TERMINAL);
    shows(&mut window, "ready");
    line(&mut window, "echo still $MINE''s");
    shows(&mut window, "still mys");
    line(&mut window, "exit");
    window.read("The shell has ended.");
    window.press("Close");
    window.close();
}
