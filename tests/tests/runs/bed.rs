//! Runs on the test bed's machines.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_tests::TestSshd;
use orchestrator::run::{Follow, FollowEvent, Job, Offsets, Runs, Standing, Stream};
use orchestrator::seam::{LinkState, RunId};

use crate::support::{self, Host};

/// Longer than anything here takes; both cores may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where a host of the bed keeps its runs: below the empty home that its sessions have.
pub fn folder(host: &Host) -> PathBuf {
    let home = match &host.sshd {
        Some(sshd) => sshd.dir().join("home"),
        None => host.run_dir.path().to_owned(),
    };
    home.join(".local/state/baton/runs")
}

/// A file of a run, as text.
pub fn file(host: &Host, run: &RunId, name: &str) -> String {
    fs::read_to_string(folder(host).join(run.as_str()).join(name)).unwrap_or_default()
}

/// One host for each transport.
pub fn hosts() -> Vec<(&'static str, Host)> {
    vec![
        ("openssh", support::openssh(TestSshd::start())),
        ("native", support::native(TestSshd::start())),
        ("local", support::local()),
    ]
}

pub fn runs(host: &Host) -> Runs {
    Runs::new(host.connection.clone())
}

pub fn sh(script: &str) -> Job {
    Job::new(["sh", "-c", script])
}

/// All that a follower was told.
#[derive(Debug, Default)]
pub struct Heard {
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    pub links: Vec<LinkState>,
    /// `Some(None)`: nobody knows.
    pub status: Option<Option<u8>>,
    pub failed: Option<orchestrator::run::RunError>,
    /// Where the first bytes stood.
    pub from: Offsets,
}

impl Heard {
    pub fn since(from: Offsets) -> Self {
        Self { from, ..Self::default() }
    }

    pub fn at(&self) -> Offsets {
        Offsets {
            out: self.from.out + self.out.len() as u64,
            err: self.from.err + self.err.len() as u64,
        }
    }

    /// Takes an event; bytes must be the very next ones.
    pub fn take(&mut self, event: FollowEvent) {
        match event {
            FollowEvent::Output { stream: Stream::Out, offset, bytes } => {
                assert_eq!(offset, self.at().out, "a gap or a repetition");
                self.out.extend(bytes);
            }
            FollowEvent::Output { stream: Stream::Err, offset, bytes } => {
                assert_eq!(offset, self.at().err, "a gap or a repetition");
                self.err.extend(bytes);
            }
            FollowEvent::Link { state, .. } => self.links.push(state),
            FollowEvent::Exited { status } => self.status = Some(status),
            FollowEvent::Failed(error) => self.failed = Some(error),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Listens until `wanted`, or to the end.
    pub async fn listen(&mut self, follow: &mut Follow, wanted: impl Fn(&Self) -> bool) {
        let listening = async {
            while !wanted(self) {
                let Some(event) = follow.next().await else { break };
                self.take(event);
            }
        };
        let heard = tokio::time::timeout(PATIENCE, listening).await;
        assert!(heard.is_ok(), "no end; heard {} bytes, {:?}", self.out.len(), self.links);
    }
}

/// Follows to the end.
pub async fn to_the_end(mut follow: Follow) -> Heard {
    let mut heard = Heard::default();
    heard.listen(&mut follow, |_| false).await;
    heard
}

/// Launches and follows to the end; the status is expected to be known.
pub async fn finish(runs: &Runs, job: &Job) -> (RunId, Heard, u8) {
    let run = RunId::random();
    let heard = to_the_end(runs.launch(&run, job).await.unwrap()).await;
    let status = heard.status.flatten().unwrap_or_else(|| panic!("{heard:?}"));
    (run, heard, status)
}

/// Waits until the run stands so.
pub async fn stands(runs: &Runs, run: &RunId, wanted: Standing) {
    let until = async {
        while runs.state(run).await.unwrap().standing != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await; // wait: between two looks
        }
    };
    let stands = tokio::time::timeout(PATIENCE, until).await;
    assert!(stands.is_ok(), "never {wanted:?}: {:?}", runs.state(run).await);
}

/// The living processes of that run: those with its mark.
pub fn marked(run: &RunId) -> Vec<(u32, Vec<String>)> {
    let mark = format!("BATON_RUN={run}");
    let mut found = baton_tests::processes(|_| true);
    found.retain(|(pid, _)| {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == mark.as_bytes()))
    });
    found
}

/// Processes of ours that belong to a run on this machine: followers, runners, feeders.
pub fn attendants(host: &Host, run: &RunId) -> Vec<(u32, Vec<String>)> {
    let dir = folder(host).join(run.as_str());
    let dir = dir.to_str().unwrap().to_owned();
    baton_tests::processes(|words| words.iter().any(|word| word.starts_with(&dir)))
}

/// Nothing of a run is left but its files.
pub async fn nothing_is_left(host: &Host, run: &RunId) {
    baton_tests::until("the run's processes are gone", || {
        marked(run).is_empty() && attendants(host, run).is_empty()
    })
    .await;
}

#[expect(clippy::disallowed_methods, reason = "the size of a soak is the tester's choice")]
pub fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// An [`Arc`] of the server, for tests that keep it beside the host.
pub fn server(host: &Host) -> Arc<TestSshd> {
    Arc::clone(host.sshd.as_ref().unwrap())
}
