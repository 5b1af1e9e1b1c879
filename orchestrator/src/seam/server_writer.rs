//! What the engine says to one front end: one writer, which chooses what goes first.

use std::collections::HashMap;

use futures::FutureExt as _;
use futures::future::{AbortHandle, Abortable};
use futures::stream::{self, BoxStream, SelectAll, StreamExt as _};
use jiff::Timestamp;
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval_at};
use tracing::debug;

use super::frame::{self, FromEngine, LARGE_BYTES, Response, TICK, Told};
use super::{Delivery, PartialKind, Reply, Subscription};
use crate::failure::{Code, Failure};

/// Bytes that are put together for one write while more is at hand.
const WRITE_BYTES: usize = 64 << 10;

/// What the writer gets from the reader and from calls.
pub(super) enum Out {
    Line(Vec<u8>),
    Subscribed(String, Subscription),
    Unsubscribed(String),
}

type Deliveries = SelectAll<BoxStream<'static, (String, Option<Result<Delivery, Failure>>)>>;

pub(super) fn response(id: String, answer: Result<Reply, Failure>) -> FromEngine {
    FromEngine::Response(Response::new(id, answer))
}

/// Gives a frame to the writer; waits while it is behind, so that a front end that doesn't read isn't read either.
pub(super) async fn push(out: &mpsc::Sender<Out>, frame: &FromEngine) {
    match bounded(frame) {
        // The writer is gone with the front end.
        Ok(line) => {
            out.send(Out::Line(line)).await.ok(); // The connection has ended.
        }
        Err(failure) => debug!(%failure, "a frame was not sent"),
    }
}

/// A frame's line; an answer that is too large becomes one that says so.
fn bounded(frame: &FromEngine) -> Result<Vec<u8>, Failure> {
    let line = frame::line(frame)?;
    match frame {
        FromEngine::Response(answer) if line.len() > LARGE_BYTES => {
            let message = format!("the answer has {} bytes; {LARGE_BYTES} can be sent", line.len());
            let failure = Failure::new(Code::TooLarge, message).hint("Ask for less at once");
            frame::line(&response(answer.id.clone(), Err(failure)))
        }
        _ => Ok(line),
    }
}

/// The one writer: answers go before events; a subscription is read only when there is room for its next delivery.
pub(super) struct Writer {
    socket: WriteHalf<UnixStream>,
    ending: watch::Receiver<bool>,
    subscriptions: Deliveries,
    handles: HashMap<String, AbortHandle>,
    /// The last number that each subscription said.
    last: HashMap<String, u64>,
}

