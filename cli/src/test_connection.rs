//! `baton test-connection`: whether a host can be used, stage by stage.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use orchestrator::host::test_connection::{
    ConnectionReport, Progress, StageName, StageReport, test_connection,
};
use orchestrator::host::{ResolvedHost, find};
use tokio::time::Instant;

use crate::app::App;
use crate::exit;
use crate::hosts::{HostFields, new_host};
use crate::output::{Output, Stop};

/// When a person is told what they wait for.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// Which host, and what about it.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// A saved host's id or name (a disabled one, too), an alias of the ssh config, `[user@]host[:port]`, or `local`
    ///
    /// With one of the options that describe a host, it is what a host that isn't saved yet would be called;
    /// a saved one is tested with the options in place of what is saved. Nothing is written.
    #[arg(value_name = "HOST")]
    name: String,
    /// Look for an agent's program as well: its name (claude, codex …) or its path
    #[arg(long, value_name = "A", value_parser = agent)]
    agent: Option<String>,
    #[command(flatten)]
    fields: HostFields,
}

/// Tests, and says stage by stage what came of it.
///
/// # Errors
///
/// When there is no such host. One that fails the test is no error here: its status says why.
pub async fn run(app: &App, args: TestArgs) -> Result<u8, Stop> {
    let host = host(app, &args.name, args.fields)?;
    let machine = app.machine()?;
    let teller = Teller::new(app.output.clone());
    let watch = |progress: Progress<'_>| teller.hear(progress);
    let testing = test_connection(&host, &machine, args.agent.as_deref(), &watch);
    tokio::pin!(testing);
    let report = loop {
        tokio::select! {
            report = &mut testing => break report,
            () = tokio::time::sleep_until(teller.due()) => teller.say_what_is_waited_for(&host),
        }
    };
    teller.end()?;
    answer(app, &host, &report)
}

fn host(app: &App, argument: &str, fields: HostFields) -> Result<ResolvedHost, Stop> {
    let hosts = app.hosts().read()?;
    let found = find(argument, &hosts).cloned();
    if fields.is_empty() {
        return match found {
            // Whether it is enabled doesn't matter: one tests before one enables.
            Ok(saved) => Ok(ResolvedHost::Saved(saved)),
            Err(_) => app.resolve_host(argument),
        };
    }
    let mut host = match found {
        Ok(saved) => saved,
        Err(_) => new_host(argument, &hosts)?,
    };
    // Its faults are the first stage's to tell.
    fields.put_over(&mut host)?;
    Ok(ResolvedHost::Saved(host))
}

fn answer(app: &App, host: &ResolvedHost, report: &ConnectionReport) -> Result<u8, Stop> {
    if app.output.is_json() {
        app.output.document(report)?;
        return Ok(report.error().map_or(exit::DONE, |failure| exit::status(failure.code)));
    }
    match report.error() {
        Some(failure) => Ok(app.output.stop(&Stop::Failure(failure.clone()))),
        None => {
            app.output.line(format_args!("{} is ready: {}", host.id(), summary(report)))?;
            Ok(exit::DONE)
        }
    }
}

/// `devbox, Linux, /bin/zsh, 51 ms`, of which only what was found out is there.
pub fn summary(report: &ConnectionReport) -> String {
    let latency = report.latency_ms.map(took);
    let version = report.agent.as_ref().map(|agent| match &agent.version {
        Some(version) => version.clone(),
        None => agent.name.clone(),
    });
    let parts = [&report.hostname, &report.os, &report.shell, &latency, &version];
    parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")
}

fn took(millis: u64) -> String {
    if millis == 0 { "less than 1 ms".into() } else { format!("{millis} ms") }
}

/// Tells each stage as it ends, and what is waited for when that takes long.
struct Teller {
    output: Output,
    now: Mutex<Now>,
}

struct Now {
    /// The stage that is under way and worth a word, until it was said.
    waiting: Option<(StageName, Instant)>,
    /// Why stdout takes no more.
    stopped: Option<Stop>,
}

impl Teller {
    fn new(output: Output) -> Self {
        Self { output, now: Mutex::new(Now { waiting: None, stopped: None }) }
    }

    fn now(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, progress: Progress<'_>) {
        let mut now = self.now();
        match progress {
            Progress::Began(StageName::Authenticate) => {
                // A question may stand on the terminal, and nothing should be printed into it.
                now.waiting = None;
            }
            Progress::Began(stage) => now.waiting = Some((stage, Instant::now())),
            Progress::Ended(stage) => {
                now.waiting = None;
                if !self.output.is_json()
                    && now.stopped.is_none()
                    && let Err(stop) = self.output.line(line(stage))
                {
                    now.stopped = Some(stop);
                }
            }
        }
    }

    /// When something should be said if nothing happens.
    fn due(&self) -> Instant {
        match &self.now().waiting {
            Some((_, since)) => *since + WORTH_SAYING,
            None => Instant::now() + WORTH_SAYING,
        }
    }

    fn say_what_is_waited_for(&self, host: &ResolvedHost) {
        let mut now = self.now();
        let late = now.waiting.take_if(|(_, since)| since.elapsed() >= WORTH_SAYING);
        if let Some((stage, _)) = late
            && std::io::stderr().is_terminal()
        {
            self.output.note(format_args!("{} …", doing(stage, host)));
        }
    }

    /// What kept us from telling.
    fn end(&self) -> Result<(), Stop> {
        self.now().stopped.take().map_or(Ok(()), Err)
    }
}

fn doing(stage: StageName, host: &ResolvedHost) -> String {
    let host = host.id();
    match stage {
        StageName::Validate => format!("checking the entry of {host}"),
        StageName::Resolve => format!("resolving the address of {host}"),
        StageName::Connect => format!("connecting to {host}"),
        StageName::Authenticate => format!("logging in to {host}"),
        StageName::Shell => format!("waiting for the login shell of {host}"),
        StageName::Agent => format!("looking for the agent on {host}"),
    }
}

fn line(stage: &StageReport) -> String {
    let name = stage.name.to_string();
    let found = if stage.ok { &stage.found } else { "failed" };
    match stage.elapsed_ms {
        0 => format!("{name:<14}{found}"),
        millis => format!("{name:<14}{found} ({millis} ms)"),
    }
}

fn agent(text: &str) -> Result<String, String> {
    if text.is_empty() || text.starts_with('-') || text.chars().any(char::is_control) {
        return Err("write a program's name, such as claude, or its path".into());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use orchestrator::host::test_connection::AgentFound;

    use super::*;

    #[test]
    fn the_verdict_names_only_what_was_found_out() {
        let mut report = ConnectionReport {
            hostname: Some("devbox".into()),
            os: Some("Linux".into()),
            shell: Some("/bin/zsh".into()),
            latency_ms: Some(51),
            ..ConnectionReport::default()
        };
        assert_eq!(summary(&report), "devbox, Linux, /bin/zsh, 51 ms");
        let version = Some("codex-cli 0.169.0".into());
        report.agent = Some(AgentFound { name: "codex".into(), path: "/c".into(), version });
        report.latency_ms = Some(0);
        assert_eq!(summary(&report), "devbox, Linux, /bin/zsh, less than 1 ms, codex-cli 0.169.0");
    }

    #[test]
    fn an_agent_is_a_name_or_a_path_and_never_an_option() {
        assert!(agent("claude").is_ok() && agent("~/bin/claude").is_ok());
        assert!(agent("").is_err() && agent("-x").is_err() && agent("a\nb").is_err());
    }
}
