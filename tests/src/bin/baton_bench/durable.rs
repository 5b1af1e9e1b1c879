//! A durable run's stream against that of a program on a channel of its own.

use std::time::{Duration, Instant};

use futures::FutureExt;
use orchestrator::run::{FollowEvent, Job, Runs};
use orchestrator::seam::RunId;
use orchestrator::transport::{Connection, Program};
use tokio::io::AsyncReadExt;

use crate::bed::Bed;
use crate::ours::Engine;
use crate::rounds::{Method, take_turns};
use crate::table::Row;
use crate::{Outcome, Scale};

/// The least that a durable run may carry of what `exec` carries.
const MARK: f64 = 0.7;

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let mib: u64 = if bed.is_far() || scale.quick { 32 } else { 256 };
    let engine = Engine::new(bed.config())?;
    let (connection, bytes) = (&engine.connection, mib * 1024 * 1024);
    let runs = Runs::new(connection.clone());
    let runs = &runs;
    let rate = move |taken: Duration| mib as f64 / taken.as_secs_f64();
    let methods = [
        Method::new("run", || async move { Ok(rate(run(runs, bytes).await?)) }.boxed()),
        Method::new("exec", || {
            async move {
                let start = Instant::now();
                exec(connection, bytes).await?;
                Ok(rate(start.elapsed()))
            }
            .boxed()
        }),
    ];
    let samples = take_turns(scale.share(10), &methods).await?;
    let [run, exec] = &samples[..] else { return Err("a method is missing".into()) };
    let ratio = run.ratio_to(exec);
    connection.close().await;
    Ok(vec![Row {
        what: format!("a durable run's stream of {mib} MiB against `exec`"),
        ours: run.spread("MiB/s"),
        ssh: format!("{} (exec)", exec.spread("MiB/s")),
        ratio: Some(ratio),
        mark: Some((format!("≥ {MARK}"), ratio >= MARK)),
    }])
}

fn command(bytes: u64) -> [String; 4] {
    ["head".into(), "-c".into(), bytes.to_string(), "/dev/zero".into()]
}

/// How long the run took from its launch to the news of its end; the removal of its files is another matter.
async fn run(runs: &Runs, bytes: u64) -> Outcome<Duration> {
    let start = Instant::now();
    let id = RunId::random();
    let mut follow = runs.launch(&id, &Job::new(command(bytes))).await?;
    let mut got = 0;
    while let Some(event) = follow.next().await {
        match event {
            FollowEvent::Output { bytes, .. } => got += bytes.len() as u64,
            FollowEvent::Link { .. } => return Err("the link was lost".into()),
            FollowEvent::Exited { .. } => break,
            FollowEvent::Failed(error) => return Err(error.into()),
        }
    }
    let taken = start.elapsed();
    runs.sweep(&[id]).await?;
    if got == bytes { Ok(taken) } else { Err(format!("{got} bytes came, not {bytes}").into()) }
}

async fn exec(connection: &Connection, bytes: u64) -> Outcome<()> {
    let process = connection.start(&Program::new(command(bytes))).await?;
    let (mut streams, exit) = process.into_parts();
    let mut buffer = vec![0; 64 * 1024];
    let mut got = 0;
    loop {
        match streams.stdout.read(&mut buffer).await? {
            0 => break,
            count => got += count as u64,
        }
    }
    exit.await?;
    if got == bytes { Ok(()) } else { Err(format!("{got} bytes came, not {bytes}").into()) }
}
