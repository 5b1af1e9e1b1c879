//! A laptop with the real `baton`, and a machine with a scripted agent and a session `work` on it.

use std::fs;
use std::process::Stdio;

use baton_tests::{AgentHost, Home, Run, Wan, ended, start};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::support::{PATIENCE, within};

/// Links that are cut are noticed soon, and nothing of ssh lingers on the laptop.
const QUICK: &str =
    "[connection]\nlinger_seconds = 0\nkeepalive_interval_seconds = 1\nkeepalive_count = 2\n";

pub struct Bed {
    pub host: AgentHost,
    pub home: Home,
}

impl Bed {
    /// With Claude Code.
    pub fn start() -> Self {
        Self::with("claude", "claude-code", &[])
    }

    /// With the agent behind that program, and more about the session.
    pub fn with(program: &str, agent: &str, more: &[&str]) -> Self {
        let host = AgentHost::start().with_scripted(program);
        let config = host.sshd().write_client_config("box", &[]);
        Self::over(host, config, agent, more)
    }

    /// With codex, through a link.
    pub fn through(wan: impl FnOnce(&AgentHost) -> Wan) -> (Self, Wan) {
        let host = AgentHost::start().with_scripted("codex");
        let wan = wan(&host);
        let config = host.sshd().write_client_config_through("box", wan.port(), &[]);
        (Self::over(host, config, "codex", &[]), wan)
    }

    fn over(host: AgentHost, config: std::path::PathBuf, agent: &str, more: &[&str]) -> Self {
        let home = Home::new(config);
        fs::write(home.path("b/config/config.toml"), QUICK).unwrap();
        fs::write(home.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
        let project = host.project();
        let cwd = project.to_str().unwrap();
        let new = ["session", "new", "--agent", agent, "--host", "box", "--cwd", cwd];
        let made = home.baton(&[&new, &["--name", "work"][..], more].concat());
        assert_eq!(made.status, Some(0), "{made:?}");
        Self { host, home }
    }

    /// Runs it to its end.
    pub async fn baton(&self, words: &[&str]) -> Run {
        ended(start(self.home.command(words).stdin(Stdio::null()))).await
    }

    /// A file beside the agent.
    pub fn file(&self, name: &str) -> String {
        self.host.project().join(name).display().to_string()
    }

    /// Starts a follower of the session `work`.
    pub fn follow(&self, words: &[&str]) -> Follower {
        let words = [&["follow", "work", "--json"], words].concat();
        let mut child = start(self.home.command(&words).stdin(Stdio::null()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Follower { child, lines, seen: Vec::new() }
    }

    /// Processes of this laptop's: `baton` itself, ssh, and what they started.
    pub fn processes(&self) -> Vec<(u32, Vec<String>)> {
        let mark = format!("BATON_HOME={}", self.home.path("b").display());
        let mut found = baton_tests::processes(|_| true);
        found.retain(|(pid, _)| {
            fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == mark.as_bytes()))
        });
        found
    }

    /// The process that hosts the engine, as its lock names it.
    pub fn hosting(&self) -> Option<u32> {
        fs::read_to_string(self.home.path("b/data/engine.lock")).ok()?.trim().parse().ok()
    }
}

/// A `baton follow --json` in the background.
pub struct Follower {
    pub child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it has told, unfinished pieces left out.
    pub seen: Vec<Value>,
}

impl Follower {
    /// Reads on until it tells that.
    pub async fn until(&mut self, wanted: impl Fn(&Value) -> bool) {
        let found = tokio::time::timeout(PATIENCE, self.read_until(wanted)).await;
        assert!(found.is_ok(), "in vain; it told at last {:#?}", self.last());
    }

    async fn read_until(&mut self, wanted: impl Fn(&Value) -> bool) {
        loop {
            let line = self.lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it has ended with {:#?}", self.last()));
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["partial"] == true {
                continue;
            }
            let found = wanted(&line);
            self.seen.push(line);
            if found {
                return;
            }
        }
    }

    pub async fn until_text(&mut self, text: &str) {
        self.until(|line| line["text"] == text && line["type"] == "text").await;
    }

    /// What it told last.
    fn last(&self) -> &[Value] {
        &self.seen[self.seen.len().saturating_sub(5)..]
    }

    /// Reads to its end; its status.
    pub async fn ended(mut self) -> (Vec<Value>, Option<i32>) {
        while let Some(line) = within(self.lines.next_line()).await.unwrap() {
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["partial"] != true {
                self.seen.push(line);
            }
        }
        let status = within(self.child.wait()).await.unwrap();
        (self.seen, status.code())
    }
}

/// The lines of JSON that it printed, unfinished pieces left out.
pub fn lines(run: &Run) -> Vec<Value> {
    let all = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    all.filter(|line: &Value| line["partial"] != true).collect()
}

pub fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

pub fn texts(lines: &[Value]) -> Vec<&str> {
    of_type(lines, "text").iter().map(|line| line["text"].as_str().unwrap()).collect()
}

/// The code of the error that it printed as JSON.
#[track_caller]
pub fn code(run: &Run) -> (Option<i32>, String) {
    let error = &run.json()["error"];
    assert!(!error["message"].as_str().unwrap().is_empty(), "{run:?}");
    (run.status, error["code"].as_str().unwrap().to_owned())
}

pub fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// Takes it away as the system does that has no memory left.
pub async fn kill(mut child: Child) {
    child.start_kill().unwrap();
    within(child.wait()).await.unwrap();
}
