//! `baton-bench`: the wire's speed against plain ssh, as one table of ratios from one run; and the window's beside an empty one.
//!
//! The methods of a row take turns in random order, because machines are noisy: what counts are the ratios.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program says what it does")]

mod bed;
mod bulk;
mod counting;
mod desk;
mod durable;
mod exec;
mod files;
mod first;
mod git;
mod history;
mod machine;
mod many;
mod merge;
mod ours;
mod parse;
mod paths;
mod plain;
mod restored;
mod rounds;
mod search;
mod sessions;
mod sftp;
mod small;
mod store;
mod table;
mod terminal;
mod transfers;
mod turns;
mod window;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use bed::Bed;
use machine::Machine;
use table::Table;

/// Why the bench could not go on; shown as it is.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures Baton's wire against plain ssh, on this machine and over a link of 50 ms, and its window.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// A run of less than a minute: few rounds and small streams
    #[arg(long)]
    quick: bool,
    /// Rounds of the small measurements; the larger ones take a share of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Only these rows
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Subject>,
    /// Only this round trip time, in milliseconds
    #[arg(long, value_name = "MS", value_parser = ["0", "50"])]
    rtt: Option<String>,
    /// The relay instead of the true link, also where the true one can be made
    #[arg(long)]
    relay: bool,
}

/// A row or two of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// A small operation in the control shell.
    Small,
    /// A program's first byte.
    Exec,
    /// The first connection.
    First,
    /// Streams of 1 GiB and of 5 million lines.
    Bulk,
    /// 200 programs at once.
    Many,
    /// What an agent prints, and entries of a history, read on one core.
    Parse,
    /// A million entries of history.
    Search,
    /// The window's start, beside an empty window's.
    Opening,
    /// The window while nothing happens.
    Resting,
    /// The window while eight agents print.
    Streams,
    /// A long transcript, and a long answer.
    Transcript,
    /// Opening a large store.
    Store,
    /// A turn's first word, and each line of it.
    Turns,
    /// A durable run's stream.
    Durable,
    /// 100 sessions at work.
    Sessions,
    /// A link that comes back.
    Restored,
    /// A project's shared history.
    History,
    /// How a repository of 20,000 files stands.
    Git,
    /// A terminal's keys, its floods and its frames.
    Terminal,
    /// A large directory, and many small files.
    Files,
    /// A large file, there and back.
    Transfers,
    /// What `@` offers among many paths.
    Paths,
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Scale {
    rounds: u32,
    quick: bool,
}

impl Scale {
    /// A share of the rounds, for what takes longer; at least three, so that there is a middle.
    fn share(self, divisor: u32) -> u32 {
        (self.rounds / divisor).max(3)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        // Dropping the run takes everything down that it has put up.
        let (mut interrupt, mut terminate) =
            match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
                (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
                (Err(error), _) | (_, Err(error)) => {
                    eprintln!("error: could not listen for signals: {error}");
                    return ExitCode::FAILURE;
                }
            };
        tokio::select! {
            done = run(&arguments) => match done {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("error: {error}");
                    ExitCode::FAILURE
                }
            },
            _ = interrupt.recv() => ExitCode::from(130),
            _ = terminate.recv() => ExitCode::from(143),
        }
    });
    // A reader of a pipe may still be at it; what it reads from is gone.
    runtime.shutdown_background();
    code
}

