//! An entry of the history, its place in the outbox and the word of it are one, whatever kills us.

use std::collections::BTreeSet;

use orchestrator::store::{HistoryQuery, OutboxScope, Store};

use crate::support::{Dirs, Probe, text};

#[tokio::test]
async fn a_kill_loses_no_entry_that_was_told_and_parts_none_from_its_place_in_the_outbox() {
    let dirs = Dirs::new();
    let data = dirs.data();
    let mut told = BTreeSet::new();
    for round in 0..12 {
        let mut probe = Probe::start(&["share", data.to_str().unwrap()]);
        assert_eq!(probe.line().as_deref(), Some("open"));
        // At another moment each time.
        for _ in 0..(round * 7) % 23 {
            told.insert(probe.line().unwrap());
        }
        probe.kill();
        while let Some(line) = probe.line() {
            told.insert(line);
        }
    }
    let store = Store::open(&data).unwrap();
    let (mut stored, mut sent) = (BTreeSet::new(), BTreeSet::new());
    let (mut since, mut all) = (0, BTreeSet::new());
    loop {
        let (events, more) = store.events(since, None, None, 1000).await.unwrap();
        for event in &events {
            since = event.seq;
            assert!(all.insert(text(event).to_owned()), "{} came twice", text(event));
            match text(event).split_once(' ').unwrap() {
                ("stored", id) => stored.insert(id.to_owned()),
                (_, id) => sent.insert(id.to_owned()),
            };
        }
        if !more {
            break;
        }
    }
    assert!(told.len() > 50 && told.is_subset(&all), "{} were told", told.len());

    let mut entries = BTreeSet::new();
    loop {
        let query = HistoryQuery { limit: 1000, offset: entries.len(), ..HistoryQuery::default() };
        let found = store.history(&query).await.unwrap();
        entries.extend(found.rows.into_iter().map(|row| row.id));
        if entries.len() as u64 == found.total {
            break;
        }
    }
    assert_eq!(entries, stored, "an entry and its word");
    let (mut waiting, mut after) = (BTreeSet::new(), 0);
    while let Some(last) = store.outbox(&OutboxScope::All, after).await.unwrap().last() {
        waiting.extend(
            store.outbox(&OutboxScope::All, after).await.unwrap().into_iter().map(|job| job.id),
        );
        after = last.position;
    }
    assert_eq!(waiting.len() as u64, store.outbox_len(&OutboxScope::All).await.unwrap());
    assert_eq!(waiting, stored.difference(&sent).cloned().collect(), "an entry and its job");
    // And each is found by its word.
    let search = vec![vec!["word".to_owned()]];
    let found = store.history(&HistoryQuery { search, ..HistoryQuery::default() }).await.unwrap();
    assert_eq!(found.total, stored.len() as u64);
}
