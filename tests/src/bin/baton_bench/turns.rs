//! A turn on a warm host: from `send` to the agent's first word, and from each of its lines to its event.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::FutureExt;
use orchestrator::transport::Call;

use crate::bed::Bed;
use crate::desk::{Desk, say};
use crate::rounds::{Method, take_turns};
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale};

/// What an agent costs that says one word: the login shell, and `sh`. Taken off, since ssh pays it, too.
const START_UP: &str = "s=$(date +%s%N); \"${SHELL:-/bin/sh}\" -lc 'exec sh -c :' >/dev/null 2>&1; e=$(date +%s%N); echo $((e - s))";

/// Lines of the second measurement.
const LINES: usize = 40;

/// Measures both.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let desk = Desk::new(bed.config(), &["dev"]).await?;
    let session = desk.session("dev").await?;
    let connection = desk.connection("dev")?;
    let (ours, host, session) = (&desk, &connection, &session);
    let first_word = say("x");
    let script = first_word.as_str();
    let methods = [
        Method::new("send", || {
            async move {
                let mut watch = ours.follow(session).await?;
                let start = Instant::now();
                ours.send(session, script).await?;
                watch.text().await?;
                let taken = millis(start);
                watch.end().await?;
                // The channel for the next launch is made ready behind our back.
                tokio::time::sleep(Duration::from_millis(400)).await; // wait: a warm host is what is measured
                Ok(taken)
            }
            .boxed()
        }),
        Method::new("start-up", || {
            async move {
                let answer = host.call(Call::new(START_UP)).await?;
                let nanos: f64 = String::from_utf8_lossy(&answer.stdout).trim().parse()?;
                Ok(nanos / 1e6)
            }
            .boxed()
        }),
        Method::new("round trip", || bed.round_trip().boxed()),
    ];
    let samples = take_turns(scale.share(2), &methods).await?;
    let [send, start_up, round_trip] = &samples[..] else {
        return Err("a method is missing".into());
    };
    let net = send.median() - start_up.median();
    let limit = 2.2 * round_trip.median() + 25.0;
    let late = lines(ours, session).await?;
    let late_limit = 0.5 * round_trip.median() + 15.0;
    let rows = vec![
        Row {
            what: "`send` to the agent's first word, its own start-up taken off".into(),
            ours: format!("{net:.1} ms ({} − {})", send.spread("ms"), start_up.spread("ms")),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("≤ {limit:.1} ms (2.2 RTT + 25)"), net <= limit)),
        },
        Row {
            what: "a line of output to its event, median".into(),
            ours: format!("{late:.1} ms"),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("≤ {late_limit:.1} ms (0.5 RTT + 15)"), late <= late_limit)),
        },
    ];
    desk.stop().await;
    Ok(rows)
}

/// How late lines are that come one by one; both ends have one clock.
async fn lines(desk: &Desk, session: &orchestrator::seam::SessionId) -> Outcome<f64> {
    let mut watch = desk.follow(session).await?;
    let line = say("$(date +%s%N)");
    let script = format!("n=0; while [ $n -lt {LINES} ]; do {line}; sleep 0.05; n=$((n+1)); done");
    desk.send(session, &script).await?;
    let mut late = Vec::new();
    for _ in 0..LINES {
        let printed: f64 = watch.text().await?.parse()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as f64;
        late.push((now - printed) / 1e6);
    }
    watch.end().await?;
    late.sort_by(f64::total_cmp);
    Ok(late.get(LINES / 2).copied().unwrap_or_default())
}
