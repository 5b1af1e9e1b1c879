#![allow(clippy::unwrap_used)]

use clap::Parser;
use orchestrator::seam::TabId;

use super::*;
use crate::watch::fake::{self, FakeEngine};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    queue: QueueArgs,
}

fn parse(line: &str) -> Result<QueueArgs, clap::Error> {
    let words = std::iter::once("queue").chain(line.split(' '));
    Line::try_parse_from(words).map(|line| line.queue)
}

/// The one command that a line gives.
async fn given(line: &str) -> Result<Vec<Command>, Stop> {
    let engine = FakeEngine::new();
    engine.session.lock().unwrap().tabs[0].queue = vec![fake::queued("m11"), fake::queued("m12")];
    let prompt = line.contains("edit").then(|| "anew".to_owned());
    change(&Output::new(true), &*engine, parse(line).unwrap(), prompt).await?;
    Ok(engine.commands())
}

#[tokio::test]
async fn each_verb_says_what_it_means() {
    let session = || fake::session(&[]).id;
    let message = MessageId::new("m11");
    let moved =
        |to| Command::MoveMessage { session: session(), message: MessageId::new("m11"), to };
    assert_eq!(given("work").await.unwrap(), []);
    assert_eq!(
        given("work remove m11").await.unwrap(),
        [Command::RemoveMessage { session: session(), message: message.clone() }]
    );
    let restore = Command::RestoreMessage { session: session(), message: MessageId::new("m9") };
    assert_eq!(given("s1 restore m9").await.unwrap(), [restore]);
    assert_eq!(given("s1 move m11 --last").await.unwrap(), [moved(Place::Last)]);
    let before = Place::Before(MessageId::new("m12"));
    assert_eq!(given("s1 move m11 --before m12").await.unwrap(), [moved(before)]);
    assert_eq!(
        given("s1 pause --tab t1").await.unwrap(),
        [Command::PauseQueue { session: session(), tab: Some(TabId::new("t1")), paused: true }]
    );
    assert_eq!(
        given("s1 resume").await.unwrap(),
        [Command::PauseQueue { session: session(), tab: None, paused: false }]
    );
    let change = |change| Command::EditMessage {
        session: session(),
        message: MessageId::new("m11"),
        change,
    };
    let paused = MessageChange { paused: Some(true), ..MessageChange::default() };
    assert_eq!(given("s1 pause --message m11").await.unwrap(), [change(paused)]);
    let prompt = MessageChange { prompt: Some("anew".into()), ..MessageChange::default() };
    assert_eq!(given("s1 edit m11 x").await.unwrap(), [change(prompt)]);
}

#[tokio::test]
async fn a_message_that_is_not_meant_for_certain_is_not_touched() {
    for (line, code) in [("s1 remove m1", Code::Usage), ("s1 remove x", Code::NotFound)] {
        let Err(Stop::Failure(failure)) = given(line).await else { unreachable!("{line}") };
        assert_eq!(failure.code, code, "{failure}");
        assert!(failure.hint.is_some());
    }
}

#[test]
fn where_a_message_goes_must_be_said_once() {
    for line in ["s1 move m1", "s1 move m1 --first --last", "s1 pause --tab a --message b"] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn what_waits_is_one_line_and_can_be_read_by_programs() {
    let mut session = fake::session(&["t1"]);
    let mut message = fake::queued("m1");
    message.prompt = "a\x1b[2J\nb".into();
    message.images = 2;
    message.read_only = true;
    assert_eq!(summary(&message), "a^[[2J b  (images: 2)  (read-only)");
    session.tabs[0].queue = vec![message];
    let document = document(&session);
    assert_eq!(document["tabs"][0]["queue"][0]["id"], "m1");
    assert_eq!(document["tabs"][0]["paused"], false);
}
