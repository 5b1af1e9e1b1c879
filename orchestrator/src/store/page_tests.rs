#![allow(clippy::unwrap_used)]

use rusqlite::{Connection, params};

use super::tests::text;
use super::*;
use crate::store::Draft;

#[tokio::test]
async fn a_transcript_is_read_from_its_end_a_page_at_a_time() {
    let store = Store::memory().unwrap();
    let (tab, other) = (TabId::new("t"), TabId::new("u"));
    let drafts = (0..40).map(|number| {
        let of = if number % 4 == 0 { Some(other.clone()) } else { Some(tab.clone()) };
        let of = if number % 5 == 0 { None } else { of };
        Draft { tab: of, ..text("s", &number.to_string()) }
    });
    store.commit(Batch { changes: vec![], drafts: drafts.collect() }).await.unwrap();
    let session = SessionId::new("s");
    let of_tab = store.events(0, Some(&session), Some(&tab), 1000).await.unwrap().0;
    let (mut seen, mut before, mut more) = (Vec::new(), u64::MAX, true);
    while more {
        let page = store.events_before(before, &session, &tab, 7).await.unwrap();
        assert!(page.0.is_sorted_by_key(|event| event.seq) && page.0.len() <= 7);
        (before, more) = (page.0[0].seq, page.1);
        seen.splice(0..0, page.0);
    }
    assert_eq!(seen, of_tab);
    assert_eq!(store.events_before(1, &session, &tab, 7).await.unwrap(), (vec![], false));
    let foreign = store.events_before(99, &SessionId::new("x"), &tab, 7).await.unwrap();
    assert_eq!(foreign, (vec![], false));
}

#[tokio::test]
async fn a_page_from_the_end_has_a_bound_in_bytes_and_always_an_event() {
    let store = Store::memory().unwrap();
    let long = "x".repeat(MOST_BYTES / 2);
    let draft = |_| Draft { tab: Some(TabId::new("t")), ..text("s", &long) };
    store.commit(Batch { changes: vec![], drafts: (0..4).map(draft).collect() }).await.unwrap();
    let (session, tab) = (SessionId::new("s"), TabId::new("t"));
    let (events, more) = store.events_before(5, &session, &tab, 9).await.unwrap();
    assert_eq!(
        (events.iter().map(|event| event.seq).collect::<Vec<_>>(), more),
        (vec![3, 4], true)
    );
    let (events, more) = store.events_before(3, &session, &tab, 1).await.unwrap();
    assert_eq!((events.len(), events[0].seq, more), (1, 2, true));
}

#[tokio::test]
async fn other_tabs_are_not_read_on_the_way_to_a_tabs_end() {
    let store = Store::memory().unwrap();
    let plan = |db: &Connection| -> Result<String, Fault> {
        let sql = format!("EXPLAIN QUERY PLAN {}", read::events_before_sql());
        let mut select = db.prepare(&sql)?;
        let rows = select.query_map(params!["t", "s", 9, 9], |row| row.get::<_, String>(3))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?.join("; "))
    };
    let plan = store.read(plan).await.unwrap();
    assert_eq!(plan, "SEARCH events USING INDEX events_of_tab (tab=? AND seq<?)");
}
