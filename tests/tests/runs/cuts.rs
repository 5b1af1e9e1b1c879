//! A run's output over links that break: every line once, in order.

use std::sync::Arc;
use std::time::Duration;

use baton_tests::{TestSshd, Wan, short_dir, until};
use orchestrator::run::{FollowEvent, Runs};
use orchestrator::seam::{LinkState, RunId};
use orchestrator::transport::ConnectionSettings;
use orchestrator::transport::native::{ResolvingNative, Surroundings};

use crate::bed::{Heard, attendants, nothing_is_left, runs, sh, size};
use crate::support::{Host, connection_over, masters_in, openssh_settings, openssh_with, target};

/// A machine behind a relay, over either ssh.
fn far(native: bool) -> (Host, Wan) {
    let sshd = Arc::new(TestSshd::start());
    let wan = Wan::start(sshd.address(), Duration::ZERO);
    let config = sshd.write_client_config_through("box", wan.port(), &[]);
    if !native {
        return (openssh_with(sshd, config, ConnectionSettings::default(), |_| ()), wan);
    }
    let run_dir = short_dir();
    let settings = openssh_settings(config, &run_dir);
    let transport = ResolvingNative::new(target("box"), settings, Surroundings::default());
    let connection = connection_over(Arc::new(transport));
    (Host { connection, run_dir, sshd: Some(sshd) }, wan)
}

/// Prints `count` numbered lines, some of them on stderr, in bursts.
fn printing(count: usize) -> String {
    format!(
        "i=0; while [ $i -lt {count} ]; do i=$((i+1)); echo \"line $i\"; \
         case $i in *0) echo \"complaint $i\" >&2; sleep 0.01;; esac; done; exit 9"
    )
}

fn expected(count: usize) -> (String, String) {
    let out = (1..=count).map(|i| format!("line {i}\n")).collect();
    let err = (1..=count).filter(|i| i % 10 == 0).map(|i| format!("complaint {i}\n")).collect();
    (out, err)
}

/// The same in as many bursts as there are cuts: the next one begins when `folder` has its number, which is when the link
/// is cut. So there is output during each outage, and the last cut comes before the last line.
fn in_bursts(count: usize, cuts: usize, folder: &std::path::Path) -> String {
    let burst = count / cuts;
    format!(
        "i=0; k=0; while [ $i -lt {count} ]; do i=$((i+1)); echo \"line $i\"; \
         case $i in *0) echo \"complaint $i\" >&2;; esac; \
         if [ $((i % {burst})) = 0 ] && [ $k -lt {cuts} ]; then k=$((k+1)); \
         while [ ! -e {folder}/$k ]; do sleep 0.01; done; fi; done; exit 9",
        folder = folder.display(),
    )
}

/// Follows to the end while the link is cut again and again, each time when new bytes have come.
async fn survives(host: &Host, wan: &Wan, native: bool) {
    let (cuts, lines) = (size("BATON_SOAK_CUTS", 10), size("BATON_SOAK_LINES", 2_000));
    let runs = runs(host);
    let run = RunId::random();
    let proof = host.proof();
    let folder = proof.parent().unwrap();
    let mut follow = runs.launch(&run, &sh(&in_bursts(lines, cuts, folder))).await.unwrap();
    let mut heard = Heard::default();
    let mut since = Vec::new();
    for cut in 0..cuts {
        let had = heard.out.len();
        heard
            .listen(&mut follow, |heard| heard.out.len() > had + 20 || heard.status.is_some())
            .await;
        since.push(heard.out.len());
        assert!(heard.status.is_none(), "it ended before the cut {cut}: {heard:?}");
        std::fs::write(folder.join((cut + 1).to_string()), "").unwrap();
        match cut % 4 {
            0 => wan.reset(),
            1 => host.sshd.as_ref().unwrap().cut_connections(),
            2 if !native => {
                for (pid, _) in masters_in(host.run_dir.path()) {
                    let killed = std::process::Command::new("sh")
                        .args(["-c", &format!("kill -KILL {pid}")])
                        .status();
                    assert!(killed.is_ok());
                }
            }
            _ => {
                wan.cut();
                heard
                    .listen(&mut follow, |heard| {
                        heard.links.last() == Some(&LinkState::Lost) || heard.status.is_some()
                    })
                    .await;
                wan.restore();
                host.connection.retry().await;
            }
        }
    }
    heard.listen(&mut follow, |_| false).await;
    let (out, err) = expected(lines);
    assert_eq!(heard.status, Some(Some(9)), "{:?}\n{}", heard.links, host.log());
    assert!(heard.text() == out, "{} of {} bytes; {since:?}", heard.out.len(), out.len());
    assert!(heard.err == err.as_bytes(), "{} of {} bytes", heard.err.len(), err.len());
    assert!(heard.links.contains(&LinkState::Restored), "{:?}", heard.links);
    nothing_is_left(host, &run).await;
    // Followers that a silent cut left behind end when the next one comes, or with the run.
    until("no follower is left", || followers(host).is_empty()).await;
    host.connection.close().await;
}

