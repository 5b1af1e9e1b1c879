#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::*;
use crate::agent::ApprovalChoice;
use crate::failure::{Code, Failure};
use crate::host::{HostId, Place};
use crate::seam::{
    Approval, ApprovalId, EventBody, QueuedMessage, Reply, Session, Tab, TabState, Totals, TurnId,
};
use crate::store::{Draft, Environment, RemovedMessage, RunOwner, RunState};

fn now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap()
}

fn session(id: &str) -> Session {
    Session {
        id: SessionId::new(id),
        name: format!("{id}'s name"),
        group: None,
        agent: "codex".into(),
        host: "local".into(),
        cwd: Some("~/src".into()),
        env_names: ["TOKEN".to_owned()].into(),
        model: None,
        arguments: vec!["-v".into()],
        read_only: false,
        talks: false,
        sync_history: true,
        synopsis: false,
        parent: None,
        created_at: now(),
        tabs: Vec::new(),
        totals: Totals::default(),
    }
}

fn tab(id: &str) -> Tab {
    Tab {
        id: TabId::new(id),
        name: "Tab 1".into(),
        agent_session: None,
        state: TabState::Idle,
        turn: None,
        queue: Vec::new(),
        paused: false,
        totals: Totals::default(),
        account: None,
        talk: None,
        carry: Default::default(),
    }
}

fn message(id: &str) -> QueuedMessage {
    QueuedMessage {
        id: MessageId::new(id),
        prompt: "do it".into(),
        prompt_bytes: 9,
        images: 1,
        read_only: false,
        save_to_history: true,
        paused: false,
        at: now(),
    }
}

fn run(id: &str, owner: Option<&str>) -> RunRecord {
    RunRecord {
        id: RunId::new(id),
        host: "box".into(),
        place: Some(Place { id: HostId::new("box"), way: None }),
        started_at: now(),
        command: "make all".into(),
        cwd: None,
        owner: owner.map(|session| RunOwner {
            session: SessionId::new(session),
            tab: TabId::new("t"),
            turn: Some(TurnId::new("turn")),
        }),
        state: RunState::Running,
        status: None,
        out_offset: 3,
        err_offset: 4,
        reader: Some(json!({"line": 7})),
        swept: false,
    }
}

pub(super) fn text(session: &str, text: &str) -> Draft {
    Draft {
        session: SessionId::new(session),
        tab: Some(TabId::new("t")),
        turn: None,
        body: EventBody::Text { text: text.into(), plain: false },
    }
}

fn changes(changes: Vec<Change>) -> Batch {
    Batch { changes, drafts: Vec::new() }
}

fn texts(texts: &[&str]) -> Batch {
    Batch { changes: Vec::new(), drafts: texts.iter().map(|one| text("s", one)).collect() }
}

/// A session `s` with a tab `t`, with what belongs to it.
fn everything() -> (Batch, Session, Approval) {
    let approval = Approval {
        id: ApprovalId::new("a"),
        session: SessionId::new("s"),
        tab: TabId::new("t"),
        turn: TurnId::new("turn"),
        title: "rm -rf build".into(),
        tool_call: None,
        options: vec![ApprovalChoice {
            id: "yes".into(),
            name: "Yes".into(),
            kind: crate::agent::ChoiceKind::AllowOnce,
        }],
        request: json!(5),
        at: now(),
    };
    let env = Environment(BTreeMap::from([("TOKEN".to_owned(), "secret".to_owned())]));
    let queue = vec![message("m2"), message("m1")];
    let batch = changes(vec![
        Change::PutSession { session: session("s"), env: Some(env) },
        Change::PutTab { session: SessionId::new("s"), tab: tab("t") },
        Change::PutQueue {
            session: SessionId::new("s"),
            tab: TabId::new("t"),
            queue: queue.clone(),
        },
        Change::PutImages {
            session: SessionId::new("s"),
            message: MessageId::new("m1"),
            images: vec![Image { name: "a.png".into(), bytes: vec![0, 255, 10] }],
        },
        Change::AddRun(run("r1", Some("s"))),
        Change::AddRun(run("r2", None)),
        Change::PutApproval(approval.clone()),
    ]);
    let mut whole = session("s");
    whole.tabs = vec![Tab { queue, ..tab("t") }];
    (batch, whole, approval)
}

