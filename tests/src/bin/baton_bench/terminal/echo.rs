//! From a key to its echo at a shell's prompt.

use std::time::Instant;

use futures::FutureExt;
use tokio::sync::Mutex;

use super::shell::Shell;
use crate::Outcome;
use crate::Scale;
use crate::bed::Bed;
use crate::desk::Desk;
use crate::rounds::{Method, take_turns};
use crate::small::millis;
use crate::table::Row;

/// What an echo may take beside the round trip, in ms.
const MARK_MS: f64 = 8.0;

/// Keys of a round.
const KEYS: u32 = 5;

/// Measures it, kept by tmux and plain.
pub async fn measure(bed: &Bed, desk: &Desk, scale: Scale) -> Outcome<Vec<Row>> {
    let kept = Mutex::new(Shell::open(desk, true).await?);
    let plain = Mutex::new(Shell::open(desk, false).await?);
    let methods = [
        Method::new("kept by tmux", || key(&kept).boxed()),
        Method::new("plain", || key(&plain).boxed()),
        Method::new("round trip", || bed.round_trip().boxed()),
    ];
    let samples = take_turns(scale.rounds, &methods).await?;
    let [ours @ .., round_trip] = &samples[..] else { return Err("a method is missing".into()) };
    let limit = round_trip.median() + MARK_MS;
    let rows = ours.iter().map(|sample| Row {
        what: format!("terminal, {}: a key to its echo", sample.name),
        ours: sample.spread("ms"),
        ssh: String::new(),
        ratio: None,
        mark: Some((format!("≤ {limit:.1} ms (1 RTT + {MARK_MS})"), sample.median() <= limit)),
    });
    let rows = rows.collect();
    drop(methods);
    kept.into_inner().close().await?;
    plain.into_inner().close().await?;
    Ok(rows)
}

/// Some keys, one after the other, each typed when the one before stands on the screen: ms for each.
async fn key(shell: &Mutex<Shell<'_>>) -> Outcome<f64> {
    let mut shell = shell.lock().await;
    let mut whole = 0.0;
    for _ in 0..KEYS {
        let before = shell.screen.draw().cursor().ok_or("no cursor")?;
        let start = Instant::now();
        shell.send(b"x").await?;
        shell
            .until(|screen| {
                screen.cursor().is_some_and(|cursor| cursor.column == before.column + 1)
                    && screen.row_text(before.row).ends_with('x')
            })
            .await?;
        whole += millis(start);
    }
    // The line is thrown away.
    shell.send(b"\x15").await?;
    shell.run("").await?;
    Ok(whole / f64::from(KEYS))
}
