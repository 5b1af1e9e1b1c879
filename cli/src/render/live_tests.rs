#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::watch::fake::{hostile, is_harmless};

fn plain(lines: &[String]) -> String {
    anstream::adapter::strip_str(&lines.join("\n")).to_string()
}

fn at_once(text: &str, width: usize) -> String {
    plain(&Live::new(width).finish(text))
}

/// Fed with the text up to each of `cuts`, then with its end.
fn in_pieces(text: &str, width: usize, cuts: &[usize]) -> String {
    let mut live = Live::new(width);
    let mut lines = Vec::new();
    for cut in cuts {
        let cut = (0..=*cut).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        lines.extend(live.grow(&text[..cut]));
    }
    lines.extend(live.finish(text));
    plain(&lines)
}

const ANSWER: &str = "\
# A heading

A first paragraph that is long enough to need several lines on a narrow terminal, with *emphasis* in its
middle and `code` near the end.

A table comes next
| a | b |
|---|---|
| 1 | 2 |

1. an item
   that goes on
   - with one below

     and a paragraph of its own
2. another one

Not a list
#hashtag

```sh
make test

make bench
```
> quoted
lazily

[ref]: https://example.com
The end with [ref] and <b>html</b>, snake_case_words and 日本語の文章もあります。
";

#[test]
fn a_long_paragraph_appears_line_by_line() {
    let mut live = Live::new(20);
    assert!(live.grow("one two three four").is_empty());
    assert_eq!(live.grow("one two three four five six seven"), ["one two three four"]);
    assert!(live.grow("one two three four five six seven").is_empty());
    let text = "one two three four five six seven **eight nine ten** eleven twelve";
    // A word later the emphasis may close, or not.
    assert_eq!(plain(&live.grow(&text[..text.len() - 10])), "five six seven eight");
    assert_eq!(plain(&live.finish(text)), "nine ten eleven\ntwelve");
}

#[test]
fn lines_of_code_and_items_appear_one_by_one() {
    let mut live = Live::new(80);
    assert!(live.grow("```\nfirst\n").is_empty());
    assert_eq!(live.grow("```\nfirst\nsecond\n"), ["    first"]);
    assert_eq!(live.grow("```\nfirst\nsecond\n```\n- a\n"), ["    second"]);
    assert_eq!(live.grow("```\nfirst\nsecond\n```\n- a\n- b\n"), ["", "• a"]);
    assert_eq!(live.finish("```\nfirst\nsecond\n```\n- a\n- b"), ["• b"]);
}

#[test]
fn what_follows_may_still_belong_to_the_paragraph() {
    let mut live = Live::new(80);
    assert!(live.grow("para\n#").is_empty());
    assert!(live.grow("para\n#hash").is_empty());
    assert_eq!(live.grow("para\n#hash\n\nnext\n"), ["para", "#hash"]);
    assert_eq!(live.finish("para\n#hash\n\nnext"), ["", "next"]);
}

#[test]
fn another_text_than_was_announced_is_printed_whole() {
    let mut live = Live::new(80);
    assert_eq!(live.grow("one\n\ntwo\n\n"), ["one"]);
    assert!(live.grow("other\n\nwords\n\n").is_empty());
    assert_eq!(live.finish("other\n\nwords"), ["", "other", "", "words"]);
}

#[test]
fn a_paragraph_that_turns_out_to_be_a_heading_goes_on_where_it_was() {
    let mut live = Live::new(12);
    assert_eq!(live.grow("one two three four"), ["one two"]);
    assert_eq!(plain(&live.finish("one two three four\n===\n")), "three four");
}

#[test]
fn what_looks_like_a_table_at_first_or_at_last_is_printed_once() {
    let text = "one two\nthree four five | six\n|---|---|\n| x | y |\n";
    let every: Vec<usize> = (0..=text.len()).collect();
    let shown = in_pieces(text, 8, &every);
    for word in ["one", "two", "three", "four", "five", "six", "x", "y"] {
        let times = shown.split([' ', '\n']).filter(|shown| *shown == word).count();
        assert_eq!(times, 1, "{word}: {shown}");
    }
}

