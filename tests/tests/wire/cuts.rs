//! Connections that break, and how they come back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_tests::{TestSshd, Wan, is_running, processes, until};
use orchestrator::transport::{Call, ConnectionSettings, Process, Program, State, TransportError};

use crate::support::{Host, openssh, openssh_with, run, sh};

/// The keepalive bound of the tests (1 s, twice) and room for a busy machine.
const BOUND: Duration = Duration::from_secs(10);

/// A host behind a relay.
fn far(settings: ConnectionSettings) -> (Host, Wan) {
    let sshd = Arc::new(TestSshd::start());
    let wan = Wan::start(sshd.address(), Duration::ZERO);
    let config = sshd.write_client_config_through("box", wan.port(), &[]);
    (openssh_with(sshd, config, settings, |_| ()), wan)
}

/// Waits for a state that passes, and returns every state on the way, the last one included.
async fn states_until(host: &Host, wanted: impl Fn(&State) -> bool) -> Vec<State> {
    let mut watch = host.connection.state();
    let mut seen = Vec::new();
    let reached = async {
        loop {
            let state = watch.borrow_and_update().clone();
            let done = wanted(&state);
            seen.push(state);
            if done {
                return;
            }
            watch.changed().await.unwrap();
        }
    };
    let reached = tokio::time::timeout(Duration::from_secs(25), reached).await;
    assert!(reached.is_ok(), "{seen:?}\n{}", host.log());
    seen
}

fn is_connected(state: &State) -> bool {
    matches!(state, State::Connected)
}

/// A program that runs until it is killed, and the number of seconds by which it can be found.
async fn endless(host: &Host, seconds: &str) -> Process {
    let process = host.connection.start(&Program::new(["sleep", seconds])).await.unwrap();
    until("the program runs", || !baton_tests::sleepers(seconds).is_empty()).await;
    process
}

