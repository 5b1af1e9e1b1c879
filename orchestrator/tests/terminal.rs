//! What programs printed to a real terminal, and what another terminal made of it: `scripts/record-terminal`.
#![allow(clippy::unwrap_used)]

use orchestrator::terminal::Screen;

/// The grid as text, as tmux writes it: without the spaces at the ends of lines.
fn grid(screen: &Screen) -> String {
    let mut rows: Vec<String> = (0..screen.rows()).map(|row| screen.row_text(row)).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows.join("\n") + "\n"
}

fn shows(raw: &[u8], seen: &str) {
    let mut screen = Screen::new(80, 24);
    screen.feed(raw);
    assert_eq!(grid(&screen), seen);
    // In the smallest parts that a link may bring it in.
    let mut screen = Screen::new(80, 24);
    raw.chunks(3).for_each(|part| screen.feed(part));
    assert_eq!(grid(&screen), seen);
}

#[test]
fn vim_looks_as_it_does_elsewhere() {
    shows(include_bytes!("terminal/vim.raw"), include_str!("terminal/vim.txt"));
}

#[test]
fn less_looks_as_it_does_elsewhere() {
    shows(include_bytes!("terminal/less.raw"), include_str!("terminal/less.txt"));
}

#[test]
fn a_screen_that_is_redrawn_in_parts_looks_as_it_does_elsewhere() {
    shows(include_bytes!("terminal/redraw.raw"), include_str!("terminal/redraw.txt"));
}

#[test]
fn what_vttest_tries_looks_as_it_does_elsewhere() {
    shows(include_bytes!("terminal/sequences.raw"), include_str!("terminal/sequences.txt"));
}

#[test]
fn wide_and_marked_letters_look_as_they_do_elsewhere() {
    shows(include_bytes!("terminal/wide.raw"), include_str!("terminal/wide.txt"));
}

#[test]
fn screens_regions_and_stops_look_as_they_do_elsewhere() {
    shows(include_bytes!("terminal/screens.raw"), include_str!("terminal/screens.txt"));
}

#[test]
fn a_program_that_leaves_the_screen_gives_back_what_was_there() {
    let mut screen = Screen::new(80, 24);
    screen.feed(b"$ vim\r\n");
    screen.feed(include_bytes!("terminal/vim.raw"));
    assert!(screen.modes().alternate_screen());
    screen.feed(b"\x1b[?1049l");
    assert_eq!(grid(&screen), "$ vim\n");
}
