//! 200 programs on one host, all printing, at sshd's own `MaxSessions` of 10.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use orchestrator::transport::{Process, Program};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::bed::Bed;
use crate::ours::Engine;
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale, machine};

/// How many programs.
const PROGRAMS: usize = 200;

/// What each may cost us, in KiB.
const MARK_KIB: f64 = 64.0;

/// How many lines each prints while we look; one a second.
const LINES: usize = 3;

/// How long they may take to come up: 20 connections, one after another.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures them once: what they cost doesn't vary.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    if scale.quick && bed.is_far() {
        return Ok(Vec::new());
    }
    let engine = Engine::new(bed.config())?;
    let connection = &engine.connection;
    let ticking =
        Program { login: false, ..Program::new(["sh", "-c", "while echo tick; do sleep 1; done"]) };
    // The first program brings up what is there only once.
    let first = read(connection.start(&ticking).await?).await?;
    let idle = machine::resident_kib()?;
    let start = Instant::now();
    let started = try_join_all((0..PROGRAMS).map(|_| async {
        let process = connection.start(&ticking).await?;
        read(process).await
    }));
    let running = tokio::time::timeout(PATIENCE, started).await??;
    let taken = millis(start);
    let each = machine::resident_kib()?.saturating_sub(idle) as f64 / PROGRAMS as f64;
    let (processes, links) = (engine.ssh_processes()?, connection.links());
    for process in running.iter().chain([&first]) {
        connection.signal(process.group, "KILL").await?;
    }
    drop((running, first));
    connection.close().await;
    Ok(vec![
        Row {
            what: format!("{PROGRAMS} programs, memory of ours for each"),
            ours: format!("{each:.1} KiB"),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("≤ {MARK_KIB} KiB"), each <= MARK_KIB)),
        },
        Row {
            what: format!("{PROGRAMS} programs, `ssh` processes"),
            ours: format!("{processes}"),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("≤ {links} connections"), processes <= links)),
        },
        Row {
            what: format!("{PROGRAMS} programs, until each has printed {LINES} lines"),
            ours: format!("{:.1} s", taken / 1000.0),
            ssh: String::new(),
            ratio: None,
            mark: None,
        },
    ])
}

/// A program that goes on, and its reader.
struct Running {
    group: u32,
    _reader: BufReader<orchestrator::transport::Output>,
}

async fn read(process: Process) -> Outcome<Running> {
    let group = process.group;
    let (streams, _exit) = process.into_parts();
    let mut reader = BufReader::new(streams.stdout);
    let mut line = String::new();
    for _ in 0..LINES {
        line.clear();
        reader.read_line(&mut line).await?;
        if line != "tick\n" {
            return Err(format!("a program said {line:?}").into());
        }
    }
    Ok(Running { group, _reader: reader })
}