/// The program's connection is lost within the bound, and it lives on.
async fn is_lost_and_lives_on(host: &Host, process: Process, seconds: &str) {
    let ended = tokio::time::timeout(BOUND, process.wait()).await;
    let ended = ended.unwrap_or_else(|_| panic!("nobody noticed\n{}", host.log()));
    assert!(matches!(ended, Err(TransportError::ConnectionLost { .. })), "{ended:?}");
    let left = baton_tests::sleepers(seconds);
    assert_eq!(left.len(), 1, "the program has ended");
    assert!(is_running(left[0].0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_connection_is_lost_at_once_and_the_next_start_connects_anew() {
    let host = openssh(TestSshd::start());
    let nap = format!("71.{}", std::process::id());
    let process = endless(&host, &nap).await;
    host.sshd.as_ref().unwrap().cut_connections();
    is_lost_and_lives_on(&host, process, &nap).await;
    // Nobody holds it: it is not tried again by itself, and comes back when somebody asks.
    states_until(&host, |state| matches!(state, State::Closed)).await;
    assert_eq!(run(&host.connection, &sh("echo on")).await.stdout, "on\n");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_reset_on_the_way_is_lost_and_a_held_one_comes_back_by_itself() {
    let (host, wan) = far(ConnectionSettings::default());
    let hold = host.connection.hold();
    let nap = format!("72.{}", std::process::id());
    let process = endless(&host, &nap).await;
    let mut state = host.connection.state();
    let noticed = tokio::spawn(async move {
        let reconnects = |state: &State| matches!(state, State::Reconnecting { .. });
        tokio::time::timeout(BOUND, state.wait_for(reconnects)).await.is_ok()
    });
    wan.reset();
    is_lost_and_lives_on(&host, process, &nap).await;
    assert!(noticed.await.unwrap(), "{}", host.log());
    states_until(&host, is_connected).await;
    assert_eq!(host.connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
    drop(hold);
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_cut_is_noticed_within_the_keepalive_bound() {
    let (host, wan) = far(ConnectionSettings::default());
    let _hold = host.connection.hold();
    let nap = format!("73.{}", std::process::id());
    let process = endless(&host, &nap).await;
    wan.cut();
    is_lost_and_lives_on(&host, process, &nap).await;
    states_until(&host, |state| {
        matches!(state, State::Reconnecting { .. } | State::Connecting { .. })
    })
    .await;
    wan.restore();
    host.connection.retry().await;
    states_until(&host, is_connected).await;
    assert_eq!(host.connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stops_answering_is_degraded_until_it_answers_again() {
    let settings = ConnectionSettings {
        sign_interval: Duration::from_millis(200),
        ..ConnectionSettings::default()
    };
    let sshd = Arc::new(TestSshd::start());
    let wan = Wan::start(sshd.address(), Duration::ZERO);
    let config = sshd.write_client_config_through("box", wan.port(), &[]);
    let host =
        openssh_with(sshd, config, settings, |settings| settings.patience.keepalive_count = 60);
    let _hold = host.connection.hold();
    host.connection.ready().await.unwrap();
    host.connection.call(Call::new(":")).await.unwrap();
    wan.pause();
    states_until(&host, |state| matches!(state, State::Degraded)).await;
    wan.resume();
    let states = states_until(&host, is_connected).await;
    assert!(
        states.iter().all(|state| matches!(state, State::Degraded | State::Connected)),
        "{states:?}"
    );
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_tried_after_growing_waits_until_it_is_back() {
    let sshd = TestSshd::start();
    let config = sshd.write_client_config("box", &[]);
    let mut sshd = sshd;
    let run_dir = baton_tests::short_dir();
    let connection =
        crate::support::connection_over(Arc::new(orchestrator::transport::OpenSsh::new(
            crate::support::target("box"),
            crate::support::openssh_settings(config, &run_dir),
        )));
    let hold = connection.hold();
    connection.ready().await.unwrap();
    sshd.stop();
    let mut watch = connection.state();
    let mut waits = Vec::new();
    let growing = async {
        while waits.len() < 3 {
            if let State::Reconnecting { wait, failed, .. } = watch.borrow_and_update().clone() {
                waits.push((failed, wait));
            }
            watch.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), growing).await.unwrap();
    assert_eq!(waits.iter().map(|(failed, _)| *failed).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(waits[0].1 < waits[1].1 && waits[1].1 < waits[2].1, "{waits:?}");
    sshd.restart();
    let back = tokio::time::timeout(Duration::from_secs(20), watch.wait_for(is_connected));
    back.await.expect("it never came back").unwrap();
    assert_eq!(connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
    drop(hold);
    connection.close().await;
}

fn logins(host: &Host) -> usize {
    host.log().matches("Connection from ").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_keys_block_until_the_person_has_acted() {
    let host = openssh(TestSshd::start());
    let keys = host.sshd.as_ref().unwrap().authorized_keys_path();
    let right = std::fs::read_to_string(&keys).unwrap();
    std::fs::write(&keys, "").unwrap();
    let _hold = host.connection.hold();
    let error = host.connection.ready().await.unwrap_err();
    assert!(matches!(error, TransportError::AuthRefused { .. }), "{error:?}");
    assert!(matches!(*host.connection.state().borrow(), State::Blocked { .. }));
    until("sshd has logged it", || logins(&host) == 1).await;
    // Longer than the first two waits of a connection that would be tried again.
    let start = Instant::now();
    let mut watch = host.connection.state();
    let changed = tokio::time::timeout(
        Duration::from_secs(2),
        watch.wait_for(|state| !matches!(state, State::Blocked { .. })),
    );
    assert!(changed.await.is_err(), "after {:?}", start.elapsed());
    assert_eq!(host.connection.ready().await.unwrap_err(), error);
    assert_eq!(logins(&host), 1, "{}", host.log());
    std::fs::write(&keys, right).unwrap();
    host.connection.retry().await;
    host.connection.ready().await.unwrap();
    assert_eq!(run(&host.connection, &sh("echo on")).await.stdout, "on\n");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_ask_at_once_share_one_connection() {
    let host = openssh(TestSshd::start());
    let asking = (0..20).map(|_| {
        let connection = host.connection.clone();
        tokio::spawn(async move { connection.ready().await })
    });
    for asked in futures::future::join_all(asking).await {
        asked.unwrap().unwrap();
    }
    assert_eq!((host.connection.links(), logins(&host)), (1, 1), "{}", host.log());
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_key_that_changed_in_between_blocks() {
    let mut sshd = TestSshd::start();
    let config = sshd.write_client_config("box", &[]);
    let run_dir = baton_tests::short_dir();
    let transport = orchestrator::transport::OpenSsh::new(
        crate::support::target("box"),
        crate::support::openssh_settings(config, &run_dir),
    );
    let connection = crate::support::connection_over(Arc::new(transport));
    let _hold = connection.hold();
    connection.ready().await.unwrap();
    sshd.change_host_key();
    let mut watch = connection.state();
    let blocked = tokio::time::timeout(
        Duration::from_secs(20),
        watch.wait_for(|state| matches!(state, State::Blocked { .. })),
    );
    let state = blocked.await.expect("it was tried again and again").unwrap().clone();
    let State::Blocked { why: TransportError::HostKeyChanged { record, .. } } = state else {
        panic!("{state:?}")
    };
    assert!(record.shown.is_some_and(|key| key.contains("SHA256:")));
    let error = connection.call(Call::new(":")).await.unwrap_err();
    assert!(matches!(error, TransportError::HostKeyChanged { .. }), "{error:?}");
    connection.close().await;
    assert_eq!(
        processes(|words| words
            .iter()
            .any(|word| word.starts_with(run_dir.path().to_str().unwrap()))),
        []
    );
}
