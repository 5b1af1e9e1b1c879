//! What people may rely on of files that go to a host and back.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use baton_tests::{LoginShells, TestSshd, short_dir, until};
use orchestrator::failure::Code;
use orchestrator::seam::FilePath;
use orchestrator::transfer::{self, Terms};

use crate::hosts::openssh_as;
use crate::transfers_bed::{
    Bed, Heard, Mounted, Way, bytes, names, reached, replacing, terms, within,
};

const NAMES: [&[u8]; 9] = [
    b"plain",
    b"with space ",
    b"-rf",
    b"new\nline\n",
    b"it's \"quoted\" $HOME `x` \\",
    b"\xff\xfe not utf-8",
    "größe ✓".as_bytes(),
    b"~",
    b"*?[a]!",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_file_arrives_whole_with_its_mode_and_time_under_any_name() {
    let (once, again) = (terms(), replacing());
    for bed in Bed::all() {
        for (at, name) in NAMES.into_iter().enumerate() {
            let what = format!("{}: {}", bed.name, String::from_utf8_lossy(name));
            let body = bytes([0, 1, 70_000, 300_000, 3 << 20][at % 5]);
            let local = bed.here.path().join(OsStr::from_bytes(name));
            fs::write(&local, &body).unwrap();
            fs::set_permissions(&local, fs::Permissions::from_mode(0o751)).unwrap();
            let when = SystemTime::UNIX_EPOCH + Duration::new(1_600_000_000 + at as u64, 5_000);
            fs::File::open(&local).unwrap().set_modified(when).unwrap();
            let remote = FilePath(bed.there(".").as_os_str().as_bytes().to_vec()).join(name);
            let sent = transfer::upload(&bed.reached, &local, &remote, &once);
            let sent = within(sent).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert_eq!(sent.path, Some(remote.clone()), "{what}");
            let there = bed.there.path().join(OsStr::from_bytes(name));
            assert!(fs::read(&there).unwrap() == body, "{what}");
            let about = there.metadata().unwrap();
            assert_eq!((about.mode() & 0o777, about.modified().unwrap()), (0o751, when), "{what}");
            let back = bed.here("back");
            let fetched = transfer::download(&bed.reached, &remote, &back, &again);
            within(fetched).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert!(fs::read(&back).unwrap() == body, "{what}");
            let about = back.metadata().unwrap();
            assert_eq!((about.mode() & 0o777, about.modified().unwrap()), (0o751, when), "{what}");
        }
        assert_eq!(names(bed.there.path()).len(), NAMES.len(), "{:?}", names(bed.there.path()));
        assert_eq!(names(bed.here.path()).len(), NAMES.len() + 1);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_name_begins_in_the_places_directory_and_a_long_one_fits() {
    for bed in Bed::all() {
        let local = bed.here("a");
        fs::write(&local, "x").unwrap();
        let long = "x".repeat(255);
        bed.put(&local, &long).await.unwrap();
        assert_eq!(names(bed.there.path()), std::slice::from_ref(&long), "{}", bed.name);
        let back = bed.here(&long);
        bed.get(&long, &back).await.unwrap();
        assert_eq!(fs::read(back).unwrap(), b"x");
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_replaced_only_if_that_was_said() {
    for bed in Bed::all() {
        let local = bed.here("a");
        fs::write(&local, "new").unwrap();
        fs::write(bed.there("a"), "old").unwrap();
        let error = bed.put(&local, "a").await.unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{error:?}");
        assert_eq!(fs::read(bed.there("a")).unwrap(), b"old");
        let error = bed.get("a", &local).await.unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{error:?}");
        assert_eq!(fs::read(&local).unwrap(), b"new");
        // A link stays one, and what it leads to is written.
        symlink("a", bed.there("link")).unwrap();
        bed.put_on(&local, "link", &replacing()).await.unwrap();
        assert_eq!(fs::read(bed.there("a")).unwrap(), b"new");
        assert!(bed.there("link").symlink_metadata().unwrap().is_symlink());
        assert_eq!((names(bed.there.path()).len(), names(bed.here.path()).len()), (2, 1));
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_placed_before_its_engine_ended_is_not_sent_again() {
    for bed in Bed::all() {
        let local = bed.here("a");
        fs::write(&local, "new").unwrap();
        bed.put(&local, "a").await.unwrap();
        let inode = bed.there("a").metadata().unwrap().ino();
        for replace in [false, true] {
            let again = Terms { patient: true, replace, ..terms() };
            bed.put_on(&local, "a", &again).await.unwrap();
            assert_eq!(bed.there("a").metadata().unwrap().ino(), inode, "{}", bed.name);
        }
        // What somebody else has put there is still in the way.
        fs::write(bed.there("a"), "old").unwrap();
        let again = Terms { patient: true, ..terms() };
        let error = bed.put_on(&local, "a", &again).await.unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{}: {error:?}", bed.name);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_replaces_a_file_is_read_by_nobody_who_could_not_read_that() {
    for bed in Bed::all() {
        let (up, down) = (bed.here("up"), bed.there("down"));
        for source in [&up, &down] {
            fs::write(source, "new").unwrap();
            fs::set_permissions(source, fs::Permissions::from_mode(0o644)).unwrap();
        }
        for target in [bed.there("secret"), bed.here("secret")] {
            fs::write(&target, "old").unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
            chown(&target, Some(1234), Some(2345)).unwrap();
        }
        bed.put_on(&up, "secret", &replacing()).await.unwrap();
        bed.get_on("down", &bed.here("secret"), &replacing()).await.unwrap();
        for target in [bed.there("secret"), bed.here("secret")] {
            let about = target.metadata().unwrap();
            let looks = (about.mode() & 0o7777, about.uid(), about.gid());
            assert_eq!(looks, (0o600, 1234, 2345), "{}", bed.name);
            assert_eq!(fs::read(&target).unwrap(), b"new");
        }
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_out_of_a_directory_by_any_way_is_refused_unless_that_was_said() {
    for bed in Bed::all() {
        let (file, tree) = (bed.here("a"), bed.here("tree"));
        fs::write(&file, "new").unwrap();
        fs::create_dir(&tree).unwrap();
        let beside = short_dir();
        fs::set_permissions(beside.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(beside.path().join("theirs"), "old").unwrap();
        let there = beside.path().join("theirs");
        symlink(&there, bed.there("link")).unwrap();
        symlink(beside.path(), bed.there("up")).unwrap();
        let name = beside.path().file_name().unwrap().to_str().unwrap();
        let (dots, absolute) = (format!("../{name}/x"), there.to_str().unwrap());
        let inside = Terms { outside: false, ..replacing() };
        for local in [&file, &tree] {
            for remote in ["link", "up/x", &dots, absolute] {
                let error = bed.put_on(local, remote, &inside).await.unwrap_err();
                assert_eq!(error.code, Code::PermissionDenied, "{}: {remote}: {error:?}", bed.name);
            }
        }
        assert_eq!(fs::read(&there).unwrap(), b"old", "{}", bed.name);
        assert_eq!(names(beside.path()), ["theirs"], "{}", bed.name);
        bed.put_on(&file, "mine", &inside).await.unwrap();
        let absolute = bed.there("tree");
        bed.put_on(&tree, absolute.to_str().unwrap(), &inside).await.unwrap();
        bed.put_on(&file, "link", &replacing()).await.unwrap();
        assert_eq!(fs::read(&there).unwrap(), b"new", "{}", bed.name);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_said() {
    for bed in Bed::all() {
        let local = bed.here("a");
        fs::write(&local, "x").unwrap();
        fs::create_dir(bed.there("dir")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            bed.there("pipe"),
            rustix::fs::FileType::Fifo,
            0o600.into(),
            0,
        )
        .unwrap();
        for (remote, code) in [
            ("gone/a", Code::DirMissing),
            ("dir", Code::IsDirectory),
            ("pipe", Code::Unsupported),
            ("..", Code::Usage),
        ] {
            let error = bed.put_on(&local, remote, &replacing()).await.unwrap_err();
            assert_eq!(error.code, code, "{}: {remote}: {error:?}", bed.name);
            assert!(error.hint.is_some(), "{error:?}");
        }
        for (remote, code) in [("gone", Code::NotFound), ("pipe", Code::Unsupported)] {
            let error = bed.get(remote, &bed.here("b")).await.unwrap_err();
            assert_eq!(error.code, code, "{}: {remote}: {error:?}", bed.name);
        }
        let pipe = bed.here("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
        fs::write(bed.there("b"), "x").unwrap();
        let error = bed.get_on("b", &pipe, &replacing()).await.unwrap_err();
        assert_eq!(error.code, Code::Unsupported, "{}: {error:?}", bed.name);
        assert!(!pipe.is_file(), "a pipe was replaced");
        fs::remove_file(pipe).unwrap();
        fs::remove_file(bed.there("b")).unwrap();
        let error = bed.put(&bed.here("gone"), "x").await.unwrap_err();
        assert_eq!(error.code, Code::NotFound, "{error:?}");
        assert_eq!(names(bed.here.path()), ["a"]);
        assert_eq!(names(bed.there.path()), ["dir", "pipe"]);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_login_shell_will_do_and_what_an_account_may_not_is_said() {
    let sshd = Arc::new(TestSshd::builder().login_shells(LoginShells::usable()).start());
    let body = bytes(600_000);
    for shell in LoginShells::usable_names() {
        let bed = Bed::of(shell, openssh_as(&sshd, shell));
        let local = bed.here("a");
        fs::write(&local, &body).unwrap();
        bed.put(&local, "a").await.unwrap_or_else(|error| panic!("{shell}: {error:?}"));
        assert!(fs::read(bed.there("a")).unwrap() == body, "{shell}");
        bed.get("a", &bed.here("b")).await.unwrap_or_else(|error| panic!("{shell}: {error:?}"));
        assert!(fs::read(bed.here("b")).unwrap() == body, "{shell}");
        fs::create_dir(bed.there("ours")).unwrap();
        fs::write(bed.there("secret"), "x").unwrap();
        fs::set_permissions(bed.there("secret"), fs::Permissions::from_mode(0o600)).unwrap();
        let error = bed.put(&local, "ours/a").await.unwrap_err();
        assert_eq!(error.code, Code::PermissionDenied, "{shell}: {error:?}");
        let error = bed.get("secret", &bed.here("c")).await.unwrap_err();
        assert_eq!(error.code, Code::PermissionDenied, "{shell}: {error:?}");
        assert_eq!(names(bed.there.path()), ["a", "ours", "secret"], "{shell}");
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_cut_twenty_times_on_the_way_up_leaves_a_whole_file() {
    let (bed, wan) = Bed::far();
    wan.set_rate(20_000_000);
    let body = bytes(48 << 20);
    let local = bed.here("a");
    fs::write(&local, &body).unwrap();
    let heard = Heard::default();
    let terms = Terms { report: heard.report(), ..terms() };
    let sending = bed.put_on(&local, "a", &terms);
    let (sent, ()) = tokio::join!(sending, cut(&wan, 20));
    sent.unwrap();
    assert!(fs::read(bed.there("a")).unwrap() == body);
    assert_eq!(names(bed.there.path()), ["a"]);
    assert!(heard.away() >= 10, "{:?}", heard.away());
    // What had arrived isn't sent again, but for what was on its way.
    assert!(wan.arrived() < 3 * body.len() as u64, "{}", wan.arrived());
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_cut_twenty_times_on_the_way_down_leaves_a_whole_file() {
    let (bed, wan) = Bed::far();
    wan.set_rate(20_000_000);
    let body = bytes(48 << 20);
    fs::write(bed.there("a"), &body).unwrap();
    let heard = Heard::default();
    let terms = Terms { report: heard.report(), ..terms() };
    let target = bed.here("a");
    let fetching = bed.get_on("a", &target, &terms);
    let (fetched, ()) = tokio::join!(fetching, cut(&wan, 20));
    fetched.unwrap();
    assert!(fs::read(bed.here("a")).unwrap() == body);
    assert_eq!(names(bed.here.path()), ["a"]);
    assert!(heard.away() >= 10, "{:?}", heard.away());
    bed.close().await;
}

/// Resets the link so many times, each after some more bytes.
async fn cut(wan: &baton_tests::Wan, times: u32) {
    for turn in 0..times {
        let more = 100_000 + u64::from(fastrand::u32(..1_500_000));
        let goal = wan.arrived() + more;
        until("bytes arrive", || wan.arrived() >= goal).await;
        let reset = if turn % 5 == 4 { baton_tests::Wan::cut } else { baton_tests::Wan::reset };
        reset(wan);
        wan.restore();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_stopped_and_is_begun_again_goes_on_where_it_was() {
    for (cuts, (bed, wan)) in [(0, Bed::far()), (3, Bed::far_without_a_shell())] {
        wan.set_rate(20_000_000);
        let body = bytes(24 << 20);
        for (way, name) in [(Way::Up, "a"), (Way::Down, "b")] {
            let [source, target] = bed.ends(way, name);
            fs::write(source, &body).unwrap();
            bed.carry_some(&wan, way, name, cuts, 16_000_000).await;
            let before = wan.arrived();
            bed.carry(way, name, &terms()).await.unwrap();
            let crossed = wan.arrived() - before;
            // What was on its way at a cut goes again.
            let most = if cuts == 0 { 14_000_000 } else { 20_000_000 };
            assert!(crossed < most, "{crossed} of {} crossed again: {way:?}", body.len());
            assert!(fs::read(target).unwrap() == body, "{way:?}");
        }
        assert_eq!(names(bed.there.path()), ["a", "b"]);
        assert_eq!(names(bed.here.path()), ["a", "b"]);
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_another_source_is_not_gone_on_with() {
    let (bed, wan) = Bed::far();
    wan.set_rate(20_000_000);
    for (way, name) in [(Way::Up, "up"), (Way::Down, "down")] {
        let [source, target] = bed.ends(way, name);
        fs::write(&source, bytes(8 << 20)).unwrap();
        bed.carry_some(&wan, way, name, 0, 3_000_000).await;
        let other = bytes((8 << 20) + 1);
        fs::write(&source, &other).unwrap();
        bed.carry(way, name, &terms()).await.unwrap();
        assert!(fs::read(&target).unwrap() == other, "{name}");
    }
    assert_eq!(names(bed.there.path()), ["down", "up"]);
    assert_eq!(names(bed.here.path()), ["down", "up"]);
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_transfers_to_one_target_the_second_is_refused() {
    let (bed, wan) = Bed::far();
    // Under way until the others were refused: what they say has to pass what is on its way already, up to 2 MiB.
    wan.set_rate(4_000_000);
    let body = bytes(64 << 20);
    let (first, second) = (bed.here("a"), bed.here("b"));
    fs::write(&first, &body).unwrap();
    fs::write(&second, "other").unwrap();
    fs::write(bed.there("c"), &body).unwrap();
    let away = bed.here("dir");
    fs::create_dir(&away).unwrap();
    let sending = bed.put(&first, "a");
    let meddling = async {
        let goal = wan.arrived() + 200_000;
        until("the first is under way", || wan.arrived() >= goal).await;
        let same = bed.put(&first, "a").await.unwrap_err();
        // As another process would.
        let other_words = format!("{}/a", bed.there.path().display());
        let other = bed.put(&second, &other_words).await.unwrap_err();
        assert_eq!((same.code, other.code), (Code::Busy, Code::Busy), "{same:?} {other:?}");
        // The same file, and the same target by another name.
        let twice = bed.put(&first, &other_words).await.unwrap_err();
        assert_eq!(twice.code, Code::Busy, "{twice:?}");
        wan.set_rate(400_000_000);
    };
    let (sent, ()) = tokio::join!(sending, meddling);
    sent.unwrap();
    assert!(fs::read(bed.there("a")).unwrap() == body);
    let target = bed.here("c");
    wan.set_rate(4_000_000);
    let fetching = bed.get("c", &target);
    let meddling = async {
        let goal = wan.arrived() + 200_000;
        until("the first is under way", || wan.arrived() >= goal).await;
        let error = bed.get("a", &target).await.unwrap_err();
        assert_eq!(error.code, Code::Busy, "{error:?}");
        wan.set_rate(400_000_000);
    };
    let (fetched, ()) = tokio::join!(fetching, meddling);
    fetched.unwrap();
    assert!(fs::read(&target).unwrap() == body);
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_is_dead_or_hangs_on_a_lost_link_holds_nobody_up() {
    let (bed, wan) = Bed::far();
    wan.set_rate(4_000_000);
    let body = bytes(4 << 20);
    fs::write(bed.here("a"), &body).unwrap();
    // A link that is lost without a word: the host's shell waits for more on it.
    let stopped = terms();
    let goal = wan.arrived() + 1_000_000;
    let stop = async {
        until("some of it is there", || wan.arrived() >= goal).await;
        wan.cut();
        stopped.cancel.cancel();
    };
    let (ended, ()) = tokio::join!(async { bed.put_on(&bed.here("a"), "a", &stopped).await }, stop);
    assert_eq!(ended.unwrap_err().code, Code::Cancelled);
    bed.close().await;
    let locked = || names(bed.there.path()).iter().any(|name| name.ends_with(".lock"));
    assert!(locked(), "{:?}", names(bed.there.path()));
    // Another way to the same host.
    let direct = bed.host.sshd.as_ref().unwrap();
    let config = direct.write_client_config("box", &[]);
    let host = crate::hosts::openssh_with(
        Arc::clone(direct),
        config,
        orchestrator::transport::ConnectionSettings::default(),
        |_| (),
    );
    let again = reached(&host.connection, bed.there.path());
    within(transfer::upload(&again, &bed.here("a"), &FilePath::from("a"), &terms())).await.unwrap();
    assert!(fs::read(bed.there("a")).unwrap() == body);
    // One that is dead.
    let lock = bed.there(".b.baton.lock");
    fs::create_dir(&lock).unwrap();
    fs::write(lock.join("owner"), "999999999\nboot\nstart\nkey\nnonce\n").unwrap();
    within(transfer::upload(&again, &bed.here("a"), &FilePath::from("b"), &terms())).await.unwrap();
    assert_eq!(names(bed.there.path()), ["a", "b"]);
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_changes_on_the_way_is_said_and_its_target_is_as_it_was() {
    let (bed, wan) = Bed::far();
    wan.set_rate(8_000_000);
    for (down, grows) in [(false, true), (false, false), (true, true), (true, false)] {
        let (source, target) = match down {
            false => (bed.here("a"), bed.there("a")),
            true => (bed.there("a"), bed.here("a")),
        };
        fs::write(&source, bytes(6 << 20)).unwrap();
        fs::write(&target, "old").unwrap();
        let goal = wan.arrived() + 1_500_000;
        let change = async {
            until("some of it is there", || wan.arrived() >= goal).await;
            let file = fs::File::options().append(true).open(&source).unwrap();
            match grows {
                true => std::io::Write::write_all(&mut &file, &bytes(100_000)).unwrap(),
                false => file.set_len(10).unwrap(),
            }
        };
        let (ended, ()) = match down {
            false => tokio::join!(async { bed.put_on(&source, "a", &replacing()).await }, change),
            true => tokio::join!(async { bed.get_on("a", &target, &replacing()).await }, change),
        };
        let error = ended.unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{down} {grows}: {error:?}");
        assert!(error.message.contains("changed while it was read"), "{error:?}");
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_gone_in_the_middle_is_said() {
    let (bed, wan) = Bed::far();
    wan.set_rate(8_000_000);
    let source = bed.here("a");
    fs::write(&source, bytes(6 << 20)).unwrap();
    let goal = wan.arrived() + 1_500_000;
    let remove = async {
        until("some of it is there", || wan.arrived() >= goal).await;
        fs::remove_file(&source).unwrap();
    };
    let (ended, ()) = tokio::join!(async { bed.put(&source, "a").await }, remove);
    assert_eq!(ended.unwrap_err().code, Code::NotFound);
    assert!(!bed.there("a").exists());
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_keeps_what_it_had_and_gets_its_room_back() {
    let (up, down) = (short_dir(), short_dir());
    let _disks =
        [Mounted::at(up.path(), "size=1m,mode=777"), Mounted::at(down.path(), "size=1m,mode=777")];
    for bed in Bed::all() {
        let source = bed.here("a");
        fs::write(&source, bytes(3 << 20)).unwrap();
        for disk in [&up, &down] {
            fs::write(disk.path().join("a"), "old").unwrap();
        }
        let remote = format!("{}/a", up.path().display());
        let error = bed.put_on(&source, &remote, &replacing()).await.unwrap_err();
        assert_eq!(error.code, Code::TooLarge, "{}: {error:?}", bed.name);
        assert!(error.message.contains("no room is left"), "{error:?}");
        fs::write(bed.there("a"), bytes(3 << 20)).unwrap();
        let error = bed.get_on("a", &down.path().join("a"), &replacing()).await.unwrap_err();
        assert_eq!(error.code, Code::TooLarge, "{}: {error:?}", bed.name);
        for disk in [&up, &down] {
            until("its litter is gone", || names(disk.path()) == ["a"]).await;
            assert_eq!(fs::read(disk.path().join("a")).unwrap(), b"old", "{}", bed.name);
        }
        bed.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_in_bytes_up_to_all_of_them() {
    let (bed, wan) = Bed::far();
    wan.set_rate(8_000_000);
    fs::write(bed.here("a"), bytes(5 << 20)).unwrap();
    for down in [false, true] {
        let heard = Heard::default();
        let terms = Terms { report: heard.report(), ..terms() };
        match down {
            false => bed.put_on(&bed.here("a"), "a", &terms).await.unwrap(),
            true => bed.get_on("a", &bed.here("b"), &terms).await.unwrap(),
        };
        let told = heard.progress();
        assert!(told.len() > 3, "{told:?}");
        assert!(told.iter().all(|now| now.bytes && now.of == Some(5 << 20)), "{told:?}");
        assert!(told.windows(2).all(|pair| pair[0].done <= pair[1].done), "{told:?}");
        assert_eq!(told.last().unwrap().done, 5 << 20);
    }
    bed.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_would_lose_its_owner_its_names_or_its_protection_is_not_replaced() {
    let sshd = Arc::new(TestSshd::builder().login_shells(LoginShells::named(&["dash"])).start());
    let bed = Bed::of("dash", openssh_as(&sshd, "dash"));
    let home = fs::metadata(sshd.home_of("dash")).unwrap();
    let (owner, group) = (home.uid(), home.gid());
    let local = bed.here("a");
    fs::write(&local, "mine").unwrap();
    let put = |name: &str, mode: u32, uid: u32| {
        let path = bed.there(name);
        fs::write(&path, "theirs").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        chown(&path, Some(uid), Some(group)).unwrap();
        path
    };
    let others = put("others", 0o666, 0);
    put("read-only", 0o444, owner);
    let linked = put("linked", 0o644, owner);
    fs::hard_link(&linked, bed.there("beside")).unwrap();
    for (name, code) in [
        ("others", Code::PermissionDenied),
        ("read-only", Code::PermissionDenied),
        ("linked", Code::Unsupported),
    ] {
        let refused = bed.put_on(&local, name, &replacing()).await.unwrap_err();
        assert_eq!(refused.code, code, "{name}: {refused:?}");
        assert!(refused.hint.is_some(), "{name}: {refused:?}");
        assert_eq!(fs::read(bed.there(name)).unwrap(), b"theirs", "{name}");
    }
    assert_eq!(others.metadata().unwrap().uid(), 0);
    assert_eq!(linked.metadata().unwrap().nlink(), 2);
    assert_eq!(bed.names_there(), ["beside", "linked", "others", "read-only"]);
    // What is this account's own is replaced.
    put("own", 0o640, owner);
    bed.put_on(&local, "own", &replacing()).await.unwrap();
    assert_eq!(fs::read(bed.there("own")).unwrap(), b"mine");
    assert_eq!(bed.there("own").metadata().unwrap().mode() & 0o777, 0o640);
    bed.close().await;
}
