#![allow(clippy::unwrap_used, clippy::panic)]

use orchestrator::seam::{Delivery, Event, MessageId, TabId, TurnStatus};

use super::super::fake::{self, FakeEngine, Feed, Person, Reader, Recorded};
use super::super::terminal::Nobody;
use super::*;
use crate::render::Look;

const LOOK: Look = Look { width: 80, verbose: false, everything: false };

fn message() -> Target {
    Target::Message { tab: TabId::new("t1"), message: MessageId::new("m1"), detach: false }
}

async fn tell(feed: &Feed, event: Event) {
    feed.send(Ok(Delivery::Event(Box::new(event)))).await.unwrap();
}

async fn sync(feed: &Feed) {
    feed.send(Ok(Delivery::Sync { seq: 0, at: fake::at(0) })).await.unwrap();
}

type Watching = tokio::task::JoinHandle<Result<(End, u64), Stop>>;

/// Watches in a task; gives what was printed, the way to send signals, and the end.
fn start(
    engine: &Arc<FakeEngine>,
    target: Target,
    ask: Box<dyn Ask>,
) -> (Recorded, mpsc::Sender<Told>, Watching) {
    start_on(Recorded::default(), engine, target, ask)
}

/// The same, with a reader of what is printed.
fn start_on(
    screen: Recorded,
    engine: &Arc<FakeEngine>,
    target: Target,
    mut ask: Box<dyn Ask>,
) -> (Recorded, mpsc::Sender<Told>, Watching) {
    let (tell, mut told) = mpsc::channel(4);
    let seam: Arc<dyn Seam> = Arc::clone(engine) as Arc<dyn Seam>;
    let recorded = screen.clone();
    let task = tokio::spawn(async move {
        let mut report = Report::text(screen, LOOK, true);
        watch(Watcher {
            seam,
            session: SessionId::new("s1"),
            watch: Watch::new(target, 10),
            report: &mut report,
            ask: &mut *ask,
            told: &mut told,
        })
        .await
    });
    (recorded, tell, task)
}

/// Waits until something is so.
async fn until(what: &str, is: impl Fn() -> bool) {
    let waiting = async {
        while !is() {
            // wait: between two looks
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

/// The turn of the message is under way, and has said a word.
async fn at_work(feed: &Feed, screen: &Recorded) {
    tell(feed, fake::event(11, "t1", fake::started("m1"))).await;
    tell(feed, fake::event(12, "t1", fake::text("working"))).await;
    until("it is to be printed", || screen.out().contains("working")).await;
}

#[tokio::test]
async fn a_turn_is_shown_to_its_end() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let (screen, _told, task) = start(&engine, message(), Box::new(Nobody));
    tell(&feed, fake::event(11, "t1", fake::started("m1"))).await;
    for so_far in ["All", "All is\n\n", "All is\n\nwell, I thi"] {
        feed.send(Ok(Delivery::Partial(fake::partial("t1", so_far)))).await.unwrap();
    }
    tell(&feed, fake::event(12, "t1", fake::text("All is\n\nwell, I think."))).await;
    tell(&feed, fake::event(13, "t1", fake::ended(TurnStatus::Done))).await;
    let (end, seq) = task.await.unwrap().unwrap();
    assert_eq!((end, seq), (End::Turn(fake::how(TurnStatus::Done)), 13));
    assert_eq!(screen.out(), "All is\n\nwell, I think.\n");
    assert_eq!(screen.err(), "done in 12.4 s\n");
    assert_eq!(engine.subscribed.lock().unwrap()[0].since, Some(10));
}

#[tokio::test]
async fn an_engine_that_is_gone_for_good_is_said_with_the_way_back() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let (_screen, _told, task) = start(&engine, message(), Box::new(Nobody));
    tell(&feed, fake::event(11, "t1", fake::started("m1"))).await;
    drop(feed);
    let Err(Stop::Failure(failure)) = task.await.unwrap() else { panic!("it went on") };
    assert_eq!(failure.hint.unwrap(), "`baton follow s1 --since 11` goes on from here");
}

#[tokio::test]
async fn ctrl_c_interrupts_and_waits_and_a_second_one_leaves() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let (screen, told, task) = start(&engine, message(), Box::new(Nobody));
    at_work(&feed, &screen).await;
    told.send(Told::Interrupt(2)).await.unwrap();
    until("it is interrupted", || !engine.commands().is_empty()).await;
    let wanted = Command::Interrupt {
        session: SessionId::new("s1"),
        tab: Some(TabId::new("t1")),
        turn: Some(orchestrator::seam::TurnId::new("t1")),
        stop: false,
    };
    assert_eq!(engine.commands(), [wanted]);
    assert!(!task.is_finished(), "its end is waited for");
    told.send(Told::Interrupt(2)).await.unwrap();
    assert_eq!(task.await.unwrap().unwrap().0, End::Left { signal: 2, goes_on: true });
}

