#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_word_is_what_stands_between_its_ends() {
    for (byte, word_there) in [(0, "let"), (2, "let"), (3, "let"), (4, "fünf"), (9, "fünf")] {
        assert_eq!(&"let fünf = 5"[word("let fünf = 5", byte)], word_there, "{byte}");
    }
    assert_eq!(word("", 0), 0..0);
    assert_eq!(&"שלום עולם"[word("שלום עולם", 4)], "שלום");
}

#[test]
fn a_paragraph_ends_at_its_line_feeds() {
    assert_eq!(&"one\ntwo\nthree"[paragraph("one\ntwo\nthree", 5)], "two");
    assert_eq!(&"one\ntwo"[paragraph("one\ntwo", 3)], "one");
    assert_eq!(paragraph("", 0), 0..0);
}
