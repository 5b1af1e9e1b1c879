//! How much waits to be shared: counted when it may be another number, told when it is.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use orchestrator::seam::{Query, Reply, Request};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::News;
use super::room::Room;
use super::teller::Teller;

/// What a turn leaves behind is mostly written within this time: until then it is no news.
const SETTLED: Duration = Duration::from_secs(2);
/// Between two counts while something waits: it goes when its machine is there again. With nothing waiting nobody counts.
const AGAIN: Duration = Duration::from_secs(5);

/// Tells how much waits, for as long as the window is there.
pub(super) async fn watch(room: Arc<Room>) {
    let count = || async {
        match room.call(Request::query(Query::Outbox)).await {
            Ok(Reply::Outbox(entries)) => u64::try_from(entries.len()).ok(), // More can't be held.
            Ok(_) => None,
            Err(failure) => {
                tracing::info!("what waits to be shared can't be counted: {failure}");
                None
            }
        }
    };
    follow(&room.outbox, count, &room.teller).await;
}

async fn follow<F>(changed: &Notify, count: impl Fn() -> F, teller: &Teller)
where
    F: Future<Output = Option<u64>>,
{
    let mut told = 0;
    loop {
        if told == 0 {
            changed.notified().await;
        } else {
            timeout(AGAIN, changed.notified()).await.ok(); // Either way it is counted.
        }
        sleep(SETTLED).await; // wait: several things change at once, and most of what waits is written by then
        let Some(now) = count().await else { continue };
        if now != told {
            told = now;
            if !teller.tell(News::Outbox(now)).await {
                return;
            }
        }
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
