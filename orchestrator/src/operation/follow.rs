//! Following an operation's run to its end: output is kept, progress is told, a stop is passed on.

use tokio::sync::watch;

use super::drive::{Driver, Ending};
use super::job::JobReader;
use super::queues::Turn;
use super::scrub::Scrub;
use super::stopping::Stopping;
use crate::failure::Failure;
use crate::run::{Follow, FollowEvent, Runs, Stream};
use crate::seam::{LinkState, OperationState};

/// Bytes that a reader gets at once of what a former engine has heard.
const PIECE: u64 = 64 << 10;

/// Bytes of the end of the output that a reader judges by.
const TAIL: u64 = 64 << 10;

impl Driver<'_> {
    /// Follows the run to its end, and says how the operation ended. Its `turn` in the repository it may give up earlier.
    pub(super) async fn follow(
        &mut self,
        runs: &Runs,
        mut follow: Follow,
        mut reader: Box<dyn JobReader>,
        is_git: bool,
        turn: &mut Option<Turn>,
    ) -> Result<Result<OperationState, Failure>, Ending> {
        self.heard_before(&mut reader).await;
        let run = follow.run().clone();
        let mut scrub = is_git.then(Scrub::default);
        let mut stopping = Stopping::Not;
        let mut may_be_stopped = true;
        let mut stop = self.stop.clone();
        let ended = loop {
            tokio::select! {
                biased;
                () = self.shop.ended() => return Err(Ending),
                is_asked = is_asked_to_stop(&mut stop), if may_be_stopped => {
                    may_be_stopped = false;
                    if is_asked {
                        stopping = Stopping::Due;
                    }
                }
                () = stopping.done(runs, &run) => {}
                event = follow.next() => match event {
                    Some(FollowEvent::Output { stream, bytes, .. }) => {
                        let bytes = match &mut scrub {
                            Some(scrub) if stream == Stream::Out => scrub.take(&bytes),
                            Some(_) | None => bytes,
                        };
                        let progress = match stream {
                            Stream::Out => reader.chunk(&bytes),
                            Stream::Err => reader.told(&bytes),
                        };
                        if reader.is_done_with_repository() {
                            drop(turn.take());
                        }
                        if stream == Stream::Out {
                            self.tape.append(bytes).await;
                            self.shop.board.printed(self.id);
                        }
                        if let Some(progress) = progress {
                            self.shop.board.progress(self.id, progress);
                        }
                    }
                    Some(FollowEvent::Link { state: LinkState::Restored, .. }) => {
                        stopping.again();
                        self.shop.back(self.id);
                    }
                    Some(FollowEvent::Link { why: Some(why), .. }) => {
                        self.shop.away(self.id, &why);
                    }
                    Some(FollowEvent::Link { why: None, .. }) => {}
                    Some(FollowEvent::Exited { status }) => break Ok(status),
                    Some(FollowEvent::Failed(error)) => break Err(error),
                    // A follower that ended without a last word is ours: whoever takes the run up follows on.
                    None => return Err(Ending),
                },
            }
        };
        let rest = scrub.map(|mut scrub| scrub.rest()).unwrap_or_default();
        if !rest.is_empty() {
            reader.chunk(&rest);
            self.tape.append(rest).await;
            self.shop.board.printed(self.id);
        }
        let status = match ended {
            Ok(status) => status,
            Err(error) => return Ok(Err(error.into())),
        };
        // What a stop came too late for, was done.
        if self.is_stopping() && status != Some(0) {
            return Ok(Ok(OperationState::Stopped));
        }
        let tail = self.tape.tail(TAIL).await;
        Ok(reader.finish(status, &tail).map(|outcome| OperationState::Done { outcome }))
    }

    /// Gives a new reader what an earlier one has read, as far as it is kept.
    async fn heard_before(&self, reader: &mut Box<dyn JobReader>) {
        let (mut at, end) = (0, self.tape.end());
        let mut progress = None;
        while at < end {
            let (from, bytes) = match self.tape.read(at, PIECE).await {
                Ok(read) => read,
                Err(error) => {
                    tracing::warn!(id = self.id, %error, "the output of an operation can't be read");
                    return;
                }
            };
            if bytes.is_empty() {
                break;
            }
            progress = reader.chunk(&bytes).or(progress);
            at = from + bytes.len() as u64;
        }
        if let Some(progress) = progress {
            self.shop.board.progress(self.id, progress);
        }
    }
}

/// Waits until a person wants it to stop; `false` when nobody can want that any more.
pub(super) async fn is_asked_to_stop(stop: &mut watch::Receiver<bool>) -> bool {
    stop.wait_for(|stop| *stop).await.is_ok()
}
