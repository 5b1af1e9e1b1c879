//! Whether the saved hosts can be used.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::host::test_connection::{Progress, test_connection};
use orchestrator::host::{HostConfig, ResolvedHost};
use orchestrator::machine::ThisMachine;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Area, Finding, Level};
use crate::app::App;
use crate::test_connection::summary;

/// More logins at once only make a laptop and its network stutter.
const MOST_AT_ONCE: usize = 4;

/// For one host, from the first packet to a working shell.
const PATIENCE: Duration = Duration::from_secs(15);

/// When a person is told what they wait for.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// Tests every enabled host; the findings have the order of the file.
pub async fn all(app: &App) -> Vec<Finding> {
    // A file that is broken is a finding of its own.
    let (Ok(hosts), Ok(machine)) = (app.hosts().read(), app.machine()) else {
        return vec![Finding::warning(
            Area::Hosts,
            "none was tested, because the configuration is broken",
            "Mend what is named above, then run `baton doctor` again",
        )];
    };
    // Nobody is asked anything.
    let machine = Arc::new(ThisMachine { askpass: None, asker: None, ..machine });
    let turns = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let mut work = JoinSet::new();
    let mut findings: Vec<(usize, Finding)> = Vec::new();
    for (at, host) in hosts.hosts.into_iter().enumerate() {
        if !host.enabled {
            let message = format!("{}: disabled, and not tested", host.id);
            findings.push((at, Finding::ok(Area::Hosts, message)));
            continue;
        }
        let (machine, turns) = (Arc::clone(&machine), Arc::clone(&turns));
        work.spawn(async move {
            // Closed by nobody.
            let _turn = turns.acquire().await;
            (at, test(host, &machine).await)
        });
    }
    let count = work.len();
    let say = tokio::time::sleep(WORTH_SAYING);
    tokio::pin!(say);
    let mut said = false;
    loop {
        tokio::select! {
            next = work.join_next() => match next {
                None => break,
                Some(Ok(finding)) => findings.push(finding),
                Some(Err(error)) => findings.push((usize::MAX, Finding::problem(
                    Area::Hosts,
                    format!("a test was lost: {error}"),
                    "Try `baton test-connection` with each host",
                ))),
            },
            () = &mut say, if !said => {
                said = true;
                if std::io::stderr().is_terminal() {
                    app.output.note(format_args!("testing {count} hosts …"));
                }
            }
        }
    }
    findings.sort_by_key(|(at, _)| *at);
    findings.into_iter().map(|(_, finding)| finding).collect()
}

async fn test(host: HostConfig, machine: &ThisMachine) -> Finding {
    let id = host.id.clone();
    let host = ResolvedHost::Saved(host);
    let nobody = |_: Progress<'_>| {};
    let testing = test_connection(&host, machine, None, &nobody);
    let failure = match tokio::time::timeout(PATIENCE, testing).await {
        Ok(report) => match report.error() {
            None => return Finding::ok(Area::Hosts, format!("{id}: {}", summary(&report))),
            Some(failure) => failure.clone(),
        },
        Err(_) => {
            Failure::new(Code::TimedOut, format!("not ready within {} s", PATIENCE.as_secs()))
                .hint(format!("`baton test-connection {id}` shows what it waits for"))
        }
    };
    let Failure { message, hint, .. } = failure;
    Finding { area: Area::Hosts, level: Level::Problem, message: format!("{id}: {message}"), hint }
}
