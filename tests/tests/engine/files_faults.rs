//! Files where something goes wrong in the middle: a program that a save uses is refused something by the system, or a host
//! answers nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

use baton_tests::{TestSshd, Wan, until};
use orchestrator::seam::{At, Expected, FilePath, FileQuery, FileReply};

use crate::desk::Laptop;
use crate::files_bed::FileBed;

/// What a save uses.
const USED: [&str; 14] = [
    "chmod", "chown", "cksum", "cp", "dd", "find", "head", "ln", "ls", "mv", "readlink", "rm",
    "sync", "wc",
];

/// What the system refuses, as strace says it.
const FAULTS: [&str; 6] = [
    "write,pwrite64:error=ENOSPC",
    "write,pwrite64:error=EIO:when=2+",
    "fsync,fdatasync,sync,syncfs:error=EIO",
    "rename,renameat,renameat2,link,linkat:error=EACCES",
    "rename,renameat,renameat2:signal=KILL",
    "chmod,fchmod,fchmodat,chown,fchown,fchownat,fsetxattr,setxattr:error=EPERM",
];

/// More programs than a save takes.
const MOST_STEPS: usize = 40;

/// A home in which the nth program that is started meets a fault.
fn faulty(laptop: &Laptop) {
    let home = laptop.path("home");
    let bin = home.join("bin");
    fs::create_dir(&bin).unwrap();
    symlink("/usr/bin/dash", bin.join("sh")).unwrap();
    for name in ["printf", "git", "cat", "mkdir", "sleep", "tail", "tr"] {
        symlink(format!("/usr/bin/{name}"), bin.join(name)).unwrap();
    }
    for name in USED {
        let text = format!(
            "#!/bin/dash\nd={}\n[ -e $d/at ] || exec /usr/bin/{name} \"$@\"\n\
             echo {name} >>$d/count; n=0\nwhile read -r x; do n=$((n+1)); done <$d/count\n\
             read -r at fault <$d/at\n[ \"$n\" = \"$at\" ] || exec /usr/bin/{name} \"$@\"\n\
             echo {name} >$d/met\n\
             exec /usr/bin/strace -f -qq -o /dev/null -e trace=\"${{fault%%:*}}\" -e inject=\"$fault\" /usr/bin/{name} \"$@\"\n",
            home.display()
        );
        fs::write(bin.join(name), text).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = bin.display();
    fs::write(home.join(".profile"), format!("PATH={path}\nexport PATH\n")).unwrap();
}

/// Saves once for each program that is started, while that meets the fault.
async fn a_save_survives(fault: &'static str) {
    let bed = FileBed::local(faulty).await;
    let file = |name: &str| -> PathBuf { bed.laptop.path("home").join(name) };
    let place = bed.root.join("a");
    // What is large comes over a channel of its own, and is written by another program.
    let large = fault.starts_with("write").then_some((50_000, false));
    for (size, is_new) in [(100, false), (100, true)].into_iter().chain(large) {
        for nth in 1.. {
            assert!(nth < MOST_STEPS, "{fault}: {nth}");
            for name in ["count", "met"] {
                fs::remove_file(file(name)).ok(); // It may not be there.
            }
            let (old, new) = (vec![b'o'; size], vec![b'n'; size + 1]);
            fs::write(&place, &old).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o640)).unwrap();
            let expected = if is_new {
                fs::remove_file(&place).unwrap();
                Expected::Absent
            } else {
                Expected::Version(bed.stat("a").await.unwrap().version)
            };
            fs::write(file("at"), format!("{nth} {fault}\n")).unwrap();
            let written = bed.write("a", &new, expected).await;
            fs::remove_file(file("at")).unwrap();
            let met = fs::read_to_string(file("met"));
            let of = format!("{fault}, {size} bytes, new: {is_new}, step {nth}: {met:?}");
            match (&written, fs::read(&place)) {
                (Ok(_), now) => assert_eq!(now.unwrap(), new, "{of}: it is said to be written"),
                (Err(_), Ok(now)) => assert!(now == old || now == new, "{of}: a mixture"),
                (Err(_), Err(_)) => assert!(is_new, "{of}: it is gone"),
            }
            let asks_the_disk =
                fault.starts_with("fsync") && met.as_deref().is_ok_and(|met| met == "dd\n");
            if asks_the_disk {
                let refused = written.as_ref().expect_err(&of);
                assert!(refused.message.contains("its disk reports an error"), "{refused:?}");
                assert!(fs::read(&place).map_or(is_new, |now| now == old), "{of}");
            }
            bed.write("b", b"", Expected::Anything).await.unwrap();
            let names: Vec<_> = bed.names().into_iter().filter(|name| name != "a").collect();
            assert_eq!(names, ["b"], "{of}");
            if met.is_err() {
                written.unwrap();
                break;
            }
        }
    }
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_keeps_the_old_or_has_the_new_whatever_the_system_refuses_its_programs() {
    for one in FAULTS.map(|fault| tokio::spawn(a_save_survives(fault))) {
        one.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_answers_nothing_holds_up_no_other() {
    let sshd = TestSshd::start();
    let wan = Wan::start(sshd.address(), Duration::ZERO);
    wan.pause();
    let config = sshd.write_client_config_through("box", wan.port(), &[]);
    let bed = FileBed::on(Laptop::over(config, "openssh"), Some(sshd), "box").await;
    fs::write(bed.root.join("a"), "").unwrap();
    let other = async {
        until("the other one is asked", || wan.connections() > 0).await;
        let directory = Some(FilePath::from(bed.root.to_str().unwrap()));
        let at = At::Host { host: "local".into(), directory };
        let list = FileQuery::List { at, path: FilePath::default(), seen: None, limit: 10 };
        tokio::time::timeout(Duration::from_secs(15), bed.ask(list)).await
    };
    tokio::select! {
        told = bed.list("") => panic!("it answers: {told:?}"),
        told = other => match told.expect("this machine is held up").unwrap() {
            FileReply::Listing(listing) => assert_eq!(listing.entries.len(), 1),
            other => panic!("{other:?}"),
        },
    }
    wan.resume();
    assert_eq!(bed.list("").await.unwrap().entries.len(), 1);
    bed.stop().await;
}
