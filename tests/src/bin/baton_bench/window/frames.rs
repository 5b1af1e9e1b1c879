//! What a window tells of its frames, and what comes of many.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// When it began, on the monotonic clock.
    pub begun: Duration,
    /// What its own work took of the processor.
    pub cpu: Duration,
    /// Keys and clicks that it took in.
    pub inputs: u64,
    /// Sessions that it knew.
    pub sessions: u64,
    /// Pieces of the transcript that it showed.
    pub pieces: u64,
    /// Rows of the tree of files that it showed.
    pub rows: u64,
    /// Answers that it had about files to be mentioned.
    pub mentions: u64,
}

impl Told {
    /// From a line of the window's log; `None` for any other line.
    fn read(line: &str) -> Option<Self> {
        let (_, fields) = line.split_once(" baton_gui::frames: ")?;
        let field = |name: &str| -> Option<u64> {
            let mut words = fields.split_whitespace().filter_map(|word| word.split_once('='));
            words.find(|(field, _)| *field == name)?.1.parse().ok() // No number: no line of ours.
        };
        Some(Self {
            begun: Duration::from_micros(field("begun_us")?),
            cpu: Duration::from_micros(field("cpu_us")?),
            inputs: field("inputs")?,
            sessions: field("sessions")?,
            pieces: field("pieces")?,
            rows: field("rows")?,
            mentions: field("mentions")?,
        })
    }

    /// All that a log tells.
    pub fn all(log: &str) -> Vec<Self> {
        log.lines().filter_map(Self::read).collect()
    }
}

/// The monotonic clock, which is the same for all processes.
pub fn monotonic() -> Duration {
    time(ClockId::Monotonic)
}

/// What this thread has had of the processor.
pub fn thread_cpu() -> Duration {
    time(ClockId::ThreadCPUTime)
}

fn time(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    // Neither clock goes below zero.
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

/// Times of many frames, sorted.
pub struct Costs(Vec<Duration>);

impl Costs {
    /// Of these frames.
    pub fn of(frames: impl IntoIterator<Item = Duration>) -> Self {
        let mut all: Vec<Duration> = frames.into_iter().collect();
        all.sort();
        Self(all)
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that this share of them doesn't exceed, in ms; the nearest one, and 0 where there is none.
    pub fn quantile(&self, share: f64) -> f64 {
        let at = (self.0.len() as f64 * share).ceil() as usize;
        self.0.get(at.saturating_sub(1)).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }

    /// As text.
    pub fn words(&self) -> String {
        format!(
            "p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms of {}",
            self.quantile(0.5),
            self.quantile(0.99),
            self.quantile(1.0),
            self.count()
        )
    }
}
