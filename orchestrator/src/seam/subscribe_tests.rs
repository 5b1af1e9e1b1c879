#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::seam::EventBody;
use crate::store::{Batch, Draft};

fn batch(sessions: &[&str]) -> Batch {
    let drafts = sessions.iter().map(|session| Draft {
        session: SessionId::new(*session),
        tab: None,
        turn: None,
        body: EventBody::Text { text: "x".into(), plain: false },
    });
    Batch { changes: Vec::new(), drafts: drafts.collect() }
}

fn piece(turn: &str, kind: PartialKind, text: &str) -> Partial {
    Partial {
        session: SessionId::new("s"),
        tab: TabId::new("t"),
        turn: TurnId::new(turn),
        kind,
        text: text.into(),
    }
}

async fn next(following: &mut Subscription) -> Delivery {
    following.next().await.unwrap().unwrap()
}

#[tokio::test]
async fn the_end_comes_after_everything_that_was_stored() {
    let store = Store::memory().unwrap();
    let mut following = follow(&store, &Ephemerals::default(), Subscribe::default()).unwrap();
    assert!(matches!(next(&mut following).await, Delivery::Sync { seq: 0, .. }));
    for _ in 0..50 {
        store.commit(batch(&["s"; 10])).await.unwrap();
    }
    store.close().await;
    let mut seen = 0;
    while let Some(delivery) = following.next().await {
        let Ok(Delivery::Event(event)) = delivery else { panic!("{delivery:?}") };
        seen += 1;
        assert_eq!(event.seq, seen);
    }
    assert_eq!(seen, 500);
}

#[tokio::test]
async fn stored_events_go_before_unfinished_pieces() {
    let store = Store::memory().unwrap();
    let pieces = Ephemerals::default();
    store.commit(batch(&["s"; 100])).await.unwrap();
    pieces.put(piece("one", PartialKind::Text, "a"));
    let wanted = Subscribe { since: Some(0), partials: true, ..Subscribe::default() };
    let mut following = follow(&store, &pieces, wanted).unwrap();
    for seq in 1..=100 {
        assert!(matches!(next(&mut following).await, Delivery::Event(event) if event.seq == seq));
    }
    assert!(matches!(next(&mut following).await, Delivery::Sync { seq: 100, .. }));
    assert!(matches!(next(&mut following).await, Delivery::Partial(_)));
}

#[tokio::test]
async fn pieces_of_a_turn_are_forgotten_by_kind_or_all() {
    let pieces = Ephemerals::default();
    pieces.put(piece("one", PartialKind::Text, "a"));
    pieces.put(piece("one", PartialKind::Reasoning, "b"));
    pieces.put(piece("two", PartialKind::Text, "c"));
    let texts = || {
        let mut seen = 0;
        let mut texts = String::new();
        while let Some((version, piece)) = pieces.after(seen, None) {
            seen = version;
            texts.push_str(&piece.text);
        }
        texts
    };
    assert_eq!(texts(), "abc");
    pieces.clear(&TurnId::new("one"), Some(PartialKind::Text));
    assert_eq!(texts(), "bc");
    pieces.clear(&TurnId::new("one"), None);
    assert_eq!(texts(), "c");
    assert!(pieces.after(0, Some(&SessionId::new("other"))).is_none());
}

#[tokio::test]
async fn an_event_that_cant_be_read_ends_the_subscription_with_its_number() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.commit(batch(&["s"; 3])).await.unwrap();
    rusqlite::Connection::open(dir.path().join("baton.db"))
        .unwrap()
        .execute("UPDATE events SET body = '?' WHERE seq = 2", [])
        .unwrap();
    let wanted = Subscribe { since: Some(0), ..Subscribe::default() };
    let mut following = follow(&store, &Ephemerals::default(), wanted).unwrap();
    assert!(matches!(next(&mut following).await, Delivery::Event(event) if event.seq == 1));
    let failure = following.next().await.unwrap().unwrap_err();
    assert!(failure.code == Code::Corrupt && failure.message.contains("event 2"), "{failure}");
    assert!(following.next().await.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is stored while somebody attaches: each event once, in order, none left out.
    #[test]
    fn nothing_falls_between_replay_and_live(
        before in prop::collection::vec(0..4_usize, 0..6),
        after in prop::collection::vec(0..90_usize, 1..6),
        since in 0..3_u64,
        only in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let store = Store::memory().unwrap();
            for size in before {
                store.commit(batch(&["s", "other"].repeat(size))).await.unwrap();
            }
            let since = since.min(store.head());
            let session = only.then(|| SessionId::new("s"));
            let wanted = Subscribe { since: Some(since), session: session.clone(), ..Subscribe::default() };
            let writer = tokio::spawn({
                let store = store.clone();
                async move {
                    for size in after {
                        store.commit(batch(&["s", "other"].repeat(size))).await.unwrap();
                    }
                    store.close().await;
                }
            });
            let mut following = follow(&store, &Ephemerals::default(), wanted).unwrap();
            let (mut seen, mut synced) = (Vec::new(), 0);
            while let Some(delivery) = following.next().await {
                match delivery.unwrap() {
                    Delivery::Event(event) => seen.push(*event),
                    Delivery::Sync { .. } => synced += 1,
                    Delivery::Partial(_)
                    | Delivery::History(_)
                    | Delivery::Connections(_)
                    | Delivery::Questions(_) | Delivery::Operation(_) | Delivery::Forgotten { .. } | Delivery::Output(_) | Delivery::Terminals(_) | Delivery::Terminal(_) => panic!("unwanted"),
                }
            }
            writer.await.unwrap();
            let (stored, _) = store.events(since, session.as_ref(), None, 1000).await.unwrap();
            assert_eq!(seen, stored);
            assert_eq!(synced, 1);
        });
    }
}
