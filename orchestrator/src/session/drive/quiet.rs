//! When to say that an agent has been silent for long: after a first while, then after twice as long, and so on.

use std::time::Duration;

use tokio::time::Instant;

/// Watches for silence.
#[derive(Debug)]
pub struct Quiet {
    first: Duration,
    since: Instant,
    next: Duration,
}

impl Quiet {
    /// Begins to watch.
    pub fn new(first: Duration) -> Self {
        Self { first, since: Instant::now(), next: first }
    }

    /// It said something.
    pub fn heard(&mut self) {
        *self = Self::new(self.first);
    }

    /// Waits until it has been silent for long once more; answers for how long. Nothing is lost when it isn't waited for to the end.
    pub async fn long(&mut self) -> Duration {
        tokio::time::sleep_until(self.since + self.next).await;
        let silent = self.next;
        self.next *= 2;
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_is_told_less_and_less_often_until_a_word() {
        let mut quiet = Quiet::new(Duration::from_secs(30));
        let start = Instant::now();
        for seconds in [30, 60, 120] {
            assert_eq!(quiet.long().await, Duration::from_secs(seconds));
            assert_eq!(start.elapsed(), Duration::from_secs(seconds));
        }
        quiet.heard();
        assert_eq!(quiet.long().await, Duration::from_secs(30));
        assert_eq!(start.elapsed(), Duration::from_secs(150));
    }
}
