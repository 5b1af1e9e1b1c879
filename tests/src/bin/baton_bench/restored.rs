//! A link that was lost: from the connection's return to the first new word of the agent.

use std::time::{Duration, Instant};

use futures::FutureExt;
use orchestrator::seam::Command;
use orchestrator::transport::State;

use crate::bed::Bed;
use crate::desk::{Desk, say};
use crate::rounds::{Method, take_turns};
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale};

/// How long a connection may take to be lost, or to be back.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let desk = Desk::new(bed.config(), &["dev"]).await?;
    let session = desk.session("dev").await?;
    let script = format!("while :; do {}; sleep 0.01; done", say("tick"));
    let mut watch = desk.follow(&session).await?;
    desk.send(&session, &script).await?;
    watch.text().await?;
    let connection = desk.connection("dev")?;
    let (ours, host, followed) = (&desk, &connection, &session);
    let methods = [
        Method::new("restored", || {
            async move {
                let mut state = host.state();
                bed.cut_connections()?;
                let is_up = |state: &State| matches!(state, State::Connected);
                tokio::time::timeout(PATIENCE, state.wait_for(|state| !is_up(state))).await??;
                let mut watch = ours.follow(followed).await?;
                tokio::time::timeout(PATIENCE, state.wait_for(is_up)).await??;
                let start = Instant::now();
                watch.text().await?;
                Ok(millis(start))
            }
            .boxed()
        }),
        Method::new("round trip", || bed.round_trip().boxed()),
    ];
    let samples = take_turns(scale.share(8), &methods).await?;
    let [restored, round_trip] = &samples[..] else { return Err("a method is missing".into()) };
    let limit = 3.0 * round_trip.median() + 100.0;
    let row = Row {
        what: "a connection's return to the agent's next word".into(),
        ours: restored.spread("ms"),
        ssh: String::new(),
        ratio: None,
        mark: Some((format!("≤ {limit:.0} ms (3 RTT + 100)"), restored.median() <= limit)),
    };
    let session = session.clone();
    desk.command(Command::Interrupt { session, tab: None, turn: None, stop: true }).await?;
    watch.end().await?;
    desk.stop().await;
    Ok(vec![row])
}
