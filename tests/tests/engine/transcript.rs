//! What a front end reads of a transcript besides following it, and what is kept out of the history.

use baton_tests::AgentHost;
use orchestrator::failure::Code;
use orchestrator::seam::{
    Command, Event, EventBody, HistoryScope, Image, MessageId, NewMessage, Query, Reply, SessionId,
    TabChoice,
};

use crate::desk::{Desk, Laptop, message};

impl Desk {
    async fn images(&self, session: &SessionId, message: &MessageId) -> Vec<Image> {
        let query = Query::Images { session: session.clone(), message: message.clone() };
        match self.query(query).await {
            Reply::Images(images) => images,
            other => panic!("{other:?}"),
        }
    }
}

fn image(name: &str) -> Image {
    let bytes = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 64], name.as_bytes()].concat();
    Image { name: name.into(), bytes }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_that_were_sent_stay_with_the_transcript_until_their_session_goes() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let both = vec![image("a.png"), image("b.png")];
    let new = NewMessage { images: both.clone(), ..message("print seen") };
    let sent = desk.try_send(&session.id, TabChoice::Last, new).await.unwrap();
    desk.end_of(&sent).await.is_done();
    assert_eq!(desk.images(&session.id, &sent.message).await, both);
    // One that never reaches its agent is in the transcript, too; one that is taken back is not.
    let refused = NewMessage { images: vec![image("c.png")], ..message("print never") };
    std::fs::rename(machine.project(), machine.home().join("away")).unwrap();
    let failed = desk.try_send(&session.id, TabChoice::Last, refused.clone()).await.unwrap();
    assert_eq!(desk.end_of(&failed).await.failure().code, Code::DirMissing);
    assert_eq!(desk.images(&session.id, &failed.message).await, refused.images);
    let pause = Command::PauseQueue { session: session.id.clone(), tab: None, paused: true };
    desk.command(pause).await.unwrap();
    let back = desk.try_send(&session.id, TabChoice::Last, refused).await.unwrap();
    assert_eq!(desk.images(&session.id, &back.message).await.len(), 1);
    let (of, taken) = (session.id.clone(), back.message.clone());
    desk.command(Command::RemoveMessage { session: of, message: taken }).await.unwrap();
    assert_eq!(desk.images(&session.id, &back.message).await, []);
    let plain = desk.images(&session.id, &MessageId::new("none")).await;
    assert_eq!(plain, []);
    desk.stop().await;

    let desk = laptop.engine().await;
    assert_eq!(desk.images(&session.id, &sent.message).await, both);
    let other = desk.session("codex", &machine).await;
    assert_eq!(desk.images(&other.id, &sent.message).await, []);
    let remove = Command::RemoveSession { session: session.id.clone(), force: false };
    desk.command(remove).await.unwrap();
    let query = Query::Images { session: session.id.clone(), message: sent.message.clone() };
    let gone = desk.engine_says(query).await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
    desk.stop().await;
    let store = orchestrator::store::Store::open(&laptop.path("data")).unwrap();
    assert_eq!(store.images(&sent.message).await.unwrap(), []);
    store.close().await;
}

impl Desk {
    async fn engine_says(&self, query: Query) -> Result<Reply, orchestrator::failure::Failure> {
        use orchestrator::seam::Seam;
        self.engine.call(orchestrator::seam::Request::query(query)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_kept_out_of_the_history_stays_out_also_after_a_restart() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let quietly = |prompt: &str| NewMessage { save_to_history: false, ..message(prompt) };
    let sent = desk.try_send(&session.id, TabChoice::Last, quietly("print one")).await.unwrap();
    desk.end_of(&sent).await.is_done();
    let pause = |paused| Command::PauseQueue { session: session.id.clone(), tab: None, paused };
    desk.command(pause(true)).await.unwrap();
    let waits = desk.try_send(&session.id, TabChoice::Last, quietly("print two")).await.unwrap();
    desk.stop().await;

    let desk = laptop.engine().await;
    let tab = &desk.show(&session.id).await.tabs[0];
    assert!(!tab.queue[0].save_to_history, "{tab:?}");
    desk.command(pause(false)).await.unwrap();
    desk.end_of(&waits).await.is_done();
    assert_eq!(desk.history(HistoryScope::All).await.total, 0);
    desk.turn(&session.id, "print three").await.is_done();
    assert_eq!(desk.history(HistoryScope::All).await.total, 1);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_is_read_from_its_end_without_what_belongs_to_others() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let first = desk.send(&session.id, "lines 30").await;
    desk.end_of(&first).await.is_done();
    let other = desk.try_send(&session.id, TabChoice::New, message("print other")).await.unwrap();
    desk.end_of(&other).await.is_done();
    let mut read: Vec<Event> = Vec::new();
    loop {
        let before = read.first().map_or(u64::MAX, |event| event.seq);
        let (session, tab) = (session.id.clone(), first.tab.clone());
        let query = Query::EventsBefore { before, session, tab, limit: 7 };
        let Reply::Events { events, more } = desk.query(query).await else { panic!() };
        assert!(events.len() == 7 || !more, "{} {more}", events.len());
        read.splice(0..0, events);
        if !more {
            break;
        }
    }
    assert!(matches!(read[0].body, EventBody::TurnStarted { .. }), "{:?}", read[0]);
    assert!(read.is_sorted_by_key(|event| event.seq));
    assert!(read.iter().all(|event| event.tab.as_ref() == Some(&first.tab)));
    let texts = read.iter().filter(|event| matches!(event.body, EventBody::Text { .. })).count();
    assert_eq!(texts, 30);
    desk.stop().await;
}
