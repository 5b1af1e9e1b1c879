//! What a test looks at: conditions to wait for, processes of this machine, directories of its own.
#![allow(clippy::unwrap_used, reason = "a part that doesn't work must fail its test")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::TestSshd;

/// A directory whose path is short enough for sockets.
pub fn short_dir() -> TempDir {
    tempfile::Builder::new().prefix("bt").tempdir_in("/tmp").unwrap()
}

/// A directory for the sockets of tmux servers (`TMUX_TMPDIR`): those end with this, or with the test's process however that
/// ends, and so does whatever else was started with that name in its environment.
#[derive(Debug)]
pub struct Sockets {
    dir: TempDir,
    /// Waits for the end of its input, and ends them then.
    guard: Child,
}

impl Sockets {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it starts a process")]
    pub fn new() -> Self {
        const GUARD: &str = "cat >/dev/null
            for socket in \"$1\"/tmux-*/*; do if [ -S \"$socket\" ]; then tmux -S \"$socket\" kill-server; fi; done
            for round in 1 2 3 4 5 6 7 8 9 10; do
                left=$(grep -lszxF \"TMUX_TMPDIR=$1\" /proc/[0-9]*/environ)
                [ -n \"$left\" ] || break
                for environ in $left; do pid=${environ#/proc/}; kill -KILL \"${pid%/environ}\"; done
                sleep 0.1
            done
            rm -rf -- \"$1\"";
        let dir = short_dir();
        let mut guard = Command::new("setsid");
        guard.args(["sh", "-c", GUARD, "sh"]).arg(dir.path());
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { guard: guard.spawn().unwrap(), dir }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        self.guard.wait().ok(); // whatever its status
    }
}

/// Waits until `condition` holds; fails after 20 s, both cores may be busy.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited 20 s in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
    }
}

/// Living processes of this machine whose command line passes: id and words.
pub fn processes(wanted: impl Fn(&[String]) -> bool) -> Vec<(u32, Vec<String>)> {
    let of = |entry: std::fs::DirEntry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let words = String::from_utf8_lossy(&line)
            .trim_end_matches('\0')
            .split('\0')
            .map(str::to_owned)
            .collect();
        Some((pid, words))
    };
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).filter_map(of);
    all.filter(|(pid, words): &(u32, Vec<String>)| wanted(words) && is_running(*pid)).collect()
}

/// The processes that sleep for so long.
pub fn sleepers(seconds: &str) -> Vec<(u32, Vec<String>)> {
    processes(|words| words == ["sleep", seconds])
}

/// Whether a process of this machine runs; one that only waits to be reaped does not.
pub fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
}

/// What runs in the sessions of `sshd`: all that carries its mark and is none of sshd's own processes.
pub fn children_of_sessions(sshd: &TestSshd) -> Vec<(u32, Vec<String>)> {
    let mark = format!("BATON_TEST_SSHD={}", sshd.dir().display());
    let mut found = processes(|words| !words.first().is_some_and(|word| word.starts_with("sshd")));
    found.retain(|(pid, _)| {
        std::fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == mark.as_bytes()))
    });
    found
}
