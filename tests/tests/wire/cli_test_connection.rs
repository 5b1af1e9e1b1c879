//! `baton test-connection` says stage by stage whether a host can be used.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use baton_tests::{Home, LoginShells, Run, TestSshd};
use serde_json::{Value, json};

fn home(sshd: &TestSshd) -> Home {
    Home::new(sshd.write_client_config("box", &[]))
}

fn test(home: &Home, words: &[&str]) -> Run {
    home.baton(&[&["test-connection"], words].concat())
}

/// The report of a host that can't be used: the stage that failed, and its error.
#[track_caller]
fn failing(run: &Run) -> (String, Value) {
    let report = run.json();
    assert_eq!(report["ok"], false, "{run:?}");
    let stages = report["stages"].as_array().unwrap();
    let (last, passed) = stages.split_last().unwrap();
    assert!(passed.iter().all(|stage| stage["ok"] == true && stage["error"].is_null()), "{run:?}");
    assert_eq!(last["ok"], false, "{run:?}");
    (last["name"].as_str().unwrap().to_owned(), last["error"].clone())
}

#[track_caller]
fn fails(run: &Run, stage: &str, code: &str, status: i32) -> Value {
    let (name, error) = failing(run);
    assert_eq!((name.as_str(), error["code"].as_str().unwrap()), (stage, code), "{run:?}");
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{run:?}");
    assert_eq!(run.status, Some(status), "{run:?}");
    error
}

/// Writes a program of the person's own, and returns its path.
fn program(home: &Home, name: &str, text: &str) -> PathBuf {
    let path = home.path(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn save(home: &Home, text: &str) {
    fs::write(home.hosts_toml(), text).unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_good_host_is_reported_with_what_was_found_out() {
    let sshd = TestSshd::builder().login_shells(LoginShells::named(&["zsh"])).start();
    let home = Home::new(sshd.write_client_config_as("zsh", "box", &[]));

    let run = test(&home, &["box", "--json"]);

    assert_eq!(run.status, Some(0), "{run:?}\n{}", sshd.log());
    let report = run.json();
    let mut keys: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["agent", "hostname", "latency_ms", "ok", "os", "shell", "stages"]);
    assert_eq!((&report["ok"], &report["agent"]), (&json!(true), &Value::Null));
    let hostname = Command::new("hostname").output().unwrap().stdout;
    assert_eq!(report["hostname"], String::from_utf8(hostname).unwrap().trim());
    assert_eq!(report["os"], "Linux");
    assert!(report["shell"].as_str().unwrap().ends_with("/zsh"), "{report}");
    assert!(report["latency_ms"].is_u64());
    let stages = report["stages"].as_array().unwrap();
    let names: Vec<_> = stages.iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["validate", "resolve", "connect", "authenticate", "shell"]);
    for stage in stages {
        let mut keys: Vec<_> = stage.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["elapsed_ms", "error", "name", "ok"]);
        assert!(stage["ok"] == true && stage["error"].is_null() && stage["elapsed_ms"].is_u64());
    }
    assert_eq!(run.stderr, "");
}

#[test]
fn a_person_reads_a_line_for_each_stage_and_a_verdict() {
    let sshd = TestSshd::start();
    let home = home(&sshd);

    let run = test(&home, &["box"]);

    assert_eq!(run.status, Some(0), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    let heads: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(heads, ["validate", "resolve", "connect", "authenticate", "shell", "box"]);
    assert!(lines[1].contains(&format!("{}@127.0.0.1, port {}", sshd.user(), sshd.port())));
    assert!(lines[3].contains(&format!("let in as {}", sshd.user())));
    assert!(lines[5].starts_with("box is ready: ") && lines[5].contains(", Linux, "), "{run:?}");
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
    assert_eq!(run.stderr, "");
}

#[test]
fn a_stage_that_fails_is_told_like_every_error() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    save(
        &home,
        &format!("[host.shut]\nname = \"Shut\"\nhost = \"127.0.0.1\"\nport = {}\n", free_port()),
    );

    let run = test(&home, &["Shut"]);

    assert_eq!(run.status, Some(3), "{run:?}");
    assert!(run.stdout.lines().last().unwrap().starts_with("connect       failed"), "{run:?}");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{run:?}");
    assert_eq!(lines[0], "error: shut refused the connection");
    assert!(lines[1].starts_with("hint: Check the port"), "{run:?}");
}

#[test]
fn a_host_that_is_not_saved_yet_is_tested_with_its_options_and_nothing_is_written() {
    let sshd = TestSshd::start();
    let known = sshd.known_hosts_path();
    let config = sshd.dir().join("plain.conf");
    fs::write(&config, format!("UserKnownHostsFile {}\nIdentitiesOnly yes\n", known.display()))
        .unwrap();
    let home = Home::new(config);
    let (port, key) = (sshd.port().to_string(), sshd.key_path());
    let before = fs::read_dir(home.path("b/config")).unwrap().count();

    let words = ["My Box", "--host", "127.0.0.1", "--port", &port, "--user", sshd.user()];
    let key = ["--identity-file", key.to_str().unwrap(), "--json"];
    let run = test(&home, &[&words[..], &key[..]].concat());

    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(run.json()["ok"], true);
    assert_eq!(fs::read_dir(home.path("b/config")).unwrap().count(), before);
    assert!(!home.hosts_toml().exists());
}

