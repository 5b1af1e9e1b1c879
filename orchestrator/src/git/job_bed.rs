//! Runs the scripts of git's operations here, in every shell that there is, with a real git.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::operation::JobReader;
use crate::seam::{Outcome, Progress};

/// Shells that are somebody's `sh`.
pub(super) const SHELLS: [&[&str]; 5] =
    [&["dash"], &["bash", "--posix"], &["busybox", "sh"], &["mksh"], &["zsh", "--emulate", "sh"]];

/// A home with repositories, gone on drop.
pub(super) struct Bed {
    dir: TempDir,
    pub shell: &'static [&'static str],
}

/// What came of a job.
pub(super) struct Ran {
    pub output: String,
    pub progress: Vec<Progress>,
    pub result: Result<Outcome, Failure>,
}

impl Bed {
    pub(super) fn new(shell: &'static [&'static str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["home", "run", "bin"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let identity =
            "[user]\nname = Ada\nemail = ada@example.org\n[init]\ndefaultBranch = main\n";
        fs::write(dir.path().join("home/.gitconfig"), identity).unwrap();
        Self { dir, shell }
    }

    /// One for each shell that is installed; plain dash at least.
    pub(super) fn all() -> Vec<Self> {
        let is_there = |shell: &&&'static [&'static str]| {
            let tried = Command::new(shell[0]).args(&shell[1..]).args(["-c", "exit 0"]).status();
            tried.is_ok_and(|status| status.success())
        };
        let beds: Vec<Self> =
            SHELLS.iter().filter(is_there).map(|shell| Self::new(shell)).collect();
        assert!(!beds.is_empty());
        beds
    }

    /// A path below, real.
    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(below)
    }

    fn command(&self, program: &str, directory: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("SHELL", "/bin/sh");
        command.current_dir(self.path(directory)).stdin(Stdio::null());
        command
    }

    /// git in a directory below; what it prints.
    #[track_caller]
    pub(super) fn git(&self, directory: &str, words: &[&str]) -> String {
        let output = self.command("git", directory).args(words).output().unwrap();
        assert!(
            output.status.success(),
            "git {words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// A repository with a commit, at `name`.
    pub(super) fn repository(&self, name: &str) {
        fs::create_dir_all(self.path(name)).unwrap();
        self.git(name, &["init", "-q"]);
        self.commit(name, "first", "one\n");
    }

    /// The same with a bare remote `origin` that has its commit.
    pub(super) fn cloned(&self, name: &str) {
        self.repository(name);
        self.git(".", &["init", "-q", "--bare", "origin.git"]);
        self.git(name, &["remote", "add", "origin", self.path("origin.git").to_str().unwrap()]);
        self.git(name, &["push", "-q", "-u", "origin", "main"]);
    }

    /// Writes `file` and commits it under its own name.
    pub(super) fn commit(&self, directory: &str, file: &str, text: &str) {
        fs::write(self.path(directory).join(file), text).unwrap();
        self.git(directory, &["add", "."]);
        self.git(directory, &["commit", "-q", "-m", file]);
    }

    /// Somebody else's commit on the remote's branch.
    pub(super) fn colleague(&self, branch: &str, file: &str, text: &str) {
        if !self.path("other").exists() {
            self.git(".", &["clone", "-q", "origin.git", "other"]);
        }
        self.git("other", &["fetch", "-q"]);
        self.git("other", &["checkout", "-q", "-B", branch, &format!("origin/{branch}")]);
        self.commit("other", file, text);
        self.git("other", &["push", "-q", "origin", branch]);
    }

    /// A program on the PATH: the text of a script without its first line.
    pub(super) fn program(&self, name: &str, text: &str) {
        self.executable(&format!("bin/{name}"), text);
    }

    /// A script that may be executed, below.
    pub(super) fn executable(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{text}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(super) fn read(&self, below: &str) -> String {
        fs::read_to_string(self.path(below)).unwrap_or_default()
    }

    /// Runs a job's script as a host does, in a process group of its own, and has it read.
    pub(super) fn run<W: AsRef<[u8]>>(
        &self,
        directory: &str,
        script: &str,
        words: impl IntoIterator<Item = W>,
        mut reader: Box<dyn JobReader>,
    ) -> Ran {
        use std::os::unix::ffi::OsStrExt;
        // Each run has a directory of its own.
        fs::remove_dir_all(self.path("run")).unwrap();
        fs::create_dir(self.path("run")).unwrap();
        let path = self.path("run/script");
        fs::write(&path, script).unwrap();
        let mut command = self.command(self.shell[0], directory);
        command.args(&self.shell[1..]).arg(Path::new(&path)).process_group(0);
        for word in words {
            command.arg(std::ffi::OsStr::from_bytes(word.as_ref()));
        }
        let output = command.output().unwrap();
        // In pieces, as they may come.
        let mut progress: Vec<Progress> =
            output.stderr.chunks(7).filter_map(|piece| reader.told(piece)).collect();
        progress.extend(output.stdout.chunks(13).filter_map(|piece| reader.chunk(piece)));
        let status = output.status.code().or(output.status.signal().map(|signal| 128 + signal));
        let status = status.and_then(|status| u8::try_from(status).ok());
        let tail = output.stdout.len().saturating_sub(64 << 10);
        let result = reader.finish(status, &output.stdout[tail..]);
        Ran { output: String::from_utf8_lossy(&output.stdout).into_owned(), progress, result }
    }
}

impl Ran {
    #[track_caller]
    pub(super) fn done(self, shell: &[&str]) -> Outcome {
        let output = self.output;
        self.result.unwrap_or_else(|failure| panic!("{shell:?}: {failure:?}\n{output}"))
    }

    #[track_caller]
    pub(super) fn failed(self, shell: &[&str]) -> Failure {
        let output = self.output;
        match self.result {
            Ok(outcome) => panic!("{shell:?}: {outcome:?}\n{output}"),
            Err(failure) => {
                assert!(failure.hint.is_some(), "{failure:?}");
                failure
            }
        }
    }
}
