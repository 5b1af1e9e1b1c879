//! One suite for every way to the engine: in this process, over its socket, and through a handle that hides which.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_tests::ProbeEngine;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, CommandId, Delivery, EngineHandle, EventBody, Image, NewMessage, NewSession, Partial,
    PartialKind, Query, Reply, Request, Seam, Server, SessionId, SocketSeam, Subscribe, TabChoice,
    TabId, TurnId,
};

use crate::support::{
    Dirs, code, next, next_event, program, send, send_to, snapshot, stored, text, until, within,
};

/// The engine, a way to it, and what must live as long.
struct Bed {
    engine: Arc<ProbeEngine>,
    seam: Arc<dyn Seam>,
    _dirs: Dirs,
    _server: Option<Server>,
    _host: Option<EngineHandle>,
}

async fn here() -> Bed {
    let dirs = Dirs::new();
    let engine = ProbeEngine::start(&dirs.data(), Duration::ZERO).unwrap();
    let seam = engine.clone();
    Bed { engine, seam, _dirs: dirs, _server: None, _host: None }
}

async fn over_the_socket() -> Bed {
    let dirs = Dirs::new();
    let engine = ProbeEngine::start(&dirs.data(), Duration::ZERO).unwrap();
    let server = Server::start(&dirs.run(), &dirs.data(), engine.clone(), program()).unwrap();
    let seam = Arc::new(SocketSeam::connect(&dirs.socket(), program()).await.unwrap());
    Bed { engine, seam, _dirs: dirs, _server: Some(server), _host: None }
}

/// A plan that starts the engine that the test holds, too.
async fn host(dirs: &Dirs) -> (Arc<ProbeEngine>, EngineHandle) {
    let engine = ProbeEngine::start(&dirs.data(), Duration::ZERO).unwrap();
    let mut plan = ProbeEngine::plan(dirs.data(), dirs.run(), Duration::ZERO);
    let started = engine.clone();
    plan.start = Box::new(move || {
        let (seam, store) = (started.clone(), started.store().clone());
        Box::pin(async move {
            let stop = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
                Box::pin(async move { store.close().await })
            });
            Ok(orchestrator::seam::Started { seam, stop })
        })
    });
    let handle = EngineHandle::open(plan).await.unwrap();
    assert!(handle.is_host());
    (engine, handle)
}

async fn as_host() -> Bed {
    let dirs = Dirs::new();
    let (engine, handle) = host(&dirs).await;
    Bed { engine, seam: Arc::new(handle), _dirs: dirs, _server: None, _host: None }
}

async fn as_guest() -> Bed {
    let dirs = Dirs::new();
    let (engine, handle) = host(&dirs).await;
    let guest = EngineHandle::open(ProbeEngine::plan(dirs.data(), dirs.run(), Duration::ZERO));
    let guest = guest.await.unwrap();
    assert!(!guest.is_host());
    Bed { engine, seam: Arc::new(guest), _dirs: dirs, _server: None, _host: Some(handle) }
}

macro_rules! for_every_way {
    ($($name:ident),* $(,)?) => {
        for_every_way!(@ here: $($name),*);
        for_every_way!(@ over_the_socket: $($name),*);
        for_every_way!(@ as_host: $($name),*);
        for_every_way!(@ as_guest: $($name),*);
    };
    (@ $way:ident: $($name:ident),*) => {
        mod $way {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::$way().await).await;
                }
            )*
        }
    };
}

for_every_way!(
    a_command_that_comes_twice_runs_once,
    a_refusal_comes_whole,
    a_session_is_made_without_its_secrets_being_told,
    events_come_in_order_each_once_and_then_live,
    only_the_wanted_session_is_followed,
    following_from_now_on_leaves_nothing_out,
    numbers_of_another_log_are_refused,
    of_an_unfinished_piece_the_latest_comes,
    images_and_long_prompts_pass_whole,
    many_call_at_once,
);

async fn a_command_that_comes_twice_runs_once(bed: Bed) {
    let seam = &*bed.seam;
    let id = CommandId::random();
    let same = || seam.call(send_to("s", "once", id.clone()));
    let (first, second) = tokio::join!(same(), same());
    assert_eq!(first.as_ref().unwrap(), second.as_ref().unwrap());
    assert_eq!(same().await, first);
    assert_eq!(code(seam.call(send_to("s", "other", id.clone())).await), Code::Conflict);
    let texts: Vec<_> = stored(seam).await.iter().map(|event| text(event).to_owned()).collect();
    assert_eq!(texts, ["once"]);
    let status = |id| seam.call(Request::query(Query::CommandStatus { id }));
    let known = Reply::Status(Some(first.map(Box::new)));
    assert_eq!(status(id).await.unwrap(), known);
    assert_eq!(status(CommandId::random()).await.unwrap(), Reply::Status(None));
}

