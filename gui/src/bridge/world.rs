//! How all sessions stand, told when it changes: the engine is asked for what an event has touched.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    ConnectionState, Delivery, EngineHandle, Event, EventBody, HostConnection, Operation,
    OperationState, Query, Reply, Request, Seam, SessionId, Subscribe, TurnStatus, Watch, Work,
};
use tokio::time::{Instant, sleep_until};

use super::News;
use super::notices::Notice;
use super::room::Room;
use crate::words::{clean_line, middle};

/// Changes within this time are told together: no eye sees more than 30 states a second.
const TOGETHER: Duration = Duration::from_millis(33);
/// A command line that took less is no news: who has begun it is still there.
const LONG: SignedDuration = SignedDuration::from_secs(10);
/// Letters of a line in a notice's heading.
const SHOWN_OF_LINE: usize = 60;

/// What was touched and not told yet.
#[derive(Debug, Default)]
struct Touched {
    sessions: BTreeSet<SessionId>,
    approvals: bool,
    since: Option<Instant>,
}

impl Touched {
    fn note(&mut self, event: &Event) {
        let approvals = matches!(
            event.body,
            EventBody::ApprovalRequested { .. } | EventBody::ApprovalResolved { .. }
        );
        let stands_as_before = matches!(
            event.body,
            EventBody::Text { .. }
                | EventBody::Reasoning { .. }
                | EventBody::ToolCall(_)
                | EventBody::Raw { .. }
                | EventBody::Quiet { .. }
                | EventBody::Unknown
        );
        if stands_as_before {
            return;
        }
        self.approvals |= approvals;
        self.sessions.insert(event.session.clone());
        self.since.get_or_insert_with(Instant::now);
    }

    fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + TOGETHER)
    }
}

/// Tells of all sessions, then of each change, until the engine ends.
///
/// # Errors
///
/// What the engine says.
pub(super) async fn follow(room: &Arc<Room>, engine: &EngineHandle) -> Result<(), Failure> {
    let reply = engine.call(Request::query(Query::Snapshot)).await?;
    let Reply::Snapshot(snapshot) = reply else { return Err(odd()) };
    know(room, snapshot.seq);
    let wanted = Subscribe {
        since: Some(snapshot.seq),
        epoch: Some(snapshot.epoch.clone()),
        ..Subscribe::default()
    };
    let all = News::All { sessions: snapshot.sessions, approvals: snapshot.approvals };
    if !room.teller.tell(all).await {
        return Ok(());
    }
    let mut happening = engine.subscribe(wanted).await?;
    let mut touched = Touched::default();
    loop {
        let due = touched.due();
        let next = tokio::select! {
            next = happening.next() => next,
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                tell(room, engine, std::mem::take(&mut touched)).await?;
                continue;
            }
        };
        match next {
            Some(Ok(Delivery::Event(event))) => {
                know(room, event.seq);
                if matches!(event.body, EventBody::SessionRemoved) {
                    touched.sessions.remove(&event.session);
                    if !room.teller.tell(News::Removed(event.session)).await {
                        return Ok(());
                    }
                    touched.approvals = true;
                    touched.since.get_or_insert_with(Instant::now);
                    continue;
                }
                touched.note(&event);
                if matches!(event.body, EventBody::TurnEnded { .. }) {
                    room.outbox.notify_one();
                }
                notify(room, engine, &event).await;
            }
            Some(Ok(
                Delivery::Partial(_)
                | Delivery::History(_)
                | Delivery::Connections(_)
                | Delivery::Questions(_)
                | Delivery::Operation(_)
                | Delivery::Forgotten { .. }
                | Delivery::Output(_)
                | Delivery::Terminals(_)
                | Delivery::Terminal(_)
                | Delivery::Sync { .. },
            )) => {}
            Some(Err(failure)) => return Err(failure),
            None => return Ok(()),
        }
    }
}

fn know(room: &Room, seq: u64) {
    let mut known = room.known.lock().unwrap_or_else(PoisonError::into_inner);
    *known = seq.max(*known);
}

