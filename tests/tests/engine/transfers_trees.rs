//! What people may rely on of directories that go to a host and back.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use baton_tests::{LoginShells, TestSshd, Wan, short_dir, until};
use orchestrator::failure::Code;
use orchestrator::transfer::Terms;

use crate::hosts::openssh_as;
use crate::transfers_bed::{Bed, Heard, Mounted, Way, bytes, names, replacing, terms};

/// A directory with names and links of every kind.
fn odd_tree(root: &Path, size: usize) {
    let deep = root.join("d".repeat(130)).join("e".repeat(130));
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    let names: [&[u8]; 7] = [
        b"plain",
        b"-rf",
        b"new\nline\n",
        b"\xff\xfe not utf-8",
        "größe ✓".as_bytes(),
        b" blank ",
        b"it's \"$HOME\" `x` \\",
    ];
    for (at, name) in names.into_iter().enumerate() {
        for dir in [root, &deep] {
            let path = dir.join(OsStr::from_bytes(name));
            fs::write(&path, bytes(at * size)).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            let when = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000 + at as u64);
            fs::File::open(&path).unwrap().set_modified(when).unwrap();
        }
    }
    symlink("/etc/passwd", root.join("away")).unwrap();
    symlink("plain", root.join("near")).unwrap();
    symlink("l".repeat(150), deep.join("long link")).unwrap();
}

