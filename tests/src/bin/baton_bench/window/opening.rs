//! From the program's start to the first frame, beside a window that shows nothing.

use crate::rounds::Sample;
use crate::table::Row;
use crate::{Outcome, Scale, store};

use super::place::Place;
use super::program::{EmptyWindow, Window};
use super::screen::Screen;

/// Sessions that are stored.
const SESSIONS: u64 = store::SESSIONS as u64;
/// Their events.
const EVENTS: usize = 50_000;
/// What the start may take, in ms; and what it may take longer than the empty window's.
const MARK_MS: f64 = 350.0;
/// See above.
const MARK_OVER_MS: f64 = 150.0;
/// What it may have more in memory than the empty window, in MiB.
const MARK_OVER_MIB: f64 = 50.0;

/// What one start gave.
struct Start {
    first_ms: f64,
    whole_ms: f64,
    mib: f64,
}

/// Measures it.
pub async fn measure(scale: Scale) -> Outcome<Vec<Row>> {
    let screen = Screen::start().await?;
    let place = Place::new(None)?;
    store::fill(&place.setup.paths.data, EVENTS, "local").await?;
    let (mut first, mut whole, mut mib) = (Vec::new(), Vec::new(), Vec::new());
    let (mut empty_first, mut empty_mib) = (Vec::new(), Vec::new());
    // The first round reads programs and fonts from the disk, and doesn't count.
    for round in 0..=scale.share(4) {
        let ours_comes_first = fastrand::bool();
        let mut ours = None;
        if ours_comes_first {
            ours = Some(start(&place, &screen).await?);
        }
        let (empty_ms, empty) = start_empty(&screen).await?;
        let ours = match ours {
            Some(ours) => ours,
            None => start(&place, &screen).await?,
        };
        if round > 0 {
            first.push(ours.first_ms);
            whole.push(ours.whole_ms);
            mib.push(ours.mib);
            empty_first.push(empty_ms);
            empty_mib.push(empty);
        }
    }
    let first = Sample::new("baton-gui", first);
    let whole = Sample::new("baton-gui, all sessions", whole);
    let mib = Sample::new("baton-gui", mib);
    let empty_first = Sample::new("empty window", empty_first);
    let empty_mib = Sample::new("empty window", empty_mib);
    let over = first.over(&empty_first);
    let over_mib = mib.over(&empty_mib);
    let beside = |empty: &Sample, unit: &str| empty.spread(unit);
    Ok(vec![
        Row {
            what: format!("start to the first frame, {SESSIONS} sessions stored"),
            ours: first.spread("ms"),
            ssh: beside(&empty_first, "ms"),
            ratio: Some(first.ratio_to(&empty_first)),
            mark: Some((format!("≤ {MARK_MS} ms"), first.median() <= MARK_MS)),
        },
        Row {
            what: "the same, over an empty window".into(),
            ours: over.spread("ms"),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("≤ {MARK_OVER_MS} ms"), over.median() <= MARK_OVER_MS)),
        },
        Row {
            what: format!("start to a frame with all {SESSIONS} sessions"),
            ours: whole.spread("ms"),
            ssh: beside(&empty_first, "ms"),
            ratio: Some(whole.ratio_to(&empty_first)),
            mark: Some((format!("≤ {MARK_MS} ms"), whole.median() <= MARK_MS)),
        },
        Row {
            what: "resident memory, over an empty window".into(),
            ours: format!("{} (of {})", over_mib.spread("MiB"), mib.spread("MiB")),
            ssh: beside(&empty_mib, "MiB"),
            ratio: Some(mib.ratio_to(&empty_mib)),
            mark: Some((format!("≤ {MARK_OVER_MIB} MiB"), over_mib.median() <= MARK_OVER_MIB)),
        },
    ])
}

/// A frame has been drawn when the next one begins.
async fn start(place: &Place, screen: &Screen) -> Outcome<Start> {
    let mut window = Window::open(place, screen)?;
    window
        .until("a frame with all sessions", |frames| {
            let at = frames.iter().position(|frame| frame.sessions == SESSIONS)?;
            frames.get(at + 1).map(drop)
        })
        .await?;
    window.rest().await?;
    let (frames, mib) = (window.frames()?, window.resident_kib()? as f64 / 1024.0);
    let drawn = |at: Option<usize>| {
        let next = at.and_then(|at| frames.get(at + 1)).ok_or("a frame is missing")?;
        Ok::<f64, &str>(next.begun.saturating_sub(window.started).as_secs_f64() * 1000.0)
    };
    let first_ms = drawn(Some(0))?;
    let whole_ms = drawn(frames.iter().position(|frame| frame.sessions == SESSIONS))?;
    window.close().await?;
    Ok(Start { first_ms, whole_ms, mib })
}

/// The time in ms, and memory in MiB.
async fn start_empty(screen: &Screen) -> Outcome<(f64, f64)> {
    let mut window = EmptyWindow::open(screen)?;
    let drawn = window.drawn().await?;
    let kib = window.resident_kib().await?;
    window.close().await?;
    Ok((drawn.as_secs_f64() * 1000.0, kib as f64 / 1024.0))
}
