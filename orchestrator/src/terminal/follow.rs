//! One front end that follows a terminal.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::held::Held;
use super::shown::{Deliveries, FollowerId, Step};
use crate::seam::{Delivery, Subscription, Terminal, TerminalNews};

/// Bytes of one delivery: a pipe's capacity on Linux, pipe(7).
const CHUNK: usize = 64 * 1024;

/// Deliveries that wait for a reader; behind them it has its place in the ring, and no memory of its own.
const AHEAD: usize = 4;

/// Tells what the terminal does until it is closed, the engine ends, or nobody reads any more.
pub(super) fn follow(held: Arc<Held>, answers: bool) -> Subscription {
    let (deliveries, receiver) = mpsc::channel(AHEAD);
    let id = held.shown.enter(answers.then(|| deliveries.clone()));
    let place = Place { held, id };
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
}

impl Drop for Place {
    fn drop(&mut self) {
        self.held.shown.leave(self.id);
    }
}

async fn say(deliveries: &Deliveries, news: TerminalNews) -> Result<(), Unheard> {
    deliveries.send(Ok(Delivery::Terminal(news))).await.map_err(|_| Unheard)
}

struct Unheard;

impl Place {
    async fn tell(&self, deliveries: Deliveries) -> Result<(), Unheard> {
        let mut output = self.held.shown.changes();
        let mut standing = self.held.standing();
        let mut told: Option<Terminal> = None;
        let mut at = None;
        loop {
            output.borrow_and_update();
            let now = standing.borrow_and_update().clone();
            // An end is told behind the last that was printed.
            if let Some(terminal) = &now
                && (told.is_none() || !terminal.state.is_over())
                && told.as_ref() != Some(terminal)
            {
                say(&deliveries, TerminalNews::Terminal(Box::new(terminal.clone()))).await?;
                told = Some(terminal.clone());
            }
            match self.held.shown.next(self.id, &mut at, CHUNK) {
                Step::Restart { in_sight, offset, set_up } => {
                    say(&deliveries, TerminalNews::Restart { in_sight }).await?;
                    if !set_up.is_empty() {
                        let news = TerminalNews::Output {
                            offset,
                            bytes: set_up,
                            replayed: true,
                            answer: false,
                        };
                        say(&deliveries, news).await?;
                    }
                    continue;
                }
                Step::Output { offset, bytes, replayed, answer } => {
                    let news = TerminalNews::Output { offset, bytes, replayed, answer };
                    say(&deliveries, news).await?;
                    continue;
                }
                Step::Nothing => {}
            }
            match now {
                None => return say(&deliveries, TerminalNews::Closed).await,
                Some(terminal) if told.as_ref() != Some(&terminal) => {
                    say(&deliveries, TerminalNews::Terminal(Box::new(terminal.clone()))).await?;
                    told = Some(terminal);
                    continue;
                }
                Some(_) => {}
            }
            tokio::select! {
                changed = output.changed() => changed.map_err(|_| Unheard)?,
                changed = standing.changed() => changed.map_err(|_| Unheard)?,
                () = self.held.engine_ended() => return Ok(()),
                () = deliveries.closed() => return Err(Unheard),
            }
        }
    }
}
