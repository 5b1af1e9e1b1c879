//! When the process that hosts the engine ends, another one goes on, and nobody loses or doubles a thing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_tests::ProbeEngine;
use orchestrator::seam::{Delivery, EngineHandle, Query, Request, Seam, Subscribe};

use crate::support::{Dirs, Probe, next_event, send, snapshot, stored, text, until, within};

async fn open(dirs: &Dirs) -> EngineHandle {
    let plan = ProbeEngine::plan(dirs.data(), dirs.run(), Duration::ZERO);
    within(EngineHandle::open(plan)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_host_is_replaced_within_a_second_and_nothing_is_lost_or_doubled() {
    let dirs = Dirs::new();
    // Answers come later than what they are about, so that a kill falls between.
    let (first, role) = Probe::handle(&dirs, 3);
    assert_eq!(role, "host");
    let mut probes = vec![first];
    let handle = Arc::new(open(&dirs).await);
    for _ in 0..2 {
        let (probe, role) = Probe::handle(&dirs, 3);
        assert_eq!(role, "guest");
        probes.push(probe);
    }
    let wanted = Subscribe { since: Some(0), ..Subscribe::default() };
    let mut following = handle.subscribe(wanted).await.unwrap();
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let handle = Arc::clone(&handle);
            tokio::spawn(async move {
                for number in 0..60 {
                    handle.call(send(&format!("{sender}-{number}"))).await.unwrap();
                }
            })
        })
        .collect();
    let mut seen = Vec::new();
    let mut kills = 0;
    while seen.len() < 240 {
        let event = next_event(&mut following).await;
        seen.push((event.seq, text(&event).to_owned()));
        // The host is killed in the midst of it, again and again until we are the host.
        if seen.len() == 20 * (kills + 1) && !handle.is_host() {
            let Some(host) = host_of(&dirs, &mut probes) else { continue };
            let began = Instant::now();
            host.kill();
            within(handle.call(Request::query(Query::Snapshot))).await.unwrap();
            let took = began.elapsed();
            assert!(took < Duration::from_secs(1), "the takeover took {took:?}");
            kills += 1;
        }
    }
    assert!(kills > 0);
    for sender in senders {
        within(sender).await.unwrap();
    }
    let all: Vec<_> =
        stored(&*handle).await.iter().map(|event| (event.seq, text(event).to_owned())).collect();
    assert_eq!(seen, all, "what was told isn't what was stored");
    let mut texts: Vec<&str> = all.iter().map(|(_, text)| &**text).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!((all.len(), texts.len()), (240, 240), "a command ran twice or never");
    handle.shutdown().await;
}

/// The probe that hosts, as the lock names it.
fn host_of<'a>(dirs: &Dirs, probes: &'a mut [Probe]) -> Option<&'a mut Probe> {
    let pid: u32 =
        std::fs::read_to_string(dirs.data().join("engine.lock")).unwrap().trim().parse().ok()?;
    probes.iter_mut().find(|probe| probe.pid() == pid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_leaves_answers_what_is_under_way_first() {
    let dirs = Dirs::new();
    let (mut host, _) = Probe::handle(&dirs, 300);
    let handle = Arc::new(open(&dirs).await);
    let mut following = handle.subscribe(Subscribe::default()).await.unwrap();
    let asking = Arc::clone(&handle);
    let call = tokio::spawn(async move { asking.call(send("under way")).await });
    assert_eq!(text(&next_event(&mut following).await), "under way");
    let status = tokio::task::spawn_blocking(move || (host.leave(), host.line()));
    within(call).await.unwrap().unwrap();
    let (status, last) = within(status).await.unwrap();
    assert!(status.success());
    assert_eq!(last.as_deref(), Some("left"));
    until("we host", async || handle.is_host()).await;
    handle.call(send("afterwards")).await.unwrap();
    assert_eq!(text(&next_event(&mut following).await), "afterwards");
    assert_eq!(stored(&*handle).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_was_killed_alone_leaves_nothing_in_the_way_of_the_next() {
    let dirs = Dirs::new();
    let (mut host, _) = Probe::handle(&dirs, 0);
    host.kill();
    assert!(dirs.socket().exists(), "a killed process leaves its socket");
    let handle = open(&dirs).await;
    assert!(handle.is_host());
    handle.call(send("fresh")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn following_goes_on_when_the_host_shuts_down() {
    let dirs = Dirs::new();
    let host = open(&dirs).await;
    let guest = open(&dirs).await;
    let third = open(&dirs).await;
    let wanted = || Subscribe { since: Some(0), ..Subscribe::default() };
    let mut following = guest.subscribe(wanted()).await.unwrap();
    let mut of_host = host.subscribe(wanted()).await.unwrap();
    host.call(send("one")).await.unwrap();
    host.shutdown().await;
    assert!(host.call(send("late")).await.is_err());
    assert_eq!(text(&next_event(&mut of_host).await), "one");
    while let Some(rest) = within(of_host.next()).await {
        assert!(matches!(rest, Ok(Delivery::Sync { .. })), "{rest:?}");
    }
    third.call(send("two")).await.unwrap();
    guest.call(send("three")).await.unwrap();
    for wanted in ["one", "two", "three"] {
        assert_eq!(text(&next_event(&mut following).await), wanted);
    }
    assert!(guest.is_host() != third.is_host(), "one of them hosts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_that_is_dropped_gives_the_engine_up() {
    let dirs = Dirs::new();
    let host = open(&dirs).await;
    host.call(send("one")).await.unwrap();
    let clone = host.clone();
    drop(host);
    assert!(clone.is_host());
    drop(clone);
    let next = open(&dirs).await;
    assert_eq!(snapshot(&next).await.seq, 1);
    until("the next one hosts", async || next.is_host()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_ends_when_nobody_wants_the_engine_any_more() {
    let dirs = Dirs::new();
    let (_host, _) = Probe::handle(&dirs, 0);
    let guest = open(&dirs).await;
    let mut following = guest.subscribe(Subscribe::default()).await.unwrap();
    assert!(matches!(following.next().await, Some(Ok(Delivery::Sync { .. }))));
    guest.shutdown().await;
    drop(_host);
    assert!(within(following.next()).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_front_end_that_doesnt_read_holds_up_no_takeover() {
    let dirs = Dirs::new();
    let host = open(&dirs).await;
    let guest = open(&dirs).await;
    let wanted = Subscribe { since: Some(0), ..Subscribe::default() };
    let _stalled = guest.subscribe(wanted).await.unwrap();
    for _ in 0..20 {
        host.call(send(&"x".repeat(100_000))).await.unwrap();
    }
    let leaving = tokio::spawn(async move { host.shutdown().await });
    let began = Instant::now();
    until("the guest hosts", async || guest.is_host()).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    within(leaving).await.unwrap();
}
