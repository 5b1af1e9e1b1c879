//! Leaving `baton send` and `baton follow`: by a signal, by a pipe that nobody reads, and not by one that is ignored.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use baton_tests::{ended, program, start, until};
use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout};

use crate::cli_bed::{Bed, code, lines, signal, texts};
use crate::support::within;

/// Half of what a pipe holds, pipe(7).
const HALF_FULL: u64 = 32 * 1024;

/// Waits until nothing more goes into its stdout: a pipe that is full holds less than its size, since a write that
/// doesn't fit into a page begins the next one.
async fn until_stalled(stdout: &ChildStdout) {
    let (mut before, mut still) = (0, 0);
    let stalled = async {
        while before < HALF_FULL || still < 25 {
            tokio::time::sleep(Duration::from_millis(20)).await; // wait: between two looks
            let holds = rustix::io::ioctl_fionread(stdout).unwrap();
            still = if holds == before { still + 1 } else { 0 };
            before = holds;
        }
    };
    within(stalled).await;
}

/// Its status and stderr, while its stdout stays as it is.
async fn left(mut child: Child) -> (Option<i32>, String) {
    let status = within(child.wait()).await.unwrap();
    let mut stderr = String::new();
    within(child.stderr.take().unwrap().read_to_string(&mut stderr)).await.unwrap();
    (status.code(), stderr)
}

#[tokio::test]
async fn a_reader_that_stalls_keeps_nobody_from_leaving() {
    let bed = Bed::start();
    let go = bed.file("go");
    let prompt = format!("lines 4000\nwait-for {go}\nprint at last");
    let mut sending = bed.home.start(&["send", "work", "--json", &prompt]);
    let unread = sending.stdout.take().unwrap();
    until_stalled(&unread).await;
    for (number, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut following = bed.home.start(&["follow", "work", "--json"]);
        let unread = following.stdout.take().unwrap();
        until_stalled(&unread).await;
        signal(&following, number);
        let (left, said) = left(following).await;
        assert_eq!(left, Some(status), "{said}");
        assert!(said.contains("`baton follow "), "{said}");
    }
    signal(&sending, Signal::TERM);
    let (status, said) = left(sending).await;
    assert_eq!(status, Some(143), "{said}");
    // What nobody has read is there for who comes back, and the turn went on.
    let since = said.split("--since ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    std::fs::write(&go, "").unwrap();
    let rest = bed.baton(&["follow", "work", "--since", since, "--until-idle", "--json"]).await;
    let read = within(async {
        let (mut unread, mut read) = (unread, String::new());
        unread.read_to_string(&mut read).await.unwrap();
        read
    });
    let read = read.await;
    let whole = read.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last = whole.filter_map(|line| line["seq"].as_u64()).max().unwrap();
    assert!(since.parse::<u64>().unwrap() <= last, "{since} was not read: {last} was");
    assert_eq!(texts(&lines(&rest)).last(), Some(&"at last"));
}

#[tokio::test]
async fn who_closes_the_output_of_send_is_told_that_the_turn_goes_on() {
    let bed = Bed::start();
    let (go, end) = (bed.file("go"), bed.file("end"));
    let prompt = format!("print one\nwait-for {go}\nprint two\nwait-for {end}\nexit 3");
    let mut sending = bed.home.start(&["send", "work", "--json", &prompt]);
    let mut read = BufReader::new(sending.stdout.take().unwrap()).lines();
    while !within(read.next_line()).await.unwrap().unwrap().contains("\"one\"") {}
    drop(read);
    std::fs::write(&go, "").unwrap();
    let (status, said) = left(sending).await;
    assert_eq!(status, Some(141), "{said}");
    assert!(said.contains("left: it goes on; `baton follow "), "{said}");
    std::fs::write(&end, "").unwrap();
    let followed = bed.baton(&["follow", "work", "--until-idle"]).await;
    assert_eq!(followed.status, Some(1), "{followed:?}");
}

#[tokio::test]
async fn a_hang_up_that_is_ignored_at_the_start_ends_nothing() {
    let bed = Bed::start();
    let (began, go) = (bed.file("began"), bed.file("go"));
    let prompt = format!("touch {began}\nwait-for {go}\nprint it went on");
    let plain = bed.home.command(&["send", "work", &prompt]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP INT; exec \"$@\"", "sh"]).arg(program());
    command.args(plain.get_args()).env_clear().stdin(Stdio::null());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let running = start(&mut command);
    until("the agent is at work", || Path::new(&began).exists()).await;
    signal(&running, Signal::HUP);
    signal(&running, Signal::INT);
    std::fs::write(&go, "").unwrap();
    let run = ended(running).await;
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), "it went on\n"), "{run:?}");
}

#[tokio::test]
async fn a_detached_turn_that_fails_at_once_is_an_error_in_json() {
    let bed = Bed::start();
    std::fs::rename(bed.host.project(), bed.host.project().with_extension("gone")).unwrap();
    let failed = bed.baton(&["send", "work", "--detach", "--json", "print x"]).await;
    assert_eq!(code(&failed), (Some(4), "dir_missing".into()), "{failed:?}");
    assert_eq!(failed.stdout.lines().count(), 1, "{failed:?}");
}
