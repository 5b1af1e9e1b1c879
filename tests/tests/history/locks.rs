//! Locks: of the living they are respected, of the dead they are taken.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use shared_history::{Denial, Files, FilesError};

use crate::bed::{
    Machine, NAME, PATIENCE, Project, Tools, age, append, assert_each_once, entry, inode,
};

fn lock_directory(project: &Project) -> PathBuf {
    project.history().join(format!(".{NAME}.lock.d"))
}

/// This boot of the machine, and which of its processes we see.
fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    format!("{} {}", boot.trim(), inode(Path::new("/proc/self/ns/pid")))
}

/// The start of a process of this machine, as proc(5) has it.
fn start(pid: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(") ").next().unwrap().split(' ').nth(19).unwrap().to_owned()
}

fn dead_pid() -> u32 {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    pid
}

/// A project whose lock is a directory with that owner, or with none.
fn locked(machine: &Machine, owner: Option<String>) -> Project {
    let project = Project::new(&machine.connection);
    fs::create_dir_all(lock_directory(&project)).unwrap();
    if let Some(owner) = owner {
        fs::write(lock_directory(&project).join("owner"), owner).unwrap();
    }
    project
}

async fn is_taken_at_once(project: &Project, what: &str) {
    let start = Instant::now();
    project.add("1", &entry("1", "x")).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{what}: {:?}", start.elapsed());
    assert_each_once(&project.bytes(), ["1".to_owned()].into_iter());
    assert_eq!(project.litter(), Vec::<String>::new(), "{what}");
}

