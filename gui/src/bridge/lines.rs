//! Command lines on hosts: what a Tab offers behind one, which were run, and what those print that somebody looks at.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Completions, Delivery, EngineHandle, OperationQuery, OperationReply, Query, Reply, Request,
    Seam, SessionId, Subscribe, Watch,
};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};

use super::News;
use super::room::Room;
use crate::text::Console;

/// Who types on isn't asked for: between two letters of a fast typist lie 60 to 120 ms.
const PAUSE: Duration = Duration::from_millis(120);
/// Lines of a session's history that are called back with the arrow keys, and searched.
const HISTORY: u32 = 2_000;
/// A flood is taken in at this rate at most, in bytes for each [`SPAN`]: some 16 MB a second, a fifth of what a core can. What is
/// left behind is skipped by the engine, which keeps the last 4 MiB.
const AT_ONCE: usize = 512 << 10;
/// Two frames.
const SPAN: Duration = Duration::from_millis(33);
/// Between two tries when an output can't be read.
const AGAIN: Duration = Duration::from_secs(2);

/// What a line prints: filled away from the frame, drawn by it.
#[derive(Debug, Default)]
pub struct SharedConsole {
    console: Mutex<Console>,
    /// The frame was told that there is something new, and hasn't looked yet.
    told: AtomicBool,
}

impl SharedConsole {
    /// For the frame. What comes from now on is told again.
    pub fn look(&self) -> MutexGuard<'_, Console> {
        self.told.store(false, Ordering::Release);
        self.console.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what was printed.
    pub fn feed(&self, offset: u64, bytes: &[u8]) {
        self.console.lock().unwrap_or_else(PoisonError::into_inner).feed(offset, bytes);
    }

    fn end(&self) -> u64 {
        self.console.lock().unwrap_or_else(PoisonError::into_inner).end()
    }
}

/// What the frame asks about command lines; they are run as operations.
#[derive(Clone, Debug)]
pub enum LinesAsk {
    /// What a Tab offers; what was asked before isn't wanted any more. Answer: `LinesNews::Completions`.
    Complete {
        /// Where it would run.
        session: SessionId,
        /// Up to the cursor.
        line: String,
        /// A person waits for it; else it is asked when nobody types for a moment.
        now: bool,
    },
    /// Lines that were run. Answer: `LinesNews::History`.
    History(SessionId),
    /// Fill that with what a line prints, and tell `LinesNews::Printed` of it.
    Follow {
        /// Which operation.
        id: String,
        /// Where.
        console: Arc<SharedConsole>,
    },
    /// Nobody looks at it any more.
    Unfollow(String),
}

/// What the frame is told about command lines.
#[derive(Debug)]
pub enum LinesNews {
    /// What a Tab offers.
    Completions {
        /// As it was asked.
        session: SessionId,
        /// As it was asked.
        line: String,
        /// Whether a key has asked for it.
        by_key: bool,
        /// What.
        answer: Result<Completions, Failure>,
    },
    /// Lines that were run, the newest last.
    History {
        /// Whose.
        session: SessionId,
        /// They.
        answer: Result<Arc<[String]>, Failure>,
    },
    /// The line of that operation has printed something.
    Printed(String),
}

/// Carries them out.
#[derive(Debug)]
pub(super) struct Lines {
    room: Arc<Room>,
    completing: Option<AbortHandle>,
    follows: HashMap<String, AbortHandle>,
}

impl Lines {
    pub fn new(room: Arc<Room>) -> Self {
        Self { room, completing: None, follows: HashMap::new() }
    }

    /// Begins it; never waits.
    pub fn carry_out(&mut self, tasks: &mut JoinSet<()>, ask: LinesAsk) {
        let room = Arc::clone(&self.room);
        match ask {
            LinesAsk::Complete { session, line, now } => {
                let task = tasks.spawn(async move {
                    if !now {
                        sleep(PAUSE).await; // wait: the next letter ends this task
                    }
                    let at = At::Session(session.clone());
                    let query = OperationQuery::Complete { at, line: line.clone(), by_key: now };
                    let answer = match ask_engine(&room, query).await {
                        Ok(OperationReply::Completions(completions)) => Ok(completions),
                        other => Err(unfit(other)),
                    };
                    tell(&room, LinesNews::Completions { session, line, by_key: now, answer })
                        .await;
                });
                if let Some(before) = self.completing.replace(task) {
                    before.abort();
                }
            }
            LinesAsk::History(session) => {
                tasks.spawn(async move {
                    let at = At::Session(session.clone());
                    let (containing, limit) = (String::new(), HISTORY);
                    let query = OperationQuery::Lines { at, containing, limit };
                    let answer = match ask_engine(&room, query).await {
                        Ok(OperationReply::Lines(lines)) => Ok(lines.into_iter().rev().collect()),
                        other => Err(unfit(other)),
                    };
                    tell(&room, LinesNews::History { session, answer }).await;
                });
            }
            LinesAsk::Follow { id, console } => {
                self.follows.retain(|_, task| !task.is_finished());
                let task = tasks.spawn(follow(room, id.clone(), console));
                if let Some(before) = self.follows.insert(id, task) {
                    before.abort();
                }
            }
            LinesAsk::Unfollow(id) => {
                if let Some(task) = self.follows.remove(&id) {
                    task.abort();
                }
            }
        }
    }
}