async fn a_refusal_comes_whole(bed: Bed) {
    let failure = bed.seam.call(send("")).await.unwrap_err();
    let wanted = Failure::new(Code::Usage, "the prompt is empty").hint("Say something").on("box");
    assert_eq!(failure, wanted);
    assert_eq!(snapshot(&*bed.seam).await.seq, 0);
}

async fn a_session_is_made_without_its_secrets_being_told(bed: Bed) {
    let wanted = NewSession {
        name: Some("work".into()),
        group: None,
        agent: "codex".into(),
        host: "box".into(),
        cwd: Some("~".into()),
        env: BTreeMap::from([("TOKEN".into(), "hunter2".into())]),
        model: None,
        arguments: vec!["--flag".into()],
        read_only: true,
        talks: false,
        sync_history: false,
        synopsis: false,
        resume: None,
        parent: None,
    };
    let made = bed.seam.call(Request::command(Command::NewSession(wanted))).await.unwrap();
    let Reply::Session(session) = &made else { panic!("{made:?}") };
    assert_eq!(session.env_names.iter().collect::<Vec<_>>(), ["TOKEN"]);
    let now = snapshot(&*bed.seam).await;
    assert_eq!((now.sessions.len(), now.seq, &*now.epoch), (1, 1, bed.engine.store().epoch()));
    assert_eq!(now.sessions[0], **session);
    let events = stored(&*bed.seam).await;
    assert!(matches!(&events[0].body, EventBody::SessionChanged { of } if of == session));
    assert!(!format!("{now:?}{events:?}").contains("hunter2"));
}

async fn events_come_in_order_each_once_and_then_live(bed: Bed) {
    let seam = &*bed.seam;
    for number in 0..200 {
        seam.call(send(&number.to_string())).await.unwrap();
    }
    let wanted = Subscribe { since: Some(50), ..Subscribe::default() };
    let mut following = seam.subscribe(wanted).await.unwrap();
    for seq in 51..=200 {
        let Delivery::Event(event) = next(&mut following).await else { panic!("sync too early") };
        assert_eq!((event.seq, text(&event)), (seq, &*(seq - 1).to_string()));
    }
    let Delivery::Sync { seq: 200, .. } = next(&mut following).await else { panic!("no sync") };
    seam.call(send("live")).await.unwrap();
    let Delivery::Event(event) = next(&mut following).await else { panic!("no event") };
    assert_eq!((event.seq, text(&event)), (201, "live"));
    assert_eq!(*event, stored(seam).await[200]);
}

async fn only_the_wanted_session_is_followed(bed: Bed) {
    let seam = &*bed.seam;
    for number in 0..100 {
        let session = if number % 10 == 0 { "mine" } else { "other" };
        seam.call(send_to(session, &number.to_string(), CommandId::random())).await.unwrap();
    }
    let wanted =
        Subscribe { since: Some(0), session: Some(SessionId::new("mine")), ..Subscribe::default() };
    let mut following = seam.subscribe(wanted).await.unwrap();
    for number in (0..100).step_by(10) {
        assert_eq!(text(&next_event(&mut following).await), number.to_string());
    }
    let Delivery::Sync { seq: 100, .. } = next(&mut following).await else { panic!("no sync") };
}

async fn following_from_now_on_leaves_nothing_out(bed: Bed) {
    let seam = &*bed.seam;
    seam.call(send("before")).await.unwrap();
    let mut following = seam.subscribe(Subscribe::default()).await.unwrap();
    seam.call(send("after")).await.unwrap();
    assert_eq!(text(&next_event(&mut following).await), "after");
}

async fn numbers_of_another_log_are_refused(bed: Bed) {
    let seam = &*bed.seam;
    seam.call(send("one")).await.unwrap();
    let other = Subscribe { since: Some(1), epoch: Some("other".into()), ..Subscribe::default() };
    assert_eq!(seam.subscribe(other).await.unwrap_err().code, Code::NotFound);
    let ahead = Subscribe { since: Some(2), ..Subscribe::default() };
    assert_eq!(seam.subscribe(ahead).await.unwrap_err().code, Code::NotFound);
    let epoch = Some(snapshot(seam).await.epoch);
    let same = Subscribe { since: Some(1), epoch, ..Subscribe::default() };
    let mut following = seam.subscribe(same).await.unwrap();
    let Delivery::Sync { seq: 1, .. } = next(&mut following).await else { panic!("no sync") };
}

