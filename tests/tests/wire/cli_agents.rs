//! `baton agents` says which agents are known and what a host has of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use baton_tests::{Home, TestSshd};
use serde_json::{Value, json};

/// Puts a program where the login's `PATH` will find it.
fn install(bin: &Path, name: &str, text: &str) {
    fs::create_dir_all(bin).unwrap();
    let path = bin.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A home whose host `box` has agents in its account's `~/bin`.
fn with_agents(sshd: &TestSshd) -> Home {
    let account = sshd.dir().join("home");
    let bin = account.join("bin");
    fs::create_dir_all(&account).unwrap();
    fs::write(
        account.join(".profile"),
        "PATH=\"$HOME/bin:/usr/bin:/bin\"; export PATH\necho noise\n",
    )
    .unwrap();
    let codex = "#!/bin/sh\ncase $1 in login) exit 1 ;; esac\necho codex-cli 0.169.0\n";
    install(&bin, "codex", codex);
    install(&bin, "claude", "#!/bin/sh\necho '9.9.9 (Claude Code)'\n");
    install(&bin, "gemini", "#!/usr/bin/env no-such-node\n");
    fs::create_dir_all(account.join(".claude")).unwrap();
    fs::write(account.join(".claude/.credentials.json"), "{}").unwrap();
    Home::new(sshd.write_client_config("box", &[]))
}

fn agent<'a>(document: &'a Value, id: &str) -> &'a Value {
    let agents = document["agents"].as_array().unwrap();
    agents.iter().find(|agent| agent["id"] == id).unwrap()
}

#[test]
fn the_known_agents_are_listed_without_a_host() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[]));

    let run = home.baton(&["agents", "--json"]);

    assert_eq!(run.status, Some(0), "{run:?}");
    let document = run.json();
    let ids: Vec<_> = document["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| agent["id"].as_str().unwrap())
        .collect();
    let want =
        ["claude-code", "codex", "copilot-cli", "factory-droid", "gemini-cli", "opencode", "shell"];
    assert_eq!(ids, want);
    assert_eq!(agent(&document, "codex")["talks"], "codex_app_server");
    assert_eq!(agent(&document, "gemini-cli")["talks"], "acp");
    assert_eq!(document["problems"], json!([]));
    assert!(document.get("host").is_none() && agent(&document, "codex").get("path").is_none());

    let run = home.baton(&["agents"]);
    assert!(run.stdout.lines().next().unwrap().starts_with("AGENT"), "{run:?}");
    assert!(run.stdout.contains("turns, talks (app-server)"), "{run:?}");
    assert_eq!(run.stderr, "");
}

#[test]
fn a_host_says_which_agents_it_has_in_one_go() {
    let sshd = TestSshd::start();
    let home = with_agents(&sshd);

    let run = home.baton(&["agents", "--host", "box", "--json"]);

    assert_eq!(run.status, Some(0), "{run:?}\n{}", sshd.log());
    let document = run.json();
    assert_eq!(document["host"], "box");
    let codex = agent(&document, "codex");
    assert!(codex["path"].as_str().unwrap().ends_with("/bin/codex"), "{codex}");
    assert_eq!(codex["version"], "codex-cli 0.169.0");
    assert_eq!((&codex["tested"], &codex["logged_in"]), (&json!(true), &json!(false)));
    let claude = agent(&document, "claude-code");
    assert_eq!((&claude["tested"], &claude["logged_in"]), (&json!(false), &json!(true)));
    assert_eq!(agent(&document, "gemini-cli")["error"]["code"], "interpreter_missing");
    let missing = agent(&document, "opencode");
    assert_eq!(missing["error"]["code"], "agent_missing");
    assert_eq!(missing["error"]["host"], "box");
    assert!(missing["error"]["hint"].as_str().unwrap().contains("npm install -g opencode-ai"));
    assert_eq!(
        (&agent(&document, "shell")["error"], &agent(&document, "shell")["tested"]),
        (&Value::Null, &json!(true))
    );

    let run = home.baton(&["agents", "--host", "box"]);
    let line = |id: &str| run.stdout.lines().find(|line| line.starts_with(id)).unwrap().to_owned();
    assert!(line("opencode").contains("missing"), "{run:?}");
    assert!(line("codex").contains("ready"), "{run:?}");
    assert!(line("gemini-cli").contains("broken"), "{run:?}");
    assert!(run.stdout.contains("hint: Install no-such-node there"), "{run:?}");
}

