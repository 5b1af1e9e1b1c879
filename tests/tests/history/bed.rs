//! Projects on the test bed's machines.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_tests::{TestSshd, short_dir};
use orchestrator::history::ShellFiles;
use orchestrator::transport::{Connection, Local, LocalSettings};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use shared_history::{Append, Appended, Denial, Files, FilesError, Mend, NewLine, Span};
use tempfile::TempDir;

use crate::support::{self, Host, connection_over};

/// Longer than anything here takes; both cores may be busy.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The file that most tests write.
pub const NAME: &str = "history-box.local.jsonl";

/// A directory of this machine, and its history as a host has it.
pub struct Project {
    pub files: ShellFiles,
    pub dir: PathBuf,
    /// Removed on drop, where the directory is ours alone.
    _own: Option<TempDir>,
}

impl Project {
    /// An empty project behind `connection`.
    pub fn new(connection: &Connection) -> Self {
        let own = short_dir();
        fs::set_permissions(own.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let project = Self::at(connection, own.path().to_owned());
        Self { _own: Some(own), ..project }
    }

    /// That directory, which is somebody else's.
    pub fn at(connection: &Connection, dir: PathBuf) -> Self {
        let files = ShellFiles::new(connection.clone(), Some(dir.to_str().unwrap().to_owned()));
        Self { files, dir, _own: None }
    }

    pub fn history(&self) -> PathBuf {
        self.dir.join(".maestro/history")
    }

    pub fn file(&self) -> PathBuf {
        self.history().join(NAME)
    }

    /// The file's bytes; none where it isn't there.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(self.file()).unwrap_or_default()
    }

    /// Writes the file as somebody else.
    pub fn write(&self, bytes: &[u8]) {
        fs::create_dir_all(self.history()).unwrap();
        fs::write(self.file(), bytes).unwrap();
    }

    /// What else is in the directory but history files and locks.
    pub fn litter(&self) -> Vec<String> {
        let Ok(all) = fs::read_dir(self.history()) else { return Vec::new() };
        let mut names: Vec<String> =
            all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with("history-") && !name.ends_with(".lock"));
        names.sort();
        names
    }

    pub async fn append(&self, lines: &[(&str, &[u8])]) -> Result<Appended, FilesError> {
        append(&self.files, lines, false, None).await
    }

    /// Appends one line, and expects that to go well.
    pub async fn add(&self, id: &str, line: &[u8]) -> Appended {
        self.append(&[(id, line)]).await.unwrap()
    }
}

pub async fn append(
    files: &ShellFiles,
    lines: &[(&str, &[u8])],
    in_doubt: bool,
    mend: Option<Mend>,
) -> Result<Appended, FilesError> {
    let lines: Vec<NewLine<'_>> = lines.iter().map(|(id, text)| NewLine { id, text }).collect();
    let append = Append { name: NAME, lines: &lines, in_doubt, mend };
    tokio::time::timeout(PATIENCE, files.append(&append)).await.expect("an append has an end")
}

