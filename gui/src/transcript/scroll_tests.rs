#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::text::{Block, Look, Rich, Style};
use crate::transcript::piece::{Key, Kind, Piece};

/// A piece of so many blocks; the real height of each is asked of [`real`].
fn piece(seq: u64, blocks: usize) -> Piece {
    let block =
        |at: usize| Block::text(Rich::plain(format!("{seq}.{at}"), Style::default()), Look::Prose);
    Piece {
        key: Key::Event(seq),
        seq,
        at: Timestamp::UNIX_EPOCH,
        until: Timestamp::UNIX_EPOCH,
        turn: None,
        kind: Kind::Answer,
        blocks: (0..blocks).map(block).collect(),
        source: "".into(),
    }
}

fn entries(pieces: u64) -> Entries {
    let mut entries = Entries::default();
    entries.adapt(800.0, false);
    for seq in 1000..1000 + pieces {
        entries.put(piece(seq, 1 + usize::try_from(seq % 3).unwrap()));
    }
    entries
}

/// Heights that differ from what was estimated.
fn real(entries: &Entries, at: At) -> f32 {
    let seq = entries.get(at.entry).unwrap().piece.seq;
    20.0 + ((seq * 7 + at.row as u64) % 11) as f32 * 9.0
}

/// What is seen, by what it is.
fn seen(entries: &Entries, view: &View) -> Vec<(u64, usize, f32)> {
    let rows = view.rows.iter();
    rows.map(|row| (entries.get(row.at.entry).unwrap().piece.seq, row.at.row, row.top)).collect()
}

const VIEW: f32 = 500.0;

fn frame(scroll: &mut Scroll, entries: &mut Entries) -> View {
    scroll.arrange(entries, VIEW, 10.0, &mut |entries, at| real(entries, at))
}

#[test]
fn the_end_is_followed_exactly_while_one_is_at_it() {
    let (mut entries, mut scroll) = (entries(50), Scroll::default());
    let view = frame(&mut scroll, &mut entries);
    assert!((view.bottom - (VIEW - 10.0)).abs() < 0.01);
    entries.put(piece(2000, 3));
    let view = frame(&mut scroll, &mut entries);
    assert_eq!(seen(&entries, &view).last().unwrap().0, 2000);
    scroll.by(-30.0);
    let before = frame(&mut scroll, &mut entries);
    assert!(!scroll.sticks);
    entries.put(piece(2001, 3));
    let after = frame(&mut scroll, &mut entries);
    assert_eq!(seen(&entries, &before), seen(&entries, &after)[..before.rows.len()]);
    scroll.by(100_000.0);
    frame(&mut scroll, &mut entries);
    frame(&mut scroll, &mut entries);
    assert!(scroll.sticks);
}

#[test]
fn what_fits_begins_at_the_top() {
    let (mut entries, mut scroll) = (entries(2), Scroll::default());
    let view = frame(&mut scroll, &mut entries);
    assert!((view.rows[0].top).abs() < 0.01);
    scroll.by(-100.0);
    let view = frame(&mut scroll, &mut entries);
    assert!((view.rows[0].top).abs() < 0.01 && scroll.sticks);
}

#[test]
fn older_pieces_move_nothing_that_is_seen() {
    let (mut entries, mut scroll) = (entries(60), Scroll::default());
    frame(&mut scroll, &mut entries);
    scroll.by(-700.0);
    let before = frame(&mut scroll, &mut entries);
    let before = seen(&entries, &before);
    let count = entries.put_older((0..500).map(|seq| piece(seq, 2)).collect());
    scroll.moved(count);
    let after = frame(&mut scroll, &mut entries);
    assert_eq!(before, seen(&entries, &after));
}

#[test]
fn a_jump_over_everything_lays_out_no_more_than_a_few_views() {
    let (mut entries, mut scroll) = (entries(100_000), Scroll::default());
    let mut count = 0;
    let mut lay = |entries: &Entries, at: At| {
        count += 1;
        real(entries, at)
    };
    scroll.arrange(&mut entries, VIEW, 10.0, &mut lay);
    scroll.by(-2_000_000.0);
    scroll.arrange(&mut entries, VIEW, 10.0, &mut lay);
    scroll.go_to_offset(&mut entries, 1_000_000.0);
    scroll.arrange(&mut entries, VIEW, 10.0, &mut lay);
    assert!(count < 200, "{count}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn rows_follow_each_other_and_fill_the_view(moves in prop::collection::vec(-900f32..900.0, 1..30)) {
        let (mut entries, mut scroll) = (entries(80), Scroll::default());
        for by in moves {
            let first = frame(&mut scroll, &mut entries);
            scroll.by(by);
            let view = frame(&mut scroll, &mut entries);
            for pair in view.rows.windows(2) {
                prop_assert!((pair[0].top + pair[0].height - pair[1].top).abs() < 0.01);
            }
            prop_assert!(view.rows[0].top <= 0.01);
            prop_assert!(view.bottom >= VIEW - 10.01);
            // Whatever heights turned out to be, what stays in view moved by what was wished.
            if !scroll.sticks && view.rows[0].at != At::default() {
                let of = |view: &View| {
                    view.rows.iter().map(|row| ((row.at.entry, row.at.row), row.top)).collect::<std::collections::BTreeMap<_, _>>()
                };
                let (before, after) = (of(&first), of(&view));
                for (at, top) in &before {
                    if let Some(now) = after.get(at) {
                        prop_assert!((top - by - now).abs() < 0.1, "{at:?}: {top} by {by} to {now}");
                    }
                }
            }
        }
    }
}
