#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicUsize;

use tokio::sync::Notify;

use super::*;
use crate::seam::SessionId;
use crate::store::Draft;

fn command(session: &str) -> Command {
    Command::RemoveSession { session: SessionId::new(session), force: false }
}

fn draft() -> Draft {
    Draft {
        session: SessionId::new("s"),
        tab: None,
        turn: None,
        body: crate::seam::EventBody::SessionRemoved,
    }
}

/// Work that stores one event with its receipt and counts how often it ran.
fn work(
    store: &Store,
    runs: &Arc<AtomicUsize>,
) -> impl FnOnce(Ticket) -> futures::future::BoxFuture<'static, Answer> + use<> {
    let (store, runs) = (store.clone(), Arc::clone(runs));
    move |ticket| {
        Box::pin(async move {
            runs.fetch_add(1, Ordering::Relaxed);
            let changes = vec![ticket.receipt(Ok(Reply::Done))];
            store.commit(Batch { changes, drafts: vec![draft()] }).await?;
            Ok(Reply::Done)
        })
    }
}

#[tokio::test]
async fn a_command_that_an_earlier_engine_carried_out_isnt_carried_out_again() {
    let store = Store::memory().unwrap();
    let runs = Arc::default();
    let id = CommandId::new("c");
    let first = Receipts::new(store.clone());
    assert_eq!(first.run(&id, &command("s"), work(&store, &runs)).await, Ok(Reply::Done));
    let next = Receipts::new(store.clone());
    assert_eq!(next.run(&id, &command("s"), work(&store, &runs)).await, Ok(Reply::Done));
    assert_eq!((runs.load(Ordering::Relaxed), store.head()), (1, 1));
    let other = next.run(&id, &command("t"), work(&store, &runs)).await;
    assert_eq!(other.unwrap_err().code, Code::Conflict);
}

#[tokio::test]
async fn a_refusal_is_the_same_each_time() {
    let store = Store::memory().unwrap();
    let receipts = Receipts::new(store.clone());
    let id = CommandId::new("c");
    let refusal = Failure::new(Code::Busy, "a turn is under way");
    let refused = refusal.clone();
    let first = receipts.run(&id, &command("s"), |_| async move { Err(refused) }).await;
    assert_eq!(first, Err(refusal.clone()));
    let again = receipts.run(&id, &command("s"), work(&store, &Arc::default())).await;
    assert_eq!(again, Err(refusal));
    assert_eq!(store.head(), 0);
}

#[tokio::test]
async fn a_fault_of_ours_may_be_tried_again() {
    let store = Store::memory().unwrap();
    let receipts = Receipts::new(store.clone());
    let id = CommandId::new("c");
    let full = Failure::new(Code::Internal, "No space left on device");
    // The batch with the receipt failed as a whole.
    let wanted = command("s");
    let failed = receipts.run(&id, &wanted, |ticket| {
        drop(ticket.receipt(Ok(Reply::Done)));
        async move { Err(full) }
    });
    assert_eq!(failed.await.unwrap_err().code, Code::Internal);
    assert_eq!(receipts.status(&id).await.unwrap(), None);
    let again = receipts.run(&id, &command("s"), work(&store, &Arc::default())).await;
    assert_eq!(again, Ok(Reply::Done));
}

#[tokio::test]
async fn who_comes_meanwhile_waits_for_the_same_answer() {
    let store = Store::memory().unwrap();
    let receipts = Receipts::new(store.clone());
    let id = CommandId::new("c");
    let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begin, wait) = (Arc::clone(&began), Arc::clone(&go_on));
    let wanted = command("s");
    let first = receipts.run(&id, &wanted, |_| async move {
        begin.notify_one();
        wait.notified().await;
        Ok(Reply::Done)
    });
    let meanwhile = async {
        began.notified().await;
        let other = receipts.run(&id, &command("t"), |_| async { panic!("it ran") }).await;
        assert_eq!(other.unwrap_err().code, Code::Conflict);
        let same = command("s");
        let joined = receipts.run(&id, &same, |_| async { panic!("it ran twice") });
        let (joined, status, ()) =
            tokio::join!(joined, receipts.status(&id), async { go_on.notify_one() });
        (joined, status)
    };
    let (first, (joined, status)) = tokio::join!(first, meanwhile);
    assert_eq!((first, joined), (Ok(Reply::Done), Ok(Reply::Done)));
    assert_eq!(status, Ok(Some(Ok(Reply::Done))));
    assert_eq!(receipts.status(&id).await, Ok(Some(Ok(Reply::Done))));
    assert_eq!(receipts.status(&CommandId::new("d")).await, Ok(None));
}

#[tokio::test]
async fn a_command_goes_on_when_its_sender_is_gone() {
    let store = Store::memory().unwrap();
    let receipts = Receipts::new(store.clone());
    let id = CommandId::new("c");
    let began = Arc::new(Notify::new());
    let go_on = Arc::new(Notify::new());
    let (begin, wait) = (Arc::clone(&began), Arc::clone(&go_on));
    let inner = work(&store, &Arc::default());
    let wanted = command("s");
    let sender = receipts.run(&id, &wanted, |ticket| async move {
        begin.notify_one();
        wait.notified().await;
        inner(ticket).await
    });
    tokio::select! {
        _ = sender => panic!("it waits for us"),
        () = began.notified() => {}
    }
    go_on.notify_one();
    assert_eq!(receipts.status(&id).await, Ok(Some(Ok(Reply::Done))));
    assert_eq!(store.head(), 1);
}

#[tokio::test]
async fn one_that_breaks_off_says_so_and_holds_up_no_other() {
    let store = Store::memory().unwrap();
    let receipts = Receipts::new(store.clone());
    let id = CommandId::new("c");
    let broken = receipts.run(&id, &command("s"), |_| async { panic!("a fault of ours") }).await;
    assert_eq!(broken.unwrap_err().code, Code::Internal);
    let again = receipts.run(&id, &command("s"), work(&store, &Arc::default())).await;
    assert_eq!(again, Ok(Reply::Done));
}

#[test]
fn the_hash_tells_commands_apart() {
    assert_eq!(hash(&command("s")), hash(&command("s")));
    assert_ne!(hash(&command("s")), hash(&command("t")));
    assert_ne!(
        hash(&command("s")),
        hash(&Command::RetryHost { host: "s".into() }),
        "the method counts"
    );
    assert_eq!(hash(&command("s")).len(), 40);
}
