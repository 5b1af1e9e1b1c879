use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use futures::executor::block_on;

use super::bed::{Bed, FILE, add, inode, line, lines};
use crate::*;

#[test]
fn the_first_entry_makes_what_is_missing_and_no_project() {
    let bed = Bed::empty();
    let written = add(&bed.files(), &["a", "b"], false).unwrap();
    assert_eq!(bed.content(), lines(&["a", "b"]));
    assert_eq!((written.found, written.set_aside), (0, 0));
    assert_eq!(
        (written.identity, written.size),
        (inode(&bed.path(FILE)), bed.content().len() as u64)
    );
    assert_eq!(bed.names(), [FILE]);

    let nowhere = DirFiles::new(bed.project.join("missing"));
    assert!(matches!(add(&nowhere, &["a"], false), Err(FilesError::NoProject)));
    assert!(matches!(block_on(nowhere.look(&[], 0)), Err(FilesError::NoProject)));
    assert!(!bed.project.join("missing").exists());
}

#[test]
fn no_history_is_an_empty_one() {
    let bed = Bed::empty();
    let look = block_on(bed.files().look(&[], 0)).unwrap();
    assert!(look.files.is_empty() && look.odd.is_empty());
    assert_eq!(look.root, bed.project.as_os_str().as_encoded_bytes());
    let trimmed = block_on(bed.files().trim(FILE, 1)).unwrap();
    assert_eq!(trimmed.removed, 0);
    assert!(!bed.project.join(".maestro").exists(), "looking makes nothing");
}

#[test]
fn a_last_line_that_lacks_its_end_gets_it() {
    let bed = Bed::with(line("torn").as_slice());
    assert_eq!(add(&bed.files(), &["a"], false).unwrap().set_aside, 0);
    assert_eq!(bed.content(), lines(&["torn", "a"]));
}

#[test]
fn half_a_line_is_set_aside_and_not_lost() {
    let torn = [&lines(&["a"])[..], b"{\"id\":\"half"].concat();
    let bed = Bed::with(&torn);
    assert_eq!(add(&bed.files(), &["b"], false).unwrap().set_aside, 1);
    assert_eq!(bed.content(), lines(&["a", "b"]));
    let aside = bed.path(&format!(".{FILE}.torn"));
    assert_eq!(std::fs::read(aside).unwrap(), b"{\"id\":\"half\n");
}

#[test]
fn what_is_in_doubt_is_not_doubled() {
    for torn in [false, true] {
        let mut content = lines(&["a", "b"]);
        if torn {
            content.pop();
        }
        let bed = Bed::with(&content);
        let written = add(&bed.files(), &["b", "c", "a"], true).unwrap();
        assert_eq!(written.found, 2);
        assert_eq!(bed.content(), lines(&["a", "b", "c"]));
        let written = add(&bed.files(), &["b", "c"], true).unwrap();
        assert_eq!((written.found, written.size), (2, bed.content().len() as u64));
    }
}

#[test]
fn an_id_inside_of_a_text_is_not_the_entry() {
    let mut entry = Entry::new("x", EntryKind::User, 1, "", "/");
    entry.full_response = Some(String::from_utf8(line("a")).unwrap());
    let bed = Bed::with(&[entry.to_line(), b"\n".to_vec()].concat());
    assert_eq!(add(&bed.files(), &["a"], true).unwrap().found, 0);
}

#[test]
fn a_trim_keeps_the_last_lines_and_the_mode() {
    let bed = Bed::with(&lines(&["a", "b", "c", "d"]));
    let path = bed.path(FILE);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::fs::write(bed.path(&format!(".{FILE}.tmp.12345")), "left by a trim that died").unwrap();
    let before = inode(&path);

    let trimmed = block_on(bed.files().trim(FILE, 2)).unwrap();
    assert_eq!(bed.content(), lines(&["c", "d"]));
    assert_eq!((trimmed.removed, trimmed.size), (2, bed.content().len() as u64));
    assert_eq!(trimmed.identity, inode(&path));
    assert_ne!(trimmed.identity, before);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(bed.names(), [FILE]);

    let nothing = block_on(bed.files().trim(FILE, 2)).unwrap();
    assert_eq!((nothing.removed, nothing.identity), (0, trimmed.identity));
    assert_eq!(block_on(bed.files().trim(FILE, 0)).unwrap().size, 0);
}

#[test]
fn a_torn_last_line_counts_in_a_trim_and_stays_as_it_is() {
    let bed = Bed::with(&[&lines(&["a", "b"])[..], b"{\"id"].concat());
    assert_eq!(block_on(bed.files().trim(FILE, 2)).unwrap().removed, 1);
    assert_eq!(bed.content(), [&lines(&["b"])[..], b"{\"id"].concat());
}

#[test]
fn what_is_no_file_of_ours_is_left_alone_and_told() {
    let bed = Bed::with(&lines(&["a"]));
    std::fs::create_dir(bed.path("history-x.jsonl")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", bed.path("history-link.jsonl")).unwrap();
    std::fs::write(bed.path("history-a b.jsonl"), "").unwrap();
    std::fs::write(bed.path("other.jsonl"), "").unwrap();
    let fifo = bed.path("history-fifo.jsonl");
    assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
    let look = block_on(bed.files().look(&[], 0)).unwrap();
    assert_eq!(look.files.iter().map(|file| &file.name).collect::<Vec<_>>(), [FILE]);
    let odd: Vec<_> = look.odd.iter().map(|odd| (odd.name.as_str(), odd.kind)).collect();
    assert_eq!(
        odd,
        [
            ("history-a b.jsonl", OddKind::Name),
            ("history-fifo.jsonl", OddKind::Special),
            ("history-link.jsonl", OddKind::Symlink),
            ("history-x.jsonl", OddKind::Directory),
        ]
    );
}

#[test]
fn every_host_name_can_write_and_is_read() {
    let bed = Bed::empty();
    let hosts = ["a/b", "with space", "🦀 crab", "..", &"h".repeat(300), "-x"];
    for host in hosts {
        let prepared = Prepared::from_line(line(host)).unwrap();
        block_on(write(&bed.files(), &file_name(host), &[prepared.line()], false)).unwrap();
        block_on(bed.files().trim(&file_name(host), 1)).unwrap();
    }
    let mut indexes = Indexes::default();
    let refreshed = block_on(refresh(&bed.files(), &mut indexes, &Settings::default())).unwrap();
    let mut ids: Vec<_> =
        refreshed.changes.iter().map(|change| change.lines[0].id.as_str()).collect();
    ids.sort_unstable();
    let mut expected = hosts.to_vec();
    expected.sort_unstable();
    assert_eq!(ids, expected);
}

#[test]
fn a_directory_is_followed_as_it_is_written() {
    let bed = Bed::empty();
    let files = bed.files();
    let (mut indexes, settings) = (Indexes::default(), Settings { limit: 3, most: 1000 });
    let mut seen = BTreeSet::new();
    for round in 0..30 {
        add(&files, &[&format!("e{round:02}")], false).unwrap();
        if round % 7 == 6 {
            block_on(files.trim(FILE, 3)).unwrap();
        }
        let refreshed = block_on(refresh(&files, &mut indexes, &settings)).unwrap();
        seen.extend(
            refreshed.changes.into_iter().flat_map(|change| change.lines).map(|line| line.id),
        );
    }
    let expected: BTreeSet<String> = (0..30).map(|round| format!("e{round:02}")).collect();
    assert_eq!(seen, expected);
}
