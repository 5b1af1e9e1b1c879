#![allow(clippy::unwrap_used)]

use rusqlite::Connection;

use crate::seam::{RunId, SessionId};
use crate::store::{Batch, Change, HistoryQuery, NewEntry, Store};

/// The tables before there was a history, with something in each.
const BEFORE: &str = "
    INSERT INTO meta VALUES ('epoch', 'the first');
    INSERT INTO runs (id, host, started_at, command, state) VALUES ('run', 'box', 1000, 'make', 'ended');
    INSERT INTO events (at, session, body) VALUES (5, 's', '{\"type\":\"session_removed\"}');
    INSERT INTO sessions (id, body, env) VALUES ('s', '{}', '{}');
    INSERT INTO tabs (id, session, body) VALUES ('t', 's', '{\"turn\":{\"message\":{\"id\":\"begun\"}}}');
    INSERT INTO messages VALUES ('waits', 's', 't', 0, '{}');
    INSERT INTO images VALUES ('waits', 0, 'a.png', x'00ff');
    INSERT INTO images VALUES ('begun', 0, 'b.png', x'00fe');
    INSERT INTO images VALUES ('gone', 0, 'c.png', x'00fd');
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
    for (message, images) in [("waits", 1), ("begun", 1), ("gone", 0)] {
        let message = crate::seam::MessageId::new(message);
        assert_eq!(store.images(&message).await.unwrap().len(), images, "{message}");
        let of_it = store.images_of(&SessionId::new("s"), &message).await.unwrap();
        assert_eq!(of_it.len(), images, "{message}");
    }
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
