//! 100 sessions at work at once on two hosts: what each costs in memory, and what all cost while they are silent.

use std::time::Duration;

use futures::future::try_join_all;
use orchestrator::seam::Command;

use crate::bed::Bed;
use crate::desk::{Desk, say};
use crate::table::Row;
use crate::{Outcome, Scale, machine};

/// How many.
const SESSIONS: usize = 100;

/// What each may cost us, in KiB.
const MARK_KIB: f64 = 300.0;

/// What all may cost while they are silent, in percent of a core.
const MARK_PERCENT: f64 = 1.0;

/// How long they are watched while they are silent.
const SILENCE: Duration = Duration::from_secs(10);

/// How long they may take to come up: some ten connections to each host, one after another.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures them once: what they cost doesn't vary.
pub async fn measure(bed: &Bed, _scale: Scale) -> Outcome<Vec<Row>> {
    if bed.is_far() {
        return Ok(Vec::new());
    }
    let desk = Desk::new(bed.config(), &["one", "two"]).await?;
    let script = format!("{}; exec sleep 600", say("up"));
    // The first turn on each host brings up what is there only once.
    let mut sessions = Vec::new();
    for host in ["one", "two"] {
        sessions.push(up(&desk, host, &script).await?);
    }
    let idle = machine::resident_kib()?;
    let names = ["one", "two"].into_iter().cycle().take(SESSIONS - sessions.len());
    let others = try_join_all(names.map(|host| up(&desk, host, &script)));
    sessions.extend(tokio::time::timeout(PATIENCE, others).await??);
    let each = machine::resident_kib()?.saturating_sub(idle) as f64 / (SESSIONS - 2) as f64;
    let before = machine::cpu_seconds()?;
    tokio::time::sleep(SILENCE).await; // wait: it is the silence that is measured
    let percent = (machine::cpu_seconds()? - before) / SILENCE.as_secs_f64() * 100.0;
    for session in sessions {
        desk.command(Command::Interrupt { session, tab: None, turn: None, stop: true }).await?;
    }
    desk.stop().await;
    Ok(vec![
        Row {
            what: format!("{SESSIONS} sessions at work on two hosts, memory of ours for each"),
            ours: format!("{each:.0} KiB"),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("≤ {MARK_KIB} KiB"), each <= MARK_KIB)),
        },
        Row {
            what: "the same while all are silent, of one core".into(),
            ours: format!("{percent:.2} %"),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("< {MARK_PERCENT} %"), percent < MARK_PERCENT)),
        },
    ])
}

async fn up(desk: &Desk, host: &str, script: &str) -> Outcome<orchestrator::seam::SessionId> {
    let session = desk.session(host).await?;
    let mut watch = desk.follow(&session).await?;
    desk.send(&session, script).await?;
    watch.text().await?;
    Ok(session)
}
