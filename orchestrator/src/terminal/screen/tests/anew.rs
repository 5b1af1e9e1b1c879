//! A terminal that is drawn anew, and who reads above its newest lines.

use super::*;

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|line| format!("line {line}\r\n")).collect()
}

#[test]
fn what_somebody_reads_stays_while_all_is_drawn_anew_below() {
    let mut screen = screen(20, 4, &lines(0, 30));
    screen.scroll(10);
    let read = text(&screen);
    for round in 0..3 {
        drop(screen.begin_anew());
        screen.feed(lines(100 * round, 100 * round + 50).as_bytes());
        assert_eq!(text(&screen), read);
    }
    screen.scroll(-3);
    assert_ne!(text(&screen), read, "it can still be scrolled");
    screen.scroll_to(0);
    assert_eq!(text(&screen), ["line 247", "line 248", "line 249"]);
    assert_eq!(screen.take_damage(), Damage::All);
    assert!(screen.take_read().is_some(), "what was read is for somebody else to free");
    screen.feed(b"more");
    assert_eq!(text(&screen).last().map(String::as_str), Some("more"));
}

#[test]
fn who_reads_the_newest_lines_sees_what_is_drawn_anew() {
    let mut screen = screen(20, 4, &lines(0, 30));
    drop(screen.begin_anew());
    screen.feed(b"new");
    assert_eq!((text(&screen), screen.scrollback()), (vec!["new".to_owned()], 0));
}

#[test]
fn what_somebody_reads_stays_while_output_goes_on_until_its_lines_are_gone() {
    let mut screen = screen(20, 4, &lines(0, 30));
    screen.scroll(10);
    let read = text(&screen);
    screen.feed(lines(30, 1000).as_bytes());
    assert_eq!(text(&screen), read);
    screen.feed(lines(0, SCROLLBACK).as_bytes());
    assert_ne!(text(&screen), read);
    assert_eq!(screen.offset(), SCROLLBACK, "the oldest line that is left");
}

#[test]
fn questions_and_titles_of_what_is_drawn_below_are_heard() {
    let mut screen = screen(20, 4, &lines(0, 30));
    screen.scroll(10);
    drop(screen.begin_anew());
    screen.set_palette(Palette { background: [1, 2, 3], ..Palette::default() });
    screen.feed(b"\x1b]0;busy\x07\x1b]11;?\x07\x07");
    assert_eq!(screen.take_answers(), b"\x1b]11;rgb:0101/0202/0303\x07");
    assert_eq!(screen.title().as_deref(), Some("busy"));
    let news = screen.take_news();
    assert!(news.title && news.bell);
}

#[test]
fn a_size_counts_for_what_is_drawn_below_as_well() {
    let mut screen = screen(20, 4, &lines(0, 30));
    screen.scroll(10);
    drop(screen.begin_anew());
    screen.feed(b"0123456789abcdef");
    screen.resize(10, 6);
    screen.scroll_to(0);
    assert_eq!((screen.columns(), screen.rows()), (10, 6));
    let mut other = Screen::new(20, 4);
    other.feed(b"0123456789abcdef");
    other.resize(10, 6);
    assert_eq!(text(&screen), text(&other));
}
