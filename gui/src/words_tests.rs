use proptest::prelude::*;

use super::*;

#[test]
fn terminal_escapes_are_shown_and_never_interpreted() {
    assert_eq!(clean_line("a\x1b[31mb\x07\n\n c\u{9b}2J\u{202e}"), "a^[[31mb^G c<9b>2J<202e>");
    assert_eq!(clean_lines("a\n\tb\x1b"), "a\n    b^[");
}

#[test]
fn numbers_are_read_at_a_glance() {
    assert_eq!(count(1_234_567), "1,234,567");
    assert_eq!(count(7), "7");
    assert_eq!(of_many(1, "entry", "entries"), "1 entry");
    assert_eq!(of_many(3, "entry", "entries"), "3 entries");
    assert_eq!(round_trip(51_400), "51 ms");
    assert_eq!(round_trip(400), "<1 ms");
    assert_eq!(round_trip(1_250_000), "1.2 s");
    assert_eq!(cost(0.0831), "$0.08");
    assert_eq!(cost(0.0031), "$0.0031");
    assert_eq!(octet("0b8f2f0e-7d0b-4c55"), "0B8F2F0E");
}

#[test]
fn times_are_relative_and_in_full() {
    let now = Timestamp::from_second(1_767_225_600).unwrap_or_default();
    let before = |seconds: i64| Timestamp::from_second(1_767_225_600 - seconds).unwrap_or_default();
    assert_eq!(ago(before(5), now), "now");
    assert_eq!(ago(before(-50), now), "now");
    assert_eq!(ago(before(600), now), "10 min ago");
    assert_eq!(ago(before(7200), now), "2 h ago");
    assert_eq!(ago(before(200_000), now), "2 d ago");
    assert_eq!(when(now, &TimeZone::UTC), "2026-01-01 00:00:00");
    assert_eq!(duration(59_960), "1 min 00 s");
    assert_eq!(duration(7_800_000), "2 h 10 min");
}

proptest! {
    #[test]
    fn a_long_path_keeps_its_ends_and_its_length(text in "[a-zé/]{0,80}", most in 3..60_usize) {
        let shown = middle(&text, most);
        prop_assert!(shown.chars().count() <= most.max(text.chars().count().min(most)));
        if text.chars().count() > most {
            prop_assert_eq!(text.chars().last(), shown.chars().last());
        } else {
            prop_assert_eq!(text, shown);
        }
    }

    #[test]
    fn no_control_character_is_left(text in any::<String>()) {
        prop_assert!(!clean_line(&text).chars().any(char::is_control));
    }
}

#[test]
fn a_failure_names_its_host_once() {
    let of = |message: &str| {
        with_host(
            &orchestrator::failure::Failure::new(orchestrator::failure::Code::Busy, message)
                .on("gpu"),
        )
    };
    assert_eq!(of("gpu did not answer in time"), "gpu did not answer in time");
    assert_eq!(of("no route to gpu."), "no route to gpu.");
    assert_eq!(of("gpu2 is full"), "gpu: gpu2 is full");
    assert_eq!(of("the disk is full"), "gpu: the disk is full");
}
