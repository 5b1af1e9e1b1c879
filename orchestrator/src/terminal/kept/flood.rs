//! What is done about output that comes faster than anybody reads, or than the link carries.
//!
//! tmux writes each byte of a pane for its clients one by one, which takes it longer than all the rest. In a flood it is told to
//! keep what is printed for itself, and where we are too slow it does so unasked; meanwhile we look at its screen now and then.
//! When that stands still, all is drawn anew, with what was scrolled away, and output is told again.

use std::time::Duration;

use tokio::time::Instant;

/// So much within [`WINDOW`] is a flood: 50,000 lines of 80 letters, so that what is told before it would be scrolled out of
/// anybody's sight by as much again.
const FLOOD: usize = 4 << 20;
const WINDOW: Duration = Duration::from_secs(1);

/// Between two looks at the screen: what a person sees as motion. A look takes tmux half a millisecond.
const LOOK: Duration = Duration::from_millis(25);

/// So many looks more that show the same end it: who only takes a breath isn't interrupted by a drawing of 50,000 lines.
const STILL: u32 = 2;

/// Whether there is one. `T` is what a look shows.
#[derive(Debug)]
pub(super) enum Flood<T> {
    /// Output is told as it comes.
    None {
        /// So many bytes since then.
        since: Instant,
        bytes: usize,
        /// tmux was told to keep it, and hasn't said that it does. One before 3.2 never does.
        asked: bool,
    },
    /// tmux keeps it.
    Kept {
        /// When its screen is looked at next; `None` while that is asked for.
        next: Option<Instant>,
        /// How it looked last, and how often more.
        seen: Option<(T, u32)>,
    },
}

impl<T> Flood<T> {
    /// None, as far as is known.
    pub(super) fn none(now: Instant) -> Self {
        Self::None { since: now, bytes: 0, asked: false }
    }

    /// So much came. Whether tmux is to keep what comes next.
    pub(super) fn came(&mut self, count: usize, now: Instant) -> bool {
        let Self::None { since, bytes, asked } = self else { return false };
        if now.duration_since(*since) > WINDOW {
            (*since, *bytes) = (now, 0);
        }
        *bytes += count;
        *bytes >= FLOOD && !std::mem::replace(asked, true)
    }

    /// tmux says that it keeps what comes.
    pub(super) fn paused(&mut self, now: Instant) {
        if matches!(self, Self::None { .. }) {
            *self = Self::Kept { next: Some(now + LOOK), seen: None };
        }
    }

    /// Whether tmux keeps what is printed.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Kept { .. })
    }

    /// When its screen is to be looked at.
    pub(super) fn next(&self) -> Option<Instant> {
        match self {
            Self::None { .. } => None,
            Self::Kept { next, .. } => *next,
        }
    }

    /// How it looked last.
    pub(super) fn seen(&self) -> Option<&T> {
        match self {
            Self::None { .. } => None,
            Self::Kept { seen, .. } => seen.as_ref().map(|(seen, _)| seen),
        }
    }

    /// Its screen is asked for.
    pub(super) fn looks(&mut self) {
        if let Self::Kept { next, .. } = self {
            *next = None;
        }
    }

    /// That is how it looks. Whether the flood is over: then everything is to be drawn anew.
    pub(super) fn looked(
        &mut self,
        screen: T,
        is_same: impl Fn(&T, &T) -> bool,
        now: Instant,
    ) -> bool {
        let Self::Kept { next, seen } = self else { return false };
        *next = Some(now + LOOK);
        match seen {
            Some((before, times)) if is_same(before, &screen) => {
                *times += 1;
                if *times >= STILL {
                    *self = Self::none(now);
                    return true;
                }
            }
            Some(_) | None => *seen = Some((screen, 0)),
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_at_once_is_a_flood_and_the_same_in_a_long_time_is_none() {
        let now = Instant::now();
        let mut slow = Flood::<u8>::none(now);
        for step in 0..20 {
            assert!(!slow.came(FLOOD / 2, now + step * (WINDOW + Duration::from_millis(1))));
        }
        let mut fast = Flood::<u8>::none(now);
        assert!(!fast.came(FLOOD - 1, now));
        assert!(fast.came(1, now + WINDOW));
        assert!(!fast.came(FLOOD, now + WINDOW), "it is asked once");
        assert!(!fast.is_kept() && fast.next().is_none(), "an old tmux never says that it does");
        fast.paused(now + WINDOW);
        assert_eq!(fast.next(), Some(now + WINDOW + LOOK));
    }

    #[test]
    fn it_is_over_when_the_screen_stands_still() {
        let now = Instant::now();
        let mut flood = Flood::none(now);
        assert!(flood.came(FLOOD, now));
        flood.paused(now);
        flood.looks();
        assert_eq!(flood.next(), None);
        let same = |one: &u8, other: &u8| one == other;
        let looks = [1, 2, 2, 3, 3].map(|screen| flood.looked(screen, same, now));
        assert_eq!((looks, flood.seen()), ([false; 5], Some(&3)));
        assert!(flood.looked(3, same, now));
        assert!(!flood.is_kept() && flood.next().is_none());
        assert!(flood.came(FLOOD, now), "there may be another one");
    }
}
