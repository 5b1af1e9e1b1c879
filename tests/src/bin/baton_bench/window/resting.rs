//! A window with ten sessions in which nothing happens.

use std::time::Duration;

use orchestrator::seam::TabState;

use super::place::{Place, send, snapshot};
use super::program::Window;
use super::screen::{CONTROL, PAGE_DOWN, Screen};
use crate::table::Row;
use crate::{Outcome, Scale};

/// Sessions that were worked in and looked at.
const SESSIONS: usize = 10;
/// How long the window is watched.
const SILENCE: Duration = Duration::from_secs(30);
/// What it may cost, in percent of a core: what is shown as 0.0.
const MARK_PERCENT: f64 = 0.05;
/// How long a turn may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures it once: it doesn't vary.
pub async fn measure(scale: Scale) -> Outcome<Vec<Row>> {
    let screen = Screen::start().await?;
    let place = Place::new(None)?;
    let engine = place.engine().await?;
    for number in 0..SESSIONS {
        let session = place.session(&engine, &format!("session {number}")).await?;
        send(&engine, &session.id, "print Done, **all** of it.\nlines 40").await?;
    }
    let all_ended = async {
        loop {
            let sessions = snapshot(&engine).await?.sessions;
            let is_over = |tab: &orchestrator::seam::Tab| {
                tab.state == TabState::Idle
                    && tab.turn.as_ref().is_some_and(|turn| turn.status.is_some())
            };
            if sessions.iter().all(|session| session.tabs.iter().any(is_over)) {
                return Outcome::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await; // wait: between two looks
        }
    };
    tokio::time::timeout(PATIENCE, all_ended).await??;
    engine.shutdown().await;

    let mut window = Window::open(&place, &screen)?;
    let count = SESSIONS as u64;
    let has_all = |frames: &[super::frames::Told]| {
        frames.iter().any(|frame| frame.sessions == count && frame.pieces > 0).then_some(())
    };
    window.until("a frame with all sessions", has_all).await?;
    window.rest().await?;
    let hands = screen.hands()?;
    hands.take("Baton")?;
    window.rest().await?;
    for _ in 0..SESSIONS {
        let pressed = hands.press(&[CONTROL, PAGE_DOWN])?;
        window
            .until("the next session", |frames| {
                frames
                    .iter()
                    .any(|frame| frame.begun > pressed.sent && frame.inputs > 0)
                    .then_some(())
            })
            .await?;
        window.rest().await?;
    }
    let silence = if scale.quick { SILENCE / 6 } else { SILENCE };
    let (frames, cpu) = (window.frames()?.len(), window.cpu_seconds()?);
    tokio::time::sleep(silence).await; // wait: it is the silence that is measured
    let drawn = window.frames()?.len() - frames;
    let percent = (window.cpu_seconds()? - cpu) / silence.as_secs_f64() * 100.0;
    window.close().await?;
    let seconds = silence.as_secs();
    Ok(vec![
        Row {
            what: format!("{SESSIONS} sessions open, nothing new: frames in {seconds} s"),
            ours: drawn.to_string(),
            ssh: String::new(),
            ratio: None,
            mark: Some(("0".into(), drawn == 0)),
        },
        Row {
            what: "the same: processor time, of one core".into(),
            ours: format!("{percent:.2} %"),
            ssh: String::new(),
            ratio: None,
            mark: Some(("0.0 %".into(), percent < MARK_PERCENT)),
        },
    ])
}
