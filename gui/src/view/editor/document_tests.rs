#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// The byte of a place in the whole text.
fn offset(document: &Document, pos: Pos) -> usize {
    (0..pos.line).map(|line| document.raw(line).len()).sum::<usize>() + pos.byte
}

fn check(document: &Document) {
    let last = document.len() - 1;
    for line in 0..document.len() {
        assert_eq!(document.raw(line).ends_with('\n'), line < last, "{document:?}");
        assert!(document.raw(line).bytes().filter(|byte| *byte == b'\n').count() <= 1);
    }
    assert_eq!(document.bytes(), document.text().len());
}

fn place(document: &Document, seed: (usize, usize)) -> Pos {
    let line = seed.0 % document.len();
    let byte = seed.1 % (document.line(line).len() + 1);
    document.clamp(Pos::new(line, byte))
}

type Wish = ((usize, usize), (usize, usize), String, bool);

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!["a", "ä", "日", "\n", "\r\n", "\r", "\t", "b "]),
        0..12,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn an_edited_text_is_what_a_string_would_be_and_all_of_it_can_be_taken_back(
        begin in text(),
        wishes in prop::collection::vec((any::<(usize, usize)>(), any::<(usize, usize)>(), text(), any::<bool>()), 0..20),
    ) {
        let wishes: Vec<Wish> = wishes;
        let mut document = Document::new(&begin);
        let mut model = begin.clone();
        prop_assert_eq!(document.text(), begin.clone());
        for (from, to, put, typing) in &wishes {
            let (a, b) = (place(&document, *from), place(&document, *to));
            let range = a.min(b)..a.max(b);
            let bytes = offset(&document, range.start)..offset(&document, range.end);
            model.replace_range(bytes, put);
            let kind = if *typing { Kind::Typing } else { Kind::Whole };
            document.replace(range, put, Selection { anchor: a, head: b }, kind);
            check(&document);
            prop_assert_eq!(document.text(), model.clone());
        }
        while document.undo().is_some() {
            check(&document);
        }
        prop_assert_eq!(document.text(), begin);
        prop_assert!(!document.is_modified());
        while document.redo().is_some() {}
        prop_assert_eq!(document.text(), model);
    }

    #[test]
    fn becoming_another_text_is_one_step_and_the_cursor_stays_in_it(
        from in text(),
        to in text(),
        at in any::<(usize, usize)>(),
    ) {
        let mut document = Document::new(&from);
        let cursor = Selection::at(place(&document, at));
        let then = document.become_text(&to, cursor);
        check(&document);
        prop_assert_eq!(document.text(), to.clone());
        prop_assert_eq!(document.clamp(then.head), then.head);
        prop_assert_eq!(document.is_modified(), from != to);
        document.undo();
        prop_assert_eq!(document.text(), from);
    }
}

#[test]
fn endings_and_a_missing_last_one_are_kept_byte_for_byte() {
    for text in ["", "a", "a\n", "a\r\nb", "a\nb\r\n\r\n", "\r", "a\r\r\nb"] {
        let mut document = Document::new(text);
        assert_eq!(document.text(), text);
        let end = document.end();
        document.replace(end..end, "x", Selection::at(end), Kind::Typing);
        assert_eq!(document.text(), format!("{text}x"));
    }
    assert_eq!(Document::new("a\r\nb\n").ending(), "\r\n");
    assert_eq!(Document::new("a\r\nb").line(0), "a");
    assert_eq!(Document::new("a\nb").ending(), "\n");
}

#[test]
fn letters_that_are_typed_one_behind_the_other_are_taken_back_together() {
    let mut document = Document::new("");
    let mut at = Pos::default();
    for letter in ["a", "b", "c"] {
        at = document.replace(at..at, letter, Selection::at(at), Kind::Typing);
    }
    at = document.replace(at..at, "\n", Selection::at(at), Kind::Typing);
    document.replace(at..at, "d", Selection::at(at), Kind::Typing);
    assert_eq!(document.text(), "abc\nd");
    document.undo();
    document.undo();
    assert_eq!(document.text(), "");
}

#[test]
fn a_save_is_a_place_that_one_comes_back_to() {
    let mut document = Document::new("a");
    let end = document.end();
    let at = document.replace(end..end, "b", Selection::at(end), Kind::Typing);
    document.mark_saved();
    document.replace(at..at, "c", Selection::at(at), Kind::Typing);
    assert!(document.is_modified());
    document.undo();
    assert_eq!(document.text(), "ab");
    assert!(!document.is_modified());
    document.undo();
    assert!(document.is_modified());
    // Another way was taken: what was saved isn't reached any more.
    document.replace(end..end, "x", Selection::at(end), Kind::Typing);
    assert!(document.is_modified());
}

#[test]
fn what_is_typed_while_it_is_being_saved_is_not_saved() {
    let mut document = Document::new("a");
    let end = document.end();
    let at = document.replace(end..end, "b", Selection::at(end), Kind::Typing);
    document.begin_save();
    document.replace(at..at, "c", Selection::at(at), Kind::Typing);
    document.end_save(true);
    assert!(document.is_modified());
    document.undo();
    assert_eq!(document.text(), "ab");
    assert!(!document.is_modified());
    document.begin_save();
    document.undo();
    document.replace(end..end, "x", Selection::at(end), Kind::Typing);
    document.end_save(true);
    assert!(document.is_modified());
}
