//! What ssh has to ask, `baton exec` asks on the person's terminal, or says that it was asked.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use baton_tests::{Home, Terminal, TestSshd, ended, start, until};

const SECRET: &str = "correct-horse-battery-staple";

/// A server that only takes a key with a passphrase, and the key.
fn locked() -> (TestSshd, Home, PathBuf) {
    let sshd = TestSshd::start();
    let key = sshd.dir().join("locked_key");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", SECRET, "-f"]).arg(&key);
    assert!(keygen.status().unwrap().success());
    std::fs::copy(key.with_extension("pub"), sshd.authorized_keys_path()).unwrap();
    let identity = format!("IdentityFile {}", key.display());
    let home = Home::new(sshd.write_client_config("box", &[&identity, "IdentityAgent none"]));
    std::fs::write(home.hosts_toml(), "[host.own]\nssh_config = \"box\"\ntransport = \"native\"\n")
        .unwrap();
    (sshd, home, key)
}

#[tokio::test]
async fn the_right_passphrase_connects_and_is_not_shown() {
    for host in ["box", "own"] {
        let (_sshd, home, _) = locked();
        let terminal = Terminal::new();
        let before = terminal.modes();
        let running = terminal.start(&home.command(&["exec", host, "--", "echo", "let in"]));
        terminal.shows("Enter passphrase").await;
        // Typed too early, the terminal itself would show it.
        until("the echo is off", || terminal.modes() != before).await;
        terminal.keys(&format!("{SECRET}\r"));
        let status = running.ended().await;
        assert_eq!(status.code(), Some(0), "{host}: {}", terminal.printed());
        terminal.shows("let in\r\n").await;
        assert!(!terminal.printed().contains(SECRET), "{host}: {}", terminal.printed());
        assert_eq!(terminal.printed().matches("Enter passphrase").count(), 1, "{host}");
        assert_eq!(terminal.modes(), before, "{host}");
    }
}

#[tokio::test]
async fn who_gives_no_passphrase_is_told_that_one_is_needed() {
    // An end of file, and an empty line.
    for (host, keys) in [("box", "\x04"), ("box", "\r"), ("own", "\x04"), ("own", "\r")] {
        let (_sshd, home, key) = locked();
        let terminal = Terminal::new();
        let before = terminal.modes();
        let (mut from, to) = std::io::pipe().unwrap();
        let running = terminal.start_with(
            &home.command(&["--json", "exec", host, "--", "true"]),
            |command| {
                command.stdout(to);
            },
        );
        terminal.shows("Enter passphrase").await;
        until("the echo is off", || terminal.modes() != before).await;
        terminal.keys(keys);
        let status = running.ended().await;
        assert_eq!(status.code(), Some(255), "{host}: {}", terminal.printed());
        let mut said = String::new();
        std::io::Read::read_to_string(&mut from, &mut said).unwrap();
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["error"]["code"], "passphrase_required", "{host}: {said}");
        assert!(said.to_string().contains(key.to_str().unwrap()), "{host}: {said}");
        assert_eq!(terminal.modes(), before, "{host}");
    }
}

#[tokio::test]
async fn without_a_terminal_the_error_says_what_was_asked() {
    for host in ["box", "own"] {
        let (_sshd, home, key) = locked();
        let baton = home.command(&["--json", "exec", host, "--", "true"]);
        let mut alone = Command::new("setsid");
        alone.arg("--wait").arg(baton.get_program()).args(baton.get_args()).env_clear();
        alone.envs(baton.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let run = ended(start(alone.stdin(Stdio::null()))).await;
        assert_eq!(run.status, Some(255), "{host}: {run:?}");
        let error = &run.json()["error"];
        assert_eq!(error["code"], "passphrase_required", "{host}: {run:?}");
        assert!(run.stdout.contains(key.to_str().unwrap()), "{host}: {run:?}");
    }
}
