//! One front end on the engine's socket: a reader, and one writer that chooses what goes first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{AbortHandle, Abortable};
use futures::stream::{self, BoxStream, SelectAll, StreamExt as _};
use jiff::Timestamp;
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{MissedTickBehavior, interval_at, timeout};
use tracing::debug;

use super::frame::{
    self, Asked, FromClient, FromEngine, HELLO_BYTES, Hello, IN_FLIGHT, LARGE_BYTES, Limits, Mode,
    PROTOCOL, Program, Response, TICK, Told, Welcome, Wish,
};
use super::frame_reader::{Broken, Lines};
use super::{Delivery, Query, Reply, Request, Seam, Subscribe, Subscription};
use crate::failure::{Code, Failure};

/// How long a front end may take to say hello.
const HELLO_PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that are put together for one write while more is at hand.
const WRITE_BYTES: usize = 64 << 10;

/// What all connections of an engine share.
#[derive(Clone, Debug)]
pub(super) struct Hosted {
    pub(super) seam: Arc<dyn Seam>,
    pub(super) program: Program,
    pub(super) data: String,
    /// True when the engine ends.
    pub(super) ending: watch::Receiver<bool>,
    /// Held by each call under way.
    pub(super) calls: mpsc::Sender<()>,
}

/// What the writer gets from the reader and from calls.
enum Out {
    Line(Vec<u8>),
    Subscribed(String, Subscription),
    Unsubscribed(String),
}

type Deliveries = SelectAll<BoxStream<'static, (String, Option<Result<Delivery, Failure>>)>>;

/// Serves one connection to its end.
pub(super) async fn serve(stream: UnixStream, hosted: Hosted) {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = Lines::new(read);
    let mut ending = hosted.ending.clone();
    let first = tokio::select! {
        first = timeout(HELLO_PATIENCE, lines.next(HELLO_BYTES)) => first,
        _ = ending.wait_for(|ending| *ending) => return,
    };
    let hello = match first {
        Ok(Ok(Some(line))) => serde_json::from_slice::<FromClient>(line),
        // Nobody who speaks this protocol: nothing is run, and nothing is said.
        Ok(Ok(None) | Err(_)) | Err(_) => return,
    };
    let welcome = match hello {
        Ok(FromClient::Hello(hello)) => welcome(&hello, &hosted).await,
        Ok(FromClient::Request(_)) => Err(Failure::new(Code::Usage, "say hello first")),
        Err(_) => return,
    };
    if *ending.borrow() {
        // Whoever comes now waits for the next engine; what this one still says means nothing.
        return;
    }
    let (line, go_on) = match welcome {
        Ok(welcome) => (frame::line(&FromEngine::Hello(welcome)), true),
        Err(error) => (frame::line(&FromEngine::Error { error }), false),
    };
    let Ok(line) = line else { return };
    if let Err(error) = write.write_all(&line).await {
        debug!(%error, "a front end left before it was welcomed");
        return;
    }
    if !go_on {
        return;
    }
    // A connection has at most so many calls under way, so no answer waits for a place for long.
    let (out, jobs) = mpsc::channel(IN_FLIGHT);
    let ((), written) =
        tokio::join!(read_requests(lines, hosted, out), Writer::new(write, ending).run(jobs));
    if let Err(error) = written {
        debug!(%error, "a front end is gone");
    }
}

async fn welcome(hello: &Hello, hosted: &Hosted) -> Result<Welcome, Failure> {
    let Hello { protocol, client, resume } = hello;
    if !(protocol.min..=protocol.max).contains(&PROTOCOL) {
        let Program { name, version, pid } = &hosted.program;
        let message = format!(
            "the engine in process {pid} ({name} {version}) speaks protocol {PROTOCOL}, and {} {} speaks {} to {}",
            client.name, client.version, protocol.min, protocol.max
        );
        return Err(Failure::new(Code::Unsupported, message)
            .hint(format!("End process {pid}, or use the same version of Baton")));
    }
    let ask = |query| hosted.seam.call(Request::query(query));
    let (Reply::Snapshot(now), Reply::Events { events, .. }) = (
        ask(Query::Snapshot).await?,
        ask(Query::Events { since: 0, session: None, tab: None, limit: 1 }).await?,
    ) else {
        return Err(Failure::new(Code::Internal, "the engine doesn't say how things stand"));
    };
    let oldest = events.first().map_or(now.seq + 1, |event| event.seq);
    let mode = match resume {
        None => Mode::Fresh,
        Some(from) if from.epoch == now.epoch && from.seq <= now.seq && from.seq + 1 >= oldest => {
            Mode::Replay
        }
        Some(_) => Mode::Snapshot,
    };
    Ok(Welcome {
        protocol: PROTOCOL,
        server: hosted.program.clone(),
        data: hosted.data.clone(),
        epoch: now.epoch,
        head: now.seq,
        oldest,
        mode,
        limits: Limits::ours(),
    })
}

