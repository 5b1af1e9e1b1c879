use std::fs::File;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::address::resolve;
use super::{ConnectionReport, Progress, StageName, StageReport};
use super::{agent, shell};
use crate::failure::{Code, Failure};
use crate::host::validate::list;
use crate::host::{ResolvedHost, expand_home, validate_host};
use crate::machine::ThisMachine;
use crate::transport::{Connection, Steps};

/// Tests whether `host` can be used, and whether `agent` (a program's name, or a path with `/`) is there.
///
/// A saved host needs to be neither enabled nor in the file. `watch` is told of each stage as it begins and ends.
/// The first stage that fails is the last one. Must be called within a tokio runtime.
pub async fn test_connection(
    host: &ResolvedHost,
    machine: &ThisMachine,
    agent: Option<&str>,
    watch: &(dyn Fn(Progress<'_>) + Send + Sync),
) -> ConnectionReport {
    let mut test = Test { host, machine, watch, report: ConnectionReport::default() };
    let passed = test.run(agent).await;
    test.report.ok = passed.is_some();
    test.report
}

struct Test<'a> {
    host: &'a ResolvedHost,
    machine: &'a ThisMachine,
    watch: &'a (dyn Fn(Progress<'_>) + Send + Sync),
    report: ConnectionReport,
}

impl Test<'_> {
    /// `None` when a stage failed.
    async fn run(&mut self, agent: Option<&str>) -> Option<()> {
        let (host, machine) = (self.host, self.machine);
        self.stage(StageName::Validate, async { check(host, machine) }).await?;
        let account = self.stage(StageName::Resolve, resolve(host, machine)).await?;
        let connection = self.connect(&account).await?;
        let passed = self.over(&connection, agent).await;
        connection.close().await;
        passed
    }

    async fn over(&mut self, connection: &Connection, agent: Option<&str>) -> Option<()> {
        let about = self.stage(StageName::Shell, shell::ask(connection)).await?;
        self.report.hostname = Some(about.hostname);
        self.report.os = Some(about.os);
        self.report.shell = Some(about.shell);
        self.report.latency_ms = Some(millis(about.latency));
        if let Some(name) = agent {
            let looked_for = agent::find(connection, self.host, name);
            self.report.agent = Some(self.stage(StageName::Agent, looked_for).await?);
        }
        Some(())
    }

    /// Takes one stage; its work answers with what the next ones need, and with what it found out.
    async fn stage<T>(
        &mut self,
        name: StageName,
        work: impl Future<Output = Result<(T, String), Failure>>,
    ) -> Option<T> {
        (self.watch)(Progress::Began(name));
        let since = Instant::now();
        let (answer, found) = match work.await {
            Ok((answer, found)) => (Some(answer), Ok(found)),
            Err(failure) => (None, Err(failure)),
        };
        self.ended(name, since.elapsed(), found);
        answer
    }

    fn ended(&mut self, name: StageName, elapsed: Duration, found: Result<String, Failure>) {
        let (found, error) = match found {
            Ok(found) => (found, None),
            Err(failure) => (String::new(), Some(failure)),
        };
        let ok = error.is_none();
        let stage = StageReport { name, ok, elapsed_ms: millis(elapsed), error, found };
        (self.watch)(Progress::Ended(&stage));
        self.report.stages.push(stage);
    }

    /// Two stages in one attempt: what comes before the server's answer, and what comes after it.
    async fn connect(&mut self, account: &str) -> Option<Connection> {
        (self.watch)(Progress::Began(StageName::Connect));
        let since = Instant::now();
        let (sender, mut reached) = watch::channel(None);
        let steps: Arc<dyn Steps> = Arc::new(Reached(sender));
        let connection = self.machine.connection(self.host, Some(steps));
        let outcome = {
            let mut ready = pin!(connection.ready());
            let mut watching = true;
            loop {
                tokio::select! {
                    biased;
                    outcome = &mut ready => break outcome,
                    answered = reached.changed(), if watching => {
                        watching = false;
                        // An error: this transport has no steps to watch.
                        if answered.is_ok() {
                            (self.watch)(Progress::Began(StageName::Authenticate));
                        }
                    }
                }
            }
        };
        let total = since.elapsed();
        // Nobody saw a step: the connection was open already, or is none.
        let to_answer =
            reached.borrow().map_or(total, |at: Instant| at.saturating_duration_since(since));
        let to_be_let_in = total.saturating_sub(to_answer);
        let failed = outcome.err().map(|error| (stage_of(error.code()), Failure::from(error)));
        let (answered, let_in) = words(self.host, account);
        let steps = [
            (StageName::Connect, to_answer, answered),
            (StageName::Authenticate, to_be_let_in, let_in),
        ];
        for (name, elapsed, found) in steps {
            if failed.as_ref().is_none_or(|(at, _)| *at > name) {
                self.ended(name, elapsed, Ok(found));
            }
        }
        let Some((at, failure)) = failed else { return Some(connection) };
        let elapsed = if at == StageName::Authenticate { to_be_let_in } else { total };
        // ssh may see a fault of a stage that we took to be passed.
        self.report.stages.retain(|stage| stage.name != at);
        self.ended(at, elapsed, Err(failure));
        None
    }
}

