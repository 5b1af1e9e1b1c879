//! A directory on a machine, behind each way to reach it, and the engine's questions about its files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use baton_tests::{TestSshd, short_dir};
use orchestrator::failure::Failure;
use orchestrator::seam::{
    At, Command, Expected, FileBeginning, FileCommand, FileEntry, FilePath, FileQuery, FileReply,
    FileWindow, FoundFiles, Listing, Query, Reply, Request, Seam,
};
use tempfile::TempDir;

use crate::desk::{Desk, Laptop};

/// A host behind an engine, and a directory of it in which the work is done.
pub struct FileBed {
    pub desk: Desk,
    pub laptop: Laptop,
    pub sshd: Option<TestSshd>,
    pub host: String,
    pub root: PathBuf,
    _dir: TempDir,
}

/// The ways to a host.
pub const WAYS: [&str; 3] = ["local", "openssh", "native"];

impl FileBed {
    pub async fn by(way: &str) -> Self {
        if way == "local" {
            return Self::local(|_| {}).await;
        }
        let sshd = TestSshd::start();
        let laptop = Laptop::over(sshd.write_client_config("box", &[]), way);
        Self::on(laptop, Some(sshd), "box").await
    }

    /// This machine, after something was done to the laptop's home.
    pub async fn local(prepare: impl FnOnce(&Laptop)) -> Self {
        let laptop = Laptop::over("/dev/null".into(), "openssh");
        prepare(&laptop);
        Self::on(laptop, None, "local").await
    }

    pub async fn on(laptop: Laptop, sshd: Option<TestSshd>, host: &str) -> Self {
        let dir = short_dir();
        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        for path in [dir.path(), &root] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let desk = laptop.engine().await;
        Self { desk, laptop, sshd, host: host.to_owned(), root, _dir: dir }
    }

    pub fn at(&self) -> At {
        let directory = Some(FilePath::from(self.root.to_str().unwrap()));
        At::Host { host: self.host.clone(), directory }
    }

