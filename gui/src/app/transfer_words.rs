//! A transfer in words: how far it is, how fast, and what stopped it.

use orchestrator::seam::{FilePath, Operation, OperationState, Progress, Work};
use orchestrator::transfer::is_there_already;

use crate::model::Speed;
use crate::view::files::{Transfer, TransferState, Tree, shown_name};
use crate::words::{bytes, duration};

/// What the list of transfers says of one.
pub(super) fn transfer(
    operation: &Operation,
    tree: Option<&Tree>,
    speed: Option<&Speed>,
    now: f64,
) -> Transfer {
    let (up, name, place) = match &operation.work {
        Work::Upload { remote, .. } => {
            (true, remote.name(), tree.map_or_else(|| remote.clone(), |tree| tree.whole(remote)))
        }
        Work::Download { local, .. } => (false, local.name(), local.clone()),
        _ => (false, &[][..], FilePath::default()),
    };
    let progress = operation.progress.as_ref();
    let part = progress.and_then(|progress| {
        let of = progress.of.filter(|of| *of > 0)?;
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a bar")]
        {
            Some((progress.done as f64 / of as f64).clamp(0.0, 1.0) as f32)
        }
    });
    let (about, hint) = match &operation.state {
        OperationState::Waiting => ("Waits".to_owned(), None),
        OperationState::Running => (how_far(progress, speed, now), None),
        OperationState::Away { why } => (format!("Waits: {}", why.message), why.hint.clone()),
        OperationState::Done { outcome } => (done(progress, &outcome.said), None),
        OperationState::Failed { why } if is_there_already(why) => {
            let hint = "Go on with it to replace what is there, or to keep both";
            (why.message.clone(), Some(hint.to_owned()))
        }
        OperationState::Failed { why } => (why.message.clone(), why.hint.clone()),
        OperationState::Stopped => {
            let at = progress.filter(|progress| progress.bytes && progress.done > 0);
            let at = at.map(|progress| format!(" at {}", amount(progress))).unwrap_or_default();
            (format!("Stopped{at}"), None)
        }
    };
    let state = match &operation.state {
        OperationState::Waiting | OperationState::Running | OperationState::Away { .. } => {
            TransferState::UnderWay
        }
        OperationState::Done { .. } => TransferState::Done,
        OperationState::Failed { .. } | OperationState::Stopped => TransferState::Halted,
    };
    let name = shown_name(&FilePath(name.to_vec()));
    let place = shown_name(&place);
    Transfer { id: operation.id.clone(), up, name, place, about, hint, part, state }
}

/// `12 MB of 40 MB, 3.1 MB/s, 9.0 s left`.
fn how_far(progress: Option<&Progress>, speed: Option<&Speed>, now: f64) -> String {
    let Some(progress) = progress else { return "Begins".to_owned() };
    if !progress.bytes {
        return progress.doing.clone();
    }
    let mut words = amount(progress);
    let Some((speed, each)) = speed.and_then(|speed| Some((speed, speed.per_second(now)?))) else {
        return words;
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never below 0")]
    let (each, left) =
        (each as u64, progress.of.and_then(|of| speed.left(now, of)).map(|left| left as u64));
    words.push_str(&format!(", {}/s", bytes(each)));
    // Days say only that it stands still.
    if let Some(left) = left.filter(|left| *left < 100 * 3600) {
        let left = if left < 60 { format!("{left} s") } else { duration(left * 1000) };
        words.push_str(&format!(", {left} left"));
    }
    words
}

fn amount(progress: &Progress) -> String {
    match progress.of {
        Some(of) => format!("{} of {}", bytes(progress.done), bytes(of)),
        None => bytes(progress.done),
    }
}

fn done(progress: Option<&Progress>, said: &str) -> String {
    let size = progress.filter(|progress| progress.bytes);
    let size = size.map(|progress| bytes(progress.of.unwrap_or(progress.done)));
    match (size, said) {
        (Some(size), "") => size,
        (Some(size), said) => format!("{size}, {said}"),
        (None, "") => "Done".to_owned(),
        (None, said) => said.to_owned(),
    }
}
