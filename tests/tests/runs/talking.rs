//! Messages for a run that talks: whole, once, in order, over any cut.

use orchestrator::run::{RunError, Stdin};
use orchestrator::seam::RunId;

use crate::bed::{Heard, hosts, nothing_is_left, runs, server, sh, to_the_end};

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_any_size_arrive_whole_once_and_in_order() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let run = RunId::random();
        let mut job = sh("cat");
        job.stdin = Stdin::Talk;
        let follow = runs.launch(&run, &job).await.unwrap();
        let big: Vec<u8> = (0..1_000_000u32).map(|at| at as u8).collect();
        let messages = [b"{\"id\":1}\n".to_vec(), big, b"it's\n\n".to_vec(), vec![0, 1, 0]];
        for (number, message) in (1..).zip(&messages) {
            runs.write(&run, number, message).await.unwrap();
            // As after a cut that hid the answer.
            runs.write(&run, number, message).await.unwrap();
        }
        runs.end_of_messages(&run).await.unwrap();
        let heard = to_the_end(follow).await;
        assert!(heard.out == messages.concat(), "{name}: {} bytes", heard.out.len());
        assert_eq!(heard.status, Some(Some(0)), "{name}");
        let over = runs.write(&run, 9, b"late").await.unwrap_err();
        assert!(matches!(over, RunError::Over { .. }), "{name}: {over:?}");
        nothing_is_left(&host, &run).await;
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_taken_once_over_links_that_are_cut() {
    for (name, host) in hosts().into_iter().take(2) {
        let runs = runs(&host);
        let run = RunId::random();
        let mut job = sh("while read -r line; do echo \"heard $line\"; done");
        job.stdin = Stdin::Talk;
        let mut follow = runs.launch(&run, &job).await.unwrap();
        let sshd = server(&host);
        let hold = host.connection.hold();
        for number in 1..=20_u64 {
            let line = format!("{number}\n");
            let cut = async {
                if number % 3 == 0 {
                    // wait: another moment each time
                    tokio::time::sleep(std::time::Duration::from_millis(number % 7)).await; // wait: messages at odd moments
                    sshd.cut_connections();
                }
            };
            let mut written = tokio::join!(runs.write(&run, number, line.as_bytes()), cut).0;
            while let Err(RunError::Transport(error)) = &written {
                assert!(!error.needs_a_person(), "{error}");
                written = runs.write(&run, number, line.as_bytes()).await;
            }
            written.unwrap();
        }
        let mut heard = Heard::default();
        let expected: String = (1..=20).map(|number| format!("heard {number}\n")).collect();
        heard.listen(&mut follow, |heard| heard.out.len() >= expected.len()).await;
        assert_eq!(heard.text(), expected, "{name}");
        // The job's end ends who feeds it.
        runs.stop(&run).await.unwrap();
        nothing_is_left(&host, &run).await;
        drop(hold);
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ends_without_reading_leaves_nobody_waiting() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let run = RunId::random();
    let mut job = sh("sleep 0.5; exit 2");
    job.stdin = Stdin::Talk;
    let follow = runs.launch(&run, &job).await.unwrap();
    // More than a pipe holds: who hands it over is held up when the job ends.
    runs.write(&run, 1, &vec![b'x'; 500_000]).await.unwrap();
    assert_eq!(to_the_end(follow).await.status, Some(Some(2)));
    nothing_is_left(&host, &run).await;
    host.connection.close().await;
}
