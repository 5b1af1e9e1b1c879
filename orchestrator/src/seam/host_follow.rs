//! Following the engine, whichever process hosts it.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tracing::warn;

use super::client::{Gone, SocketSeam};
use super::host_role::{Role, Serving, Standing, serving};
use super::{Delivery, Subscribe, Subscription, Watch};
use crate::failure::{Code, Failure};

/// Between two attempts to begin again.
const AGAIN: Duration = Duration::from_secs(1);

/// A subscription that outlives the process it comes from.
pub(super) struct Follower {
    standing: watch::Receiver<Standing>,
    used: Option<u64>,
    /// Its `since` is behind the last event that was delivered.
    wanted: Subscribe,
}

impl Follower {
    pub(super) fn new(standing: watch::Receiver<Standing>, wanted: Subscribe) -> Self {
        Self { standing, used: None, wanted }
    }

    pub(super) async fn begin(&mut self) -> Result<Subscription, Failure> {
        loop {
            let (count, serving) = serving(&mut self.standing, self.used).await?;
            self.used = Some(count);
            match serving {
                Serving::Host(seam) => return seam.subscribe(self.wanted.clone()).await,
                Serving::Guest(socket) => match socket.follow(&self.wanted).await {
                    Ok(answer) => return answer,
                    // A connection of its own can break alone: the same one may serve on.
                    Err(Gone) if !is_over(&socket).await => self.used = None,
                    Err(Gone) => {}
                },
            }
        }
    }

    pub(super) async fn work(
        mut self,
        mut subscription: Subscription,
        deliveries: mpsc::Sender<Result<Delivery, Failure>>,
    ) {
        loop {
            let next = tokio::select! {
                next = subscription.next() => next,
                () = deliveries.closed() => return,
            };
            let delivery = match next {
                Some(Ok(Delivery::Event(event))) => {
                    if !self.passes(event.seq) {
                        continue;
                    }
                    Ok(Delivery::Event(event))
                }
                Some(Ok(Delivery::Sync { seq, at })) => {
                    self.passes(seq);
                    Ok(Delivery::Sync { seq, at })
                }
                Some(Ok(Delivery::Partial(partial))) => Ok(Delivery::Partial(partial)),
                Some(Ok(Delivery::History(news))) => Ok(Delivery::History(news)),
                Some(Ok(Delivery::Connections(all))) => Ok(Delivery::Connections(all)),
                Some(Ok(Delivery::Questions(all))) => Ok(Delivery::Questions(all)),
                Some(Ok(Delivery::Output(output))) => {
                    // Another engine goes on behind it.
                    if let Some(Watch::Output { offset, .. }) = &mut self.wanted.watch {
                        *offset = output.offset + output.bytes.len() as u64;
                    }
                    Ok(Delivery::Output(output))
                }
                Some(Ok(
                    other @ (Delivery::Operation(_)
                    | Delivery::Forgotten { .. }
                    | Delivery::Terminals(_)
                    | Delivery::Terminal(_)),
                )) => Ok(other),
                Some(Err(failure)) => Err(failure),
                None => match self.again(&deliveries).await {
                    Some(next) => {
                        subscription = next;
                        continue;
                    }
                    None => return,
                },
            };
            let end = delivery.is_err();
            if deliveries.send(delivery).await.is_err() || end {
                return;
            }
        }
    }

    /// Moves the place behind `seq`; false when it is there already.
    fn passes(&mut self, seq: u64) -> bool {
        let ahead = self.wanted.since.is_none_or(|since| since < seq);
        if ahead {
            self.wanted.since = Some(seq);
        }
        ahead
    }

    /// Subscribes with whoever serves next; `None` when this process has left, or nobody reads any more.
    async fn again(
        &mut self,
        deliveries: &mpsc::Sender<Result<Delivery, Failure>>,
    ) -> Option<Subscription> {
        if matches!(self.standing.borrow().role, Role::Guest(_)) {
            // It is asked again, and says whether it is the one that has ended.
            self.used = None;
        }
        loop {
            let begun = tokio::select! {
                begun = self.begin() => begun,
                () = deliveries.closed() => return None,
            };
            match begun {
                Ok(subscription) => return Some(subscription),
                Err(failure) if failure.code == Code::Cancelled => return None,
                Err(failure) if failure.code == Code::NotFound => {
                    // Another log: nothing can be gone on with. Who has left needs no more words.
                    deliveries.send(Err(failure)).await.ok(); // Nobody listens any more.
                    return None;
                }
                Err(failure) => {
                    warn!(%failure, "a subscription waits for an engine");
                    self.used = None;
                    tokio::select! {
                        // wait: the supervisor tries again meanwhile.
                        () = tokio::time::sleep(AGAIN) => {}
                        () = deliveries.closed() => return None,
                    }
                }
            }
        }
    }
}

/// Whether the process behind a socket is gone; the word of it may come a moment after a subscription's end.
async fn is_over(socket: &SocketSeam) -> bool {
    tokio::time::timeout(Duration::from_millis(100), socket.over()).await.is_ok()
}
