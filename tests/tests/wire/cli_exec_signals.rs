//! Signals to `baton exec` are for the program on the host.

use std::path::Path;
use std::process::Stdio;

use baton_tests::{Home, TestSshd, ended, is_running, sleepers, until};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};

fn home(sshd: &TestSshd) -> Home {
    let home = Home::new(sshd.write_client_config("box", &[]));
    std::fs::write(home.hosts_toml(), "[host.own]\nssh_config = \"box\"\ntransport = \"native\"\n")
        .unwrap();
    home
}

/// A running `baton exec` whose program has begun.
async fn running(home: &Home, host: &str, script: &str, proof: &Path) -> tokio::process::Child {
    let script = format!("touch {}; {script}", proof.display());
    let child = home.start(&["exec", host, "--", "sh", "-c", &script]);
    until("the program runs", || proof.exists()).await;
    std::fs::remove_file(proof).unwrap();
    child
}

fn signal(child: &tokio::process::Child, signal: Signal) {
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// A time to sleep that nobody else on this machine sleeps.
fn own_seconds() -> String {
    format!("{}.{}", fastrand::u32(3_000..90_000), fastrand::u32(1..90_000))
}

#[tokio::test]
async fn a_signal_ends_the_whole_group_on_the_host() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for host in ["box", "own", "local"] {
        for (sent, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
            let (one, two) = (own_seconds(), own_seconds());
            // `dash` ignores INT in what it starts with `&`; with a pipeline everything is in the foreground.
            let script = format!("sleep {one} | sleep {two}");
            let child = running(&home, host, &script, &home.path("ran")).await;
            until("both sleep", || sleepers(&one).len() + sleepers(&two).len() == 2).await;
            signal(&child, sent);
            let run = ended(child).await;
            assert_eq!((run.status, run.stderr.as_str()), (Some(status), ""), "{host} {sent:?}");
            until("nobody sleeps", || sleepers(&one).len() + sleepers(&two).len() == 0).await;
        }
    }
}

#[tokio::test]
async fn a_program_may_answer_a_signal_as_it_likes() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for host in ["box", "own", "local"] {
        let short = format!("0.0{}", fastrand::u32(1_000_000..9_000_000));
        let script = format!("trap 'echo cleaned; exit 5' INT; while :; do sleep {short}; done");
        let child = running(&home, host, &script, &home.path("ran")).await;
        until("the trap is set", || !sleepers(&short).is_empty()).await;
        signal(&child, Signal::INT);
        let run = ended(child).await;
        assert_eq!((run.status, run.stdout.as_str()), (Some(5), "cleaned\n"), "{host}: {run:?}");
    }
}

#[tokio::test]
async fn a_second_interrupt_leaves_at_once_and_says_how_to_end_what_runs_on() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let heard = home.path("heard");
    // The program hears the first one, and stays.
    let script =
        format!("trap 'touch {}' INT; echo on; while :; do sleep 0.05; done", heard.display());
    let mut child = running(&home, "box", &script, &home.path("ran")).await;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("on"));
    signal(&child, Signal::INT);
    until("the program has heard it", || heard.exists()).await;
    signal(&child, Signal::INT);
    let run = ended(child).await;
    assert_eq!(run.status, Some(130), "{run:?}");
    let advice = run.stderr.split('`').nth(1).unwrap_or_else(|| panic!("{run:?}"));
    let group: u32 = advice.rsplit('-').next().unwrap().parse().unwrap();
    // Checked before it is run: without the dashes, kill of procps 4.0.2 may take it for every process.
    assert_eq!(advice, format!("baton exec box -- kill -s TERM -- -{group}"));
    assert!(is_running(group), "{run:?}");

    let words: Vec<_> = advice.split(' ').skip(1).collect();
    assert_eq!(ended(home.start(&words)).await.status, Some(0), "{advice}");
    until("the program is gone", || !is_running(group)).await;
}

#[tokio::test]
async fn after_a_kill_the_next_call_works_over_the_connection_that_is_there() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for host in ["box", "own"] {
        let seconds = own_seconds();
        let mut child = running(&home, host, &format!("sleep {seconds}"), &home.path("ran")).await;
        child.kill().await.unwrap();
        let run = home.exec(&[host, "--", "echo", "on"]).await;
        assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "on\n", ""));
    }
}

#[tokio::test]
async fn a_signal_while_it_still_connects_ends_it() {
    // Takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[&format!("Port {port}")]));
    for (sent, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut command = home.command(&["exec", "box", "--", "true"]);
        let child = baton_tests::start(command.stdin(Stdio::null()));
        silent.set_nonblocking(true).unwrap();
        let mut taken = None;
        until("ssh has connected", || {
            taken = silent.accept().ok(); // nobody there yet is looked for again
            taken.is_some()
        })
        .await;
        signal(&child, sent);
        assert_eq!(ended(child).await.status, Some(status));
    }
}
