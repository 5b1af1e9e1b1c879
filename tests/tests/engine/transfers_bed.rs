//! Places to send to and fetch from.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baton_tests::{TestSshd, Wan, short_dir, until};
use orchestrator::failure::{Code, Failure};
use orchestrator::host::{HostId, Place, Reached};
use orchestrator::seam::{FilePath, Outcome, Progress};
use orchestrator::transfer::{self, Cancel, News, Report, Terms};
use orchestrator::transport::{Connection, ConnectionSettings};
use tempfile::TempDir;

use crate::hosts::{self, Host};

/// Longer than anything here takes, also when both cores are busy.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Up,
    Down,
}

/// A host, a directory of it, and one of ours.
pub struct Bed {
    pub name: &'static str,
    pub host: Host,
    pub reached: Reached,
    pub there: TempDir,
    pub here: TempDir,
}

pub fn reached(connection: &Connection, directory: &Path) -> Reached {
    Reached {
        place: Place { id: HostId::new("box"), way: None },
        connection: connection.clone(),
        directory: Some(directory.as_os_str().as_bytes().to_vec()),
        env: BTreeMap::new(),
        session: None,
    }
}

impl Bed {
    pub fn of(name: &'static str, host: Host) -> Self {
        let (there, here) = (short_dir(), short_dir());
        fs::set_permissions(there.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let reached = reached(&host.connection, there.path());
        Self { name, host, reached, there, here }
    }

    /// One for each way to reach a host.
    pub fn all() -> [Self; 3] {
        [
            Self::of("local", hosts::local()),
            Self::of("openssh", hosts::openssh(TestSshd::start())),
            Self::of("native", hosts::native(TestSshd::start())),
        ]
    }

    /// The same, and those without a shell.
    pub fn all_and_without_a_shell() -> Vec<Self> {
        let mut all = Vec::from(Self::all());
        all.extend(["openssh", "native"].map(Self::without_a_shell));
        all
    }

    /// One whose server runs nothing but sftp.
    pub fn without_a_shell(way: &'static str) -> Self {
        let sshd = TestSshd::builder().force_command("internal-sftp").start();
        let open = if way == "native" { hosts::native } else { hosts::openssh };
        Self::of(way, open(sshd))
    }

    /// Over a long way, with the system's ssh.
    pub fn far() -> (Self, Wan) {
        Self::far_on(TestSshd::start())
    }

    /// The same without a shell.
    pub fn far_without_a_shell() -> (Self, Wan) {
        Self::far_on(TestSshd::builder().force_command("internal-sftp").start())
    }

    /// The same, where there are no programs but busybox' small ones, and those that `own` puts in their place.
    pub fn far_with_busybox(own: impl FnOnce(&Path)) -> (Self, Wan, TempDir) {
        let bin = short_dir();
        fs::set_permissions(bin.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let applets = std::process::Command::new("busybox").arg("--list").output().unwrap();
        for applet in String::from_utf8(applets.stdout).unwrap().lines() {
            symlink("/usr/bin/busybox", bin.path().join(applet)).unwrap();
        }
        own(bin.path());
        let path = bin.path().display().to_string();
        let (bed, wan) = Self::far_on(TestSshd::builder().environment("PATH", &path).start());
        (bed, wan, bin)
    }

    fn far_on(sshd: TestSshd) -> (Self, Wan) {
        let sshd = Arc::new(sshd);
        let wan = Wan::start(sshd.address(), Duration::ZERO);
        let config = sshd.write_client_config_through("box", wan.port(), &[]);
        let host = hosts::openssh_with(sshd, config, ConnectionSettings::default(), |_| ());
        (Self::of("openssh", host), wan)
    }

    pub fn here(&self, name: &str) -> PathBuf {
        self.here.path().join(name)
    }

    pub fn there(&self, name: &str) -> PathBuf {
        self.there.path().join(name)
    }

    pub fn names_there(&self) -> Vec<String> {
        names(self.there.path())
    }

    pub async fn put(&self, local: &Path, remote: &str) -> Result<Outcome, Failure> {
        self.put_on(local, remote, &terms()).await
    }

    pub async fn put_on(
        &self,
        local: &Path,
        remote: &str,
        terms: &Terms,
    ) -> Result<Outcome, Failure> {
        within(transfer::upload(&self.reached, local, &FilePath::from(remote), terms)).await
    }

    pub async fn get(&self, remote: &str, local: &Path) -> Result<Outcome, Failure> {
        self.get_on(remote, local, &terms()).await
    }

    pub async fn get_on(
        &self,
        remote: &str,
        local: &Path,
        terms: &Terms,
    ) -> Result<Outcome, Failure> {
        within(transfer::download(&self.reached, &FilePath::from(remote), local, terms)).await
    }

    /// Where what is called `name` comes from that way, and where it goes.
    pub fn ends(&self, way: Way, name: &str) -> [PathBuf; 2] {
        match way {
            Way::Up => [self.here(name), self.there(name)],
            Way::Down => [self.there(name), self.here(name)],
        }
    }

    /// Carries it.
    pub async fn carry(&self, way: Way, name: &str, terms: &Terms) -> Result<Outcome, Failure> {
        match way {
            Way::Up => self.put_on(&self.here(name), name, terms).await,
            Way::Down => self.get_on(name, &self.here(name), terms).await,
        }
    }

    /// Carries some of it: the link is lost so many times, and it is stopped when `most` bytes have crossed.
    pub async fn carry_some(&self, wan: &Wan, way: Way, name: &str, cuts: u64, most: u64) {
        let stopped = terms();
        let start = wan.arrived();
        let stop = async {
            for cut in 1..=cuts {
                let goal = start + most * cut / (cuts + 1);
                until("some of it is there", || wan.arrived() >= goal).await;
                wan.reset();
            }
            until("most of it is there", || wan.arrived() >= start + most).await;
            stopped.cancel.cancel();
        };
        let (ended, ()) = tokio::join!(self.carry(way, name, &stopped), stop);
        let error = ended.unwrap_err();
        assert_eq!(error.code, Code::Cancelled, "{way:?}: {error:?}");
        assert!(!self.ends(way, name)[1].exists(), "{way:?}");
    }

    pub async fn close(&self) {
        self.host.connection.close().await;
    }
}

pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, Box::pin(work)).await.expect("it takes too long")
}

