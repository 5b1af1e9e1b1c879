use proptest::prelude::*;

use super::*;
use crate::Entry;
use crate::generated;

/// Feeds pieces and returns what was found, and where it ended.
fn split<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<Found>, End) {
    let mut found = Vec::new();
    let mut splitter = Splitter::new();
    for piece in pieces {
        splitter.feed(piece, &mut |one| found.push(one));
    }
    let end = splitter.finish(&mut |one| found.push(one));
    (found, end)
}

fn entry(id: &str) -> String {
    format!(r#"{{"id":"{id}","timestamp":1}}"#)
}

fn ids(found: &[Found]) -> Vec<&str> {
    found
        .iter()
        .filter_map(|found| match found {
            Found::Line(line) => Some(line.id.as_str()),
            Found::Skipped(_) => None,
        })
        .collect()
}

fn skipped(found: &[Found]) -> Vec<&Skipped> {
    found
        .iter()
        .filter_map(|found| match found {
            Found::Line(_) => None,
            Found::Skipped(skipped) => Some(skipped),
        })
        .collect()
}

#[test]
fn a_broken_line_never_fails_its_file() {
    let broken =
        [&b"42"[..], b"null", b"[]", b"{\"id\":", b"{}", b"{\"id\":\"x\"}", b"\xFF\xFE garbage"];
    let mut file = Vec::new();
    for (index, broken) in broken.iter().enumerate() {
        file.extend_from_slice(entry(&index.to_string()).as_bytes());
        file.extend_from_slice(b"\n\n  \n");
        file.extend_from_slice(broken);
        file.extend_from_slice(b"\n");
    }
    let (found, end) = split([&file[..]]);
    assert_eq!(ids(&found), ["0", "1", "2", "3", "4", "5", "6"]);
    let skipped = skipped(&found);
    assert_eq!(
        skipped.iter().map(|skipped| skipped.reason).collect::<Vec<_>>(),
        [
            Malformed::NotAnObject,
            Malformed::NotAnObject,
            Malformed::NotAnObject,
            Malformed::NotJson,
            Malformed::NoId,
            Malformed::NoTimestamp,
            Malformed::NotJson,
        ]
    );
    assert_eq!(skipped[0].number, Some(4));
    assert_eq!(skipped[0].start, "42");
    assert_eq!(skipped[0].position, entry("0").len() as u64 + 5);
    assert_eq!(skipped[6].start, "\u{FFFD}\u{FFFD} garbage");
    assert_eq!((end.offset, end.lines), (file.len() as u64, 28));
}

#[test]
fn line_ends_of_windows_and_the_mark_of_editors_are_no_content() {
    let file = format!("\u{FEFF}{}\r\n\r\n{}\r\n", entry("a"), entry("b"));
    let (found, _) = split([file.as_bytes()]);
    let Found::Line(first) = &found[0] else { panic!("{found:?}") };
    assert_eq!(first.text, entry("a").as_bytes());
    assert_eq!(first.position, 0);
    let Found::Line(second) = &found[1] else { panic!("{found:?}") };
    assert_eq!(second.text, entry("b").as_bytes());
    assert_eq!(file.as_bytes()[usize::try_from(second.position).unwrap()], b'{');
    // Later it is nothing that JSON knows.
    let (found, _) = split([format!("{}\n\u{FEFF}{}\n", entry("a"), entry("b")).as_bytes()]);
    assert_eq!(ids(&found), ["a"]);
}

#[test]
fn a_line_of_twenty_mebibytes_is_passed_over_without_being_held() {
    let piece = vec![b'x'; 1 << 20];
    let (first, last) = (entry("a") + "\n", "\n".to_owned() + &entry("b") + "\n");
    let mut pieces = vec![first.as_bytes()];
    pieces.extend(std::iter::repeat_n(&piece[..], 20));
    pieces.push(last.as_bytes());

    let mut splitter = Splitter::new();
    let mut found = Vec::new();
    for piece in &pieces {
        splitter.feed(piece, &mut |one| found.push(one));
        let held = match &splitter.partial {
            Partial::Held(held) => held.len(),
            Partial::Passing { .. } => 0,
        };
        assert!(held <= LONGEST_LINE);
    }
    let end = splitter.finish(&mut |one| found.push(one));
    assert_eq!(ids(&found), ["a", "b"]);
    let skipped = skipped(&found);
    assert_eq!((skipped[0].reason, skipped[0].number), (Malformed::TooLong, Some(2)));
    assert_eq!((skipped[0].start.len(), skipped[0].position), (60, first.len() as u64));
    assert_eq!(end.offset, (first.len() + (20 << 20) + last.len()) as u64);

    // The same in one piece.
    let (at_once, _) = split([&pieces.concat()[..]]);
    assert_eq!(at_once, found);
}

#[test]
fn a_last_line_without_an_end_is_taken_when_it_is_whole() {
    let whole = format!("{}\n{}", entry("a"), entry("b"));
    let (found, end) = split([whole.as_bytes()]);
    assert_eq!(ids(&found), ["a", "b"]);
    assert_eq!((end.offset, end.open), (whole.len() as u64, Open::Taken));

    let torn = &whole[..whole.len() - 1];
    let (found, end) = split([torn.as_bytes()]);
    assert_eq!(ids(&found), ["a"]);
    assert!(skipped(&found).is_empty(), "it may be completed");
    assert_eq!((end.offset, end.open), (entry("a").len() as u64 + 1, Open::No));
}

/// Files of good and bad lines with all kinds of ends.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        5 => generated::line(),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => Just(b"42".to_vec()),
        1 => Just(Vec::new()),
    ];
    let end = prop_oneof![5 => Just(&b"\n"[..]), 1 => Just(&b"\r\n"[..]), 1 => Just(&b"\n\n"[..])];
    (any::<bool>(), prop::collection::vec((line, end), 0..8), any::<u8>()).prop_map(
        |(mark, lines, cut)| {
            let mut file = if mark { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
            lines.into_iter().for_each(|(line, end)| file.extend([&line, end].concat()));
            let cut = if cut < 100 { usize::from(cut) } else { 0 };
            file.truncate(file.len().saturating_sub(cut));
            file
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn pieces_of_any_size_give_the_same(file in file(), sizes in prop::collection::vec(1..50_usize, 1..40)) {
        let mut pieces = Vec::new();
        let (mut rest, mut sizes) = (&file[..], sizes.into_iter().cycle());
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(sizes.next().unwrap().min(rest.len()));
            pieces.push(piece);
            rest = behind;
        }
        let (found, end) = split(pieces);
        let (whole, end_of_whole) = split([&file[..]]);
        prop_assert_eq!(&found, &whole);
        prop_assert_eq!((end.offset, end.lines, end.open), (end_of_whole.offset, end_of_whole.lines, end_of_whole.open));
        prop_assert_eq!(end.tail.bytes(), end_of_whole.tail.bytes());

        // The tail is what stands before the offset.
        let offset = usize::try_from(end.offset).unwrap();
        prop_assert_eq!(end.tail.bytes(), &file[offset.saturating_sub(crate::SAMPLE_BYTES)..offset]);
        // Lines stand where they say.
        for one in &whole {
            let Found::Line(line) = one else { continue };
            let at = usize::try_from(line.position).unwrap();
            let text = file[at..].strip_prefix(BYTE_ORDER_MARK).filter(|_| at == 0).unwrap_or(&file[at..]);
            prop_assert!(text.starts_with(&line.text));
            prop_assert_eq!(&Entry::parse(&line.text).unwrap().id, &line.id);
        }
    }

    #[test]
    fn reading_on_from_any_end_gives_the_rest(file in file(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(file.len() + 1);
        let (mut found, end) = split([&file[..cut]]);
        prop_assume!(end.open == Open::No);
        let offset = usize::try_from(end.offset).unwrap();
        let mut splitter = Splitter::resume(end, true);
        splitter.feed(&file[offset..], &mut |one| found.push(one));
        let end = splitter.finish(&mut |one| found.push(one));
        let (whole, end_of_whole) = split([&file[..]]);
        prop_assert_eq!(found, whole);
        prop_assert_eq!((end.offset, end.lines), (end_of_whole.offset, end_of_whole.lines));
    }
}
