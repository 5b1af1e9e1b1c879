#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use super::strings::LONGEST;
use super::*;

mod anew;
mod chunks;
mod runs;

fn screen(columns: u16, rows: u16, printed: &str) -> Screen {
    let mut screen = Screen::new(columns, rows);
    screen.feed(printed.as_bytes());
    screen
}

fn text(screen: &Screen) -> Vec<String> {
    let rows: Vec<String> = (0..screen.rows()).map(|row| screen.row_text(row)).collect();
    let filled = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
    rows.into_iter().take(filled).collect()
}

fn at(line: i32, column: usize) -> Place {
    Place { line, column }
}

fn cell(screen: &Screen, row: usize, column: usize) -> Cell<'_> {
    screen.cells(row).find(|cell| cell.column == column).unwrap()
}

#[test]
fn colours_and_looks_come_as_they_were_printed() {
    let screen = screen(
        20,
        2,
        "\x1b[1;31mr\x1b[0;38;2;1;2;3mt\x1b[0;48;5;232mb\x1b[0;7mi\x1b[0;2md\x1b[0;8mh\x1b[0;4:3;58;5;196mu\x1b[0;3;9ms",
    );
    let palette = Palette::default();
    let red = cell(&screen, 0, 0);
    assert_eq!((red.fore, red.back, red.look.bold), (palette.ansi[1], None, true));
    assert_eq!(cell(&screen, 0, 1).fore, [1, 2, 3]);
    assert_eq!(cell(&screen, 0, 2).back, Some([8, 8, 8]));
    let inverse = cell(&screen, 0, 3);
    assert_eq!((inverse.fore, inverse.back), (palette.background, Some(palette.foreground)));
    assert!(cell(&screen, 0, 4).fore < palette.foreground);
    assert_eq!(cell(&screen, 0, 5).c, ' ', "hidden");
    let wave = cell(&screen, 0, 6).look;
    assert_eq!((wave.underline, wave.underline_colour), (Underline::Curl, Some([255, 0, 0])));
    let last = cell(&screen, 0, 7).look;
    assert!(last.italic && last.strike);
}

#[test]
fn wide_characters_take_two_cells_and_marks_none() {
    let screen = screen(6, 2, "a字e\u{301}b");
    let cells: Vec<_> = screen.cells(0).map(|cell| (cell.column, cell.c, cell.width)).collect();
    assert_eq!(cells[..4], [(0, 'a', 1), (1, '字', 2), (3, 'e', 1), (4, 'b', 1)]);
    assert_eq!(cell(&screen, 0, 3).marks, ['\u{301}']);
}

#[test]
fn questions_are_answered_once_and_never_in_a_replay() {
    let questions = b"\x1b[c\x1b[6n\x1b]11;?\x07\x1b[18t\x1b]4;1;?\x1b\\";
    let mut screen = Screen::new(80, 24);
    screen.feed_as(questions, Printed::EARLIER);
    assert_eq!(screen.take_answers(), b"");
    screen.feed(questions);
    let answers = String::from_utf8(screen.take_answers()).unwrap();
    assert_eq!(
        answers,
        "\x1b[?6c\x1b[1;1R\x1b]11;rgb:0000/0000/0000\x07\x1b[8;24;80t\x1b]4;1;rgb:cdcd/0000/0000\x1b\\"
    );
    assert_eq!(screen.take_answers(), b"");
}

#[test]
fn a_program_that_only_asks_is_answered_within_bounds() {
    let mut screen = Screen::new(80, 24);
    screen.feed(&b"\x1b[6n".repeat(100_000));
    assert!(screen.take_answers().len() <= 64 << 10);
}

#[test]
fn a_text_for_the_clipboard_is_a_wish_and_reading_it_is_none() {
    let mut screen = screen(80, 24, "\x1b]52;c;aGVsbG8=\x07\x1b]52;c;?\x07\x07");
    let news = screen.take_news();
    assert_eq!((news.copies, news.bell), (vec!["hello".to_owned()], true));
    assert_eq!(screen.take_answers(), b"", "nobody reads the clipboard");
    screen.feed_as(b"\x1b]52;c;aGVsbG8=\x07\x07", Printed::EARLIER);
    assert_eq!(screen.take_news(), News::default());
    screen.feed(format!("\x1b]52;c;{}\x07", "QUFB".repeat(LONGEST)).as_bytes());
    assert_eq!(screen.take_news().copies, [""; 0], "half a text is no text");
    assert_eq!(text(&screen), [""; 0]);
}

