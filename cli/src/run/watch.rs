//! Showing a run to its end, or until the person leaves.

use orchestrator::failure::{Code, Failure};
use orchestrator::run::{Follow, FollowEvent, Runs, Stream};
use orchestrator::seam::{LinkState, RunId};
use orchestrator::store::{RunState, Store};
use tokio::runtime::Handle;

use super::book::{self, Shown};
use super::show::Printer;
use crate::app::App;
use crate::exec::Leaving;
use crate::exit;
use crate::output::Stop;

/// What is shown, and where that is noted.
pub struct Watch<'a> {
    pub app: &'a App,
    pub store: &'a Store,
    pub runs: &'a Runs,
    pub run: RunId,
    pub printer: Printer,
    pub shown: Shown,
}

impl Watch<'_> {
    /// Shows it; returns our exit status.
    ///
    /// # Errors
    ///
    /// When it can't be followed or shown. The run itself goes on.
    pub async fn show(mut self, mut follow: Follow, leaving: &mut Leaving) -> Result<u8, Stop> {
        let (app, runs) = (self.app, self.runs);
        let mut asked_to_stop = false;
        loop {
            let is_due = self.shown.is_due();
            tokio::select! {
                event = follow.next() => {
                    let Some(event) = event else {
                        return Err(Failure::new(Code::Internal, "a run's events ended early").into());
                    };
                    // Our stdout may be slow, and signals are to be heard meanwhile.
                    let run = self.run.clone();
                    let mut told = Box::pin(self.tell(event));
                    let told = loop {
                        tokio::select! {
                            told = &mut told => break told,
                            (number, name) = leaving.next() => if name != "INT" || asked_to_stop {
                                return Ok(left(app, &run, number));
                            } else {
                                asked_to_stop = true;
                                interrupt(app, runs, &run);
                            },
                        }
                    };
                    if let Some(status) = told? {
                        return Ok(status);
                    }
                }
                () = tokio::time::sleep_until(self.shown.due()), if is_due => self.shown.save().await?,
                (number, name) = leaving.next() => {
                    if name != "INT" || asked_to_stop {
                        self.shown.save().await?;
                        return Ok(left(app, &self.run, number));
                    }
                    asked_to_stop = true;
                    interrupt(app, runs, &self.run);
                }
            }
        }
    }

    /// Prints an event and notes it; the exit status, when it was the last one.
    async fn tell(&mut self, event: FollowEvent) -> Result<Option<u8>, Stop> {
        match event {
            FollowEvent::Output { stream, offset, bytes } => {
                self.print(stream, offset, bytes).await?;
                if self.shown.due() <= tokio::time::Instant::now() {
                    self.shown.save().await?;
                }
                Ok(None)
            }
            FollowEvent::Link { state, why } => {
                self.printer.link(state, why.as_ref())?;
                match why {
                    // Nobody is there to mend it and press a button.
                    Some(why) if state == LinkState::Blocked => {
                        self.shown.save().await?;
                        self.app.output.note(attach_again(&self.run));
                        Err(why.into())
                    }
                    Some(_) | None => Ok(None),
                }
            }
            FollowEvent::Exited { status } => {
                let held = self.printer.held_back();
                self.printer.flush()?;
                self.shown.at.out += held.out;
                self.shown.at.err += held.err;
                self.printer.exited(status)?;
                self.shown.save().await?;
                book::set(self.store, &self.run, RunState::Ended, status).await?;
                Ok(Some(status.unwrap_or(1)))
            }
            FollowEvent::Failed(error) => {
                self.shown.save().await?;
                Err(Failure::from(error).into())
            }
        }
    }

    async fn print(&mut self, stream: Stream, offset: u64, bytes: Vec<u8>) -> Result<(), Stop> {
        let size = bytes.len() as u64;
        self.printer.bytes(stream, offset, bytes).await?;
        let held = self.printer.held_back();
        match stream {
            Stream::Out => self.shown.at.out = offset + size - held.out,
            Stream::Err => self.shown.at.err = offset + size - held.err,
        }
        Ok(())
    }
}

/// Sends INT in a task: a host that doesn't answer must not keep us from leaving.
fn interrupt(app: &App, runs: &Runs, run: &RunId) {
    app.output.note(format_args!("interrupting run {run}; Ctrl-C once more leaves it alone"));
    let (runs, run) = (runs.clone(), run.clone());
    Handle::current().spawn(async move {
        if let Err(error) = runs.interrupt(&run).await {
            tracing::warn!(%error, "could not interrupt");
        }
    });
}

fn left(app: &App, run: &RunId, number: u8) -> u8 {
    app.output.note(attach_again(run));
    if number == 2 { exit::INTERRUPTED } else { 128 + number }
}

fn attach_again(run: &RunId) -> String {
    format!("run {run} goes on; `baton attach {run}` shows the rest, `baton stop {run}` ends it")
}
