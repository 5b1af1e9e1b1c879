//! Files under odd shells, poor programs, other accounts, full disks, and others who write at the same time.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_tests::{LoginShells, TestSshd};
use orchestrator::failure::Code;
use orchestrator::seam::{Expected, FileKind, FilePath};

use crate::desk::Laptop;
use crate::files::{NAMES, checks};
use crate::files_bed::{FileBed, with_sh};

/// An account of a server, in a directory that is its own.
async fn account(sshd: TestSshd, shell: &str) -> FileBed {
    let config = sshd.write_client_config_as(shell, "box", &[]);
    let home = sshd.home_of(shell).to_owned();
    let bed = FileBed::on(Laptop::over(config, "openssh"), Some(sshd), "box").await;
    let owner = fs::metadata(home).unwrap();
    chown(&bed.root, Some(owner.uid()), Some(owner.gid())).unwrap();
    bed
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_told_and_written_under_every_login_shell() {
    let all = LoginShells::usable_names().into_iter().map(|shell| {
        tokio::spawn(async move {
            let sshd = TestSshd::builder().login_shells(LoginShells::named(&[shell])).start();
            let bed = account(sshd, shell).await;
            checks::odd_names_are_read_written_moved_and_deleted(&bed).await;
            let big = vec![b'\0'; 300_000];
            bed.write("big", &big, Expected::Absent).await.unwrap();
            assert_eq!(bed.read_at("big", 0, 1 << 20).await.unwrap().bytes, big, "{shell}");
            let home = bed.stat("~").await.unwrap();
            assert_eq!(home.kind, FileKind::Directory, "{shell}");
            assert!(home.path.text().unwrap().ends_with(&format!("home-{shell}")), "{home:?}");
            bed.stop().await;
        })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_told_and_written_by_every_sh_and_with_busybox_alone() {
    for sh in ["dash", "bash", "mksh", "busybox"] {
        let bed = async || FileBed::local(|laptop| with_sh(laptop, sh)).await;
        macro_rules! check {
            ($($name:ident)*) => {$({
                let bed = bed().await;
                checks::$name(&bed).await;
                bed.stop().await;
            })*};
        }
        check! {
            odd_names_are_read_written_moved_and_deleted
            many_files_are_read_at_once
            a_file_is_written_at_once_and_keeps_what_it_was
            a_file_that_changed_meanwhile_is_not_overwritten
            what_lies_outside_is_changed_only_when_that_was_said
            directories_are_made_files_moved_and_deleted
        }
        // busybox knows whole seconds alone: what becomes of a large file within one isn't seen.
        if sh != "busybox" {
            check! { windows_are_all_that_moves_of_a_large_file }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poor_hosts_directory_has_its_links_and_its_newlines() {
    let bed = FileBed::local(|laptop| with_sh(laptop, "busybox")).await;
    for name in NAMES {
        let name = FilePath(name.to_vec());
        bed.write(FilePath::from("./").join(name.bytes()), b"12345", Expected::Absent)
            .await
            .unwrap();
    }
    symlink("..", bed.root.join("up")).unwrap();
    symlink("nowhere", bed.root.join("broken")).unwrap();
    let listing = bed.list("").await.unwrap();
    assert_eq!(listing.entries.len(), NAMES.len() + 2);
    for name in NAMES {
        let found = listing.entries.iter().find(|entry| entry.path.bytes() == name);
        assert_eq!(found.map(|entry| (entry.kind, entry.size)), Some((FileKind::File, 5)));
    }
    let link = |name: &str| {
        let entry = listing.entries.iter().find(|entry| entry.path.text() == Some(name)).unwrap();
        (entry.kind, entry.link.clone().unwrap(), entry.outside)
    };
    assert_eq!(link("up"), (FileKind::Directory, "..".into(), true));
    assert_eq!(link("broken"), (FileKind::Broken, "nowhere".into(), false));
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_may_not_do_is_said_and_nothing_is_changed() {
    let sshd = TestSshd::builder().login_shells(LoginShells::named(&["dash"])).start();
    let bed = account(sshd, "dash").await;
    let owner = fs::metadata(&bed.root).unwrap().uid();
    let put = |name: &str, mode: u32, uid: u32| {
        let path = bed.root.join(name);
        fs::write(&path, "theirs").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        chown(&path, Some(uid), None).unwrap();
        path
    };
    let folder = |name: &str, mode: u32| {
        let path = bed.root.join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    put("secret", 0o600, 0);
    put("read-only", 0o444, owner);
    let others = put("others", 0o666, 0);
    let locked = folder("locked", 0o700);
    fs::write(locked.join("in"), "").unwrap();
    let still = folder("still", 0o755);
    fs::write(still.join("in"), "theirs").unwrap();
    fs::set_permissions(still.join("in"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::create_dir(bed.beside("unseen")).unwrap();

    assert_eq!(bed.read("secret").await.unwrap_err().code, Code::PermissionDenied);
    assert_eq!(bed.list("locked").await.unwrap_err().code, Code::PermissionDenied);
    assert_eq!(bed.stat("locked/in").await.unwrap_err().code, Code::PermissionDenied);
    assert_eq!(bed.stat("read-only").await.unwrap().writable, Some(false));
    assert_eq!(bed.stat("others").await.unwrap().writable, Some(true));
    // A file of somebody else's would become this account's.
    for path in ["secret", "read-only", "others", "still/in", "still/new", "locked/new"] {
        let refused = bed.write(path, b"mine", Expected::Anything).await.unwrap_err();
        assert_eq!(refused.code, Code::PermissionDenied, "{path}: {refused:?}");
        assert!(refused.hint.is_some(), "{path}: {refused:?}");
    }
    assert_eq!(bed.mkdir("still/x", false).await.unwrap_err().code, Code::PermissionDenied);
    let delete = bed.delete(&["still/in".into()], false).await;
    assert_eq!(delete.unwrap_err().code, Code::PermissionDenied);
    let rename = bed.rename("still/in", "in", false).await;
    assert_eq!(rename.unwrap_err().code, Code::PermissionDenied);
    assert_eq!(fs::read(&others).unwrap(), b"theirs");
    assert_eq!(fs::metadata(&others).unwrap().uid(), 0);
    assert_eq!(bed.names(), ["locked", "others", "read-only", "secret", "still"]);
    bed.stop().await;
}

/// A file system of its own at a place, gone on drop.
pub struct Mounted(PathBuf);

impl Mounted {
    pub fn at(place: &Path, options: &str) -> Self {
        let mut mount = Program::new("mount");
        let mounted =
            mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place).status().unwrap();
        assert!(mounted.success(), "this test needs root, to mount a small disk");
        Self(place.to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let gone = Program::new("umount").arg("-l").arg(&self.0).status();
        assert!(gone.is_ok_and(|status| status.success()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_nothing_of_what_was_there() {
    for sh in ["dash", "busybox"] {
        let bed = FileBed::local(|laptop| with_sh(laptop, sh)).await;
        let disk = Mounted::at(&bed.root, "size=64k");
        let old = vec![b'o'; 8 << 10];
        bed.write("a", &old, Expected::Absent).await.unwrap();
        // By a call, and by a channel.
        for size in [15 << 10, 1 << 20] {
            Program::new("sh")
                .args(["-c", "cat /dev/zero >fill 2>/dev/null || :"])
                .current_dir(&bed.root)
                .status()
                .unwrap();
            let full = bed.write("a", &vec![b'n'; size], Expected::Anything).await.unwrap_err();
            assert_eq!(full.code, Code::TooLarge, "{sh}: {full:?}");
            assert!(full.message.contains("the disk is full"), "{sh}: {full:?}");
            let new = bed.write("new", &vec![b'n'; size], Expected::Absent).await.unwrap_err();
            assert_eq!(new.code, Code::TooLarge, "{sh}: {new:?}");
            assert_eq!(fs::read(bed.root.join("a")).unwrap(), old, "{sh}");
            assert_eq!(bed.names(), ["a", "fill"], "{sh}");
        }
        fs::remove_file(bed.root.join("fill")).unwrap();
        bed.write("a", b"new", Expected::Anything).await.unwrap();
        Program::new("mount").args(["-o", "remount,ro"]).arg(&bed.root).status().unwrap();
        let refused = bed.write("a", b"newer", Expected::Anything).await.unwrap_err();
        assert_eq!(refused.code, Code::PermissionDenied, "{sh}: {refused:?}");
        drop(disk);
        bed.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_while_it_is_read_is_one_or_the_other() {
    let bed = FileBed::by("openssh").await;
    let place = bed.root.join("a");
    let texts = [vec![b'a'; 200_000], vec![b'b'; 150_000]];
    fs::write(&place, &texts[0]).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (over, texts, place, other) =
            (Arc::clone(&over), texts.clone(), place.clone(), bed.beside("other"));
        move || {
            let mut turn = 0;
            while !over.load(Ordering::SeqCst) {
                turn += 1;
                fs::write(&other, &texts[turn % 2]).unwrap();
                fs::rename(&other, &place).unwrap();
                #[expect(clippy::disallowed_methods, reason = "a thread of its own")]
                std::thread::sleep(Duration::from_millis(7)); // wait: so that some reads are undisturbed
            }
        }
    });
    let mut whole = 0;
    for _ in 0..30 {
        match bed.read_at("a", 0, 250_000).await {
            Ok(window) => {
                assert!(texts.contains(&window.bytes), "a mixture");
                assert_eq!(window.file.size, window.bytes.len() as u64);
                whole += 1;
            }
            Err(restless) => assert_eq!(restless.code, Code::Conflict, "{restless:?}"),
        }
    }
    over.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    assert!(whole > 0);
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_while_it_is_read_is_read() {
    let bed = FileBed::by("local").await;
    let place = bed.root.join("log");
    fs::write(&place, "").unwrap();
    let mut log = Program::new("sh")
        .args(["-c", "while :; do echo line; done >>log"])
        .current_dir(&bed.root)
        .spawn()
        .unwrap();
    let begun = async || fs::metadata(&place).unwrap().len() > 100_000;
    crate::support::until("it grows", begun).await;
    let read = bed.read_at("log", 50_000, 5).await;
    log.kill().unwrap();
    log.wait().unwrap();
    assert_eq!(read.unwrap().bytes, b"line\n");
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_a_hundred_thousand_entries_is_listed_and_searched() {
    let bed = FileBed::by("openssh").await;
    for number in 0..100_000 {
        let name = format!("entry number {number:06} of a large directory.txt");
        fs::File::create(bed.root.join(name)).unwrap();
    }
    let start = Instant::now();
    let listing = bed.list("").await.unwrap();
    assert_eq!((listing.entries.len(), listing.more), (100_000, false));
    assert!(listing.entries.is_sorted_by_key(|entry| &entry.path));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let found = bed.find("099999", 5).await.unwrap();
    assert_eq!(found.files[0].path, "entry number 099999 of a large directory.txt");
    assert_eq!((found.looked_at, found.whole), (100_000, true));
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_disappears_while_a_directory_is_listed_costs_nothing_else() {
    let bed = FileBed::by("local").await;
    for number in 0..200 {
        fs::write(bed.root.join(format!("stays {number}")), "").unwrap();
    }
    let over = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (over, root) = (Arc::clone(&over), bed.root.clone());
        move || {
            while !over.load(Ordering::SeqCst) {
                for number in 0..50 {
                    fs::write(root.join(format!("goes {number}")), "").unwrap();
                }
                for number in 0..50 {
                    fs::remove_file(root.join(format!("goes {number}"))).unwrap();
                }
            }
        }
    });
    for _ in 0..20 {
        let listing = bed.list("").await.unwrap();
        let stays = |name: &[u8]| name.starts_with(b"stays ");
        let staying = listing.entries.iter().filter(|entry| stays(entry.path.bytes()));
        assert_eq!(staying.count(), 200);
    }
    over.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_git_that_hangs_holds_up_a_listing_for_two_seconds_at_most() {
    let bed = FileBed::local(|laptop| {
        with_sh(laptop, "dash");
        let git = laptop.path("home/bin/git");
        fs::write(&git, "#!/bin/sh\nexec sleep 62\n").unwrap();
        fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    })
    .await;
    fs::create_dir(bed.root.join(".git")).unwrap();
    fs::write(bed.root.join("a"), "").unwrap();
    let start = Instant::now();
    let listing = bed.list("").await.unwrap();
    assert_eq!(listing.entries.len(), 2);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    crate::desk::until("it is gone", || baton_tests::sleepers("62").is_empty()).await;
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_cut_in_the_middle_leaves_the_old_or_the_new() {
    let bed = FileBed::by("openssh").await;
    let sshd = bed.sshd.as_ref().unwrap();
    let place = bed.root.join("a");
    let mut was = vec![b'0'; 900_000];
    fs::write(&place, &was).unwrap();
    for number in 1..6_u8 {
        let new = vec![b'0' + number; 900_000];
        let cut = async {
            let moment = Duration::from_millis(u64::from(number) * 15);
            tokio::time::sleep(moment).await; // wait: to another moment each time
            sshd.cut_connections();
        };
        let (written, ()) = tokio::join!(bed.write("a", &new, Expected::Anything), cut);
        if written.is_ok() {
            assert_eq!(fs::read(&place).unwrap(), new);
        }
        let now = fs::read(&place).unwrap();
        assert!(now == was || now == new, "a mixture of {} bytes", now.len());
        was = now;
    }
    // What the last ones have left is gone with the next one that is written.
    let gone =
        async || bed.write("b", b"", Expected::Anything).await.is_ok() && bed.names() == ["a", "b"];
    crate::support::until("nothing is left over", gone).await;
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_deleted_in_part_is_said_to_be() {
    let sshd = TestSshd::builder().login_shells(LoginShells::named(&["dash"])).start();
    let bed = account(sshd, "dash").await;
    let owner = fs::metadata(&bed.root).unwrap();
    for name in ["un", "un/a", "un/locked"] {
        fs::create_dir(bed.root.join(name)).unwrap();
    }
    for name in ["un/a/gone", "un/locked/stays"] {
        fs::write(bed.root.join(name), "x").unwrap();
    }
    for name in ["un", "un/a", "un/a/gone", "un/locked/stays"] {
        chown(bed.root.join(name), Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let refused = bed.delete(&["un".into()], true).await.unwrap_err();
    assert_eq!(refused.code, Code::PermissionDenied, "{refused:?}");
    assert!(refused.message.contains("denied: un/locked/stays; "), "{refused:?}");
    assert!(refused.message.ends_with("what else could be deleted of un is gone"), "{refused:?}");
    assert!(!bed.root.join("un/a").exists() && bed.root.join("un/locked/stays").exists());
    bed.stop().await;
}