/// Nothing is replaced, and nobody hears.
pub fn terms() -> Terms {
    Terms {
        replace: false,
        outside: true,
        patient: false,
        report: Report::nobody(),
        cancel: Cancel::default(),
    }
}

/// Something is replaced.
pub fn replacing() -> Terms {
    Terms { replace: true, ..terms() }
}

/// What is heard of a transfer.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<News>>>);

impl Heard {
    pub fn report(&self) -> Report {
        let heard = self.clone();
        Report::to(move |news| heard.0.lock().unwrap().push(news))
    }

    pub fn all(&self) -> Vec<News> {
        self.0.lock().unwrap().clone()
    }

    pub fn progress(&self) -> Vec<Progress> {
        let news = self.all().into_iter();
        news.filter_map(|news| match news {
            News::Progress(progress) => Some(progress),
            News::Away(_) | News::Back => None,
        })
        .collect()
    }

    pub fn away(&self) -> usize {
        self.all().iter().filter(|news| matches!(news, News::Away(_))).count()
    }
}

/// Bytes that don't repeat and don't compress.
pub fn bytes(count: usize) -> Vec<u8> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64 ^ count as u64;
    let mut all = Vec::with_capacity(count + 8);
    while all.len() < count {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        all.extend_from_slice(&seed.to_le_bytes());
    }
    all.truncate(count);
    all
}

/// All names in a directory.
pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A file system of its own at a place, gone on drop.
pub struct Mounted(PathBuf);

impl Mounted {
    pub fn at(place: &Path, options: &str) -> Self {
        let mut mount = std::process::Command::new("mount");
        let mounted =
            mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place).status().unwrap();
        assert!(mounted.success(), "this test needs root, to mount a small disk");
        Self(place.to_owned())
    }

    /// A file that nothing can take the place of.
    pub fn nail(file: &Path) -> Self {
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.arg("--bind").arg(file).arg(file).status().unwrap();
        assert!(mounted.success(), "this test needs root, to nail a file to its place");
        Self(file.to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let gone = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(gone.is_ok_and(|status| status.success()));
    }
}
