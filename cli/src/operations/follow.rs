//! `baton operations show` and `stop`: one operation, to its end.

use std::io::IsTerminal;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Operation, OperationCommand, OperationOutput, OperationReply, OperationState, Seam,
};
use serde_json::json;

use super::watched::{News, Watched};
use super::words::{self, Row};
use crate::exec::Leaving;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{Calm, clean_line};

/// Shows what it prints, to its end. The exit status is that of a command line, and 0 for other work that was done.
pub(super) async fn show(
    output: &Output,
    seam: &dyn Seam,
    operation: Operation,
) -> Result<u8, Stop> {
    let id = operation.id.clone();
    let mut leaving = Leaving::listen()?;
    let mut watched = Watched::new(seam, &id).await?;
    let mut screen = Screen {
        output,
        line: None,
        was_away: false,
        expected: 0,
        on_terminal: std::io::stdout().is_terminal(),
        calm: Calm::default(),
    };
    let over = loop {
        tokio::select! {
            biased;
            number = leaving.first() => {
                screen.erase();
                if !operation.state.is_over() {
                    let note = format!("left: `baton operations show {id}` shows it again, `baton operations stop {id}` ends it");
                    output.parting(note).await;
                }
                return Ok(128 + number);
            }
            news = watched.next() => match news? {
                News::Printed(piece) => screen.print(piece).await?,
                News::Stands(now) => screen.stands(&now),
                News::Over(over) => break *over,
                News::Forgotten => {
                    screen.erase();
                    let message = format!("operation {id} was forgotten");
                    return Err(Failure::new(Code::NotFound, message).into());
                }
                News::Unreadable(failure) => {
                    screen.erase();
                    return Err(failure.into());
                }
            },
        }
    };
    screen.erase();
    let rest = screen.calm.rest();
    if !rest.is_empty() {
        output.raw(false, rest.into_bytes()).await?;
    }
    ended(output, &over)
}

/// Says how it ended.
fn ended(output: &Output, over: &Operation) -> Result<u8, Stop> {
    if output.is_json() {
        output.document(&json!({ "type": "ended", "operation": Row::new(over) }))?;
    }
    match &over.state {
        OperationState::Done { outcome } => {
            if !output.is_json() {
                for line in [Some(&outcome.said), outcome.url.as_ref()].into_iter().flatten() {
                    if !line.is_empty() {
                        output.note(clean_line(line));
                    }
                }
                if let Some(why) = &outcome.failed {
                    output.note(format_args!("{}", clean_line(&why.message)));
                }
            }
            Ok(outcome.status.unwrap_or(exit::DONE))
        }
        // In JSON it was said.
        OperationState::Failed { why } if output.is_json() => Ok(exit::status(why.code)),
        OperationState::Failed { why } => Err(why.clone().into()),
        OperationState::Stopped => {
            if !output.is_json() {
                output.note("It was stopped.");
            }
            Ok(exit::INTERRUPTED)
        }
        OperationState::Waiting | OperationState::Running | OperationState::Away { .. } => {
            Ok(exit::DONE)
        }
    }
}

/// Asks it to stop, and waits until it has, or its host can't be reached.
pub(super) async fn stop(
    output: &Output,
    seam: &dyn Seam,
    operation: Operation,
) -> Result<u8, Stop> {
    let id = operation.id;
    let mut leaving = Leaving::listen()?;
    let mut watched = Watched::new(seam, &id).await?;
    let asked = super::command(seam, OperationCommand::Stop { id: id.clone() }).await?;
    let OperationReply::Operation(mut now) = asked else {
        return Err(crate::seam::odd(&orchestrator::seam::Reply::Operation(asked)).into());
    };
    while !now.state.is_over() {
        if let OperationState::Away { why } = &now.state {
            let message = format!("{}; it is stopped when its host is back", why.message);
            return Err(Failure { message, ..why.clone() }.into());
        }
        tokio::select! {
            news = watched.next() => match news? {
                News::Stands(told) | News::Over(told) => now = told,
                News::Forgotten => {
                    let message = format!("operation {id} was forgotten");
                    return Err(Failure::new(Code::NotFound, message).into());
                }
                News::Printed(_) | News::Unreadable(_) => {}
            },
            number = leaving.first() => return Ok(128 + number),
        }
    }
    let text = match &now.state {
        OperationState::Stopped => format!("Stopped {id}"),
        OperationState::Waiting
        | OperationState::Running
        | OperationState::Away { .. }
        | OperationState::Done { .. }
        | OperationState::Failed { .. } => format!("{id} had ended: {}", words::state(&now)),
    };
    output.answer(&Row::new(&now), text)?;
    Ok(exit::DONE)
}

/// What stands on the terminal.
struct Screen<'a> {
    output: &'a Output,
    /// The line of progress that goes away again.
    line: Option<String>,
    was_away: bool,
    /// Where the next byte of output should be.
    expected: u64,
    on_terminal: bool,
    calm: Calm,
}

impl Screen<'_> {
    fn erase(&mut self) {
        if self.line.take().is_some() {
            self.output.progress(None);
        }
    }

    async fn print(&mut self, piece: OperationOutput) -> Result<(), Stop> {
        self.erase();
        let OperationOutput { offset, bytes, .. } = piece;
        if offset > self.expected && !self.output.is_json() {
            self.output
                .note(format_args!("({} bytes before this are forgotten)", offset - self.expected));
        }
        self.expected = offset + bytes.len() as u64;
        if !self.output.is_json() {
            // In a pipe they are what they are; a terminal would do what they say.
            let bytes = if self.on_terminal { self.calm.read(&bytes).into_bytes() } else { bytes };
            return Ok(self.output.raw(false, bytes).await?);
        }
        let document = match std::str::from_utf8(&bytes) {
            Ok(text) => json!({ "type": "output", "offset": offset, "text": text }),
            Err(_) => {
                json!({ "type": "output", "offset": offset, "base64": STANDARD.encode(&bytes) })
            }
        };
        self.output.document(&document)
    }

    fn stands(&mut self, now: &Operation) {
        if self.output.is_json() {
            return;
        }
        match &now.state {
            OperationState::Away { why } if !self.was_away => {
                self.was_away = true;
                self.erase();
                self.output.note(format_args!(
                    "waiting for {}: {}",
                    now.host,
                    clean_line(&why.message)
                ));
            }
            OperationState::Running if self.was_away => {
                self.was_away = false;
                self.erase();
                self.output.note(format_args!("{} is back", now.host));
            }
            OperationState::Waiting
            | OperationState::Running
            | OperationState::Away { .. }
            | OperationState::Done { .. }
            | OperationState::Failed { .. }
            | OperationState::Stopped => {}
        }
        let Some(progress) = now.progress.as_ref().filter(|_| !now.state.is_over()) else { return };
        if std::io::stderr().is_terminal() {
            let line = words::progress(progress);
            self.output.progress(Some(&line));
            self.line = Some(line);
        }
    }
}
