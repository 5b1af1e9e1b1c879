#![allow(clippy::unwrap_used)]

use rusqlite::Connection;

use crate::seam::{RunId, SessionId};
use crate::store::{Batch, Change, HistoryQuery, NewEntry, Store};

/// The tables before there was a history, with something in each.
const BEFORE: &str = "
    INSERT INTO meta VALUES ('epoch', 'the first');
    INSERT INTO runs (id, host, started_at, command, state) VALUES ('run', 'box', 1000, 'make', 'ended');
    INSERT INTO events (at, session, body) VALUES (5, 's', '{\"type\":\"session_removed\"}');
    INSERT INTO images VALUES ('m', 0, 'a.png', x'00ff');
    INSERT INTO receipts VALUES ('c', 'hash', '{\"Ok\":{\"reply\":\"done\"}}', 9223372036854775807);
    PRAGMA user_version = 1;
";

#[tokio::test]
async fn a_database_from_before_the_history_keeps_everything_and_gets_one() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join("baton.db")).unwrap();
    db.execute_batch(include_str!("../migrations/0001.sql")).unwrap();
    db.execute_batch(BEFORE).unwrap();
    drop(db);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!((store.epoch(), store.head()), ("the first", 1));
    assert_eq!(store.run(&RunId::new("run")).await.unwrap().unwrap().command, "make");
    assert_eq!(store.events(0, Some(&SessionId::new("s")), None, 9).await.unwrap().0.len(), 1);
    assert_eq!(store.images(&crate::seam::MessageId::new("m")).await.unwrap().len(), 1);
    assert!(store.receipt(&crate::seam::CommandId::new("c")).await.unwrap().is_some());
    let entry = NewEntry {
        id: "e".into(),
        at_ms: 1,
        kind: "USER".into(),
        hostname: None,
        line: b"{}".to_vec(),
        words: "first".into(),
        session: None,
        place: None,
        cwd: None,
        project: None,
        share: false,
    };
    let changes = vec![Change::AddEntry(entry)];
    store.commit(Batch { changes, drafts: Vec::new() }).await.unwrap();
    store.close().await;
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.history(&HistoryQuery::default()).await.unwrap().total, 1);
}
