//! What no question about files and no change of them does, whoever else is at work on the host.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use baton_tests::{LoginShells, TestSshd};
use orchestrator::failure::Code;
use orchestrator::seam::{Expected, FilePath};

use crate::desk::Laptop;
use crate::files_bed::{FileBed, WAYS, with_sh};
use crate::transfers_bed::Mounted;

/// Behind every way, and without a shell.
async fn all() -> Vec<(&'static str, FileBed)> {
    let mut all = Vec::new();
    for way in WAYS {
        all.push((way, FileBed::by(way).await));
    }
    let sshd = TestSshd::builder().force_command("internal-sftp").start();
    let laptop = Laptop::over(sshd.write_client_config("box", &[]), "openssh");
    all.push(("sftp", FileBed::on(laptop, Some(sshd), "box").await));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_names_nothing_replaces_nothing() {
    for (way, bed) in all().await {
        fs::write(bed.root.join("a"), "old").unwrap();
        for version in ["", "-"] {
            for name in ["a", "gone"] {
                let expected = Expected::Version(version.to_owned());
                let refused = bed.write(name, b"new", expected).await.unwrap_err();
                assert_eq!(refused.code, Code::Conflict, "{way}: {version:?}: {refused:?}");
            }
        }
        assert_eq!(fs::read(bed.root.join("a")).unwrap(), b"old", "{way}");
        assert_eq!(bed.names(), ["a"], "{way}");
        bed.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_saves_of_one_version_one_is_refused() {
    for sh in ["dash", "busybox"] {
        let bed = FileBed::local(|laptop| with_sh(laptop, sh)).await;
        bed.write("a", b"first", Expected::Absent).await.unwrap();
        for round in 0..40 {
            let version = || async { Expected::Version(bed.stat("a").await.unwrap().version) };
            let (one, other) = (version().await, version().await);
            let (texts, now) = ([format!("one {round}"), format!("other {round}")], "a");
            let (one, other) = tokio::join!(
                bed.write(now, texts[0].as_bytes(), one),
                bed.write(now, texts[1].as_bytes(), other)
            );
            let saved = [one.is_ok(), other.is_ok()];
            let kept = fs::read_to_string(bed.root.join("a")).unwrap();
            let refused = [one, other].into_iter().filter_map(Result::err);
            let codes: Vec<_> = refused.map(|failure| failure.code).collect();
            assert_eq!(codes, [Code::Conflict], "{sh}: {round}: {saved:?}");
            assert_eq!(kept, texts[usize::from(saved[1])], "{sh}: {round}: {saved:?}");
        }
        // One that died with the lock, here and elsewhere, holds nobody up.
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let boot = boot.split('-').next().unwrap();
        symlink(format!("{boot}.999999999.word"), bed.root.join(".baton-save.lock")).unwrap();
        let version = Expected::Version(bed.stat("a").await.unwrap().version);
        bed.write("a", b"next", version).await.unwrap();
        assert_eq!(bed.names(), ["a"], "{sh}");
        if sh == "dash" {
            // Its name may look like the number of a process, and it isn't ours to judge.
            let lock = bed.root.join(".baton-save.lock");
            symlink("99999999.1.word", &lock).unwrap();
            let version = Expected::Version(bed.stat("a").await.unwrap().version);
            bed.write("a", b"last", version).await.unwrap();
            assert_eq!(fs::read(bed.root.join("a")).unwrap(), b"last", "{sh}");
            assert!(lock.is_symlink(), "{sh}");
        }
        bed.stop().await;
    }
}

/// On this machine, with a program that stands before the system's `name`.
async fn with_program(name: &str, script: &str) -> FileBed {
    FileBed::local(|laptop| {
        with_sh(laptop, "dash");
        let path = laptop.path("home/bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_gives_less_than_was_asked_for_has_not_shown_the_end_of_a_file() {
    let bed = with_program(
        "dd",
        "case $* in bs=4096*) exec /usr/bin/dd bs=1000 count=1 ;; esac\nexec /usr/bin/dd \"$@\"",
    )
    .await;
    fs::write(bed.root.join("a"), vec![b'a'; 5000]).unwrap();
    let refused = bed.read("a").await.unwrap_err();
    assert!(!refused.message.is_empty(), "{refused:?}");
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_whose_turn_was_missed_by_a_moment_takes_the_next_one() {
    let tools = tempfile::tempdir().unwrap();
    let tries = tools.path().join("tries");
    // Whoever has the turn is done before it is looked who that was, six times.
    let script = format!(
        "#!/bin/sh\ncase $* in *.baton-save.lock) echo >>{tries}; [ \"$(wc -l <{tries})\" -gt 6 ] || exit 1 ;; esac\nexec /bin/ln \"$@\"\n",
        tries = tries.display()
    );
    let bed = FileBed::local(|laptop| {
        with_sh(laptop, "dash");
        let ln = laptop.path("home/bin/ln");
        fs::write(&ln, &script).unwrap();
        fs::set_permissions(&ln, fs::Permissions::from_mode(0o755)).unwrap();
    })
    .await;
    fs::write(bed.root.join("a"), "old").unwrap();
    let version = Expected::Version(bed.stat("a").await.unwrap().version);
    bed.write("a", b"new", version).await.unwrap();
    assert_eq!(fs::read(bed.root.join("a")).unwrap(), b"new");
    assert_eq!(fs::read(&tries).unwrap().len(), 7, "it was saved without its turn");
    assert_eq!(bed.names(), ["a"]);
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_is_not_written_without_a_shell_either() {
    let shells = LoginShells::named(&["dash"]);
    let sshd = TestSshd::builder().login_shells(shells).force_command("internal-sftp").start();
    let home = fs::metadata(sshd.home_of("dash")).unwrap();
    let (owner, group) = (home.uid(), home.gid());
    let laptop = Laptop::over(sshd.write_client_config_as("dash", "box", &[]), "openssh");
    let bed = FileBed::on(laptop, Some(sshd), "box").await;
    fs::set_permissions(&bed.root, fs::Permissions::from_mode(0o777)).unwrap();
    let path = bed.root.join("a");
    fs::write(&path, "old").unwrap();
    chown(&path, Some(owner), Some(group)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let refused = bed.write("a", b"new", Expected::Anything).await.unwrap_err();
    assert_eq!(refused.code, Code::PermissionDenied, "{refused:?}");
    assert_eq!((fs::read(&path).unwrap(), bed.names()), (b"old".to_vec(), vec!["a".to_owned()]));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    bed.write("a", b"new", Expected::Anything).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_system_makes_up_is_read_and_a_window_may_lie_beyond_all_numbers() {
    let made_up = "/sys/kernel/mm/transparent_hugepage/enabled";
    let text = fs::read(made_up).unwrap();
    for (way, bed) in all().await {
        let read = bed.read(made_up).await.unwrap();
        assert_eq!((&read.bytes, read.end), (&text, true), "{way}");
        fs::write(bed.root.join("a"), "text").unwrap();
        for offset in [4, 1 << 40, u64::MAX - 70_000, u64::MAX] {
            let read = bed.read_at("a", offset, 100_000).await.unwrap();
            assert_eq!((read.bytes.len(), read.end), (0, true), "{way}: {offset}");
        }
        bed.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_followed_by_their_whole_names_when_the_place_is_gone() {
    for way in WAYS {
        let bed = FileBed::by(way).await;
        fs::create_dir(bed.beside("other")).unwrap();
        fs::write(bed.beside("other/file"), "text").unwrap();
        symlink("file", bed.beside("other/link")).unwrap();
        fs::remove_dir(&bed.root).unwrap();
        let read = bed.read(bed.beside("other/link").to_str().unwrap()).await.unwrap();
        assert_eq!(read.bytes, b"text", "{way}");
        let refused = bed.read("link").await.unwrap_err();
        assert_eq!(refused.code, Code::NotFound, "{way}: {refused:?}");
        bed.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_before_another_one_fails_is_said() {
    for (way, bed) in all().await {
        fs::write(bed.root.join("a"), "").unwrap();
        fs::create_dir(bed.root.join("disk")).unwrap();
        let disk = Mounted::at(&bed.root.join("disk"), "size=64k");
        let paths = ["a", "disk"].map(FilePath::from);
        let failed = bed.delete(&paths, true).await.unwrap_err();
        assert!(
            failed.message.ends_with("; what was named before it is deleted"),
            "{way}: {failed:?}"
        );
        assert_eq!(bed.names(), ["disk"], "{way}");
        let failed = bed.delete(&paths[1..], true).await.unwrap_err();
        assert!(!failed.message.contains("before it"), "{way}: {failed:?}");
        drop(disk);
        bed.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_of_one_file_are_not_moved_onto_each_other() {
    for way in WAYS {
        let bed = FileBed::by(way).await;
        fs::write(bed.root.join("ha"), "text").unwrap();
        for other in ["HA", "hb"] {
            fs::hard_link(bed.root.join("ha"), bed.root.join(other)).unwrap();
            for replace in [false, true] {
                let refused = bed.rename("ha", other, replace).await.unwrap_err();
                assert_eq!(refused.code, Code::Conflict, "{way}: {other}: {refused:?}");
            }
        }
        assert_eq!(bed.names(), ["HA", "ha", "hb"], "{way}");
        bed.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_the_way_of_a_move_is_said_by_whatever_mv() {
    // As of coreutils 9.2 on: something came to that name, and nothing is said.
    let bed = FileBed::local(|laptop| {
        with_sh(laptop, "dash");
        let mv = laptop.path("home/bin/mv");
        fs::write(&mv, "#!/bin/sh\nfor last; do :; done\n: >\"$last\"\nexit 1\n").unwrap();
        fs::set_permissions(&mv, fs::Permissions::from_mode(0o755)).unwrap();
    })
    .await;
    fs::write(bed.root.join("a"), "text").unwrap();
    let refused = bed.rename("a", "b", false).await.unwrap_err();
    assert_eq!(refused.code, Code::Conflict, "{refused:?}");
    assert_eq!(bed.names(), ["a", "b"]);
    bed.stop().await;
}
