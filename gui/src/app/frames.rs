//! What each frame costs, told to the log when somebody asks for it: `BATON_LOG=warn,baton_gui::frames=trace`.
//!
//! A line for each cause that it was drawn for, and a line a frame: `frame`, counted from 0; `begun_us`, on the system's monotonic clock, which other processes read,
//! too; `cpu_us`, what this thread computed from taking in what has come to the end of drawing; `inputs`, how many
//! keys, clicks and turns of the wheel it took in; the fields of [`Shows`]. What egui does afterwards (tessellation) and the rasterizer aren't in it.

use std::time::Duration;

use egui::{Context, Event};
use rustix::time::{ClockId, clock_gettime};
use tracing::Level;

/// Counts the frames that are told.
#[derive(Debug, Default)]
pub(super) struct Frames {
    next: u64,
}

/// What a frame had to show.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shows {
    /// Sessions that are known.
    pub sessions: usize,
    /// Pieces of the shown transcript.
    pub pieces: usize,
    /// Rows of the shown session's tree of files.
    pub rows: usize,
    /// Answers that have come about files to be mentioned, and askings that threw away what there was.
    pub mentions: u64,
}

/// A frame that has begun.
#[derive(Debug)]
pub(super) struct Begun {
    number: u64,
    at: Duration,
    cpu: Duration,
    inputs: usize,
}

impl Frames {
    /// Notes a frame's beginning; `None` while nobody wants to know.
    pub fn begin(&mut self, ctx: &Context) -> Option<Begun> {
        if !tracing::enabled!(target: "baton_gui::frames", Level::TRACE) {
            return None;
        }
        let number = self.next;
        self.next += 1;
        if number == 0 {
            // Its own beginning says when the one before was drawn.
            ctx.request_repaint();
        }
        let inputs = ctx.input(|input| input.events.iter().filter(|event| is_input(event)).count());
        let (at, cpu) = (now(ClockId::Monotonic), now(ClockId::ThreadCPUTime));
        for cause in ctx.repaint_causes() {
            tracing::trace!(target: "baton_gui::frames", frame = number, %cause);
        }
        Some(Begun { number, at, cpu, inputs })
    }
}

impl Begun {
    /// Tells the frame, which ends now.
    pub fn end(self, shows: Shows) {
        let Shows { sessions, pieces, rows, mentions } = shows;
        let cpu = now(ClockId::ThreadCPUTime).saturating_sub(self.cpu);
        tracing::trace!(
            target: "baton_gui::frames",
            frame = self.number,
            begun_us = whole_micros(self.at),
            cpu_us = whole_micros(cpu),
            inputs = self.inputs,
            sessions,
            pieces,
            rows,
            mentions,
        );
    }
}

/// Whether a person did that, and not the desktop.
fn is_input(event: &Event) -> bool {
    matches!(
        event,
        Event::Key { pressed: true, .. }
            | Event::Text(_)
            | Event::PointerButton { .. }
            | Event::MouseWheel { .. }
    )
}

fn now(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    // Neither clock goes below zero.
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

fn whole_micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use tracing_subscriber::EnvFilter;

    use super::*;

    #[test]
    fn a_frame_is_told_to_who_asks_and_to_nobody_else() {
        let ctx = Context::default();
        let mut frames = Frames::default();
        assert!(frames.begin(&ctx).is_none());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let log = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("warn,baton_gui::frames=trace"))
            .with_ansi(false)
            .with_writer(Arc::new(std::fs::File::create(&path).unwrap()))
            .finish();
        tracing::subscriber::with_default(log, || {
            let shows = Shows { sessions: 3, pieces: 7, rows: 2, mentions: 1 };
            frames.begin(&ctx).unwrap().end(shows);
            frames.begin(&ctx).unwrap().end(Shows::default());
        });
        let told = std::fs::read_to_string(&path).unwrap();
        let (first, second) = told.split_once('\n').unwrap();
        assert!(first.contains(" baton_gui::frames: frame=0 begun_us="), "{first}");
        assert!(first.ends_with(" inputs=0 sessions=3 pieces=7 rows=2 mentions=1"), "{first}");
        assert!(second.contains(" frame=1 "), "{second}");
    }
}