/// Reads until the front end leaves, breaks the rules, or the engine ends.
async fn read_requests<R>(mut lines: Lines<R>, mut hosted: Hosted, out: mpsc::Sender<Out>)
where
    R: tokio::io::AsyncRead + Unpin,
{
    let slots = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut ending = hosted.ending.clone();
    loop {
        let line = tokio::select! {
            line = lines.next(LARGE_BYTES) => line,
            () = out.closed() => return,
            // Also when nobody is left who could say so.
            _ = ending.wait_for(|ending| *ending) => return,
        };
        let refused = match line {
            Ok(Some(line)) => match serde_json::from_slice(line) {
                Ok(FromClient::Request(asked)) => {
                    let bytes = line.len();
                    answer(asked, bytes, &mut hosted, &slots, &out).await;
                    continue;
                }
                Ok(FromClient::Hello(_)) => Failure::new(Code::Usage, "a second hello"),
                Err(_) => Failure::new(Code::Usage, "a line that is no request"),
            },
            Ok(None) | Err(Broken::Io(_)) => return,
            Err(Broken::TooLong(limit)) => {
                Failure::new(Code::TooLarge, format!("a line of more than {limit} bytes"))
            }
            Err(Broken::NoJson) => Failure::new(Code::Usage, "a line that is no JSON"),
        };
        // What follows can't be told apart from it: the connection ends.
        push(&out, &FromEngine::Error { error: refused }).await;
        return;
    }
}

async fn answer(
    asked: Asked,
    bytes: usize,
    hosted: &mut Hosted,
    slots: &Arc<Semaphore>,
    out: &mpsc::Sender<Out>,
) {
    let id = asked.id.clone();
    let deadline = asked.deadline_ms.map(Duration::from_millis);
    let refuse =
        async |error| push(out, &FromEngine::Response(Response::new(id.clone(), Err(error)))).await;
    let Ok(slot) = Arc::clone(slots).try_acquire_owned() else {
        let message = format!("{IN_FLIGHT} requests are under way on this connection");
        return refuse(Failure::new(Code::Busy, message).hint("Wait for an answer first")).await;
    };
    let wish = match asked.wish(bytes) {
        Ok(wish) => wish,
        Err(failure) => return refuse(failure).await,
    };
    let seam = Arc::clone(&hosted.seam);
    let (out, under_way) = (out.clone(), hosted.calls.clone());
    tokio::spawn(async move {
        match wish {
            Wish::Call(request) => {
                let answer = by(deadline, call(seam, request)).await;
                push(&out, &response(id, answer)).await;
            }
            Wish::Subscribe(wanted) => subscribe(seam, wanted, id, &out).await,
            Wish::Unsubscribe(subscription) => {
                // Who is gone needs no answer.
                out.send(Out::Unsubscribed(subscription)).await.ok();
                push(&out, &response(id, Ok(Reply::Done))).await;
            }
        }
        drop((slot, under_way));
    });
}

/// Calls the engine in a task of its own, which goes on when nobody waits any more.
async fn call(seam: Arc<dyn Seam>, request: Request) -> Result<Reply, Failure> {
    let task = tokio::spawn(async move { seam.call(request).await });
    task.await.unwrap_or_else(|error| {
        Err(Failure::new(Code::Internal, format!("the request broke off: {error}")))
    })
}

async fn by(
    deadline: Option<Duration>,
    answer: impl Future<Output = Result<Reply, Failure>>,
) -> Result<Reply, Failure> {
    let Some(deadline) = deadline else { return answer.await };
    timeout(deadline, answer).await.unwrap_or_else(|_| {
        let message = format!("no answer within {} ms", deadline.as_millis());
        Err(Failure::new(Code::TimedOut, message)
            .hint("The engine goes on with it; `command_status` says what became of a command"))
    })
}

async fn subscribe(seam: Arc<dyn Seam>, wanted: Subscribe, id: String, out: &mpsc::Sender<Out>) {
    match seam.subscribe(wanted).await {
        Ok(subscription) => {
            push(out, &response(id.clone(), Ok(Reply::Done))).await;
            // Who is gone needs none.
            out.send(Out::Subscribed(id, subscription)).await.ok();
        }
        Err(failure) => push(out, &response(id, Err(failure))).await,
    }
}

fn response(id: String, answer: Result<Reply, Failure>) -> FromEngine {
    FromEngine::Response(Response::new(id, answer))
}

/// Gives a frame to the writer; waits while it is behind, so that a front end that doesn't read isn't read either.
async fn push(out: &mpsc::Sender<Out>, frame: &FromEngine) {
    match bounded(frame) {
        // The writer is gone with the front end.
        Ok(line) => {
            out.send(Out::Line(line)).await.ok();
        }
        Err(failure) => debug!(%failure, "a frame was not sent"),
    }
}

/// A frame's line; an answer that is too large becomes one that says so.
fn bounded(frame: &FromEngine) -> Result<Vec<u8>, Failure> {
    let line = frame::line(frame)?;
    match frame {
        FromEngine::Response(answer) if line.len() > LARGE_BYTES => {
            let message = format!("the answer has {} bytes; {LARGE_BYTES} can be sent", line.len());
            let failure = Failure::new(Code::TooLarge, message).hint("Ask for less at once");
            frame::line(&response(answer.id.clone(), Err(failure)))
        }
        _ => Ok(line),
    }
}

