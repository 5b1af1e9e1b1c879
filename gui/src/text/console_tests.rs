#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn shown(printed: &[u8]) -> Vec<String> {
    let mut console = Console::default();
    console.feed(0, printed);
    console.lines().map(|line| line.text.clone()).collect()
}

fn pens(printed: &str) -> Vec<(usize, Pen)> {
    let mut console = Console::default();
    console.feed(0, printed.as_bytes());
    console.line(0).unwrap().pens.clone()
}

#[test]
fn lines_are_what_was_printed_and_the_last_one_needs_no_end() {
    assert_eq!(shown(b"one\ntwo\r\n\nfour"), ["one", "two", "", "four"]);
    assert_eq!(shown(b""), [""; 0]);
    assert_eq!(shown("naïve 日本\n".as_bytes()), ["naïve 日本"]);
    assert_eq!(shown(b"a\xffb"), ["a\u{fffd}b"]);
}

#[test]
fn a_bar_of_progress_stays_one_line() {
    assert_eq!(shown(b"10 %\r20 %\r100 %\n"), ["100 %"]);
    assert_eq!(shown(b"downloading\r\x1b[Kdone\n"), ["done"]);
    assert_eq!(shown(b"ab\x08c\n"), ["ac"]);
    assert_eq!(shown(b"a\tb\n"), ["a       b"]);
}

#[test]
fn colours_are_kept_and_nothing_else_of_a_sequence_is_seen() {
    let red = Pen { ink: Some(Ink::Numbered(1)), bold: true, ..Pen::default() };
    assert_eq!(pens("a\x1b[1;31mb\x1b[mc"), [(1, Pen::default()), (2, red), (3, Pen::default())]);
    let ink = |said: &str| pens(&format!("\x1b[{said}mx")).first().unwrap().1.ink;
    assert_eq!(ink("38;5;208"), Some(Ink::Numbered(208)));
    assert_eq!(ink("38;2;1;2;3"), Some(Ink::Mixed([1, 2, 3])));
    assert_eq!(ink("38:2::1:2:3"), Some(Ink::Mixed([1, 2, 3])));
    assert_eq!(ink("97"), Some(Ink::Numbered(15)));
    assert_eq!(shown(b"\x1b]0;title\x07a\x1b]52;c;eA==\x1b\\b\x1b(Bc\x1b[2Jd\n"), ["abcd"]);
}

#[test]
fn what_steers_the_reading_direction_is_shown_as_what_it_is() {
    assert_eq!(shown("a\u{202e}b\n".as_bytes()), ["a\\u{202e}b"]);
}

#[test]
fn only_the_last_lines_are_kept_and_that_is_said() {
    let mut console = Console::default();
    let printed: String = (0..MOST_LINES + 5).map(|at| format!("{at}\n")).collect();
    console.feed(0, printed.as_bytes());
    assert_eq!((console.len(), console.is_cut()), (MOST_LINES, true));
    assert_eq!(console.line(0).unwrap().text, "5");
    let (text, is_all) = console.text(12);
    assert_eq!((text.as_str(), is_all), ("10003\n10004", false));
    assert_eq!(shown("x".repeat(LONGEST + 1).as_bytes()).len(), 2);
}

#[test]
fn what_was_never_heard_is_not_glued_to_what_comes() {
    let mut console = Console::default();
    console.feed(0, b"half of a \x1b[3");
    console.feed(4_000, b"new\n");
    let all: Vec<&str> = console.lines().map(|line| line.text.as_str()).collect();
    assert_eq!((all, console.is_cut(), console.end()), (vec!["half of a", "new"], true, 4_004));
}

#[test]
fn rows_are_cut_at_cells_and_not_in_letters() {
    let mut console = Console::default();
    console.feed(0, "abcdefg\n日本語x\n".as_bytes());
    let cut = |at: usize, columns| {
        let line = console.line(at).unwrap();
        let rows: Vec<&str> = line.cuts(columns).map(|range| &line.text[range]).collect();
        assert_eq!(rows.len(), line.rows(columns));
        rows.join("|")
    };
    assert_eq!(cut(0, 3), "abc|def|g");
    assert_eq!(cut(1, 3), "日|本|語x");
    assert_eq!(cut(1, 1), "日|本|語|x");
}

#[test]
fn a_line_separator_ends_a_line() {
    assert_eq!(shown("a\u{2028}b\u{2029}c".as_bytes()), ["a", "b", "c"]);
}

proptest! {
    #[test]
    fn parts_say_the_same_as_the_whole(bytes: Vec<u8>, cut: usize) {
        let cut = if bytes.is_empty() { 0 } else { cut % bytes.len() };
        let mut console = Console::default();
        console.feed(0, &bytes[..cut]);
        console.feed(cut as u64, &bytes[cut..]);
        let parts: Vec<String> = console.lines().map(|line| line.text.clone()).collect();
        prop_assert_eq!(parts, shown(&bytes));
    }

    #[test]
    fn nothing_that_steers_is_left_and_rows_hold_all_of_a_line(text in "[\\PC\\x1b\\[;m0-9\\r\\n\\t]{0,80}", columns in 1_usize..20) {
        let mut console = Console::default();
        console.feed(0, text.as_bytes());
        for line in console.lines() {
            prop_assert!(!line.text.chars().any(char::is_control));
            let glued: String = line.cuts(columns).map(|range| &line.text[range]).collect();
            prop_assert_eq!(&glued, &line.text);
            prop_assert_eq!(line.cuts(columns).count(), line.rows(columns));
            prop_assert_eq!(line.pens.last().map_or(0, |(end, _)| *end), line.text.len());
        }
    }
}
