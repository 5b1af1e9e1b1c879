//! Eight agents print at once; one of them is looked at, and a person types meanwhile.

use std::time::Duration;

use futures::future::try_join_all;
use orchestrator::seam::{Command, EngineHandle, Request, Seam, TabState};

use super::frames::{Costs, Told, monotonic};
use super::place::{Place, send, snapshot};
use super::program::Window;
use super::screen::{Press, Screen};
use crate::table::Row;
use crate::{Outcome, Scale};

/// How many print.
const SESSIONS: usize = 8;
/// What each prints, in lines a second.
const RATE: u32 = 2_000;
/// Lines that an agent prints at once.
const BURST: u32 = 40;
/// How long they are watched.
const WATCHED: Duration = Duration::from_secs(20);
/// What a frame may take, in ms, 99 of 100 times.
const MARK_MS: f64 = 8.0;
/// Between two keys.
const KEYS: Duration = Duration::from_millis(150);
/// How long they may take to begin, or to be ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures it.
pub async fn measure(scale: Scale) -> Outcome<Vec<Row>> {
    let watched = if scale.quick { WATCHED / 4 } else { WATCHED };
    let screen = Screen::start().await?;
    let place = Place::new(Some(&script(watched)))?;
    let engine = place.engine().await?;
    let mut sessions = Vec::new();
    for number in 0..SESSIONS {
        sessions.push(place.session(&engine, &format!("stream {number}")).await?.id);
    }
    engine.shutdown().await;

    let mut window = Window::open(&place, &screen)?;
    let is_there = |frames: &[Told]| {
        frames.iter().any(|frame| frame.sessions == SESSIONS as u64).then_some(())
    };
    window.until("a frame with all sessions", is_there).await?;
    window.rest().await?;
    let hands = screen.hands()?;
    hands.take("Baton")?;
    hands.watch("Baton")?;
    let engine = place.engine().await?;
    try_join_all(sessions.iter().map(|session| send(&engine, session, "go"))).await?;
    until(&engine, |count| count == SESSIONS).await?;
    // The one that was made last is shown.
    let shows = |frames: &[Told]| frames.last().filter(|frame| frame.pieces > 100).map(drop);
    window.until("the stream", shows).await?;

    let (from, before) = (monotonic(), snapshot(&engine).await?.seq);
    let mut presses = Vec::new();
    while monotonic() - from < watched {
        presses.push(hands.press(&[u32::from(b'x')])?);
        // Not in step with anything.
        let pause = KEYS + Duration::from_millis(fastrand::u64(0..40));
        tokio::time::sleep(pause).await; // wait: a person's pause between two keys
    }
    let (to, after) = (monotonic(), snapshot(&engine).await?.seq);
    let pictures = hands.pictures()?;
    let frames = window.frames()?;
    let still = working(&engine).await?;
    for session in sessions {
        let stop = Command::Interrupt { session, tab: None, turn: None, stop: true };
        engine.call(Request::command(stop)).await?;
    }
    until(&engine, |count| count == 0).await?;
    engine.shutdown().await;
    window.close().await?;
    if still < SESSIONS {
        return Err(format!("only {still} of {SESSIONS} printed to the end").into());
    }

    let took = (to - from).as_secs_f64();
    let rate = (after - before) as f64 / took / SESSIONS as f64;
    let seen: Vec<Told> =
        frames.into_iter().filter(|frame| frame.begun >= from && frame.begun < to).collect();
    let costs = Costs::of(seen.iter().map(|frame| frame.cpu));
    let shown = match (seen.first(), seen.last()) {
        (Some(first), Some(last)) => {
            last.pieces.saturating_sub(first.pieces) as f64
                / (last.begun - first.begun).as_secs_f64()
        }
        _ => 0.0,
    };
    let (waits, times) = inputs(&presses, &seen, &pictures);
    let worst = waits.iter().copied().max().unwrap_or(usize::MAX);
    let late = waits.iter().filter(|frames| **frames > 1).count();
    Ok(vec![
        Row {
            what: format!("{SESSIONS} sessions print {rate:.0} lines/s each, one shown: a frame"),
            ours: format!(
                "{}; {:.0} frames/s, {shown:.0} lines/s shown",
                costs.words(),
                costs.count() as f64 / took
            ),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("p99 ≤ {MARK_MS} ms"), costs.quantile(0.99) <= MARK_MS)),
        },
        Row {
            what: "the same: from a key to the frame that has it".into(),
            ours: format!(
                "{worst} frame at most ({late} of {} keys in a later one); p50 {:.1} ms, p99 {:.1} ms to its beginning",
                waits.len(),
                times.quantile(0.5),
                times.quantile(0.99)
            ),
            ssh: String::new(),
            ratio: None,
            mark: Some(("≤ 1 frame".into(), !waits.is_empty() && worst <= 1)),
        },
    ])
}

/// In which frame each key was, 1 for the first that could have it; and how long it took until that one began.
///
/// A frame takes its input before it begins to tell of itself: eframe asks the X server nine things in between. What
/// can be told for sure is that a frame had not yet taken it while the picture before was put on the screen. So a
/// frame could have had a key when it began after a picture that was there after the key.
fn inputs(presses: &[Press], frames: &[Told], pictures: &[Duration]) -> (Vec<usize>, Costs) {
    let (mut waits, mut times) = (Vec::new(), Vec::new());
    for pressed in presses {
        let mut later = frames.iter().filter(|frame| frame.begun >= pressed.sent);
        if let Some(has_it) = later.find(|frame| frame.inputs > 0) {
            let next = pictures.iter().find(|picture| **picture >= pressed.there);
            let missed = |frame: &&Told| {
                next.is_some_and(|next| frame.begun > *next) && frame.begun < has_it.begun
            };
            waits.push(frames.iter().filter(missed).count() + 1);
            times.push(has_it.begun - pressed.sent);
        }
    }
    (waits, Costs::of(times))
}

/// Lines in bursts, for longer than they are watched.
fn script(watched: Duration) -> String {
    // A tenth less, for the time that the printing takes.
    let pause = 900 * BURST / RATE;
    let bursts = (watched + Duration::from_secs(40)).as_millis() / u128::from(pause);
    format!("lines {BURST}\nwait {pause}\n").repeat(bursts as usize)
}

/// How many tabs are at work.
async fn working(engine: &EngineHandle) -> Outcome<usize> {
    let sessions = snapshot(engine).await?.sessions;
    let tabs = sessions.iter().flat_map(|session| &session.tabs);
    Ok(tabs.filter(|tab| tab.state != TabState::Idle).count())
}

/// Waits until so many tabs are at work.
async fn until(engine: &EngineHandle, wanted: impl Fn(usize) -> bool) -> Outcome<()> {
    let come = async {
        loop {
            if wanted(working(engine).await?) {
                return Outcome::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await; // wait: between two looks
        }
    };
    tokio::time::timeout(PATIENCE, come).await?
}
