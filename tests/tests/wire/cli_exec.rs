//! `baton exec` runs a program on a host as it was asked to, or says why not.

use std::net::TcpListener;

use baton_tests::{Home, Run, TestSshd, ended, processes, start, until};

fn home(sshd: &TestSshd) -> Home {
    Home::new(sshd.write_client_config("box", &[]))
}

fn logins(sshd: &TestSshd) -> usize {
    sshd.log().matches("Accepted publickey").count()
}

/// Fails with `status`, as text and as JSON, and prints nothing else.
async fn fails(home: &Home, words: &[&str], status: i32, code: &str) -> String {
    let text = home.exec(words).await;
    assert_eq!((text.status, text.stdout.as_str()), (Some(status), ""), "{text:?}");
    let lines: Vec<_> = text.stderr.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("error: "), "{text:?}");
    assert!(lines[1].strip_prefix("hint: ").is_some_and(|hint| !hint.is_empty()), "{text:?}");

    let json = home.exec(&[&["--json"], words].concat()).await;
    assert_eq!((json.status, json.stderr.as_str()), (Some(status), ""), "{json:?}");
    let error = &json.json()["error"];
    assert_eq!(error["code"], code, "{json:?}");
    assert_eq!(format!("error: {}", error["message"].as_str().unwrap()), lines[0]);
    assert_eq!(format!("hint: {}", error["hint"].as_str().unwrap()), lines[1]);
    text.stderr
}

#[track_caller]
fn printed(run: &Run, stdout: &str) {
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (Some(0), stdout, ""));
}

#[tokio::test]
async fn its_status_is_that_of_the_program_and_128_more_than_a_signal() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for (script, status) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -TERM $$", 143),
        ("kill -9 $$", 137),
    ] {
        for login in [&["box"][..], &["--no-login", "box"]] {
            let run = home.exec(&[login, &["--", "sh", "-c", script]].concat()).await;
            assert_eq!(run.status, Some(status), "{script}: {run:?}");
            assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{script}");
        }
    }
    let run = home.exec(&["box", "--", "no-such-program"]).await;
    assert_eq!(run.status, Some(127), "{run:?}");
    assert!(run.stderr.contains("no-such-program"), "{run:?}");
}

#[tokio::test]
async fn what_stops_ssh_is_said_and_ends_with_255() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sshd = TestSshd::start();
    let refused = Home::new(sshd.write_client_config("box", &[&format!("Port {free}")]));
    let said = fails(&refused, &["box", "--", "true"], 255, "connection_refused").await;
    assert!(said.contains("box"), "{said}");
    let shut = home(&sshd);
    std::fs::write(sshd.authorized_keys_path(), "").unwrap();
    fails(&shut, &["box", "--", "true"], 255, "auth_refused").await;
}

#[tokio::test]
async fn a_shell_that_can_start_nothing_is_ssh_failing_too() {
    let sshd =
        TestSshd::builder().login_shells(baton_tests::LoginShells::named(&["nologin"])).start();
    let home = Home::new(sshd.write_client_config_as("nologin", "box", &[]));
    fails(&home, &["box", "--", "true"], 255, "shell_broken").await;
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_refused_with_the_nearest_name() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let said = fails(&home, &["bxo", "--", "true"], 4, "host_unknown").await;
    assert!(said.contains("\"bxo\"") && said.contains("Did you mean box"), "{said}");
    assert_eq!(logins(&sshd), 0);
}

#[tokio::test]
async fn a_disabled_host_runs_nothing() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    std::fs::write(home.hosts_toml(), "[host.off]\nssh_config = \"box\"\nenabled = false\n")
        .unwrap();
    let said = fails(&home, &["off", "--", "true"], 5, "host_disabled").await;
    assert!(said.contains("baton hosts enable off"), "{said}");
    assert_eq!(logins(&sshd), 0);
}

#[tokio::test]
async fn nothing_runs_where_the_directory_is_missing() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let proof = home.path("ran");
    let run = ["--", "touch", proof.to_str().unwrap()];
    for words in [
        &["box", "--cwd", "/nowhere/at all"][..],
        &["box", "--no-login", "--cwd", "/nowhere/at all"],
        &["local", "--cwd", "/nowhere/at all"],
    ] {
        let said = fails(&home, &[words, &run].concat(), 4, "dir_missing").await;
        assert!(said.contains("/nowhere/at all"), "{said}");
    }
    assert!(!proof.exists());
}

#[tokio::test]
async fn a_bad_row_of_environment_is_a_mistake_whose_value_is_not_repeated() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for row in
        ["1TOKEN=hunter2hunter2", "TO-KEN=hunter2hunter2", "=hunter2hunter2", "hunter2hunter2"]
    {
        let said = fails(&home, &["box", "--env", row, "--", "true"], 2, "usage").await;
        assert!(!said.contains("hunter2"), "{said}");
    }
    assert_eq!(logins(&sshd), 0);
}

