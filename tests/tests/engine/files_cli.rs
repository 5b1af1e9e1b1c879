//! `baton files`, as a person or a script runs it.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Stdio;

use baton_tests::{Home, Run, TestSshd};
use serde_json::Value;

/// A home that knows the host `box` and this machine.
fn home() -> (TestSshd, Home) {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[]));
    fs::write(home.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
    fs::create_dir(home.path("work")).unwrap();
    (sshd, home)
}

fn files(home: &Home, words: &[&str]) -> Run {
    home.baton(&[&["files"], words].concat())
}

/// The same with something on stdin.
fn files_with(home: &Home, words: &[&str], stdin: &[u8]) -> Run {
    let mut command = home.command(&[&["files"], words].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who refuses it may not read it to its end.
    match child.stdin.take().unwrap().write_all(stdin) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
        Ok(()) | Err(_) => {}
    }
    Run::of(child.wait_with_output().unwrap())
}

fn at(host: &str, path: &Path) -> String {
    format!("{host}:{}", path.display())
}

#[test]
fn files_are_written_read_listed_moved_and_deleted() {
    let (_sshd, home) = home();
    let work = home.path("work");
    for host in ["box", "local"] {
        let place = |name: &str| at(host, &work.join(name));
        let written = files_with(&home, &["write", &place("a b")], b"one\ntwo\n");
        assert_eq!(written.status, Some(0), "{written:?}");
        let version = written.stdout.trim().to_owned();
        assert_eq!(fs::read(work.join("a b")).unwrap(), b"one\ntwo\n");
        assert_eq!(files(&home, &["cat", &place("a b")]).stdout, "one\ntwo\n");
        let part = files(&home, &["cat", &place("a b"), "--offset", "4", "--length", "3"]);
        assert_eq!(part.stdout, "two");
        let shown = files(&home, &["stat", &place("a b"), "--json"]).json();
        assert_eq!((&shown["version"], &shown["size_bytes"]), (&version.clone().into(), &8.into()));
        assert_eq!((&shown["kind"], &shown["mode"]), (&"file".into(), &"0644".into()));

        // Nothing is replaced that wasn't meant.
        let again = files_with(&home, &["write", &place("a b"), "--json"], b"x");
        assert_eq!((again.status, &again.json()["error"]["code"]), (Some(5), &"conflict".into()));
        let words = ["write", &place("a b"), "--if-version", &version, "--json"];
        let next = files_with(&home, &words, b"three\n");
        assert_eq!(next.status, Some(0), "{next:?}");
        let stale = files_with(&home, &words, b"four\n");
        assert_eq!((stale.status, &stale.json()["error"]["code"]), (Some(5), &"conflict".into()));
        assert_eq!(fs::read(work.join("a b")).unwrap(), b"three\n");
        let forced = files_with(&home, &["write", &place("a b"), "--force"], b"five\n");
        assert_eq!(forced.status, Some(0), "{forced:?}");

        assert_eq!(files(&home, &["mkdir", &place("d/e")]).status, Some(4));
        assert_eq!(files(&home, &["mkdir", "-p", &place("d/e")]).status, Some(0));
        fs::write(work.join("d/e/f"), "").unwrap();
        assert_eq!(files(&home, &["mv", &place("a b"), &place("d")]).status, Some(0));
        assert!(work.join("d/a b").is_file());
        let names = files(&home, &["ls", &place("d")]);
        assert_eq!(names.stdout, "a b\ne\n");
        let listed = files(&home, &["ls", &place("d"), "--json"]).json();
        let kinds: Vec<&Value> =
            listed["entries"].as_array().unwrap().iter().map(|entry| &entry["kind"]).collect();
        assert_eq!(kinds, ["file", "directory"]);
        let tree = files(&home, &["tree", &place("d")]);
        let lines: Vec<&str> = tree.stdout.lines().skip(1).collect();
        assert_eq!(lines, ["├── a b", "└── e/", "    └── f"]);
        let shallow = files(&home, &["tree", &place(""), "--depth", "1"]);
        assert_eq!(shallow.stdout.lines().skip(1).collect::<Vec<_>>(), ["└── d/"]);
        let found = files(&home, &["find", &place(""), "def"]);
        assert_eq!(found.stdout, "d/e/f\n", "{found:?}");
        let kept = files(&home, &["rm", &place("d"), "--json"]);
        assert_eq!((kept.status, &kept.json()["error"]["code"]), (Some(5), &"conflict".into()));
        assert_eq!(files(&home, &["rm", "-r", &place("d")]).status, Some(0));
        assert_eq!(fs::read_dir(&work).unwrap().count(), 0);
        let gone = files(&home, &["cat", &place("d"), "--json"]);
        assert_eq!((gone.status, &gone.json()["error"]["code"]), (Some(4), &"not_found".into()));
    }
}

