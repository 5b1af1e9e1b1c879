//! An operation that is begun here and watched to its end. It goes on without us.

use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Operation, OperationCommand, OperationReply, OperationState, Outcome, Reply, Request,
    Seam, Work,
};
use serde_json::{Value, json};

use crate::app::App;
use crate::exec::Leaving;
use crate::exit;
use crate::operations::watched::{News, Watched};
use crate::operations::words;
use crate::output::Stop;
use crate::render::{clean, clean_line, cut};
use crate::watch::Console;

/// When a person is told what they wait for.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// What came of an operation.
#[derive(Debug)]
pub struct Carried {
    /// As it stood at its end.
    pub operation: Operation,
    /// What it was done with.
    pub outcome: Outcome,
}

/// Begins a work, shows it to its end, and says what came of it. `Err(Stop::Told)` when the person left, or stopped it.
///
/// # Errors
///
/// Why it failed, or can't be watched: then it goes on.
pub async fn carry(app: &App, work: Work) -> Result<Carried, Stop> {
    let mut leaving = Leaving::listen()?;
    let seam = app.engine().await?;
    let operation = tokio::select! {
        operation = start(&*seam, work) => operation?,
        number = leaving.first() => {
            app.output.note("left before it was known to be begun; `baton operations` tells whether it was");
            return Err(Stop::Told(128 + number));
        }
    };
    let watched = Watched::new(&*seam, &operation.id).await?;
    Showing { app, seam, operation, watched, line: Vec::new(), drawn: false }
        .show_to_end(&mut leaving)
        .await
}

async fn start(seam: &dyn Seam, work: Work) -> Result<Operation, Failure> {
    told(seam, OperationCommand::Start(work)).await
}

/// Asks for what answers with an operation.
async fn told(seam: &dyn Seam, command: OperationCommand) -> Result<Operation, Failure> {
    match seam.call(Request::command(Command::Operation(command))).await? {
        Reply::Operation(OperationReply::Operation(operation)) => Ok(*operation),
        other => Err(crate::seam::odd(&other)),
    }
}

struct Showing<'a> {
    app: &'a App,
    seam: Arc<dyn Seam>,
    operation: Operation,
    watched: Watched,
    /// The line of output that isn't ended yet.
    line: Vec<u8>,
    /// Whether a line of progress stands on the terminal.
    drawn: bool,
}

