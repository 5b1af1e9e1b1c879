//! Long streams from a warm host, into a reader and into `/dev/null`, and what they cost in memory.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use orchestrator::transport::{Connection, Program};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::bed::Bed;
use crate::ours::{self, Engine};
use crate::plain::PlainMaster;
use crate::rounds::{Method, Sample, take_turns};
use crate::table::Row;
use crate::{Outcome, Scale, machine};

/// How much a reader takes at once: a pipe's capacity on Linux, pipe(7).
const CHUNK: usize = 64 * 1024;

/// The least that ours may carry of what ssh carries.
const MARK: f64 = 0.95;

/// What the stream may cost in memory.
const MEMORY_KIB: u64 = 32 * 1024;

/// How often the memory of another program is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A stream that a host sends.
#[derive(Clone, Debug)]
struct Stream {
    name: String,
    /// POSIX sh, without single quotes.
    script: String,
    bytes: u64,
}

/// Who takes the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sink {
    /// Somebody who reads a pipe and counts.
    Reader,
    /// `/dev/null`.
    Null,
}

/// Measures both kinds of stream.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    // Over 50 ms ssh's window of 2 MiB bounds everybody to some 40 MiB/s: less will do.
    let divisor = match (bed.is_far(), scale.quick) {
        (false, false) => 1,
        (false, true) | (true, false) => 16,
        (true, true) => 64,
    };
    let mib = 1024 / divisor;
    let lines = 5_000_000 / divisor;
    let letters = "0123456789".repeat(10);
    let streams = [
        Stream {
            name: format!("{mib} MiB"),
            script: format!("head -c {mib}M /dev/zero"),
            bytes: mib * 1024 * 1024,
        },
        Stream {
            name: format!("{:.2} M lines of 100 bytes", lines as f64 / 1e6),
            // 99 letters and the line's end.
            script: format!("yes {} | head -n {lines}", &letters[1..]),
            bytes: lines * 100,
        },
    ];
    let engine = Engine::new(bed.config())?;
    let plain = PlainMaster::start(bed.config()).await?;
    let program = ours::Program::find(bed.config()).await?;
    let mut rows = Vec::new();
    for stream in &streams {
        rows.extend(of_stream(stream, &engine, &plain, program.as_ref(), scale).await?);
    }
    engine.connection.close().await;
    Ok(rows)
}

async fn of_stream(
    stream: &Stream,
    engine: &Engine,
    plain: &PlainMaster,
    program: Option<&ours::Program>,
    scale: Scale,
) -> Outcome<Vec<Row>> {
    let connection = &engine.connection;
    // The most that each way of ours took over idle, in KiB.
    let costs: [AtomicU64; 4] = Default::default();
    let [piped, asynchronous, exec_piped, exec_null] = &costs;
    let mut methods = vec![
        Method::new("ssh, reader", || {
            of_program(stream, plain.command(&stream.script), Sink::Reader, None).boxed()
        }),
        Method::new("ssh, null", || {
            of_program(stream, plain.command(&stream.script), Sink::Null, None).boxed()
        }),
        Method::new("engine, reader of the pipe", || {
            of_pipe(stream, connection, Sink::Reader, piped).boxed()
        }),
        Method::new("engine, spliced to /dev/null", || {
            of_pipe(stream, connection, Sink::Null, piped).boxed()
        }),
        Method::new("engine, tokio reader", || of_tokio(stream, connection, asynchronous).boxed()),
    ];
    if let Some(program) = program {
        let words = ["sh", "-c", &stream.script];
        methods.push(Method::new("`baton exec`, reader", move || {
            of_program(stream, program.exec(&words), Sink::Reader, Some(exec_piped)).boxed()
        }));
        methods.push(Method::new("`baton exec` >/dev/null", move || {
            of_program(stream, program.exec(&words), Sink::Null, Some(exec_null)).boxed()
        }));
    }
    let samples = take_turns(scale.share(13), &methods).await?;
    let [to_reader, to_null, ours @ ..] = &samples[..] else {
        return Err("a method is missing".into());
    };
    let memory = [piped, piped, asynchronous, exec_piped, exec_null];
    let sinks = [Sink::Reader, Sink::Null, Sink::Reader, Sink::Reader, Sink::Null];
    let rows = ours.iter().zip(sinks).zip(memory);
    Ok(rows
        .map(|((sample, sink), cost)| {
            row(stream, sample, sink, to_reader, to_null, cost.load(Ordering::Relaxed))
        })
        .collect())
}

