//! One front end that follows a terminal.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::held::Held;
use super::shown::{At, Deliveries, FollowerId, Step};
use crate::seam::{Delivery, Subscription, Terminal, TerminalNews};

/// Bytes of one delivery: a pipe's capacity on Linux, pipe(7).
const CHUNK: usize = 64 * 1024;

/// Deliveries that wait for a reader; behind them it has its place in the ring, and no memory of its own.
const AHEAD: usize = 4;

/// Tells what the terminal does until it is closed, the engine ends, or nobody reads any more.
pub(super) fn follow(held: Arc<Held>, answers: bool) -> Subscription {
    let (deliveries, receiver) = mpsc::channel(AHEAD);
    let id = held.shown.enter(answers.then(|| deliveries.clone()));
    let mut place = Place { held, id, at: None, unread: VecDeque::new() };
    tokio::spawn(async move {
        // Nobody reads any more, or it was closed.
        place.tell(deliveries).await.ok(); // Either way there is nobody left to tell.
    });
    Subscription::new(receiver)
}

/// A follower's place, left when this is dropped.
struct Place {
    held: Arc<Held>,
    id: FollowerId,
    /// Up to where it was told.
    at: Option<At>,
    /// For each delivery that may not have been read, where it begins, if an answer is wanted of it. What was read and still
    /// waits for its way to the front end's process counts as read.
    unread: VecDeque<Option<At>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let unread = self.unread.iter().flatten().next().copied().or(self.at);
        self.held.shown.leave(self.id, unread);
    }
}

struct Unheard;

impl Place {
    async fn say(&mut self, deliveries: &Deliveries, news: TerminalNews) -> Result<(), Unheard> {
        self.ask(deliveries, news, None).await
    }

    /// Says it; `asks` is where it begins, if an answer is wanted of it.
    async fn ask(
        &mut self,
        deliveries: &Deliveries,
        news: TerminalNews,
        asks: Option<At>,
    ) -> Result<(), Unheard> {
        self.unread.push_back(asks);
        deliveries.send(Ok(Delivery::Terminal(news))).await.map_err(|_| Unheard)?;
        // Room counts only where somebody reads: what nobody will read any more makes room, too.
        let waiting = AHEAD - deliveries.capacity();
        if deliveries.is_closed() {
            return Err(Unheard);
        }
        self.unread.drain(..self.unread.len().saturating_sub(waiting));
        Ok(())
    }

    async fn tell(&mut self, deliveries: Deliveries) -> Result<(), Unheard> {
        let mut output = self.held.shown.changes();
        let mut standing = self.held.standing();
        let mut told: Option<Terminal> = None;
        loop {
            output.borrow_and_update();
            let now = standing.borrow_and_update().clone();
            // An end is told behind the last that was printed.
            if let Some(terminal) = &now
                && (told.is_none() || !terminal.state.is_over())
                && told.as_ref() != Some(terminal)
            {
                self.say(&deliveries, TerminalNews::Terminal(Box::new(terminal.clone()))).await?;
                told = Some(terminal.clone());
            }
            let before = self.at;
            match self.held.shown.next(self.id, &mut self.at, CHUNK) {
                Step::Restart { in_sight, offset, set_up } => {
                    self.say(&deliveries, TerminalNews::Restart { in_sight }).await?;
                    if !set_up.is_empty() {
                        let news = TerminalNews::Output {
                            offset,
                            bytes: set_up,
                            replayed: true,
                            answer: false,
                        };
                        self.say(&deliveries, news).await?;
                    }
                    continue;
                }
                Step::Output { offset, bytes, replayed, answer } => {
                    let news = TerminalNews::Output { offset, bytes, replayed, answer };
                    self.ask(&deliveries, news, before.filter(|_| answer)).await?;
                    continue;
                }
                Step::Nothing => {}
            }
            match now {
                None => return self.say(&deliveries, TerminalNews::Closed).await,
                Some(terminal) if told.as_ref() != Some(&terminal) => {
                    self.say(&deliveries, TerminalNews::Terminal(Box::new(terminal.clone())))
                        .await?;
                    told = Some(terminal);
                    continue;
                }
                Some(_) => {}
            }
            let is_asked = self.unread.iter().any(Option::is_some);
            tokio::select! {
                changed = output.changed() => changed.map_err(|_| Unheard)?,
                changed = standing.changed() => changed.map_err(|_| Unheard)?,
                () = self.held.engine_ended() => return Ok(()),
                () = deliveries.closed() => return Err(Unheard),
                read = deliveries.reserve_many(AHEAD), if is_asked => {
                    drop(read.map_err(|_| Unheard)?);
                    self.unread.clear();
                }
            }
        }
    }
}
