#![allow(clippy::panic)]

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::teller::{Hearing, channel};
use super::*;

/// What waits, and how often it was counted.
#[derive(Default)]
struct Outbox {
    waiting: AtomicU64,
    counted: AtomicU64,
    changed: Notify,
}

/// Lets time go by while the outbox is followed, and gives what was told.
async fn after(seconds: u64, hearing: &mut Hearing) -> Vec<u64> {
    sleep(Duration::from_secs(seconds)).await; // wait: time is the test's own
    let told = std::iter::from_fn(|| hearing.next()).map(|news| match news {
        News::Outbox(waiting) => waiting,
        other => panic!("{other:?}"),
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn what_waits_to_be_shared_is_told_when_it_changes_and_nobody_counts_at_rest() {
    let outbox = Arc::new(Outbox::default());
    let (teller, mut hearing) = channel(Arc::new(|| ()));
    let of = Arc::clone(&outbox);
    let following = tokio::spawn(async move {
        let count = || async {
            of.counted.fetch_add(1, Ordering::Relaxed);
            Some(of.waiting.load(Ordering::Relaxed))
        };
        follow(&of.changed, count, &teller).await;
    });
    let counted = || outbox.counted.load(Ordering::Relaxed);

    assert_eq!(after(600, &mut hearing).await, [0; 0]);
    assert_eq!(counted(), 0, "nothing has happened");

    // A turn ends, and its entry can't be written.
    outbox.waiting.store(1, Ordering::Relaxed);
    outbox.changed.notify_one();
    assert_eq!(after(3, &mut hearing).await, [1]);
    assert_eq!(after(60, &mut hearing).await, [0; 0], "told once");

    // It goes by itself when its machine is there again.
    outbox.waiting.store(0, Ordering::Relaxed);
    assert_eq!(after(15, &mut hearing).await, [0]);
    let before = counted();
    assert_eq!(after(600, &mut hearing).await, [0; 0]);
    assert_eq!(counted(), before, "nothing waits");
    following.abort();
}