#[tokio::test]
async fn what_was_stored_is_there_after_the_next_opening() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (batch, mut whole, approval) = everything();
    store.commit(batch).await.unwrap();
    let told = store.commit(texts(&["one", "two"])).await.unwrap();
    let epoch = store.epoch().to_owned();
    store.close().await;
    drop(store);

    let store = Store::open(dir.path()).unwrap();
    assert_eq!((store.epoch(), store.head()), (epoch.as_str(), 2));
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded.seq, 2);
    whole.created_at = loaded.sessions[0].0.created_at;
    for (queued, wanted) in loaded.sessions[0].0.tabs[0].queue.iter().zip(&mut whole.tabs[0].queue)
    {
        wanted.at = queued.at;
    }
    assert_eq!(loaded.sessions.len(), 1);
    assert_eq!(loaded.sessions[0].0, whole);
    assert_eq!(loaded.sessions[0].1.0["TOKEN"], "secret");
    assert_eq!(loaded.approvals, [approval]);
    assert_eq!(loaded.runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["r1"]);
    assert_eq!(store.events(0, None, None, 10).await.unwrap(), (told, false));
    let images = store.images(&MessageId::new("m1")).await.unwrap();
    assert_eq!(images, [Image { name: "a.png".into(), bytes: vec![0, 255, 10] }]);
}

#[tokio::test]
async fn a_removed_session_takes_everything_along_but_the_word_of_its_removal() {
    let store = Store::memory().unwrap();
    store.commit(everything().0).await.unwrap();
    store.commit(texts(&["one", "two"])).await.unwrap();
    let gone = Batch {
        changes: vec![Change::RemoveSession(SessionId::new("s"))],
        drafts: vec![Draft { body: EventBody::SessionRemoved, ..text("s", "") }],
    };
    store.commit(gone).await.unwrap();
    let loaded = store.load().await.unwrap();
    assert!(loaded.sessions.is_empty() && loaded.approvals.is_empty());
    assert!(store.images(&MessageId::new("m1")).await.unwrap().is_empty());
    let (events, _) = store.events(0, None, None, 10).await.unwrap();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [3]);
    assert_eq!(loaded.seq, 3);
}

