//! Output that comes faster than anybody reads, or than the link carries: whatever is left out on the way, its end is there.

use orchestrator::terminal::Screen;

use super::*;

/// Lines above the screen that are there behind it.
const KEPT: usize = 50_000;

/// Numbers, one a line: more than is kept anywhere.
const FLOOD: &str = "seq 1 1500000; echo the e''nd\r";

/// The lines that a front end's emulator has at the end.
fn lines(window: &Window) -> Vec<String> {
    let mut screen = Screen::new(80, 24);
    screen.feed(&window.printed);
    let mut lines = Vec::new();
    for above in (1..=screen.scrollback()).rev() {
        screen.scroll_to(above);
        lines.push(screen.row_text(0));
    }
    screen.scroll_to(0);
    lines.extend((0..screen.rows()).map(|row| screen.row_text(row)));
    lines
}

async fn until_its_end(window: &mut Window) {
    window
        .until("the end of a flood, with what is above", |window| {
            let printed = &window.printed;
            let tail = printed.get(printed.len().saturating_sub(2_000)..).unwrap_or_default();
            // A look at the screen alone has the end, too.
            printed.len() > KEPT * 9 && tail.windows(7).any(|part| part == b"the end")
        })
        .await;
}

/// The flood has all its last lines, and what is typed behind it is carried out.
async fn ends_whole_and_goes_on(window: &mut Window, desk: &Desk) {
    until_its_end(window).await;
    assert_whole(&lines(window));
    window.type_(desk, "echo go''es on\r").await;
    window.shows_at_its_end("goes on").await;
}

fn assert_whole(lines: &[String]) {
    let end = lines.iter().position(|line| line == "the end").unwrap();
    assert!(end >= KEPT, "{end} lines above the end");
    let numbers: Vec<u32> = lines[..end].iter().map(|line| line.parse().unwrap()).collect();
    assert_eq!(numbers.last(), Some(&1_500_000));
    assert!(numbers.is_sorted_by(|one, next| one + 1 == *next), "a gap");
}

on_every_way! {
    async fn the_last_lines_of_a_flood_are_there_without_a_gap(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        for keep in [true, false] {
            let mut window = bed.open(&desk, keep).await;
            window.type_(&desk, FLOOD).await;
            ends_whole_and_goes_on(&mut window, &desk).await;
            window.close(&desk).await;
        }
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_colours_than_anybody_keeps_end_no_terminal_and_leave_no_client_behind() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, true).await;
    // 90 MB as tmux tells them: each letter has a colour of its own.
    let letters: String =
        (0..80).map(|at| format!("\x1b[38;2;{};200;{}mx", 100 + at, 200 - at)).collect();
    let file = bed.file("colours");
    fs::write(&file, [letters.as_str(), "\x1b[0m\n"].concat().repeat(50_000)).unwrap();
    window.type_(&desk, &format!("cat {}; echo the e''nd\r", file.display())).await;
    window.shows_at_its_end("the end").await;
    window.type_(&desk, "echo go''es on\r").await;
    window.shows_at_its_end("goes on").await;
    drop(window);
    desk.stop().await;
    // It is come back to.
    let desk = bed.laptop.engine().await;
    let id = listed(&desk).await[0].id.clone();
    let mut window = Window::follow(&desk, &id).await;
    window.until("open", is_open).await;
    window.type_(&desk, "echo sti''ll\r").await;
    window.shows_at_its_end("still").await;
    let attached = |words: &[String]| {
        words.iter().any(|word| word == "attach-session")
            && words.iter().any(|word| word.ends_with(&id))
    };
    until("one client is left", || processes(attached).len() == 1).await;
    window.close(&desk).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_stands_still_in_a_flood_goes_on_behind_it() {
    let bed = Bed::start(Way::OpenSsh, true);
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, true).await;
    window.type_(&desk, FLOOD).await;
    window.until("numbers", |window| window.printed.len() > 100_000).await;
    bed.wan().pause();
    // wait: tmux leaves out what nobody took for two seconds
    tokio::time::sleep(Duration::from_secs(4)).await; // wait: that is over
    bed.wan().resume();
    ends_whole_and_goes_on(&mut window, &desk).await;
    window.close(&desk).await;
    desk.stop().await;
}

impl Window {
    /// As [`Window::shows`], without looking through all of a flood each time.
    async fn shows_at_its_end(&mut self, text: &str) {
        let wanted = text.as_bytes().to_vec();
        self.until(text, move |window| {
            let tail = window.printed.len().saturating_sub(2_000);
            window.printed[tail..].windows(wanted.len()).any(|part| part == wanted)
        })
        .await;
    }
}

/// What a tmux before 3.2 says to clients that want it to pause, put before the one that is here.
const OLD_TMUX: &str = r#"#!/bin/bash
[ "$1" != -V ] || { echo 'tmux 3.1c'; exit; }
exec TMUX "$@" < <(sed -u 's/^refresh-client -[fA] .*/refresh-client -Y/')
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_tmux_that_can_not_pause_tells_the_end_of_a_flood_all_the_same() {
    let bed = Bed::of(Way::OpenSsh);
    let real = std::process::Command::new("sh").args(["-c", "command -v tmux"]).output().unwrap();
    let real = String::from_utf8(real.stdout).unwrap();
    fs::write(bed.without_tmux(), OLD_TMUX.replace("TMUX", real.trim())).unwrap();
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, true).await;
    window.type_(&desk, FLOOD).await;
    ends_whole_and_goes_on(&mut window, &desk).await;
    window.close(&desk).await;
    desk.stop().await;
}
