//! A tab's transcript: the newest first, then what is older, and whatever comes.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Delivery, EngineHandle, Event, EventBody, MessageId, NewMessage, Partial, Query, Reply,
    Request, Seam, SessionId, Subscribe, Subscription, TabId,
};
use tokio::time::timeout;

use super::News;
use super::room::{Room, Standing};
use crate::transcript::Piece;
use crate::transcript::pieces::{piece, unfinished};

/// Events that are read first: more than fill any screen.
const FIRST: u32 = 200;
/// Events that are read at once of what is older.
const OLDER: u32 = 1_000;
/// Events that are told together, at most.
const TOGETHER: usize = 512;
/// What comes within this time is told together; a frame takes 16 ms.
const WITHIN: Duration = Duration::from_millis(12);

/// Tells a tab's transcript until the tab is no longer followed; begins anew when the engine does.
pub(super) async fn follow(room: Arc<Room>, session: SessionId, tab: TabId) {
    let mut standing = room.standing.subscribe();
    loop {
        let engine = match room.engine().await {
            Ok(engine) => engine,
            Err(failure) => {
                room.teller.tell(News::Unreadable { tab: tab.clone(), failure }).await;
                let is_open = |standing: &Standing| matches!(standing, Standing::Open(_));
                if standing.wait_for(is_open).await.is_err() {
                    return;
                }
                continue;
            }
        };
        standing.mark_unchanged();
        if !room.teller.tell(News::Anew(tab.clone())).await {
            return;
        }
        if let Err(failure) = read(&room, &engine, &session, &tab).await {
            room.teller.tell(News::Unreadable { tab: tab.clone(), failure }).await;
        }
        // It has ended, and another one is opened; or it goes on, and the person asks again.
        let changed = standing.changed().await;
        if changed.is_err() || room.teller.is_over() {
            return;
        }
    }
}

async fn read(
    room: &Arc<Room>,
    engine: &EngineHandle,
    session: &SessionId,
    tab: &TabId,
) -> Result<(), Failure> {
    // Whatever is stored from here on comes by the subscription.
    let since = *room.known.lock().unwrap_or_else(PoisonError::into_inner);
    let (newest, more) = before(engine, session, tab, u64::MAX, FIRST).await?;
    let last = newest.last().map_or(0, |event| event.seq);
    let first = newest.first().map_or(0, |event| event.seq);
    let pieces = made(newest).await;
    room.teller.tell(News::Pieces { tab: tab.clone(), pieces }).await;
    let wanted = Subscribe {
        since: Some(since),
        session: Some(session.clone()),
        partials: true,
        ..Subscribe::default()
    };
    let happening = engine.subscribe(wanted).await?;
    let older = async {
        if let Err(failure) = tell_older(room, engine, session, tab, first, more).await {
            // What is newer goes on.
            room.teller
                .tell(News::Older { tab: tab.clone(), pieces: Vec::new(), more: false })
                .await;
            room.teller.tell(News::Trouble(failure)).await;
        }
    };
    let ((), ended) = futures::join!(older, tell_newer(room, tab, happening, last));
    ended
}

/// Tells what is older, page by page, to the beginning.
async fn tell_older(
    room: &Room,
    engine: &EngineHandle,
    session: &SessionId,
    tab: &TabId,
    mut first: u64,
    mut more: bool,
) -> Result<(), Failure> {
    loop {
        let mut pieces = Vec::new();
        if more {
            let (page, rest) = before(engine, session, tab, first, OLDER).await?;
            more = rest && !page.is_empty();
            first = page.first().map_or(first, |event| event.seq);
            pieces = made(page).await;
        }
        let is_all = !more;
        if !room.teller.tell(News::Older { tab: tab.clone(), pieces, more }).await || is_all {
            return Ok(());
        }
    }
}