#[tokio::test]
async fn a_changed_session_keeps_its_place_and_its_secrets() {
    let store = Store::memory().unwrap();
    store.commit(everything().0).await.unwrap();
    let second = Change::PutSession { session: session("s2"), env: None };
    let renamed = Session { name: "other".into(), ..session("s") };
    let again = Change::PutSession { session: renamed, env: None };
    store.commit(changes(vec![second, again])).await.unwrap();
    let loaded = store.load().await.unwrap();
    let names: Vec<_> =
        loaded.sessions.iter().map(|(of, env)| (of.name.as_str(), env.0.len())).collect();
    assert_eq!(names, [("other", 1), ("s2's name", 0)]);
    assert_eq!(loaded.sessions[0].0.tabs.len(), 1, "its tab stays");
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing_behind_and_takes_no_other_along() {
    let store = Store::memory().unwrap();
    let unknown =
        Change::Progress { run: RunId::new("nobody"), out_offset: 1, err_offset: 1, reader: None };
    let mut bad = texts(&["never"]);
    bad.changes = vec![Change::AddRun(run("half", None)), unknown];
    let (before, failed, after) = tokio::join!(
        store.commit(texts(&["one"])),
        store.commit(bad),
        store.commit(texts(&["two"]))
    );
    assert_eq!(before.unwrap()[0].seq, 1);
    assert_eq!(failed.unwrap_err().code, Code::NotFound);
    assert_eq!(after.unwrap()[0].seq, 2, "the failed one used no number");
    assert_eq!(store.run(&RunId::new("half")).await.unwrap(), None);
}

#[tokio::test]
async fn numbers_come_once_and_the_watch_tells_the_last() {
    let store = Store::memory().unwrap();
    let mut watch = store.watch();
    let all = futures::future::join_all((0..300).map(|_| store.commit(texts(&["a", "b"])))).await;
    let mut firsts = Vec::new();
    for told in all.into_iter().map(Result::unwrap) {
        assert_eq!(told[1].seq, told[0].seq + 1, "a batch has no gap");
        firsts.push(told[0].seq);
    }
    firsts.sort_unstable();
    assert!(firsts.iter().copied().eq((1..=600).step_by(2)), "{firsts:?}");
    assert_eq!((store.head(), *watch.borrow_and_update()), (600, 600));
    store.close().await;
    assert!(watch.changed().await.is_err(), "closed with the store");
    assert_eq!(store.commit(texts(&["late"])).await.unwrap_err().message, "the store is closed");
}

#[tokio::test]
async fn events_are_found_by_session_and_tab_and_come_in_pages() {
    let store = Store::memory().unwrap();
    let mut batch = texts(&["1", "2", "3"]);
    batch.drafts[1].session = SessionId::new("other");
    batch.drafts[2].tab = None;
    store.commit(batch).await.unwrap();
    let seqs = |page: (Vec<Event>, bool)| {
        (page.0.iter().map(|event| event.seq).collect::<Vec<_>>(), page.1)
    };
    let s = SessionId::new("s");
    let t = TabId::new("t");
    assert_eq!(seqs(store.events(0, Some(&s), None, 9).await.unwrap()), (vec![1, 3], false));
    assert_eq!(seqs(store.events(0, Some(&s), Some(&t), 9).await.unwrap()), (vec![1], false));
    assert_eq!(seqs(store.events(0, None, None, 2).await.unwrap()), (vec![1, 2], true));
    assert_eq!(seqs(store.events(2, None, None, 2).await.unwrap()), (vec![3], false));
    assert_eq!(seqs(store.page(0, None, None, 9, 1).await.unwrap()), (vec![1], true));
}

#[tokio::test]
async fn a_receipt_is_there_once_with_its_answer() {
    let store = Store::memory().unwrap();
    let receipt = Receipt {
        id: CommandId::new("c"),
        command: "hash".into(),
        reply: Err(Failure::new(Code::Busy, "a turn is under way").hint("wait")),
    };
    let put = || changes(vec![Change::PutReceipt(receipt.clone())]);
    store.commit(put()).await.unwrap();
    assert_eq!(store.receipt(&receipt.id).await.unwrap(), Some(receipt.clone()));
    let mut twice = put();
    twice.drafts = vec![text("s", "a second time")];
    assert_eq!(store.commit(twice).await.unwrap_err().code, Code::Conflict);
    assert_eq!(store.head(), 0);
    let other = Receipt { id: CommandId::new("d"), reply: Ok(Reply::Done), ..receipt };
    store.commit(changes(vec![Change::PutReceipt(other.clone())])).await.unwrap();
    assert_eq!(store.receipt(&other.id).await.unwrap(), Some(other));
}

#[tokio::test]
async fn receipts_older_than_a_week_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    let day = 24 * 60 * 60 * 1000;
    let today = now().as_millisecond();
    for (id, at) in [("old", today - 8 * day), ("young", today - 6 * day)] {
        db.execute(
            "INSERT INTO receipts VALUES (?1, 'h', '{\"Ok\":{\"reply\":\"done\"}}', ?2)",
            params![id, at],
        )
        .unwrap();
    }
    drop(db);
    let store = Store::open(dir.path()).unwrap();
    store.commit(texts(&["anything"])).await.unwrap();
    store.close().await;
    assert_eq!(store.receipt(&CommandId::new("old")).await.unwrap(), None);
    assert!(store.receipt(&CommandId::new("young")).await.unwrap().is_some());
}

