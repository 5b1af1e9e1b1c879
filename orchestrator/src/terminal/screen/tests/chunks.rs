//! Whatever comes, cut anywhere.

use proptest::prelude::*;

use super::super::{Damage, Screen};
use super::text;

/// What programs send when they are broken or mean harm, beside what they send when they don't.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![Just(0u32), 1..5u32, 10..100u32, Just(65_535), Just(4_000_000)];
    let finals = prop::sample::select(b"ABCDEFGHIJKLMPSTXZ@`abcdefghlmnpqrstu".to_vec());
    let lead = prop::sample::select(vec!["", "?", ">", "=", "!", " "]);
    let csi =
        (lead, prop::collection::vec(number, 0..4), finals).prop_map(|(lead, numbers, end)| {
            let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
            let (before, after) = if lead == " " { ("", " ") } else { (lead, "") };
            format!("\x1b[{before}{}{after}{}", numbers.join(";"), char::from(end)).into_bytes()
        });
    let modes = prop::sample::select(vec![
        1, 3, 5, 6, 7, 12, 25, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1042, 1049, 2004, 2026,
    ]);
    let mode = (modes, prop::bool::ANY)
        .prop_map(|(mode, on)| format!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }).into_bytes());
    let escape = prop::sample::select(
        [
            "\x1b7", "\x1b8", "\x1bc", "\x1bM", "\x1bD", "\x1bE", "\x1bH", "\x1b#8", "\x1b(0",
            "\x1b(B", "\x0e", "\x0f", "\x1b=", "\x1b[4h", "\x1b[4l", "\x1b[20h",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec(),
    );
    let osc = prop::sample::select(
        [
            "\x1b]0;title\x07",
            "\x1b]8;;http://x/\x1b\\",
            "\x1b]8;;\x07",
            "\x1b]7;file://h/p\x07",
            "\x1b]4;1;#ffffff\x07",
            "\x1b]52;c;QQ==\x07",
            "\x1bPq#0\x1b\\",
            "\x1b_apc\x1b\\",
            "\x1b]endless",
            "\x1bP$qm",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec(),
    );
    let words = "[a-z\r\n\t\u{8} ]{0,30}|[字漢e\u{301}\u{200d}👩👍\u{fe0f}ก\u{e31}]{0,12}"
        .prop_map(String::into_bytes);
    prop_oneof![
        4 => csi,
        2 => mode,
        2 => escape,
        1 => osc,
        4 => words,
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

fn state(screen: &mut Screen) -> String {
    screen.show_held();
    let cells: Vec<_> = (0..screen.rows())
        .map(|row| screen.cells(row).map(|cell| format!("{cell:?}")).collect::<String>())
        .collect();
    let about = (screen.cursor(), screen.modes(), screen.title(), screen.scrollback());
    format!("{:?}\n{about:?}\n{}", text(screen), cells.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_in_any_chunks_show_the_same(
        pieces in prop::collection::vec(piece(), 0..40),
        cuts in prop::collection::vec(1..9usize, 1..20),
        columns in 1..30u16,
        rows in 1..8u16,
    ) {
        let bytes = pieces.concat();
        let mut whole = Screen::new(columns, rows);
        whole.feed(&bytes);
        let mut cut = Screen::new(columns, rows);
        let (mut rest, mut lengths) = (bytes.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let length = (*lengths.next().unwrap()).min(rest.len());
            let (part, behind) = rest.split_at(length);
            cut.feed(part);
            rest = behind;
        }
        prop_assert_eq!(state(&mut whole), state(&mut cut));
    }

    #[test]
    fn whoever_draws_only_what_changed_shows_the_screen(
        pieces in prop::collection::vec(piece(), 1..40),
        columns in 1..30u16,
        rows in 1..8u16,
    ) {
        let mut screen = Screen::new(columns, rows);
        let mut drawn: Vec<String> = Vec::new();
        for piece in pieces {
            screen.feed(&piece);
            screen.show_held();
            let line = |row: usize| screen.cells(row).map(|cell| format!("{cell:?}")).collect();
            let all: Vec<String> = (0..screen.rows()).map(line).collect();
            match screen.take_damage() {
                Damage::None => {}
                Damage::All => drawn.clone_from(&all),
                Damage::Rows(rows) => for row in rows {
                    if let (Some(old), Some(new)) = (drawn.get_mut(row), all.get(row)) {
                        old.clone_from(new);
                    }
                }
            }
            prop_assert_eq!(&drawn, &all, "after {:?}", String::from_utf8_lossy(&piece));
        }
    }

    #[test]
    fn a_person_may_do_anything_while_a_program_prints_anything(
        pieces in prop::collection::vec((piece(), 0..9u8, 0..1200u16, 0..1200u16), 1..40),
    ) {
        use super::super::{Direction, SelectionKind, Side};
        let mut screen = Screen::new(20, 5);
        screen.search_for("[a-e]+", true).unwrap();
        for (piece, what, a, b) in pieces {
            screen.feed(&piece);
            let place = screen.place(usize::from(b % 30), usize::from(a % 30));
            match what {
                0 => screen.resize(a % 40, b % 12),
                1 => screen.scroll(i32::from(a) - 600),
                2 => screen.select(SelectionKind::Word, place, Side::Left),
                3 => screen.select(SelectionKind::Block, place, Side::Right),
                4 => screen.select_to(place, Side::Right),
                5 => screen.search_next(if a % 2 == 0 { Direction::Up } else { Direction::Down }),
                6 => screen.select(SelectionKind::Line, place, Side::Left),
                7 => screen.select_all(),
                _ => screen.clear_scrollback(),
            }
            screen.search_step(usize::from(b % 7));
            screen.selected_text();
            screen.link_at(place);
            screen.matches_in_view(50);
            screen.cursor();
            state(&mut screen);
        }
    }
}