/// All there is: kinds, modes, times of files, contents.
fn listing(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(dir) = waiting.pop() {
        for found in fs::read_dir(&dir).unwrap() {
            let path = found.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            let name = path.strip_prefix(root).unwrap();
            lines.push(if about.is_symlink() {
                format!("{name:?} -> {:?}", fs::read_link(&path).unwrap())
            } else if about.is_dir() {
                format!("{name:?} {:o}", about.mode())
            } else {
                let sum = fs::read(&path)
                    .unwrap()
                    .iter()
                    .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
                format!("{name:?} {:o} {} {sum}", about.mode(), about.mtime())
            });
            if about.is_dir() {
                waiting.push(path);
            }
        }
    }
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_goes_there_and_back_with_all_its_names_and_links() {
    for bed in Bed::all_and_without_a_shell() {
        let source = bed.here("source");
        fs::create_dir(&source).unwrap();
        odd_tree(&source, 30_000);
        let heard = Heard::default();
        let told = Terms { report: heard.report(), ..terms() };
        bed.put_on(&source, "sent", &told).await.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(listing(&bed.there("sent")), listing(&source), "{}", bed.name);
        let all = 2 * 30_000 * (1 + 2 + 3 + 4 + 5 + 6);
        let last = heard.progress().pop().unwrap();
        assert_eq!((last.done, last.of), (all, Some(all)), "{}", bed.name);
        let heard = Heard::default();
        let told = Terms { report: heard.report(), ..terms() };
        bed.get_on("sent", &bed.here("back"), &told).await.unwrap();
        assert_eq!(listing(&bed.here("back")), listing(&source), "{}", bed.name);
        assert_eq!(heard.progress().pop().unwrap().done, all, "{}", bed.name);
        assert_eq!(names(bed.here.path()), ["back", "source"]);
        assert_eq!(names(bed.there.path()), ["sent"]);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_login_shell_takes_and_gives_a_directory() {
    let sshd = Arc::new(TestSshd::builder().login_shells(LoginShells::usable()).start());
    for shell in LoginShells::usable_names() {
        let bed = Bed::of(shell, openssh_as(&sshd, shell));
        let source = bed.here("source");
        fs::create_dir(&source).unwrap();
        odd_tree(&source, 2_000);
        bed.put(&source, "sent").await.unwrap_or_else(|error| panic!("{shell}: {error:?}"));
        assert_eq!(listing(&bed.there("sent")), listing(&source), "{shell}");
        let back = bed.here("back");
        bed.get("sent", &back).await.unwrap_or_else(|error| panic!("{shell}: {error:?}"));
        assert_eq!(listing(&back), listing(&source), "{shell}");
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_there_keeps_what_the_other_has_not() {
    for bed in Bed::all_and_without_a_shell() {
        let source = bed.here("source");
        fs::create_dir_all(source.join("a/b")).unwrap();
        fs::write(source.join("a/b/new"), "new").unwrap();
        fs::write(source.join("a/both"), "new").unwrap();
        for target in [bed.there("dir"), bed.here("dir")] {
            fs::create_dir_all(target.join("a/mine")).unwrap();
            fs::write(target.join("a/both"), "old").unwrap();
            fs::write(target.join("a/mine/kept"), "kept").unwrap();
        }
        fs::create_dir_all(bed.there("from")).unwrap();
        bed.put(&source, "again").await.unwrap();
        let refused = [
            bed.put(&source, "dir").await.unwrap_err(),
            bed.get("again", &bed.here("dir")).await.unwrap_err(),
        ];
        assert!(refused.iter().all(|error| error.code == Code::Conflict), "{refused:?}");
        bed.put_on(&source, "dir", &replacing()).await.unwrap();
        bed.get_on("again", &bed.here("dir"), &replacing()).await.unwrap();
        for target in [bed.there("dir"), bed.here("dir")] {
            let read = |name: &str| fs::read_to_string(target.join(name)).unwrap();
            let all = [read("a/b/new"), read("a/both"), read("a/mine/kept")];
            assert_eq!(all, ["new", "new", "kept"], "{}", bed.name);
        }
        // A file where a directory is to go, and the other way round: nothing is changed.
        for target in [bed.there("dir"), bed.here("dir")] {
            fs::remove_dir_all(target.join("a/b")).unwrap();
            fs::write(target.join("a/b"), "file").unwrap();
            fs::write(target.join("a/both"), "old").unwrap();
        }
        let refused = [
            bed.put_on(&source, "dir", &replacing()).await.unwrap_err(),
            bed.get_on("again", &bed.here("dir"), &replacing()).await.unwrap_err(),
        ];
        assert!(refused.iter().all(|error| error.code == Code::Conflict), "{refused:?}");
        for target in [bed.there("dir"), bed.here("dir")] {
            assert_eq!(fs::read_to_string(target.join("a/both")).unwrap(), "old");
        }
        // A directory isn't put over a file.
        fs::write(bed.there("file"), "x").unwrap();
        let error = bed.put_on(&source, "file", &replacing()).await.unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{error:?}");
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_placed_in_part_only_says_so_and_has_nothing_half_and_is_sent_again() {
    for bed in Bed::all_and_without_a_shell() {
        let (source, target) = (bed.here("source"), bed.there("dir"));
        let names = ["a/1", "a/2", "m", "z/1", "z/2"];
        for (root, text) in [(&source, "new"), (&target, "old")] {
            for name in names {
                let file = root.join(name);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
        }
        fs::write(target.join("kept"), "kept").unwrap();
        let read = |name: &str| fs::read_to_string(target.join(name)).unwrap();
        // Nobody can tell before that this one isn't replaced.
        let nail = Mounted::nail(&target.join("m"));
        let refused = bed.put_on(&source, "dir", &replacing()).await.unwrap_err();
        let part = "was replaced in part only";
        assert!(refused.message.contains(part), "{}: {refused:?}", bed.name);
        assert!(refused.message.contains("dir/m"), "{}: {refused:?}", bed.name);
        assert_eq!(read("m"), "old", "{}", bed.name);
        for name in names {
            assert!(["old", "new"].contains(&&*read(name)), "{}: {name}", bed.name);
        }
        drop(nail);
        bed.put_on(&source, "dir", &replacing()).await.unwrap();
        assert_eq!(names.map(read), ["new"; 5], "{}", bed.name);
        assert_eq!(read("kept"), "kept", "{}", bed.name);
        let left = bed.names_there().into_iter().filter(|name| name.contains(".baton")).count();
        assert_eq!(left, 0, "{}: {:?}", bed.name, bed.names_there());
        assert_eq!(fs::read_to_string(source.join("m")).unwrap(), "new", "{}", bed.name);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_replaces_a_link_to_a_directory_takes_its_place_and_does_not_go_into_it() {
    for bed in Bed::all_and_without_a_shell() {
        let source = bed.here("source");
        fs::create_dir_all(source.join("releases")).unwrap();
        symlink("releases", source.join("current")).unwrap();
        fs::write(source.join("file"), "new").unwrap();
        for target in [bed.there("dir"), bed.here("dir")] {
            fs::create_dir_all(target.join("elsewhere")).unwrap();
            fs::create_dir(target.join("releases")).unwrap();
            symlink("releases", target.join("current")).unwrap();
            symlink("elsewhere", target.join("file")).unwrap();
        }
        bed.put_on(&source, "dir", &replacing()).await.unwrap();
        bed.get_on("dir", &bed.here("dir"), &replacing()).await.unwrap();
        for target in [bed.there("dir"), bed.here("dir")] {
            let link = fs::read_link(target.join("current")).unwrap();
            assert_eq!(link.to_str(), Some("releases"), "{}", bed.name);
            assert!(target.join("file").symlink_metadata().unwrap().is_file(), "{}", bed.name);
            assert_eq!(names(&target.join("releases")), [""; 0], "{}", bed.name);
            assert_eq!(names(&target.join("elsewhere")), [""; 0], "{}", bed.name);
        }
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_cut_leaves_a_whole_directory_or_none() {
    for (bed, wan) in [Bed::far(), Bed::far_without_a_shell()] {
        wan.set_rate(30_000_000);
        for (way, name) in [(Way::Up, "up"), (Way::Down, "down")] {
            let [source, target] = bed.ends(way, name);
            fs::create_dir(&source).unwrap();
            odd_tree(&source, 200_000);
            let cut = async {
                for _ in 0..4 {
                    let goal = wan.arrived() + 100_000 + u64::from(fastrand::u32(..2_000_000));
                    until("bytes arrive", || wan.arrived() >= goal).await;
                    Wan::reset(&wan);
                }
            };
            let once = terms();
            let (ended, ()) = tokio::join!(bed.carry(way, name, &once), cut);
            ended.unwrap_or_else(|error| panic!("{way:?}: {error:?}"));
            assert_eq!(listing(&target), listing(&source), "{way:?}");
        }
        assert_eq!(names(bed.here.path()), ["down", "up"]);
        assert_eq!(names(bed.there.path()), ["down", "up"]);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_arrived_of_a_directory_does_not_come_again() {
    for (bed, wan) in [Bed::far(), Bed::far_without_a_shell()] {
        what_has_arrived_stays(&bed, &wan).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_arrived_does_not_come_again_with_the_small_programs_of_others() {
    let (bed, wan, _bin) = Bed::far_with_busybox(|_| ());
    what_has_arrived_stays(&bed, &wan).await;
    // A stat as BSD has it: without -c.
    let (bed, wan, _bin) = Bed::far_with_busybox(|bin| {
        let stat = bin.join("stat");
        fs::remove_file(&stat).unwrap();
        fs::write(&stat, BSD_STAT).unwrap();
        fs::set_permissions(&stat, fs::Permissions::from_mode(0o755)).unwrap();
    });
    what_has_arrived_stays(&bed, &wan).await;
}

/// What BSD's stat says to what it is asked here.
const BSD_STAT: &str = r#"#!/bin/sh
how=
[ "$1" != -L ] || { how=-L; shift; }
[ "$1" = -f ] || { echo "stat: illegal option" >&2; exit 1; }
form=$2
shift 2
for name do
  mode=$(printf %o "0x$(/usr/bin/stat $how -c %f "$name")") || exit 1
  gnu=$(printf '%s
' "$form" | sed "s/%Lp/%a/g;s/%Fm/%.9Y/g;s/%m/%Y/g;s/%c/%Z/g;s/%z/%s/g;s/%N/%n/g;s/%p/$mode/g")
  /usr/bin/stat $how -c "$gnu" "$name" || exit 1
done
"#;

async fn what_has_arrived_stays(bed: &Bed, wan: &Wan) {
    wan.set_rate(20_000_000);
    let both = [(Way::Up, "up"), (Way::Down, "down")];
    for (way, name) in both {
        let [source, _] = bed.ends(way, name);
        fs::create_dir(&source).unwrap();
        odd_tree(&source, 400_000);
    }
    // What was touched right before it is begun comes again.
    let touched = fs::metadata(bed.there("down")).unwrap().ctime();
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    until("it wasn't touched lately", || now() as i64 > touched + 4).await;
    let all = 2 * 400_000 * (1 + 2 + 3 + 4 + 5 + 6);
    for (way, name) in both {
        let [source, target] = bed.ends(way, name);
        bed.carry_some(wan, way, name, 0, all * 3 / 4).await;
        // One that is another one now, and one that is new.
        let plain = source.join("d".repeat(130)).join("plain");
        fs::write(&plain, "x").unwrap();
        fs::write(source.join("-rf"), bytes(400_000)).unwrap();
        fs::write(source.join("new"), "new").unwrap();
        let before = wan.arrived();
        let heard = Heard::default();
        let told = Terms { report: heard.report(), ..terms() };
        bed.carry(way, name, &told).await.unwrap();
        let crossed = wan.arrived() - before;
        assert!(crossed < all * 3 / 5, "{crossed} of {all} crossed again: {way:?}");
        assert_eq!(listing(&target), listing(&source), "{way:?}");
        assert!(heard.progress().iter().any(|now| now.done > all / 3), "{way:?}");
    }
    assert_eq!(names(bed.here.path()), ["down", "up"]);
    assert_eq!(names(bed.there.path()), ["down", "up"]);
    // What is gone at the source isn't at the target either.
    for (way, name) in both {
        let [source, target] = bed.ends(way, name);
        fs::remove_dir_all(&target).unwrap();
        bed.carry_some(wan, way, name, 0, all / 2).await;
        fs::remove_dir_all(source.join("d".repeat(130))).unwrap();
        fs::remove_file(source.join("plain")).unwrap();
        bed.carry(way, name, &terms()).await.unwrap();
        assert_eq!(listing(&target), listing(&source), "{way:?}");
    }
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_stopped_and_begun_at_once_does_not_meet_itself() {
    for bed in Bed::all() {
        let source = bed.there("a");
        fs::create_dir(&source).unwrap();
        odd_tree(&source, 300_000);
        for round in 0..20 {
            let heard = Heard::default();
            let stopped = Terms { report: heard.report(), ..terms() };
            let stop = async {
                let some = u64::from(fastrand::u32(..8_000_000));
                until("some of it is there", || {
                    heard.progress().last().is_some_and(|now| now.done >= some)
                })
                .await;
                stopped.cancel.cancel();
            };
            let target = bed.here("a");
            tokio::select! {
                // Whether it was whole before it was stopped is left to chance.
                ended = bed.get_on("a", &target, &stopped) => { ended.ok(); }
                () = stop => {}
            }
            if target.exists() {
                fs::remove_dir_all(&target).unwrap();
            }
            bed.get("a", &target).await.unwrap_or_else(|error| panic!("{round}: {error:?}"));
            assert_eq!(listing(&target), listing(&source), "{}: {round}", bed.name);
            fs::remove_dir_all(&target).unwrap();
        }
        assert_eq!(names(bed.here.path()), [""; 0], "{}", bed.name);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_room_for_a_directory_keeps_what_it_had() {
    let (up, down) = (short_dir(), short_dir());
    let _disks =
        [Mounted::at(up.path(), "size=1m,mode=777"), Mounted::at(down.path(), "size=1m,mode=777")];
    for bed in Bed::all_and_without_a_shell() {
        let source = bed.here("source");
        fs::create_dir(&source).unwrap();
        odd_tree(&source, 100_000);
        let remote = format!("{}/a", up.path().display());
        let error = bed.put(&source, &remote).await.unwrap_err();
        assert_eq!(error.code, Code::TooLarge, "{}: {error:?}", bed.name);
        let remote = source.to_str().unwrap();
        let error = bed.get(remote, &down.path().join("a")).await.unwrap_err();
        assert_eq!(error.code, Code::TooLarge, "{}: {error:?}", bed.name);
        for disk in [&up, &down] {
            until("its litter is gone", || names(disk.path()).is_empty()).await;
        }
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_be_read_is_named_and_a_pipe_that_is_left_out_is_told() {
    let sshd = Arc::new(TestSshd::builder().login_shells(LoginShells::named(&["dash"])).start());
    let bed = Bed::of("dash", openssh_as(&sshd, "dash"));
    let deep = bed.there("un/a/b");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("read"), "x").unwrap();
    fs::write(deep.join("secret"), "x").unwrap();
    fs::set_permissions(deep.join("secret"), fs::Permissions::from_mode(0o000)).unwrap();
    let refused = bed.get("un", &bed.here("un")).await.unwrap_err();
    assert_eq!(refused.code, Code::PermissionDenied, "{refused:?}");
    assert!(refused.message.ends_with(": un/a/b/secret"), "{refused:?}");
    assert!(refused.hint.unwrap().contains("nothing was fetched"));
    assert_eq!(names(bed.here.path()), [""; 0]);
    fs::remove_file(deep.join("secret")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, deep.join("pipe"), 0o644.into()).unwrap();
    let fetched = bed.get("un", &bed.here("un")).await.unwrap();
    assert_eq!(fetched.said, "a socket, pipe or device was left out");
    assert_eq!(names(&bed.here("un/a/b")), ["read"]);
    rustix::fs::mkfifoat(rustix::fs::CWD, bed.here("un/pipe"), 0o644.into()).unwrap();
    let sent = bed.put(&bed.here("un"), "sent").await.unwrap();
    assert_eq!(sent.said, "a socket, pipe or device was left out");
    // What would be parted from its other names or its owner is not replaced in a directory, either.
    fs::remove_file(bed.here("un/pipe")).unwrap();
    fs::hard_link(bed.there("sent/a/b/read"), bed.there("beside")).unwrap();
    fs::write(bed.here("un/a/b/read"), "changed").unwrap();
    let refused = bed.put_on(&bed.here("un"), "sent", &replacing()).await.unwrap_err();
    assert!(refused.message.ends_with("(hard links): a/b/read"), "{refused:?}");
    assert_eq!(fs::read(bed.there("beside")).unwrap(), b"x");
    fs::remove_file(bed.there("beside")).unwrap();
    bed.put_on(&bed.here("un"), "sent", &replacing()).await.unwrap();
    assert_eq!(fs::read(bed.there("sent/a/b/read")).unwrap(), b"changed");
    bed.close().await;
}
