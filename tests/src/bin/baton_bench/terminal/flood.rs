//! `cat` of a large file, until the last of it and the prompt behind it stand on the screen; and what drawing costs meanwhile.
//!
//! The other side is Alacritty's core alone, fed with the same bytes, without a screen, a shell or a way.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use alacritty_terminal::Term;
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::Config;
use alacritty_terminal::vte::ansi::Processor;
use baton_gui::view::terminal::PATIENCE;
use futures::FutureExt;
use tokio::sync::Mutex;

use super::frames::{MARK_MS, Stage};
use super::shell::{COLUMNS, ROWS, Shell};
use crate::bed::Bed;
use crate::desk::Desk;
use crate::rounds::{Method, take_turns};
use crate::table::Row;
use crate::window::frames::Costs;
use crate::{Outcome, Scale};

/// Bytes of the file, and of a quick run's.
const BYTES: usize = 100_000_000;
const BYTES_QUICK: usize = 20_000_000;

/// At 50 ms a link carries some 35 MiB/s: less is as good.
const BYTES_FAR: usize = 20_000_000;

/// Lines that are kept above the screen.
const SCROLLBACK: usize = 50_000;

/// The share of the core's speed that ours must have.
const MARK: f64 = 0.7;

/// Between two frames of a window.
const FRAME: Duration = Duration::from_millis(16);

/// Measures it, kept by tmux and plain.
pub async fn measure(bed: &Bed, desk: &Desk, scale: Scale) -> Outcome<Vec<Row>> {
    let bytes = match (bed.is_far(), scale.quick) {
        (true, _) => BYTES_FAR,
        (false, true) => BYTES_QUICK,
        (false, false) => BYTES,
    };
    let mut file = tempfile::Builder::new().prefix("bb").tempfile_in("/tmp")?;
    let text = log(bytes);
    file.write_all(&text)?;
    file.flush()?;
    // As the host's terminal writes it.
    let printed = Arc::new(String::from_utf8(text)?.replace('\n', "\r\n").into_bytes());
    let kept = Mutex::new(Shell::open(desk, true).await?);
    let plain = Mutex::new(Shell::open(desk, false).await?);
    let path = file.path();
    let methods = [
        Method::new("kept by tmux", || flood(&kept, path, bytes).boxed()),
        Method::new("plain", || flood(&plain, path, bytes).boxed()),
        Method::new("Alacritty's core alone", || alone(Arc::clone(&printed)).boxed()),
    ];
    let samples = take_turns(scale.share(8), &methods).await?;
    let [ours @ .., core] = &samples[..] else { return Err("a method is missing".into()) };
    let mut rows: Vec<Row> = ours
        .iter()
        .map(|sample| {
            let ratio = sample.ratio_to(core);
            Row {
                what: format!("terminal, {}: `cat` of {} MB", sample.name, bytes / 1_000_000),
                ours: sample.spread("MB/s"),
                ssh: format!("{}: {}", core.name, core.spread("MB/s")),
                ratio: Some(ratio),
                // The link's speed is no measure of ours.
                mark: (!bed.is_far()).then(|| (format!("≥ {MARK}"), ratio >= MARK)),
            }
        })
        .collect();
    drop(methods);
    let (mut kept, mut plain) = (kept.into_inner(), plain.into_inner());
    if !bed.is_far() {
        for (how, shell) in [("kept by tmux", &mut kept), ("plain", &mut plain)] {
            let costs = frames(shell, path).await?;
            let longest = costs.quantile(1.0);
            rows.push(Row {
                what: format!("terminal, {how}: a frame of the view while `cat` floods"),
                ours: costs.words(),
                ssh: String::new(),
                ratio: None,
                mark: Some((format!("each ≤ {MARK_MS} ms"), longest <= MARK_MS)),
            });
        }
    }
    kept.close().await?;
    plain.close().await?;
    Ok(rows)
}

/// MB a second of one `cat`, until the prompt is there with as many lines above it as are kept, whatever was left out on the way.
async fn flood(shell: &Mutex<Shell<'_>>, path: &Path, bytes: usize) -> Outcome<f64> {
    let mut shell = shell.lock().await;
    let start = Instant::now();
    shell.cat(path).await?;
    shell.until(|screen| screen.scrollback() >= SCROLLBACK).await?;
    let took = start.elapsed().as_secs_f64();
    Ok(bytes as f64 / 1e6 / took)
}

/// MB a second of the emulator that ours is built on, in chunks of a pipe's size.
async fn alone(printed: Arc<Vec<u8>>) -> Outcome<f64> {
    let fed = tokio::task::spawn_blocking(move || {
        let config = Config { scrolling_history: SCROLLBACK, ..Config::default() };
        let mut term = Term::new(config, &Cells, VoidListener);
        let mut processor: Processor = Processor::new();
        let start = Instant::now();
        for chunk in printed.chunks(64 << 10) {
            processor.advance(&mut term, chunk);
        }
        let took = start.elapsed().as_secs_f64();
        // A line's end counts as that of the file.
        let ends = printed.iter().filter(|byte| **byte == b'\r').count();
        (printed.len() - ends) as f64 / 1e6 / took
    });
    Ok(fed.await?)
}

struct Cells;

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        ROWS.into()
    }

    fn screen_lines(&self) -> usize {
        ROWS.into()
    }

    fn columns(&self) -> usize {
        COLUMNS.into()
    }
}

/// What frames cost while it floods: what they wait for the screen, and their own time of the processor.
async fn frames(shell: &mut Shell<'_>, path: &Path) -> Outcome<Costs> {
    let (screen, is_over) = (Arc::clone(&shell.screen), Arc::new(AtomicBool::new(false)));
    let over = Arc::clone(&is_over);
    let (ready, draws) = tokio::sync::oneshot::channel();
    let drawing = std::thread::Builder::new().name("frames".into()).spawn(move || {
        let mut stage = Stage::new();
        let mut costs = Vec::new();
        ready.send(()).ok(); // Who waits for it has given up.
        while !over.load(Ordering::Acquire) {
            let begun = Instant::now();
            // As the window's own frames.
            let mut found = screen.draw_within(PATIENCE);
            let waited = begun.elapsed();
            costs.push(waited + stage.frame(found.as_deref_mut()));
            drop(found);
            // A window's frames come so often; one more now and then changes nothing.
            std::thread::park_timeout(FRAME.saturating_sub(begun.elapsed()));
        }
        costs
    })?;
    draws.await?;
    let printed = shell.cat(path).await;
    is_over.store(true, Ordering::Release);
    let costs = drawing.join().map_err(|_| "the drawing thread panicked")?;
    printed?;
    Ok(Costs::of(costs))
}

/// So many bytes of lines as a build prints them: 20 to 110 letters, some of them coloured.
fn log(bytes: usize) -> Vec<u8> {
    const WORDS: [&str; 8] =
        ["Compiling", "crate", "src/transport/link.rs", "warning:", "in", "0.25s", "of", "(naïve)"];
    let mut random = fastrand::Rng::with_seed(6);
    let mut text = Vec::with_capacity(bytes + 256);
    while text.len() < bytes {
        let (start, length) = (text.len(), random.usize(20..110));
        let is_coloured = random.u8(0..10) == 0;
        if is_coloured {
            text.extend_from_slice(b"\x1b[1;32m");
        }
        while text.len() - start < length {
            text.extend_from_slice(WORDS[random.usize(0..WORDS.len())].as_bytes());
            text.push(b' ');
        }
        if is_coloured {
            text.extend_from_slice(b"\x1b[0m");
        }
        text.push(b'\n');
    }
    text
}
