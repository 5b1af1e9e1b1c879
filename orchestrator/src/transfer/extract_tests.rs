#![allow(clippy::unwrap_used)]

use std::process::{Command, Stdio};

use super::*;
use crate::transfer::archive;

fn entry(name: &[u8], kind: Kind, link: &[u8], bytes: &[u8]) -> Vec<u8> {
    let header = Header {
        name: name.to_vec(),
        kind,
        size: bytes.len() as u64,
        mode: 0o644,
        modified: 1,
        link: link.to_vec(),
    };
    [&header.block()[..], bytes, &vec![0; padding(bytes.len() as u64)]].concat()
}

fn read(archive: &[u8], root: &Path) -> Result<Extracted, Failure> {
    extract(&mut &archive[..], root, true, &|_| ())
}

fn ended(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), vec![0; 1024]].concat()
}

#[test]
fn nothing_is_made_outside_of_the_directory() {
    let outside = tempfile::tempdir().unwrap();
    let out = outside.path().as_os_str().as_bytes();
    let evil = [out, b"/evil"].concat();
    let archives = [
        vec![entry(b"../evil", Kind::File, b"", b"x")],
        vec![entry(b"a/../../evil", Kind::File, b"", b"x")],
        vec![entry(&evil, Kind::File, b"", b"x")],
        vec![entry(b"../evil", Kind::Directory, b"", b"")],
        vec![entry(b"../evil", Kind::Link, b"/", b"")],
        vec![entry(b"a", Kind::HardLink, b"../../etc/passwd", b"")],
        vec![entry(b"a", Kind::HardLink, b"/etc/passwd", b"")],
        // Through a link: of a directory, in the name of a file, of another link.
        vec![entry(b"a", Kind::Link, out, b""), entry(b"a/evil", Kind::Link, b"x", b"")],
        vec![entry(b"a", Kind::Link, &evil, b""), entry(b"a/b", Kind::HardLink, b"a", b"")],
    ];
    for (at, entries) in archives.iter().enumerate() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("in/side");
        fs::create_dir_all(&dir).unwrap();
        let refused = read(&ended(entries), &dir).unwrap_err();
        assert_eq!(refused.code, Code::Corrupt, "{at}: {refused:?}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "{at}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "{at}");
        assert_eq!(fs::read_dir(root.path().join("in")).unwrap().count(), 1, "{at}");
    }
    // A file of a link's name, or below one, stays inside, and nothing is written through it.
    let root = tempfile::tempdir().unwrap();
    let entries = [entry(b"a", Kind::Link, &evil, b""), entry(b"a", Kind::File, b"", b"x")];
    assert!(read(&ended(&entries), root.path()).unwrap().whole);
    assert_eq!(fs::read(root.path().join("a")).unwrap(), b"x");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_link_that_is_there_already_is_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let kept = outside.path().join("keys");
    fs::write(&kept, "ours").unwrap();
    let archives = [
        vec![entry(b"a/keys", Kind::File, b"", b"theirs")],
        vec![entry(b"a/new/keys", Kind::File, b"", b"theirs")],
        vec![entry(b"a/dir", Kind::Directory, b"", b"")],
        vec![entry(b"a", Kind::Directory, b"", b"")],
        vec![entry(b"b", Kind::File, b"", b"x"), entry(b"a/keys", Kind::HardLink, b"b", b"")],
        vec![entry(b"stolen", Kind::HardLink, b"a/keys", b"")],
        vec![entry(b"a/link", Kind::Link, b"b", b"")],
    ];
    for (at, entries) in archives.iter().enumerate() {
        // As a host leaves it that breaks off behind its first archive.
        let root = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("a")).unwrap();
        read(&ended(entries), root.path()).unwrap_err();
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{at}");
        assert_eq!(fs::read(&kept).unwrap(), b"ours", "{at}");
        assert!(!root.path().join("stolen").exists(), "{at}");
    }
}

#[test]
fn a_stream_that_ends_early_is_seen_and_noise_is_refused() {
    let whole = ended(&[entry(b"a", Kind::File, b"", &[b'x'; 700])]);
    for end in 0..whole.len() - 1024 + 511 {
        let root = tempfile::tempdir().unwrap();
        assert!(!read(&whole[..end], root.path()).unwrap().whole, "{end}");
    }
    let root = tempfile::tempdir().unwrap();
    assert!(read(&whole, root.path()).unwrap().whole);
    assert_eq!(read(&[b'x'; 2048], root.path()).unwrap_err().code, Code::Corrupt);
}