    /// Beside the directory in which work is done.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root.parent().unwrap().join(name)
    }

    pub async fn ask(&self, query: FileQuery) -> Result<FileReply, Failure> {
        match self.desk.engine.call(Request::query(Query::File(query))).await? {
            Reply::File(reply) => Ok(reply),
            other => panic!("{other:?}"),
        }
    }

    pub async fn wish(&self, command: FileCommand) -> Result<FileReply, Failure> {
        match self.desk.command(Command::File(command)).await? {
            Reply::File(reply) => Ok(reply),
            other => panic!("{other:?}"),
        }
    }

    pub async fn list(&self, path: impl Into<FilePath>) -> Result<Listing, Failure> {
        let query =
            FileQuery::List { at: self.at(), path: path.into(), seen: None, limit: 200_000 };
        match self.ask(query).await? {
            FileReply::Listing(listing) => Ok(listing),
            other => panic!("{other:?}"),
        }
    }

    pub async fn stat(&self, path: impl Into<FilePath>) -> Result<FileEntry, Failure> {
        entry(self.ask(FileQuery::Stat { at: self.at(), path: path.into() }).await?)
    }

    /// The beginnings of several.
    pub async fn read_many(
        &self,
        paths: &[FilePath],
        length: u32,
    ) -> Result<Vec<Result<FileBeginning, Failure>>, Failure> {
        let query = FileQuery::ReadMany { at: self.at(), paths: paths.to_vec(), length };
        match self.ask(query).await? {
            FileReply::Beginnings(read) => Ok(read),
            other => panic!("{other:?}"),
        }
    }

    pub async fn read_at(
        &self,
        path: impl Into<FilePath>,
        offset: u64,
        length: u32,
    ) -> Result<FileWindow, Failure> {
        let query =
            FileQuery::Read { at: self.at(), path: path.into(), offset, length, seen: None };
        match self.ask(query).await? {
            FileReply::Window(window) => Ok(window),
            other => panic!("{other:?}"),
        }
    }

    pub async fn read(&self, path: impl Into<FilePath>) -> Result<FileWindow, Failure> {
        self.read_at(path, 0, 100_000).await
    }

    pub async fn write(
        &self,
        path: impl Into<FilePath>,
        bytes: &[u8],
        expected: Expected,
    ) -> Result<FileEntry, Failure> {
        self.write_as(path, bytes, expected, false).await
    }

    pub async fn write_as(
        &self,
        path: impl Into<FilePath>,
        bytes: &[u8],
        expected: Expected,
        outside: bool,
    ) -> Result<FileEntry, Failure> {
        let (at, path, bytes) = (self.at(), path.into(), bytes.to_vec());
        entry(self.wish(FileCommand::Write { at, path, bytes, expected, outside }).await?)
    }

    pub async fn mkdir(
        &self,
        path: impl Into<FilePath>,
        parents: bool,
    ) -> Result<FileEntry, Failure> {
        let (at, path) = (self.at(), path.into());
        let outside = false;
        entry(self.wish(FileCommand::MakeDirectory { at, path, parents, outside }).await?)
    }

    pub async fn rename(
        &self,
        from: impl Into<FilePath>,
        to: impl Into<FilePath>,
        replace: bool,
    ) -> Result<FileEntry, Failure> {
        let (at, from, to) = (self.at(), from.into(), to.into());
        let outside = false;
        entry(self.wish(FileCommand::Rename { at, from, to, replace, outside }).await?)
    }

    pub async fn delete(&self, paths: &[FilePath], recursive: bool) -> Result<(), Failure> {
        let (at, paths, outside) = (self.at(), paths.to_vec(), false);
        let reply = self.wish(FileCommand::Delete { at, paths, recursive, outside }).await?;
        assert_eq!(reply, FileReply::Done);
        Ok(())
    }

    pub async fn find(&self, typed: &str, limit: u32) -> Result<FoundFiles, Failure> {
        let found = self.find_behind(typed, limit, None).await?;
        Ok(found.expect("nobody has said that a list is known"))
    }

    /// What is found in the list after that one; `None` where none has come.
    pub async fn find_behind(
        &self,
        typed: &str,
        limit: u32,
        behind: Option<u64>,
    ) -> Result<Option<FoundFiles>, Failure> {
        let (at, typed) = (self.at(), typed.into());
        match self.ask(FileQuery::Find { at, typed, limit, behind }).await? {
            FileReply::Found(found) => Ok(Some(found)),
            FileReply::Unchanged => Ok(None),
            other => panic!("{other:?}"),
        }
    }

    /// Names of a directory's entries on the disk, sorted.
    pub fn names(&self) -> Vec<String> {
        names_in(&self.root)
    }

    pub async fn stop(self) {
        self.desk.stop().await;
    }
}

pub fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn entry(reply: FileReply) -> Result<FileEntry, Failure> {
    match reply {
        FileReply::File(entry) => Ok(entry),
        other => panic!("{other:?}"),
    }
}

/// Gives a laptop's home an `sh` and a path of its own: busybox has its own small programs alone.
pub fn with_sh(laptop: &Laptop, sh: &str) {
    let bin = laptop.path("home/bin");
    fs::create_dir(&bin).unwrap();
    let mut path = bin.display().to_string();
    if sh == "busybox" {
        let applets = Program::new("busybox").arg("--list").output().unwrap();
        for applet in String::from_utf8(applets.stdout).unwrap().lines() {
            symlink("/usr/bin/busybox", bin.join(applet)).unwrap();
        }
    } else {
        symlink(format!("/usr/bin/{sh}"), bin.join("sh")).unwrap();
        path.push_str(":/usr/bin:/bin");
    }
    fs::write(laptop.path("home/.profile"), format!("PATH={path}\nexport PATH\n")).unwrap();
}