#[test]
fn nothing_is_moved_to_another_host_and_nothing_sent_out_of_a_session_unasked() {
    let (_sshd, home) = home();
    let work = home.path("work");
    fs::write(work.join("a"), "1").unwrap();
    let moved = files(&home, &["mv", &at("box", &work.join("a")), "local:b", "--json"]);
    assert_eq!((moved.status, &moved.json()["error"]["code"]), (Some(2), &"usage".into()));
    assert!(work.join("a").exists());
    // A name may have a colon.
    let named = files(&home, &["mv", &at("box", &work.join("a")), &at("box", &work.join("x:y"))]);
    assert_eq!(named.status, Some(0), "{named:?}");
    let cwd = work.to_str().unwrap();
    let new =
        ["session", "new", "--agent", "codex", "--host", "box", "--cwd", cwd, "--name", "fix"];
    assert_eq!(home.baton(&new).status, Some(0));
    let relative = files(&home, &["mv", "fix:x:y", "nobody:z"]);
    assert_eq!(relative.status, Some(0), "{relative:?}");
    assert!(work.join("nobody:z").exists());
    fs::write(home.path("local file"), "2").unwrap();
    let local = home.path("local file");
    let local = local.to_str().unwrap();
    let put = files(&home, &["put", local, "fix:../beside", "--json"]);
    let error = &put.json()["error"];
    assert_eq!((put.status, &error["code"]), (Some(1), &"permission_denied".into()), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("--outside"), "{error}");
    assert!(!home.path("beside").exists());
    assert_eq!(files(&home, &["put", local, "fix:in"]).status, Some(0));
    assert_eq!(files(&home, &["put", local, "fix:../beside", "--outside"]).status, Some(0));
    assert_eq!(fs::read(home.path("beside")).unwrap(), b"2");
}

#[test]
fn any_bytes_are_written_and_printed_as_they_are() {
    let (_sshd, home) = home();
    let bytes: Vec<u8> = (0..1_500_000_u32).map(|number| (number * 7 % 256) as u8).collect();
    let place = at("box", &home.path("work/bytes"));
    assert_eq!(files_with(&home, &["write", &place], &bytes).status, Some(0));
    let cat = home.command(&["files", "cat", &place]).output().unwrap();
    assert!(cat.stdout == bytes);
    let lines = files(&home, &["cat", &place, "--offset", "20", "--length", "10", "--json"]).json();
    assert_eq!(lines["base64"], "jJOaoaivtr3Eyw==");
    let much = files_with(&home, &["write", &place, "--force", "--json"], &vec![0; 5 << 20]);
    assert_eq!((much.status, &much.json()["error"]["code"]), (Some(1), &"too_large".into()));
    assert_eq!(fs::read(home.path("work/bytes")).unwrap(), bytes);
}