#[test]
fn emphasis_counts_only_when_nothing_can_take_it_back() {
    // What follows decides whether the last mark closes the first one.
    let mut live = Live::new(8);
    assert!(live.grow("_a b     \nccccccc <!-- ![_").is_empty());
    assert_eq!(
        live.finish("_a b     \nccccccc <!-- ![_dd ee"),
        ["_a b", "ccccccc", "<!--", "![_dd ee"]
    );
    for (so_far, whole, shown) in [
        ("*aaa bbb ccc `d* e", "*aaa bbb ccc `d* e` f", "*aaa bbb ccc `d* e` f"),
        ("*aaa bbb ccc [d* e", "*aaa bbb ccc [d* e](f) g", "*aaa bbb ccc d* e (f) g"),
        ("*aaa bbb ccc <d i='* e", "*aaa bbb ccc <d i='* e'> f", "*aaa bbb ccc <d i='* e'> f"),
    ] {
        let mut live = Live::new(8);
        let mut lines = live.grow(so_far);
        lines.extend(live.finish(whole));
        assert_eq!(plain(&lines).replace('\n', " "), shown);
    }
}

#[test]
fn space_at_the_end_may_be_left_away() {
    let mut live = Live::new(80);
    assert_eq!(live.grow("one\n\ntwo\n\n\n"), ["one"]);
    assert_eq!(live.finish("one\n\ntwo"), ["", "two"]);
    let mut live = Live::new(80);
    assert_eq!(live.grow("one\n\n- \n"), ["one"]);
    assert_eq!(live.finish("one"), Vec::<String>::new());
}

#[test]
fn any_way_to_the_whole_prints_the_same() {
    for width in [12, 20, 40, 80, usize::MAX] {
        let whole = at_once(ANSWER, width);
        let every: Vec<usize> = (0..=ANSWER.len()).collect();
        assert_eq!(in_pieces(ANSWER, width, &every), whole, "width {width}");
    }
}

/// Words, marks and line ends as agents write them, in any order.
fn markdown() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        4 => "[a-z]{1,7} ".prop_map(String::from),
        1 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        2 => prop::sample::select(vec![
            "- ", "  - ", "1. ", "# ", "> ", "```\n", "    ", "| a | b |\n", "|---|---|\n", "===\n",
            "---\n", "*", "**", "`", "[x](y) ", "[x]", "[x]: y\n", "<b>", "_", "~~", "\\", "&amp; ",
            "日本語 ", "👩‍💻 ", "\t", "<!-- ", "-->\n", "\x1b[2J", "\r\n", "<div>\n", "![",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

/// Few words amid many marks that open and close.
fn marks() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        4 => "[a-z]{1,3} ".prop_map(String::from),
        2 => "[a-z]{1,3}".prop_map(String::from),
        5 => prop::sample::select(vec![
            "*", "_", "**", "`", "``", "[", "](u)", "](", ")", "]", "![", "<", "<b c='", "'>", ">", "~~", "~", "\\",
            "<!-- ", "-->", "&", "&amp;", " ", "  \n", "\n", "\n| ", "|",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(token, 0..25).prop_map(|tokens| tokens.concat())
}

/// The words of a text, without the marks around and in them.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| word.chars().filter(char::is_ascii_lowercase).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_word_is_printed_twice_or_lost(
        text in markdown(),
        cuts in prop::collection::vec(0.0..1.0f64, 0..30),
        width in 8..60usize,
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| (cut * text.len() as f64) as usize).collect();
        cuts.sort_unstable();
        prop_assert_eq!(words(&in_pieces(&text, width, &cuts)), words(&at_once(&text, width)));
    }

    #[test]
    fn no_mark_takes_back_what_was_printed(text in marks(), width in 8..16usize, step in 1..5usize) {
        let cuts: Vec<usize> = (0..=text.len()).step_by(step).collect();
        prop_assert_eq!(words(&in_pieces(&text, width, &cuts)), words(&at_once(&text, width)));
    }

    #[test]
    fn nothing_an_agent_writes_steers_the_terminal(text in hostile(), width in 8..60usize) {
        prop_assert!(is_harmless(&Live::new(width).finish(&text).join("\n")));
    }
}