#[test]
fn a_size_beyond_all_numbers_is_a_stream_that_ends_early() {
    for kind in [Kind::Directory, Kind::Link, Kind::Special, Kind::File] {
        let header = Header {
            name: b"a".to_vec(),
            kind,
            size: u64::MAX - 1,
            mode: 0o755,
            modified: 1,
            link: b"b".to_vec(),
        };
        let root = tempfile::tempdir().unwrap();
        assert!(!read(&ended(&[header.block().to_vec()]), root.path()).unwrap().whole, "{kind:?}");
    }
}

/// Names and links of every kind, in a directory of ours.
fn odd_tree(root: &Path) {
    let names: [&[u8]; 6] =
        [b"plain", b"-rf", b"new\nline", b"\xff\xfe", "größe ✓".as_bytes(), b" blank "];
    let long = root.join("d".repeat(120)).join("e".repeat(120));
    fs::create_dir_all(&long).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    for (at, name) in names.into_iter().enumerate() {
        for dir in [root, &long] {
            let path = dir.join(std::ffi::OsStr::from_bytes(name));
            fs::write(&path, vec![b'x'; at * 400]).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        }
    }
    symlink("/etc/passwd", root.join("away")).unwrap();
    symlink("l".repeat(150), long.join("long link")).unwrap();
    fs::hard_link(root.join("plain"), root.join("twin")).unwrap();
}

/// All there is, without times of directories.
fn listing(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(dir) = waiting.pop() {
        for found in fs::read_dir(&dir).unwrap() {
            let path = found.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            let link = fs::read_link(&path).unwrap_or_default();
            let bytes = if about.is_file() { fs::read(&path).unwrap().len() } else { 0 };
            let mode = if about.is_symlink() { 0 } else { about.permissions().mode() };
            let name = path.strip_prefix(root).unwrap();
            lines.push(format!("{name:?} {mode:o} {bytes} {link:?}"));
            if about.is_dir() {
                waiting.push(path);
            }
        }
    }
    lines.sort();
    lines
}

#[test]
fn what_tar_writes_is_read_in_each_of_its_formats() {
    let source = tempfile::tempdir().unwrap();
    odd_tree(source.path());
    for format in ["gnu", "pax", "oldgnu"] {
        let format = format!("--format={format}");
        let mut command = Command::new("tar");
        let archive = archive_of(command.args([&format, "-cf", "-", "."]), source.path());
        let target = tempfile::tempdir().unwrap();
        assert!(read(&archive, target.path()).unwrap().whole, "{format}");
        assert_eq!(listing(target.path()), listing(source.path()), "{format}");
    }
}

fn archive_of(command: &mut Command, dir: &Path) -> Vec<u8> {
    let output = command.current_dir(dir).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn what_we_write_is_read_by_us_and_by_tar_and_its_mark_is_last() {
    let source = tempfile::tempdir().unwrap();
    odd_tree(source.path());
    let tree = archive::walk(source.path()).unwrap();
    let (mut bytes, mut counted) = (Vec::new(), 0);
    let mut give = |(piece, count): (Vec<u8>, usize)| {
        bytes.extend_from_slice(&piece);
        counted += count as u64;
        true
    };
    archive::write(source.path(), &tree, 0, "mark", &mut give).unwrap();
    assert_eq!(counted, tree.bytes);
    fs::write(source.path().join("mark"), "").unwrap();
    fs::set_permissions(source.path().join("mark"), Permissions::from_mode(0o600)).unwrap();
    let ours = tempfile::tempdir().unwrap();
    assert!(read(&bytes, ours.path()).unwrap().whole);
    assert_eq!(listing(ours.path()), listing(source.path()));
    let theirs = tempfile::tempdir().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &bytes).unwrap();
    for tar in [vec!["tar"], vec!["busybox", "tar"]] {
        let dir = theirs.path().join(tar[0]);
        fs::create_dir(&dir).unwrap();
        let status = Command::new(tar[0])
            .args(&tar[1..])
            .arg("-xof")
            .arg(file.path())
            .current_dir(&dir)
            .status()
            .unwrap();
        assert!(status.success(), "{tar:?}");
        assert_eq!(listing(&dir), listing(source.path()), "{tar:?}");
    }
}
