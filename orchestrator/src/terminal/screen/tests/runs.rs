//! What is put on the screen without the parser is what the parser would have put there.

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Line;
use proptest::prelude::*;

use super::*;

/// What programs print, and what would betray a parser that is passed over in the wrong place.
const PIECES: &[&[u8]] = &[
    b"some letters, and more of them than a line of the screen has",
    b"short",
    b"a",
    b" ",
    b"\r\n",
    b"\n",
    b"\r",
    b"\t",
    b"\x08",
    b"\x07",
    b"\x7f",
    b"\x1b[31m",
    b"\x1b[1;4:3;58;5;9m",
    b"\x1b[0m",
    b"\x1b[K",
    b"\x1b[2J",
    b"\x1b[3;5H",
    b"\x1b[5b",
    b"\x1b[4h",
    b"\x1b[4l",
    b"\x1b[?7l",
    b"\x1b[?7h",
    b"\x1b[?25l",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[2;4r",
    b"\x1b(0",
    b"\x1b(B",
    b"\x1b)0",
    b"\x0e",
    b"\x0f",
    b"\x1b]0;title\x07",
    b"\x1bP1$tx\x1b\\",
    b"\x1bc",
    b"\x1b[1;",
    "naïve".as_bytes(),
    "字e\u{301}".as_bytes(),
    b"\x1b7\x1b8\x1bM",
];

proptest! {
    #[test]
    fn what_is_put_there_at_once_is_what_the_parser_puts_there(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 1..60),
        cuts in prop::collection::vec(0_usize..600, 0..6),
    ) {
        let all = pieces.concat();
        let (mut screen, mut reference) = (Screen::new(16, 6), Screen::new(16, 6));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(all.len())).collect();
        cuts.sort_unstable();
        cuts.push(all.len());
        let mut from = 0;
        for cut in cuts {
            screen.feed(&all[from..cut]);
            from = cut;
        }
        reference.parse(&all);
        prop_assert_eq!(screen.term.mode(), reference.term.mode());
        let cursor = |screen: &Screen| {
            let cursor = &screen.term.grid().cursor;
            (cursor.point, cursor.input_needs_wrap, cursor.template.clone())
        };
        prop_assert_eq!(cursor(&screen), cursor(&reference));
        prop_assert_eq!(screen.scrollback(), reference.scrollback());
        for line in screen.term.topmost_line().0..=screen.term.bottommost_line().0 {
            prop_assert_eq!(&screen.term.grid()[Line(line)], &reference.term.grid()[Line(line)]);
        }
    }
}

#[test]
fn a_line_that_was_put_there_at_once_is_drawn_anew() {
    let mut screen = Screen::new(20, 3);
    screen.take_damage();
    screen.feed(b"\x1b[2;1H");
    screen.take_damage();
    screen.feed(b"letters");
    match screen.take_damage() {
        Damage::Rows(rows) => assert!(rows.contains(&1), "{rows:?}"),
        other => assert_eq!(other, Damage::All),
    }
    assert_eq!(screen.row_text(1), "letters");
}

#[test]
fn the_last_letter_of_many_is_the_one_that_is_repeated() {
    assert_eq!(text(&screen(20, 2, "abc\x1b[3b")), ["abcccc"]);
}

#[test]
fn letters_of_another_set_are_drawn_as_that_set_has_them() {
    assert_eq!(text(&screen(20, 2, "\x1b(0lqk\x1b(B lqk \x1b)0\x0eqq\x0fq")), ["┌─┐ lqk ──q"]);
}

#[test]
fn what_is_held_back_is_not_put_there_before_its_time() {
    let printed = b"\x1b[?2026hab\r\ncd\x1b[?2026l\r\nef\r\ngh";
    for cut in 0..printed.len() {
        let mut screen = Screen::new(20, 4);
        screen.feed(&printed[..cut]);
        if cut < 22 {
            assert_eq!(text(&screen), [""; 0], "cut at {cut}");
        }
        screen.feed(&printed[cut..]);
        assert_eq!(text(&screen), ["ab", "cd", "ef", "gh"], "cut at {cut}");
    }
}