impl Writer {
    pub(super) fn new(socket: WriteHalf<UnixStream>, ending: watch::Receiver<bool>) -> Self {
        Self {
            socket,
            ending,
            subscriptions: SelectAll::new(),
            handles: HashMap::new(),
            last: HashMap::new(),
        }
    }

    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Out>) -> std::io::Result<()> {
        let mut tick = interval_at(tokio::time::Instant::now() + TICK, TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ending = self.ending.clone();
        let (mut said, mut open) = (false, true);
        while open || (said && !self.subscriptions.is_empty()) {
            let mut lines = Vec::new();
            tokio::select! {
                biased;
                job = jobs.recv(), if open => match job {
                    Some(job) => self.take(job, &mut lines),
                    None => open = false,
                },
                _ = ending.wait_for(|ending| *ending), if !said => {}
                Some((id, delivery)) = self.subscriptions.next() => {
                    self.deliver(id, delivery, &mut lines);
                }
                _ = tick.tick() => add(&mut lines, &FromEngine::Tick { at: Timestamp::now() }),
            }
            if !said && *self.ending.borrow() {
                said = true;
                let reason = "the process that hosts the engine ends".into();
                add(&mut lines, &FromEngine::Shutdown { reason });
            }
            // What is at hand goes along in the same write, answers first.
            while lines.len() < WRITE_BYTES {
                if let Ok(job) = jobs.try_recv() {
                    self.take(job, &mut lines);
                } else if let Some(Some((id, delivery))) = self.subscriptions.next().now_or_never()
                {
                    self.deliver(id, delivery, &mut lines);
                } else {
                    break;
                }
            }
            self.socket.write_all(&lines).await?;
        }
        self.socket.shutdown().await
    }

    fn take(&mut self, job: Out, lines: &mut Vec<u8>) {
        match job {
            Out::Line(line) => lines.extend_from_slice(&line),
            Out::Subscribed(id, subscription) => {
                let (handle, registration) = AbortHandle::new_pair();
                let name = id.clone();
                let deliveries = stream::unfold(Some(subscription), move |subscription| {
                    let name = name.clone();
                    async move {
                        let mut subscription = subscription?;
                        let next = subscription.next().await;
                        // Its end is said, too.
                        let rest = matches!(next, Some(Ok(_))).then_some(subscription);
                        Some(((name, next), rest))
                    }
                });
                self.subscriptions.push(Abortable::new(deliveries, registration).boxed());
                self.handles.insert(id, handle);
            }
            Out::Unsubscribed(id) => {
                self.last.remove(&id);
                if let Some(handle) = self.handles.remove(&id) {
                    handle.abort();
                }
            }
        }
    }

    fn deliver(
        &mut self,
        subscription: String,
        delivery: Option<Result<Delivery, Failure>>,
        lines: &mut Vec<u8>,
    ) {
        let none = Told {
            subscription: subscription.clone(),
            seq: None,
            prev: None,
            event: None,
            key: None,
            partial: None,
            history: None,
            connections: None,
            questions: None,
            watched: None,
        };
        let frame = match delivery {
            Some(Ok(Delivery::Event(event))) => {
                let seq = event.seq;
                let prev = self.last.insert(subscription, seq);
                FromEngine::Event(Told { seq: Some(seq), prev, event: Some(event), ..none })
            }
            Some(Ok(Delivery::Partial(partial))) => {
                let kind = match partial.kind {
                    PartialKind::Text => "text",
                    PartialKind::Plain => "plain",
                    PartialKind::Reasoning => "reasoning",
                };
                let key = Some(format!("{}:{kind}", partial.turn));
                FromEngine::Event(Told { key, partial: Some(partial), ..none })
            }
            Some(Ok(Delivery::History(news))) => {
                FromEngine::Event(Told { history: Some(news), ..none })
            }
            Some(Ok(Delivery::Connections(all))) => {
                FromEngine::Event(Told { connections: Some(all), ..none })
            }
            Some(Ok(Delivery::Questions(all))) => {
                FromEngine::Event(Told { questions: Some(all), ..none })
            }
            Some(Ok(
                watched @ (Delivery::Operation(_)
                | Delivery::Forgotten { .. }
                | Delivery::Output(_)
                | Delivery::Terminals(_)
                | Delivery::Terminal(_)),
            )) => FromEngine::Event(Told { watched: Some(Box::new(watched)), ..none }),
            Some(Ok(Delivery::Sync { seq, at })) => {
                self.last.insert(subscription.clone(), seq);
                FromEngine::Sync { subscription, seq, at }
            }
            Some(Err(error)) => {
                self.forget(&subscription);
                FromEngine::Ended { subscription, error: Some(error) }
            }
            None => {
                self.forget(&subscription);
                FromEngine::Ended { subscription, error: None }
            }
        };
        add(lines, &frame);
    }

    fn forget(&mut self, subscription: &str) {
        self.last.remove(subscription);
        self.handles.remove(subscription);
    }
}

fn add(lines: &mut Vec<u8>, frame: &FromEngine) {
    match bounded(frame) {
        Ok(line) => lines.extend_from_slice(&line),
        Err(failure) => debug!(%failure, "a frame was not sent"),
    }
}
