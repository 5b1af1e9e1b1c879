//! A process of its own for tests of the store and of the engine's hosting, to be killed at any moment.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use baton_tests::ProbeEngine;
use clap::Parser;
use orchestrator::failure::Failure;
use orchestrator::host::{HostId, Place};
use orchestrator::seam::{EngineHandle, EventBody, SessionId};
use orchestrator::store::{Batch, Change, Draft, NewEntry, OutboxScope, Store};
use tokio::sync::oneshot;

#[derive(Debug, Parser)]
enum Arguments {
    /// Stores batches of three texts one after another, and prints the numbers of each when it is stored
    Commit {
        /// The data directory
        data: PathBuf,
        /// So many, or for ever
        #[arg(long)]
        batches: Option<u64>,
    },
    /// Stores entries of the history that are to be shared, each with an event that says so, and takes some of them out of
    /// the outbox, with another; prints each when it is stored
    Share {
        /// The data directory
        data: PathBuf,
    },
    /// Hosts an engine or attaches to one, and prints `host` or `guest` whenever that changes; ends with its stdin
    Handle {
        /// The data directory
        data: PathBuf,
        /// The run directory
        run: PathBuf,
        /// Milliseconds from what a command does to its answer
        #[arg(long, default_value_t = 0)]
        answer_after: u64,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse() {
        Arguments::Commit { data, batches } => commit(data, batches).await,
        Arguments::Share { data } => share(data).await,
        Arguments::Handle { data, run, answer_after } => {
            handle(data, run, Duration::from_millis(answer_after)).await
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!(
                "failed {} {failure}; {}",
                failure.code,
                failure.hint.as_deref().unwrap_or_default()
            ));
            ExitCode::FAILURE
        }
    }
}

async fn commit(data: PathBuf, batches: Option<u64>) -> Result<(), Failure> {
    let store = Store::open(&data)?;
    say("open");
    for number in 0..batches.unwrap_or(u64::MAX) {
        let drafts = (0..3).map(|part| Draft {
            session: SessionId::new("s"),
            tab: None,
            turn: None,
            body: EventBody::Text {
                text: format!("{} {number} {part}", std::process::id()),
                plain: false,
            },
        });
        let told = store.commit(Batch { changes: Vec::new(), drafts: drafts.collect() }).await?;
        let numbers: Vec<String> = told.iter().map(|event| event.seq.to_string()).collect();
        say(&numbers.join(" "));
    }
    store.close().await;
    Ok(())
}

async fn share(data: PathBuf) -> Result<(), Failure> {
    let store = Store::open(&data)?;
    say("open");
    let batch = |change: Change, text: &str| {
        let body = EventBody::Text { text: text.into(), plain: false };
        let draft = Draft { session: SessionId::new("s"), tab: None, turn: None, body };
        Batch { changes: vec![change], drafts: vec![draft] }
    };
    for number in 0_i64.. {
        let id = format!("{}-{number}", std::process::id());
        let entry = NewEntry {
            id: id.clone(),
            at_ms: number,
            kind: "USER".into(),
            hostname: None,
            line: id.clone().into_bytes(),
            words: format!("word {id}"),
            session: Some(SessionId::new("s")),
            place: Some(Place { id: HostId::new("box"), way: None }),
            cwd: None,
            project: None,
            share: true,
        };
        let stored = format!("stored {id}");
        store.commit(batch(Change::AddEntry(entry), &stored)).await?;
        say(&stored);
        if number % 3 == 0
            && let Some(job) = store.outbox(&OutboxScope::All, 0).await?.first()
        {
            let sent = format!("sent {}", job.id);
            store.commit(batch(Change::Sent(vec![job.position]), &sent)).await?;
            say(&sent);
        }
    }
    Ok(())
}

async fn handle(data: PathBuf, run: PathBuf, answer_after: Duration) -> Result<(), Failure> {
    let engine = EngineHandle::open(ProbeEngine::plan(data, run, answer_after)).await?;
    let (tell, mut end) = oneshot::channel();
    std::thread::spawn(move || {
        // Its end is what counts, however it comes.
        std::io::stdin().read_to_end(&mut Vec::new()).ok(); // Its end is what counts.
        tell.send(())
    });
    let mut told = None;
    loop {
        let host = engine.is_host();
        if told != Some(host) {
            say(if host { "host" } else { "guest" });
            told = Some(host);
        }
        tokio::select! {
            _ = &mut end => break,
            // wait: a change of roles isn't told.
            () = tokio::time::sleep(Duration::from_millis(5)) => {} // wait: between two looks
        }
    }
    engine.shutdown().await;
    say("left");
    Ok(())
}

/// Says a line; a test that no longer listens has seen enough.
fn say(line: &str) {
    writeln!(std::io::stdout().lock(), "{line}").ok(); // see above
}
