//! Data directories that can't be used: each is said with what to do, and left as it is.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use baton_tests::{Run, program};

use crate::cli_bed::{Bed, code};

/// The database, and the files of it that a last process may have left.
fn database(bed: &Bed) -> std::path::PathBuf {
    for name in ["baton.db-wal", "baton.db-shm"] {
        // Gone already where the last process ended by itself.
        fs::remove_file(bed.home.path("b/data").join(name)).ok(); // It may not be there.
    }
    bed.home.path("b/data/baton.db")
}

#[tokio::test]
async fn a_database_that_is_damaged_is_said_and_left_alone() {
    let bed = Bed::start();
    let path = database(&bed);
    fs::write(&path, "no database at all, but long enough to have a header of its own".repeat(99))
        .unwrap();
    let before = fs::read(&path).unwrap();
    for words in [&["session", "list", "--json"][..], &["send", "work", "print x", "--json"]] {
        let refused = bed.baton(words).await;
        assert_eq!(code(&refused), (Some(1), "corrupt".into()), "{refused:?}");
        let error = &refused.json()["error"];
        assert!(error["message"].as_str().unwrap().contains("baton.db"), "{error}");
        assert!(error["hint"].is_string(), "{error}");
    }
    assert!(fs::read(&path).unwrap() == before, "it was written to");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_said_and_left_alone() {
    let bed = Bed::start();
    let path = database(&bed);
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 4711).unwrap();
    drop(newer);
    let refused = bed.baton(&["session", "list", "--json"]).await;
    assert_eq!(code(&refused), (Some(1), "unsupported".into()), "{refused:?}");
    assert!(refused.stdout.contains("4711"), "{refused:?}");
    let still = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = still.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 4711);
}

/// Runs `baton` where its data directory is a file system of its own, mounted like that, with a copy of the data in it.
fn mounted(bed: &Bed, options: &str, prepare: &str, words: &[&str]) -> Run {
    let data = bed.home.path("b/data");
    let script = format!(
        "cp -R \"$1\" \"$1.copy\" && mount -t tmpfs -o size=2m,mode=700 tmpfs \"$1\" || exit 99\n\
         cp -R \"$1.copy/.\" \"$1/\" && {{ {prepare}; }} && mount -o remount,{options} \"$1\" || exit 98\n\
         shift; exec \"$@\""
    );
    let plain = bed.home.command(words);
    let mut command = Command::new("unshare");
    // Without root, in a user namespace in which we are.
    command.arg(if rustix::process::geteuid().is_root() { "-m" } else { "-rm" });
    command.args(["sh", "-c", &script, "sh"]).arg(&data).arg(program()).args(plain.get_args());
    command.env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = Run::of(command.stdin(Stdio::null()).output().unwrap());
    fs::remove_dir_all(bed.home.path("b/data.copy")).unwrap();
    assert!(!matches!(run.status, Some(98 | 99)), "{run:?}");
    run
}

#[tokio::test]
async fn a_data_directory_that_is_read_only_is_said() {
    let bed = Bed::start();
    for words in [&["session", "list", "--json"][..], &["send", "work", "print x", "--json"]] {
        let refused = mounted(&bed, "ro", "true", words);
        assert_eq!(code(&refused), (Some(1), "permission_denied".into()), "{refused:?}");
        assert!(refused.json()["error"]["hint"].is_string(), "{refused:?}");
    }
}

#[tokio::test]
async fn a_full_disk_here_is_said_and_the_agent_never_sees_the_message() {
    let bed = Bed::start();
    let ran = bed.file("ran");
    let fill = "cat /dev/zero >\"$1/fill\" 2>/dev/null || true";
    let refused = mounted(&bed, "rw", fill, &["send", "work", &format!("touch {ran}"), "--json"]);
    assert_eq!(code(&refused), (Some(1), "internal".into()), "{refused:?}");
    let error = refused.json()["error"].clone();
    assert!(error["message"].as_str().unwrap().contains("No space left"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("Free some space"), "{error}");
    assert!(!Path::new(&ran).exists());
    // With room it works, with all that was there.
    let sent = bed.baton(&["send", "work", &format!("touch {ran}\nprint done")]).await;
    assert_eq!((sent.status, sent.stdout.as_str()), (Some(0), "done\n"), "{sent:?}");
    assert!(Path::new(&ran).exists());
}
