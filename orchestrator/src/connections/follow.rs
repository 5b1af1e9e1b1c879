//! Telling of connections and questions, until a subscription is dropped.

use tokio::sync::mpsc;

use super::board::{Board, Watching};
use super::questions::Following;
use crate::failure::Failure;
use crate::seam::{Delivery, Subscription};

/// News that wait for a reader: each says how all of them stand, so few are enough.
const AHEAD: usize = 1;

impl Board {
    /// Tells how connections stand and what they ask: at once, and with each change. Must be called within a tokio runtime.
    ///
    /// When `ended` is, so is the subscription: what still waits is declined then.
    pub(crate) fn follow(&self, ended: impl Future<Output = ()> + Send + 'static) -> Subscription {
        let (deliveries, receiver) = mpsc::channel(AHEAD);
        // From here on questions come here, also before the first delivery is read.
        let following = self.hosts.questions().follow();
        let watching = self.watch();
        tokio::spawn(async move {
            let mut following = following;
            tokio::select! {
                () = tell(&watching, &mut following, deliveries) => {}
                () = ended => following.decline(),
            }
        });
        Subscription::new(receiver)
    }
}

async fn tell(
    watching: &Watching,
    following: &mut Following,
    deliveries: mpsc::Sender<Result<Delivery, Failure>>,
) {
    let mut connections = watching.told.clone();
    let (mut tells_connections, mut tells_questions) = (true, true);
    // The first look at them is taken by the watch; until then there is nothing to tell.
    let first = tokio::select! {
        first = connections.wait_for(Option::is_some) => first.is_ok(),
        () = deliveries.closed() => false,
    };
    if !first {
        return;
    }
    loop {
        if std::mem::take(&mut tells_connections) {
            let all = connections.borrow_and_update().clone().unwrap_or_default();
            if deliveries.send(Ok(Delivery::Connections(all))).await.is_err() {
                return;
            }
        }
        if std::mem::take(&mut tells_questions) {
            let all = following.questions.borrow_and_update().clone();
            if deliveries.send(Ok(Delivery::Questions(all))).await.is_err() {
                return;
            }
        }
        tokio::select! {
            changed = connections.changed() => tells_connections = changed.is_ok(),
            changed = following.questions.changed() => tells_questions = changed.is_ok(),
            () = deliveries.closed() => return,
        }
        if !tells_connections && !tells_questions {
            return;
        }
    }
}