#[tokio::test]
async fn ctrl_c_on_a_message_that_waits_takes_it_out() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    {
        let mut session = engine.session.lock().unwrap();
        session.tabs[0].state = orchestrator::seam::TabState::Working;
        session.tabs[0].queue = vec![fake::queued("m1")];
    }
    let (screen, told, task) = start(&engine, message(), Box::new(Nobody));
    sync(&feed).await;
    until("it is said that it waits", || screen.err() == "queued behind 1\n").await;
    told.send(Told::Interrupt(2)).await.unwrap();
    assert_eq!(task.await.unwrap().unwrap().0, End::TakenOut);
    let (session, message) = (SessionId::new("s1"), MessageId::new("m1"));
    assert_eq!(engine.commands(), [Command::RemoveMessage { session, message }]);
}

#[tokio::test]
async fn a_message_that_somebody_else_takes_out_is_not_waited_for() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    engine.stored.lock().unwrap().push(fake::event(11, "t7", fake::started("m7")));
    let (_screen, _told, task) = start(&engine, message(), Box::new(Nobody));
    sync(&feed).await;
    assert_eq!(task.await.unwrap().unwrap().0, End::TakenOut);
}

#[tokio::test]
async fn a_person_is_asked_and_the_answer_goes_to_the_agent() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let (person, answers) = Person::new();
    let open = Arc::clone(&person.open);
    let (screen, _told, task) = start(&engine, message(), Box::new(person));
    sync(&feed).await;
    tell(&feed, fake::event(11, "t1", fake::started("m1"))).await;
    let ask = |seq, id: &str| {
        let approval = Box::new(fake::approval(id, "t1"));
        fake::event(seq, "t1", EventBody::ApprovalRequested { approval })
    };
    let resolved = |seq, id: &str, decision| {
        let approval = ApprovalId::new(id);
        fake::event(seq, "t1", EventBody::ApprovalResolved { approval, decision })
    };
    let is_open = |id: Option<&str>| *open.lock().unwrap() == id.map(ApprovalId::new);
    tell(&feed, ask(12, "q1")).await;
    until("q1 is asked", || is_open(Some("q1"))).await;
    assert_eq!(screen.err(), "? Run ls\n  Bash ls -la\n");
    let yes = Decision::Approve { option: Some("yes".into()) };
    answers.send((ApprovalId::new("q1"), yes.clone())).await.unwrap();
    let wanted =
        Command::ResolveApproval { approval: ApprovalId::new("q1"), decision: yes.clone() };
    until("it is answered", || engine.commands() == std::slice::from_ref(&wanted)).await;
    tell(&feed, resolved(13, "q1", Some(yes))).await;
    // Answered elsewhere, the question goes away.
    tell(&feed, ask(14, "q2")).await;
    until("q2 is asked", || is_open(Some("q2"))).await;
    tell(&feed, resolved(15, "q2", Some(Decision::Deny { option: None }))).await;
    until("q2 is withdrawn", || is_open(None)).await;
    tell(&feed, fake::event(16, "t1", fake::ended(TurnStatus::Done))).await;
    assert_eq!(task.await.unwrap().unwrap().0, End::Turn(fake::how(TurnStatus::Done)));
    assert_eq!(engine.commands().len(), 1);
}

#[tokio::test]
async fn without_a_terminal_it_is_said_how_to_answer() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let (screen, told, task) = start(&engine, message(), Box::new(Nobody));
    sync(&feed).await;
    tell(&feed, fake::event(11, "t1", fake::started("m1"))).await;
    let approval = Box::new(fake::approval("q1", "t1"));
    tell(&feed, fake::event(12, "t1", EventBody::ApprovalRequested { approval })).await;
    until("it is said", || screen.err().contains("`baton approve q1` or `baton deny q1`")).await;
    told.send(Told::Leave(15)).await.unwrap();
    assert_eq!(task.await.unwrap().unwrap().0, End::Left { signal: 15, goes_on: true });
    assert!(engine.commands().is_empty(), "a signal to go interrupts nothing");
}

#[tokio::test]
async fn following_until_idle_ends_when_everything_was_shown() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let (screen, _told, task) =
        start(&engine, Target::Session { until_idle: true }, Box::new(Nobody));
    // Stored, but not delivered yet.
    let last = fake::event(12, "t1", fake::text("last"));
    engine.stored.lock().unwrap().push(last.clone());
    sync(&feed).await;
    tell(&feed, fake::event(11, "t1", fake::text("first"))).await;
    tell(&feed, last).await;
    assert_eq!(task.await.unwrap().unwrap().0, End::Idle(None));
    assert_eq!(screen.out(), "first\n\nlast\n");
}

