//! A long transcript is scrolled, and a long answer arrives: the transcript's own frames, without a window.
//!
//! What is counted is what a frame of the program does with it: what came is put in, the view is laid out and shown,
//! egui ends the frame and makes triangles. Pieces are made before, and the one that is replaced is dropped afterwards,
//! both on a thread of their own, as the program does it: what is freed in ten thousand parts is put in order by the
//! next one who allocates beside it. Nothing is rasterized.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use baton_gui::fonts;
use baton_gui::theme::Theme;
use baton_gui::transcript::pieces::{piece, unfinished};
use baton_gui::transcript::{Older, Piece, Transcript, TranscriptData};
use egui::{Context, Pos2, RawInput, Rect, vec2};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use orchestrator::agent::{ToolCall, ToolStatus};
use orchestrator::seam::{
    Event, EventBody, MessageId, Partial, PartialKind, RunId, SessionId, TabId, TurnId, TurnStatus,
};
use serde_json::json;

use super::frames::{Costs, thread_cpu};
use crate::table::Row;
use crate::{Outcome, Scale};

/// Items of the transcript that is scrolled.
const ITEMS: u64 = 100_000;
/// Bytes of the answer.
const ANSWER: usize = 10 << 20;
/// What a frame of scrolling may take, in ms, 99 of 100 times.
const MARK_MS: f64 = 8.0;
/// What no frame may take while the answer arrives, in ms.
const MARK_ANSWER_MS: f64 = 16.0;
/// Pieces that the window takes in at once.
const TOGETHER: usize = 512;
/// How often an answer is told while it is written here.
const TELLINGS: usize = 100;

/// Measures both.
pub fn measure(scale: Scale) -> Outcome<Vec<Row>> {
    let mut rows = vec![scroll(scale)];
    let bytes = if scale.quick { ANSWER / 10 } else { ANSWER };
    let mib = bytes as f64 / f64::from(1 << 20);
    let whole = markdown(bytes);
    for (how, costs) in [
        ("at once", at_once(&whole)),
        ("in pieces of 2 KiB", in_pieces(&whole)),
        ("written bit by bit", bit_by_bit(&whole)),
    ] {
        let longest = costs.quantile(1.0);
        rows.push(Row {
            what: format!("{mib:.0} MiB of Markdown arrive {how}: a frame"),
            ours: costs.words(),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("each ≤ {MARK_ANSWER_MS} ms"), longest <= MARK_ANSWER_MS)),
        });
    }
    Ok(rows)
}

/// A transcript as large as the middle of a window of 1240 by 760 points, and frames of it.
struct Stage {
    ctx: Context,
    zone: TimeZone,
    frames: u64,
    transcript: Transcript,
}

impl Stage {
    fn new() -> Self {
        let ctx = Context::default();
        ctx.set_fonts(fonts::definitions());
        Theme::DARK.put(&ctx);
        let mut stage =
            Self { ctx, zone: TimeZone::UTC, frames: 0, transcript: Transcript::default() };
        // Fonts count from the second frame on, and letters are drawn when they are first seen.
        stage.transcript.put(items(200));
        for _ in 0..20 {
            stage.transcript.scroll_by(-300.0);
            stage.frame(|_| ());
        }
        stage.transcript.clear();
        stage
    }

    /// What a frame costs in which `news` are taken in first; what they give back is dropped behind it.
    fn frame<T: Send>(&mut self, news: impl FnOnce(&mut Transcript) -> T) -> Duration {
        let began = thread_cpu();
        let replaced = news(&mut self.transcript);
        self.frames += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(620.0, 560.0))),
            time: Some(self.frames as f64 / 60.0),
            ..RawInput::default()
        };
        let images = HashMap::new();
        let data = TranscriptData {
            now: Timestamp::UNIX_EPOCH,
            zone: &self.zone,
            agent: "Claude Code",
            host: "box",
            directory: "/srv/shop",
            show_reasoning: false,
            turn: None,
            older: Older::None,
            images: &images,
            keys: false,
        };
        let transcript = &mut self.transcript;
        let mut output = self.ctx.run_ui(input, |ui| {
            // Nobody wishes anything here.
            transcript.ui(ui, &data);
        });
        let triangles =
            self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let took = thread_cpu().saturating_sub(began);
        // There is nobody to upload them to.
        output.drop_without_applying_deltas();
        drop(triangles);
        on_a_worker(|| drop(replaced));
        took
    }
}

/// What a worker's thread does for the window; a panic there is one here.
fn on_a_worker<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let done = thread::scope(|scope| scope.spawn(work).join());
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn scroll(scale: Scale) -> Row {
    let count = if scale.quick { ITEMS / 10 } else { ITEMS };
    let steps = if scale.quick { 400 } else { 4_000 };
    let mut stage = Stage::new();
    stage.transcript.put(items(count));
    stage.frame(|_| ());
    let mut costs = Vec::new();
    // A wheel that is turned fast, a page a frame, and a bar that is dragged.
    for (by, times) in [(-120.0, steps), (-500.0, steps), (-40_000.0, steps / 40), (700.0, steps)] {
        for _ in 0..times {
            costs.push(stage.frame(|transcript| transcript.scroll_by(by)));
        }
    }
    let costs = Costs::of(costs);
    Row {
        what: format!("scrolling a transcript of {count} items: a frame"),
        ours: costs.words(),
        ssh: String::new(),
        ratio: None,
        mark: Some((format!("p99 ≤ {MARK_MS} ms"), costs.quantile(0.99) <= MARK_MS)),
    }
}

