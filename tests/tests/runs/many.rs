//! Many runs at once.

use baton_tests::TestSshd;
use orchestrator::run::Runs;

use crate::bed::{finish, sh};
use crate::support::openssh;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_runs_at_once_on_a_server_that_takes_ten_sessions_a_connection() {
    let host = openssh(TestSshd::builder().max_sessions(10).start());
    let runs = Runs::new(host.connection.clone());
    let all = (0..100).map(|number| {
        let runs = runs.clone();
        tokio::spawn(async move {
            let job =
                sh(&format!("echo begin {number}; sleep 1; echo end {number}; exit {number}"));
            let (_, heard, status) = finish(&runs, &job).await;
            assert_eq!(heard.text(), format!("begin {number}\nend {number}\n"));
            assert_eq!(usize::from(status), number);
        })
    });
    for one in futures::future::join_all(all).await {
        one.unwrap();
    }
    host.connection.close().await;
}