/// Notes when the server answered.
#[derive(Debug)]
struct Reached(watch::Sender<Option<Instant>>);

impl Steps for Reached {
    fn reached(&self) {
        self.0.send_replace(Some(Instant::now()));
    }
}

fn check(host: &ResolvedHost, machine: &ThisMachine) -> Result<((), String), Failure> {
    let saved = match host {
        ResolvedHost::Local => return Ok(((), "this machine".into())),
        // It was checked when it was read.
        ResolvedHost::AdHoc(_) => return Ok(((), "an address that isn't saved".into())),
        ResolvedHost::Saved(saved) => saved,
    };
    let readable = |key: &str| {
        let path = expand_home(key, &machine.home);
        path.is_file() && File::open(path).is_ok()
    };
    let faults = validate_host(saved, &readable);
    if faults.is_empty() {
        return Ok(((), "the entry holds no fault".into()));
    }
    Err(Failure::new(Code::InvalidConfig, list(&faults))
        .hint("Correct what is named, then test again")
        .on(saved.id.as_str()))
}

/// What a connection and a login that came about are called.
fn words(host: &ResolvedHost, account: &str) -> (String, String) {
    match host {
        ResolvedHost::Local => ("no connection is needed".into(), "no login is needed".into()),
        ResolvedHost::Saved(_) | ResolvedHost::AdHoc(_) => {
            let let_in =
                if account.is_empty() { "let in".into() } else { format!("let in as {account}") };
            ("the server answers".into(), let_in)
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The stage that an attempt to connect failed in.
fn stage_of(code: Code) -> StageName {
    match code {
        Code::HostUnresolved => StageName::Resolve,
        Code::AuthRefused | Code::TooManyAuthFailures | Code::PassphraseRequired => {
            StageName::Authenticate
        }
        Code::ShellBroken => StageName::Shell,
        Code::ConnectionRefused
        | Code::ConnectionTimedOut
        | Code::NoRoute
        | Code::ConnectionLost
        | Code::ConnectionClosed
        | Code::HostKeyUnknown
        | Code::HostKeyChanged
        | Code::KexFailed
        | Code::ProxyFailed
        // Not the server's, but what keeps us from it: a socket, a config, a missing ssh.
        | Code::Usage
        | Code::InvalidConfig
        | Code::HostUnknown
        | Code::HostDisabled
        | Code::AgentMissing
        | Code::AgentNotLoggedIn
        | Code::InterpreterMissing
        | Code::RateLimited
        | Code::DirMissing
        | Code::NotFound
        | Code::PermissionDenied
        | Code::IsDirectory
        | Code::Conflict
        | Code::TooLarge
        | Code::NotARepository
        | Code::DirtyWorktree
        | Code::Busy
        | Code::TimedOut
        | Code::Cancelled
        | Code::Corrupt
        | Code::Unsupported
        | Code::AgentFailed
        | Code::Internal => StageName::Connect,
    }
}

#[cfg(test)]
#[path = "stages_tests.rs"]
mod tests;