async fn run(arguments: &Arguments) -> Outcome<()> {
    let rounds = arguments.rounds.unwrap_or(if arguments.quick { 10 } else { 40 });
    let scale = Scale { rounds, quick: arguments.quick };
    let wanted = |subject| arguments.only.is_empty() || arguments.only.contains(&subject);
    let command: Vec<String> = std::env::args().skip(1).collect();
    println!("{}", Machine::read()?);
    println!("Command: make bench, `baton-bench {}`; {rounds} rounds", command.join(" ").trim());
    let of_the_window = [Subject::Opening, Subject::Resting, Subject::Streams, Subject::Transcript];
    if of_the_window.into_iter().any(wanted) {
        let mut table = Table::beside("The window".into(), "an empty window");
        for subject in of_the_window.into_iter().filter(|subject| wanted(*subject)) {
            eprintln!("{subject:?} …");
            table.extend(match subject {
                Subject::Opening => window::opening(scale).await?,
                Subject::Resting => window::resting(scale).await?,
                Subject::Streams => window::streams(scale).await?,
                Subject::Transcript => window::transcript(scale)?,
                Subject::Small
                | Subject::Exec
                | Subject::First
                | Subject::Bulk
                | Subject::Many
                | Subject::Parse
                | Subject::Search
                | Subject::Store
                | Subject::Turns
                | Subject::Durable
                | Subject::Sessions
                | Subject::Restored
                | Subject::History
                | Subject::Git
                | Subject::Terminal
                | Subject::Files
                | Subject::Transfers
                | Subject::Paths => continue,
            });
        }
        println!("\n{table}");
    }
    let alone = [Subject::Parse, Subject::Search];
    if alone.into_iter().any(wanted) {
        let mut table = Table::new("Without a host".into());
        if wanted(Subject::Parse) {
            eprintln!("{:?} …", Subject::Parse);
            table.extend(parse::measure(scale)?);
            table.extend(merge::measure(scale)?);
        }
        if wanted(Subject::Search) {
            eprintln!("{:?} …", Subject::Search);
            table.extend(search::measure(scale).await?);
        }
        println!("\n{table}");
    }
    if !arguments.only.is_empty()
        && arguments.only.iter().all(|only| alone.contains(only) || of_the_window.contains(only))
    {
        return Ok(());
    }
    for millis in [0, 50] {
        if arguments.rtt.as_ref().is_some_and(|only| *only != millis.to_string()) {
            continue;
        }
        let bed = Bed::set_up(millis, arguments.relay).await?;
        let mut table = Table::new(bed.describe().await?);
        for subject in [
            Subject::Small,
            Subject::Exec,
            Subject::First,
            Subject::Bulk,
            Subject::Many,
            Subject::Store,
            Subject::Turns,
            Subject::Durable,
            Subject::Sessions,
            Subject::Restored,
            Subject::History,
            Subject::Git,
            Subject::Terminal,
            Subject::Files,
            Subject::Transfers,
            Subject::Paths,
        ] {
            if !wanted(subject) {
                continue;
            }
            eprintln!("{millis} ms: {subject:?} …");
            let rows = match subject {
                Subject::Small => small::measure(&bed, scale).await?,
                Subject::Exec => exec::measure(&bed, scale).await?,
                Subject::First => first::measure(&bed, scale).await?,
                Subject::Bulk => bulk::measure(&bed, scale).await?,
                Subject::Many => many::measure(&bed, scale).await?,
                Subject::Parse
                | Subject::Search
                | Subject::Opening
                | Subject::Resting
                | Subject::Streams
                | Subject::Transcript => continue,
                Subject::Store => store::measure(&bed, scale).await?,
                Subject::Turns => turns::measure(&bed, scale).await?,
                Subject::Durable => durable::measure(&bed, scale).await?,
                Subject::Sessions => sessions::measure(&bed, scale).await?,
                Subject::Restored => restored::measure(&bed, scale).await?,
                Subject::History => history::measure(&bed, scale).await?,
                Subject::Git => git::measure(&bed, scale).await?,
                Subject::Terminal => terminal::measure(&bed, scale).await?,
                Subject::Files => files::measure(&bed, scale).await?,
                Subject::Transfers => transfers::measure(&bed, scale).await?,
                Subject::Paths => paths::measure(&bed, scale).await?,
            };
            table.extend(rows);
        }
        println!("\n{table}");
    }
    Ok(())
}
