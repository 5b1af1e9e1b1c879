//! How fast something goes on.

use std::collections::VecDeque;

/// Over so many seconds a speed is taken: long enough to be calm, short enough to show a link that stalls.
const WINDOW: f64 = 5.0;

/// Sooner, in seconds, a speed says nothing.
const SOONEST: f64 = 0.7;

/// How much was done when, over the last seconds.
#[derive(Clone, Debug, Default)]
pub struct Speed {
    /// Seconds and what was done by then.
    noted: VecDeque<(f64, u64)>,
}

impl Speed {
    /// Notes how much is done now, `now` in seconds of a clock that only goes forward.
    pub fn note(&mut self, now: f64, done: u64) {
        if self.noted.back().is_some_and(|(_, before)| done < *before) {
            // It began again.
            self.noted.clear();
        }
        self.noted.push_back((now, done));
        // The one before the window tells where it began.
        while self.noted.get(1).is_some_and(|(at, _)| now - at > WINDOW) {
            self.noted.pop_front();
        }
    }

    /// How much is done in a second; `None` while nobody can say.
    pub fn per_second(&self, now: f64) -> Option<f64> {
        let (began, first) = self.noted.front()?;
        let (_, last) = self.noted.back()?;
        let took = now - began;
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        (took >= SOONEST).then(|| (last - first) as f64 / took)
    }

    /// Seconds until `of` is done; `None` where nobody can say, or nothing goes on.
    pub fn left(&self, now: f64, of: u64) -> Option<f64> {
        let speed = self.per_second(now).filter(|speed| *speed > 0.0)?;
        let (_, done) = self.noted.back()?;
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        Some(of.saturating_sub(*done) as f64 / speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_that_of_the_last_seconds_and_falls_when_nothing_comes() {
        let mut speed = Speed::default();
        assert_eq!(speed.per_second(0.0), None);
        speed.note(0.0, 0);
        speed.note(0.1, 1_000);
        assert_eq!(speed.per_second(0.1), None, "too soon");
        for second in 1..=20_u32 {
            speed.note(f64::from(second), 1_000 * u64::from(second));
        }
        assert_eq!(speed.per_second(20.0), Some(1_000.0));
        assert_eq!(speed.left(20.0, 30_000), Some(10.0));
        assert!(speed.per_second(40.0).is_some_and(|speed| speed < 300.0));
        speed.note(41.0, 20_000);
        speed.note(47.0, 20_000);
        assert_eq!(speed.per_second(47.0), Some(0.0), "it stalls");
        assert_eq!(speed.left(47.0, 30_000), None);
    }

    #[test]
    fn what_begins_again_is_measured_anew() {
        let mut speed = Speed::default();
        speed.note(0.0, 0);
        speed.note(2.0, 8_000);
        speed.note(3.0, 500);
        assert_eq!(speed.per_second(3.0), None);
        speed.note(4.0, 1_500);
        assert_eq!(speed.per_second(4.0), Some(1_000.0));
    }
}