#[tokio::test]
async fn a_hosts_own_directory_and_environment_apply_until_something_else_is_said() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let dir = home.path("a dir");
    std::fs::create_dir(&dir).unwrap();
    let text = format!(
        "[host.saved]\nssh_config = \"box\"\nremote_dir = \"{}\"\nenv = {{ A = \"a 'b' $c\", B = \"host\" }}\n",
        dir.display()
    );
    std::fs::write(home.hosts_toml(), text).unwrap();
    let script = ["--", "sh", "-c", "printf '%s|%s|%s' \"$PWD\" \"$A\" \"$B\""];
    let run = home.exec(&[&["saved"], &script[..]].concat()).await;
    printed(&run, &format!("{}|a 'b' $c|host", dir.display()));
    let other = ["saved", "--cwd", "/", "--env", "B=mine=\n!", "--no-login"];
    let run = home.exec(&[&other, &script[..]].concat()).await;
    printed(&run, "/|a 'b' $c|mine=\n!");
}

#[tokio::test]
async fn a_secret_of_the_environment_shows_on_no_command_line_and_in_no_file_of_ours() {
    const SECRET: &str = "s3cret-5417-of-the-test";
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let (there, go) = (home.path("there"), home.path("go"));
    let script = format!(
        "touch {}; until [ -e {} ]; do sleep 0.05; done; printf %s \"$TOKEN\"",
        there.display(),
        go.display()
    );
    let text = format!("[host.saved]\nssh_config = \"box\"\nenv = {{ TOKEN = \"{SECRET}\" }}\n");
    std::fs::write(home.hosts_toml(), text).unwrap();
    for words in [&["--no-login", "saved"][..], &["saved"], &["local"]] {
        let mut command = home.command(&[&["exec"], words, &["--", "sh", "-c", &script]].concat());
        if words == ["local"] {
            // For this machine, the secret is handed on from our own environment.
            command.env("TOKEN", SECRET);
        }
        let running = start(&mut command);
        let shows = || processes(|words| words.iter().any(|word| word.contains(SECRET)));
        until("the program runs", || {
            assert_eq!(shows(), []);
            there.exists()
        })
        .await;
        assert_eq!(shows(), []);
        let grep = std::process::Command::new("grep")
            .args(["-rlaF", "-D", "skip", SECRET])
            .arg(home.path("b"))
            .output()
            .unwrap();
        let files = String::from_utf8(grep.stdout).unwrap();
        assert_eq!(files.trim_end(), home.hosts_toml().to_str().unwrap());
        std::fs::write(&go, "").unwrap();
        printed(&ended(running).await, SECRET);
        std::fs::remove_file(&go).unwrap();
        std::fs::remove_file(&there).unwrap();
    }
}

#[tokio::test]
async fn a_host_may_be_this_machine_an_alias_an_address_or_one_that_is_saved() {
    let sshd = TestSshd::start();
    // With `Host *`, the port and the user have to be the typed ones.
    let home = Home::new(sshd.write_client_config("*", &["Port 1", "User nobody-at-all"]));
    let address = format!("{}@127.0.0.1:{}", sshd.user(), sshd.port());
    let script = ["--", "sh", "-c", "echo \"${SSH_CONNECTION:+over ssh}\""];
    printed(&home.exec(&[&[&*address], &script[..]].concat()).await, "over ssh\n");
    printed(&home.exec(&[&["local"], &script[..]].concat()).await, "\n");
    let text = format!(
        "[host.one]\nname = \"The Box\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"{}\"\n",
        sshd.port(),
        sshd.user()
    );
    std::fs::write(home.hosts_toml(), text).unwrap();
    for name in ["one", "The Box", "the box"] {
        printed(&home.exec(&[&[name], &script[..]].concat()).await, "over ssh\n");
    }
}

#[tokio::test]
async fn the_built_in_client_runs_programs_just_the_same() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let text = "[host.own]\nssh_config = \"box\"\ntransport = \"native\"\nenv = { A = \"b\" }\n";
    std::fs::write(home.hosts_toml(), text).unwrap();
    let script = "cat; echo $A; echo err >&2; exit 9";
    let mut child = home.start(&["exec", "own", "--", "sh", "-c", script]);
    let mut stdin = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, b"in\n").await.unwrap();
    drop(stdin);
    let run = ended(child).await;
    assert_eq!(
        (run.status, run.stdout.as_str(), run.stderr.as_str()),
        (Some(9), "in\nb\n", "err\n")
    );
    let run = home.exec(&["own", "--", "sh", "-c", "kill -TERM $$"]).await;
    assert_eq!(run.status, Some(143), "{run:?}");
    std::fs::write(sshd.authorized_keys_path(), "").unwrap();
    fails(&home, &["own", "--", "true"], 255, "auth_refused").await;
}

#[tokio::test]
async fn two_calls_in_a_row_share_one_connection() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    printed(&home.exec(&["box", "--", "echo", "one"]).await, "one\n");
    printed(&home.exec(&["box", "--", "echo", "two"]).await, "two\n");
    assert_eq!(logins(&sshd), 1, "{}", sshd.log());
}
