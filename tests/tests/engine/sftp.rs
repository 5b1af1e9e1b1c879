//! Files of hosts whose shell runs nothing, through their sftp server.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use baton_tests::{LoginShells, TestSshd};
use orchestrator::failure::Code;
use orchestrator::seam::{Expected, FileCommand, FileKind, FilePath};
use orchestrator::transfer::Terms;

use crate::desk::Laptop;
use crate::files::checks;
use crate::files_bed::FileBed;
use crate::transfers_bed::{Bed, Mounted, bytes, replacing};

const WAYS: [&str; 2] = ["openssh", "native"];

/// A server that runs nothing but sftp.
async fn forced(way: &str) -> FileBed {
    let sshd = TestSshd::builder().force_command("internal-sftp").start();
    let laptop = Laptop::over(sshd.write_client_config("box", &[]), way);
    FileBed::on(laptop, Some(sshd), "box").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_front_ends_may_rely_on_is_the_same_without_a_shell() {
    for way in WAYS {
        macro_rules! check {
            ($($name:ident)*) => {$({
                let bed = forced(way).await;
                checks::$name(&bed).await;
                bed.stop().await;
            })*};
        }
        check! {
            odd_names_are_read_written_moved_and_deleted
            a_file_that_changed_meanwhile_is_not_overwritten
            what_lies_outside_is_changed_only_when_that_was_said
            directories_are_made_files_moved_and_deleted
            files_are_found_by_some_of_their_letters
            a_file_that_was_made_just_now_is_found
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_neither_read_nor_replaced() {
    for way in WAYS {
        let bed = forced(way).await;
        rustix::fs::mkfifoat(rustix::fs::CWD, bed.root.join("pipe"), 0o600.into()).unwrap();
        assert_eq!(bed.read("pipe").await.unwrap_err().code, Code::Unsupported, "{way}");
        let error = bed.write("pipe", b"x", Expected::Anything).await.unwrap_err();
        assert_eq!(error.code, Code::Unsupported, "{way}: {error:?}");
        let error = bed.write("x".repeat(300), b"x", Expected::Absent).await.unwrap_err();
        assert_eq!(error.code, Code::Usage, "{way}: {error:?}");
        assert_eq!(bed.names(), ["pipe"], "{way}");
        // The server answers on.
        bed.write("a", b"one", Expected::Absent).await.unwrap();
        bed.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_work_and_a_home_are_not_deleted_and_what_holds_them_is_not_either() {
    let bed = forced("openssh").await;
    fs::write(bed.root.join("a"), "kept").unwrap();
    let above = bed.root.parent().unwrap().to_str().unwrap();
    let root = bed.root.to_str().unwrap();
    for path in [root, above, "/", ".", "~"] {
        let (at, paths) = (bed.at(), vec![FilePath::from(path)]);
        let delete = FileCommand::Delete { at, paths, recursive: true, outside: true };
        let error = bed.wish(delete).await.unwrap_err();
        assert_eq!(error.code, Code::Usage, "{path}: {error:?}");
    }
    assert_eq!(fs::read(bed.root.join("a")).unwrap(), b"kept");
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_keeps_what_was_there() {
    let bed = forced("openssh").await;
    let disk = Mounted::at(&bed.root, "size=64k");
    fs::write(bed.root.join("a"), "old").unwrap();
    let full = bed.write("a", &[b'n'; 100_000], Expected::Anything).await.unwrap_err();
    assert_eq!(full.code, Code::TooLarge, "{full:?}");
    assert!(full.message.contains("the disk is full"), "{full:?}");
    assert_eq!(
        (fs::read(bed.root.join("a")).unwrap(), bed.names()),
        (b"old".to_vec(), vec!["a".to_owned()])
    );
    bed.write("a", b"new", Expected::Anything).await.unwrap();
    drop(disk);
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_listed_with_names_of_every_kind() {
    for way in WAYS {
        let bed = forced(way).await;
        let odd: [&[u8]; 4] = [b"\xff\xfe", b"-rf", b"new\nline", " größe ".as_bytes()];
        for name in odd {
            fs::write(bed.root.join(OsStr::from_bytes(name)), "xyz").unwrap();
        }
        fs::write(bed.root.join("bell\x07rung"), "").unwrap();
        let found = bed.find("bell", 10).await.unwrap();
        assert_eq!(found.files.len(), 1, "{way}: {found:?}");
        fs::remove_file(bed.root.join("bell\x07rung")).unwrap();
        fs::create_dir(bed.root.join("dir")).unwrap();
        symlink("dir", bed.root.join("link")).unwrap();
        symlink("gone", bed.root.join("nowhere")).unwrap();
        symlink("/etc", bed.root.join("out")).unwrap();
        let listing = bed.list("").await.unwrap();
        let find = |name: &[u8]| {
            let found = listing.entries.iter().find(|entry| entry.path.bytes() == name);
            found.unwrap_or_else(|| panic!("{way}: {name:?} in {listing:?}")).clone()
        };
        for name in odd {
            assert_eq!((find(name).kind, find(name).size), (FileKind::File, 3), "{way}");
        }
        assert_eq!(find(b"dir").kind, FileKind::Directory, "{way}");
        let link = find(b"link");
        assert_eq!((link.kind, link.outside), (FileKind::Directory, false), "{way}");
        assert_eq!(link.link, Some(FilePath::from("dir")), "{way}");
        assert_eq!(find(b"nowhere").kind, FileKind::Broken, "{way}");
        assert!(find(b"out").outside, "{way}");
        assert_eq!(listing.entries.len(), 8, "{way}");
        let gone = bed.list("gone").await.unwrap_err();
        assert_eq!(gone.code, Code::NotFound, "{way}: {gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_of_a_large_file_is_read_and_nothing_else() {
    for way in WAYS {
        let bed = forced(way).await;
        let body: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
        fs::write(bed.root.join("a"), &body).unwrap();
        let window = bed.read_at("a", 1_000_001, 700_000).await.unwrap();
        assert!(window.bytes == body[1_000_001..1_700_001], "{way}");
        assert!(!window.end, "{way}");
        let window = bed.read_at("a", 2_999_990, 100).await.unwrap();
        assert!(window.end && window.bytes == body[2_999_990..], "{way}");
        fs::create_dir(bed.root.join("dir")).unwrap();
        let error = bed.read("dir").await.unwrap_err();
        assert_eq!(error.code, Code::IsDirectory, "{way}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_is_whole_and_refused_when_the_file_was_changed() {
    for way in WAYS {
        let bed = forced(way).await;
        let path = bed.root.join("a");
        fs::write(&path, "one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let read = bed.read("a").await.unwrap();
        let version = Expected::Version(read.file.version);
        let written = bed.write("a", b"two", version.clone()).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two", "{way}");
        assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o640, "{way}");
        // Who looks whether it is still the same, compares with what was read, or saves over what was looked at.
        let looked_at = bed.stat("a").await.unwrap().version;
        assert_eq!(looked_at, written.version, "{way}");
        let times = fs::FileTimes::new().set_modified(path.metadata().unwrap().modified().unwrap());
        fs::write(&path, "2nd").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
        assert_ne!(bed.stat("a").await.unwrap().version, looked_at, "{way}");
        let error = bed.write("a", b"six", Expected::Version(looked_at)).await.unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{way}: {error:?}");
        fs::write(&path, "two").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
        // What was read first is no longer there; in the same second, and of the same size.
        let error = bed.write("a", b"six", version).await.unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{way}: {error:?}");
        let error = bed.write("a", b"six", Expected::Absent).await.unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{way}: {error:?}");
        assert_eq!(fs::read(&path).unwrap(), b"two", "{way}");
        let large = vec![b'x'; 3_000_000];
        bed.write("a", &large, Expected::Version(written.version)).await.unwrap();
        assert!(fs::read(&path).unwrap() == large, "{way}");
        bed.write("new", b"new", Expected::Absent).await.unwrap();
        // A link stays one.
        symlink("new", bed.root.join("link")).unwrap();
        bed.write("link", b"through", Expected::Anything).await.unwrap();
        assert!(bed.root.join("link").symlink_metadata().unwrap().is_symlink(), "{way}");
        assert_eq!(fs::read(bed.root.join("new")).unwrap(), b"through", "{way}");
        // Nothing outside.
        symlink(bed.beside("out"), bed.root.join("away")).unwrap();
        fs::write(bed.beside("out"), "kept").unwrap();
        for outside in ["away", "../out", bed.beside("out").to_str().unwrap()] {
            let error = bed.write(outside, b"x", Expected::Anything).await.unwrap_err();
            assert_eq!(error.code, Code::PermissionDenied, "{way}: {outside}: {error:?}");
        }
        assert_eq!(fs::read(bed.beside("out")).unwrap(), b"kept", "{way}");
        assert_eq!(bed.names(), ["a", "away", "link", "new"], "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_and_fetched_without_a_shell() {
    for way in WAYS {
        let bed = Bed::without_a_shell(way);
        let body = bytes(5_000_001);
        let local = bed.here("a");
        for name in ["plain", "new\nline ", "-rf", &"x".repeat(255)] {
            fs::write(&local, &body).unwrap();
            fs::set_permissions(&local, fs::Permissions::from_mode(0o751)).unwrap();
            let when = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
            fs::File::open(&local).unwrap().set_modified(when).unwrap();
            bed.put(&local, name).await.unwrap();
            let about = bed.there(name).metadata().unwrap();
            assert_eq!((about.mode() & 0o777, about.modified().unwrap()), (0o751, when), "{way}");
            assert!(fs::read(bed.there(name)).unwrap() == body, "{way}");
            bed.get_on(name, &bed.here("back"), &replacing()).await.unwrap();
            assert!(fs::read(bed.here("back")).unwrap() == body, "{way}");
            let about = bed.here("back").metadata().unwrap();
            assert_eq!(about.modified().unwrap(), when, "{way}");
        }
        // What is there, and what stands in the way.
        fs::write(bed.there("old"), "old").unwrap();
        fs::set_permissions(bed.there("old"), fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(bed.put(&local, "old").await.unwrap_err().code, Code::Conflict);
        assert_eq!(fs::read(bed.there("old")).unwrap(), b"old");
        bed.put_on(&local, "old", &replacing()).await.unwrap();
        assert_eq!(bed.there("old").metadata().unwrap().mode() & 0o777, 0o600);
        fs::create_dir(bed.there("dir")).unwrap();
        for (remote, code) in
            [("gone/a", Code::DirMissing), ("dir", Code::IsDirectory), ("..", Code::Usage)]
        {
            let error = bed.put_on(&local, remote, &replacing()).await.unwrap_err();
            assert_eq!(error.code, code, "{way}: {remote}: {error:?}");
        }
        let error = bed.get("gone", &bed.here("b")).await.unwrap_err();
        assert_eq!(error.code, Code::NotFound, "{way}: {error:?}");
        let inside = Terms { outside: false, ..replacing() };
        let error = bed.put_on(&local, "../a", &inside).await.unwrap_err();
        assert_eq!(error.code, Code::PermissionDenied, "{way}: {error:?}");
        assert_eq!(bed.names_there().iter().filter(|name| name.contains(".baton")).count(), 0);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_shell_is_no_obstacle_where_there_is_sftp() {
    let shells = LoginShells::named(&["rbash", "nologin"]);
    let sshd = std::sync::Arc::new(TestSshd::builder().login_shells(shells).start());
    let laptop = Laptop::over(sshd.write_client_config_as("rbash", "box", &[]), "openssh");
    let bed = FileBed::on(laptop, None, "box").await;
    fs::set_permissions(&bed.root, fs::Permissions::from_mode(0o777)).unwrap();
    bed.write("a", b"one", Expected::Absent).await.unwrap();
    assert_eq!(fs::read(bed.root.join("a")).unwrap(), b"one");
    assert_eq!(bed.read("a").await.unwrap().bytes, b"one");
}

/// A server whose shells work but for the first one, which ends as if its link were cut.
fn stumbling(dir: &std::path::Path) -> TestSshd {
    let (script, first) = (dir.join("shell"), dir.join("first"));
    fs::write(&first, "").unwrap();
    let lines = format!(
        "#!/bin/sh\nif rm {} 2>/dev/null; then exit 1; fi\ncase $SSH_ORIGINAL_COMMAND in\n\
         internal-sftp*) for server in /usr/lib*/openssh/sftp-server /usr/libexec/sftp-server; do\n\
         [ ! -x \"$server\" ] || exec \"$server\"\ndone ;;\nesac\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n",
        first.display(),
    );
    fs::write(&script, lines).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    TestSshd::builder().force_command(script.to_str().unwrap()).start()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_that_fails_once_does_not_make_files_go_by_sftp() {
    for way in WAYS {
        let dir = baton_tests::short_dir();
        let sshd = stumbling(dir.path());
        let laptop = Laptop::over(sshd.write_client_config("box", &[]), way);
        let bed = FileBed::on(laptop, Some(sshd), "box").await;
        let saved = bed.write("a", b"one", Expected::Absent).await.unwrap();
        assert!(!saved.version.starts_with("sftp-"), "{way}: {saved:?}");
        assert!(!dir.path().join("first").exists(), "{way}: no shell has failed");
        // What names its state is understood by whoever asks next.
        bed.write("a", b"two", Expected::Version(saved.version)).await.unwrap();
        bed.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_neither_says_what_its_shell_says() {
    let sshd = TestSshd::builder().force_command("/bin/false").without_sftp().start();
    let laptop = Laptop::over(sshd.write_client_config("box", &[]), "openssh");
    let bed = FileBed::on(laptop, Some(sshd), "box").await;
    let error = bed.list("").await.unwrap_err();
    assert_eq!(error.code, Code::ShellBroken, "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_is_said_and_another_one_is_asked() {
    let bed = forced("openssh").await;
    fs::write(bed.root.join("a"), "one").unwrap();
    bed.read("a").await.unwrap();
    bed.sshd.as_ref().unwrap().cut_connections();
    let read = async {
        loop {
            match bed.read("a").await {
                Ok(window) => return window,
                Err(error) => assert!(
                    matches!(error.code, Code::ConnectionLost | Code::ConnectionClosed),
                    "{error:?}"
                ),
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await; // wait: between two tries
        }
    };
    let read = tokio::time::timeout(std::time::Duration::from_secs(30), read).await;
    assert_eq!(read.expect("it never came back").bytes, b"one");
}