async fn of_an_unfinished_piece_the_latest_comes(bed: Bed) {
    let piece = |text: &str| Partial {
        session: SessionId::new("s"),
        tab: TabId::new("t"),
        turn: TurnId::new("turn"),
        kind: PartialKind::Text,
        text: text.into(),
    };
    let pieces = bed.engine.ephemerals();
    pieces.put(piece("H"));
    pieces.put(piece("He"));
    let wanted = Subscribe { partials: true, ..Subscribe::default() };
    let mut following = bed.seam.subscribe(wanted).await.unwrap();
    let mut plain = bed.seam.subscribe(Subscribe::default()).await.unwrap();
    let Delivery::Sync { .. } = next(&mut following).await else { panic!("no sync") };
    assert_eq!(next(&mut following).await, Delivery::Partial(piece("He")));
    for number in 0..=10_000 {
        pieces.put(piece(&number.to_string()));
    }
    let mut seen = 0;
    loop {
        let Delivery::Partial(partial) = next(&mut following).await else { panic!("no piece") };
        seen += 1;
        if partial == piece("10000") {
            break;
        }
    }
    assert!(seen <= 10_001, "{seen}");
    pieces.clear(&TurnId::new("turn"), None);
    bed.seam.call(send("Hello")).await.unwrap();
    assert_eq!(text(&next_event(&mut following).await), "Hello");
    let Delivery::Sync { .. } = next(&mut plain).await else { panic!("no sync") };
    let Delivery::Event(_) = next(&mut plain).await else { panic!("an unwanted piece") };
}

async fn images_and_long_prompts_pass_whole(bed: Bed) {
    let bytes: Vec<u8> = (0..3 << 20).map(|at: u32| (at % 251) as u8).collect();
    let image = Image { name: "ünï \"code\".png".into(), bytes };
    let prompt = "nul \0, newline \n, quote \", ü, 🚀 ".repeat(40_000);
    let message = NewMessage {
        prompt: prompt.clone(),
        images: vec![image.clone()],
        read_only: true,
        save_to_history: true,
    };
    let wish = Command::Send { session: SessionId::new("s"), tab: TabChoice::Last, message };
    let answer = within(bed.seam.call(Request::command(wish))).await.unwrap();
    let Reply::Sent { message, .. } = answer else { panic!("{answer:?}") };
    assert!(bed.engine.store().images(&message).await.unwrap() == [image]);
    let wanted = Subscribe { since: Some(0), ..Subscribe::default() };
    let mut following = bed.seam.subscribe(wanted).await.unwrap();
    assert!(text(&next_event(&mut following).await) == prompt);
}

async fn many_call_at_once(bed: Bed) {
    let calls = (0..300).map(|number| {
        let seam = Arc::clone(&bed.seam);
        tokio::spawn(async move { seam.call(send(&number.to_string())).await })
    });
    for call in calls.collect::<Vec<_>>() {
        within(call).await.unwrap().unwrap();
    }
    let mut texts: Vec<u32> =
        stored(&*bed.seam).await.iter().map(|event| text(event).parse().unwrap()).collect();
    texts.sort_unstable();
    assert!(texts.into_iter().eq(0..300));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_too_large_for_a_frame_is_refused_whoever_hosts() {
    for bed in [as_host().await, as_guest().await, over_the_socket().await] {
        let image = Image { name: "huge.png".into(), bytes: vec![7; 49 << 20] };
        let message = NewMessage {
            prompt: "look".into(),
            images: vec![image],
            read_only: true,
            save_to_history: true,
        };
        let wish = Command::Send { session: SessionId::new("s"), tab: TabChoice::Last, message };
        assert_eq!(code(bed.seam.call(Request::command(wish)).await), Code::TooLarge);
        let name = Some("n".repeat(2 << 20));
        let change = orchestrator::seam::SessionChange { name, ..Default::default() };
        let wish = Command::EditSession { session: SessionId::new("s"), change };
        assert_eq!(code(bed.seam.call(Request::command(wish)).await), Code::TooLarge);
        assert_eq!(snapshot(&*bed.seam).await.seq, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_is_dropped_costs_nothing_any_more() {
    let bed = over_the_socket().await;
    let sockets = || {
        std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok())
            .filter(|target| target.to_string_lossy().starts_with("socket:"))
            .count()
    };
    let before = sockets();
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(bed.seam.subscribe(Subscribe::default()).await.unwrap());
    }
    assert!(sockets() >= before + 40);
    drop(all);
    until("the connections are gone", async || sockets() <= before).await;
}
