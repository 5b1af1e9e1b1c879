//! A front end that doesn't read costs a place in the log, and no memory.

use std::sync::Arc;
use std::time::Duration;

use baton_tests::ProbeEngine;
use orchestrator::seam::{Delivery, EventBody, Seam, Server, SessionId, SocketSeam, Subscribe};
use orchestrator::store::{Batch, Draft};

use crate::support::{Dirs, next, program, send, text, within};

const EVENTS: u64 = 200_000;

/// What this process holds in memory, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_that_stalls_gets_everything_later_and_holds_up_nobody() {
    let dirs = Dirs::new();
    let engine = ProbeEngine::start(&dirs.data(), Duration::ZERO).unwrap();
    let _server = Server::start(&dirs.run(), &dirs.data(), engine.clone(), program()).unwrap();
    let socket = Arc::new(SocketSeam::connect(&dirs.socket(), program()).await.unwrap());
    let wanted = || Subscribe { since: Some(0), ..Subscribe::default() };
    let mut stalled = socket.subscribe(wanted()).await.unwrap();
    let mut also = engine.subscribe(wanted()).await.unwrap();
    let before = memory();
    let words = "a line of some length, such as agents write them all day long: ".repeat(3);
    let mut stored = 0;
    while stored < EVENTS {
        let drafts = (0..1000).map(|number| Draft {
            session: SessionId::new("s"),
            tab: None,
            turn: None,
            body: EventBody::Text {
                text: format!("{} {words}", stored + number + 1),
                plain: false,
            },
        });
        let batch = Batch { changes: Vec::new(), drafts: drafts.collect() };
        stored = engine.store().commit(batch).await.unwrap().last().unwrap().seq;
    }
    // Others are served meanwhile.
    within(socket.call(send("in between"))).await.unwrap();
    let grown = memory().saturating_sub(before);
    // The events alone are 50 MB of JSON; caches of the database take up to 8.
    assert!(grown < 24 << 20, "{} MiB for {EVENTS} events that nobody read", grown >> 20);
    for following in [&mut stalled, &mut also] {
        let mut last = 0;
        while last < EVENTS {
            if let Delivery::Event(event) = next(following).await {
                assert_eq!(event.seq, last + 1);
                last = event.seq;
                assert!(text(&event).starts_with(&format!("{last} ")));
            }
        }
    }
}
