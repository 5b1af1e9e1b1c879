use proptest::prelude::*;

use super::*;

fn all(text: &str) -> Vec<String> {
    words(text).collect()
}

fn finds(query: &str, text: &str) -> bool {
    Query::parse(query).matches(&all(text))
}

#[test]
fn words_are_compared_without_case_accents_and_width() {
    assert_eq!(all("Fixed the Rétry-Loop, v2.0!"), ["fixed", "the", "retry", "loop", "v2", "0"]);
    assert_eq!(all("ΣΊΣΥΦΟΣ Ёлка"), ["σισυφοσ", "елка"]);
    assert_eq!(all("e\u{301}te\u{301} ﬁle ＡＢＣ İstanbul"), ["ete", "file", "abc", "istanbul"]);
    assert_eq!(all("हिन्दी में"), ["हिन्दी", "में"]);
    assert_eq!(all(" ,;— "), Vec::<String>::new());
}

#[test]
fn scripts_without_spaces_have_a_word_for_each_character() {
    assert_eq!(all("日本語のfix"), ["日", "本", "語", "の", "fix"]);
    assert_eq!(all("한글"), ["한", "글"]);
    assert_eq!(all("が"), ["が"], "a voiced sound is another one, not an accent");
    assert_eq!(all("か\u{3099}"), ["が"]);
    assert_eq!(all("ที่นี่"), ["ที่", "นี่"], "marks stay with their letter");
}

#[test]
fn every_term_must_be_there_at_a_words_beginning() {
    let text = "Fixed the retry loop in the up-loader. 修正しました";
    for query in [
        "",
        "retry",
        "RETR",
        "loop fix",
        "up-load",
        "\"retry loop\"",
        "\"the retry\"",
        "修正",
        "正し",
        "正し loop",
    ] {
        assert!(finds(query, text), "{query}");
    }
    for query in ["etry", "retry missing", "\"loop retry\"", "up-fix", "正修", "\"retr loop\""] {
        assert!(!finds(query, text), "{query}");
    }
    assert!(Query::parse(" \" ' * ").is_empty());
    assert_eq!(Query::parse("日本 a-b").phrases(), [vec!["日", "本"], vec!["a", "b"]]);
}

proptest! {
    #[test]
    fn no_word_is_empty_or_holds_a_space(text in "\\PC{0,60}") {
        for word in words(&text) {
            prop_assert!(!word.is_empty() && !word.contains(char::is_whitespace));
        }
    }

    #[test]
    fn words_joined_by_spaces_are_the_same_words(text in "\\PC{0,60}") {
        let once = all(&text);
        prop_assert_eq!(all(&once.join(" ")), once);
    }

    #[test]
    fn every_part_of_a_text_that_begins_a_word_is_found(text in "[a-zé日本ひ한 .-]{1,30}") {
        let found: Vec<String> = all(&text);
        for length in 1..=found.len() {
            let asked = format!("\"{}\"", found[..length].join(" "));
            prop_assert!(Query::parse(&asked).matches(&found));
        }
        prop_assert!(finds(&text, &text));
    }
}
