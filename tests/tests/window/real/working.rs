//! A day's work in the program itself, over a long way: an editor, a repository, a terminal, and a cut.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use baton_tests::{AgentHost, Sockets, TestSshd, Wan};

use super::account::Account;

/// Half of the way there and back.
const ONE_WAY: Duration = Duration::from_millis(25);

/// Pictures in a row that are the same until an answer from over there has come: longer than the way there and back.
const STILL: usize = 6;

#[test]
fn a_file_is_edited_committed_and_opened_in_vim_over_a_link_that_is_cut() {
    let sockets = Sockets::new();
    let settings = TestSshd::builder().environment("TMUX_TMPDIR", sockets.path().to_str().unwrap());
    let machine = AgentHost::start_with(settings).with_scripted("codex");
    let wan = Wan::start(machine.sshd().address(), ONE_WAY);
    let account = Account::new(machine.sshd().write_client_config_through("box", wan.port(), &[]));
    fs::write(account.home.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
    let quick =
        "[connection]\nlinger_seconds = 5\nkeepalive_interval_seconds = 1\nkeepalive_count = 2\n";
    fs::write(account.home.path("b/config/config.toml"), quick).unwrap();
    fs::create_dir_all(account.home.path("b/data")).unwrap();
    fs::write(account.remembered(), "{\"welcomed\":true}").unwrap();
    let project = machine.project();
    fs::write(project.join("notes.md"), "one\ntwo\n").unwrap();
    git(&project, &["init", "-q", "-b", "main"]);
    git(&project, &["config", "user.name", "Ada"]);
    git(&project, &["config", "user.email", "ada@example.org"]);
    git(&project, &["add", "-A"]);
    git(&project, &["commit", "-q", "-m", "First"]);
    let cwd = project.display().to_string();
    let new = ["session", "new", "--agent", "codex", "--host", "box", "--name", "notes"];
    account.tell(&[&new[..], &["--cwd", &cwd]].concat());

    let mut window = account.open();
    let display = &account.display;
    display.point_away();
    // The file, found by its name, gets a line.
    display.steps("ctrl+p");
    display.write("notes");
    display.settle_over(STILL);
    display.press("Return");
    display.settle_over(STILL);
    display.steps("ctrl+Home");
    display.write("zero ");
    account.until("the file is saved", || {
        display.press("ctrl+s");
        saved(&project, "zero one\ntwo\n")
    });
    // It is committed: nothing is staged, so everything that git knows goes in.
    display.steps("ctrl+k");
    display.write("Write a commit");
    display.steps("Return");
    display.write("Begin with zero");
    account.until("the commit is made", || {
        display.press("ctrl+Return");
        (git(&project, &["log", "-1", "--format=%s"]) == "Begin with zero").then_some(())
    });
    // vim, cut off in the middle of a word.
    display.steps("ctrl+k");
    display.write("New terminal");
    display.steps("Return");
    display.write("echo there >began");
    display.press("Return");
    account.until("the shell is there", || saved_as(&project, "began", "there\n"));
    display.write("vim -u NONE -N notes.md");
    display.press("Return");
    display.settle();
    display.write("Gothree, half wr");
    display.settle();
    let stands = |wanted: &str| {
        let all = account.ask(&["terminal", "--list"]);
        (all["terminals"][0]["state"]["state"] == wanted).then_some(())
    };
    wan.cut();
    account.until("the cut is noticed", || stands("away"));
    wan.restore();
    account.until("the link is back", || stands("open"));
    display.settle();
    display.write("itten");
    display.press("Escape");
    display.write(":wq");
    display.press("Return");
    account.until("vim has written it", || saved(&project, "zero one\ntwo\nthree, half written\n"));
    display.write("exit");
    display.press("Return");
    display.settle();
    display.press("ctrl+q");
    assert!(window.ended().success());
    assert_eq!(account.crashes(), [] as [std::path::PathBuf; 0]);
    for terminal in account.ask(&["terminal", "--list"])["terminals"].as_array().unwrap() {
        account.tell(&["terminal", "--close", terminal["id"].as_str().unwrap()]);
    }
}

fn saved(project: &Path, wanted: &str) -> Option<()> {
    saved_as(project, "notes.md", wanted)
}

fn saved_as(project: &Path, name: &str, wanted: &str) -> Option<()> {
    (fs::read_to_string(project.join(name)).ok()? == wanted).then_some(())
}

#[track_caller]
fn git(directory: &Path, words: &[&str]) -> String {
    let mut git = Command::new("git");
    let git = git.args(words).current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = git.output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
