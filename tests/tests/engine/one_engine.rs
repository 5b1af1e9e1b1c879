//! There is one engine for each data directory, or a clear word of why there is none.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use baton_tests::ProbeEngine;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{EngineHandle, Seam};
use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;

use crate::support::{Dirs, Probe, send, snapshot, within};

async fn try_open(dirs: &Dirs) -> Result<EngineHandle, Failure> {
    within(EngineHandle::open(ProbeEngine::plan(dirs.data(), dirs.run(), Duration::ZERO))).await
}

#[test]
fn of_many_that_begin_at_once_one_hosts() {
    let dirs = Dirs::new();
    let mut roles: Vec<String> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(|| Probe::handle(&dirs, 0))).collect();
        let all: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        all.iter().map(|(_, role)| role.clone()).collect()
    });
    roles.sort();
    assert_eq!(roles, ["guest", "guest", "guest", "guest", "guest", "host"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_socket_is_ours_alone() {
    let dirs = Dirs::new();
    let handle = try_open(&dirs).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dirs.run()), 0o700);
    assert_eq!(mode(&dirs.data()), 0o700);
    assert!(fs::metadata(dirs.socket()).unwrap().file_type().is_socket());
    assert_eq!(mode(&dirs.socket()), 0o600);
    handle.shutdown().await;
    assert!(!dirs.socket().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_hangs_is_named() {
    let dirs = Dirs::new();
    let (host, _) = Probe::handle(&dirs, 0);
    host.signal(Signal::STOP);
    let failure = try_open(&dirs).await.unwrap_err();
    host.signal(Signal::CONT);
    assert_eq!(failure.code, Code::Busy, "{failure}");
    assert!(failure.message.contains(&format!("process {} holds", host.pid())), "{failure}");
    assert!(failure.hint.unwrap().contains("End that process"));
    // It is awake again.
    let guest = try_open(&dirs).await.unwrap();
    guest.call(send("hello")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_speaks_otherwise_is_named_with_its_process() {
    let dirs = Dirs::new();
    for dir in [dirs.data(), dirs.run()] {
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(dir, Permissions::from_mode(0o700)).unwrap();
    }
    let lock = fs::File::create(dirs.data().join("engine.lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let listener = UnixListener::bind(dirs.socket()).unwrap();
    let newer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = String::new();
        BufReader::new(&stream).read_line(&mut hello).unwrap();
        let words =
            "the engine in process 4711 (baton 9.0.0) speaks protocol 9, and test 1 speaks 1 to 1";
        let hint = "End process 4711, or use the same version of Baton";
        writeln!(
            stream,
            r#"{{"type":"error","error":{{"code":"unsupported","message":"{words}","hint":"{hint}"}}}}"#
        )
        .unwrap();
        hello
    });
    let failure = try_open(&dirs).await.unwrap_err();
    let hello = newer.join().unwrap();
    assert!(hello.contains(r#""protocol":{"min":1,"max":1}"#), "{hello}");
    assert_eq!(failure.code, Code::Unsupported);
    assert!(failure.message.contains("process 4711 (baton 9.0.0)"), "{failure}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cant_be_used_is_said_and_hosts_nothing() {
    let dirs = Dirs::new();
    try_open(&dirs).await.unwrap().shutdown().await;
    let path = dirs.data().join("baton.db");
    let good = fs::read(&path).unwrap();
    fs::write(&path, "Dear diary, ".repeat(500)).unwrap();
    let failure = try_open(&dirs).await.unwrap_err();
    assert_eq!(failure.code, Code::Corrupt, "{failure}");
    assert!(failure.message.contains(path.to_str().unwrap()));
    assert!(!dirs.socket().exists());
    assert!(fs::read(&path).unwrap().starts_with(b"Dear diary"), "it was touched");
    fs::write(&path, good).unwrap();
    assert!(try_open(&dirs).await.unwrap().is_host(), "the lock was given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_directory_serves_one_data_directory() {
    let (dirs, other) = (Dirs::new(), Dirs::new());
    let host = try_open(&dirs).await.unwrap();
    let plan = ProbeEngine::plan(other.data(), dirs.run(), Duration::ZERO);
    let failure = within(EngineHandle::open(plan)).await.unwrap_err();
    assert_eq!(failure.code, Code::Conflict, "{failure}");
    assert!(failure.message.contains(dirs.data().to_str().unwrap()), "{failure}");
    assert_eq!(snapshot(&host).await.seq, 0, "the first one serves on");
}

#[tokio::test]
async fn a_directory_that_wont_do_is_said() {
    let dirs = Dirs::new();
    let long = dirs.path().join("x".repeat(100));
    let plan = ProbeEngine::plan(dirs.data(), long, Duration::ZERO);
    let failure = EngineHandle::open(plan).await.unwrap_err();
    assert_eq!(failure.code, Code::Usage, "{failure}");
    assert!(failure.message.contains("too long for a socket by"), "{failure}");

    fs::create_dir(dirs.run()).unwrap();
    fs::set_permissions(dirs.run(), Permissions::from_mode(0o777)).unwrap();
    let failure = try_open(&dirs).await.unwrap_err();
    assert_eq!(failure.code, Code::PermissionDenied, "{failure}");
    assert!(failure.message.contains("can be written by others"), "{failure}");
}

#[test]
fn a_read_only_data_directory_is_said() {
    let dirs = Dirs::new();
    let (mut probe, _) = Probe::handle(&dirs, 0);
    probe.leave();
    // Without root, in a user namespace in which we are.
    let unshare = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || exit 99; \
        shift; exec \"$@\"";
    let (data, run) = (dirs.data(), dirs.run());
    for what in [vec!["commit"], vec!["handle"]] {
        let mut command = Command::new("unshare");
        command.args([unshare, "sh", "-c", script, "sh"]).arg(&data);
        command.arg(env!("CARGO_BIN_EXE_engine-probe")).args(&what).arg(&data);
        if what == ["handle"] {
            command.arg(&run);
        }
        let said = Probe::of(&mut command).line().unwrap();
        assert!(said.starts_with("failed permission_denied could not "), "{what:?}: {said}");
        assert!(said.contains("Read-only file system"), "{what:?}: {said}");
    }
}
