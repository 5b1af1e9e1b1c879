#![allow(clippy::unwrap_used)]

use super::*;

fn show(fields: [&str; SHOWN]) -> Result<Shown, Garbled> {
    Shown::read(&fields.map(str::as_bytes))
}

const LINE: &str =
    "64769 42 f 12 1 1000 1000 1700000000.1234567890 1700000001.0000000000 644 ada/dev ops";

#[test]
fn a_file_is_read_with_its_nanoseconds_and_a_group_of_two_words() {
    let shown = show(["gnu", "/srv/", "/srv/a", "f1", LINE, "v", "", ""]).unwrap();
    assert_eq!(shown.entry.modified, Some(Timestamp::new(1_700_000_000, 123_456_789).unwrap()));
    assert_eq!((shown.entry.size, shown.entry.mode), (12, 0o644));
    assert_eq!((shown.entry.owner.as_str(), shown.entry.group.as_str()), ("ada", "dev ops"));
    assert_eq!((shown.entry.writable, shown.entry.outside), (Some(true), false));
}

#[test]
fn poorer_programs_say_the_same_in_other_words() {
    let busybox = "64769 42 81a4 12 1 1000 1000 1700000000 1700000001 644 ada/dev";
    let shown = show(["c", "/srv/", "/srv/a", "f0", busybox, "v", "", ""]).unwrap();
    assert_eq!((shown.entry.kind, shown.entry.mode), (FileKind::File, 0o644));
    let bsd = "64769 42 120755 3 1 0 0 1700000000.5 1700000001.5 0755 root/wheel";
    let shown = show(["f", "/srv/", "/srv/l", "d1", bsd, "", "x", "/srv/x/"]).unwrap();
    assert_eq!((shown.entry.kind, shown.entry.outside), (FileKind::Directory, false));
    assert_eq!(shown.entry.link, Some(FilePath::from("x")));
}

#[test]
fn what_is_outside_is_known_by_where_it_ends() {
    assert!(is_outside(b"/srv/", b"/srvx"));
    assert!(!is_outside(b"/srv/", b"/srv"));
    assert!(!is_outside(b"/srv/", b"/srv/a"));
    assert!(!is_outside(b"/", b"/anything"));
    assert!(is_outside(b"", b"/"));
}

#[test]
fn half_an_answer_is_none() {
    assert_eq!(show(["gnu", "/", "/a", "f1", "1 2 f", "", "", ""]), Err(Garbled));
    assert_eq!(show(["no", "/", "/a", "f1", LINE, "", "", ""]), Err(Garbled));
}
