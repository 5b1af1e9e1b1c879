//! A directory of many entries is unfolded in the window's tree: from the key to the picture with its first rows.

use std::time::Duration;

use super::far_place::FarPlace;
use super::frames::{Costs, Told, monotonic};
use super::screen::{CONTROL, DOWN, Hands, LEFT, RIGHT, SHIFT};
use crate::bed::Bed;
use crate::files::{ENTRIES, fill};
use crate::rounds::Sample;
use crate::table::Row;
use crate::{Outcome, Scale};

/// What it may take beside 1.1 round trips, in ms.
const MARK_MS: f64 = 25.0;
/// What a frame may take of the window's thread meanwhile, in ms.
const MARK_FRAME_MS: f64 = 8.0;
/// How long a picture may take to be told of.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one unfolding came to, in ms from the key.
struct Unfolded {
    /// Until the frame with the rows began.
    begun: f64,
    /// Until its picture was put on the screen.
    seen: f64,
    /// What each frame took of the thread.
    frames: Vec<Duration>,
}

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let rounds = scale.share(4) as usize;
    let dir = tempfile::tempdir()?;
    // What was listed before is shown at once: so each is unfolded once. The first one draws letters that nobody has seen yet.
    for round in 0..=rounds + 1 {
        fill(&dir.path().join(format!("folder-{round:02}")))?;
    }
    let mut place = FarPlace::open(bed, dir.path(), rounds + 2).await?;
    place.press(&[CONTROL, SHIFT, u32::from(b'e')]).await?;
    let (mut begun, mut seen, mut round_trips, mut frames) = (vec![], vec![], vec![], vec![]);
    for round in 0..=rounds {
        let round_trip = bed.round_trip().await?;
        let unfolded = unfold(&mut place).await?;
        if round > 0 {
            begun.push(unfolded.begun);
            seen.push(unfolded.seen);
            frames.extend(unfolded.frames);
            round_trips.push(round_trip);
        }
    }
    place.close().await?;
    let limit = 1.1 * Sample::new("round trip", round_trips).median() + MARK_MS;
    let (begun, seen) = (Sample::new("begun", begun), Sample::new("seen", seen));
    let frames = Costs::of(frames);
    let longest = frames.quantile(1.0);
    Ok(vec![
        Row {
            what: format!("the window, from the key to the picture of a directory of {ENTRIES}"),
            ours: format!("{} (its frame begins at {})", seen.spread("ms"), begun.spread("ms")),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("≤ {limit:.2} ms (1.1 RTT + 25)"), seen.median() <= limit)),
        },
        Row {
            what: "the same: what a frame takes".into(),
            ours: frames.words(),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("each ≤ {MARK_FRAME_MS} ms"), longest <= MARK_FRAME_MS)),
        },
    ])
}

/// Goes to the next directory, unfolds it, and folds it again.
async fn unfold(place: &mut FarPlace) -> Outcome<Unfolded> {
    place.press(&[DOWN]).await?;
    let FarPlace { window, hands, .. } = place;
    let before = window.frames()?.len();
    hands.pictures()?;
    let pressed = hands.hold(&[RIGHT])?;
    let is_shown = |frames: &[Told]| {
        frames.iter().skip(before).find(|frame| frame.rows > ENTRIES as u64).copied()
    };
    let frame = window.until("the unfolded directory", is_shown).await?;
    let picture = picture(hands, frame.begun).await?;
    // As a finger does, which rests on a key for a tenth of a second: that is drawn, too.
    hands.let_go(&[RIGHT])?;
    window.rest().await?;
    let frames = window.frames()?.iter().skip(before).map(|frame| frame.cpu).collect();
    place.press(&[LEFT]).await?;
    let since = |at: Duration| at.saturating_sub(pressed.sent).as_secs_f64() * 1000.0;
    Ok(Unfolded { begun: since(frame.begun), seen: since(picture), frames })
}

/// When the first picture behind that moment was put on the screen.
async fn picture(hands: &Hands, behind: Duration) -> Outcome<Duration> {
    let from = monotonic();
    loop {
        if let Some(found) = hands.pictures()?.into_iter().find(|picture| *picture > behind) {
            return Ok(found);
        }
        if monotonic() - from > PATIENCE {
            return Err("the window drew no picture".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
    }
}
