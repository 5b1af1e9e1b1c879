//! How far a transfer is, told not too often.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::terms::{News, Report};
use crate::seam::Progress;

/// Between two tellings: as often as a person can read.
const BETWEEN: Duration = Duration::from_millis(100);

/// Counts bytes.
#[derive(Debug)]
pub(super) struct Gauge {
    report: Report,
    progress: Progress,
    told: Option<Instant>,
}

impl Gauge {
    pub(super) fn new(report: Report) -> Self {
        Self { report, progress: Progress { bytes: true, ..Progress::default() }, told: None }
    }

    /// It is at `done` of `of` bytes, and does this.
    pub(super) fn set(&mut self, doing: &str, done: u64, of: Option<u64>) {
        doing.clone_into(&mut self.progress.doing);
        self.progress.done = done;
        self.progress.of = of;
        self.tell();
    }

    /// So many more are done.
    pub(super) fn add(&mut self, bytes: usize) {
        self.progress.done = self.progress.done.saturating_add(bytes as u64);
        if self.told.is_none_or(|told| told.elapsed() >= BETWEEN) {
            self.tell();
        }
    }

    /// It is at so many bytes.
    pub(super) fn at(&mut self, done: u64) {
        self.progress.done = done;
        self.add(0);
    }

    fn tell(&mut self) {
        self.told = Some(Instant::now());
        self.report.tell(News::Progress(self.progress.clone()));
    }

    pub(super) fn done(&self) -> u64 {
        self.progress.done
    }

    pub(super) fn news(&self, news: News) {
        self.report.tell(news);
    }
}

/// Does `work`, whose many ends count in `done`, and tells how far it is.
pub(super) async fn watched<T>(
    gauge: &mut Gauge,
    done: &AtomicU64,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            ended = &mut work => {
                gauge.at(done.load(Ordering::Relaxed));
                return ended;
            }
            () = tokio::time::sleep(BETWEEN) => gauge.at(done.load(Ordering::Relaxed)),
        }
    }
}
