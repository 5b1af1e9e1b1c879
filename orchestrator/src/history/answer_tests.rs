//! Answers of scripts, as they come and as they shouldn't.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

const MARK: &str = "0123456789abcdef";

fn said<'a>(host: &'a HostId, stdout: &'a [u8], stderr: &'a [u8]) -> Said<'a> {
    Said { host, project: "/srv/app", file: Some("history-a.jsonl"), stdout, stderr }
}

fn appended(stdout: &[u8], stderr: &[u8]) -> Result<Appended, FilesError> {
    said(&HostId::new("box"), stdout, stderr).appended()
}

#[test]
fn a_listing_is_read_whatever_stands_in_it() {
    let text = format!(
        "ok\nl history-far.jsonl\no history-\u{1b}[2Jx.jsonl\nu history-secret.jsonl\n\
         \x20 17 -rw-r--r-- 1 0 0 300 Nov 21 16:27 history-b.jsonl\n\
         18 -rw-r--r--@ 1 501 20 0 Nov 21  2025 history-a.local.jsonl\n\
         19 drwxr-xr-x 2 0 0 4096 Nov 21 16:27 history-x.jsonl\n\
         20 lrwxrwxrwx 1 0 0 11 Nov 21 16:27 history-l.jsonl -> /etc/passwd\n\
         21 crw-r--r-- 1 0 0 1, 3 Nov 21 16:27 history-null.jsonl\n\
         22 -rw------- 1 0 0 5 Nov 21 16:27 history-secret.jsonl\n\
         23 -rw-r--r-- 1 0 0 5 Nov 21 16:27 history-a b.jsonl\n\
         nonsense.jsonl\n\
         {MARK}history-b.jsonl 290\nhead{MARK}{}fresh{MARK}/srv/a\npp",
        "s".repeat(256)
    );
    let look = said(&HostId::new("box"), text.as_bytes(), b"").look(MARK).unwrap();
    assert_eq!(look.root, b"/srv/a\npp");
    let names: Vec<(&str, u64, u64)> =
        look.files.iter().map(|file| (file.name.as_str(), file.identity, file.size)).collect();
    assert_eq!(names, [("history-a.local.jsonl", 18, 0), ("history-b.jsonl", 17, 300)]);
    let fresh = look.files[1].fresh.clone().unwrap();
    assert_eq!(
        (&*fresh.head, &*fresh.seam, &*fresh.bytes),
        (&b"head"[..], &[b's'; 256][..], &b"fresh"[..])
    );
    let odd: Vec<(&str, OddKind)> =
        look.odd.iter().map(|odd| (odd.name.as_str(), odd.kind)).collect();
    assert_eq!(
        odd,
        [
            ("history-?[2Jx.jsonl", OddKind::Name),
            ("history-a b.jsonl", OddKind::Name),
            ("history-far.jsonl", OddKind::Symlink),
            ("history-l.jsonl", OddKind::Symlink),
            ("history-null.jsonl", OddKind::Special),
            ("history-secret.jsonl", OddKind::Unreadable),
            ("history-x.jsonl", OddKind::Directory),
        ]
    );
}

#[test]
fn an_answer_that_does_not_add_up_leaves_an_append_in_doubt() {
    let line = "17 -rw-r--r-- 1 0 0 300 Nov 21 16:27 history-b.jsonl\n";
    let done = appended(format!("ok 1 200 100\n{line}").as_bytes(), b"").unwrap();
    assert_eq!(done, Appended::Done { found: 1, identity: 17, size: 300 });
    for odd in [format!("ok 1 200 99\n{line}"), "ok 1 200 100\n".into(), String::new(), "?".into()]
    {
        let error = appended(odd.as_bytes(), b"").unwrap_err();
        assert!(matches!(error, FilesError::InDoubt(_)), "{odd}: {error:?}");
    }
}

#[test]
fn a_torn_line_comes_with_its_bytes() {
    let torn = appended(b"torn 10 13 3\na\nb", b"").unwrap();
    assert_eq!(torn, Appended::Torn { from: 10, size: 13, fragment: Some(b"a\nb".to_vec()) });
    let torn = appended(b"torn 10 9000013 none\n", b"").unwrap();
    assert_eq!(torn, Appended::Torn { from: 10, size: 9_000_013, fragment: None });
}

#[test]
fn refusals_are_told_apart_by_the_systems_words() {
    let words = [
        ("sh: 1: cannot create x: Permission denied\n", Denial::Permission),
        ("mkdir: .maestro: Read-only file system\n", Denial::ReadOnly),
        ("cat: write error: No space left on device\n", Denial::Full),
        ("cat: write error: Disk quota exceeded\n", Denial::Full),
        ("a\n\n x: odd\n", Denial::Other("x: odd".into())),
        (
            "dd: x: odd\n0+1 records in\n0+0 records out\n0 bytes (0B) copied, 1 s\n",
            Denial::Other("dd: x: odd".into()),
        ),
        ("0+0 records in\n", Denial::Other("the system gave no reason".into())),
    ];
    for (stderr, expected) in words {
        match appended(b"denied system .maestro/history/history-a.jsonl\n", stderr.as_bytes()) {
            Err(FilesError::Denied { path, denial }) => {
                assert_eq!(path, "/srv/app/.maestro/history/history-a.jsonl");
                assert_eq!(denial, expected);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(appended(b"noproject\n", b""), Err(FilesError::NoProject)));
    match appended(b"locked\n", b"") {
        Err(FilesError::Locked { path, seconds: 10 }) => {
            assert!(path.ends_with("/history-a.jsonl"))
        }
        other => panic!("{other:?}"),
    }
}
