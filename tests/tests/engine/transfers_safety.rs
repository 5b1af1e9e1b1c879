//! What no transfer does, whoever else is at work on the host.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use baton_tests::{LoginShells, TestSshd, until};
use orchestrator::failure::Code;
use orchestrator::transfer::Terms;

use crate::hosts::openssh_as;
use crate::transfers_bed::{Bed, Heard, Way, bytes, names, replacing, terms};

/// An account that is nobody special, with a shell and without one.
fn of_an_account() -> [(Bed, Arc<TestSshd>); 2] {
    ["", "internal-sftp"].map(|command| {
        let builder = TestSshd::builder().login_shells(LoginShells::named(&["dash"]));
        let builder = if command.is_empty() { builder } else { builder.force_command(command) };
        let sshd = Arc::new(builder.start());
        let name = if command.is_empty() { "shell" } else { "sftp" };
        (Bed::of(name, openssh_as(&sshd, "dash")), sshd)
    })
}

/// The account's numbers.
fn owner(sshd: &TestSshd) -> (u32, u32) {
    let home = fs::metadata(sshd.home_of("dash")).unwrap();
    (home.uid(), home.gid())
}

fn give(path: &Path, (user, group): (u32, u32)) {
    chown(path, Some(user), Some(group)).unwrap();
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_not_sent_through_a_link_that_leads_out_of_the_place() {
    for bed in Bed::all_and_without_a_shell() {
        let source = bed.here("pkg");
        fs::create_dir_all(source.join("docs")).unwrap();
        fs::create_dir(source.join("near")).unwrap();
        for name in ["a", "docs/f", "near/f"] {
            fs::write(source.join(name), "new").unwrap();
        }
        for dir in ["proj/pkg", "proj/other", "other"] {
            fs::create_dir_all(bed.there(dir)).unwrap();
        }
        for name in ["proj/pkg/a", "proj/other/f", "other/f"] {
            fs::write(bed.there(name), "old").unwrap();
        }
        symlink("../../other", bed.there("proj/pkg/docs")).unwrap();
        symlink("../other", bed.there("proj/pkg/near")).unwrap();
        let inside = Bed {
            reached: crate::transfers_bed::reached(&bed.host.connection, &bed.there("proj")),
            ..bed
        };
        let read = |name: &str| fs::read_to_string(inside.there(name)).unwrap();
        let closed = Terms { outside: false, ..replacing() };
        let refused = inside.put_on(&source, "pkg", &closed).await.unwrap_err();
        assert_eq!(refused.code, Code::PermissionDenied, "{}: {refused:?}", inside.name);
        assert!(refused.message.contains("pkg/docs lies outside"), "{}: {refused:?}", inside.name);
        let all = [read("proj/pkg/a"), read("proj/other/f"), read("other/f")];
        assert_eq!(all, ["old", "old", "old"], "{}", inside.name);
        // Said to be meant, or where it leads to another place within.
        inside.put_on(&source, "pkg", &replacing()).await.unwrap();
        assert_eq!(read("other/f"), "new", "{}", inside.name);
        fs::remove_file(inside.there("proj/pkg/docs")).unwrap();
        inside.put_on(&source, "pkg", &closed).await.unwrap();
        let all = [read("proj/pkg/a"), read("proj/other/f"), read("proj/pkg/docs/f")];
        assert_eq!(all, ["new", "new", "new"], "{}", inside.name);
        inside.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_which_nothing_may_be_placed_is_named_before_anything_is_replaced() {
    for (bed, sshd) in of_an_account() {
        let source = bed.here("source");
        fs::create_dir_all(source.join("z")).unwrap();
        fs::write(source.join("a"), "new").unwrap();
        fs::write(source.join("z/f"), "new").unwrap();
        let target = bed.there("dir");
        fs::create_dir_all(target.join("z")).unwrap();
        fs::write(target.join("a"), "old").unwrap();
        fs::write(target.join("z/f"), "old").unwrap();
        for name in ["", "a", "z/f"] {
            give(&target.join(name), owner(&sshd));
        }
        let refused = bed.put_on(&source, "dir", &replacing()).await.unwrap_err();
        assert_eq!(refused.code, Code::PermissionDenied, "{}: {refused:?}", bed.name);
        assert!(refused.message.contains("dir/z"), "{}: {refused:?}", bed.name);
        assert_eq!(fs::read(target.join("a")).unwrap(), b"old", "{}", bed.name);
        give(&target.join("z"), owner(&sshd));
        bed.put_on(&source, "dir", &replacing()).await.unwrap();
        assert_eq!(fs::read(target.join("z/f")).unwrap(), b"new", "{}", bed.name);
        // Another account's file stays that account's.
        give(&target.join("z/f"), (0, 0));
        mode(&target.join("z/f"), 0o666);
        let refused = bed.put_on(&source, "dir", &replacing()).await.unwrap_err();
        assert_eq!(refused.code, Code::Conflict, "{}: {refused:?}", bed.name);
        assert!(refused.message.contains("z/f"), "{}: {refused:?}", bed.name);
        assert_eq!(target.join("z/f").metadata().unwrap().uid(), 0, "{}", bed.name);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_holder_whose_lock_nobody_may_move_is_said() {
    let [(bed, sshd), _] = of_an_account();
    let dir = bed.there("dir");
    let lock = dir.join(".b.baton.lock");
    fs::create_dir_all(&lock).unwrap();
    fs::write(lock.join("owner"), "999999999\nboot\nstart\nkey\nnonce\n").unwrap();
    give(&lock, owner(&sshd));
    fs::write(bed.here("a"), "x").unwrap();
    let refused = bed.put(&bed.here("a"), "dir/b").await.unwrap_err();
    assert_eq!(refused.code, Code::PermissionDenied, "{refused:?}");
    // Where it may be moved, it holds up nobody.
    give(&dir, owner(&sshd));
    bed.put(&bed.here("a"), "dir/b").await.unwrap();
    assert_eq!(names(&dir), ["b"]);
    bed.close().await;
}

/// Gone on drop.
struct Bystander(Child);

impl Bystander {
    fn of((user, group): (u32, u32)) -> Self {
        Self(
            Command::new("sleep").arg("600").uid(user).gid(group).process_group(0).spawn().unwrap(),
        )
    }

    /// As a lock has it.
    fn words(&self) -> String {
        let pid = self.0.id();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let start = stat.rsplit(") ").next().unwrap().split(' ').nth(19).unwrap().to_owned();
        format!("{pid}\n{boot}{start}\n")
    }

    fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        self.0.kill().ok(); // It may be gone.
        self.0.wait().ok(); // Whatever its status.
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_account_left_there_ends_no_process_and_is_not_gone_on_with() {
    let [(bed, sshd), _] = of_an_account();
    let local = bed.here("a");
    let body = bytes(64 << 20);
    fs::write(&local, &body).unwrap();
    let part = || bed.names_there().into_iter().find(|name| name.ends_with(".part"));
    // What its part is called shows while it is on its way.
    let part = loop {
        let stopped = terms();
        let stop = async {
            until("it is on its way", || part().is_some()).await;
            stopped.cancel.cancel();
        };
        let (ended, ()) = tokio::join!(bed.put_on(&local, "a", &stopped), stop);
        match ended {
            Err(_) => break part().unwrap(),
            Ok(_) => fs::remove_file(bed.there("a")).unwrap(),
        }
    };
    until("its lock is gone", || bed.names_there().len() == 1).await;
    let key = part.strip_prefix(".a.baton-").unwrap().strip_suffix(".part").unwrap();

    let mut bystander = Bystander::of(owner(&sshd));
    let lock = bed.there(".a.baton.lock");
    fs::create_dir(&lock).unwrap();
    fs::write(lock.join("owner"), format!("{}{key}\nnonce\n", bystander.words())).unwrap();
    let refused = bed.put(&local, "a").await.unwrap_err();
    assert_eq!(refused.code, Code::Busy, "{refused:?}");
    assert!(bystander.lives());
    fs::remove_dir_all(&lock).unwrap();

    // A part that looks like ours, and isn't.
    let mut half = body[..1 << 20].to_vec();
    half[0] ^= 1;
    fs::remove_file(bed.there(&part)).unwrap();
    fs::write(bed.there(&part), half).unwrap();
    mode(&bed.there(&part), 0o666);
    bed.put(&local, "a").await.unwrap();
    assert!(fs::read(bed.there("a")).unwrap() == body, "it went on with it");
    assert_eq!(bed.names_there(), ["a"]);
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_the_number_of_a_part_is_not_taken_for_what_was_sent() {
    for is_tree in [false, true] {
        let (bed, wan) = Bed::far();
        wan.set_rate(4_000_000);
        let body = bytes(8 << 20);
        let local = bed.here("a");
        if is_tree {
            fs::create_dir(&local).unwrap();
            fs::write(local.join("f"), &body).unwrap();
            let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
            fs::File::open(&local).unwrap().set_modified(old).unwrap();
        } else {
            fs::write(&local, &body).unwrap();
        }
        let meddling = async {
            let goal = wan.arrived() + 1_000_000;
            until("some of it is there", || wan.arrived() >= goal).await;
            wan.cut();
            let found = bed.names_there().into_iter().find(|name| name.ends_with(".part"));
            fs::rename(bed.there(&found.unwrap()), bed.there("a")).unwrap();
            wan.restore();
        };
        let sending = terms();
        let (sent, ()) = tokio::join!(bed.put_on(&local, "a", &sending), meddling);
        let refused = sent.expect_err("half of it is taken for all");
        assert_eq!(refused.code, Code::Conflict, "{is_tree}: {refused:?}");
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_left_behind_without_a_shell_stays_or_is_placed() {
    let (bed, wan) = Bed::far_without_a_shell();
    wan.set_rate(20_000_000);
    let source = bed.here("dir");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("blob"), bytes(8 << 20)).unwrap();
    // A name of the person's own, which looks like one of ours.
    fs::write(source.join(".baton-notes"), "x").unwrap();
    bed.carry_some(&wan, Way::Up, "dir", 0, 4 << 20).await;
    fs::write(source.join("blob"), bytes(5 << 20)).unwrap();
    bed.put(&source, "dir").await.unwrap();
    assert_eq!(names(&bed.there("dir")), [".baton-notes", "blob"]);
    assert_eq!(fs::read(bed.there("dir/blob")).unwrap().len(), 5 << 20);
    // It is gone on with, whatever it is called.
    fs::remove_dir_all(bed.there("dir")).unwrap();
    bed.carry_some(&wan, Way::Up, "dir", 0, 4 << 20).await;
    let before = wan.arrived();
    bed.put(&source, "dir").await.unwrap();
    let crossed = wan.arrived() - before;
    assert!(crossed < 3 << 20, "{crossed} crossed again");
    // Parts that nobody has written to for long.
    fs::write(bed.here("one"), "x").unwrap();
    for name in [".one.baton-0123abcd.part", ".one.baton-4567abcd.part", ".two.baton-0123abcd.part"]
    {
        fs::write(bed.there(name), "half").unwrap();
        let age = if name.contains("4567") { 60 } else { 7200 };
        let then = SystemTime::now() - Duration::from_secs(age);
        fs::File::options().write(true).open(bed.there(name)).unwrap().set_modified(then).unwrap();
    }
    bed.put(&bed.here("one"), "one").await.unwrap();
    let left = [".one.baton-4567abcd.part", ".two.baton-0123abcd.part", "dir", "one"];
    assert_eq!(bed.names_there(), left);
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_system_makes_up_is_fetched_whole_and_not_sent_as_nothing() {
    let made_up = "/sys/kernel/mm/transparent_hugepage/enabled";
    let listed = fs::read(made_up).unwrap();
    assert!((listed.len() as u64) < fs::metadata(made_up).unwrap().len());
    for bed in Bed::all_and_without_a_shell() {
        bed.get(made_up, &bed.here("enabled"))
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", bed.name));
        assert_eq!(fs::read(bed.here("enabled")).unwrap(), listed, "{}", bed.name);
        let refused = bed.put("/proc/cpuinfo".as_ref(), "cpuinfo").await.unwrap_err();
        assert_eq!(refused.code, Code::Unsupported, "{}: {refused:?}", bed.name);
        fs::write(bed.here("empty"), "").unwrap();
        bed.put(&bed.here("empty"), "empty").await.unwrap();
        assert_eq!(bed.names_there(), ["empty"], "{}", bed.name);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_whose_files_are_being_counted_says_so() {
    for bed in Bed::all() {
        fs::create_dir(bed.there("dir")).unwrap();
        fs::write(bed.there("dir/a"), "x").unwrap();
        let heard = Heard::default();
        let told = Terms { report: heard.report(), ..terms() };
        bed.get_on("dir", &bed.here("dir"), &told).await.unwrap();
        assert!(
            heard.progress().iter().any(|now| now.doing == "counting"),
            "{:?}",
            heard.progress()
        );
        bed.close().await;
    }
}
