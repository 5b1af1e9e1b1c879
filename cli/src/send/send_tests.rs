#![allow(clippy::unwrap_used)]

use orchestrator::seam::{Delivery, EventBody, SessionId, Turn, TurnId};

use super::*;
use crate::watch::fake::{self, FakeEngine, Recorded};

const LOOK: Look = Look { width: 80, verbose: false, everything: false };

fn message() -> NewMessage {
    NewMessage {
        prompt: "do it".into(),
        images: Vec::new(),
        read_only: false,
        save_to_history: true,
    }
}

fn sent_reply() -> Reply {
    Reply::Sent { tab: TabId::new("t1"), message: MessageId::new("m1"), seq: 10 }
}

async fn sending(engine: &Arc<FakeEngine>, detach: bool) -> Result<(Sent, End), Stop> {
    let mut report = Report::text(Recorded::default(), LOOK, true);
    let (_tell, mut told) = mpsc::channel(1);
    let session = engine.session.lock().unwrap().clone();
    let sending = Sending { session, tab: TabChoice::Last, message: message(), detach };
    send(Arc::clone(engine) as Arc<dyn Seam>, sending, &mut report, &mut Nobody, &mut told).await
}

#[tokio::test]
async fn a_message_is_watched_from_the_event_that_its_queue_begins_after() {
    let engine = FakeEngine::new();
    engine.reply(Ok(sent_reply()));
    let feed = engine.feed();
    for event in [
        fake::event(11, "t9", fake::started("m1")),
        fake::event(12, "t9", fake::ended(TurnStatus::Failed)),
    ] {
        feed.send(Ok(Delivery::Event(Box::new(event)))).await.unwrap();
    }
    let (sent, end) = sending(&engine, false).await.unwrap();
    assert_eq!((sent.seq, &end), (12, &End::Turn(fake::how(TurnStatus::Failed))));
    assert_eq!(engine.subscribed.lock().unwrap()[0].since, Some(10));
    let session = SessionId::new("s1");
    let wanted = Command::Send { session, tab: TabChoice::Last, message: message() };
    assert_eq!(engine.commands(), [wanted]);
    assert_eq!(finish(&Output::new(true), &sent, end).await.unwrap(), 1);
    let interrupted = End::Turn(fake::how(TurnStatus::Interrupted));
    assert_eq!(finish(&Output::new(true), &sent, interrupted).await.unwrap(), 130);
}

#[test]
fn a_turn_that_failed_has_the_status_of_what_went_wrong() {
    let fault = |code| Some(Failure::new(code, "it broke"));
    let failed = |code: Option<Code>| {
        status_of(&Ended { status: TurnStatus::Failed, fault: code.and_then(fault) })
    };
    assert_eq!(failed(None), 1);
    assert_eq!(failed(Some(Code::RateLimited)), 1);
    assert_eq!(failed(Some(Code::ConnectionRefused)), 3);
    assert_eq!(failed(Some(Code::DirMissing)), 4);
    assert_eq!(failed(Some(Code::HostDisabled)), 5);
    // What was mended on the way fails nothing.
    assert_eq!(status_of(&Ended { status: TurnStatus::Done, fault: fault(Code::NoRoute) }), 0);
}

#[tokio::test]
async fn detached_a_turn_that_fails_at_once_is_the_error_that_it_failed_with() {
    let engine = FakeEngine::new();
    engine.reply(Ok(sent_reply()));
    let feed = engine.feed();
    let failure = Failure::new(Code::ConnectionRefused, "box refused the connection");
    for event in [
        fake::event(11, "t9", fake::started("m1")),
        fake::event(
            12,
            "t9",
            EventBody::Error { failure: failure.clone(), recoverable: true, resets_at: None },
        ),
        fake::event(13, "t9", fake::ended(TurnStatus::Failed)),
    ] {
        feed.send(Ok(Delivery::Event(Box::new(event)))).await.unwrap();
    }
    let (sent, end) = sending(&engine, true).await.unwrap();
    let stopped = finish(&Output::new(true), &sent, end).await;
    assert!(matches!(stopped, Err(Stop::Failure(said)) if said == failure));
}

#[tokio::test]
async fn a_message_that_is_refused_is_an_error() {
    let engine = FakeEngine::new();
    engine.reply(Err(Failure::new(Code::HostDisabled, "box is disabled")));
    let refused = sending(&engine, false).await;
    assert!(matches!(refused, Err(Stop::Failure(failure)) if failure.code == Code::HostDisabled));
}

#[tokio::test]
async fn detached_ends_when_the_agent_has_the_message() {
    let engine = FakeEngine::new();
    engine.reply(Ok(sent_reply()));
    let feed = engine.feed();
    let undecided = Turn { message: Some(Box::new(fake::queued("m1"))), ..fake::turn("t9") };
    engine.session.lock().unwrap().tabs[0].turn = Some(undecided);
    let started = fake::event(11, "t9", fake::started("m1"));
    feed.send(Ok(Delivery::Sync { seq: 10, at: fake::at(0) })).await.unwrap();
    feed.send(Ok(Delivery::Event(Box::new(started.clone())))).await.unwrap();
    engine.stored.lock().unwrap().push(started);
    let watched = Arc::clone(&engine);
    let (ended, ()) = tokio::join!(sending(&engine, true), async move {
        // Whoever launches it notes that the agent has it.
        tokio::task::yield_now().await;
        watched.session.lock().unwrap().tabs[0].turn = Some(fake::turn("t9"));
    });
    let (sent, end) = ended.unwrap();
    assert_eq!(end, End::Began(TurnId::new("t9")));
    assert_eq!(finish(&Output::new(true), &sent, end).await.unwrap(), 0);
}

#[tokio::test]
async fn a_fresh_conversation_is_begun_in_the_tab_that_is_meant() {
    let engine = FakeEngine::new();
    let mut session = fake::session(&["t1", "t2"]);
    session.tabs[1].turn = Some(fake::turn("u1"));
    fresh(&*engine, &session, &TabChoice::Last).await.unwrap();
    fresh(&*engine, &session, &TabChoice::Id(TabId::new("t1"))).await.unwrap();
    fresh(&*engine, &session, &TabChoice::New).await.unwrap();
    let of = |tab: &str| Command::FreshConversation {
        session: SessionId::new("s1"),
        tab: TabId::new(tab),
    };
    assert_eq!(engine.commands(), [of("t2"), of("t1")]);
    assert_eq!(seam::last_used(&fake::session(&["t1", "t2"])).unwrap().id, TabId::new("t1"));
}