/// Tells what happens, until the engine ends.
async fn tell_newer(
    room: &Room,
    tab: &TabId,
    mut happening: Subscription,
    mut last: u64,
) -> Result<(), Failure> {
    let mut events: Vec<Event> = Vec::new();
    let mut partial: Option<Partial> = None;
    loop {
        let mut next = happening.next().await;
        let mut is_over = false;
        // What has come already, and what comes in the blink of an eye, is one piece of news.
        let until = tokio::time::Instant::now() + WITHIN;
        loop {
            match next {
                Some(Ok(Delivery::Event(event))) => {
                    if event.tab.as_ref() == Some(tab) && event.seq > last {
                        last = event.seq;
                        // It is finished: what was still being written of it comes no more.
                        if ends_a_piece(&event.body) {
                            partial = None;
                        }
                        events.push(*event);
                    }
                }
                Some(Ok(Delivery::Partial(piece))) => {
                    if piece.tab == *tab {
                        partial = Some(piece);
                    }
                }
                Some(Ok(
                    Delivery::History(_)
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
                None => is_over = true,
            }
            if is_over || events.len() >= TOGETHER {
                break;
            }
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            match timeout(left, happening.next()).await {
                Ok(more) => next = more,
                Err(_) => break,
            }
        }
        if !events.is_empty() {
            let pieces = made(std::mem::take(&mut events)).await;
            if !room.teller.tell(News::Pieces { tab: tab.clone(), pieces }).await {
                return Ok(());
            }
        }
        if let Some(partial) = partial.take() {
            let piece = Box::new(shown(partial, last).await?);
            if !room.teller.tell(News::Unfinished { tab: tab.clone(), piece }).await {
                return Ok(());
            }
        }
        if is_over {
            return Ok(());
        }
    }
}

/// A message that was sent, to be sent again: as the person wrote it, with its images.
pub(super) async fn again(
    room: &Room,
    session: &SessionId,
    tab: &TabId,
    message: &MessageId,
    save_to_history: bool,
) -> Result<NewMessage, Failure> {
    let engine = room.engine().await?;
    let mut first = u64::MAX;
    let (prompt, read_only) = loop {
        let (page, more) = before(&engine, session, tab, first, OLDER).await?;
        let found = page.iter().rev().find_map(|event| match &event.body {
            EventBody::TurnStarted { message: of, prompt, read_only, .. } if of == message => {
                Some((prompt.clone(), *read_only))
            }
            _ => None,
        });
        if let Some(found) = found {
            break found;
        }
        first = match page.first() {
            Some(event) if more => event.seq,
            Some(_) | None => {
                return Err(Failure::new(Code::NotFound, "the message is no longer there"));
            }
        };
    };
    let wanted = Query::Images { session: session.clone(), message: message.clone() };
    match engine.call(Request::query(wanted)).await? {
        Reply::Images(images) => Ok(NewMessage { prompt, images, read_only, save_to_history }),
        _ => Err(odd()),
    }
}

/// Whether a piece that was being written is finished with it.
fn ends_a_piece(body: &EventBody) -> bool {
    match body {
        EventBody::Text { .. } | EventBody::Reasoning { .. } | EventBody::TurnEnded { .. } => true,
        EventBody::SessionChanged { .. }
        | EventBody::SessionRemoved
        | EventBody::QueueChanged { .. }
        | EventBody::TurnStarted { .. }
        | EventBody::TurnLaunched
        | EventBody::AgentSession { .. }
        | EventBody::ToolCall(_)
        | EventBody::ApprovalRequested { .. }
        | EventBody::ApprovalResolved { .. }
        | EventBody::Usage(_)
        | EventBody::Link { .. }
        | EventBody::Quiet { .. }
        | EventBody::Error { .. }
        | EventBody::Raw { .. }
        | EventBody::Unknown => false,
    }
}

async fn before(
    engine: &EngineHandle,
    session: &SessionId,
    tab: &TabId,
    before: u64,
    limit: u32,
) -> Result<(Vec<Event>, bool), Failure> {
    let (session, tab) = (session.clone(), tab.clone());
    let wanted = Query::EventsBefore { before, session, tab, limit };
    match engine.call(Request::query(wanted)).await? {
        Reply::Events { events, more } => Ok((events, more)),
        _ => Err(odd()),
    }
}

fn odd() -> Failure {
    Failure::new(Code::Internal, "the engine answered something else than was asked")
}

/// Makes pieces of events: Markdown is read and code coloured, which takes a processor.
async fn made(events: Vec<Event>) -> Vec<Piece> {
    let work = tokio::task::spawn_blocking(move || events.iter().filter_map(piece).collect());
    work.await.unwrap_or_else(|error| {
        tracing::error!("a transcript's pieces broke off: {error}");
        Vec::new()
    })
}

async fn shown(partial: Partial, seq: u64) -> Result<Piece, Failure> {
    let at = Timestamp::now();
    let work = tokio::task::spawn_blocking(move || unfinished(&partial, seq, at));
    work.await.map_err(|error| {
        Failure::new(Code::Internal, format!("an unfinished piece broke off: {error}"))
    })
}
