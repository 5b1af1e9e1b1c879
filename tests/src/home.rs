//! The real `baton`, run as a person or a script runs it.
#![allow(clippy::unwrap_used, reason = "a part that doesn't work must fail its test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::look::short_dir;

/// A person's home with an ssh config of its own, gone on drop.
pub struct Home {
    dir: TempDir,
    ssh_config: PathBuf,
}

impl Home {
    /// `ssh_config` is what ssh reads instead of the person's and the system's.
    pub fn new(ssh_config: PathBuf) -> Self {
        let dir = short_dir();
        fs::create_dir_all(dir.path().join("b/config")).unwrap();
        // Long enough for a busy machine. What lingers goes with the test's server.
        fs::write(dir.path().join("b/config/config.toml"), "[connection]\nlinger_seconds = 5\n")
            .unwrap();
        Self { dir, ssh_config }
    }

    /// A path in the home.
    pub fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// What ssh reads.
    pub fn ssh_config(&self) -> &Path {
        &self.ssh_config
    }

    /// The saved hosts.
    pub fn hosts_toml(&self) -> PathBuf {
        self.path("b/config/hosts.toml")
    }

    /// `baton` with these words, without a terminal, with nothing of the tester's environment.
    pub fn command(&self, words: &[&str]) -> Command {
        self.command_of("baton", words)
    }

    /// The same for another of our programs.
    pub fn command_of(&self, name: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program_named(name));
        #[expect(
            clippy::disallowed_methods,
            reason = "programs are found as the tests themselves are"
        )]
        let path = std::env::var_os("PATH").unwrap();
        command.args(words).env_clear().env("PATH", path);
        command.env("HOME", self.dir.path()).env("BATON_HOME", self.path("b"));
        command.env("BATON_SSH_CONFIG", &self.ssh_config).env("SHELL", "/bin/sh");
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// `baton`, to its end.
    pub fn baton(&self, words: &[&str]) -> Run {
        Run::of(self.command(words).output().unwrap())
    }
}

/// The program beside this test: `target/PROFILE/deps/wire-…` and `target/PROFILE/baton`.
pub fn program() -> PathBuf {
    program_named("baton")
}

/// Another one of ours, in the same place.
fn program_named(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program = profile.join(name);
    let hint = "run: cargo build --workspace --bins";
    assert!(program.is_file(), "{} is not there; {hint}", program.display());
    program
}

/// What a finished `baton` left.
#[derive(Debug)]
pub struct Run {
    /// As the system gives it; `None` for one that was killed.
    pub status: Option<i32>,
    /// All of it; must be text.
    pub stdout: String,
    /// The same.
    pub stderr: String,
}

impl Run {
    /// From what the system gives.
    pub fn of(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// How long a `baton` may take whose end is at hand; both cores may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until a `baton` has ended by itself; kills it and fails when it doesn't.
pub async fn ended(child: tokio::process::Child) -> Run {
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    Run::of(output.expect("baton has not ended").unwrap())
}

impl Home {
    /// Starts `baton` with pipes for all three streams. It is killed when it is dropped.
    pub fn start(&self, words: &[&str]) -> tokio::process::Child {
        start(self.command(words).stdin(Stdio::piped()))
    }

    /// `baton exec`, to its end.
    pub async fn exec(&self, words: &[&str]) -> Run {
        ended(start(self.command(&[&["exec"], words].concat()).stdin(Stdio::null()))).await
    }
}

/// Starts a command whose output we read, and which is killed when it is dropped.
pub fn start(command: &mut Command) -> tokio::process::Child {
    let command = std::mem::replace(command, Command::new("true"));
    let mut command = tokio::process::Command::from(command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
}