#[test]
fn titles_are_short_clean_lines() {
    let mut screen = screen(80, 24, "\x1b]2;a\u{202e}b\x07");
    assert_eq!(screen.title().as_deref(), Some("ab"));
    assert!(screen.take_news().title);
    screen.feed(b"\x1b]2;a\x1b\\");
    screen.feed(format!("\x1b]0;{}\x07", "x".repeat(100_000)).as_bytes());
    assert_eq!(screen.title().unwrap().len(), 256);
    screen.feed(b"\x1bc");
    assert_eq!(screen.title(), None);
}

#[test]
fn a_shell_says_where_it_is() {
    let mut screen = screen(80, 24, "\x1b]7;file://box/srv/a%20b\x07$ ");
    let place = screen.directory().unwrap();
    assert_eq!((place.host.as_str(), place.path.as_slice()), ("box", &b"/srv/a b"[..]));
    assert!(screen.take_news().directory);
    assert_eq!(text(&screen), ["$"]);
}

#[test]
fn scrollback_is_kept_and_forgotten_when_asked() {
    let mut screen = Screen::new(20, 4);
    for line in 0..SCROLLBACK + 100 {
        screen.feed(format!("{line}\r\n").as_bytes());
    }
    assert_eq!(screen.scrollback(), SCROLLBACK);
    screen.scroll(i32::MAX);
    assert_eq!(screen.offset(), SCROLLBACK);
    assert_eq!(screen.row_text(0), "97");
    screen.scroll_to(0);
    assert_eq!(screen.row_text(2), (SCROLLBACK + 99).to_string());
    screen.clear_scrollback();
    assert_eq!(screen.scrollback(), 0);
    drop(screen.begin_anew());
    assert_eq!((text(&screen), screen.columns()), (Vec::new(), 20));
}

#[test]
fn a_view_that_was_scrolled_up_stays_where_it_is() {
    let mut screen = Screen::new(20, 2);
    screen.feed(b"1\r\n2\r\n3\r\n4\r\n5");
    screen.scroll(2);
    assert_eq!(text(&screen), ["2", "3"]);
    screen.feed(b"\r\n6\r\n7");
    assert_eq!(text(&screen), ["2", "3"]);
}

#[test]
fn two_hundred_columns_become_twenty_and_come_back() {
    let long: String = ('a'..='z').cycle().take(150).collect();
    let mut screen = screen(200, 24, &format!("{long}\r\n字字字\r\nshort"));
    screen.resize(20, 24);
    assert_eq!((screen.scrollback(), text(&screen).len()), (7, 3), "eight rows, then two");
    screen.select_all();
    assert_eq!(screen.selected_text().unwrap().trim_end(), format!("{long}\n字字字\nshort"));
    screen.resize(200, 24);
    assert_eq!(text(&screen), [long.as_str(), "字字字", "short"]);
    screen.resize(1, 0);
    assert_eq!((screen.columns(), screen.rows()), (2, 1));
    screen.feed("字a\r\n".as_bytes());
    screen.resize(u16::MAX, u16::MAX);
    assert_eq!((screen.columns(), screen.rows()), (1000, 1000));
}

#[test]
fn selections_are_cells_words_lines_and_blocks() {
    let mut screen = screen(12, 4, "one two(three)\r\nfour five");
    let mut take = |kind, from: Place, to: Place| {
        screen.select(kind, from, Side::Left);
        screen.select_to(to, Side::Right);
        screen.selected_text().unwrap()
    };
    assert_eq!(take(SelectionKind::Simple, at(0, 4), at(1, 1)), "two(three)", "wrapped: one line");
    assert_eq!(take(SelectionKind::Simple, at(1, 0), at(2, 3)), "e)\nfour");
    assert_eq!(take(SelectionKind::Word, at(0, 5), at(0, 5)), "two");
    assert_eq!(take(SelectionKind::Line, at(1, 0), at(1, 0)), "one two(three)\n");
    assert_eq!(take(SelectionKind::Block, at(0, 4), at(2, 5)), "tw\n\n f");
    screen.select_all();
    assert_eq!(screen.selected_text().unwrap().trim_end(), "one two(three)\nfour five");
    screen.clear_selection();
    assert_eq!(screen.selected_text(), None);
}

