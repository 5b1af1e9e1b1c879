//! Which entries a person wants to see.

use jiff::Timestamp;
use orchestrator::seam::{HistoryActivity, HistoryBucket, HistoryFilter};

/// A time that was chosen in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// From then on.
    pub from: Timestamp,
    /// Until then, without it.
    pub to: Timestamp,
    /// How many newer entries the graph told of: they are left out by an offset.
    pub newer: u64,
    /// How many the graph told of in it.
    pub entries: u64,
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether of the shown session's project alone, or of everything.
    pub everything: bool,
    /// Types, source and search; `since` is the chosen time's beginning.
    pub filter: HistoryFilter,
    /// Only of this time: entries from its `newer`th on, at most its `entries`.
    pub time: Option<Bucket>,
}

impl Bucket {
    /// The `at`th of a graph's bars.
    pub fn of(activity: &HistoryActivity, at: usize) -> Option<Self> {
        let here = activity.buckets.get(at)?;
        let count = activity.buckets.len();
        let (from, to) = (activity.from.as_millisecond(), activity.to.as_millisecond());
        let edge = |at: usize| {
            let part =
                i128::from(to - from) * i128::try_from(at).ok()? / i128::try_from(count).ok()?;
            Timestamp::from_millisecond(from + i64::try_from(part).ok()?).ok()
        };
        let later = activity.buckets.iter().skip(at + 1);
        Some(Self {
            from: edge(at)?,
            to: edge(at + 1)?,
            newer: later.map(sum).sum(),
            entries: sum(here),
        })
    }
}

/// All entries of a bar.
pub(super) fn sum(bucket: &HistoryBucket) -> u64 {
    bucket.user + bucket.auto + bucket.cue + bucket.other
}
