//! Settling whether a run was launched: no turn is done twice, none is lost.

use baton_tests::until;
use orchestrator::run::{RunError, Standing, Stdin};
use orchestrator::seam::RunId;
use orchestrator::transport::TransportError;

use crate::bed::{finish, folder, hosts, marked, runs, server, sh, stands, to_the_end};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_settled_never_to_be_cannot_be_launched_later() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let run = RunId::random();
        assert_eq!(runs.settle(&run).await.unwrap().standing, Standing::Never, "{name}");
        assert_eq!(runs.settle(&run).await.unwrap().standing, Standing::Never, "{name}");
        let proof = host.proof();
        let job = sh(&format!("touch {}", proof.display()));
        let refused = runs.launch(&run, &job).await.unwrap_err();
        assert!(matches!(refused, RunError::Exists { .. }), "{name}: {refused:?}");
        let heard = to_the_end(runs.follow(&run, Default::default())).await;
        assert!(matches!(heard.failed, Some(RunError::Never { .. })), "{name}: {heard:?}");
        assert!(!proof.exists(), "{name}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_launched_stays_launched() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let run = RunId::random();
        runs.launch_detached(&run, &sh("exec sleep 300")).await.unwrap();
        assert_eq!(runs.settle(&run).await.unwrap().standing, Standing::Running, "{name}");
        // bash may lose a signal that comes while it execs.
        until("the program runs", || {
            marked(&run).iter().any(|(_, words)| words == &["sleep", "300"])
        })
        .await;
        runs.stop(&run).await.unwrap();
        assert_eq!(runs.settle(&run).await.unwrap().standing, Standing::Exited(143), "{name}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_breaks_in_the_middle_of_a_prompt_starts_nothing() {
    for (name, host) in hosts().into_iter().take(2) {
        let runs = runs(&host);
        runs.list().await.unwrap();
        let proof = host.proof();
        let run = RunId::random();
        let mut job = sh(&format!("touch {}", proof.display()));
        // More than any buffer on the way holds, so that it is still under way when the files of the run appear.
        job.stdin = Stdin::Bytes(vec![b'x'; 256 * 1024 * 1024]);
        let launching = runs.launch(&run, &job);
        let folder = folder(&host).join(run.as_str());
        let sshd = server(&host);
        let cut = async {
            until("the prompt is on its way", || {
                folder.join("in").metadata().is_ok_and(|f| f.len() > 0)
            })
            .await;
            sshd.cut_connections();
        };
        let (launched, ()) = tokio::join!(launching, cut);
        let doubt = launched.unwrap_err();
        assert!(
            matches!(&doubt, RunError::InDoubt { why, .. } if matches!(**why, TransportError::ConnectionLost { .. })),
            "{name}: {doubt:?}"
        );
        // What the link was doing when it broke may still fail.
        let settled = loop {
            match runs.settle(&run).await {
                Err(RunError::Transport(TransportError::ConnectionLost { .. })) => {}
                settled => break settled.unwrap(),
            }
        };
        assert_eq!(settled.standing, Standing::Never, "{name}");
        stands(&runs, &run, Standing::Never).await;
        assert!(!proof.exists(), "{name}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_launch_and_a_settling_at_the_same_time_one_wins_and_both_know_it() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let (mut launched, mut never) = (0, 0);
    // How long settling waits; it is moved towards the moment at which both are as quick, so that both win.
    let mut wait = std::time::Duration::from_micros(400);
    for _ in 0..60 {
        let run = RunId::random();
        let job = sh("echo once");
        let settling = async {
            tokio::time::sleep(wait).await; // wait: another moment each round
            runs.settle(&run).await.unwrap().standing
        };
        let (launching, settled) = tokio::join!(runs.launch_detached(&run, &job), settling);
        let out = || std::fs::read(folder(&host).join(run.as_str()).join("out"));
        if settled == Standing::Never {
            never += 1;
            wait = wait * 3 / 2;
            assert!(matches!(launching, Err(RunError::Exists { .. })), "{launching:?}");
            assert!(out().is_ok_and(|out| out.is_empty()) || out().is_err());
        } else {
            launched += 1;
            wait = wait * 2 / 3;
            launching.unwrap();
            stands(&runs, &run, Standing::Exited(0)).await;
            assert_eq!(out().unwrap(), b"once\n");
        }
    }
    assert!(launched > 0 && never > 0, "{launched} {never}");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_put_among_the_runs_or_into_one_hides_none_of_them() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let (damaged, ..) = finish(&runs, &sh("echo one")).await;
    let (sound, ..) = finish(&runs, &sh("exit 4")).await;
    std::fs::create_dir(folder(&host).join("my notes")).unwrap();
    std::fs::write(folder(&host).join(damaged.as_str()).join("exit"), "3x\n").unwrap();
    let all = runs.list().await.unwrap();
    let standing = |run: &RunId| all.iter().find(|facts| facts.run == *run).unwrap().standing;
    assert_eq!((standing(&damaged), standing(&sound)), (Standing::Unknown, Standing::Exited(4)));
    assert_eq!(all.len(), 2);
    assert_eq!(runs.sweep(std::slice::from_ref(&damaged)).await.unwrap(), [damaged]);
    assert!(folder(&host).join("my notes").exists());
    host.connection.close().await;
}
