//! `empty-window`: a window that shows nothing, as large as Baton's: what every eframe program costs on this machine.
//!
//! Prints `drawn N` once its first frame is on the screen: N is the system's monotonic clock, in microseconds.
#![allow(clippy::print_stderr, reason = "a program says what it does")]

use std::io::Write;
use std::process::ExitCode;

use eframe::NativeOptions;
use egui::{Ui, ViewportBuilder};
use rustix::time::{ClockId, clock_gettime};

#[derive(Debug, Default)]
struct Empty {
    frames: u64,
}

impl eframe::App for Empty {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        match self.frames {
            // Its own beginning says when the one before was drawn.
            0 => ui.ctx().request_repaint(),
            1 => tell(),
            _ => {}
        }
        self.frames += 1;
    }
}

fn tell() {
    let now = clock_gettime(ClockId::Monotonic);
    let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "drawn {micros}").and_then(|()| out.flush()) {
        eprintln!("error: nobody reads: {error}");
    }
}

fn main() -> ExitCode {
    // As `baton-gui` opens its own.
    let viewport = ViewportBuilder::default().with_title("Empty").with_inner_size([1240.0, 760.0]);
    let options = NativeOptions { viewport, ..NativeOptions::default() };
    match eframe::run_native("Empty", options, Box::new(|_| Ok(Box::<Empty>::default()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: no window can be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
