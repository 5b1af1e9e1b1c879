#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn parts<'a>(text: &'a str, cuts: &[usize]) -> Vec<&'a str> {
    let mut from = 0;
    let mut parts = Vec::new();
    for cut in cuts.iter().copied().chain([text.len()]) {
        parts.push(&text[from..cut]);
        from = cut;
    }
    parts
}

#[test]
fn what_is_short_is_one_part() {
    assert!(paragraph("a few words").is_empty());
    assert!(lines("a\nb\nc").is_empty());
    assert!(lines(&"x\n".repeat(LINES)).is_empty());
}

#[test]
fn code_is_cut_behind_every_fiftieth_line() {
    let text = "let a = 1;\n".repeat(120);
    let parts = parts(&text, &lines(&text));
    let counts: Vec<usize> = parts.iter().map(|part| part.lines().count()).collect();
    assert_eq!(counts, [50, 50, 20]);
}

#[test]
fn a_line_of_a_megabyte_is_cut_into_pieces_of_four_kibibytes() {
    let text = "x".repeat(1 << 20);
    for cuts in [paragraph(&text), lines(&text), lines(&format!("{text}\nend"))] {
        assert!(cuts.len() >= 255, "{}", cuts.len());
    }
}

#[test]
fn a_paragraph_is_cut_between_words() {
    let text = "word ".repeat(4000);
    for part in parts(&text, &paragraph(&text)) {
        assert!(part.ends_with(' ') && part.len() <= PARAGRAPH_BYTES);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn parts_are_small_and_lose_nothing(text in "([a-zß]{0,3000}[ \n]){0,12}") {
        for cuts in [paragraph(&text), lines(&text)] {
            prop_assert!(cuts.windows(2).all(|pair| pair[0] < pair[1]));
            let parts = parts(&text, &cuts);
            prop_assert_eq!(parts.concat(), text.clone());
            for part in parts {
                prop_assert!(part.len() <= PARAGRAPH_BYTES, "{}", part.len());
            }
        }
    }
}
