//! An operation that is begun here and watched to its end. It goes on without us.

use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Delivery, Operation, OperationCommand, OperationReply, OperationState, Outcome,
    Progress, Reply, Request, Seam, Subscribe, Subscription, Watch, Work,
};
use serde_json::{Value, json};

use crate::app::App;
use crate::exec::Leaving;
use crate::exit;
use crate::output::Stop;
use crate::render::{clean, clean_line, count, cut};
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
    let follow = |watch| Subscribe { watch: Some(watch), ..Subscribe::default() };
    let states = seam.subscribe(follow(Watch::Operations)).await?;
    let of = Watch::Output { id: operation.id.clone(), offset: 0 };
    let output = seam.subscribe(follow(of)).await?;
    Showing { app, seam, operation, states, output, line: Vec::new(), drawn: false }
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
    states: Subscription,
    output: Subscription,
    /// The line of output that isn't ended yet.
    line: Vec<u8>,
    /// Whether a line of progress stands on the terminal.
    drawn: bool,
}

impl Showing<'_> {
    async fn show_to_end(mut self, leaving: &mut Leaving) -> Result<Carried, Stop> {
        let mut stopping = false;
        let mut has_output = true;
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
                delivery = self.output.next(), if has_output => match delivery {
                    Some(Ok(Delivery::Output(piece))) => self.print(&piece.bytes),
                    // Its end comes behind the last piece.
                    Some(Ok(Delivery::Operation(operation))) => {
                        self.operation = *operation;
                        has_output = !self.operation.state.is_over();
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => has_output = false,
                },
                delivery = self.states.next() => match delivery {
                    Some(Ok(Delivery::Operation(operation))) if operation.id == self.operation.id => {
                        self.operation = *operation;
                        self.draw(slow);
                    }
                    Some(Ok(Delivery::Forgotten { operation })) if operation == self.operation.id => {
                        self.clear();
                        return Err(Failure::new(Code::NotFound, "the operation was forgotten meanwhile")
                            .hint("What runs on the host goes on; look there what came of it").into());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(failure)) => return Err(self.lost(failure)),
                    None => return Err(self.lost(Failure::new(Code::Internal, "the engine has ended"))),
                },
                () = tokio::time::sleep_until(begun + WORTH_SAYING), if !slow => {
                    slow = true;
                    self.draw(slow);
                }
            }
        }
        // What was printed last comes on its own way.
        while has_output {
            match tokio::time::timeout(WORTH_SAYING, self.output.next()).await {
                Ok(Some(Ok(Delivery::Output(piece)))) => self.print(&piece.bytes),
                Ok(Some(Ok(Delivery::Operation(_)) | Err(_)) | None) | Err(_) => has_output = false,
                Ok(Some(Ok(_))) => {}
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
                Some(progress) => far(progress),
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

/// How far it is.
fn far(progress: &Progress) -> String {
    let doing = clean_line(&progress.doing);
    match progress.of {
        Some(of) if of > 0 => {
            let percent = progress.done.saturating_mul(100) / of;
            format!("{doing} · {percent} % · {} of {}", count(progress.done), count(of))
        }
        Some(_) | None => doing,
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

/// Says on stdout what came of it: the JSON, or `text`; what failed beside it gives the status.
///
/// # Errors
///
/// When it can't be printed.
pub fn answer(app: &App, carried: &Carried, text: &str) -> Result<u8, Stop> {
    if app.output.is_json() {
        app.output.document(&document(carried))?;
    } else {
        app.output.line(text)?;
    }
    match &carried.outcome.failed {
        None => Ok(exit::DONE),
        Some(failure) if app.output.is_json() => Ok(exit::status(failure.code)),
        Some(failure) => Err(failure.clone().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_one_short_line() {
        let at =
            |done, of| far(&Progress { doing: "Writing objects".into(), done, of, bytes: false });
        assert_eq!(at(1, Some(4)), "Writing objects · 25 % · 1 of 4");
        assert_eq!(at(7, None), "Writing objects");
        assert_eq!(at(0, Some(0)), "Writing objects");
    }
}