#[test]
fn every_fault_of_a_description_is_named_before_anything_is_tried() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let words = ["new", "--host", "a b", "--user", "x;y", "--identity-file", "/nowhere", "--json"];

    let error = fails(&test(&home, &words), "validate", "invalid_config", 2);

    let message = error["message"].as_str().unwrap();
    for part in ["`host` holds a space", "`user` holds", "/nowhere can't be read"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(test(&home, &["new", "--port", "0", "--json"]).status, Some(2));
}

#[test]
fn a_saved_host_can_be_tested_with_a_change_before_it_is_made() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let text = format!("[host.it]\nname = \"It\"\nssh_config = \"box\"\nport = {}\n", free_port());
    save(&home, &text);
    fails(&test(&home, &["it", "--json"]), "connect", "connection_refused", 3);

    let run = test(&home, &["it", "--port", &sshd.port().to_string(), "--json"]);

    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(fs::read_to_string(home.hosts_toml()).unwrap(), text);
}

#[test]
fn a_disabled_host_can_be_tested_before_it_is_enabled() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    save(&home, "[host.off]\nname = \"Off\"\nssh_config = \"box\"\nenabled = false\n");
    assert_eq!(test(&home, &["off"]).status, Some(0));
    assert_eq!(home.baton(&["exec", "off", "--", "true"]).status, Some(5));
}

#[test]
fn this_machine_can_be_tested_too() {
    let home = Home::new("none".into());
    let run = test(&home, &["local", "--json"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(run.json()["shell"], "/bin/sh");
}

#[test]
fn a_name_without_an_address_fails_at_resolve() {
    let home = Home::new("none".into());
    let error = fails(&test(&home, &["nosuch.invalid", "--json"]), "resolve", "host_unresolved", 3);
    assert!(error["message"].as_str().unwrap().contains("nosuch.invalid"), "{error}");
}

#[test]
fn a_broken_ssh_config_fails_at_resolve() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &["Prot 22"]));
    fails(&test(&home, &["box", "--json"]), "resolve", "invalid_config", 2);
}

#[test]
fn a_host_that_nobody_knows_is_no_report() {
    let home = Home::new("none".into());
    let run = test(&home, &["nobody", "--json"]);
    assert_eq!((run.status, &run.json()["error"]["code"]), (Some(4), &json!("host_unknown")));
}

#[test]
fn a_refused_key_fails_at_authenticate_after_the_server_answered() {
    let sshd = TestSshd::start();
    fs::write(sshd.authorized_keys_path(), "").unwrap();
    let home = home(&sshd);
    fails(&test(&home, &["box", "--json"]), "authenticate", "auth_refused", 3);
}

#[test]
fn a_connection_that_is_open_already_is_shared_and_both_its_stages_pass() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let settings = "[connection]\nlinger_seconds = 30\n";
    fs::write(home.path("b/config/config.toml"), settings).unwrap();
    assert_eq!(test(&home, &["box"]).status, Some(0));
    // A second login would be refused.
    fs::write(sshd.authorized_keys_path(), "").unwrap();

    let run = test(&home, &["box", "--json"]);

    assert_eq!(run.status, Some(0), "{run:?}");
    let names: Vec<_> = run.json()["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["name"].clone())
        .collect();
    assert_eq!(names, ["validate", "resolve", "connect", "authenticate", "shell"]);
    assert_eq!(sshd.connections(), 1);
}

#[test]
fn a_changed_host_key_fails_at_connect() {
    let mut sshd = TestSshd::start();
    sshd.change_host_key();
    let home = home(&sshd);
    fails(&test(&home, &["box", "--json"]), "connect", "host_key_changed", 3);
}

#[test]
fn a_host_key_that_nobody_accepted_fails_at_connect() {
    let sshd = TestSshd::start();
    fs::write(sshd.known_hosts_path(), "").unwrap();
    let home = Home::new(sshd.write_client_config("box", &["StrictHostKeyChecking ask"]));
    fails(&test(&home, &["box", "--json"]), "connect", "host_key_unknown", 3);
}

#[test]
fn an_account_without_a_shell_fails_at_shell() {
    let sshd = TestSshd::builder().login_shells(LoginShells::named(&["nologin"])).start();
    let home = Home::new(sshd.write_client_config_as("nologin", "box", &[]));
    let error = fails(&test(&home, &["box", "--json"]), "shell", "shell_broken", 1);
    assert!(error["message"].as_str().unwrap().contains("not available"), "{error}");
}

