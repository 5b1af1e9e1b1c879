#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const MARK: &[u8] = b"0123456789abcdef";

/// What a host with GNU's programs answers for these names: files, and links to `link`.
fn answer(names: &[Vec<u8>], links: &[Vec<u8>], ignored: &[Vec<u8>]) -> Vec<u8> {
    let mut answer = b"gnu\0/srv/\0/srv/app\0".to_vec();
    answer.extend_from_slice(MARK);
    for name in names {
        answer.extend_from_slice(b"ff 644 5 1700000000.5000000000 \0");
        answer.extend_from_slice(name);
        answer.push(0);
    }
    for name in links {
        answer.extend_from_slice(b"lN 777 5 1700000000.5000000000 ../l k\0");
        answer.extend_from_slice(name);
        answer.push(0);
    }
    answer.extend_from_slice(MARK);
    if !links.is_empty() {
        answer.extend_from_slice(format!("{}\0", links.len()).as_bytes());
        for name in links {
            answer.extend_from_slice(&[b"./", &name[..], b"\0"].concat());
        }
        for _ in links {
            answer.extend_from_slice(b"/elsewhere\0");
        }
    }
    answer.extend_from_slice(MARK);
    for name in ignored {
        answer.extend_from_slice(&[b"./", &name[..], b"\0"].concat());
    }
    answer.extend_from_slice(MARK);
    answer
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\n'), Just(b' '), Just(b'\''), Just(0xff), 1_u8..=255];
    prop::collection::vec(byte.prop_filter("no name has a slash", |byte| *byte != b'/'), 1..20)
}

proptest! {
    #[test]
    fn every_name_is_read_as_it_is(
        names in prop::collection::btree_set(name(), 0..20),
        links in prop::collection::btree_set(name(), 0..20),
    ) {
        let links: Vec<_> = links.difference(&names).cloned().collect();
        let names: Vec<_> = names.into_iter().collect();
        let (listing, told) =
            read(&answer(&names, &links, &names), MARK, 1 << 20, 100).unwrap();
        prop_assert_eq!(told, Told::All);
        let mut all: Vec<_> = names.iter().chain(&links).cloned().collect();
        all.sort();
        let read: Vec<_> = listing.entries.iter().map(|entry| entry.path.0.clone()).collect();
        prop_assert_eq!(read, all);
        for entry in &listing.entries {
            let is_link = links.contains(&entry.path.0);
            prop_assert_eq!(entry.link.is_some(), is_link);
            prop_assert_eq!((entry.outside, entry.ignored), (is_link, !is_link));
        }
        prop_assert!(!listing.more);
    }

    #[test]
    fn an_answer_that_was_cut_anywhere_has_no_half_names(cut in 0_usize..400) {
        let names: Vec<_> = (0..10).map(|number| format!("name{number}").into_bytes()).collect();
        let whole = answer(&names, &[], &[]);
        let from = whole.windows(MARK.len()).position(|part| part == MARK).unwrap() + MARK.len();
        let entries = whole.len() - from - 3 * MARK.len();
        let kept = cut.min(entries);
        let mut short = whole[..from + kept].to_vec();
        short.extend_from_slice(&MARK.repeat(3));
        let (listing, _) = read(&short, MARK, kept, 100).unwrap();
        prop_assert!(listing.more);
        for entry in listing.entries {
            prop_assert!(names.contains(&entry.path.0), "{:?}", entry.path);
        }
    }

    #[test]
    fn anything_is_an_answer_or_none(bytes: Vec<u8>) {
        // It doesn't panic.
        prop_assert!(read(&bytes, MARK, 100, 100).is_err() || bytes.len() > MARK.len());
    }
}

#[test]
fn a_poorer_hosts_names_may_have_newlines_and_its_links_are_told_behind() {
    let mut answer = b"c\0/srv/\0/srv\0".to_vec();
    let mark = std::str::from_utf8(MARK).unwrap();
    answer.extend_from_slice(
        format!(
            "{mark}{mark} 81a4 3 1700000000 ./a\nb\n{mark} a1ff 1 1700000000 ./l\n\
             {mark} 41ed 0 1700000000 ./d\n{mark}./l\0d\0../up\0{mark}{mark}"
        )
        .as_bytes(),
    );
    let (listing, _) = read(&answer, MARK, 1 << 20, 100).unwrap();
    let [file, directory, link] = &listing.entries[..] else { unreachable!("{listing:?}") };
    assert_eq!((file.path.bytes(), file.kind, file.size), (&b"a\nb"[..], FileKind::File, 3));
    assert_eq!((directory.path.bytes(), directory.kind), (&b"d"[..], FileKind::Directory));
    assert_eq!((link.kind, link.outside), (FileKind::Directory, true));
    assert_eq!(link.link, Some(FilePath::from("../up")));
}

#[test]
fn more_than_was_asked_for_is_said() {
    let names: Vec<_> = (0..10).map(|number| format!("{number}").into_bytes()).collect();
    let (listing, _) = read(&answer(&names, &[], &[]), MARK, 1 << 20, 4).unwrap();
    assert_eq!((listing.entries.len(), listing.more), (4, true));
}

#[test]
fn names_alone_tell_kinds_and_links_and_have_no_more_than_fits() {
    let mut answer = b"names\0/srv/app/\0/srv/app/many\0".to_vec();
    answer.extend_from_slice(MARK);
    let rows = b"d\0sub\0f\0a\nname\xff\0ld ../..\0out\0lN gone x\0broken\0p\0pipe\0f\0hal";
    answer.extend_from_slice(rows);
    answer.extend_from_slice(MARK);
    let (listing, told) = read(&answer, MARK, rows.len(), 100).unwrap();
    assert_eq!((told, listing.more, listing.outside), (Told::Names, true, false));
    let rows: Vec<_> = listing
        .entries
        .iter()
        .map(|entry| (entry.path.bytes(), entry.kind, entry.link.as_ref().map(|link| link.bytes())))
        .collect();
    let expected = [
        (&b"a\nname\xff"[..], FileKind::File, None),
        (b"broken", FileKind::Broken, Some(&b"gone x"[..])),
        (b"out", FileKind::Directory, Some(b"../..")),
        (b"pipe", FileKind::Other, None),
        (b"sub", FileKind::Directory, None),
    ];
    assert_eq!(rows, expected);
    let outside: Vec<bool> = listing.entries.iter().map(|entry| entry.outside).collect();
    assert_eq!(outside, [false, false, true, false, false]);
}

#[test]
fn a_number_beyond_all_others_is_no_listing_of_links_and_no_crash() {
    for count in [usize::MAX, usize::MAX / 2 + 1] {
        assert!(real_ends(format!("{count}\0name\0real\0").as_bytes()).is_empty());
    }
}