#[tokio::test]
async fn a_reader_that_stalls_keeps_nobody_from_interrupting_and_leaving() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let screen = Recorded::read_by(Reader::Stalls);
    let (screen, told, task) = start_on(screen, &engine, message(), Box::new(Nobody));
    at_work(&feed, &screen).await;
    told.send(Told::Interrupt(2)).await.unwrap();
    until("it is interrupted", || !engine.commands().is_empty()).await;
    assert!(screen.err().contains("Ctrl-C again leaves it at work"), "{}", screen.err());
    told.send(Told::Interrupt(2)).await.unwrap();
    let (end, seq) = task.await.unwrap().unwrap();
    assert_eq!(end, End::Left { signal: 2, goes_on: true });
    assert_eq!(seq, 11, "what nobody has read is shown to who comes back");
}

#[tokio::test]
async fn an_end_waits_until_all_is_read_unless_the_person_leaves() {
    for leaves in [false, true] {
        let engine = FakeEngine::new();
        let feed = engine.feed();
        let screen = Recorded::read_by(Reader::Stalls);
        let (screen, told, task) = start_on(screen, &engine, message(), Box::new(Nobody));
        tell(&feed, fake::event(11, "t1", fake::started("m1"))).await;
        tell(&feed, fake::event(12, "t1", fake::text("all of it"))).await;
        tell(&feed, fake::event(13, "t1", fake::ended(TurnStatus::Done))).await;
        until("it has ended", || screen.err().contains("done in")).await;
        assert!(!task.is_finished());
        let wanted = if leaves {
            told.send(Told::Interrupt(2)).await.unwrap();
            (End::Left { signal: 2, goes_on: false }, 11)
        } else {
            *screen.reader.lock().unwrap() = Reader::Reads;
            (End::Turn(fake::how(TurnStatus::Done)), 13)
        };
        assert_eq!(task.await.unwrap().unwrap(), wanted);
        assert!(engine.commands().is_empty(), "there is nothing to interrupt any more");
    }
}

#[tokio::test]
async fn a_question_is_asked_below_all_that_was_printed_before() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let (person, _answers) = Person::new();
    let open = Arc::clone(&person.open);
    let screen = Recorded::read_by(Reader::Stalls);
    let (screen, told, task) = start_on(screen, &engine, message(), Box::new(person));
    sync(&feed).await;
    tell(&feed, fake::event(11, "t1", fake::started("m1"))).await;
    tell(&feed, fake::event(12, "t1", fake::text("before"))).await;
    let approval = Box::new(fake::approval("q1", "t1"));
    tell(&feed, fake::event(13, "t1", EventBody::ApprovalRequested { approval })).await;
    until("the question is shown", || screen.err().contains("? Run ls")).await;
    assert!(open.lock().unwrap().is_none());
    *screen.reader.lock().unwrap() = Reader::Reads;
    until("it is asked", || open.lock().unwrap().is_some()).await;
    told.send(Told::Leave(15)).await.unwrap();
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_closes_what_is_printed_leaves_the_turn_at_work() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let screen = Recorded::read_by(Reader::Left);
    let (_screen, _told, task) = start_on(screen, &engine, message(), Box::new(Nobody));
    tell(&feed, fake::event(11, "t1", fake::started("m1"))).await;
    tell(&feed, fake::event(12, "t1", fake::text("working"))).await;
    let (end, seq) = task.await.unwrap().unwrap();
    assert_eq!((end, seq), (End::Left { signal: 13, goes_on: true }, 11));
    assert!(engine.commands().is_empty(), "a pipe that is closed interrupts nothing");
}

#[tokio::test]
async fn an_interrupt_that_comes_too_late_is_said_and_hits_no_other_turn() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    let (screen, told, task) = start(&engine, message(), Box::new(Nobody));
    at_work(&feed, &screen).await;
    engine.reply(Err(Failure::new(Code::NotFound, "turn t1 is not under way in work")));
    told.send(Told::Interrupt(2)).await.unwrap();
    until("it is said", || screen.err().contains("had just ended by itself")).await;
    tell(&feed, fake::event(13, "t1", fake::ended(TurnStatus::Done))).await;
    assert_eq!(task.await.unwrap().unwrap().0, End::Turn(fake::how(TurnStatus::Done)));
}

#[tokio::test]
async fn ctrl_c_on_a_message_that_somebody_else_took_out_interrupts_nothing() {
    let engine = FakeEngine::new();
    let feed = engine.feed();
    // Somebody else's turn, which is under way in the same tab.
    engine.stored.lock().unwrap().push(fake::event(11, "t7", fake::started("m7")));
    engine.reply(Err(Failure::new(Code::NotFound, "no message m1 waits in work")));
    let (_screen, told, task) = start(&engine, message(), Box::new(Nobody));
    tell(&feed, fake::event(11, "t7", fake::started("m7"))).await;
    told.send(Told::Interrupt(2)).await.unwrap();
    assert_eq!(task.await.unwrap().unwrap().0, End::TakenOut);
    let (session, message) = (SessionId::new("s1"), MessageId::new("m1"));
    assert_eq!(engine.commands(), [Command::RemoveMessage { session, message }]);
}