#[test]
fn half_a_wide_character_is_selected_whole_and_tabs_stay_tabs() {
    let mut screen = screen(20, 2, "字x\ty");
    screen.select(SelectionKind::Simple, at(0, 1), Side::Left);
    screen.select_to(at(0, 19), Side::Right);
    assert_eq!(screen.selected_text().unwrap(), "字x\ty");
}

#[test]
fn links_are_those_that_programs_make_and_those_that_stand_there() {
    let made = "\x1b]8;id=1;https://made.example/\x1b\\here\x1b]8;;\x1b\\ ";
    let screen = screen(24, 4, &format!("{made}https://plain.example/a/b. end"));
    let link = screen.link_at(at(0, 2)).unwrap();
    assert_eq!((link.address.as_str(), link.is_plain), ("https://made.example/", false));
    assert_eq!((link.span.start, link.span.end), (at(0, 0), at(0, 3)));
    for place in [at(0, 5), at(1, 3)] {
        let link = screen.link_at(place).unwrap();
        assert_eq!((link.address.as_str(), link.is_plain), ("https://plain.example/a/b", true));
        assert_eq!((link.span.start, link.span.end), (at(0, 5), at(1, 5)));
    }
    assert_eq!(screen.link_at(at(0, 4)), None);
    assert_eq!(screen.link_at(at(1, 6)), None, "the sentence's own full stop");
}

#[test]
fn too_many_and_too_long_links_are_plain_text() {
    let mut screen = Screen::new(80, 24);
    screen.feed(format!("\x1b]8;;https://{}\x07x\x1b]8;;\x07", "a".repeat(3000)).as_bytes());
    assert!(!cell(&screen, 0, 0).look.link);
    let address = "b".repeat(2000);
    for number in 0..20_000 {
        screen.feed(format!("\x1b]8;;https://{number}/{address}\x07x").as_bytes());
    }
    screen.feed(b"\x1b]8;;\x07");
    screen.scroll(i32::MAX);
    assert!(!cell(&screen, 0, 5).look.link, "older ones gave way");
    screen.scroll_to(0);
    let cursor = screen.cursor().unwrap();
    assert!(cell(&screen, cursor.row, cursor.column - 1).look.link);
}

fn search(screen: &mut Screen, direction: Direction) -> Option<(i32, usize)> {
    screen.search_next(direction);
    loop {
        match screen.search_step(100) {
            Found::At(span) => return Some((span.start.line, span.start.column)),
            Found::Going => {}
            Found::Nothing => return None,
        }
    }
}

#[test]
fn a_search_goes_both_ways_through_everything_and_round() {
    let mut screen = Screen::new(20, 4);
    for line in 0..1000 {
        let word = if line % 400 == 10 { "needle" } else { "hay" };
        screen.feed(format!("{line} {word}\r\n").as_bytes());
    }
    // The last line is empty, so number n is in line n - 997.
    screen.search_for("NEEDLE", false).unwrap();
    assert_eq!(search(&mut screen, Direction::Up), None, "a capital counts");
    screen.search_for("needle", false).unwrap();
    assert_eq!(search(&mut screen, Direction::Up), Some((810 - 997, 4)));
    assert_eq!(screen.selected_text().as_deref(), Some("needle"));
    assert!(screen.row_of(810 - 997).is_some(), "it is in view");
    assert_eq!(search(&mut screen, Direction::Up), Some((410 - 997, 4)));
    assert_eq!(search(&mut screen, Direction::Down), Some((810 - 997, 4)));
    assert_eq!(search(&mut screen, Direction::Down), Some((10 - 997, 3)), "and round");
    assert_eq!(screen.matches_in_view(100).len(), 1);
    screen.search_for(r"^\d+5 h", true).unwrap();
    screen.scroll_to(0);
    screen.clear_selection();
    assert!(screen.search_for("(", true).is_err());
    screen.search_for("(", false).unwrap();
    assert_eq!(search(&mut screen, Direction::Down), None);
}

#[test]
fn a_search_finds_what_is_wrapped() {
    let mut screen = screen(10, 4, "0123456find me789");
    screen.search_for("FIND|find me", true).unwrap_or_default();
    screen.search_for("find me", false).unwrap();
    assert_eq!(search(&mut screen, Direction::Down), Some((0, 7)));
    assert_eq!(screen.matches_in_view(10)[0].end, at(1, 3));
}

