//! One front end on the engine's socket: what it says, and what is done about it.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::timeout;
use tracing::debug;

use super::frame::{
    self, Asked, FromClient, FromEngine, HELLO_BYTES, Hello, IN_FLIGHT, LARGE_BYTES, Limits, Mode,
    PROTOCOL, Program, Response, Welcome, Wish,
};
use super::frame_reader::{Broken, Lines};
use super::server_writer::{Out, Writer, push, response};
use super::{Query, Reply, Request, Seam, Subscribe};
use crate::failure::{Code, Failure};

/// How long a front end may take to say hello.
const HELLO_PATIENCE: Duration = Duration::from_secs(10);

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
                // Who reads the answer may ask again at once.
                drop(slot);
                push(&out, &response(id, answer)).await;
            }
            Wish::Subscribe(wanted) => subscribe(seam, wanted, id, slot, &out).await,
            Wish::Unsubscribe(subscription) => {
                // Who is gone needs no answer.
                out.send(Out::Unsubscribed(subscription)).await.ok(); // The connection has ended.
                drop(slot);
                push(&out, &response(id, Ok(Reply::Done))).await;
            }
        }
        drop(under_way);
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

async fn subscribe(
    seam: Arc<dyn Seam>,
    wanted: Subscribe,
    id: String,
    slot: OwnedSemaphorePermit,
    out: &mpsc::Sender<Out>,
) {
    let subscribed = seam.subscribe(wanted).await;
    drop(slot);
    match subscribed {
        Ok(subscription) => {
            push(out, &response(id.clone(), Ok(Reply::Done))).await;
            // Who is gone needs none.
            out.send(Out::Subscribed(id, subscription)).await.ok(); // The connection has ended.
        }
        Err(failure) => push(out, &response(id, Err(failure))).await,
    }
}
