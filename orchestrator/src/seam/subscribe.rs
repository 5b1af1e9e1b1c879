//! Following what happens: a cursor in the log, and the latest of each unfinished piece.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::{
    Delivery, Event, Partial, PartialKind, SessionId, Subscribe, Subscription, TabId, TurnId,
};
use crate::failure::{Code, Failure};
use crate::store::Store;

/// Deliveries that wait for a reader; behind them only the cursor stands.
const AHEAD: usize = 16;
/// Events that are read from the log at once.
const PAGE_EVENTS: usize = 64;
/// JSON that is read from the log at once; one event whatever its size.
const PAGE_BYTES: usize = 256 << 10;

type Key = (SessionId, TabId, TurnId, PartialKind);

/// The unfinished pieces of answers, the latest of each. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Ephemerals {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    pieces: Mutex<Pieces>,
    /// Counts with [`Pieces::version`].
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Pieces {
    version: u64,
    latest: HashMap<Key, (u64, Partial)>,
}

impl Ephemerals {
    /// Replaces what was there of the same piece.
    pub fn put(&self, partial: Partial) {
        let version = {
            let mut pieces = self.pieces();
            pieces.version += 1;
            let key =
                (partial.session.clone(), partial.tab.clone(), partial.turn.clone(), partial.kind);
            let version = pieces.version;
            pieces.latest.insert(key, (version, partial));
            version
        };
        self.inner.version.send_if_modified(|told| {
            let newer = *told < version;
            *told = version.max(*told);
            newer
        });
    }

    /// Forgets the unfinished pieces of a turn, or only one kind; call it before the finished piece is stored, so that
    /// nobody sees the unfinished one behind it.
    pub fn clear(&self, turn: &TurnId, kind: Option<PartialKind>) {
        self.pieces()
            .latest
            .retain(|(_, _, of, piece), _| of != turn || kind.is_some_and(|kind| kind != *piece));
    }

    /// The oldest that is newer than `seen`.
    fn after(&self, seen: u64, session: Option<&SessionId>) -> Option<(u64, Partial)> {
        self.pieces()
            .latest
            .values()
            .filter(|(version, piece)| {
                *version > seen && session.is_none_or(|wanted| *wanted == piece.session)
            })
            .min_by_key(|(version, _)| *version)
            .cloned()
    }

    fn pieces(&self) -> std::sync::MutexGuard<'_, Pieces> {
        self.inner.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows a store from a number on; must be called on a runtime.
///
/// Stored events come in order, without a gap and each once; then [`Delivery::Sync`]; then what happens from there on.
/// It ends when the store is closed, with everything that was stored. A reader that stalls costs a cursor.
///
/// # Errors
///
/// `not_found` when `since` counts in another log, or lies ahead of this one.
pub fn follow(
    store: &Store,
    ephemerals: &Ephemerals,
    wanted: Subscribe,
) -> Result<Subscription, Failure> {
    // Watched before the head is read, so that nothing falls between.
    let head = store.watch();
    let marks = ephemerals.inner.version.subscribe();
    let now = store.head();
    if wanted.epoch.as_deref().is_some_and(|epoch| epoch != store.epoch()) {
        return Err(Failure::new(Code::NotFound, "these numbers count in another event log")
            .hint("The database was replaced; begin anew with a snapshot"));
    }
    let since = wanted.since.unwrap_or(now);
    if since > now {
        let message = format!("there is no event {since} yet: the last one is {now}");
        return Err(Failure::new(Code::NotFound, message)
            .hint("Begin with a number that was told, or with 0"));
    }
    let feed = Feed {
        store: store.clone(),
        ephemerals: ephemerals.clone(),
        wanted,
        cursor: since,
        head,
        marks,
        ready: VecDeque::new(),
        sync_at: Some(now),
        seen: 0,
        ended: false,
    };
    let (deliveries, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(deliver(feed, deliveries));
    Ok(Subscription::new(receiver))
}

async fn deliver(mut feed: Feed, deliveries: mpsc::Sender<Result<Delivery, Failure>>) {
    // A place first, then the thing: so an unfinished piece is the latest when it leaves.
    while let Ok(place) = deliveries.reserve().await {
        let next = tokio::select! {
            next = feed.next() => next,
            () = deliveries.closed() => return,
        };
        match next {
            Ok(Some(delivery)) => place.send(Ok(delivery)),
            Ok(None) => return,
            Err(failure) => {
                place.send(Err(failure));
                return;
            }
        }
    }
}

/// One reader's place.
struct Feed {
    store: Store,
    ephemerals: Ephemerals,
    wanted: Subscribe,
    /// Everything up to here was read or isn't wanted.
    cursor: u64,
    head: watch::Receiver<u64>,
    marks: watch::Receiver<u64>,
    /// Read, and not delivered yet.
    ready: VecDeque<Event>,
    /// Where [`Delivery::Sync`] is due.
    sync_at: Option<u64>,
    /// The version of the last unfinished piece.
    seen: u64,
    ended: bool,
}

impl Feed {
    async fn next(&mut self) -> Result<Option<Delivery>, Failure> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(Delivery::Event(Box::new(event))));
            }
            if self.sync_at.is_some_and(|due| self.cursor >= due) {
                self.sync_at = None;
                return Ok(Some(Delivery::Sync { seq: self.cursor, at: Timestamp::now() }));
            }
            let head = *self.head.borrow_and_update();
            if self.cursor < head {
                self.page(head).await?;
                continue;
            }
            if let Some((version, piece)) = self.piece() {
                self.seen = version;
                return Ok(Some(Delivery::Partial(piece)));
            }
            if self.ended {
                return Ok(None);
            }
            tokio::select! {
                // Once more around then: what was stored last is delivered, too.
                changed = self.head.changed() => self.ended = changed.is_err(),
                // Its sender lives as long as we do.
                _ = self.marks.changed(), if self.wanted.partials => {}
            }
        }
    }

    async fn page(&mut self, head: u64) -> Result<(), Failure> {
        let session = self.wanted.session.as_ref();
        let (events, more) =
            self.store.page(self.cursor, session, None, PAGE_EVENTS, PAGE_BYTES).await?;
        if let Some(last) = events.last() {
            self.cursor = last.seq;
        }
        if !more {
            // The head was read before the log: nothing up to it is left.
            self.cursor = self.cursor.max(head);
        }
        self.ready = events.into();
        Ok(())
    }

    fn piece(&mut self) -> Option<(u64, Partial)> {
        if !self.wanted.partials {
            return None;
        }
        self.marks.borrow_and_update();
        self.ephemerals.after(self.seen, self.wanted.session.as_ref())
    }
}

#[cfg(test)]
#[path = "subscribe_tests.rs"]
mod tests;
