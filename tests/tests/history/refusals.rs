//! What a host's file system refuses is said, and changes nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use baton_tests::{LoginShells, TestSshd, short_dir};
use orchestrator::transport::Connection;
use shared_history::{Denial, Files, FilesError, OddKind, Span};

use crate::bed::{Machine, NAME, Project, Tools, entry, hosts, read};
use crate::support::openssh_as;

/// A file system of its own at a place, gone on drop.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn at(place: &'a Path, options: &str) -> Self {
        let mut mount = Command::new("mount");
        let mounted =
            mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place).status().unwrap();
        assert!(mounted.success(), "this test needs root, to mount a small disk");
        Self(place)
    }

    fn read_only(&self) {
        let remounted =
            Command::new("mount").args(["-o", "remount,ro"]).arg(self.0).status().unwrap();
        assert!(remounted.success());
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg("-l").arg(self.0).status();
        assert!(gone.is_ok_and(|status| status.success()));
    }
}

fn denial<T: std::fmt::Debug>(what: Result<T, FilesError>) -> (Denial, String) {
    match what {
        Err(FilesError::Denied { path, denial }) => (denial, path),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_not_there_is_said_and_not_made() {
    for (transport, host) in hosts() {
        let dir = short_dir();
        for name in ["gone", "file"] {
            let project = Project::at(&host.connection, dir.path().join(name));
            if name == "file" {
                fs::write(&project.dir, "").unwrap();
            }
            let spans = [Span { name: NAME.into(), from: 0, bytes: 1 }];
            for refused in [
                project.files.look(&[], 0).await.map(drop),
                project.files.read(&spans, &mut |_| ()).await,
                project.append(&[("1", b"{}")]).await.map(drop),
                project.append(&[("1", &[b'x'; 20_000])]).await.map(drop),
                project.files.trim(NAME, 1).await.map(drop),
                project.files.ignored().await.map(drop),
                project.files.ignore().await.map(drop),
            ] {
                assert!(matches!(refused, Err(FilesError::NoProject)), "{transport}: {refused:?}");
            }
            assert!(!project.dir.is_dir(), "{transport}");
        }
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_disk_and_anothers_directory_are_said() {
    let place = short_dir();
    let disk = Mounted::at(place.path(), "size=1m,mode=755");
    // It sees what was mounted before it.
    let shells = LoginShells::named(&["dash", "bash", "mksh", "busybox", "zsh"]);
    let sshd = Arc::new(TestSshd::builder().login_shells(shells).start());
    for shell in ["dash", "bash", "mksh", "busybox", "zsh"] {
        let host = openssh_as(&sshd, shell);
        let project = Project::at(&host.connection, place.path().join(shell));
        fs::create_dir(&project.dir).unwrap();
        // Ours, and not theirs.
        let (why, path) = denial(project.append(&[("1", b"{}")]).await);
        assert_eq!(why, Denial::Permission, "{shell}");
        assert!(path.ends_with("/.maestro"), "{shell}: {path}");
        fs::create_dir_all(project.history()).unwrap();
        let (why, _) = denial(project.append(&[("1", b"{}")]).await);
        assert_eq!(why, Denial::Permission, "{shell}");
        fs::set_permissions(project.history(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(project.file(), "{}\n").unwrap();
        let (why, path) = denial(project.append(&[("1", b"{}")]).await);
        assert_eq!((why, path.as_str()), (Denial::Permission, project.file().to_str().unwrap()));
        fs::set_permissions(project.file(), fs::Permissions::from_mode(0o600)).unwrap();
        let look = project.files.look(&[], 0).await.unwrap();
        assert_eq!((look.odd[0].kind, look.odd[0].name.as_str()), (OddKind::Unreadable, NAME));
        assert_eq!(read(&project.files, NAME, 0, 10).await, b"");
        fs::set_permissions(project.history(), fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(denial(project.files.look(&[], 0).await).0, Denial::Permission, "{shell}");
        assert_eq!(fs::read(project.file()).unwrap(), b"{}\n");
        host.connection.close().await;
    }
    disk.read_only();
    for shell in ["dash", "bash", "mksh", "busybox"] {
        let machine = Machine::new(shell, Tools::All);
        let project = Project::at(&machine.connection, place.path().join(shell));
        let (why, _) = denial(project.append(&[("1", b"{}")]).await);
        assert_eq!(why, Denial::ReadOnly, "{shell}");
        let (why, _) = denial(project.append(&[("1", &[b'x'; 20_000])]).await);
        assert_eq!(why, Denial::ReadOnly, "{shell}");
        assert_eq!(denial(project.files.trim(NAME, 0).await).0, Denial::ReadOnly, "{shell}");
        assert_eq!(denial(project.files.ignore().await).0, Denial::ReadOnly, "{shell}");
        assert_eq!(project.files.look(&[], 0).await.unwrap().files.len(), 1, "{shell}");
        machine.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_leaves_the_file_as_it_was_and_takes_the_entry_when_there_is_room() {
    for (sh, tools) in [
        ("dash", Tools::All),
        ("bash", Tools::All),
        ("mksh", Tools::All),
        ("busybox", Tools::NoLock),
        ("dash", Tools::NoLock),
        ("mksh", Tools::NoLock),
        ("dash", Tools::Flock),
        ("bash", Tools::Flock),
        ("mksh", Tools::Flock),
    ] {
        let machine = Machine::new(sh, tools);
        let place = short_dir();
        let disk = Mounted::at(place.path(), "size=128k,mode=777");
        let project = Project::at(&machine.connection, place.path().to_owned());
        let first = entry("1", &"x".repeat(3_000));
        project.add("1", &first).await;
        let before = project.bytes();
        // One page is left, so that a part of the next line goes.
        let fill = place.path().join("fill");
        Command::new("sh")
            .args(["-c", &format!("cat /dev/zero >{} 2>/dev/null; :", fill.display())])
            .status()
            .unwrap();
        let filled = fs::metadata(&fill).unwrap().len();
        fs::OpenOptions::new().write(true).open(&fill).unwrap().set_len(filled - 4_096).unwrap();
        for length in [9_000, 14_000, 60_000] {
            let line = entry("2", &"y".repeat(length));
            let (why, path) = denial(project.append(&[("2", &line)]).await);
            assert_eq!(why, Denial::Full, "{sh} {tools:?}: {length}");
            assert_eq!(path, project.file().to_str().unwrap());
            assert!(project.bytes() == before, "{sh} {tools:?}: {length}");
            assert_eq!(project.litter(), Vec::<String>::new(), "{sh} {tools:?}: {length}");
        }
        // What is new is not left half written, either.
        fs::rename(project.file(), project.history().join("history-old.jsonl")).unwrap();
        let (why, _) = denial(project.append(&[("2", &entry("2", &"y".repeat(9_000)))]).await);
        assert_eq!(why, Denial::Full, "{sh} {tools:?}");
        assert!(!project.file().exists(), "{sh} {tools:?}");
        fs::rename(project.history().join("history-old.jsonl"), project.file()).unwrap();
        // Trimming needs room beside the file.
        fs::OpenOptions::new().write(true).open(&fill).unwrap().set_len(filled).unwrap();
        Command::new("sh")
            .args(["-c", &format!("cat /dev/zero >>{} 2>/dev/null; :", fill.display())])
            .status()
            .unwrap();
        assert_eq!(denial(project.files.trim(NAME, 0).await).0, Denial::Full, "{sh} {tools:?}");
        assert!(project.bytes() == before, "{sh} {tools:?}");
        assert_eq!(project.litter(), Vec::<String>::new(), "{sh} {tools:?}");
        fs::remove_file(&fill).unwrap();
        let line = entry("2", &"y".repeat(14_000));
        project.add("2", &line).await;
        assert!(project.bytes() == [&before[..], &line, b"\n"].concat(), "{sh} {tools:?}");
        machine.connection.close().await;
        drop(disk);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn symlinks_are_not_followed_out_of_the_project() {
    for (transport, host) in hosts() {
        for which in [".maestro", ".maestro/history"] {
            let project = Project::new(&host.connection);
            let outside = short_dir();
            fs::create_dir_all(outside.path().join("history")).unwrap();
            fs::write(outside.path().join("history").join(NAME), "{}\n").unwrap();
            fs::write(outside.path().join(NAME), "{}\n").unwrap();
            fs::create_dir_all(project.dir.join(which).parent().unwrap()).unwrap();
            symlink(outside.path(), project.dir.join(which)).unwrap();
            let spans = [Span { name: NAME.into(), from: 0, bytes: 3 }];
            let mut read = 0;
            for refused in [
                project.files.look(&[], 0).await.map(drop),
                project.append(&[("1", b"{}")]).await.map(drop),
                project.append(&[("1", &[b'x'; 20_000])]).await.map(drop),
                project.files.trim(NAME, 0).await.map(drop),
            ] {
                assert_eq!(denial(refused).0, Denial::Symlink, "{transport}: {which}");
            }
            project.files.read(&spans, &mut |chunk| read += chunk.bytes.len()).await.unwrap();
            assert_eq!(read, 0, "{transport}: {which}");
            for file in [outside.path().join("history").join(NAME), outside.path().join(NAME)] {
                assert_eq!(fs::read(file).unwrap(), b"{}\n", "{transport}: {which}");
            }
            assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2, "{transport}: {which}");
            // An empty place elsewhere is not filled, either.
            fs::remove_dir_all(outside.path().join("history")).unwrap();
            let refused = project.append(&[("1", b"{}")]).await;
            assert_eq!(denial(refused).0, Denial::Symlink, "{transport}: {which}");
            assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{transport}: {which}");
        }
        // Within the project it may lead wherever it likes.
        let project = Project::new(&host.connection);
        fs::create_dir_all(project.dir.join("team/history")).unwrap();
        symlink("team", project.dir.join(".maestro")).unwrap();
        project.add("1", b"{}").await;
        assert_eq!(fs::read(project.dir.join("team/history").join(NAME)).unwrap(), b"{}\n");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_ours_is_listed_and_left_alone() {
    for (transport, host) in hosts() {
        is_left_alone(&host.connection, transport).await;
        host.connection.close().await;
    }
    for sh in ["dash", "bash", "mksh", "busybox"] {
        let machine = Machine::new(sh, Tools::NoLock);
        is_left_alone(&machine.connection, sh).await;
        machine.connection.close().await;
    }
}

async fn is_left_alone(connection: &Connection, of: &str) {
    let project = Project::new(connection);
    let history = project.history();
    fs::create_dir_all(history.join("history-dir.jsonl")).unwrap();
    let secret = project.dir.join("secret");
    fs::write(&secret, "secret\n").unwrap();
    symlink(&secret, history.join("history-link.jsonl")).unwrap();
    symlink("/nowhere", history.join("history-loose.jsonl")).unwrap();
    fs::write(history.join("history-a b.jsonl"), "{}\n").unwrap();
    fs::write(history.join("history-ü.jsonl"), "{}\n").unwrap();
    fs::write(history.join("history-new\nline.jsonl"), "{}\n").unwrap();
    // Both would be a line of a listing.
    let forged = "17 -rw-r--r-- 1 0 0 300 x history-forged.jsonl";
    fs::write(history.join(format!("history-\n{forged}")), "{}\n").unwrap();
    symlink(format!("x\n{forged}"), history.join("history-odd.jsonl")).unwrap();
    fs::write(history.join(".history-hidden.jsonl"), "{}\n").unwrap();
    fs::write(history.join("notes.jsonl"), "{}\n").unwrap();
    fs::write(history.join("history-good.local.jsonl"), "{}\n").unwrap();
    let fifo = history.join("history-fifo.jsonl");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let look = project.files.look(&[], 0).await.unwrap();
    let files: Vec<&str> = look.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(files, ["history-good.local.jsonl"], "{of}");
    let odd: Vec<(&str, OddKind)> =
        look.odd.iter().map(|odd| (odd.name.as_str(), odd.kind)).collect();
    let expected = [
        ("history-?17 -rw-r--r-- 1 0 0 300 x history-forged.jsonl", OddKind::Name),
        ("history-a b.jsonl", OddKind::Name),
        ("history-dir.jsonl", OddKind::Directory),
        ("history-fifo.jsonl", OddKind::Special),
        ("history-link.jsonl", OddKind::Symlink),
        ("history-loose.jsonl", OddKind::Symlink),
        ("history-new?line.jsonl", OddKind::Name),
        ("history-odd.jsonl", OddKind::Symlink),
        ("history-ü.jsonl", OddKind::Name),
    ];
    assert_eq!(odd, expected, "{of}");
    for (name, why) in [
        ("history-dir.jsonl", Denial::InTheWay),
        ("history-fifo.jsonl", Denial::InTheWay),
        ("history-link.jsonl", Denial::Symlink),
        ("history-loose.jsonl", Denial::Symlink),
    ] {
        let line = shared_history::NewLine { id: "1", text: b"{}" };
        let append = shared_history::Append { name, lines: &[line], in_doubt: true, mend: None };
        assert_eq!(denial(project.files.append(&append).await).0, why, "{of}: {name}");
        assert_eq!(denial(project.files.trim(name, 0).await).0, why, "{of}: {name}");
        assert_eq!(read(&project.files, name, 0, 100).await, b"", "{of}: {name}");
    }
    assert_eq!(fs::read(&secret).unwrap(), b"secret\n", "{of}");
    for name in ["../history-x.jsonl", "history-a b.jsonl", "notes.jsonl", "history-x.jsonl\n"] {
        let append = shared_history::Append { name, lines: &[], in_doubt: false, mend: None };
        let (why, _) = denial(project.files.append(&append).await);
        assert!(matches!(why, Denial::Other(_)), "{of}: {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_where_a_directory_should_be_is_said() {
    for (transport, host) in hosts() {
        for which in [".maestro", ".maestro/history"] {
            let project = Project::new(&host.connection);
            fs::create_dir_all(project.dir.join(which).parent().unwrap()).unwrap();
            fs::write(project.dir.join(which), "mine").unwrap();
            for refused in [
                project.files.look(&[], 0).await.map(drop),
                project.append(&[("1", b"{}")]).await.map(drop),
            ] {
                let (why, path) = denial(refused);
                assert_eq!(why, Denial::InTheWay, "{transport}: {which}");
                assert_eq!(path, project.dir.join(which).to_str().unwrap(), "{transport}");
            }
            assert_eq!(fs::read(project.dir.join(which)).unwrap(), b"mine", "{transport}");
        }
        // A lock that leads elsewhere makes nothing there.
        let project = Project::new(&host.connection);
        let elsewhere = short_dir();
        fs::create_dir_all(project.history()).unwrap();
        let lock = project.history().join(format!(".{NAME}.lock"));
        symlink(elsewhere.path().join("made"), lock).unwrap();
        assert_eq!(denial(project.append(&[("1", b"{}")]).await).0, Denial::Symlink, "{transport}");
        assert!(!elsewhere.path().join("made").exists(), "{transport}");
        host.connection.close().await;
    }
}