fn row(
    stream: &Stream,
    sample: &Sample,
    sink: Sink,
    to_reader: &Sample,
    to_null: &Sample,
    cost: u64,
) -> Row {
    let against = match sink {
        Sink::Reader => to_reader,
        Sink::Null => to_null,
    };
    let ratio = sample.ratio_to(against);
    let met = ratio >= MARK && cost <= MEMORY_KIB;
    Row {
        what: format!("{}, {}", stream.name, sample.name),
        ours: format!("{}, +{:.1} MiB", sample.spread("MiB/s"), cost as f64 / 1024.0),
        ssh: against.spread("MiB/s"),
        ratio: Some(ratio),
        mark: Some((format!("≥ {MARK}, ≤ +32 MiB"), met)),
    }
}

/// The engine's pipe, read in a thread, or moved on by the kernel.
async fn of_pipe(
    stream: &Stream,
    connection: &Connection,
    sink: Sink,
    cost: &AtomicU64,
) -> Outcome<f64> {
    let idle = begin()?;
    let start = Instant::now();
    let process = connection.start(&Program::new(["sh", "-c", &stream.script])).await?;
    let (streams, exit) = process.into_parts();
    drop(streams.stdin);
    let (head, pipe) = streams.stdout.into_pipe().map_err(|_| "there is no pipe")?;
    let rest = tokio::task::spawn_blocking(move || take(pipe, sink)).await??;
    let speed = speed(stream, head.len() as u64 + rest, start)?;
    let exit = exit.await?;
    cost.fetch_max(machine::peak_kib("self")?.saturating_sub(idle), Ordering::Relaxed);
    if exit.status == 0 { Ok(speed) } else { Err(format!("ended with {}", exit.status).into()) }
}

/// The engine's stream, read as a task of the engine reads it.
async fn of_tokio(stream: &Stream, connection: &Connection, cost: &AtomicU64) -> Outcome<f64> {
    let idle = begin()?;
    let start = Instant::now();
    let process = connection.start(&Program::new(["sh", "-c", &stream.script])).await?;
    let (mut streams, exit) = process.into_parts();
    drop(streams.stdin);
    let mut buffer = vec![0; CHUNK];
    let mut count = 0;
    loop {
        match streams.stdout.read(&mut buffer).await? {
            0 => break,
            read => count += read as u64,
        }
    }
    let speed = speed(stream, count, start)?;
    let exit = exit.await?;
    cost.fetch_max(machine::peak_kib("self")?.saturating_sub(idle), Ordering::Relaxed);
    if exit.status == 0 { Ok(speed) } else { Err(format!("ended with {}", exit.status).into()) }
}

/// A program that prints the stream; its memory is watched where somebody wants to know.
async fn of_program(
    stream: &Stream,
    mut command: Command,
    sink: Sink,
    cost: Option<&AtomicU64>,
) -> Outcome<f64> {
    let start = Instant::now();
    let mut child = command
        .stdout(match sink {
            Sink::Reader => Stdio::piped(),
            Sink::Null => Stdio::null(),
        })
        .spawn()?;
    let reading = match child.stdout.take() {
        None => None,
        Some(pipe) => {
            let pipe = pipe.into_owned_fd()?;
            Some(tokio::task::spawn_blocking(move || take(pipe, Sink::Reader)))
        }
    };
    let pid = child.id().map(|pid| pid.to_string()).unwrap_or_default();
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = looks.tick(), if cost.is_some() => {
                // It may have ended just now.
                if let (Some(cost), Ok(peak)) = (cost, machine::peak_kib(&pid)) {
                    cost.fetch_max(peak, Ordering::Relaxed);
                }
            }
        }
    };
    let count = match reading {
        None => stream.bytes,
        Some(reading) => reading.await??,
    };
    let speed = speed(stream, count, start)?;
    if status.success() { Ok(speed) } else { Err(format!("ended with {status}").into()) }
}

/// Takes a pipe's bytes to its end, and counts them.
fn take(pipe: OwnedFd, sink: Sink) -> io::Result<u64> {
    let mut pipe = File::from(pipe);
    match sink {
        Sink::Reader => {
            let mut buffer = vec![0; CHUNK];
            let mut count = 0;
            loop {
                match pipe.read(&mut buffer)? {
                    0 => return Ok(count),
                    read => count += read as u64,
                }
            }
        }
        Sink::Null => io::copy(&mut pipe, &mut File::options().write(true).open("/dev/null")?),
    }
}

/// Memory before a stream, in KiB; its peak counts from here.
fn begin() -> Outcome<u64> {
    machine::forget_peak()?;
    machine::resident_kib()
}

fn speed(stream: &Stream, count: u64, start: Instant) -> Outcome<f64> {
    if count != stream.bytes {
        return Err(format!("{count} of {} bytes came", stream.bytes).into());
    }
    Ok(count as f64 / (1024.0 * 1024.0) / start.elapsed().as_secs_f64())
}
