//! Machines whose programs can do less than others', or fail.

use std::fs;

use orchestrator::history::ShellFiles;
use shared_history::{Denial, Files, FilesError, Known, Look, Mend};

use crate::bed::{Machine, NAME, Project, Tools, append, entry, inode};
use crate::shells::whole_life;

#[tokio::test(flavor = "multi_thread")]
async fn a_perl_that_can_not_start_is_none() {
    // As a version manager's is, where nobody has chosen a version.
    for (tools, status) in [(Tools::NoLock, 127), (Tools::NoLock, 126), (Tools::Flock, 127)] {
        let machine = Machine::new("dash", tools);
        machine.put("perl", &format!("echo 'perl: no version is set' >&2; exit {status}"));
        let project = Project::new(&machine.connection);
        whole_life(&project, &format!("{tools:?} {status}")).await;
        let lock = project.history().join(format!(".{NAME}.lock"));
        assert_eq!(lock.exists(), tools == Tools::Flock, "{tools:?} {status}");
        machine.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_counts_no_bytes_is_done_without() {
    for tools in [Tools::NoLock, Tools::Flock, Tools::Perl] {
        let machine = Machine::new("dash", tools);
        machine.put("head", "echo 'head: illegal option -- c' >&2; exit 1");
        whole_life(&Project::new(&machine.connection), &format!("{tools:?}")).await;
        machine.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dd_that_can_not_sync_adds_and_sets_aside_all_the_same() {
    for tools in [Tools::NoLock, Tools::Perl] {
        let machine = Machine::new("dash", tools);
        let text = "case $* in *fsync*) echo 'dd: bad conversion' >&2; exit 1 ;; esac\n\
                    exec /usr/bin/dd \"$@\"";
        machine.put("dd", text);
        machine.put("sync", ":");
        whole_life(&Project::new(&machine.connection), &format!("{tools:?}")).await;
        machine.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_was_brought_to_the_disk() {
    for tools in [Tools::NoLock, Tools::Flock, Tools::Perl] {
        for length in [10, 20_000] {
            let machine = Machine::new("dash", tools);
            if tools == Tools::Perl {
                // One that doesn't say which machine it is for: it can't do it alone.
                machine.put("perl", "exec /usr/bin/perl -e 'BEGIN { @INC = () }' \"$@\"");
            }
            // What each file had when it was brought there.
            let text = "case $* in *fsync*) f=${2#of=}; echo $f $(wc -c <$f) >>$d/synced ;; esac\n\
                        exec /usr/bin/dd \"$@\"";
            machine.put("dd", text);
            let project = Project::new(&machine.connection);
            project.add("1", &entry("1", &"x".repeat(length))).await;
            let size = project.bytes().len();
            let synced = || fs::read_to_string(machine.home.path().join("synced")).unwrap();
            assert_eq!(synced(), format!("{NAME} {size}\n"), "{tools:?} {length}");
            fs::write(project.file(), [&project.bytes()[..], b"{\"id\":\"ha"].concat()).unwrap();
            let (from, size) = (size as u64, size as u64 + 9);
            let mend = Some(Mend { from, size, is_whole: false });
            append(&project.files, &[("2", b"{}")], false, mend).await.unwrap();
            let expected =
                format!("{NAME} {from}\n.{NAME}.torn 10\n{NAME} {}\n", project.bytes().len());
            assert_eq!(synced(), expected, "{tools:?} {length}");
            machine.connection.close().await;
        }
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[tokio::test(flavor = "multi_thread")]
async fn perl_brings_it_to_the_disk_by_itself_on_most_machines() {
    let machine = Machine::new("dash", Tools::Perl);
    machine.put("dd", ": >$d/asked; exec /usr/bin/dd \"$@\"");
    let project = Project::new(&machine.connection);
    project.add("1", &entry("1", "x")).await;
    assert!(!machine.home.path().join("asked").exists());
    machine.connection.close().await;
}

async fn look(files: &ShellFiles, known: &[Known]) -> Result<Look, FilesError> {
    files.look(known, 1024 * 1024).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_fails_is_no_empty_directory() {
    for sh in ["dash", "bash", "mksh"] {
        let machine = Machine::new(sh, Tools::NoLock);
        let project = Project::new(&machine.connection);
        project.write(b"{\"id\":\"1\"}\n");
        fs::write(project.history().join("history-other.jsonl"), "{}\n").unwrap();
        for (ls, reason) in [
            ("echo 'ls: out of memory' >&2; exit 2", "ls: out of memory"),
            // It has come as far as the first one.
            (
                "case $# in 2) ;; *) shift; set -- -ldin \"$1\"; esac; /usr/bin/ls \"$@\"; exit 2",
                "",
            ),
        ] {
            machine.put("ls", ls);
            match look(&project.files, &[]).await {
                Err(FilesError::Denied { path, denial: Denial::Other(why) }) => {
                    assert_eq!(path, project.history().to_str().unwrap(), "{sh}");
                    assert!(reason.is_empty() || why == reason, "{sh}: {why}");
                }
                other => panic!("{sh}: {other:?}"),
            }
        }
        // One that is gone meanwhile is none that fails.
        machine.put("ls", &format!("rm -f {}; exec /usr/bin/ls \"$@\"", project.file().display()));
        let found = look(&project.files, &[]).await.unwrap();
        let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["history-other.jsonl"], "{sh}");
        machine.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_without_perl_brings_what_is_new() {
    let machine = Machine::new("dash", Tools::NoLock);
    machine.put("head", "exit 1");
    let project = Project::new(&machine.connection);
    let bytes: Vec<u8> =
        (0..100).flat_map(|n| format!("{{\"id\":\"{n}\"}}\n").into_bytes()).collect();
    project.write(&bytes);
    let known = Known { name: NAME.into(), identity: inode(&project.file()), offset: 700 };
    let found = look(&project.files, &[known]).await.unwrap();
    let fresh = found.files[0].fresh.clone().unwrap();
    assert_eq!((&fresh.head[..], &fresh.bytes[..]), (&bytes[..256], &bytes[700..]));
    machine.connection.close().await;
}