/// Scripts of ours on a channel, and what they have started.
fn followers(host: &Host) -> Vec<(u32, Vec<String>)> {
    let dir = crate::bed::folder(host).to_str().unwrap().to_owned();
    baton_tests::processes(|words| {
        words.first().is_some_and(|word| word == "tail")
            && words.iter().any(|word| word.starts_with(&dir))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_arrives_once_over_links_of_the_systems_ssh_that_are_cut() {
    let (host, wan) = far(false);
    survives(&host, &wan, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_arrives_once_over_links_of_the_built_in_ssh_that_are_cut() {
    let (host, wan) = far(true);
    survives(&host, &wan, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_loses_nothing() {
    let mut sshd = TestSshd::start();
    let config = sshd.write_client_config("box", &[]);
    let run_dir = short_dir();
    let transport =
        orchestrator::transport::OpenSsh::new(target("box"), openssh_settings(config, &run_dir));
    let runs = Runs::new(connection_over(Arc::new(transport)));
    let run = RunId::random();
    let mut follow = runs.launch(&run, &sh(&printing(1_000))).await.unwrap();
    let mut heard = Heard::default();
    heard.listen(&mut follow, |heard| heard.out.len() > 100).await;
    sshd.stop();
    heard.listen(&mut follow, |heard| !heard.links.is_empty()).await;
    sshd.restart();
    heard.listen(&mut follow, |_| false).await;
    assert_eq!((heard.text(), heard.status), (expected(1_000).0, Some(Some(9))));
    assert_eq!(heard.links, [LinkState::Lost, LinkState::Restored]);
    runs.connection().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_keys_are_said_and_the_run_is_heard_on_when_they_are_mended() {
    let (host, wan) = far(false);
    let keys = host.sshd.as_ref().unwrap().authorized_keys_path();
    let right = std::fs::read_to_string(&keys).unwrap();
    let runs = runs(&host);
    let run = RunId::random();
    let mut follow = runs.launch(&run, &sh(&printing(300))).await.unwrap();
    let mut heard = Heard::default();
    heard.listen(&mut follow, |heard| heard.out.len() > 100).await;
    std::fs::write(&keys, "").unwrap();
    wan.reset();
    heard.listen(&mut follow, |heard| heard.links.contains(&LinkState::Blocked)).await;
    std::fs::write(&keys, right).unwrap();
    host.connection.retry().await;
    heard.listen(&mut follow, |_| false).await;
    assert_eq!((heard.text(), heard.status), (expected(300).0, Some(Some(9))));
    assert_eq!(heard.links.last(), Some(&LinkState::Restored));
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_listening_leaves_the_run_alone_and_no_follower_behind() {
    let (host, _wan) = far(false);
    let runs = runs(&host);
    let run = RunId::random();
    let mut follow = runs.launch(&run, &sh("echo ready; sleep 300")).await.unwrap();
    let first = follow.next().await.unwrap();
    assert!(matches!(first, FollowEvent::Output { .. }), "{first:?}");
    assert!(!followers(&host).is_empty());
    drop(follow);
    until("the follower is gone", || followers(&host).is_empty()).await;
    assert_eq!(attendants(&host, &run).len(), 1, "the runner stays");
    assert_eq!(crate::bed::marked(&run).len(), 2, "the run stays");
    runs.stop(&run).await.unwrap();
    nothing_is_left(&host, &run).await;
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_stalls_holds_nobody_up_and_misses_nothing() {
    for native in [false, true] {
        let (host, _wan) = far(native);
        let runs = runs(&host);
        let run = RunId::random();
        let job = sh("head -c 50000000 /dev/zero; exit 4");
        let mut follow = runs.launch(&run, &job).await.unwrap();
        follow.next().await.unwrap();
        // Nobody reads it meanwhile: the run goes on to its end, and others are served.
        crate::bed::stands(&runs, &run, orchestrator::run::Standing::Exited(4)).await;
        let (_, other, _) = crate::bed::finish(&runs, &sh("echo other")).await;
        assert_eq!(other.text(), "other\n");
        let mut rest = 0;
        while let Some(event) = follow.next().await {
            if let FollowEvent::Output { offset, bytes, .. } = event {
                rest = offset + bytes.len() as u64;
            }
        }
        assert_eq!(rest, 50_000_000);
        host.connection.close().await;
    }
}
