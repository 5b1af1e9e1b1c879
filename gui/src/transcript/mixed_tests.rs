#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// Each character a point wide, each drawn as an eye sees it: words of Hebrew are turned round by who draws them.
fn draw(text: &str, room: f32) -> Vec<(String, f32)> {
    let base = first_strong(text).unwrap_or(Base::Left);
    let side = Side::Start;
    let given = Given { text, ends: &[text.len()], base, is_code: false, room, side };
    let rows = rows(&given, &mut |_, shown| {
        let of_script = |letter| strong(letter) == Some(Base::Right) || is_foreign_digit(letter);
        let is_turned = shown.chars().any(of_script);
        let seen: String = if is_turned { shown.chars().rev().collect() } else { shown.to_owned() };
        (shown.chars().count() as f32, seen)
    });
    rows.into_iter()
        .map(|row| {
            let left = row.parts.first().map_or(0.0, |part| part.left);
            (row.parts.into_iter().map(|part| part.drawn).collect(), left)
        })
        .collect()
}

#[test]
fn words_of_hebrew_follow_each_other_from_right_to_left() {
    // אבג דהו! seen from the left: !והד גבא
    assert_eq!(draw("אבג דהו!", 10.0), [("!והד גבא".to_owned(), 2.0)]);
}

#[test]
fn latin_words_numbers_and_brackets_stay_readable_in_hebrew() {
    let seen = draw("אב run 12 (גד).", 100.0);
    assert_eq!(seen[0].0, ".(דג) run 12 בא");
    // And the other way round: the base is the first letter's.
    assert_eq!(draw("run אב גד!", 100.0)[0], ("run דג בא!".to_owned(), 0.0));
}

#[test]
fn numbers_are_read_from_left_to_right_whatever_their_digits() {
    assert_eq!(draw("אב 12.5, ١٢٣ ۴۵", 100.0)[0].0, "۴۵ ١٢٣ ,12.5 בא");
    assert_eq!(draw("v ١٢٣", 100.0)[0].0, "v ١٢٣");
}

#[test]
fn rows_are_broken_in_the_order_of_reading_and_stand_at_the_right() {
    let seen = draw("אבג דהו זחט", 8.0);
    // The space at the break hangs out of the row.
    assert_eq!(seen, [(" והד גבא".to_owned(), 0.0), ("טחז".to_owned(), 5.0)]);
}

#[test]
fn each_line_begins_where_its_own_letters_say() {
    let seen = draw("אב\nab\n12", 10.0);
    let expected = [("בא", 8.0), ("ab", 0.0), ("12", 8.0)];
    assert_eq!(seen, expected.map(|(words, left)| (words.to_owned(), left)));
}

#[test]
fn a_word_wider_than_its_room_is_cut() {
    let seen = draw("אבגדהוזחטי", 4.0);
    let words: Vec<&str> = seen.iter().map(|(words, _)| words.as_str()).collect();
    assert_eq!(words, ["דגבא", "חזוה", "יט"]);
}

proptest! {
    #[test]
    fn nothing_is_lost_or_shown_twice(text in "[אבגמ a-c1-3(),.\n\u{5b8}ب\u{644}]{0,40}", room in 1u8..12) {
        let ends = [text.len()];
        let base = first_strong(&text).unwrap_or(Base::Left);
        let given = Given { text: &text, ends: &ends, base, is_code: false, room: f32::from(room), side: Side::Start };
        let rows = rows(&given, &mut |_, shown| (shown.chars().count() as f32, ()));
        let mut bytes: Vec<Range<usize>> =
            rows.iter().flat_map(|row| row.parts.iter().map(|part| part.bytes.clone())).collect();
        bytes.sort_by_key(|bytes| bytes.start);
        let shown: String = bytes.into_iter().map(|bytes| &text[bytes]).collect();
        prop_assert_eq!(shown, text.replace('\n', ""));
        prop_assert!(rows.len() > text.matches('\n').count());
        for row in &rows {
            for pair in row.parts.windows(2) {
                prop_assert!((pair[0].left + pair[0].width - pair[1].left).abs() < 0.01);
            }
        }
    }
}
