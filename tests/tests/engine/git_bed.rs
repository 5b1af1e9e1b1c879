//! Repositories, and an engine that is asked about them over every transport.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use baton_tests::AgentHost;
use orchestrator::failure::Failure;
use orchestrator::seam::{
    At, Command, DiffOf, FileDiff, FilePath, GitChange, GitCommand, GitDiff, GitQuery, GitReply,
    GitStatus, Query, Reply, Request, Seam,
};
use tempfile::TempDir;

use crate::desk::{Desk, Laptop};

/// A repository on the disk, gone on drop.
pub struct Repo {
    dir: TempDir,
}

impl Repo {
    /// One without commits, whose branch is `main`.
    pub fn new() -> Self {
        let repo = Self { dir: tempfile::Builder::new().prefix("baton-git-").tempdir().unwrap() };
        repo.git(&["init", "-q", "-b", "main"]);
        for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.org")] {
            repo.git(&["config", key, value]);
        }
        repo
    }

    /// One with a commit of the file `f`, which has these lines.
    pub fn with(text: &str) -> Self {
        let repo = Self::new();
        repo.write("f", text);
        repo.commit("first");
        repo
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// As the machine calls it.
    pub fn top(&self) -> FilePath {
        self.path().canonicalize().unwrap().display().to_string().into()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::create_dir_all(self.file(name).parent().unwrap()).unwrap();
        fs::write(self.file(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// Stages everything, and commits it.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// git there; it must succeed. What it printed.
    pub fn git(&self, words: &[&str]) -> String {
        let (done, said) = self.try_git(words);
        assert!(done, "{words:?}: {said}");
        said
    }

    pub fn try_git(&self, words: &[&str]) -> (bool, String) {
        let mut git = Program::new("git");
        git.arg("-C").arg(self.path()).args(words).env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_EDITOR", ":").env("LC_ALL", "C");
        let output = git.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    }

    /// A file's contents as they are staged.
    pub fn staged(&self, name: &str) -> String {
        self.git(&["show", &format!(":{name}")])
    }

    pub fn at(&self, host: &str) -> At {
        let directory = Some(self.path().display().to_string().into());
        At::Host { host: host.to_owned(), directory }
    }

    /// What must be executable there, such as a hook.
    pub fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.write(name, format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(self.file(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// A way to a machine: this one itself, or over ssh.
pub struct Way {
    pub name: &'static str,
    pub host: &'static str,
    pub desk: Desk,
    pub _laptop: Laptop,
    // Last, so that nothing of ours hangs on it any more.
    pub _machine: AgentHost,
}

/// Each of them, ready to be asked.
pub async fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for (name, host, transport) in
        [("local", "local", "openssh"), ("openssh", "box", "openssh"), ("native", "box", "native")]
    {
        let machine = AgentHost::start();
        let config = machine.sshd().write_client_config("box", &[]);
        let laptop = Laptop::over(config, transport);
        let desk = laptop.engine().await;
        ways.push(Way { name, host, desk, _laptop: laptop, _machine: machine });
    }
    ways
}

/// This machine alone.
pub async fn here() -> Way {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    Way { name: "local", host: "local", desk, _laptop: laptop, _machine: machine }
}

impl Desk {
    pub async fn git(&self, query: GitQuery) -> Result<GitReply, Failure> {
        match self.engine.call(Request::query(Query::Repository(query))).await? {
            Reply::Repository(reply) => Ok(reply),
            other => panic!("{other:?}"),
        }
    }

    pub async fn change(&self, command: GitCommand) -> Result<GitReply, Failure> {
        match self.command(Command::Repository(command)).await? {
            Reply::Repository(reply) => Ok(reply),
            other => panic!("{other:?}"),
        }
    }

    pub async fn try_status(&self, at: At) -> Result<Option<Box<GitStatus>>, Failure> {
        match self.git(GitQuery::Status { at, seen: None }).await? {
            GitReply::Status(status) => Ok(status),
            other => panic!("{other:?}"),
        }
    }

    pub async fn status(&self, at: At) -> GitStatus {
        *self.try_status(at).await.unwrap().expect("it is a repository")
    }

    pub async fn try_diff(&self, at: At, of: DiffOf, paths: &[&str]) -> Result<GitDiff, Failure> {
        let paths = paths.iter().map(|path| FilePath::from(*path)).collect();
        match self.git(GitQuery::Diff { at, of, paths, context: 3 }).await? {
            GitReply::Diff(diff) => Ok(diff),
            other => panic!("{other:?}"),
        }
    }

    pub async fn diff(&self, at: At, of: DiffOf) -> Vec<FileDiff> {
        self.try_diff(at, of, &[]).await.unwrap().files
    }

    #[track_caller]
    pub fn done(&self, reply: Result<GitReply, Failure>) {
        assert_eq!(reply.unwrap(), GitReply::Done);
    }
}

pub fn paths(paths: &[&str]) -> Vec<FilePath> {
    paths.iter().map(|path| FilePath::from(*path)).collect()
}

pub fn change<'a>(status: &'a GitStatus, path: &str) -> &'a GitChange {
    let found = status.changes.iter().find(|change| change.path == path.into());
    found.unwrap_or_else(|| panic!("nothing of {path}: {status:#?}"))
}
