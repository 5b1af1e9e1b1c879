//! `baton doctor` says what is installed, configured and reachable.

use std::fs;
use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use baton_tests::{Home, Run, TestSshd};
use serde_json::Value;

fn doctor(home: &Home, words: &[&str]) -> Run {
    home.baton(&[&["doctor"], words].concat())
}

/// The findings of one area: their levels and messages; each that isn't fine has a hint.
#[track_caller]
fn findings(run: &Run, area: &str) -> Vec<(String, String)> {
    let report = run.json();
    let all = report["findings"].as_array().unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    for finding in all {
        let needs_hint = finding["level"] != "ok";
        assert!(!needs_hint || !text(finding, "hint").is_empty(), "{finding}");
    }
    let of_area = all.iter().filter(|finding| finding["area"] == area);
    of_area.map(|finding| (text(finding, "level"), text(finding, "message"))).collect()
}

#[track_caller]
fn is_found(run: &Run, area: &str, level: &str, part: &str) {
    let all = findings(run, area);
    let found = all.iter().any(|(is, message)| is == level && message.contains(part));
    assert!(found, "no {level} with {part:?} in {all:?}; {run:?}");
}

#[test]
fn where_all_is_well_there_is_no_problem() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[]));
    let hosts = "[host.box]\nname = \"Box\"\nssh_config = \"box\"\n[host.off]\nname = \"Off\"\nhost = \"nosuch.invalid\"\nenabled = false\n";
    fs::write(home.hosts_toml(), hosts).unwrap();

    let run = doctor(&home, &["--json"]);

    assert_eq!(run.status, Some(0), "{run:?}\n{}", sshd.log());
    let keys = |finding: &Value| {
        finding.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let report = run.json();
    let all = report["findings"].as_array().unwrap();
    for finding in all.iter().filter(|finding| finding["level"] == "ok") {
        assert_eq!(keys(finding), "area level message");
    }
    is_found(&run, "ssh", "ok", "OpenSSH_");
    is_found(&run, "ssh_config", "ok", "1 alias");
    is_found(&run, "ssh_agent", "ok", "SSH_AUTH_SOCK is not set");
    is_found(&run, "directories", "ok", "run: ");
    is_found(&run, "config", "ok", "2 hosts, 1 of them enabled");
    is_found(&run, "git", "ok", "git version");
    assert_eq!(findings(&run, "limits").len(), 1);
    is_found(&run, "hosts", "ok", "box: ");
    is_found(&run, "hosts", "ok", ", Linux, ");
    is_found(&run, "hosts", "ok", "off: disabled, and not tested");
    assert_eq!(run.stderr, "");
}

#[test]
fn a_host_that_lets_nobody_in_is_a_problem_and_nobody_is_asked() {
    let sshd = TestSshd::start();
    fs::write(sshd.authorized_keys_path(), "").unwrap();
    let home = Home::new(sshd.write_client_config("box", &[]));
    fs::write(home.hosts_toml(), "[host.box]\nname = \"Box\"\nssh_config = \"box\"\n").unwrap();

    let run = doctor(&home, &["--json"]);
    assert_eq!(run.status, Some(1), "{run:?}");
    is_found(&run, "hosts", "problem", "box: box accepted none of our keys");

    let run = doctor(&home, &["--offline", "--json"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(findings(&run, "hosts").is_empty());
}

#[test]
fn at_most_four_hosts_are_tested_at_once_and_all_are_reported() {
    // A server that never says a word; it notes how many wait for one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, counts) = mpsc::sync_channel(16);
    thread::spawn(move || {
        let mut waiting: Vec<TcpStream> = Vec::new();
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_nonblocking(true).unwrap();
            waiting.push(stream);
            waiting.retain_mut(is_open);
            if sender.send(waiting.len()).is_err() {
                return;
            }
        }
    });
    let home = Home::new("none".into());
    let settings = "[connection]\nlinger_seconds = 5\nconnect_timeout_seconds = 1\n";
    fs::write(home.path("b/config/config.toml"), settings).unwrap();
    // Each with an account of its own: those who mean the same target share one attempt.
    let host = |n| {
        let entry = format!("host = \"127.0.0.1\"\nport = {port}\nuser = \"u{n}\"\n");
        format!("[host.h{n}]\nname = \"H{n}\"\n{entry}")
    };
    fs::write(home.hosts_toml(), (1..=6).map(host).collect::<String>()).unwrap();

    let run = doctor(&home, &["--json"]);

    assert_eq!(run.status, Some(1), "{run:?}");
    let hosts = findings(&run, "hosts");
    let names: Vec<_> = hosts.iter().map(|(_, message)| &message[..2]).collect();
    assert_eq!(names, ["h1", "h2", "h3", "h4", "h5", "h6"]);
    assert!(hosts.iter().all(|(level, said)| level == "problem" && said.contains("in time")));
    let counts: Vec<_> = counts.try_iter().collect();
    assert_eq!(counts.len(), 6, "{counts:?}");
    assert!(counts.iter().all(|count| *count <= 4), "{counts:?}");
    assert!(counts.iter().any(|count| *count > 1), "{counts:?}");
}

fn is_open(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 1024];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}

