//! Attempts, one after the other, until one comes to an end: a link that is lost is waited for.

use std::time::Duration;

use super::gauge::Gauge;
use super::terms::{News, Terms};
use super::trouble::{Trouble, cancelled};
use crate::failure::Failure;
use crate::transport::{Connection, State, TransportError};

/// Before a connection that nobody tries any more is asked for again, and before another attempt on one that stands.
const PAUSE: Duration = Duration::from_millis(300);

/// So many attempts in a row that move nothing, over a connection that stands, are enough.
const MOST_IDLE: u32 = 5;

/// One kind of transfer.
pub(super) trait Attempt {
    /// What comes of it.
    type Done;

    /// Tries to bring it to its end, from wherever it is.
    async fn attempt(&mut self) -> Result<Self::Done, Trouble>;

    /// How it is told.
    fn gauge(&mut self) -> &mut Gauge;

    /// Whether the host has ever answered.
    fn has_begun(&self) -> bool;
}

/// Makes attempts until one comes to an end.
pub(super) async fn persist<A: Attempt>(
    connection: &Connection,
    terms: &Terms,
    work: &mut A,
) -> Result<A::Done, Failure> {
    let _hold = connection.hold();
    let mut idle = 0;
    loop {
        let before = work.gauge().done();
        let tried = tokio::select! {
            () = terms.cancel.cancelled() => return Err(cancelled()),
            tried = work.attempt() => tried,
        };
        let why = match tried {
            Ok(done) => return Ok(done),
            Err(Trouble::Final(why)) if !waits(connection, &why, terms, work) => return Err(why),
            Err(Trouble::Final(why)) => why,
            Err(Trouble::Link(error)) => {
                if !work.has_begun() && !terms.patient {
                    return Err(error.into());
                }
                idle = if work.gauge().done() == before { idle + 1 } else { 0 };
                if idle > MOST_IDLE && stands(connection) {
                    return Err(error.into());
                }
                error.into()
            }
        };
        work.gauge().news(News::Away(why));
        tokio::select! {
            () = terms.cancel.cancelled() => return Err(cancelled()),
            () = until_back(connection, work.gauge()) => {}
        }
        work.gauge().news(News::Back);
    }
}

fn stands(connection: &Connection) -> bool {
    matches!(*connection.state().borrow(), State::Connected | State::Degraded)
}

/// Whether a person has to act before the host is reached again, and the transfer is to wait for that.
fn waits<A: Attempt>(connection: &Connection, why: &Failure, terms: &Terms, work: &A) -> bool {
    match &*connection.state().borrow() {
        State::Blocked { why: blocked } => {
            why.code == blocked.code() && (work.has_begun() || terms.patient)
        }
        _ => false,
    }
}

async fn until_back(connection: &Connection, gauge: &Gauge) {
    // A fault that has nothing to do with the link is not to be tried without a pause.
    tokio::time::sleep(PAUSE).await;
    let mut state = connection.state();
    let mut told: Option<TransportError> = None;
    loop {
        let now = state.borrow_and_update().clone();
        match now {
            State::Connected | State::Degraded => return,
            State::Blocked { why } => {
                if told.as_ref() != Some(&why) {
                    gauge.news(News::Away(Failure::from(&why)));
                    told = Some(why);
                }
            }
            State::Closed => {
                connection.ready().await.ok(); // Its answer shows in the state.
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            State::Connecting { .. } | State::Reconnecting { .. } => {}
        }
        if state.changed().await.is_err() {
            // The connection has ended with the engine.
            return;
        }
    }
}