#[test]
fn looking_through_a_full_scrollback_is_done_in_short_steps() {
    let mut screen = Screen::new(200, 50);
    for _ in 0..SCROLLBACK {
        screen.feed(b"nothing to be seen here, go on, there is nothing here at all\r\n");
    }
    screen.search_for("needle", false).unwrap();
    screen.search_next(Direction::Up);
    let (mut longest, mut steps) = (Duration::ZERO, 0);
    loop {
        let begun = Instant::now();
        let found = screen.search_step(200);
        longest = longest.max(begun.elapsed());
        steps += 1;
        match found {
            Found::Going => {}
            Found::Nothing => break,
            Found::At(span) => unreachable!("{span:?}"),
        }
    }
    assert!(steps >= 250, "{steps}");
    assert!(longest < Duration::from_millis(500), "{longest:?}");
}

#[test]
fn what_is_held_back_for_a_whole_redraw_shows_when_it_ends_or_takes_too_long() {
    let mut screen = screen(20, 2, "\x1b[?2026hnew");
    assert_eq!(text(&screen), [""; 0]);
    let until = screen.held_until().unwrap();
    screen.show_overdue(until - Duration::from_millis(1));
    assert_eq!(text(&screen), [""; 0]);
    screen.show_overdue(until);
    assert_eq!(text(&screen), ["new"]);
    screen.feed(b"\x1b[?2026h\r\x1b[2Kwhole\x1b[?2026l");
    assert_eq!((text(&screen), screen.held_until()), (vec!["whole".to_owned()], None));
}

#[test]
fn a_flood_never_holds_up_the_one_who_draws() {
    let mut screen = Screen::new(200, 60);
    for flood in
        ["y\r\n", "\x1b[65535b", "x\x1b[65535b", "\x1b[2J", "\x1b[3g\x1b[65535Z", "\x1b[999S"]
    {
        let bytes = flood.repeat(200_000).into_bytes();
        let begun = Instant::now();
        let fed = screen.feed_until(&bytes, begun + Duration::from_millis(4), Printed::NOW);
        let took = begun.elapsed();
        assert!(fed > 0, "{flood:?}");
        assert!(took < Duration::from_secs(2), "{flood:?} took {took:?}");
    }
}

#[test]
fn marks_without_an_end_stay_few() {
    let mut screen = Screen::new(20, 2);
    screen.feed("e".as_bytes());
    screen.feed("\u{301}".repeat(100_000).as_bytes());
    assert_eq!(cell(&screen, 0, 0).marks.len(), 8);
    screen.feed("字".as_bytes());
    screen.feed("\u{301}".repeat(1000).as_bytes());
    assert_eq!(cell(&screen, 0, 1).marks.len(), 8);
}

#[test]
fn only_what_changed_is_to_be_drawn_again() {
    let mut screen = screen(20, 5, "a\r\nb\r\nc");
    assert_eq!(screen.take_damage(), Damage::All);
    assert_eq!(screen.take_damage(), Damage::None);
    screen.feed(b"d");
    assert_eq!(screen.take_damage(), Damage::Rows(vec![2]));
    screen.feed("\x1b[1;1He\u{301}\x1b[3;1H".as_bytes());
    assert_eq!(screen.take_damage(), Damage::Rows(vec![0, 2]));
    screen.set_palette(Palette { foreground: [1, 2, 3], ..Palette::default() });
    assert_eq!(screen.take_damage(), Damage::All);
}

#[test]
fn modes_are_what_the_program_switched_on() {
    let screen =
        screen(20, 5, "\x1b[?1049h\x1b[?1h\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[?1004h\x1b[?25l");
    let modes = screen.modes();
    assert!(modes.alternate_screen() && modes.application_cursor() && modes.bracketed_paste());
    assert!(modes.mouse() && modes.mouse_drag() && !modes.mouse_motion() && modes.sgr_mouse());
    assert!(modes.focus_reports() && !modes.cursor_shown());
    assert_eq!(screen.cursor(), None);
}

#[test]
fn the_cursor_is_where_and_what_the_program_says() {
    let screen = screen(20, 5, "字\x1b[1;2H\x1b[5 q\x1b]12;#010203\x07");
    let cursor = screen.cursor().unwrap();
    assert_eq!((cursor.column, cursor.width), (0, 2), "on the whole wide character");
    assert_eq!((cursor.shape, cursor.blinks, cursor.colour), (CursorShape::Beam, true, [1, 2, 3]));
}
