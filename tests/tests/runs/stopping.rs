//! Interrupting and stopping a run, and what must never be signalled.

use std::fs;
use std::process::{Command, Stdio};

use baton_tests::{is_running, until};
use orchestrator::run::{RunError, Runs, Standing};
use orchestrator::seam::RunId;

use crate::bed::{
    Heard, PATIENCE, file, folder, hosts, marked, nothing_is_left, runs, sh, stands, to_the_end,
};
use crate::support::Host;

/// Launches `script`, which says `ready`, and waits until it has.
async fn ready(runs: &Runs, script: &str) -> (RunId, orchestrator::run::Follow) {
    let run = RunId::random();
    let mut follow = runs.launch(&run, &sh(script)).await.unwrap();
    let mut heard = Heard::default();
    heard.listen(&mut follow, |heard| heard.text().contains("ready")).await;
    assert!(heard.text().contains("ready"), "{heard:?}");
    (run, follow)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_reaches_the_program_as_ctrl_c_would() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let script = "trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.1; done";
        let (run, mut follow) = ready(&runs, script).await;
        runs.interrupt(&run).await.unwrap();
        let mut heard = Heard::since(orchestrator::run::Offsets { out: 6, err: 0 });
        heard.listen(&mut follow, |_| false).await;
        assert_eq!(
            (heard.text().as_str(), heard.status),
            ("interrupted\n", Some(Some(3))),
            "{name}"
        );
        let (run, follow) = ready(&runs, "echo ready; exec sleep 300").await;
        runs.interrupt(&run).await.unwrap();
        drop(follow);
        stands(&runs, &run, Standing::Exited(130)).await;
        // One that is over is no error, and one that never was is.
        runs.interrupt(&run).await.unwrap();
        let unknown = runs.interrupt(&RunId::random()).await.unwrap_err();
        assert!(matches!(unknown, RunError::NotFound { .. }), "{unknown:?}");
        nothing_is_left(&host, &run).await;
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_that_comes_before_the_program_has_begun_reaches_it_all_the_same() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    for _ in 0..10 {
        let run = RunId::random();
        let follow = runs.launch(&run, &sh("exec sleep 300")).await.unwrap();
        runs.interrupt(&run).await.unwrap();
        let heard = tokio::time::timeout(PATIENCE, to_the_end(follow)).await;
        assert_eq!(heard.expect("it wasn't interrupted").status, Some(Some(130)));
        nothing_is_left(&host, &run).await;
    }
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_a_program_that_ignores_it_and_all_that_it_has_started() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let script = "trap '' TERM INT; setsid sh -c 'trap \"\" TERM; sleep 300; sleep 300' & \
            (env -i sleep 300 &); echo ready; while :; do sleep 1; done";
        let (run, follow) = ready(&runs, script).await;
        until("its children run", || marked(&run).len() >= 3).await;
        let facts = tokio::time::timeout(PATIENCE, runs.stop(&run)).await.unwrap().unwrap();
        assert_eq!(facts.standing, Standing::Exited(137), "{name}");
        assert_eq!(marked(&run), [], "{name}");
        nothing_is_left(&host, &run).await;
        assert_eq!(to_the_end(follow).await.status, Some(Some(137)), "{name}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_asks_first_and_a_program_that_listens_ends_by_itself() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let script =
        "trap 'echo asked >&2; kill $! 2>/dev/null; exit 5' TERM; echo ready; sleep 300 & wait";
    let (run, follow) = ready(&runs, script).await;
    assert_eq!(runs.stop(&run).await.unwrap().standing, Standing::Exited(5));
    drop(follow);
    assert_eq!(file(&host, &run, "err"), "asked\n");
    let (run, follow) = ready(&runs, script).await;
    assert_eq!(runs.stop_now(&run).await.unwrap().standing, Standing::Exited(137));
    drop(follow);
    assert_eq!(file(&host, &run, "err"), "");
    nothing_is_left(&host, &run).await;
    host.connection.close().await;
}

/// A process that belongs to no run, and is gone on drop.
struct Stranger(std::process::Child);

impl Stranger {
    fn start() -> Self {
        let mut command = Command::new("setsid");
        Self(command.args(["sleep", "300"]).stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn write(host: &Host, run: &RunId, name: &str, text: &str) {
    fs::write(folder(host).join(run.as_str()).join(name), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_given_the_number_of_a_runs_is_never_signalled() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let run = RunId::random();
    to_the_end(runs.launch(&run, &sh("echo done")).await.unwrap()).await;
    let stranger = Stranger::start();
    until("the stranger is a leader", || {
        fs::read_to_string(format!("/proc/{}/cmdline", stranger.0.id()))
            .is_ok_and(|line| line.starts_with("sleep"))
    })
    .await;
    // As after a restart of the run's machine, or a wrap of its numbers: same number, another start.
    write(&host, &run, "pid", &format!("{} setsid\n", stranger.0.id()));
    write(&host, &run, "exit", "    \n");
    assert_eq!(runs.state(&run).await.unwrap().standing, Standing::Unknown);
    runs.interrupt(&run).await.unwrap();
    runs.stop(&run).await.unwrap();
    runs.stop_now(&run).await.unwrap();
    assert!(is_running(stranger.0.id()), "it was signalled");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_of_the_machine_a_run_is_unknown_and_never_running() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let (run, mut follow) = ready(&runs, "echo ready; exec sleep 300").await;
    assert_eq!(runs.state(&run).await.unwrap().standing, Standing::Running);
    let kept = [file(&host, &run, "start"), file(&host, &run, "runner.start")];
    for (name, text) in ["start", "runner.start"].iter().zip(&kept) {
        let (_, rest) = text.split_once('\n').unwrap();
        write(&host, &run, name, &format!("another-boot\n{rest}"));
    }
    assert_eq!(runs.state(&run).await.unwrap().standing, Standing::Unknown);
    for (name, text) in ["start", "runner.start"].iter().zip(&kept) {
        write(&host, &run, name, text);
    }
    runs.stop(&run).await.unwrap();
    let mut heard = Heard::since(orchestrator::run::Offsets { out: 6, err: 0 });
    heard.listen(&mut follow, |_| false).await;
    assert_eq!(heard.status, Some(Some(143)));
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_agent_that_talks_is_known_too_when_its_runner_was_killed() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let run = RunId::random();
    let mut job = sh("read -r word; echo \"$word\"; sleep 1; echo last");
    job.stdin = orchestrator::run::Stdin::Talk;
    let mut follow = runs.launch(&run, &job).await.unwrap();
    runs.write(&run, 1, b"first\n").await.unwrap();
    let mut heard = Heard::default();
    heard.listen(&mut follow, |heard| heard.text() == "first\n").await;
    let runner: u32 = file(&host, &run, "runner.pid").split(' ').next().unwrap().parse().unwrap();
    let killed = Command::new("sh").args(["-c", &format!("kill -KILL {runner}")]).status().unwrap();
    assert!(killed.success());
    heard.listen(&mut follow, |_| false).await;
    assert_eq!((heard.text().as_str(), heard.status), ("first\nlast\n", Some(None)));
    nothing_is_left(&host, &run).await;
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_runner_was_killed_ends_as_unknown_with_all_its_output() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let (run, mut follow) = ready(&runs, "echo ready; sleep 1; echo last").await;
    let runner: u32 = file(&host, &run, "runner.pid").split(' ').next().unwrap().parse().unwrap();
    let killed = Command::new("sh").args(["-c", &format!("kill -KILL {runner}")]).status().unwrap();
    assert!(killed.success());
    let mut heard = Heard::since(orchestrator::run::Offsets { out: 6, err: 0 });
    heard.listen(&mut follow, |_| false).await;
    assert_eq!((heard.text().as_str(), heard.status), ("last\n", Some(None)));
    nothing_is_left(&host, &run).await;
    host.connection.close().await;
}
