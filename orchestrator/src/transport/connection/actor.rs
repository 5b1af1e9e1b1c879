//! The driver of a connection: feeds the decisions of `state` with what happens, and does what they say.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::pool::Pool;
use super::shells::Shells;
use super::state::{Around, Effect, Input, State, step};
use crate::host::HostId;
use crate::transport::TransportError;
use crate::transport::control::Call;

/// How long a sign of life may take before the connection counts as degraded.
const SIGN_PATIENCE: Duration = Duration::from_secs(3);

/// What others tell the driver.
#[derive(Debug)]
pub(super) enum Message {
    /// Somebody wants to use the connection.
    Ask(oneshot::Sender<Result<(), TransportError>>),
    /// The person has changed something.
    Acted,
    /// The connection is to be given up; answered when it is.
    Close(oneshot::Sender<()>),
}

pub(super) struct Actor {
    pub(super) host: HostId,
    pub(super) pool: Arc<Pool>,
    pub(super) shells: Arc<Shells>,
    pub(super) state: watch::Sender<State>,
    /// When it is tried next, while it waits for that.
    pub(super) next_try: Arc<Mutex<Option<Timestamp>>>,
    /// How many keep it.
    pub(super) held: watch::Receiver<usize>,
    pub(super) lost: mpsc::Receiver<TransportError>,
    pub(super) sign_interval: Duration,
}

/// What the driver does meanwhile.
#[derive(Debug)]
struct Work {
    attempt: Option<tokio::task::JoinHandle<Result<(), TransportError>>>,
    wait: Option<std::pin::Pin<Box<tokio::time::Sleep>>>,
    sign: Option<tokio::task::JoinHandle<bool>>,
    askers: Vec<oneshot::Sender<Result<(), TransportError>>>,
}

impl Actor {
    /// Runs until every handle of the connection is dropped.
    pub(super) async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        let mut work = Work { attempt: None, wait: None, sign: None, askers: Vec::new() };
        let mut signs = tokio::time::interval(self.sign_interval);
        signs.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut was_watched = false;
        loop {
            // Nothing ticks while nobody would see a sign: a process at rest stays at rest.
            let watched = self.is_watched();
            if watched && !was_watched {
                signs.reset();
            }
            was_watched = watched;
            tokio::select! {
                message = messages.recv() => match message {
                    None => break,
                    Some(Message::Ask(asker)) => {
                        work.askers.push(asker);
                        self.on(Input::Asked, &mut work).await;
                    }
                    Some(Message::Acted) => self.on(Input::Acted, &mut work).await,
                    Some(Message::Close(done)) => {
                        self.on(Input::Closed, &mut work).await;
                        if done.send(()).is_err() {
                            tracing::trace!(host = %self.host, "nobody waited for the close");
                        }
                    }
                },
                ended = finished(&mut work.attempt) => {
                    let input = match ended {
                        Ok(()) => Input::Opened,
                        Err(why) => Input::Failed(why),
                    };
                    self.on(input, &mut work).await;
                }
                () = elapsed(&mut work.wait) => self.on(Input::WaitEnded, &mut work).await,
                Some(why) = self.lost.recv() => self.on(Input::Lost(why), &mut work).await,
                Ok(()) = self.held.changed() => {}
                _ = signs.tick(), if watched => self.ask_for_a_sign(&mut work),
                heard = signed(&mut work.sign) => {
                    self.on(if heard { Input::Heard } else { Input::Silent }, &mut work).await;
                }
            }
        }
        self.on(Input::Closed, &mut work).await;
    }

    /// Whether it is open, and somebody holds it: nobody else would see a sign of life.
    fn is_watched(&self) -> bool {
        let open = matches!(*self.state.borrow(), State::Connected | State::Degraded);
        open && *self.held.borrow() > 0
    }

    fn ask_for_a_sign(&self, work: &mut Work) {
        if work.sign.is_some() || !self.is_watched() {
            return;
        }
        let shells = Arc::clone(&self.shells);
        work.sign = Some(tokio::spawn(async move {
            matches!(
                tokio::time::timeout(SIGN_PATIENCE, shells.call(Call::new(":"))).await,
                Ok(Ok(_))
            )
        }));
    }

    async fn on(&mut self, input: Input, work: &mut Work) {
        let around = Around { held: *self.held.borrow() > 0, chance: chance() };
        let before = self.state.borrow().clone();
        let (state, effects) = step(before, input, around);
        tracing::debug!(host = %self.host, ?state, "connection");
        if !matches!(state, State::Reconnecting { .. }) {
            work.wait = None;
        }
        if matches!(state, State::Closed)
            && let Some(attempt) = work.attempt.take()
        {
            attempt.abort();
        }
        if let State::Reconnecting { wait, .. } = &state {
            // Past the end of all times there is none.
            let at = Timestamp::now().checked_add(*wait).ok(); // Too far away to be told.
            *self.next_try.lock().unwrap_or_else(PoisonError::into_inner) = at;
        }
        self.state.send_if_modified(|current| {
            let changed = *current != state;
            *current = state;
            changed
        });
        for effect in effects {
            match effect {
                Effect::Dial => {
                    let pool = Arc::clone(&self.pool);
                    work.attempt = Some(tokio::spawn(async move { pool.grow().await }));
                }
                Effect::Wait(wait) => work.wait = Some(Box::pin(tokio::time::sleep(wait))),
                Effect::Serve => answer(&mut work.askers, &Ok(())),
                Effect::Refuse(why) => answer(&mut work.askers, &Err(why)),
                Effect::Drop => {
                    let cancelled = TransportError::Cancelled { host: self.host.clone() };
                    answer(&mut work.askers, &Err(cancelled));
                    self.shells.clear();
                    self.pool.clear().await;
                }
            }
        }
    }
}

fn answer(
    askers: &mut Vec<oneshot::Sender<Result<(), TransportError>>>,
    answer: &Result<(), TransportError>,
) {
    for asker in askers.drain(..) {
        if asker.send(answer.clone()).is_err() {
            tracing::trace!("somebody asked and didn't wait");
        }
    }
}

/// A random number from 0 to 1.
fn chance() -> f64 {
    let random = uuid::Uuid::new_v4().as_u128() as u32;
    f64::from(random) / f64::from(u32::MAX)
}

async fn finished(
    attempt: &mut Option<tokio::task::JoinHandle<Result<(), TransportError>>>,
) -> Result<(), TransportError> {
    let Some(running) = attempt else { return std::future::pending().await };
    let ended = running.await;
    *attempt = None;
    ended.unwrap_or_else(|error| Err(TransportError::Local { what: error.to_string(), hint: None }))
}

async fn elapsed(wait: &mut Option<std::pin::Pin<Box<tokio::time::Sleep>>>) {
    let Some(sleep) = wait else { return std::future::pending().await };
    sleep.await;
    *wait = None;
}

async fn signed(sign: &mut Option<tokio::task::JoinHandle<bool>>) -> bool {
    let Some(running) = sign else { return std::future::pending().await };
    let heard = running.await.unwrap_or(false);
    *sign = None;
    heard
}

#[cfg(test)]
#[path = "actor_tests.rs"]
mod tests;