/// Appends as an outbox does: until it is known to be there, mending what was torn on the way.
pub async fn append_surely(files: &ShellFiles, id: &str, line: &[u8]) {
    let mut in_doubt = false;
    let mut mend = None;
    for _ in 0..200 {
        match append(files, &[(id, line)], in_doubt, mend).await {
            Ok(Appended::Done { .. }) => return,
            Ok(Appended::Torn { from, size, fragment }) => {
                let whole =
                    |bytes: &Vec<u8>| serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
                mend = Some(Mend { from, size, is_whole: fragment.as_ref().is_some_and(whole) });
            }
            Err(FilesError::InDoubt(_)) => in_doubt = true,
            // A program of a script was killed.
            Err(FilesError::Denied { denial: Denial::Other(_), .. }) => {}
            Err(FilesError::Unreachable(_) | FilesError::Locked { .. }) => {
                tokio::time::sleep(Duration::from_millis(20)).await; // wait: before it is tried again
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("{id} is still not there");
}

/// An entry's line.
pub fn entry(id: &str, summary: &str) -> Vec<u8> {
    let summary = serde_json::to_string(summary).unwrap();
    format!(
        "{{\"id\":\"{id}\",\"type\":\"USER\",\"timestamp\":1767225600123,\"summary\":{summary},\
         \"projectPath\":\"/srv/app\",\"hostname\":\"box.local\"}}"
    )
    .into_bytes()
}

/// The ids of a file's lines, each of which must be whole; how often each one is there.
pub fn ids(bytes: &[u8]) -> HashMap<String, usize> {
    assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "torn");
    let mut ids = HashMap::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let value: serde_json::Value = serde_json::from_slice(line)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)));
        *ids.entry(value["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    ids
}

/// Expects each of `wanted` to be there once, and nothing else.
pub fn assert_each_once(bytes: &[u8], wanted: impl Iterator<Item = String>) {
    let mut found = ids(bytes);
    for id in wanted {
        assert_eq!(found.remove(&id), Some(1), "{id}");
    }
    assert!(found.is_empty(), "{found:?}");
}

/// Reads one span.
pub async fn read(files: &ShellFiles, name: &str, from: u64, bytes: u64) -> Vec<u8> {
    let span = Span { name: name.to_owned(), from, bytes };
    let mut read = Vec::new();
    files.read(&[span], &mut |chunk| read.extend_from_slice(chunk.bytes)).await.unwrap();
    read
}

pub fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

/// Makes a path as old as two minutes.
pub fn age(path: &Path) {
    let then = std::time::SystemTime::now() - Duration::from_secs(130);
    let seconds = then.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let time = Timespec { tv_sec: i64::try_from(seconds).unwrap(), tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    match utimensat(CWD, path, &times, AtFlags::empty()) {
        // It was removed meanwhile.
        Ok(()) | Err(rustix::io::Errno::NOENT) => {}
        Err(error) => panic!("{error}"),
    }
}

/// One host for each transport.
pub fn hosts() -> Vec<(&'static str, Host)> {
    vec![
        ("openssh", support::openssh(TestSshd::start())),
        ("native", support::native(TestSshd::start())),
        ("local", support::local()),
    ]
}

/// What a machine has on its path, apart from `sh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tools {
    /// All of this machine's.
    All,
    /// What the scripts use, with perl to lock.
    Perl,
    /// What the scripts use, with flock(1).
    Flock,
    /// What the scripts use, and nothing to lock with.
    NoLock,
}

/// This machine with another `sh` and its own path; busybox has its own small programs alone.
pub struct Machine {
    pub connection: Connection,
    pub home: TempDir,
}

impl Machine {
    pub fn new(sh: &str, tools: Tools) -> Self {
        let home = short_dir();
        let bin = home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let mut path = bin.display().to_string();
        if sh == "busybox" {
            let applets = std::process::Command::new("busybox").arg("--list").output().unwrap();
            for applet in String::from_utf8(applets.stdout).unwrap().lines() {
                symlink("/usr/bin/busybox", bin.join(applet)).unwrap();
            }
        } else {
            symlink(format!("/usr/bin/{sh}"), bin.join("sh")).unwrap();
            if tools == Tools::All {
                path.push_str(":/usr/bin:/bin");
            } else {
                for name in USED {
                    symlink(format!("/usr/bin/{name}"), bin.join(name)).unwrap();
                }
            }
            let lock = match tools {
                Tools::Perl => Some("perl"),
                Tools::Flock => Some("flock"),
                Tools::All | Tools::NoLock => None,
            };
            if let Some(lock) = lock {
                symlink(format!("/usr/bin/{lock}"), bin.join(lock)).unwrap();
            }
        }
        Self { connection: local_over(&bin.join("sh"), home.path(), &path, &[]), home }
    }

    /// The same for an account that isn't root's.
    pub fn of_nobody(tools: Tools) -> Self {
        let machine = Self::new("dash", tools);
        fs::set_permissions(machine.home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // An `sh` that is started by this one is nobody's already.
        let text = "[ \"$(/usr/bin/id -u)\" = 0 ] || exec /usr/bin/dash \"$@\"\n\
                    exec /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/dash \"$@\"";
        machine.put("sh", text);
        machine
    }

    /// Puts another program in the place of one; its script finds the machine's home in `$d`.
    pub fn put(&self, name: &str, script: &str) {
        let program = self.home.path().join("bin").join(name);
        if program.symlink_metadata().is_ok() {
            fs::remove_file(&program).unwrap();
        }
        let text = format!("#!/usr/bin/dash\nd={}\n{script}\n", self.home.path().display());
        fs::write(&program, text).unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// What the scripts use but for locks.
pub const USED: [&str; 18] = [
    "cat", "cksum", "cp", "dd", "find", "grep", "head", "ls", "mkdir", "mv", "od", "printf", "rm",
    "rmdir", "sleep", "tail", "tr", "wc",
];

/// This machine over the transport for it, with that path.
pub fn local_over(sh: &Path, home: &Path, path: &str, more: &[(&str, &str)]) -> Connection {
    // The machine's own profile sets the path anew; this one comes after it.
    fs::write(home.join(".profile"), format!("PATH={path}; export PATH\n")).unwrap();
    let mut env = vec![("PATH".into(), path.into())];
    env.extend(more.iter().map(|(name, value)| (name.into(), value.into())));
    let settings = LocalSettings { shell: sh.to_owned(), home: home.to_owned(), env };
    connection_over(Arc::new(Local::new(settings)))
}

/// What a soak makes larger.
#[expect(clippy::disallowed_methods, reason = "the size of a soak is the tester's choice")]
pub fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}
