//! Round trips: how many a launch, an output, an end and a restored link cost. The best of several counts, so that a
//! busy machine doesn't fail it.

#![expect(clippy::print_stdout, reason = "`--no-capture` shows what was measured")]

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use baton_tests::{TestSshd, Wan};
use orchestrator::run::{FollowEvent, Runs};
use orchestrator::seam::{LinkState, RunId};
use orchestrator::transport::ConnectionSettings;

use crate::bed::{Heard, sh};
use crate::support::{Host, openssh_with};

/// 25 ms each way.
const ROUND_TRIP: Duration = Duration::from_millis(50);

fn far() -> (Host, Wan) {
    let sshd = Arc::new(TestSshd::start());
    let wan = Wan::start(sshd.address(), ROUND_TRIP / 2);
    let config = sshd.write_client_config_through("box", wan.port(), &[]);
    (openssh_with(sshd, config, ConnectionSettings::default(), |_| ()), wan)
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_launch_costs_one_round_trip_and_its_end_is_known_soon() {
    let (host, _wan) = far();
    let runs = Runs::new(host.connection.clone());
    let (mut cold, mut firsts, mut ends) = (None, Vec::new(), Vec::new());
    for _ in 0..6 {
        let started = Instant::now();
        let run = RunId::random();
        // The second half gives the channel for the next one time to be ready.
        let mut follow = runs.launch(&run, &sh("echo x; sleep 0.4; date +%s%N")).await.unwrap();
        let mut heard = Heard::default();
        heard.listen(&mut follow, |heard| !heard.out.is_empty()).await;
        match cold {
            None => cold = Some(started.elapsed()),
            Some(_) => firsts.push(started.elapsed()),
        }
        heard.listen(&mut follow, |_| false).await;
        let now = since_epoch();
        let text = heard.text();
        let ended = Duration::from_nanos(text.lines().last().unwrap().parse().unwrap());
        ends.push(now.saturating_sub(ended));
    }
    println!(
        "launch to first byte: cold with the login {cold:?}, warm {firsts:?}; end to known: {ends:?}"
    );
    let bound = ROUND_TRIP.mul_f64(2.2) + Duration::from_millis(25);
    assert!(firsts.iter().min().unwrap() < &bound, "{firsts:?}");
    assert!(ends.iter().min().unwrap() < &Duration::from_millis(150), "{ends:?}");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_arrives_half_a_round_trip_after_it_was_printed() {
    let (host, _wan) = far();
    let runs = Runs::new(host.connection.clone());
    let script = "i=0; while [ $i -lt 40 ]; do i=$((i+1)); date +%s%N; sleep 0.05; done";
    let mut follow = runs.launch(&RunId::random(), &sh(script)).await.unwrap();
    let mut late = Vec::new();
    while let Some(event) = follow.next().await {
        let now = since_epoch();
        if let FollowEvent::Output { bytes, .. } = event {
            let text = String::from_utf8(bytes).unwrap();
            for line in text.lines() {
                late.push(now.saturating_sub(Duration::from_nanos(line.parse().unwrap())));
            }
        }
    }
    late.sort();
    let median = late[late.len() / 2];
    println!("printed to heard: median {median:?}, longest {:?}", late.last());
    assert!(late[late.len() / 4] < ROUND_TRIP.mul_f64(0.5) + Duration::from_millis(15), "{late:?}");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_link_brings_the_next_byte_within_three_round_trips() {
    let (host, wan) = far();
    let runs = Runs::new(host.connection.clone());
    let script = "while :; do echo x; sleep 0.02; done";
    let run = RunId::random();
    let mut follow = runs.launch(&run, &sh(script)).await.unwrap();
    let mut heard = Heard::default();
    let mut took = Vec::new();
    for _ in 0..4 {
        let had = heard.out.len();
        heard.listen(&mut follow, |heard| heard.out.len() > had + 10).await;
        wan.reset();
        let count = heard.links.len();
        heard.listen(&mut follow, |heard| heard.links.len() > count).await;
        let mut state = host.connection.state();
        let back = tokio::spawn(async move {
            let connected = |state: &orchestrator::transport::State| {
                matches!(state, orchestrator::transport::State::Connected)
            };
            state.wait_for(|state| !connected(state)).await.unwrap();
            state.wait_for(connected).await.unwrap();
            Instant::now()
        });
        let had = heard.out.len();
        heard.listen(&mut follow, |heard| heard.out.len() > had).await;
        took.push(back.await.unwrap().elapsed());
        assert_eq!(heard.links.last(), Some(&LinkState::Restored));
    }
    println!("connected again to the next byte: {took:?}");
    let bound = ROUND_TRIP * 3 + Duration::from_millis(100);
    assert!(took.iter().min().unwrap() < &bound, "{took:?}");
    runs.stop_now(&run).await.unwrap();
    host.connection.close().await;
}
