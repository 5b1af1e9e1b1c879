//! A real agent on a real machine over ssh, its answer streamed back as it is written.

use std::process::Stdio;
use std::time::{Duration, Instant};

use baton_tests::{Home, MockModel, TestSshd, install_codex, start, write_codex_config};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// The model needs more than a second for each piece of its answer; a turn has some dozens.
const TURN: Duration = Duration::from_secs(300);

#[tokio::test]
async fn codex_works_on_a_host_and_its_answer_arrives_while_it_is_written() {
    let codex = install_codex();
    let model = MockModel::start();
    let sshd = TestSshd::start();
    // The agent's home on the host is the account's, which the test bed's server gives it.
    write_codex_config(&sshd.dir().join("home"), model.port());
    let project = sshd.dir().join("project");
    std::fs::create_dir(&project).unwrap();
    let home = Home::new(sshd.write_client_config("box", &[]));
    let codex = codex.to_str().unwrap();
    let mut command = home.command(&[
        "exec",
        "box",
        "--cwd",
        project.to_str().unwrap(),
        "--",
        codex,
        "exec",
        "--json",
        "--skip-git-repo-check",
        "Create hello.txt, SLOW",
    ]);
    let mut child = start(command.stdin(Stdio::null()));
    let mut errors = child.stderr.take().unwrap();
    let errors = tokio::spawn(async move {
        let mut text = String::new();
        errors.read_to_string(&mut text).await.unwrap();
        text
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut events: Vec<(Instant, Value)> = Vec::new();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let event = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
            events.push((Instant::now(), event));
        }
        child.wait().await.unwrap()
    };
    let status = tokio::time::timeout(TURN, read).await.expect("the turn has not ended");
    let errors = errors.await.unwrap();
    assert!(status.success(), "{status}: {events:?}\n{errors}");

    let kinds: Vec<_> = events.iter().map(|(_, e)| e["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"thread.started"), "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"turn.completed"), "{kinds:?}");
    let text = |wanted: &str| {
        let holds = |(_, event): &&(Instant, Value)| event.to_string().contains(wanted);
        events.iter().find(holds).unwrap_or_else(|| panic!("no {wanted}: {events:?}")).0
    };
    let (command, answer) = (text(MockModel::COMMAND_OUTPUT), text(MockModel::FINAL_TEXT));
    let last = events.last().unwrap().0;
    // The model takes seconds for each of its three answers; all at the end would be no time at all.
    for (earlier, later) in [(events[0].0, command), (command, answer)] {
        assert!(later.duration_since(earlier) > Duration::from_secs(2), "{events:?}");
    }
    assert!(last >= answer);
    let file = std::fs::read_to_string(project.join(MockModel::FILE_NAME)).unwrap();
    assert_eq!(file, MockModel::FILE_TEXT);
    assert!(model.requests().iter().any(|request| request.path == "/v1/responses"));
}
