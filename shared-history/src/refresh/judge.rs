//! What a look at a file means for what is remembered of it.

use crate::FileLook;
use crate::index::{Doubt, FileIndex, Fit};

/// After so many looks that all found a smaller file, each of another size, it is believed nevertheless.
const PATIENCE: u32 = 5;

/// What is to be done about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: it is what it was.
    Unchanged,
    /// What has come along is new.
    Take,
    /// It has more bytes, which didn't come along.
    Read,
    /// It is read from its start, or its end if it is large: nobody knows it, or it is another one now.
    Load,
    /// It would lose lines: the next look will tell.
    Wait(Doubt),
}

/// Judges a file that is there.
pub(super) fn judge(index: Option<&FileIndex>, file: &FileLook) -> Verdict {
    let Some(index) = index else { return Verdict::Load };
    if file.size < index.offset {
        return doubt(index, file);
    }
    if file.identity != index.identity {
        return Verdict::Load;
    }
    match &file.fresh {
        Some(fresh) => match index.fit_fresh(fresh) {
            Fit::Same if fresh.bytes.is_empty() => Verdict::Unchanged,
            Fit::Same => Verdict::Take,
            Fit::Shorter => doubt(index, file),
            Fit::Other => Verdict::Load,
        },
        // Who tells nothing of a file of its old size can't see that it was written anew with just as many bytes; with
        // the next entry it shows.
        None if file.size == index.size || file.size == index.offset => Verdict::Unchanged,
        None => Verdict::Read,
    }
}

fn doubt(index: &FileIndex, file: &FileLook) -> Verdict {
    let doubt = next_doubt(index, Some((file.identity, file.size)));
    let is_settled = index.doubt.and_then(|before| before.seen).is_some_and(|(identity, size)| {
        // Another file was written beside this one and put in its place, so it may grow already. One that is written
        // anew in its place grows until it is whole.
        let has_grown = identity != index.identity && size <= file.size;
        identity == file.identity && (size == file.size || has_grown)
    });
    if is_settled || doubt.looks >= PATIENCE { Verdict::Load } else { Verdict::Wait(doubt) }
}

/// Judges a file that isn't there: `None` when that is believed.
pub(super) fn judge_gone(index: &FileIndex) -> Option<Doubt> {
    let doubt = next_doubt(index, None);
    index.doubt.is_none_or(|before| before.seen.is_some()).then_some(doubt)
}

fn next_doubt(index: &FileIndex, seen: Option<(u64, u64)>) -> Doubt {
    Doubt { seen, looks: index.doubt.map_or(0, |before| before.looks) + 1 }
}
