//! `exec` on a warm host, until the first byte of the program's output is here.

use std::process::Stdio;
use std::time::Instant;

use futures::FutureExt;
use orchestrator::transport::{Connection, Program};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::bed::Bed;
use crate::ours::{self, Engine};
use crate::plain::PlainMaster;
use crate::rounds::{Method, take_turns};
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale};

/// The same work as ours over plain ssh: the login environment, then the program.
const LOGIN: &str = "exec $SHELL -lc 'exec echo x'";

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let engine = Engine::new(bed.config())?;
    let plain = PlainMaster::start(bed.config()).await?;
    let program = ours::Program::find(bed.config()).await?;
    let (connection, master) = (&engine.connection, &plain);
    let mut methods = vec![
        Method::new("round trip", || bed.round_trip().boxed()),
        Method::new("ssh -S", || of_program(master.command("echo x")).boxed()),
        Method::new("ssh -S, login shell", || of_program(master.command(LOGIN)).boxed()),
        Method::new("exec, login shell", || of_engine(connection, true).boxed()),
        Method::new("exec, plain", || of_engine(connection, false).boxed()),
    ];
    if let Some(program) = &program {
        methods
            .push(Method::new("`baton exec`", || of_program(program.exec(&["echo", "x"])).boxed()));
    }
    let samples = take_turns(scale.rounds, &methods).await?;
    let [round_trip, ssh, ssh_login, ours @ ..] = &samples[..] else {
        return Err("a method is missing".into());
    };
    let limit = 2.1 * round_trip.median() + 6.0;
    let rows = ours.iter().map(|sample| {
        let against = if sample.name == "exec, plain" { ssh } else { ssh_login };
        Row {
            what: format!("first byte, {}", sample.name),
            ours: sample.spread("ms"),
            ssh: format!("{}: {}", against.name, against.spread("ms")),
            ratio: Some(sample.ratio_to(against)),
            mark: Some((format!("≤ {limit:.2} ms (2.1 RTT + 6)"), sample.median() <= limit)),
        }
    });
    let rows = rows.collect();
    engine.connection.close().await;
    Ok(rows)
}

async fn of_engine(connection: &Connection, login: bool) -> Outcome<f64> {
    let echo = Program { login, ..Program::new(["echo", "x"]) };
    let start = Instant::now();
    let process = connection.start(&echo).await?;
    let (mut streams, exit) = process.into_parts();
    streams.stdout.read_u8().await?;
    let taken = millis(start);
    drop(streams.stdin);
    let exit = exit.await?;
    if exit.status == 0 { Ok(taken) } else { Err(format!("ended with {}", exit.status).into()) }
}

async fn of_program(mut command: Command) -> Outcome<f64> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().ok_or("no pipe")?;
    stdout.read_u8().await?;
    let taken = millis(start);
    let status = child.wait().await?;
    if status.success() { Ok(taken) } else { Err(format!("ended with {status}").into()) }
}