#[test]
fn what_was_found_is_shown_for_a_day_unless_it_is_looked_anew() {
    let sshd = TestSshd::start();
    let home = with_agents(&sshd);
    let bin = sshd.dir().join("home/bin");
    let version = |words: &[&str]| {
        let run = home.baton(&[&["agents", "--host", "box", "--json"], words].concat());
        let document = run.json();
        let version = agent(&document, "codex")["version"].as_str().unwrap().to_owned();
        (version, document["looked_at"].as_str().unwrap().to_owned())
    };
    // One that doesn't work is looked for each time.
    let first = version(&[]);
    let second = version(&[]);
    assert_ne!(first.1, second.1);
    fs::remove_file(bin.join("gemini")).unwrap();
    let known = version(&[]);
    assert_eq!(version(&[]), known);
    let codex = |version: &str| {
        let text =
            format!("#!/bin/sh\ncase $1 in login) exit 1 ;; esac\necho codex-cli {version}\n");
        install(&bin, "codex", &text);
    };
    codex("0.170.0");
    assert_eq!(version(&[]), known);
    let run = home.baton(&["agents", "--host", "box"]);
    assert!(
        run.stdout.contains("0.169.0") && run.stderr.contains("looked a moment ago; "),
        "{run:?}"
    );
    assert!(run.stderr.contains("--refresh"), "{run:?}");
    assert_eq!(version(&["--refresh"]).0, "codex-cli 0.170.0");
    assert_eq!(version(&[]).0, "codex-cli 0.170.0");
    // An entry that goes elsewhere is another host, and one that can't be reached says so.
    codex("0.171.0");
    fs::write(home.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
    assert_eq!(version(&[]).0, "codex-cli 0.171.0");
    fs::write(home.hosts_toml(), "[host.box]\nssh_config = \"box\"\nport = 1\n").unwrap();
    let run = home.baton(&["agents", "--host", "box", "--json"]);
    assert_eq!(run.status, Some(3), "{run:?}");
}

#[test]
fn a_definition_of_ones_own_counts_and_a_faulty_one_is_named() {
    let sshd = TestSshd::start();
    let home = with_agents(&sshd);
    let dir = home.path("b/config/agents");
    fs::create_dir(&dir).unwrap();
    let own = "id = \"mine\"\nname = \"Mine\"\nprogram = \"claude\"\n[batch]\noutput = \"claude\"\nprompt = \"stdin\"\n";
    fs::write(dir.join("mine.toml"), own).unwrap();
    fs::write(dir.join("codex.toml"), "id = \"codex\"\nnmae = \"x\"\n").unwrap();

    let run = home.baton(&["agents", "--host", "box", "--json"]);

    assert_eq!(run.status, Some(0), "{run:?}");
    let document = run.json();
    assert_eq!(agent(&document, "mine")["version"], "9.9.9 (Claude Code)");
    // What comes with Baton doesn't stand in for it.
    let ids = document["agents"].as_array().unwrap().iter().map(|agent| &agent["id"]);
    assert!(ids.clone().count() == 7 && ids.into_iter().all(|id| id != "codex"), "{document}");
    let problem = &document["problems"][0];
    assert_eq!(problem["code"], "invalid_config");
    assert!(problem["message"].as_str().unwrap().contains("codex.toml:2:1: "), "{problem}");
    let run = home.baton(&["agents"]);
    assert!(run.stderr.contains("codex.toml:2:1: ") && run.stderr.contains("hint: "), "{run:?}");
}

#[test]
fn a_host_that_is_not_there_or_switched_off_is_an_error() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[]));
    let run = home.baton(&["agents", "--host", "nobody", "--json"]);
    assert_eq!((run.status, &run.json()["error"]["code"]), (Some(4), &json!("host_unknown")));
    fs::write(home.hosts_toml(), "[host.off]\nhost = \"127.0.0.1\"\nenabled = false\n").unwrap();
    let run = home.baton(&["agents", "--host", "off", "--json"]);
    assert_eq!((run.status, &run.json()["error"]["code"]), (Some(5), &json!("host_disabled")));
}
