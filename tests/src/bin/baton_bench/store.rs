//! Opening a large store, and storing an event.

use std::path::Path;
use std::time::Instant;

use futures::FutureExt;
use jiff::Timestamp;
use orchestrator::agent::Usage;
use orchestrator::seam::{
    EventBody, MessageId, QueuedMessage, Session, SessionId, Tab, TabId, TabState, Totals,
};
use orchestrator::store::{Batch, Change, Draft, Environment, Store};

use crate::bed::Bed;
use crate::rounds::{Method, take_turns};
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale};

/// Sessions of the store; each has two tabs, and a message waits in one.
pub const SESSIONS: usize = 1_000;
/// Events of the store.
const EVENTS: usize = 1_000_000;
/// Events of one transaction while it is filled.
const BATCH: usize = 5_000;
/// What opening may take, in ms.
const MARK_MS: f64 = 150.0;

/// Measures both; the way to a host doesn't matter, so only once.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    if bed.is_far() {
        return Ok(Vec::new());
    }
    let events = if scale.quick { EVENTS / 10 } else { EVENTS };
    let dir = tempfile::tempdir()?;
    let data = dir.path();
    fill(data, events, "box").await?;
    let store = Store::open(data)?;
    let (opened, filled) = (data, &store);
    let methods = [
        Method::new("open", || {
            async move {
                let start = Instant::now();
                let store = Store::open(opened)?;
                let loaded = store.load().await?;
                let taken = millis(start);
                store.close().await;
                let whole = loaded.sessions.len() == SESSIONS && loaded.seq >= events as u64;
                if whole { Ok(taken) } else { Err("not everything was loaded".into()) }
            }
            .boxed()
        }),
        Method::new("commit", || {
            async move {
                let start = Instant::now();
                let drafts = vec![event(0)];
                filled.commit(Batch { changes: Vec::new(), drafts }).await?;
                Ok(millis(start))
            }
            .boxed()
        }),
    ];
    let samples = take_turns(scale.rounds, &methods).await?;
    let [open, commit] = &samples[..] else { return Err("a method is missing".into()) };
    store.close().await;
    Ok(vec![
        Row {
            what: format!("opening a store of {SESSIONS} sessions and {events} events"),
            ours: open.spread("ms"),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("≤ {MARK_MS} ms"), open.median() <= MARK_MS)),
        },
        Row {
            what: "storing an event, synced to the disk".into(),
            ours: commit.spread("ms"),
            ssh: String::new(),
            ratio: None,
            mark: None,
        },
    ])
}

/// Stores sessions on `host`, and so many events of them.
pub async fn fill(data: &Path, events: usize, host: &str) -> Outcome<()> {
    let store = Store::open(data)?;
    let mut changes = Vec::new();
    for number in 0..SESSIONS {
        let session = session(number, host);
        let id = session.id.clone();
        let env = Environment([("TOKEN".to_owned(), "secret".to_owned())].into());
        changes.push(Change::PutSession { session, env: Some(env) });
        for tab in 0..2 {
            let tab = tab_of(number, tab);
            let queue = vec![QueuedMessage {
                id: MessageId::random(),
                prompt: "And then run the tests again.".into(),
                prompt_bytes: 9,
                images: 0,
                read_only: false,
                save_to_history: true,
                paused: false,
                at: Timestamp::now(),
            }];
            let waits = Change::PutQueue { session: id.clone(), tab: tab.id.clone(), queue };
            changes.push(Change::PutTab { session: id.clone(), tab });
            changes.push(waits);
        }
    }
    store.commit(Batch { changes, drafts: Vec::new() }).await?;
    for first in (0..events).step_by(BATCH) {
        let drafts = (first..(first + BATCH).min(events)).map(event).collect();
        store.commit(Batch { changes: Vec::new(), drafts }).await?;
    }
    store.close().await;
    Ok(())
}

fn event(number: usize) -> Draft {
    let session = number % SESSIONS;
    let text = format!("Number {number}: I have read the file and will change two lines of it.");
    Draft {
        session: SessionId::new(format!("session{session}")),
        tab: Some(TabId::new(format!("tab{session}-0"))),
        turn: None,
        body: EventBody::Text { text, plain: false },
    }
}

fn session(number: usize, host: &str) -> Session {
    Session {
        id: SessionId::new(format!("session{number}")),
        name: format!("Session {number}"),
        group: Some("work".into()),
        agent: "claude-code".into(),
        host: host.into(),
        cwd: Some("~/src/project".into()),
        env_names: ["TOKEN".to_owned()].into(),
        model: None,
        arguments: Vec::new(),
        read_only: false,
        talks: false,
        sync_history: true,
        synopsis: false,
        parent: None,
        created_at: Timestamp::now(),
        tabs: Vec::new(),
        totals: totals(),
    }
}

fn tab_of(session: usize, number: usize) -> Tab {
    Tab {
        id: TabId::new(format!("tab{session}-{number}")),
        name: format!("Tab {number}"),
        agent_session: Some("0199f0e1-aaaa-7bbb-8ccc-0123456789ab".into()),
        state: TabState::Idle,
        turn: None,
        queue: Vec::new(),
        paused: true,
        totals: totals(),
        talk: None,
        carry: Default::default(),
        account: None,
    }
}

fn totals() -> Totals {
    let usage = Usage {
        input_tokens: 123_456,
        output_tokens: 7_890,
        cost_usd: Some(1.25),
        ..Usage::default()
    };
    Totals { turns: 12, usage, elapsed_ms: 345_678 }
}
