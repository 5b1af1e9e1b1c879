#![allow(clippy::unwrap_used)]

use clap::Parser;
use orchestrator::failure::Code;

use super::*;
use crate::watch::fake::{self, FakeEngine};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    tab: TabArgs,
}

fn parse(words: &[&str]) -> Result<TabArgs, clap::Error> {
    Line::try_parse_from(std::iter::once(&"tab").chain(words)).map(|line| line.tab)
}

/// What a line asks of a session with the tabs t1 and t2.
async fn given(words: &[&str]) -> Result<Vec<Command>, Stop> {
    let engine = FakeEngine::new();
    *engine.session.lock().unwrap() = fake::session(&["t1", "t2"]);
    change(&Output::new(true), &*engine, parse(words).unwrap()).await?;
    Ok(engine.commands())
}

#[tokio::test]
async fn each_verb_says_what_it_means() {
    let session = || fake::session(&[]).id;
    let named = |name: Option<&str>| Command::RenameTab {
        session: session(),
        tab: TabId::new("t1"),
        name: name.map(ToOwned::to_owned),
    };
    let moved = |before: Option<&str>| Command::MoveTab {
        session: session(),
        tab: TabId::new("t2"),
        before: before.map(TabId::new),
    };
    assert_eq!(given(&["s1"]).await.unwrap(), []);
    assert_eq!(given(&["s1", "list"]).await.unwrap(), []);
    assert_eq!(given(&["s1", "rename", "t1", "-x y"]).await.unwrap(), [named(Some("-x y"))]);
    assert_eq!(given(&["s1", "rename", "t1", ""]).await.unwrap(), [named(None)]);
    assert_eq!(given(&["s1", "move", "t2", "--first"]).await.unwrap(), [moved(Some("t1"))]);
    assert_eq!(given(&["s1", "move", "t2", "--last"]).await.unwrap(), [moved(None)]);
    assert_eq!(given(&["s1", "move", "t2", "--before", "t1"]).await.unwrap(), [moved(Some("t1"))]);
}

#[tokio::test]
async fn a_tab_that_isnt_there_is_said_and_nothing_is_asked() {
    for words in [&["s1", "rename", "t9", "x"][..], &["s1", "move", "t1", "--before", "t9"]] {
        let Err(Stop::Failure(failure)) = given(words).await else { unreachable!("{words:?}") };
        assert_eq!(failure.code, Code::NotFound, "{failure}");
        assert!(failure.hint.is_some());
    }
}

#[test]
fn where_a_tab_goes_must_be_said_once() {
    for words in [&["s1", "move", "t1"][..], &["s1", "move", "t1", "--first", "--last"]] {
        assert!(parse(words).is_err(), "{words:?}");
    }
}

#[test]
fn the_tabs_can_be_read_by_programs_in_their_order() {
    let document = document(&fake::session(&["t1", "t2"]));
    let ids: Vec<_> = document["tabs"].as_array().unwrap().iter().map(|tab| &tab["id"]).collect();
    assert_eq!(ids, ["t1", "t2"]);
}
