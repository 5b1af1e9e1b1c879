//! `baton files get` and `put`, as people and scripts use them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::process::Stdio;
use std::time::Duration;

use baton_tests::{Home, LoginShells, TestSshd, Wan, ended, short_dir, until};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt;

use crate::transfers_bed::{bytes, names};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_and_a_directory_go_there_and_back() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[]));
    let (here, there) = (short_dir(), short_dir());
    let local = here.path().join("a");
    let body = bytes(700_000);
    fs::write(&local, &body).unwrap();
    let to = format!("box:{}/", there.path().display());
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let run = async |line: Vec<String>| {
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        ended(home.start(&line)).await
    };
    let local = local.to_str().unwrap();
    let put = run(words(&["files", "put", local, &to])).await;
    assert_eq!(put.status, Some(0), "{put:?}");
    assert!(fs::read(there.path().join("a")).unwrap() == body);
    // Into a directory, as with cp; what is there is replaced only if that was said.
    let dir = format!("box:{}", there.path().display());
    let again = run(words(&["files", "put", local, &dir])).await;
    assert_eq!(again.status, Some(5), "{again:?}");
    assert!(again.stderr.contains("is there already"), "{again:?}");
    let again = run(words(&["files", "put", "-f", local, &dir])).await;
    assert_eq!(again.status, Some(0), "{again:?}");
    let back = here.path().join("back");
    let from = format!("{dir}/a");
    let get = run(words(&["--json", "files", "get", &from, back.to_str().unwrap()])).await;
    assert_eq!(get.status, Some(0), "{get:?}");
    let last: serde_json::Value = serde_json::from_str(get.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "done", "{get:?}");
    assert!(get.stdout.lines().any(|line| line.contains("\"progress\"")), "{get:?}");
    assert!(fs::read(&back).unwrap() == body);
    let out = here.path().join("dir");
    let tree = run(words(&["files", "get", &dir, out.to_str().unwrap()])).await;
    assert_eq!(tree.status, Some(0), "{tree:?}");
    assert!(fs::read(out.join("a")).unwrap() == body);
    let gone = run(words(&["files", "get", &format!("{dir}/gone"), "/tmp/never"])).await;
    assert_eq!(gone.status, Some(4), "{gone:?}");
    let stream = home.command(&["files", "get", &from, "-"]).output().unwrap();
    assert!(stream.status.success(), "{}", String::from_utf8_lossy(&stream.stderr));
    assert!(stream.stdout == body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_from_a_pipe_is_put_whole() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[]));
    let there = short_dir();
    let to = format!("box:{}/a", there.path().display());
    let mut command = home.command(&["files", "put", "-", &to]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = tokio::process::Command::from(command).spawn().unwrap();
    let body = bytes(300_000);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&body).await.unwrap();
    drop(stdin);
    let run = ended(child).await;
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(fs::read(there.path().join("a")).unwrap() == body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_sftp_server_refuses_to_take_is_said_and_all_is_as_it_was() {
    let shells = LoginShells::named(&["dash"]);
    let sshd = TestSshd::builder().login_shells(shells).force_command("internal-sftp").start();
    let home = Home::new(sshd.write_client_config_as("dash", "box", &[]));
    fs::write(home.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
    let (here, there) = (short_dir(), short_dir());
    let local = here.path().join("a");
    fs::write(&local, "new").unwrap();
    let owner = fs::metadata(sshd.home_of("dash")).unwrap();
    for (name, is_theirs) in [("shut", false), ("open", true), ("open/full/a", true)] {
        let dir = there.path().join(name);
        fs::create_dir_all(&dir).unwrap();
        if is_theirs {
            chown(dir, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
    }
    fs::set_permissions(there.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(there.path().join("open/old"), "old").unwrap();
    fs::write(there.path().join("shut/old"), "old").unwrap();
    let refused = async |words: &[&str], name: &str| {
        let to = format!("box:{}/{name}", there.path().display());
        let words = [&["files", "put", local.to_str().unwrap(), &to, "--json"], words].concat();
        let run = ended(home.start(&words)).await;
        let last = run.stdout.lines().last().unwrap_or_default();
        let last: serde_json::Value = serde_json::from_str(last).unwrap();
        let error = &last["error"];
        assert!(error["hint"].is_string() && error["host"] == "box", "{name}: {run:?}");
        (run.status, error["code"].as_str().unwrap_or_default().to_owned())
    };
    let is = |status: i32, code: &str| (Some(status), code.to_owned());
    assert_eq!(refused(&[], "shut/a").await, is(1, "permission_denied"));
    assert_eq!(refused(&["--force"], "shut/old").await, is(1, "permission_denied"));
    // It would go into the directory, as with cp, and there is another one of its name.
    assert_eq!(refused(&["--force"], "open/full").await, is(1, "is_directory"));
    assert_eq!(refused(&[], "open/old").await, is(5, "conflict"));
    assert_eq!(refused(&[], "gone/a").await, is(4, "dir_missing"));
    for name in ["open/old", "shut/old"] {
        assert_eq!(fs::read(there.path().join(name)).unwrap(), b"old", "{name}");
    }
    assert_eq!(names(&there.path().join("open")), ["full", "old"]);
    assert_eq!(names(&there.path().join("open/full")), ["a"]);
    assert_eq!(names(&there.path().join("shut")), ["old"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_stopped_or_killed_goes_on_where_it_was() {
    let sshd = TestSshd::start();
    let wan = Wan::start(sshd.address(), Duration::ZERO);
    wan.set_rate(10_000_000);
    let home = Home::new(sshd.write_client_config_through("box", wan.port(), &[]));
    let (here, there) = (short_dir(), short_dir());
    let local = here.path().join("a");
    let body = bytes(24 << 20);
    fs::write(&local, &body).unwrap();
    let to = format!("box:{}/a", there.path().display());
    let words = ["files", "put", local.to_str().unwrap(), &to];
    for (signal, status) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let child = home.start(&words);
        let goal = wan.arrived() + 6_000_000;
        until("some of it is there", || wan.arrived() >= goal).await;
        let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        let run = ended(child).await;
        assert_eq!(run.status, status, "{run:?}");
        if signal == Signal::INT {
            assert!(run.stderr.contains("goes on from there"), "{run:?}");
        }
        assert!(!there.path().join("a").exists());
    }
    let before = wan.arrived();
    let run = ended(home.start(&words)).await;
    let crossed = wan.arrived() - before;
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(fs::read(there.path().join("a")).unwrap() == body);
    assert!(crossed < 18_000_000, "{crossed} of {}", body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_of_a_directory_is_said() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[]));
    let (here, there) = (short_dir(), short_dir());
    fs::create_dir(there.path().join("dir")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, there.path().join("dir/pipe"), 0o644.into()).unwrap();
    let from = format!("box:{}/dir", there.path().display());
    let to = here.path().join("text").display().to_string();
    let get = ended(home.start(&["files", "get", &from, &to])).await;
    assert_eq!(get.status, Some(0), "{get:?}");
    assert!(get.stderr.contains("a socket, pipe or device was left out"), "{get:?}");
    let to = here.path().join("json").display().to_string();
    let get = ended(home.start(&["--json", "files", "get", &from, &to])).await;
    let last: serde_json::Value = serde_json::from_str(get.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["said"], "a socket, pipe or device was left out", "{get:?}");
}
