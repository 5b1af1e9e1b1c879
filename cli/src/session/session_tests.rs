#![allow(clippy::unwrap_used)]

use clap::Parser;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Reply, SessionChange, TabState};

use super::*;
use crate::watch::fake::{self, FakeEngine, at};

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    verb: SessionVerb,
}

/// The commands that a line gives.
async fn given(line: &str) -> Result<Vec<Command>, Stop> {
    let engine = FakeEngine::new();
    engine.session.lock().unwrap().env_names.insert("OLD".into());
    engine.reply(Ok(Reply::Session(Box::new(fake::session(&["t1"])))));
    let seam = || async { Ok::<Arc<dyn Seam>, Failure>(Arc::clone(&engine) as Arc<dyn Seam>) };
    let words = std::iter::once("session").chain(line.split(' '));
    let output = Output::new(true);
    match Line::try_parse_from(words).unwrap().verb {
        SessionVerb::New(args) => new::run(&output, args, seam).await?,
        SessionVerb::Edit(args) => edit::run(&output, args, seam).await?,
        SessionVerb::Remove(args) => remove(&output, seam().await?, &args).await?,
        SessionVerb::List => list::run(&output, &*engine).await?,
        SessionVerb::Show(args) => show::run(&output, &*engine, &args.session).await?,
    };
    Ok(engine.commands())
}

async fn refused(line: &str) -> Failure {
    match given(line).await {
        Err(Stop::Failure(failure)) => failure,
        other => unreachable!("{line}: {other:?}"),
    }
}

#[tokio::test]
async fn a_new_session_is_what_was_written() {
    let line = "new --agent codex --host box --cwd ~/p --env A=b=c --arg -x --arg y --read-only --model=-m";
    let [Command::NewSession(new)] = &given(line).await.unwrap()[..] else { unreachable!() };
    assert_eq!((new.agent.as_str(), new.host.as_str()), ("codex", "box"));
    assert_eq!((new.cwd.as_deref(), new.model.as_deref()), (Some("~/p"), Some("-m")));
    assert_eq!(new.env["A"], "b=c");
    assert_eq!(new.arguments, ["-x", "y"]);
    assert!(new.read_only && !new.talks && !new.sync_history && new.name.is_none());
}

#[tokio::test]
async fn a_new_session_may_go_on_with_a_conversation() {
    let line = "new --agent codex --host box --resume 0199-ab";
    let [Command::NewSession(new)] = &given(line).await.unwrap()[..] else { unreachable!() };
    assert_eq!(new.resume.as_deref(), Some("0199-ab"));
    let line = "new --agent codex --host box --resume=";
    assert_eq!(refused(line).await.code, Code::Usage);
}

#[tokio::test]
async fn a_directory_of_this_machine_is_one_from_here_and_one_of_a_host_is_left_alone() {
    let cwd = async |line: &str| match &given(line).await.unwrap()[..] {
        [Command::NewSession(new)] => new.cwd.clone().unwrap(),
        other => unreachable!("{other:?}"),
    };
    let here = cwd("new --agent a --host local --cwd sub").await;
    assert!(here.starts_with('/') && here.ends_with("/sub"), "{here}");
    assert_eq!(cwd("new --agent a --host local --cwd ~/sub").await, "~/sub");
    assert_eq!(cwd("new --agent a --host box --cwd sub").await, "sub");
}

#[tokio::test]
async fn an_edit_changes_what_was_named_and_an_empty_value_unsets() {
    let line = "edit work --model= --cwd /x --env N=1 --env-remove OLD --no-args --read-write";
    let [Command::EditSession { change, .. }] = &given(line).await.unwrap()[..] else {
        unreachable!()
    };
    let wanted = SessionChange {
        cwd: Some(Some("/x".into())),
        env: [("N".to_owned(), Some("1".to_owned())), ("OLD".to_owned(), None)].into(),
        model: Some(None),
        arguments: Some(Vec::new()),
        read_only: Some(false),
        ..SessionChange::default()
    };
    assert_eq!(*change, wanted);
}

#[tokio::test]
async fn what_cannot_be_meant_changes_nothing() {
    for (line, code) in [
        ("edit work", Code::Usage),
        ("edit work --name=", Code::Usage),
        ("edit work --env X", Code::Usage),
        ("edit work --env-remove NEW", Code::NotFound),
        ("edit other --model m", Code::NotFound),
        ("new --agent= --host box", Code::Usage),
        ("new --agent a --host box --env 1=secret", Code::Usage),
        ("remove other", Code::NotFound),
    ] {
        let failure = refused(line).await;
        assert_eq!(failure.code, code, "{line}: {failure}");
        assert!(!failure.message.contains("secret"));
    }
}

#[test]
fn the_state_of_a_session_is_that_of_its_most_urgent_tab() {
    let mut session = fake::session(&["t1", "t2"]);
    assert_eq!(list::state(&session), "idle");
    session.tabs[0].state = TabState::Working;
    session.tabs[0].turn = Some(orchestrator::seam::Turn {
        link: orchestrator::seam::LinkState::Lost,
        ..fake::turn("u1")
    });
    session.tabs[0].queue = vec![fake::queued("m1")];
    assert_eq!(list::state(&session), "working, link lost, 1 queued");
    session.tabs[1].state = TabState::Waiting;
    assert_eq!(list::state(&session), "asks, link lost, 1 queued");
    session.name = "a\x1b[2J".into();
    let row = list::row(&session, at(3_600_000));
    assert_eq!(
        row,
        ["a^[[2J", "s1", "codex", "box", "~/p", "asks, link lost, 1 queued", "1 h ago", "0", "-",]
    );
}

#[test]
fn a_session_is_shown_with_its_tabs_and_what_waits() {
    let mut session = fake::session(&["t1"]);
    session.env_names.insert("TOKEN".into());
    session.tabs[0].queue = vec![fake::queued("m1")];
    session.tabs[0].paused = true;
    session.tabs[0].turn = Some(fake::turn("u1"));
    let totals = &mut session.tabs[0].totals;
    (totals.turns, totals.elapsed_ms) = (1, 2000);
    (totals.usage.input_tokens, totals.usage.output_tokens) = (1200, 3);
    session.host = "ssh://ann@dev:2222".into();
    let lines = show::lines(&session, at(7_200_000)).join("\n");
    for wanted in [
        "id            s1",
        "env           TOKEN",
        "host          ann@dev:2222\n",
        "created       2 h ago\n",
        "  last turn     under way, began 2 h ago  u1",
        "  totals        1 turn · 2.0 s · 1,200 tokens in, 3 out",
        "totals        0 turns\n",
        "tab t1  tab t1  idle",
        "  queue         held back",
        "   1. m1  prompt of m1",
    ] {
        assert!(lines.contains(wanted), "{wanted:?} is missing:\n{lines}");
    }
}