/// Follows one to its end, over the end of an engine, too.
async fn follow(room: Arc<Room>, id: String, console: Arc<SharedConsole>) {
    while !room.teller.is_over() {
        let failure = match room.engine().await {
            Ok(engine) => match read(&room, &engine, &id, &console).await {
                Ok(()) => return,
                Err(failure) => failure,
            },
            Err(failure) => failure,
        };
        if failure.code == Code::NotFound {
            return;
        }
        tracing::info!("what a line prints can't be read: {failure}");
        sleep(AGAIN).await; // wait: the engine is opened again
    }
}

/// How much was taken in lately.
#[derive(Debug, Default)]
struct Throttle {
    since: Option<Instant>,
    bytes: usize,
}

impl Throttle {
    /// How long to wait before so many bytes more are taken in.
    fn pause(&mut self, bytes: usize, now: Instant) -> Option<Duration> {
        let end = self.since.map(|since| since + SPAN).filter(|end| *end > now);
        let Some(end) = end else {
            *self = Self { since: Some(now), bytes };
            return None;
        };
        self.bytes += bytes;
        if self.bytes <= AT_ONCE {
            return None;
        }
        *self = Self { since: Some(end), bytes };
        Some(end - now)
    }
}

/// Reads until it is over.
async fn read(
    room: &Arc<Room>,
    engine: &EngineHandle,
    id: &str,
    console: &Arc<SharedConsole>,
) -> Result<(), Failure> {
    let watch = Watch::Output { id: id.to_owned(), offset: console.end() };
    let mut happening =
        engine.subscribe(Subscribe { watch: Some(watch), ..Subscribe::default() }).await?;
    let mut throttle = Throttle::default();
    while let Some(delivery) = happening.next().await {
        match delivery? {
            Delivery::Output(output) => {
                if let Some(pause) = throttle.pause(output.bytes.len(), Instant::now()) {
                    sleep(pause).await; // wait: a flood leaves time for everything else
                }
                let shared = Arc::clone(console);
                let work = move || shared.feed(output.offset, &output.bytes);
                if tokio::task::spawn_blocking(work).await.is_err() {
                    return Err(odd());
                }
                if !console.told.swap(true, Ordering::AcqRel)
                    && !tell(room, LinesNews::Printed(id.to_owned())).await
                {
                    return Ok(());
                }
            }
            // The list of all has how it ended.
            Delivery::Operation(_) | Delivery::Forgotten { .. } => return Ok(()),
            Delivery::Event(_)
            | Delivery::Partial(_)
            | Delivery::History(_)
            | Delivery::Connections(_)
            | Delivery::Questions(_)
            | Delivery::Terminals(_)
            | Delivery::Terminal(_)
            | Delivery::Sync { .. } => {}
        }
    }
    Err(Failure::new(Code::Internal, "the engine has ended"))
}

async fn ask_engine(room: &Room, query: OperationQuery) -> Result<OperationReply, Failure> {
    match room.call(Request::query(Query::Operation(query))).await? {
        Reply::Operation(reply) => Ok(reply),
        _ => Err(odd()),
    }
}

fn unfit(answer: Result<OperationReply, Failure>) -> Failure {
    answer.err().unwrap_or_else(odd)
}

fn odd() -> Failure {
    Failure::new(Code::Internal, "the engine answered something else than was asked")
}

async fn tell(room: &Room, news: LinesNews) -> bool {
    room.teller.tell(News::Lines(Box::new(news))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_taken_in_at_a_measured_rate_and_a_little_at_once() {
        let (mut throttle, begun) = (Throttle::default(), Instant::now());
        let (mut now, mut taken) = (begun, 0);
        while now < begun + 30 * SPAN {
            now += throttle.pause(64 << 10, now).unwrap_or_default();
            taken += 64 << 10;
        }
        assert!((29 * AT_ONCE..=31 * AT_ONCE).contains(&taken), "{taken}");
        let mut throttle = Throttle::default();
        for number in 0..1_000 {
            assert_eq!(throttle.pause(10_000, begun + number * SPAN), None);
        }
    }
}
