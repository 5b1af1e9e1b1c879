//! How much happened when.

use crate::EntryKind;

/// How many entries of each kind there are in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Tasks of Auto Runs.
    pub auto: u64,
    /// Turns.
    pub user: u64,
    /// Triggers.
    pub cue: u64,
    /// Everything else.
    pub other: u64,
}

impl Activity {
    fn count(&mut self, kind: &EntryKind) {
        *match kind {
            EntryKind::Auto => &mut self.auto,
            EntryKind::User => &mut self.user,
            EntryKind::Cue => &mut self.cue,
            EntryKind::Other(_) => &mut self.other,
        } += 1;
    }
}

/// Counts entries in `buckets` stretches of equal length from `from` to before `to`, in milliseconds. Entries outside,
/// of clocks that are years off, count nowhere.
#[must_use]
pub fn activity<'e>(
    entries: impl IntoIterator<Item = (i64, &'e EntryKind)>,
    from: i64,
    to: i64,
    buckets: usize,
) -> Vec<Activity> {
    let mut counts = vec![Activity::default(); buckets];
    // Two times may be further apart than an i64 goes.
    let span = i128::from(to) - i128::from(from);
    for (timestamp, kind) in entries {
        let at = i128::from(timestamp) - i128::from(from);
        if (0..span).contains(&at)
            && let Ok(bucket) = usize::try_from(at * buckets as i128 / span)
            && let Some(count) = counts.get_mut(bucket)
        {
            count.count(kind);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_count_in_their_stretch_of_time_and_in_no_other() {
        let other = EntryKind::from("NEW");
        let entries = [
            (100, &EntryKind::User),
            (149, &EntryKind::Auto),
            (150, &EntryKind::Cue),
            (199, &other),
            (99, &EntryKind::User),
            (200, &EntryKind::User),
            (i64::MAX, &EntryKind::User),
            (i64::MIN, &EntryKind::User),
        ];
        assert_eq!(
            activity(entries, 100, 200, 2),
            [
                Activity { user: 1, auto: 1, ..Activity::default() },
                Activity { cue: 1, other: 1, ..Activity::default() },
            ]
        );
        let all: u64 =
            activity(entries, i64::MIN, i64::MAX, 7).iter().map(|count| count.user).sum();
        assert_eq!(all, 4, "the very last moment is outside");
        assert_eq!(activity(entries, 200, 100, 1), [Activity::default()]);
        assert!(activity(entries, 100, 200, 0).is_empty());
    }
}
