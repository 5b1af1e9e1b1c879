#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const MARK: &[u8] = b"0123456789abcdef";

fn paths(names: &[&str]) -> Vec<FilePath> {
    names.iter().map(|name| FilePath::from(*name)).collect()
}

fn known(entries: &[(&str, &str)]) -> Vec<u8> {
    entries.iter().flat_map(|(line, name)| format!("{line}\0{name}\0").into_bytes()).collect()
}

fn answer(before: &[(&str, &str)], contents: &str, after: &[(&str, &str)]) -> Vec<u8> {
    let parts = [b"gnu".to_vec(), known(before), contents.into(), known(after)];
    parts.iter().flat_map(|part| [part.as_slice(), MARK].concat()).collect()
}

/// From a host that tells of each by itself.
fn read(bytes: &str, end: bool) -> Came {
    let size = end.then_some(bytes.len() as u64);
    Came::Read(FileBeginning { bytes: bytes.into(), end, size, version: String::new() })
}

/// From one that tells sizes and states.
fn known_read(bytes: &str, size: u64, version: &str) -> Came {
    let end = bytes.len() as u64 == size;
    Came::Read(FileBeginning {
        bytes: bytes.into(),
        end,
        size: Some(size),
        version: version.into(),
    })
}

fn cut_of(answer: &[u8], names: &[&str], length: usize) -> Result<Cut, Garbled> {
    let paths = paths(names);
    cut(answer, MARK, &paths.iter().collect::<Vec<_>>(), length)
}

#[test]
fn each_file_gets_its_own_bytes() {
    let there = [
        ("1 2 f 3 7.5 9.5 r", "./a"),
        ("1 3 f 9 7.5 9.5 r", "/home/ada/b"),
        ("1 4 d 4096 7.5 9.5 r", "./c"),
        ("1 5 f 9 7.5 9.5 x", "./d"),
        ("1 6 l 9 7.5 9.5 r", "./e"),
        ("1 7 p 0 7.5 9.5 r", "./f"),
        ("1 8 f 0 7.00 9.5 r", "./h"),
    ];
    let names = ["./a", "~/b", "./c", "./d", "./e", "./f", "./g", "./h"];
    let came = cut_of(&answer(&there, "abcbeginnin", &there), &names, 8).unwrap();
    let wanted = vec![
        known_read("abc", 3, "1:2:3:7.5:9.5"),
        known_read("beginnin", 9, "1:3:9:7.5:9.5"),
        Came::Directory,
        Came::Denied,
        Came::Missing,
        Came::Other,
        Came::Missing,
        // Of whole seconds: another state may be called the same.
        known_read("", 0, ""),
    ];
    assert_eq!(came, Cut::Sure(wanted));
}

#[test]
fn bytes_of_a_file_that_changed_are_nobodys() {
    let was = [("1 2 f 3 7.5 9.5 r", "./a"), ("1 3 f 2 7.5 9.5 r", "./b")];
    let names = ["./a", "./b"];
    let longer = [("1 2 f 4 8.5 9.5 r", "./a"), was[1]];
    let gone = [was[1]];
    for after in [&longer[..], &gone[..]] {
        let came = cut_of(&answer(&was, "abcde", after), &names, 8).unwrap();
        assert_eq!(came, Cut::Unsure(vec![0]));
    }
    // Of the same length, so that the other one's are where they are looked for.
    let other = [("1 2 f 3 8.5 9.5 r", "./a"), was[1]];
    let came = cut_of(&answer(&was, "abcde", &other), &names, 8).unwrap();
    assert_eq!(came, Cut::Sure(vec![Came::Alone, known_read("de", 2, "1:3:2:7.5:9.5")]));
    let short = cut_of(&answer(&was, "abc", &was), &names, 8).unwrap();
    assert_eq!(short, Cut::Unsure(vec![]));
}

#[test]
fn what_has_no_size_and_contents_is_read_alone() {
    let there = [("1 2 f 0 7.5 9.5 r", "./a"), ("1 3 f 2 7.5 9.5 r", "./b")];
    let came =
        cut_of(&answer(&there, "debytes of the system", &there), &["./a", "./b"], 8).unwrap();
    assert_eq!(came, Cut::Sure(vec![Came::Alone, known_read("de", 2, "1:3:2:7.5:9.5")]));
}

#[test]
fn a_poor_host_tells_of_each_by_itself() {
    let parts: [&[u8]; 7] = [b"c", b"fabc", b"d", b"n", b"o", b"x", b"fabcde"];
    let answer: Vec<u8> = parts.iter().flat_map(|part| [*part, MARK].concat()).collect();
    let came = cut_of(&answer, &["./a", "./b", "./c", "./d", "./e", "./f"], 4).unwrap();
    let wanted = vec![
        read("abc", true),
        Came::Directory,
        Came::Missing,
        Came::Other,
        Came::Denied,
        read("abcd", false),
    ];
    assert_eq!(came, Cut::Sure(wanted));
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(bytes: Vec<u8>, tail: Vec<u8>, length in 0_usize..9) {
        let answer = [b"gnu", MARK, &bytes, MARK, &tail, MARK, &bytes, MARK].concat();
        cut_of(&answer, &["./a", "./b"], length).ok(); // Either will do.
        cut_of(&bytes, &["./a", "./b"], length).ok(); // Either will do.
    }
}
