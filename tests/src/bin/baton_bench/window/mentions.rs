//! A file is mentioned in the composer, letter by letter: what the window's thread pays, and when the answer is there.

use std::path::Path;
use std::time::Duration;

use super::far_place::FarPlace;
use super::frames::{Costs, Told};
use super::screen::{BACKSPACE, CONTROL, SHIFT};
use crate::bed::Bed;
use crate::table::Row;
use crate::{Outcome, Scale};

/// What a frame may take of the window's thread, in ms.
const MARK_MS: f64 = 8.0;
/// What is typed behind the `@`; it begins with letters that many paths have.
const TYPED: &str = "buttonindex";
/// Between two letters.
const PAUSE: Duration = Duration::from_millis(120);

/// Measures it in a directory of so many paths.
pub async fn measure(bed: &Bed, scale: Scale, dir: &Path, count: usize) -> Outcome<Vec<Row>> {
    let mut place = FarPlace::open(bed, dir, 1).await?;
    // The composer, and an answer that knows all paths.
    place.press(&[CONTROL, u32::from(b'l')]).await?;
    place.press(&[SHIFT, u32::from(b'2')]).await?;
    let FarPlace { window, hands, .. } = &mut place;
    let has_come = |frames: &[Told]| frames.last().filter(|frame| frame.mentions >= 2).map(drop);
    window.until("what `@` offers", has_come).await?;
    window.rest().await?;
    let before = window.frames()?.len();
    let mut presses = Vec::new();
    for _ in 0..scale.share(8) {
        let letters = TYPED.bytes().map(u32::from);
        let back = TYPED.bytes().map(|_| BACKSPACE);
        for key in letters.chain(back) {
            presses.push(hands.press(&[key])?);
            let pause = PAUSE + Duration::from_millis(fastrand::u64(0..40));
            tokio::time::sleep(pause).await; // wait: a person's pause between two letters
        }
    }
    window.rest().await?;
    let frames = window.frames()?;
    let answered = presses.iter().filter_map(|press| {
        let mut later = frames.iter().filter(|frame| frame.begun >= press.sent);
        let known = frames.iter().take_while(|frame| frame.begun < press.sent).last()?.mentions;
        Some(later.find(|frame| frame.mentions > known)?.begun - press.sent)
    });
    let answered = Costs::of(answered);
    let costs = Costs::of(frames.iter().skip(before).map(|frame| frame.cpu));
    place.close().await?;
    if answered.count() < presses.len() {
        return Err(
            format!("{} of {} letters were answered", answered.count(), presses.len()).into()
        );
    }
    let longest = costs.quantile(1.0);
    Ok(vec![
        Row {
            what: format!("the window, `@` over {count} paths: a frame"),
            ours: costs.words(),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("each ≤ {MARK_MS} ms"), longest <= MARK_MS)),
        },
        Row {
            what: "the same: from a key to the frame with its answer".into(),
            ours: answered.words(),
            ssh: String::new(),
            ratio: None,
            mark: None,
        },
    ])
}
