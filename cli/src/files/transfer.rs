//! A transfer as an operation of the engine: begun, watched to its end, stopped.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Delivery, Operation, OperationCommand, OperationQuery, OperationReply, OperationState,
    Outcome, Progress, Query, Reply, Request, Seam, Subscribe, Watch, Work,
};
use serde_json::json;

use crate::app::App;
use crate::output::{Output, Stop};
use crate::render::{clean_line, cut, duration};
use crate::seam;
use crate::watch::{Console, Told, signals};

/// What is done sooner needs no progress on a terminal.
const WORTH_SHOWING: Duration = Duration::from_millis(300);

/// How often it is looked whether still something comes.
const LOOK: Duration = Duration::from_secs(1);

/// Where nothing came for so long, that is said in place of a speed that was: a link may take a minute until it counts as lost.
const STILL: Duration = Duration::from_secs(5);

/// Bytes that are told of at once: the engine's pieces.
const PIECE: u64 = 256 << 10;

/// The same where it isn't known yet how long a piece takes.
const UNKNOWN: Duration = Duration::from_secs(15);

/// How long a transfer that is stopped may take to leave what it has.
const PARTING: Duration = Duration::from_secs(10);

/// Begins `work` and shows it to its end.
///
/// # Errors
///
/// Why it failed; [`Stop::Told`] when a person stopped it, and everything was said.
pub async fn carry(app: &App, work: Work) -> Result<Outcome, Stop> {
    let engine = app.engine().await?;
    let mut told = signals()?;
    // What a process that was killed has left under way is gone on with by then.
    let begun = match under_way(&*engine, &work).await? {
        Some(begun) => begun,
        None => operation(&*engine, OperationCommand::Start(work)).await?,
    };
    let watched = Subscribe { watch: Some(Watch::Operations), ..Subscribe::default() };
    let mut news = engine.subscribe(watched).await?;
    let mut shown = Shown::new(app.output.clone());
    let mut look = tokio::time::interval(LOOK);
    let mut stopping: Option<(Instant, u8)> = None;
    let result = loop {
        let patience =
            stopping.map_or(Duration::MAX, |(since, _)| PARTING.saturating_sub(since.elapsed()));
        tokio::select! {
            next = news.next() => match next {
                Some(Ok(Delivery::Operation(now))) if now.id == begun.id => {
                    if let Some(end) = shown.take(*now)? {
                        break end;
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(failure)) => break Err(failure.into()),
                None => break Err(gone(&begun.id).into()),
            },
            signal = told.recv() => {
                let (Some(Told::Interrupt(signal)) | Some(Told::Leave(signal))) = signal else {
                    continue;
                };
                if stopping.is_some() || matches!(signal, 1 | 15) {
                    break left(app, &begun.id, signal).await;
                }
                stopping = Some((Instant::now(), signal));
                let stop = OperationCommand::Stop { id: begun.id.clone() };
                operation(&*engine, stop).await?;
            }
            _ = look.tick() => shown.look(),
            () = tokio::time::sleep(patience) => {
                break left(app, &begun.id, stopping.map_or(2, |(_, signal)| signal)).await;
            }
        }
    };
    shown.clear();
    match result {
        Ok(Some(outcome)) => Ok(outcome),
        Ok(None) => {
            let signal = stopping.map_or(2, |(_, signal)| signal);
            app.output
                .parting(
                    "stopped: what has arrived is kept, and the same command goes on from there",
                )
                .await;
            Err(Stop::Told(128 + signal))
        }
        Err(stop) => Err(stop),
    }
}

/// We go, and it is not stopped.
async fn left(app: &App, id: &str, signal: u8) -> Result<Option<Outcome>, Stop> {
    app.output
        .parting(format_args!(
            "left: the next baton goes on with it; `baton operations stop {id}` stops it"
        ))
        .await;
    Err(Stop::Told(128 + signal))
}

fn gone(id: &str) -> Failure {
    Failure::new(Code::Internal, "the engine has ended in the middle of the transfer")
        .hint(format!("The next baton goes on with it: `baton operations show {id}`"))
}

/// The same work, where it is under way already.
async fn under_way(seam: &dyn Seam, work: &Work) -> Result<Option<Operation>, Failure> {
    match seam.call(Request::query(Query::Operation(OperationQuery::List))).await? {
        Reply::Operation(OperationReply::Operations(all)) => {
            Ok(all.into_iter().find(|one| !one.state.is_over() && one.work == *work))
        }
        other => Err(seam::odd(&other)),
    }
}

async fn operation(seam: &dyn Seam, command: OperationCommand) -> Result<Operation, Failure> {
    match seam.call(Request::command(Command::Operation(command))).await? {
        Reply::Operation(OperationReply::Operation(operation)) => Ok(*operation),
        other => Err(seam::odd(&other)),
    }
}

/// What a person or a program sees meanwhile.
struct Shown {
    output: Output,
    on_terminal: bool,
    since: Instant,
    /// Where it began, and when: a resumed one has bytes that nobody sent now.
    first: Option<(Instant, u64)>,
    last: Option<Progress>,
    /// When that came.
    moved: Instant,
    away: Option<Failure>,
}

impl Shown {
    fn new(output: Output) -> Self {
        let on_terminal = !output.is_json() && std::io::stderr().is_terminal();
        let now = Instant::now();
        Self { output, on_terminal, since: now, first: None, last: None, moved: now, away: None }
    }

    /// Shows how it stands; its end, once it has one. `None` within is one that was stopped.
    fn take(&mut self, now: Operation) -> Result<Option<Result<Option<Outcome>, Stop>>, Stop> {
        self.progress(now.progress)?;
        match now.state {
            OperationState::Waiting | OperationState::Running => {
                if self.away.take().is_some() {
                    self.link(None)?;
                }
                Ok(None)
            }
            OperationState::Away { why } => {
                if self.away.as_ref() != Some(&why) {
                    self.link(Some(&why))?;
                    self.away = Some(why);
                }
                Ok(None)
            }
            OperationState::Done { outcome } => Ok(Some(Ok(Some(outcome)))),
            OperationState::Failed { why } => Ok(Some(Err(why.into()))),
            OperationState::Stopped => Ok(Some(Ok(None))),
        }
    }

    fn progress(&mut self, progress: Option<Progress>) -> Result<(), Stop> {
        let Some(now) = progress.filter(|now| self.last.as_ref() != Some(now)) else {
            return Ok(());
        };
        if self.first.is_none() && now.bytes {
            self.first = Some((Instant::now(), now.done));
        }
        if self.output.is_json() {
            self.output.document(&json!({
                "type": "progress", "doing": now.doing, "done_bytes": now.done, "of_bytes": now.of,
            }))?;
        }
        self.moved = Instant::now();
        self.draw(&now);
        self.last = Some(now);
        Ok(())
    }

    /// Says where nothing comes any more.
    fn look(&self) {
        if let Some(last) = self.last.as_ref().filter(|_| self.away.is_none()) {
            self.draw(last);
        }
    }

    fn draw(&self, now: &Progress) {
        if self.on_terminal && self.since.elapsed() >= WORTH_SHOWING {
            let line = cut(&self.line(now), Console::columns().saturating_sub(1));
            self.output.progress(Some(&line));
        }
    }

    fn line(&self, now: &Progress) -> String {
        let mut parts = vec![clean_line(&now.doing)];
        match now.of {
            Some(of) if of > 0 => {
                let percent = now.done.saturating_mul(100) / of;
                parts.push(format!("{percent:3} %"));
                parts.push(bar(now.done, of));
                parts.push(format!("{} of {}", size(now.done), size(of)));
            }
            _ => parts.push(size(now.done)),
        }
        if let Some((since, from)) = self.first {
            let sent = now.done.saturating_sub(from);
            let left = now.of.map(|of| of.saturating_sub(now.done));
            parts.extend(pace(sent, since.elapsed(), left, self.moved.elapsed()));
        }
        parts.join("  ")
    }

    /// The link is lost, or back.
    fn link(&mut self, why: Option<&Failure>) -> Result<(), Stop> {
        if self.output.is_json() {
            let state = if why.is_some() { "lost" } else { "restored" };
            return self.output.document(&json!({ "type": "link", "state": state, "why": why }));
        }
        self.clear();
        match why {
            Some(why) => {
                self.output.note(format_args!("waiting: {}", clean_line(&why.message)));
                if let Some(hint) = &why.hint {
                    self.output.note(format_args!("hint: {}", clean_line(hint)));
                }
            }
            None => self.output.note("going on"),
        }
        Ok(())
    }

    fn clear(&self) {
        if self.on_terminal {
            self.output.progress(None);
        }
    }
}

/// How fast it goes, where so much was sent in that time, and how long what is `left` takes; or how long nothing has come.
fn pace(sent: u64, took: Duration, left: Option<u64>, still: Duration) -> Vec<String> {
    let each = |time: Duration| {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        sent.saturating_mul(1000) / millis
    };
    // As it went until then, a piece takes so long; where none has come yet, nobody knows.
    let piece = match each(took.saturating_sub(still)) {
        0 => UNKNOWN,
        rate => Duration::from_secs(2 * PIECE / rate),
    };
    if still >= piece.max(STILL) && left != Some(0) {
        return vec![format!("nothing for {} s", still.as_secs())];
    }
    match each(took) {
        0 => Vec::new(),
        rate => {
            let left =
                left.map(|left| format!("{} left", duration(left.saturating_mul(1000) / rate)));
            [Some(format!("{}/s", size(rate))), left].into_iter().flatten().collect()
        }
    }
}

/// Twenty cells.
fn bar(done: u64, of: u64) -> String {
    let full = usize::try_from(done.min(of).saturating_mul(20) / of.max(1)).unwrap_or(20);
    format!("[{}{}]", "#".repeat(full), "-".repeat(20 - full.min(20)))
}

/// Bytes for people, in powers of 1024.
pub fn size(bytes: u64) -> String {
    let mut value = bytes;
    let mut rest = 0;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024 {
            return match unit {
                "B" => format!("{value} B"),
                _ => format!("{value}.{} {unit}", rest * 10 / 1024),
            };
        }
        rest = value % 1024;
        value /= 1024;
    }
    format!("{value}.{} TiB", rest * 10 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_gives_way_to_how_long_nothing_has_come() {
        let second = Duration::from_secs(1);
        let going = pace(2 << 20, 2 * second, Some(5 << 20), second);
        assert_eq!(going, ["1.0 MiB/s", "5.0 s left"]);
        assert_eq!(pace(2 << 20, 2 * second, None, second), ["1.0 MiB/s"]);
        assert_eq!(pace(0, 2 * second, Some(9), second), [""; 0]);
        assert_eq!(pace(2 << 20, 9 * second, Some(5 << 20), 7 * second), ["nothing for 7 s"]);
        assert_eq!(pace(0, 20 * second, Some(9), 20 * second), ["nothing for 20 s"]);
        // On a slow link a piece takes its time.
        let slow = pace(512 << 10, 23 * second, None, 7 * second);
        assert_eq!(slow, ["22.2 KiB/s"]);
        assert_eq!(pace(512 << 10, 33 * second, None, 17 * second), ["nothing for 17 s"]);
        // All was sent: what is done with it now is no matter of the link.
        assert_eq!(pace(2 << 20, 2 * second, Some(0), 7 * second)[0], "1.0 MiB/s");
    }

    #[test]
    fn sizes_and_bars_are_for_people() {
        let sizes = [0, 1023, 1024, 1536, 256 << 20, (5 << 40) + (1 << 39)].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "256.0 MiB", "5.5 TiB"]);
        assert_eq!(bar(0, 10), "[--------------------]");
        assert_eq!(bar(5, 10), "[##########----------]");
        assert_eq!(bar(20, 10), "[####################]");
    }
}