#[test]
fn a_banner_and_a_noisy_profile_disturb_nothing() {
    let banner = "Welcome!\nAll is logged.\n";
    let shells = LoginShells::named(&["bash"]);
    let sshd = TestSshd::builder().banner(banner).login_shells(shells).start();
    let noise = "echo hello there\nprintf 'no newline'\necho complaint >&2\n";
    sshd.write_in_home("bash", ".bash_profile", noise);
    sshd.write_in_home("bash", ".bashrc", noise);
    let home = Home::new(sshd.write_client_config_as("bash", "box", &[]));

    let run = test(&home, &["box", "--json"]);

    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(run.json()["os"], "Linux");
    assert!(run.json()["shell"].as_str().unwrap().ends_with("/bash"));
    assert_eq!(run.stderr, "");
}

#[test]
fn an_agent_that_only_a_login_finds_is_found_with_its_version() {
    let sshd = TestSshd::builder().login_shells(LoginShells::named(&["bash"])).start();
    let home = Home::new(sshd.write_client_config_as("bash", "box", &[]));
    let agent = sshd.write_in_home(
        "bash",
        ".here/codex",
        "#!/bin/sh\necho noise\necho codex-cli 0.169.0\n",
    );
    fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).unwrap();
    sshd.write_in_home("bash", ".bash_profile", "PATH=$HOME/.here:$PATH\n");

    let run = test(&home, &["box", "--agent", "codex", "--json"]);

    assert_eq!(run.status, Some(0), "{run:?}");
    let path = agent.to_str().unwrap();
    let expected = json!({"name": "codex", "path": path, "version": "codex-cli 0.169.0"});
    assert_eq!(run.json()["agent"], expected);
    let run = test(&home, &["box", "--agent", "~/.here/codex"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(run.stdout.trim_end().ends_with(", codex-cli 0.169.0"), "{run:?}");
}

#[test]
fn a_missing_agent_is_reported_with_the_line_that_installs_it() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    // Also where the one who runs this test has them all.
    let host = "name = \"Bare\"\nssh_config = \"box\"\nenv = { PATH = \"/nowhere\" }\n";
    save(&home, &format!("[host.bare]\n{host}"));
    for (agent, install) in [
        ("claude", "npm install -g @anthropic-ai/claude-code"),
        ("opencode", "npm install -g opencode-ai"),
        ("/nowhere/codex", "npm install -g @openai/codex"),
    ] {
        let run = test(&home, &["bare", "--agent", agent, "--json"]);
        let error = fails(&run, "agent", "agent_missing", 1);
        assert!(error["hint"].as_str().unwrap().contains(install), "{error}");
        assert_eq!(run.json()["os"], "Linux");
    }
}

#[test]
fn an_agent_whose_interpreter_is_missing_is_told_apart_from_a_missing_agent() {
    let home = Home::new("none".into());
    for first_line in ["#!/usr/bin/env nosuch-node", "#!/opt/nosuch-node"] {
        let agent = program(&home, "my-agent", &format!("{first_line}\n"));
        let run = test(&home, &["local", "--agent", agent.to_str().unwrap(), "--json"]);
        let error = fails(&run, "agent", "interpreter_missing", 1);
        assert!(error["message"].as_str().unwrap().contains("my-agent"), "{error}");
    }
}

#[test]
fn an_agent_that_is_there_and_fails_is_reported_in_its_words() {
    let home = Home::new("none".into());
    let agent = program(&home, "my-agent", "#!/bin/sh\necho 'node is too old' >&2; exit 3\n");
    let run = test(&home, &["local", "--agent", agent.to_str().unwrap(), "--json"]);
    let error = fails(&run, "agent", "unsupported", 1);
    assert!(error["message"].as_str().unwrap().ends_with("status 3: node is too old"), "{error}");
}

#[test]
fn on_a_terminal_the_same_lines_are_read_and_json_is_nothing_else() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for (words, ends) in [(vec!["box"], "ms\r\n"), (vec!["box", "--json"], "}\r\n")] {
        let baton = home.command(&[&["test-connection"], &words[..]].concat());
        let line: Vec<_> = [baton.get_program()].into_iter().chain(baton.get_args()).collect();
        let line = line.join(std::ffi::OsStr::new(" "));
        // script(1) of Debian's bsdutils gives it a terminal.
        let mut command = Command::new("script");
        command.arg("-qec").arg(line).arg("/dev/null").env_clear().stdin(Stdio::null());
        command.envs(baton.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let run = Run::of(command.output().unwrap());
        assert_eq!(run.status, Some(0), "{run:?}");
        assert!(run.stdout.ends_with(ends), "{run:?}");
        let first = if words.len() == 1 { "validate      " } else { "{\"ok\":true" };
        assert!(run.stdout.starts_with(first), "{run:?}");
    }
}
