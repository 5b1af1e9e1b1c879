//! Sessions that are made to go on with a conversation.

use baton_tests::AgentHost;
use orchestrator::failure::Code;
use orchestrator::seam::{Command, EventBody, NewSession, Query, Reply, TurnStatus};

use crate::desk::{Desk, Laptop, new_session};

/// What a new session that is made with that conversation answers to `session`.
async fn goes_on(desk: &Desk, new: NewSession) -> String {
    let session = desk.try_session(new).await.unwrap();
    let turn = desk.turn(&session.id, "session").await;
    assert_eq!(turn.end().0, TurnStatus::Done, "{:#?}", turn.events);
    turn.texts().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_goes_on_with_a_conversation_that_the_agent_knows() {
    let machine = AgentHost::start().with_scripted("codex").with_scripted("claude");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for (agent, talks) in [("codex", false), ("codex", true), ("claude-code", false)] {
        let new = || NewSession { talks, ..new_session(agent, &machine) };
        let first = goes_on(&desk, new()).await;
        let id = first.strip_prefix("new ").expect(&first).to_owned();
        let resumed = goes_on(&desk, NewSession { resume: Some(id.clone()), ..new() }).await;
        assert_eq!(resumed, format!("resumed {id}"), "{agent} {talks}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_hears_which_conversation_a_session_was_made_with() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let new = NewSession { resume: Some("c-1".into()), ..new_session("codex", &machine) };
    let session = desk.try_session(new).await.unwrap();
    assert_eq!(session.tabs[0].agent_session.as_deref(), Some("c-1"));
    let wanted =
        Query::Events { since: 0, session: Some(session.id.clone()), tab: None, limit: 10 };
    let Reply::Events { events, .. } = desk.query(wanted).await else { panic!() };
    let named = events.iter().find_map(|event| match &event.body {
        EventBody::AgentSession { id } => Some((id.as_str(), event.tab.clone())),
        _ => None,
    });
    assert_eq!(named, Some(("c-1", Some(session.tabs[0].id.clone()))));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_the_agent_doesnt_know_there_can_be_begun_afresh() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let new = NewSession { resume: Some("gone".into()), ..new_session("codex", &machine) };
    let session = desk.try_session(new).await.unwrap();
    let turn = desk.turn(&session.id, "error-object session_not_found").await;
    assert_eq!(turn.failure().code, Code::NotFound, "{turn:#?}");
    assert!(turn.failure().hint.is_some());
    let tab = session.tabs[0].id.clone();
    desk.command(Command::FreshConversation { session: session.id.clone(), tab }).await.unwrap();
    let turn = desk.turn(&session.id, "session").await;
    assert!(turn.is_done().texts()[0].starts_with("new "), "{turn:#?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_cant_be_gone_on_with_is_refused_and_no_session_is_made() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for (agent, id, code) in [
        ("shell", "c-1", Code::Unsupported),
        ("codex", "--config=x", Code::Usage),
        ("codex", "", Code::Usage),
        ("codex", "a\nb", Code::Usage),
        ("codex", "a\0b", Code::Usage),
        ("codex", "\u{1b}[2J", Code::Usage),
    ] {
        let new = NewSession { resume: Some(id.into()), ..new_session(agent, &machine) };
        let failure = desk.try_session(new).await.unwrap_err();
        assert_eq!(failure.code, code, "{agent} {id:?}: {failure}");
        assert!(failure.hint.is_some(), "{failure}");
    }
    let Reply::Snapshot(snapshot) = desk.query(Query::Snapshot).await else { panic!() };
    assert_eq!(snapshot.sessions, []);
    desk.stop().await;
}
