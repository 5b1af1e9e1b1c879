#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::*;
use crate::agent::Definitions;

const SHELLS: [&[&str]; 4] = [&["dash"], &["bash"], &["busybox", "sh"], &["mksh"]];

fn program(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What the script prints under `shell`, with a time limit of `seconds`, in an empty home.
fn answer(shell: &[&str], home: &Path, wanted: &[Wanted<'_>], seconds: u64) -> Vec<Seen> {
    let limit = format!(" {LIMIT_SECONDS} ");
    let calls = calls(wanted).unwrap().replace(&limit, &format!(" {seconds} "));
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", home.display()))
        .env("HOME", home)
        .env("TOKEN", "x")
        .env("CONF", home.join("conf"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, format!("{SCRIPT}\n{calls}\n").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell:?}");
    parse(&output.stdout, wanted.len())
}

#[test]
fn every_sh_finds_the_same_agents() {
    let dir = tempfile::tempdir().unwrap();
    program(dir.path(), "good", "echo good-cli 1.2.3; echo warned >&2; exit 0");
    program(dir.path(), "chatty", "echo v 7.0; seq 100000; seq 100000 >&2");
    let named = program(dir.path(), "it's here", "printf 'x 9.9.9\\377'; exit 3");
    program(dir.path(), "nodeless", "exit 0");
    fs::write(dir.path().join("nodeless"), "#!/usr/bin/env no-such-node\n").unwrap();
    fs::create_dir(dir.path().join("conf")).unwrap();
    fs::write(dir.path().join("conf/a b"), "token").unwrap();
    let version = ["--version".to_owned()];
    let wanted = |program, login| Wanted { program, version: &version, login };
    let of = |text: &str| toml_edit::de::from_str::<Login>(text).unwrap();
    let by_env = of("env = [\"NOTHING\", \"TOKEN\"]\nfiles = [\"$NOTHING/x\"]");
    let by_file = of("files = [\"$NOTHING/a b\", \"$CONF/a b\"]");
    let by_home = of("files = [\"~/conf/a b\"]\nsure = true");
    let by_command = of("command = [\"login\", \"status\"]\nsure = true");
    let nobody = of("env = [\"NOTHING\"]\nsure = true");
    let unknown = of("env = [\"NOTHING\"]");
    let all = [
        wanted("good", Some(&by_env)),
        wanted(&named, Some(&by_file)),
        wanted("nodeless", Some(&by_home)),
        wanted("good", Some(&by_command)),
        wanted("good", Some(&nobody)),
        wanted("good", Some(&unknown)),
        wanted("no-such-agent", Some(&by_env)),
        wanted("alias", None),
        Wanted { program: "sh", version: &[], login: None },
        wanted("chatty", None),
    ];
    for shell in SHELLS {
        let seen = answer(shell, dir.path(), &all, 10);
        assert_eq!(
            seen[0].path.as_deref(),
            Some(dir.path().join("good").to_str().unwrap().as_bytes())
        );
        assert_eq!(seen[0].status, Some(Status::Ended(0)), "{shell:?}");
        assert_eq!(
            (seen[0].stdout.as_slice(), seen[0].stderr.as_slice()),
            (b"good-cli 1.2.3\n".as_slice(), b"warned\n".as_slice())
        );
        assert_eq!(seen[1].path.as_deref(), Some(named.as_bytes()));
        assert_eq!(
            (seen[1].status, seen[1].stdout.as_slice()),
            (Some(Status::Ended(3)), b"x 9.9.9\xff".as_slice())
        );
        assert_eq!(seen[2].status, Some(Status::Ended(127)));
        assert_eq!(missing_interpreter(&printable(&seen[2].stderr)).unwrap(), "no-such-node");
        let logged_in: Vec<Option<bool>> = seen.iter().map(|seen| seen.logged_in).collect();
        let yes = Some(true);
        assert_eq!(
            logged_in,
            [yes, yes, yes, yes, Some(false), None, None, None, None, None],
            "{shell:?}"
        );
        assert_eq!((&seen[6], &seen[7]), (&Seen::default(), &Seen::default()));
        assert!(seen[8].path.is_some() && seen[8].status.is_none());
        // It isn't hindered from saying more than is wanted.
        assert_eq!(seen[9].status, Some(Status::Ended(0)), "{shell:?}");
        assert_eq!(seen[9].stdout.len(), 2048, "{shell:?}");
    }
}

#[test]
fn one_that_hangs_holds_nobody_up_and_is_gone_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let mark = format!("/{}", dir.path().file_name().unwrap().to_str().unwrap());
    // It starts a child that holds its output open, and takes no TERM.
    let hangs = program(
        dir.path(),
        "hangs",
        &format!("trap '' TERM; sh -c 'sleep 600; : {mark}' & echo begun; wait"),
    );
    program(dir.path(), "good", "echo good 1.2.3");
    let version = ["--version".to_owned()];
    let wanted =
        [hangs.as_str(), "good"].map(|program| Wanted { program, version: &version, login: None });
    for shell in SHELLS {
        let since = Instant::now();
        let seen = answer(shell, dir.path(), &wanted, 4);
        assert!(since.elapsed() < Duration::from_secs(60), "{shell:?}");
        assert_eq!(
            (seen[0].status, seen[0].stdout.as_slice()),
            (Some(Status::Late), b"begun\n".as_slice())
        );
        assert_eq!(seen[1].status, Some(Status::Ended(0)));
        // What is killed is listed until it has had its last turn on a busy machine.
        let left = || {
            let listed = Command::new("ps").args(["-eo", "args"]).output().unwrap().stdout;
            String::from_utf8_lossy(&listed).contains(&mark)
        };
        while left() {
            assert!(since.elapsed() < Duration::from_secs(60), "{shell:?} left it");
        }
    }
}

#[test]
fn what_was_seen_is_judged_with_the_definition() {
    let (all, _) = Definitions::embedded();
    let codex = all.get("codex").unwrap();
    let seen = |status, stdout: &str, stderr: &str| Seen {
        path: Some("/usr/bin/codex".into()),
        status: Some(status),
        stdout: stdout.into(),
        stderr: stderr.into(),
        logged_in: Some(false),
    };
    let of = |seen| judged(codex, seen, "box");
    let good = of(seen(Status::Ended(0), "codex-cli 0.169.0\n", "WARNING: proceeding"));
    assert_eq!(good.version.as_deref(), Some("codex-cli 0.169.0"));
    assert!(good.tested && good.failure.is_none() && good.logged_in == Some(false));
    let other = of(seen(Status::Ended(0), "codex-cli 0.200.1\n", ""));
    assert!(!other.tested && other.failure.is_none());
    let code = |seen| of(seen).failure.unwrap().code;
    let node = "/usr/bin/env: 'node': No such file or directory";
    assert_eq!(code(seen(Status::Ended(127), "", node)), Code::InterpreterMissing);
    assert_eq!(code(seen(Status::Ended(127), "", "setsid: failed")), Code::InterpreterMissing);
    assert_eq!(code(seen(Status::Ended(2), "", "boom")), Code::Unsupported);
    assert_eq!(code(seen(Status::Late, "", "")), Code::TimedOut);
    // Digits in the words of one that fails are no version of it.
    let thrown = of(seen(Status::Ended(1), "", "Error: boom\n    at x\n\nNode.js v20.20.2\n"));
    assert_eq!((thrown.version, thrown.tested), (None, false));
    assert_eq!(thrown.failure.unwrap().code, Code::Unsupported);
    let below = "/opt/node/v18.2.0/bin/codex: env: node: No such file or directory";
    assert_eq!(code(seen(Status::Ended(127), "", below)), Code::InterpreterMissing);
    assert_eq!(code(seen(Status::Ended(1), "codex-cli 0.169.0", "")), Code::Unsupported);
    let missing = of(Seen::default()).failure.unwrap();
    assert_eq!((missing.code, missing.host.as_deref()), (Code::AgentMissing, Some("box")));
    assert!(missing.hint.unwrap().contains("npm install -g @openai/codex"));
    assert!(of(seen(Status::Ended(0), "ready\n", "")).failure.is_none());
}

#[test]
fn the_version_is_the_first_line_with_a_number() {
    let version = |stdout: &str, stderr: &str| version_of(stdout.as_bytes(), stderr.as_bytes());
    assert_eq!(version("codex-cli 0.169.0\n", ""), Some("codex-cli 0.169.0".into()));
    let update = "A new version is there!\n2.1.3 (Claude Code)\n3.0.0 is the newest\n";
    assert_eq!(version(update, ""), Some("2.1.3 (Claude Code)".into()));
    assert_eq!(version("", "tool 1.2\n"), Some("tool 1.2".into()));
    assert_eq!(version("usage: tool [-x]\n", "7 errors.\n"), None);
    assert_eq!(version("\u{1b}[2Jtool 1.2\n", ""), Some("[2Jtool 1.2".into()));
    assert_eq!(number_in("GitHub Copilot CLI 1.0.102."), Some("1.0.102"));
}

#[test]
fn a_name_is_never_read_as_code() {
    let wanted = |program| [Wanted { program, version: &[], login: None }];
    assert!(calls(&wanted("a; reboot")).unwrap().contains(" 'a; reboot' ) &"));
    assert!(calls(&wanted("a\0b")).is_err());
}

#[tokio::test]
async fn a_fresh_look_sees_what_was_installed_since_the_login() {
    use crate::host::ResolvedHost;
    use crate::machine::ThisMachine;
    use crate::settings::ConnectionKeys;
    let dir = tempfile::tempdir().unwrap();
    let machine = ThisMachine {
        ssh: "ssh".into(),
        ssh_config: Some("none".into()),
        home: dir.path().to_owned(),
        run_dir: dir.path().join("run"),
        shell: "/bin/sh".into(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        askpass: None,
        asker: None,
        keys: ConnectionKeys::default(),
    };
    let connection = machine.connection(&ResolvedHost::Local, None);
    let (all, _) = Definitions::embedded();
    let wanted = [all.get("factory-droid").unwrap(), all.get("shell").unwrap()];
    // The key is a variable of the host; it isn't shown anywhere.
    let env = BTreeMap::from([("FACTORY_API_KEY".to_owned(), "it's \"secret\"\n".to_owned())]);
    let paths = |found: &[AgentOnHost]| -> Vec<bool> {
        found.iter().map(|found| found.path.is_some()).collect()
    };
    let before = detect(&connection, &env, &wanted, false).await.unwrap();
    assert_eq!(paths(&before), [false, true]);

    // Its installer puts it on the PATH in the profile.
    let bin = dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    program(&bin, "droid", "echo 0.9.1");
    fs::write(
        dir.path().join(".profile"),
        "echo noise; PATH=$HOME/bin:/usr/bin:/bin; export PATH\n",
    )
    .unwrap();
    let stale = detect(&connection, &env, &wanted, false).await.unwrap();
    let fresh = detect(&connection, &env, &wanted, true).await.unwrap();
    connection.close().await;

    assert_eq!(paths(&stale), [false, true]);
    assert_eq!(paths(&fresh), [true, true]);
    assert_eq!((fresh[0].version.as_deref(), fresh[0].logged_in), (Some("0.9.1"), Some(true)));
}
