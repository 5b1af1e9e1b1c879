//! A small operation on a warm host: one request in the control shell.

use std::process::Stdio;
use std::time::Instant;

use futures::FutureExt;
use orchestrator::transport::Call;

use crate::bed::Bed;
use crate::ours::Engine;
use crate::plain::PlainMaster;
use crate::rounds::{Method, take_turns};
use crate::table::Row;
use crate::{Outcome, Scale};

/// What an operation asks of the host, apart from the way there: `:` is as little as there is.
const SCRIPT: &str = ":";

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let engine = Engine::new(bed.config())?;
    let plain = PlainMaster::start(bed.config()).await?;
    let (connection, master) = (&engine.connection, &plain);
    let methods = [
        Method::new("call", || {
            async move {
                let start = Instant::now();
                connection.call(Call::new(SCRIPT)).await?;
                Ok(millis(start))
            }
            .boxed()
        }),
        Method::new("ssh -S", || {
            async move {
                let start = Instant::now();
                let status = master.command(SCRIPT).stdout(Stdio::null()).status().await?;
                if !status.success() {
                    return Err(format!("ended with {status}").into());
                }
                Ok(millis(start))
            }
            .boxed()
        }),
        Method::new("round trip", || bed.round_trip().boxed()),
    ];
    let samples = take_turns(scale.rounds, &methods).await?;
    let [call, ssh, round_trip] = &samples[..] else { return Err("a method is missing".into()) };
    let limit = 1.05 * round_trip.median() + 1.0;
    let ratio = call.ratio_to(ssh);
    let mut rows = vec![Row {
        what: "small operation, `Connection::call`".into(),
        ours: call.spread("ms"),
        ssh: ssh.spread("ms"),
        ratio: Some(ratio),
        mark: Some((format!("≤ {limit:.2} ms (1.05 RTT + 1)"), call.median() <= limit)),
    }];
    if bed.is_far() {
        rows.push(Row {
            what: "the same against `ssh -S`".into(),
            ours: String::new(),
            ssh: String::new(),
            ratio: Some(ratio),
            mark: Some(("≤ 0.5".into(), ratio <= 0.5)),
        });
    }
    engine.connection.close().await;
    Ok(rows)
}

/// Milliseconds since `start`.
pub fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