impl Showing<'_> {
    async fn show_to_end(mut self, leaving: &mut Leaving) -> Result<Carried, Stop> {
        let mut stopping = false;
        let begun = tokio::time::Instant::now();
        let mut slow = false;
        while !self.operation.state.is_over() {
            tokio::select! {
                biased;
                (number, name) = leaving.next() => {
                    if name != "INT" || stopping {
                        return Err(self.left(number));
                    }
                    stopping = true;
                    self.stop();
                }
                news = self.watched.next() => match news {
                    Ok(News::Printed(piece)) => self.print(&piece.bytes),
                    Ok(News::Stands(operation)) => {
                        self.operation = *operation;
                        self.draw(slow);
                    }
                    Ok(News::Over(operation)) => self.operation = *operation,
                    Ok(News::Forgotten) => {
                        self.clear();
                        return Err(Failure::new(Code::NotFound, "the operation was forgotten meanwhile")
                            .hint("What runs on the host goes on; look there what came of it").into());
                    }
                    Ok(News::Unreadable(failure)) => {
                        tracing::warn!(%failure, "what an operation prints can't be shown");
                    }
                    Err(failure) => return Err(self.lost(failure)),
                },
                () = tokio::time::sleep_until(begun + WORTH_SAYING), if !slow => {
                    slow = true;
                    self.draw(slow);
                }
            }
        }
        self.print(b"\n");
        self.clear();
        match self.operation.state.clone() {
            OperationState::Done { outcome } => Ok(Carried { operation: self.operation, outcome }),
            OperationState::Failed { why } => Err(why.into()),
            OperationState::Waiting
            | OperationState::Running
            | OperationState::Away { .. }
            | OperationState::Stopped => {
                let message = "it was stopped; what it had done until then stays";
                Err(Failure::new(Code::Cancelled, message).on(self.operation.host.clone()).into())
            }
        }
    }

    /// Asks it to stop, in a task: a host that doesn't answer must not keep us from leaving.
    fn stop(&mut self) {
        self.clear();
        self.app.output.note("stopping it; Ctrl-C once more leaves it alone");
        let (seam, id) = (Arc::clone(&self.seam), self.operation.id.clone());
        tokio::spawn(async move {
            if let Err(failure) = told(&*seam, OperationCommand::Stop { id }).await {
                tracing::warn!(%failure, "could not stop an operation");
            }
        });
    }

    fn left(&mut self, number: u8) -> Stop {
        self.clear();
        self.app.output.note(self.goes_on());
        Stop::Told(if number == 2 { exit::INTERRUPTED } else { 128 + number })
    }

    fn lost(&mut self, failure: Failure) -> Stop {
        self.clear();
        self.app.output.note(self.goes_on());
        failure.into()
    }

    fn goes_on(&self) -> String {
        let Operation { id, host, .. } = &self.operation;
        let host = crate::render::host(host);
        format!(
            "it goes on on {host}; `baton operations show {id}` shows the rest, `baton operations stop {id}` ends it"
        )
    }

    /// Shows whole lines of output, without progress: that has a line of its own.
    fn print(&mut self, bytes: &[u8]) {
        if self.app.output.is_json() {
            return;
        }
        for byte in bytes {
            match byte {
                // What comes next is written over it.
                b'\r' => self.line.clear(),
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    let text = String::from_utf8_lossy(&line);
                    // Servers clear the line behind their words.
                    let text = text.trim_end_matches("\x1b[K").trim_end();
                    if !text.is_empty() {
                        self.clear();
                        self.app.output.note(clean(text));
                    }
                }
                byte => self.line.push(*byte),
            }
        }
    }

    /// Draws how far it is, where somebody sees it.
    fn draw(&mut self, slow: bool) {
        let doing = match &self.operation.state {
            OperationState::Waiting if slow => "waiting for what is at work there".to_owned(),
            OperationState::Away { why } => format!("out of reach: {}", clean_line(&why.message)),
            OperationState::Running => match &self.operation.progress {
                Some(progress) => words::progress(progress),
                None if slow => "at work".to_owned(),
                None => return,
            },
            OperationState::Waiting
            | OperationState::Done { .. }
            | OperationState::Failed { .. }
            | OperationState::Stopped => return,
        };
        if self.app.output.is_json() || !stderr().is_terminal() {
            return;
        }
        self.drawn = true;
        self.app.output.progress(Some(&cut(&doing, Console::columns().saturating_sub(1))));
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            self.app.output.progress(None);
        }
    }
}

/// What came of an operation as JSON.
pub fn document(carried: &Carried) -> Value {
    let Carried { operation, outcome } = carried;
    json!({
        "operation": operation.id,
        "host": operation.host,
        "said": outcome.said,
        "url": outcome.url,
        "path": outcome.path,
        "branch_mismatch": outcome.branch_mismatch,
        "session": outcome.session,
        "failed": outcome.failed,
    })
}

/// Says on stdout what came of it: the JSON, or `text` where there is one; what failed beside it gives the status.
///
/// # Errors
///
/// When it can't be printed.
pub fn answer(app: &App, carried: &Carried, text: Option<&str>) -> Result<u8, Stop> {
    if app.output.is_json() {
        app.output.document(&document(carried))?;
    } else if let Some(text) = text {
        app.output.line(text)?;
    }
    match &carried.outcome.failed {
        None => Ok(exit::DONE),
        Some(failure) if app.output.is_json() => Ok(exit::status(failure.code)),
        Some(failure) => Err(failure.clone().into()),
    }
}
