//! Telling of operations, and of what one prints, until a subscription is dropped.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::board::Standing;
use super::desk::Operations;
use super::work::Workshop;
use crate::failure::{Code, Failure};
use crate::seam::{Delivery, Operation, OperationOutput, Subscription};

/// News that wait for a reader: a slow one costs a place in what is kept, not memory.
const AHEAD: usize = 4;

/// Between two tellings of progress alone: twenty a second is more than anybody reads.
const LULL: Duration = Duration::from_millis(50);

/// Bytes of output in one delivery.
const PIECE: u64 = 64 << 10;

/// Nobody listens any more, or the engine ends.
struct Over;

type Deliveries = mpsc::Sender<Result<Delivery, Failure>>;

impl Operations {
    /// [`crate::seam::Watch::Operations`].
    pub(crate) fn watch(&self) -> Subscription {
        let (deliveries, receiver) = mpsc::channel(AHEAD);
        let shop = Arc::clone(self.shop());
        tokio::spawn(async move {
            tokio::select! {
                Err(Over) = tell_all(&shop, &deliveries) => {}
                () = shop.ended() => {}
            }
        });
        Subscription::new(receiver)
    }

    /// [`crate::seam::Watch::Output`].
    pub(crate) fn output(&self, id: &str, offset: u64) -> Result<Subscription, Failure> {
        let standing = self.standing(id)?;
        let (deliveries, receiver) = mpsc::channel(AHEAD);
        let (shop, id) = (Arc::clone(self.shop()), id.to_owned());
        tokio::spawn(async move {
            let telling = async {
                tell_output(&shop, &id, standing, offset, &deliveries).await?;
                // Told to its end. The stream stays: an end would say that the engine is gone, and be begun again.
                deliveries.closed().await;
                Err::<(), Over>(Over)
            };
            tokio::select! {
                Err(Over) = telling => {}
                () = shop.ended() => {}
            }
        });
        Ok(Subscription::new(receiver))
    }
}

async fn tell(deliveries: &Deliveries, delivery: Delivery) -> Result<(), Over> {
    deliveries.send(Ok(delivery)).await.map_err(|_| Over)
}

async fn tell_all(shop: &Workshop, deliveries: &Deliveries) -> Result<(), Over> {
    let mut changes = shop.board.changes();
    let mut known: HashSet<String> = HashSet::new();
    let (mut version, mut is_first) = (0, true);
    loop {
        let states = changes.borrow_and_update().states;
        let (changed, ids, now) = shop.board.since(version);
        let ids: HashSet<String> = ids.into_iter().collect();
        for gone in known.difference(&ids) {
            tell(deliveries, Delivery::Forgotten { operation: gone.clone() }).await?;
        }
        for operation in changed {
            tell(deliveries, Delivery::Operation(Box::new(operation))).await?;
        }
        (version, known) = (now, ids);
        if std::mem::take(&mut is_first) {
            tell(deliveries, Delivery::Sync { seq: shop.store.head(), at: Timestamp::now() })
                .await?;
        }
        tokio::select! {
            changed = changes.changed() => changed.map_err(|_| Over)?,
            () = deliveries.closed() => return Err(Over),
        }
        // Progress and output may come a thousand times a second; a state is told at once.
        let state = changes.wait_for(|changes| changes.states != states);
        tokio::time::timeout(LULL, state).await.map(drop).ok(); // Whichever came first.
    }
}

async fn tell_output(
    shop: &Workshop,
    id: &str,
    standing: Standing,
    mut at: u64,
    deliveries: &Deliveries,
) -> Result<(), Over> {
    let Standing { tape, .. } = standing;
    let (mut ends, mut changes) = (tape.ends(), shop.board.changes());
    loop {
        // First how it stands, then what there is: what was printed before its end is told before that.
        let record = shop.board.standing(id).map(|standing| standing.record);
        changes.borrow_and_update();
        let end = *ends.borrow_and_update();
        while at < end {
            let (offset, bytes) = match tape.read(at, PIECE.min(end - at)).await {
                Ok(read) => read,
                Err(error) => {
                    let message = format!("the output of operation {id} can't be read: {error}");
                    let failure = Failure::new(Code::Internal, message);
                    deliveries.send(Err(failure)).await.map_err(|_| Over)?;
                    return Err(Over);
                }
            };
            if bytes.is_empty() {
                break;
            }
            at = offset + bytes.len() as u64;
            let output = OperationOutput { id: id.to_owned(), offset, bytes };
            tell(deliveries, Delivery::Output(output)).await?;
        }
        match record {
            None => {
                return tell(deliveries, Delivery::Forgotten { operation: id.to_owned() }).await;
            }
            Some(record) if record.operation.state.is_over() => {
                let over = Operation { output: end, ..record.operation };
                return tell(deliveries, Delivery::Operation(Box::new(over))).await;
            }
            Some(_) => {}
        }
        tokio::select! {
            printed = ends.changed() => printed.map_err(|_| Over)?,
            changed = changes.changed() => changed.map_err(|_| Over)?,
            () = deliveries.closed() => return Err(Over),
        }
    }
}