async fn tell(room: &Room, engine: &EngineHandle, touched: Touched) -> Result<(), Failure> {
    let mut changed = Vec::new();
    for session in touched.sessions {
        let named = session.as_str().to_owned();
        match engine.call(Request::query(Query::Session { named })).await {
            Ok(Reply::Session(session)) => changed.push(*session),
            Ok(_) => return Err(odd()),
            // It was removed meanwhile, which is told apart.
            Err(failure) if failure.code == Code::NotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    if !changed.is_empty() {
        room.teller.tell(News::Sessions(changed)).await;
    }
    if touched.approvals {
        let reply = engine.call(Request::query(Query::Approvals { session: None })).await?;
        let Reply::Approvals(approvals) = reply else { return Err(odd()) };
        room.teller.tell(News::Approvals(approvals)).await;
    }
    Ok(())
}

/// Tells the desktop what a person who looks elsewhere wants to know.
async fn notify(room: &Room, engine: &EngineHandle, event: &Event) {
    let needs = match &event.body {
        EventBody::ApprovalRequested { approval } => Some(approval.title.clone()),
        EventBody::TurnEnded { status: TurnStatus::Done, text, .. } => Some(text.clone()),
        EventBody::TurnEnded { status: TurnStatus::Failed, .. } => Some("The turn failed".into()),
        EventBody::TurnEnded { status: TurnStatus::Interrupted, .. }
        | EventBody::SessionChanged { .. }
        | EventBody::SessionRemoved
        | EventBody::QueueChanged { .. }
        | EventBody::TurnStarted { .. }
        | EventBody::TurnLaunched
        | EventBody::AgentSession { .. }
        | EventBody::Text { .. }
        | EventBody::Reasoning { .. }
        | EventBody::ToolCall(_)
        | EventBody::ApprovalResolved { .. }
        | EventBody::Usage(_)
        | EventBody::Link { .. }
        | EventBody::Quiet { .. }
        | EventBody::Error { .. }
        | EventBody::Raw { .. }
        | EventBody::Unknown => None,
    };
    let Some(words) = needs else { return };
    if !room.notices.are_wanted() {
        return;
    }
    let named = event.session.as_str().to_owned();
    let Ok(Reply::Session(session)) = engine.call(Request::query(Query::Session { named })).await
    else {
        return;
    };
    let asks = matches!(event.body, EventBody::ApprovalRequested { .. });
    // What Baton itself asked behind a turn is no news; the turn before it is.
    let of_synopsis = session.tabs.iter().any(|tab| {
        Some(&tab.id) == event.tab.as_ref()
            && tab
                .turn
                .as_ref()
                .is_some_and(|turn| turn.synopsis && Some(&turn.id) == event.turn.as_ref())
    });
    if of_synopsis {
        return;
    }
    let heading = if asks { format!("{} needs you", session.name) } else { session.name.clone() };
    room.notices.tell(Notice::new(heading, &words));
}

/// Tells how connections stand and what they ask, until the engine ends.
///
/// # Errors
///
/// What the engine says.
pub(super) async fn follow_connections(
    room: &Arc<Room>,
    engine: &EngineHandle,
) -> Result<(), Failure> {
    let wanted = Subscribe { connections: true, ..Subscribe::default() };
    let mut following = engine.subscribe(wanted).await?;
    let (mut blocked, mut asked) = (BTreeSet::new(), BTreeSet::new());
    while let Some(delivery) = following.next().await {
        let news = match delivery? {
            Delivery::Connections(all) => {
                tell_blocked(room, &all, &mut blocked);
                News::Connections(all)
            }
            Delivery::Questions(all) => {
                let before = std::mem::take(&mut asked);
                asked.extend(all.iter().map(|question| question.id.clone()));
                for question in all.iter().filter(|question| !before.contains(&question.id)) {
                    room.notices.tell(Notice::of_question(question));
                }
                News::Questions { local: false, all }
            }
            Delivery::Event(_)
            | Delivery::Partial(_)
            | Delivery::History(_)
            | Delivery::Operation(_)
            | Delivery::Forgotten { .. }
            | Delivery::Output(_)
            | Delivery::Terminals(_)
            | Delivery::Terminal(_)
            | Delivery::Sync { .. } => continue,
        };
        if !room.teller.tell(news).await {
            return Ok(());
        }
    }
    Ok(())
}

/// Tells the desktop of hosts that need a person, each once; `before` are those that were known to.
fn tell_blocked(room: &Room, all: &[HostConnection], before: &mut BTreeSet<String>) {
    let blocked = all.iter().filter_map(|connection| match &connection.state {
        ConnectionState::Blocked { why } => Some((&connection.host, why)),
        ConnectionState::Closed
        | ConnectionState::Connecting { .. }
        | ConnectionState::Connected
        | ConnectionState::Degraded
        | ConnectionState::Reconnecting { .. } => None,
    });
    let mut now: BTreeSet<String> = BTreeSet::new();
    for (host, why) in blocked {
        if !before.contains(host) {
            room.notices.tell(Notice::of_blocked(host, why));
        }
        now.insert(host.clone());
    }
    *before = now;
}

/// What the desktop is told of a command line that took long and is over now; `under_way` are those that weren't over.
fn notice_of_line(operation: &Operation, under_way: &mut BTreeSet<String>) -> Option<Notice> {
    let Work::Line { line, .. } = &operation.work else { return None };
    if !operation.state.is_over() {
        under_way.insert(operation.id.clone());
        return None;
    }
    // What was over before we heard of it is no news.
    if !under_way.remove(&operation.id) {
        return None;
    }
    let took = operation.ended_at?.duration_since(operation.started_at);
    if took < LONG {
        return None;
    }
    let words = match &operation.state {
        OperationState::Done { outcome } => match outcome.status {
            Some(0) | None => "It is done".to_owned(),
            Some(status) => format!("It ended with {status}"),
        },
        OperationState::Failed { why } => why.message.clone(),
        // Who has stopped it knows.
        OperationState::Stopped
        | OperationState::Waiting
        | OperationState::Running
        | OperationState::Away { .. } => return None,
    };
    let line = clean_line(line);
    Some(Notice::new(format!("{} on {}", middle(&line, SHOWN_OF_LINE), operation.host), &words))
}

fn odd() -> Failure {
    Failure::new(Code::Internal, "the engine answered something else than was asked")
}

/// Tells of what takes long, until the engine ends.
///
/// # Errors
///
/// What the engine says.
pub(super) async fn follow_operations(
    room: &Arc<Room>,
    engine: &EngineHandle,
) -> Result<(), Failure> {
    let wanted = Subscribe { watch: Some(Watch::Operations), ..Subscribe::default() };
    let mut following = engine.subscribe(wanted).await?;
    let mut under_way = BTreeSet::new();
    while let Some(delivery) = following.next().await {
        let news = match delivery? {
            Delivery::Operation(operation) => {
                if let Some(notice) = notice_of_line(&operation, &mut under_way) {
                    room.notices.tell(notice);
                }
                News::Operation(operation)
            }
            Delivery::Forgotten { operation } => News::OperationForgotten(operation),
            Delivery::Event(_)
            | Delivery::Partial(_)
            | Delivery::History(_)
            | Delivery::Connections(_)
            | Delivery::Questions(_)
            | Delivery::Output(_)
            | Delivery::Terminals(_)
            | Delivery::Terminal(_)
            | Delivery::Sync { .. } => continue,
        };
        if !room.teller.tell(news).await {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use orchestrator::seam::{At, Outcome};

    use super::*;
    use crate::samples;

    fn line(state: OperationState, took: i64) -> Operation {
        let at = At::Session(SessionId::new("s"));
        Operation {
            id: "op".into(),
            work: Work::Line { at, line: "make\nall".into() },
            host: "box".into(),
            session: Some(SessionId::new("s")),
            directory: None,
            ended_at: state
                .is_over()
                .then(|| samples::at(0).checked_add(SignedDuration::from_secs(took)).unwrap()),
            state,
            progress: None,
            output: 0,
            started_at: samples::at(0),
        }
    }

    #[test]
    fn a_line_that_took_long_is_told_of_once_and_only_where_its_end_was_waited_for() {
        let outcome = |status| Outcome { status: Some(status), ..Outcome::default() };
        let done = |status, took| line(OperationState::Done { outcome: outcome(status) }, took);
        let mut under_way = BTreeSet::new();
        assert_eq!(notice_of_line(&done(0, 60), &mut under_way), None);
        assert_eq!(notice_of_line(&line(OperationState::Running, 0), &mut under_way), None);
        let notice = notice_of_line(&done(2, 60), &mut under_way).unwrap();
        assert_eq!((&*notice.heading, &*notice.words), ("make all on box", "It ended with 2"));
        assert_eq!(notice_of_line(&done(2, 60), &mut under_way), None);
        for (ended, took) in [(done(0, 3), 3), (line(OperationState::Stopped, 60), 60)] {
            notice_of_line(&line(OperationState::Running, 0), &mut under_way);
            assert_eq!(notice_of_line(&ended, &mut under_way), None, "{took}");
        }
    }
}
