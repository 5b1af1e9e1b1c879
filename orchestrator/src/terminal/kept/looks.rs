//! When a kept shell is looked at.

use std::time::Duration;

use tokio::time::Instant;

/// Looks at the shell so long after something happened, then every so often while nothing does: tmux 3.3a misses the end of
/// a child until it is spoken to.
const LOOKS: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(4)];
const LOOKS_IDLE: Duration = Duration::from_secs(10);

/// When the shell is looked at next.
#[derive(Debug)]
pub(super) struct Looks {
    happened: Instant,
    done: usize,
    last: Instant,
}

impl Looks {
    /// Something happens now.
    pub(super) fn from(now: Instant) -> Self {
        Self { happened: now, done: 0, last: now }
    }

    /// When.
    pub(super) fn next(&self) -> Instant {
        match LOOKS.get(self.done) {
            Some(after) => self.happened + *after,
            None => self.last + LOOKS_IDLE,
        }
    }

    /// Something happened. A stream of it doesn't put a look off for ever.
    pub(super) fn again(&mut self, now: Instant) {
        if self.done > 0 || self.happened + LOOKS[0] > now {
            self.happened = now;
            self.done = 0;
        }
    }

    /// It is looked at now.
    pub(super) fn looked(&mut self, now: Instant) {
        self.done += 1;
        self.last = now;
    }
}
