//! Looking at a history: while somebody does, its machine is asked for what is new, and they are told.

use tokio::sync::{mpsc, watch};

use super::keeper::{Look, Standing};
use super::ledger::Ledger;
use super::page::Scoped;
use crate::failure::Failure;
use crate::seam::{Delivery, HistoryNews, Subscription};

/// News that wait for a reader: each says how things stand, so one is enough.
const AHEAD: usize = 1;

impl Ledger {
    /// Tells of a history until the subscription is dropped; The first news
    /// come at once: what they say is what is known. Must be called within a tokio runtime.
    pub async fn look(&self, scoped: Scoped) -> Subscription {
        let (deliveries, receiver) = mpsc::channel(AHEAD);
        let project = match &scoped.site {
            Some(site) => Some(self.keeper(site).look().await),
            None => None,
        };
        tokio::spawn(tell(scoped, project, self.changes(), deliveries));
        Subscription::new(receiver)
    }
}

async fn tell(
    scoped: Scoped,
    project: Option<(Look, watch::Receiver<Standing>)>,
    mut changes: watch::Receiver<u64>,
    deliveries: mpsc::Sender<Result<Delivery, Failure>>,
) {
    let (_look, mut standing) = match project {
        Some((look, standing)) => (Some(look), Some(standing)),
        None => (None, None),
    };
    loop {
        let news = {
            let now = standing.as_mut().map(|standing| standing.borrow_and_update().clone());
            let Standing { pending, offline, .. } = now.unwrap_or_default();
            let offline = offline.or_else(|| scoped.why.clone());
            HistoryNews { scope: scoped.scope.clone(), pending, offline }
        };
        changes.borrow_and_update();
        if deliveries.send(Ok(Delivery::History(Box::new(news)))).await.is_err() {
            return;
        }
        let next = async {
            match &mut standing {
                Some(standing) => standing.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        let goes_on = tokio::select! {
            goes_on = next => goes_on,
            changed = changes.changed() => changed.is_ok(),
            () = deliveries.closed() => false,
        };
        if !goes_on {
            return;
        }
    }
}