#[test]
fn several_files_are_printed_one_behind_the_other_and_what_is_wrong_with_one_is_said() {
    let (_sshd, home) = home();
    let large = vec![b'x'; 5 << 20];
    for (name, bytes) in [("a", &b"one\n"[..]), ("b", b"two\n"), ("large", &large)] {
        fs::write(home.path("work").join(name), bytes).unwrap();
    }
    let place = |host: &str, name: &str| at(host, &home.path("work").join(name));
    let all = files(&home, &["cat", &place("box", "b"), &place("box", "a"), &place("local", "b")]);
    assert_eq!((all.status, all.stdout.as_str()), (Some(0), "two\none\ntwo\n"));
    let much = files(&home, &["cat", &place("box", "large"), &place("box", "a")]);
    assert_eq!((much.status, much.stdout.len()), (Some(0), large.len() + 4));
    let some = files(&home, &["cat", &place("box", "a"), &place("box", "no"), &place("box", "b")]);
    assert_eq!((some.status, some.stdout.as_str()), (Some(4), "one\ntwo\n"), "{some:?}");
    assert!(some.stderr.contains("no"), "{some:?}");
    let json = files(&home, &["cat", &place("box", "a"), &place("box", "b"), "--json"]);
    let lines: Vec<Value> =
        json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let texts: Vec<_> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["one\n", "two\n"]);
    let shown = files(&home, &["stat", &place("box", "a"), "--json"]).json();
    assert_eq!(lines[0]["version"], shown["version"]);
    let part = files(&home, &["cat", &place("box", "a"), &place("box", "b"), "--length", "1"]);
    assert_eq!((part.status, part.stdout.as_str()), (Some(2), ""));
}

#[test]
fn a_session_stands_for_its_directory_and_is_left_only_when_that_was_said() {
    let (_sshd, home) = home();
    let work = home.path("work");
    let cwd = work.to_str().unwrap();
    let new =
        ["session", "new", "--agent", "codex", "--host", "box", "--cwd", cwd, "--name", "fix"];
    assert_eq!(home.baton(&new).status, Some(0));
    assert_eq!(files_with(&home, &["write", "fix:a"], b"1").status, Some(0));
    assert_eq!(fs::read(work.join("a")).unwrap(), b"1");
    assert_eq!(files(&home, &["ls", "fix"]).stdout, "a\n");
    let outside = files_with(&home, &["write", "fix:../beside", "--json"], b"1");
    let error = &outside.json()["error"];
    assert_eq!((outside.status, &error["code"]), (Some(1), &"permission_denied".into()));
    assert!(error["hint"].as_str().unwrap().contains("--outside"), "{error}");
    let meant = files_with(&home, &["write", "fix:../beside", "--outside"], b"2");
    assert_eq!(meant.status, Some(0), "{meant:?}");
    assert_eq!(fs::read(work.join("../beside")).unwrap(), b"2");
    assert_eq!(files(&home, &["rm", "fix:."]).status, Some(2));
    let none = files_with(&home, &["write", "fix:a", "--if-version", ""], b"3");
    assert_eq!((none.status, fs::read(work.join("a")).unwrap()), (Some(2), b"1".to_vec()));

    let nobody = files(&home, &["ls", "nobody:x", "--json"]);
    let error = &nobody.json()["error"];
    assert_eq!((nobody.status, &error["code"]), (Some(4), &"host_unknown".into()));
    assert!(error["message"].as_str().unwrap().contains("session"), "{error}");
    assert_eq!(files(&home, &["cat", "box"]).status, Some(2));
    assert_eq!(files(&home, &["rm", "box:"]).status, Some(2));
}

#[test]
fn names_stay_as_they_are_in_a_pipe() {
    let (_sshd, home) = home();
    let work = home.path("work");
    fs::write(work.join("new\nline \x1b[31m"), "").unwrap();
    let place = at("local", &work);
    let zero = files(&home, &["ls", "-0", &place]);
    assert_eq!(zero.stdout, "new\nline \x1b[31m\0");
    let long = files(&home, &["ls", "-l", &place]);
    assert!(long.stdout.contains("new\\nline") && !long.stdout.contains('\x1b'), "{long:?}");
}
