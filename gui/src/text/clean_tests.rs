#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

#[test]
fn terminal_escapes_are_seen_and_steer_nothing() {
    assert_eq!(clean("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
    assert_eq!(clean("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
    assert_eq!(clean("\u{9b}2J"), "\\x9b2J");
    assert_eq!(clean("a\0b\x08"), "a\\x00b\\x08");
}

#[test]
fn nothing_turns_the_reading_direction() {
    assert_eq!(clean("safe\u{202e}exe.txt"), "safe\\u{202e}exe.txt");
    assert_eq!(clean("\u{2066}x\u{2069}"), "\\u{2066}x\\u{2069}");
}

#[test]
fn invisible_words_are_seen() {
    assert_eq!(clean("hi\u{e0041}"), "hi\\u{e0041}");
}

#[test]
fn what_is_harmless_stays_as_it_is_and_costs_no_copy() {
    for text in ["", "plain\ttext\nnext", "Grüße, мир, 你好, 👩‍💻", "שלום"] {
        assert!(matches!(clean(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}

#[test]
fn every_line_end_is_a_line_feed() {
    assert_eq!(clean("a\r\nb\rc\u{2028}d"), "a\nb\nc\nd");
}

#[test]
fn a_name_is_one_line() {
    assert_eq!(clean_line("  a\n b\tc\x1b "), "a b c\\x1b");
}

#[test]
fn ten_megabytes_are_cleaned_in_well_under_a_second_of_work() {
    // Unoptimized code on a busy machine has to keep to this too; a quadratic search would take minutes.
    let text = "some words\x1b[0m and ünïcode\r\n".repeat(350_000);
    let began = Instant::now();
    assert!(clean(&text).len() > text.len());
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

proptest! {
    #[test]
    fn nothing_strange_is_left_whatever_comes(text in any::<String>()) {
        let cleaned = clean(&text);
        prop_assert!(first_strange(&cleaned).is_none());
        prop_assert_eq!(clean(&cleaned), cleaned.clone());
    }
}