async fn is_respected(project: &Project, what: &str) {
    let start = Instant::now();
    match project.append(&[("1", &entry("1", "x"))]).await {
        Err(FilesError::Locked { path, seconds: 10 }) => {
            assert_eq!(path, project.file().to_str().unwrap(), "{what}");
        }
        other => panic!("{what}: {other:?}"),
    }
    assert!(start.elapsed() > Duration::from_secs(9), "{what}: {:?}", start.elapsed());
    assert_eq!(project.bytes(), b"", "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_a_dead_process_is_taken_in_every_sh() {
    for sh in ["dash", "bash", "mksh", "busybox"] {
        let machine = Machine::new(sh, Tools::NoLock);
        let dead = format!("{}\n{}\n1\n", dead_pid(), place());
        is_taken_at_once(&locked(&machine, Some(dead)), &format!("{sh}: dead")).await;
        // Its number belongs to another one by now.
        let other = format!("{}\n{}\n1\n", std::process::id(), place());
        is_taken_at_once(&locked(&machine, Some(other)), &format!("{sh}: another")).await;

        let own = format!("{}\nanother boot\n{}\n", std::process::id(), start(std::process::id()));
        let project = locked(&machine, Some(own));
        age(&lock_directory(&project));
        is_taken_at_once(&project, &format!("{sh}: restarted")).await;

        let project = locked(&machine, None);
        age(&lock_directory(&project));
        is_taken_at_once(&project, &format!("{sh}: nobody's")).await;

        // Who wanted to take it has died, too.
        let project = locked(&machine, Some(format!("{}\n{}\n1\n", dead_pid(), place())));
        fs::create_dir(lock_directory(&project).join("taken")).unwrap();
        age(&lock_directory(&project).join("taken"));
        is_taken_at_once(&project, &format!("{sh}: half taken")).await;
        machine.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_the_living_is_respected_for_ten_seconds() {
    let machine = Machine::new("dash", Tools::NoLock);
    let others = [Machine::new("bash", Tools::NoLock), Machine::new("busybox", Tools::NoLock)];
    let own = format!("{}\n{}\n{}\n", std::process::id(), place(), start(std::process::id()));
    let living = locked(&machine, Some(own));
    // Of another machine that shares the disk, perhaps.
    let elsewhere = locked(&others[0], Some("1\nanother boot\n1\n".to_owned()));
    // Somebody who is about to write who he is.
    let young = locked(&others[1], None);
    // Of another container on this machine, perhaps; or of an account that shows its processes to nobody.
    let boot = place().split(' ').next().unwrap().to_owned();
    let contained = locked(&machine, Some(format!("{}\n{boot} 1\n1\n", dead_pid())));
    let hidden = ["dash", "bash", "mksh", "busybox"].map(|sh| Machine::new(sh, Tools::NoLock));
    let hidden = hidden.map(|machine| {
        let project = locked(&machine, Some(format!("{}\n{}\n1\n", dead_pid(), place())));
        chown(lock_directory(&project), Some(4711), None).unwrap();
        (machine, project)
    });
    let nameless = format!("{}\n{}\nunknown\n", std::process::id(), place());
    let nameless = locked(&machine, Some(nameless));
    // One that nobody else may look into.
    let nobody = Machine::of_nobody(Tools::NoLock);
    let closed = locked(&nobody, None);
    fs::set_permissions(closed.history(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(lock_directory(&closed), fs::Permissions::from_mode(0o700)).unwrap();
    tokio::join!(
        is_respected(&contained, "contained"),
        is_respected(&nameless, "nameless"),
        is_respected(&closed, "closed"),
        futures::future::join_all(
            hidden.iter().map(|(_, project)| is_respected(project, "hidden")),
        ),
        is_respected(&living, "living"),
        is_respected(&elsewhere, "elsewhere"),
        is_respected(&young, "young"),
    );
    fs::remove_dir_all(lock_directory(&living)).unwrap();
    is_taken_at_once(&living, "freed").await;
    for project in hidden.iter().map(|(_, project)| project).chain([&contained, &nameless]) {
        age(&lock_directory(project));
        is_taken_at_once(project, "old").await;
    }
    let hidden = hidden.iter().map(|(machine, _)| machine);
    for machine in [&machine, &others[0], &others[1], &nobody].into_iter().chain(hidden) {
        machine.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_lock_is_taken_by_one_of_many() {
    for _ in 0..5 {
        let machines =
            ["dash", "bash", "mksh", "busybox"].map(|sh| Machine::new(sh, Tools::NoLock));
        let dead = format!("{}\n{}\n1\n", dead_pid(), place());
        let project = locked(&machines[0], Some(dead));
        let ids: Vec<String> = (0..12).map(|number| format!("n{number}")).collect();
        let all = ids.iter().enumerate().map(|(number, id)| {
            let own = Project::at(&machines[number % 4].connection, project.dir.clone());
            async move { own.add(id, &entry(id, "x")).await }
        });
        futures::future::join_all(all).await;
        assert_each_once(&project.bytes(), ids.into_iter());
        assert_eq!(project.litter(), Vec::<String>::new());
        for machine in machines {
            machine.connection.close().await;
        }
    }
}

/// A file that we hold with flock(2), as a program without a shell does.
fn held(project: &Project) -> fs::File {
    fs::create_dir_all(project.history()).unwrap();
    let file = fs::File::create(project.history().join(format!(".{NAME}.lock"))).unwrap();
    flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
    file
}

/// Waits until so many processes wait for a lock, as proc(5) tells of it.
async fn is_waited_for(file: &fs::File, count: usize) {
    let inode = format!(":{} ", file.metadata().unwrap().ino());
    let is_waiting = |line: &&str| line.contains("-> FLOCK") && line.contains(&inode);
    let deadline = Instant::now() + PATIENCE;
    while fs::read_to_string("/proc/locks").unwrap().lines().filter(is_waiting).count() < count {
        assert!(Instant::now() < deadline, "nobody waits for it");
        tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_flock_is_waited_for_and_respected_by_flock_and_perl() {
    let machines = [
        Machine::new("dash", Tools::Flock),
        Machine::new("bash", Tools::Perl),
        Machine::new("mksh", Tools::Flock),
        Machine::new("mksh", Tools::Perl),
    ];
    let projects = machines.each_ref().map(|machine| Project::new(&machine.connection));
    let files = projects.each_ref().map(held);
    futures::future::join_all(projects.iter().map(|project| is_respected(project, "held"))).await;
    for (project, file) in projects.iter().zip(files) {
        let line = entry("2", "x");
        let waiting = project.add("2", &line);
        let freeing = async {
            is_waited_for(&file, 1).await;
            assert_eq!(project.bytes(), b"");
            drop(file);
        };
        tokio::join!(waiting, freeing);
        assert_each_once(&project.bytes(), ["2".to_owned()].into_iter());
        // A trim waits as well.
        let file = held(project);
        let trimming = project.files.trim(NAME, 0);
        let freeing = async {
            is_waited_for(&file, 1).await;
            assert_ne!(project.bytes(), b"");
            drop(file);
        };
        let (trimmed, ()) = tokio::join!(trimming, freeing);
        assert_eq!(trimmed.unwrap().removed, 1);
    }
    for machine in machines {
        machine.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_lock_while_the_same_is_asked_again_adds_nothing_twice() {
    for tools in [Tools::All, Tools::Perl, Tools::Flock] {
        for round in 0..6 {
            let machines = [Machine::new("dash", tools), Machine::new("dash", tools)];
            let first = Project::new(&machines[0].connection);
            first.write(b"{\"id\":\"0\"}\n");
            let second = Project::at(&machines[1].connection, first.dir.clone());
            for project in [&first, &second] {
                project.files.look(&[], 0).await.unwrap();
            }
            let file = held(&first);
            let line = entry("1", "x");
            let lines = [("1", &line[..])];
            let again = async {
                // Now before the other one, now after it.
                tokio::time::sleep(Duration::from_millis(20 * (round % 3))).await; // wait: another order
                append(&second.files, &lines, true, None).await
            };
            let freeing = async {
                is_waited_for(&file, 2).await;
                drop(file);
            };
            let (one, other, ()) = tokio::join!(first.append(&lines), again, freeing);
            assert!(one.is_ok() && other.is_ok(), "{tools:?}: {one:?}, {other:?}");
            let ids = ["0", "1"].map(str::to_owned);
            assert_each_once(&first.bytes(), ids.into_iter());
            for machine in machines {
                machine.connection.close().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flock_that_can_not_wait_is_asked_again_and_again() {
    // As busybox' is: it knows `-n`, and not `-w`.
    let machine = Machine::new("dash", Tools::Flock);
    let text =
        "echo >>$d/asked; case $1 in -w) echo usage >&2; exit 1;; esac; exec /usr/bin/flock \"$@\"";
    machine.put("flock", text);
    let project = Project::new(&machine.connection);
    let file = held(&project);
    is_respected(&project, "held").await;
    let line = entry("1", "x");
    let freeing = async {
        let asked = fs::read_to_string(machine.home.path().join("asked")).unwrap().len();
        let is_asked_again =
            || fs::read_to_string(machine.home.path().join("asked")).unwrap().len() > asked + 2;
        while !is_asked_again() {
            tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
        }
        drop(file);
    };
    tokio::join!(project.add("1", &line), freeing);
    assert_each_once(&project.bytes(), ["1".to_owned()].into_iter());
    machine.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_something_else_is_said() {
    let machine = Machine::new("dash", Tools::All);
    let project = Project::new(&machine.connection);
    fs::create_dir_all(project.history().join(format!(".{NAME}.lock"))).unwrap();
    match project.append(&[("1", b"{}")]).await {
        Err(FilesError::Denied { denial: Denial::InTheWay, path }) => {
            assert!(path.ends_with(".lock"), "{path}");
        }
        other => panic!("{other:?}"),
    }
    let without = Machine::new("dash", Tools::NoLock);
    let project = Project::new(&without.connection);
    fs::create_dir_all(project.history()).unwrap();
    fs::write(lock_directory(&project), "").unwrap();
    match project.append(&[("1", b"{}")]).await {
        Err(FilesError::Denied { denial: Denial::InTheWay, .. }) => {}
        other => panic!("{other:?}"),
    }
    // One that has no locks to give.
    let flocking = Machine::new("dash", Tools::Flock);
    flocking.put("flock", "echo flock: no locks available >&2; exit 71");
    match Project::new(&flocking.connection).append(&[("1", b"{}")]).await {
        Err(FilesError::Denied { denial: Denial::Other(words), .. }) => {
            assert_eq!(words, "flock: no locks available");
        }
        other => panic!("{other:?}"),
    }
    for connection in [machine.connection, without.connection, flocking.connection] {
        connection.close().await;
    }
}
