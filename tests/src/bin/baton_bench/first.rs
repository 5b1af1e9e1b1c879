//! The first connection to a host: nothing is there yet, and `true` has run at the end.

use std::process::Stdio;
use std::time::Instant;

use futures::FutureExt;
use orchestrator::transport::Program;

use crate::bed::{ALIAS, Bed};
use crate::ours::Engine;
use crate::rounds::{Method, take_turns};
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale, plain};

/// The most that ours may take of what ssh takes.
const MARK: f64 = 1.05;

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let methods = [
        Method::new("login shell", || with_engine(bed, true).boxed()),
        Method::new("plain", || with_engine(bed, false).boxed()),
        Method::new("ssh", || with_ssh(bed).boxed()),
    ];
    let samples = take_turns(scale.share(4), &methods).await?;
    let [login, plain, ssh] = &samples[..] else { return Err("a method is missing".into()) };
    let rows = [login, plain].map(|sample| {
        let ratio = sample.ratio_to(ssh);
        Row {
            what: format!("first connection, {}", sample.name),
            ours: sample.spread("ms"),
            ssh: ssh.spread("ms"),
            ratio: Some(ratio),
            mark: Some((format!("≤ {MARK}"), ratio <= MARK)),
        }
    });
    Ok(rows.into())
}

async fn with_engine(bed: &Bed, login: bool) -> Outcome<f64> {
    let program = Program { login, ..Program::new(["true"]) };
    let engine = Engine::new(bed.config())?;
    let start = Instant::now();
    let exit = engine.connection.start(&program).await?.wait().await?;
    let taken = millis(start);
    engine.connection.close().await;
    if exit.status == 0 { Ok(taken) } else { Err(format!("ended with {}", exit.status).into()) }
}

async fn with_ssh(bed: &Bed) -> Outcome<f64> {
    let mut command = plain::ssh(bed.config());
    let start = Instant::now();
    let status = command.args([ALIAS, "true"]).stdout(Stdio::null()).status().await?;
    let taken = millis(start);
    if status.success() { Ok(taken) } else { Err(format!("ended with {status}").into()) }
}