/// One event holds all of it.
fn at_once(whole: &str) -> Costs {
    let mut stage = begun();
    let pieces = on_a_worker(|| made(2, text(whole)));
    let mut costs = vec![stage.frame(|transcript| transcript.put(pieces))];
    costs.extend(look_around(&mut stage));
    Costs::of(costs)
}

/// An event for every few lines, as an agent sends them.
fn in_pieces(whole: &str) -> Costs {
    let mut stage = begun();
    let mut parts: Vec<String> = vec![String::new()];
    for line in whole.split_inclusive('\n') {
        if parts.last().is_some_and(|part| part.len() > 2_048) {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut() {
            last.push_str(line);
        }
    }
    let mut pieces = (2..).zip(&parts).flat_map(|(seq, part)| made(seq, text(part)));
    let mut costs = Vec::new();
    loop {
        let news: Vec<Piece> = on_a_worker(|| pieces.by_ref().take(TOGETHER).collect());
        if news.is_empty() {
            break;
        }
        costs.push(stage.frame(|transcript| transcript.put(news)));
    }
    costs.extend(look_around(&mut stage));
    Costs::of(costs)
}

/// The unfinished answer is told again and again, all of it each time, then it is finished.
fn bit_by_bit(whole: &str) -> Costs {
    let mut stage = begun();
    let mut costs = Vec::new();
    for telling in 1..=TELLINGS {
        let end = whole.floor_char_boundary(whole.len() * telling / TELLINGS);
        let partial = Partial {
            session: SessionId::new("s"),
            tab: TabId::new("t"),
            turn: TurnId::new("u"),
            kind: PartialKind::Text,
            text: whole.get(..end).unwrap_or_default().to_owned(),
        };
        let piece = on_a_worker(|| unfinished(&partial, 2, Timestamp::UNIX_EPOCH));
        costs.push(stage.frame(|transcript| transcript.set_unfinished(Some(piece))));
    }
    let pieces = on_a_worker(|| made(3, text(whole)));
    costs.push(stage.frame(|transcript| transcript.put(pieces)));
    costs.extend(look_around(&mut stage));
    Costs::of(costs)
}

fn begun() -> Stage {
    let mut stage = Stage::new();
    stage.transcript.put(made(1, question(1)));
    stage.frame(|_| ());
    stage
}

/// Frames after it came: at rest, and moved.
fn look_around(stage: &mut Stage) -> Vec<Duration> {
    let by = [0.0, 0.0, -300.0, -300.0, -100_000.0, -300.0, 300.0];
    by.into_iter().map(|by| stage.frame(|transcript| transcript.scroll_by(by))).collect()
}

fn made(seq: u64, body: EventBody) -> Vec<Piece> {
    let event = Event {
        seq,
        at: Timestamp::UNIX_EPOCH,
        session: SessionId::new("s"),
        tab: Some(TabId::new("t")),
        turn: Some(TurnId::new("u")),
        body,
    };
    piece(&event).into_iter().collect()
}

fn text(text: &str) -> EventBody {
    EventBody::Text { text: text.to_owned(), plain: false }
}

fn question(number: u64) -> EventBody {
    EventBody::TurnStarted {
        message: MessageId::new(format!("m{number}")),
        prompt: format!("Question {number}: why does the **first** test fail on the slow machine?"),
        images: 0,
        read_only: false,
        run: RunId::new("r"),
        synopsis: false,
    }
}

/// Turns as they are: a question, words with lists and code, commands with what they printed, an end.
fn items(count: u64) -> Vec<Piece> {
    (1..=count)
        .flat_map(|seq| {
            let body = match seq % 10 {
                1 => question(seq),
                0 => EventBody::TurnEnded {
                    status: TurnStatus::Done,
                    elapsed_ms: 12_345,
                    exit_status: Some(0),
                    text: String::new(),
                },
                3 | 6 => EventBody::ToolCall(ToolCall {
                    id: format!("call{seq}"),
                    name: "Bash".into(),
                    status: ToolStatus::Done,
                    input: json!({"command": "cargo test --workspace"}),
                    output: Some("test frame::tests::lines_come_whole ... ok\n".repeat(20)),
                }),
                5 => text(&markdown(1_500)),
                _ => text(&format!(
                    "Number {seq}: I have read `src/frame.rs` and will change **two** lines of it, since the scan \
                     stops at the first blank. Each of them stands in a function of its own."
                )),
            };
            made(seq, body)
        })
        .collect()
}

/// As much Markdown as that, and no more than a section above it: headings, paragraphs, lists, tables, code.
fn markdown(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 2_048);
    let mut number = 0;
    while text.len() < bytes {
        number += 1;
        text.push_str(&format!(
            "## Part {number}\n\nThe **parser** reads `{number}` lines at a time, *whole* ones, and hands them on; what is left \
             over waits for the next call. See [the notes](https://example.org/{number}) for why.\n\n\
             1. the frame is found\n2. its lines are counted\n   - blank ones, too\n3. the scan goes on\n\n\
             | step | took |\n| --- | ---: |\n| read | {number} ms |\n| scan | 2 ms |\n\n\
             ```rust\nfn scan(lines: &[&str]) -> usize {{\n    // \"quoted\", and number {number}\n    \
             lines.iter().filter(|line| !line.is_empty()).count()\n}}\n```\n\n> It was slower before.\n\n"
        ));
    }
    text
}