#[tokio::test]
async fn runs_are_found_by_host_and_by_the_beginning_of_their_id() {
    let store = Store::memory().unwrap();
    let elsewhere = RunRecord { host: "other".into(), ..run("abd", None) };
    for run in [run("abc", None), elsewhere, run("ab", None)] {
        store.add_run(run).await.unwrap();
    }
    store.progress(&RunId::new("abc"), 100, 200).await.unwrap();
    // Learnt again, under another name of its machine: nothing of what is known is lost.
    let again = RunRecord { host: "alias".into(), ..run("abc", None) };
    store.add_run(again).await.unwrap();
    let found = store.run_named("abc").await.unwrap();
    assert_eq!((found.out_offset, found.err_offset, found.reader), (100, 200, None));
    assert_eq!(found.host, "box");
    assert_eq!(store.run_named("abd").await.unwrap().host, "other");
    assert_eq!(store.run_named("ab").await.unwrap().id.as_str(), "ab", "a whole id is no prefix");
    let several = store.run_named("a").await.unwrap_err();
    assert_eq!(
        (several.code, several.message.as_str()),
        (Code::Conflict, "`a` could be ab, abc, abd")
    );
    assert_eq!(store.run_named("%").await.unwrap_err().code, Code::NotFound);
    assert_eq!(store.run_named("").await.unwrap_err().code, Code::NotFound);
    assert_eq!(store.runs_of("box").await.unwrap().len(), 2);
    assert_eq!(store.runs(None).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_event_of_a_newer_version_is_shown_as_unknown_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.commit(texts(&["one"])).await.unwrap();
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    let newer = [r#"{"type":"teleported","to":"mars"}"#, r#"{"type":"text","text":{"rich":true}}"#];
    for body in newer {
        db.execute("INSERT INTO events (at, session, body) VALUES (0, 's', ?1)", [body]).unwrap();
    }
    let (events, more) = store.events(1, None, None, 10).await.unwrap();
    assert_eq!((events.len(), more), (2, false));
    assert!(events.iter().all(|event| event.body == EventBody::Unknown));
    let stored: Vec<String> = db
        .prepare("SELECT body FROM events WHERE seq > 1 ORDER BY seq")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(stored, newer);
}

#[tokio::test]
async fn rows_that_cant_be_read_are_named_and_nothing_is_left_out_silently() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.commit(everything().0).await.unwrap();
    store.commit(texts(&["one", "two", "three"])).await.unwrap();
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    db.execute_batch(
        "UPDATE sessions SET body = '{', env = '{\"TOKEN\": [\"secret\"]}'; \
         UPDATE tabs SET body = '[]'; UPDATE events SET body = 'garbage' WHERE seq = 2",
    )
    .unwrap();
    let failure = store.load().await.unwrap_err();
    assert_eq!(failure.code, Code::Corrupt);
    for place in ["baton.db", "session s:", "tab t:", "environment of session s:"] {
        assert!(failure.message.contains(place), "{place}: {}", failure.message);
    }
    assert!(!failure.message.contains("secret"), "{}", failure.message);
    assert!(failure.hint.unwrap().contains("left as it is"));
    let (events, more) = store.events(0, None, None, 10).await.unwrap();
    assert_eq!((events.len(), more), (1, true), "what can be read comes first");
    let failure = store.events(1, None, None, 10).await.unwrap_err();
    assert!(failure.code == Code::Corrupt && failure.message.contains("event 2:"), "{failure}");
    assert_eq!(store.events(2, None, None, 10).await.unwrap().0.len(), 1);
}

#[tokio::test]
async fn what_an_agent_said_is_not_kept_with_its_run_when_that_is_over() {
    for state in [RunState::Ended, RunState::Never, RunState::Left] {
        let store = Store::memory().unwrap();
        store.commit(everything().0).await.unwrap();
        let id = RunId::new("r1");
        let over = |state| Change::SetRun { run: id.clone(), state, status: Some(0) };
        store.commit(changes(vec![over(RunState::Running)])).await.unwrap();
        assert!(store.run(&id).await.unwrap().unwrap().reader.is_some());
        store.commit(changes(vec![over(state)])).await.unwrap();
        let record = store.run(&id).await.unwrap().unwrap();
        assert_eq!((record.reader, record.state), (None, state));
        store.commit(changes(vec![Change::Swept(id.clone())])).await.unwrap();
        assert_eq!(store.run(&id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn runs_of_a_removed_session_stay_until_their_directories_are_gone_and_tell_nothing() {
    let store = Store::memory().unwrap();
    store.commit(everything().0).await.unwrap();
    let gone = RunRecord { swept: true, ..run("gone", Some("s")) };
    store.add_run(gone).await.unwrap();
    let removed = Change::RemoveSession(SessionId::new("s"));
    store.commit(changes(vec![removed])).await.unwrap();
    assert_eq!(store.run(&RunId::new("gone")).await.unwrap(), None);
    let left = store.run(&RunId::new("r1")).await.unwrap().unwrap();
    assert_eq!((left.reader, left.swept), (None, false));
    // It lives: whoever follows it still may note how far it has read.
    store.commit(changes(vec![Change::Swept(left.id.clone())])).await.unwrap();
    assert!(store.run(&left.id).await.unwrap().unwrap().swept);
    // One of `baton run` is remembered with its status.
    let own = RunId::new("r2");
    let ended = Change::SetRun { run: own.clone(), state: RunState::Ended, status: Some(3) };
    store.commit(changes(vec![ended, Change::Swept(own.clone())])).await.unwrap();
    assert_eq!(store.run(&own).await.unwrap().unwrap().status, Some(3));
}

#[tokio::test]
async fn a_queue_is_what_was_put_last_in_its_order() {
    let store = Store::memory().unwrap();
    store.commit(everything().0).await.unwrap();
    let orders: [&[&str]; 6] =
        [&["a", "b", "c"], &["b", "c"], &["c", "b", "d"], &["d", "c", "b"], &["e", "d"], &[]];
    for order in orders {
        let queue: Vec<_> = order.iter().map(|id| message(id)).collect();
        let (session, tab) = (SessionId::new("s"), TabId::new("t"));
        store.commit(changes(vec![Change::PutQueue { session, tab, queue }])).await.unwrap();
        let loaded = store.load().await.unwrap();
        let found = loaded.sessions[0].0.tabs[0].queue.iter().map(|one| one.id.as_str());
        assert_eq!(found.collect::<Vec<_>>(), order);
    }
}

#[tokio::test]
async fn tabs_are_in_the_order_that_was_put_last_and_those_of_others_stay() {
    let store = Store::memory().unwrap();
    let put = |of: &str, id: &str| Change::PutTab { session: SessionId::new(of), tab: tab(id) };
    let session_of = |id: &str| Change::PutSession { session: session(id), env: None };
    let mut all = vec![session_of("s"), session_of("o")];
    for n in 0..3 {
        all.extend([put("s", &format!("s{n}")), put("o", &format!("o{n}"))]);
    }
    store.commit(changes(all)).await.unwrap();
    let order = |ids: &[&str]| Change::OrderTabs {
        session: SessionId::new("s"),
        order: ids.iter().map(|id| TabId::new(*id)).collect(),
    };
    store.commit(changes(vec![order(&["s2", "s0", "s1"]), put("s", "s0")])).await.unwrap();
    let loaded = store.load().await.unwrap();
    let ids = |at: usize| -> Vec<&str> {
        loaded.sessions[at].0.tabs.iter().map(|tab| tab.id.as_str()).collect()
    };
    assert_eq!((ids(0), ids(1)), (vec!["s2", "s0", "s1"], vec!["o0", "o1", "o2"]));
    // A list that leaves one out is a fault of ours, and changes nothing.
    let refused = store.commit(changes(vec![order(&["s0", "s1"])])).await.unwrap_err();
    assert_eq!(refused.code, Code::Internal);
}

#[tokio::test]
async fn what_was_removed_is_kept_in_order_and_goes_with_its_session() {
    let store = Store::memory().unwrap();
    let removed = |id: &str| RemovedMessage {
        tab: TabId::new("t"),
        message: message(id),
        behind: vec![MessageId::new("next")],
    };
    let put = |id: &str| Change::PutRemoved { session: SessionId::new("s"), removed: removed(id) };
    let session = Change::PutSession { session: session("s"), env: None };
    store.commit(changes(vec![session, put("b"), put("a"), put("c")])).await.unwrap();
    let forget = Change::ForgetRemoved(MessageId::new("a"));
    store.commit(changes(vec![forget])).await.unwrap();
    let ids = |loaded: &Loaded| -> Vec<String> {
        loaded.removed.iter().map(|(_, removed)| removed.message.id.to_string()).collect()
    };
    let loaded = store.load().await.unwrap();
    assert_eq!(ids(&loaded), ["b", "c"]);
    assert_eq!(loaded.removed[0].1.behind, [MessageId::new("next")]);
    let remove = Change::RemoveSession(SessionId::new("s"));
    store.commit(changes(vec![remove])).await.unwrap();
    assert!(store.load().await.unwrap().removed.is_empty());
}