#[test]
fn a_broken_configuration_is_named_with_its_place() {
    let home = Home::new("none".into());
    fs::write(home.hosts_toml(), "[host.x]\nname = 7\n").unwrap();
    let run = doctor(&home, &["--json"]);
    assert_eq!(run.status, Some(1), "{run:?}");
    is_found(&run, "config", "problem", "hosts.toml:2:");
    is_found(&run, "hosts", "warning", "none was tested");

    fs::write(home.path("b/config/config.toml"), "[connection]\nlinger = 3\n").unwrap();
    is_found(&doctor(&home, &["--json"]), "config", "problem", "config.toml:2:1");
}

#[test]
fn a_key_that_is_gone_is_found_before_it_is_needed() {
    let home = Home::new("none".into());
    let host = "name = \"X\"\nhost = \"x.example\"\nidentity_file = \"/nowhere/key\"\n";
    fs::write(home.hosts_toml(), format!("[host.x]\n{host}")).unwrap();
    let run = doctor(&home, &["--offline", "--json"]);
    assert_eq!(run.status, Some(1), "{run:?}");
    is_found(&run, "config", "problem", "x: the private key /nowhere/key can't be read");
}

#[test]
fn environment_values_that_others_can_read_are_a_warning() {
    let home = Home::new("none".into());
    let host = "[host.x]\nname = \"X\"\nhost = \"x.example\"\nenv = { TOKEN = \"s3cret\" }\n";
    fs::write(home.hosts_toml(), host).unwrap();
    fs::set_permissions(home.hosts_toml(), fs::Permissions::from_mode(0o644)).unwrap();
    let run = doctor(&home, &["--offline", "--json"]);
    is_found(&run, "config", "warning", "others can open it");
    assert!(!run.stdout.contains("s3cret"));
    fs::set_permissions(home.hosts_toml(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(findings(&doctor(&home, &["--offline", "--json"]), "config").len(), 2);
}

#[test]
fn a_missing_ssh_is_a_problem_with_a_way_out() {
    let home = Home::new("none".into());
    let run = home
        .command(&["doctor", "--offline", "--json"])
        .env("BATON_SSH", "/nowhere/ssh")
        .env("SSH_AUTH_SOCK", "/nowhere/agent")
        .output()
        .unwrap();
    let run = Run::of(run);
    assert_eq!(run.status, Some(1), "{run:?}");
    is_found(&run, "ssh", "problem", "/nowhere/ssh (named by BATON_SSH) can't be run");
    is_found(&run, "ssh_agent", "warning", "/nowhere/agent");
}

#[test]
fn a_broken_ssh_config_is_reported_in_the_words_of_ssh() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("*", &["Prot 22"]));
    let run = doctor(&home, &["--offline", "--json"]);
    assert_eq!(run.status, Some(1), "{run:?}");
    is_found(&run, "ssh_config", "problem", "prot");
}

#[test]
fn a_directory_that_is_too_long_for_sockets_is_a_problem() {
    let home = Home::new("none".into());
    let long = home.path(&"d".repeat(100));
    let run = home.command(&["doctor", "--offline", "--json"]).env("BATON_HOME", long).output();
    let run = Run::of(run.unwrap());
    assert_eq!(run.status, Some(1), "{run:?}");
    is_found(&run, "directories", "problem", "too long by");
}

#[test]
fn few_open_files_are_a_warning_and_no_problem() {
    let home = Home::new("none".into());
    let baton = home.command(&["doctor", "--offline", "--json"]);
    let mut command = Command::new("sh");
    command.arg("-c").arg("ulimit -n 256 && exec \"$0\" \"$@\"").arg(baton.get_program());
    command.args(baton.get_args()).current_dir(home.path(""));
    command.env_clear().envs(baton.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = Run::of(command.output().unwrap());
    assert_eq!(run.status, Some(0), "{run:?}");
    is_found(&run, "limits", "warning", "may open 256 files");
}

#[test]
fn a_person_reads_grouped_lines_with_hints_and_a_verdict() {
    let home = Home::new("none".into());
    fs::set_permissions(home.path("b/config"), fs::Permissions::from_mode(0o777)).unwrap();

    let run = doctor(&home, &["--offline"]);

    assert_eq!(run.status, Some(1), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "ssh client");
    assert!(lines[1].starts_with("  ok       OpenSSH_"), "{run:?}");
    let problem = lines.iter().position(|line| line.starts_with("  problem  config: ")).unwrap();
    assert!(lines[problem].ends_with("can be written by others (mode 0777)"), "{run:?}");
    assert!(lines[problem + 1].starts_with("           hint: `chmod go-w "), "{run:?}");
    assert!(lines.last().unwrap().starts_with("1 problem, "), "{run:?}");
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
}