/// The one writer: answers go before events; a subscription is read only when there is room for its next delivery.
struct Writer {
    socket: WriteHalf<UnixStream>,
    ending: watch::Receiver<bool>,
    subscriptions: Deliveries,
    handles: HashMap<String, AbortHandle>,
    /// The last number that each subscription said.
    last: HashMap<String, u64>,
}

impl Writer {
    fn new(socket: WriteHalf<UnixStream>, ending: watch::Receiver<bool>) -> Self {
        Self {
            socket,
            ending,
            subscriptions: SelectAll::new(),
            handles: HashMap::new(),
            last: HashMap::new(),
        }
    }

    async fn run(mut self, mut jobs: mpsc::Receiver<Out>) -> std::io::Result<()> {
        let mut tick = interval_at(tokio::time::Instant::now() + TICK, TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ending = self.ending.clone();
        let (mut said, mut open) = (false, true);
        while open || (said && !self.subscriptions.is_empty()) {
            let mut lines = Vec::new();
            tokio::select! {
                biased;
                job = jobs.recv(), if open => match job {
                    Some(job) => self.take(job, &mut lines),
                    None => open = false,
                },
                _ = ending.wait_for(|ending| *ending), if !said => {}
                Some((id, delivery)) = self.subscriptions.next() => {
                    self.deliver(id, delivery, &mut lines);
                }
                _ = tick.tick() => add(&mut lines, &FromEngine::Tick { at: Timestamp::now() }),
            }
            if !said && *self.ending.borrow() {
                said = true;
                let reason = "the process that hosts the engine ends".into();
                add(&mut lines, &FromEngine::Shutdown { reason });
            }
            // What is at hand goes along in the same write, answers first.
            while lines.len() < WRITE_BYTES {
                if let Ok(job) = jobs.try_recv() {
                    self.take(job, &mut lines);
                } else if let Some(Some((id, delivery))) = self.subscriptions.next().now_or_never()
                {
                    self.deliver(id, delivery, &mut lines);
                } else {
                    break;
                }
            }
            self.socket.write_all(&lines).await?;
        }
        self.socket.shutdown().await
    }

    fn take(&mut self, job: Out, lines: &mut Vec<u8>) {
        match job {
            Out::Line(line) => lines.extend_from_slice(&line),
            Out::Subscribed(id, subscription) => {
                let (handle, registration) = AbortHandle::new_pair();
                let name = id.clone();
                let deliveries = stream::unfold(Some(subscription), move |subscription| {
                    let name = name.clone();
                    async move {
                        let mut subscription = subscription?;
                        let next = subscription.next().await;
                        // Its end is said, too.
                        let rest = matches!(next, Some(Ok(_))).then_some(subscription);
                        Some(((name, next), rest))
                    }
                });
                self.subscriptions.push(Abortable::new(deliveries, registration).boxed());
                self.handles.insert(id, handle);
            }
            Out::Unsubscribed(id) => {
                self.last.remove(&id);
                if let Some(handle) = self.handles.remove(&id) {
                    handle.abort();
                }
            }
        }
    }

    fn deliver(
        &mut self,
        subscription: String,
        delivery: Option<Result<Delivery, Failure>>,
        lines: &mut Vec<u8>,
    ) {
        let none = Told {
            subscription: subscription.clone(),
            seq: None,
            prev: None,
            event: None,
            key: None,
            partial: None,
        };
        let frame = match delivery {
            Some(Ok(Delivery::Event(event))) => {
                let seq = event.seq;
                let prev = self.last.insert(subscription, seq);
                FromEngine::Event(Told { seq: Some(seq), prev, event: Some(event), ..none })
            }
            Some(Ok(Delivery::Partial(partial))) => {
                let kind = match partial.kind {
                    super::PartialKind::Text => "text",
                    super::PartialKind::Reasoning => "reasoning",
                };
                let key = Some(format!("{}:{kind}", partial.turn));
                FromEngine::Event(Told { key, partial: Some(partial), ..none })
            }
            Some(Ok(Delivery::Sync { seq, at })) => {
                self.last.insert(subscription.clone(), seq);
                FromEngine::Sync { subscription, seq, at }
            }
            Some(Err(error)) => {
                self.forget(&subscription);
                FromEngine::Ended { subscription, error: Some(error) }
            }
            None => {
                self.forget(&subscription);
                FromEngine::Ended { subscription, error: None }
            }
        };
        add(lines, &frame);
    }

    fn forget(&mut self, subscription: &str) {
        self.last.remove(subscription);
        self.handles.remove(subscription);
    }
}

fn add(lines: &mut Vec<u8>, frame: &FromEngine) {
    match bounded(frame) {
        Ok(line) => lines.extend_from_slice(&line),
        Err(failure) => debug!(%failure, "a frame was not sent"),
    }
}
