//! The engine behind its socket, in another process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tracing::debug;

use super::client_dial::{NoEngine, Reader, dial, next_frame};
use super::frame::{self, FromEngine, IN_FLIGHT, Program, Response, Told, Welcome};
use super::{Delivery, Reply, Request, Seam, Subscribe, Subscription};
use crate::failure::{Code, Failure};

/// Deliveries that wait for a reader; behind them the socket is full, and then the engine's cursor stands.
const AHEAD: usize = 16;
/// The engine is gone, and with it the answer: whether a command was carried out, its receipt will tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone;

/// An engine in another process. Calls share one connection; each subscription has its own, so that a slow reader of
/// events holds up nothing else.
#[derive(Clone, Debug)]
pub struct SocketSeam {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    client: Program,
    welcome: Welcome,
    lines: mpsc::Sender<Vec<u8>>,
    waiting: Mutex<Waiting>,
    /// The engine takes no more than so many calls at once.
    slots: Semaphore,
    next: AtomicU64,
    /// True when the connection is over.
    over: watch::Receiver<bool>,
}

/// Calls without an answer; `None` once the connection is over.
type Waiting = Option<HashMap<String, oneshot::Sender<Result<Reply, Failure>>>>;

impl SocketSeam {
    /// Attaches to the engine that listens at `path`; must be called on a runtime.
    ///
    /// # Errors
    ///
    /// `connection_refused` when nobody answers there, `unsupported` with the process and its version when it speaks
    /// another protocol.
    pub async fn connect(path: &Path, client: Program) -> Result<Self, Failure> {
        Self::attach(path, client).await.map_err(|error| error.into_failure(path))
    }

    pub(super) async fn attach(path: &Path, client: Program) -> Result<Self, NoEngine> {
        let (reader, writer, welcome) = dial(path, &client).await?;
        let (lines, to_write) = mpsc::channel(IN_FLIGHT);
        let (tell_over, over) = watch::channel(false);
        let inner = Arc::new(Inner {
            path: path.to_owned(),
            client,
            welcome,
            lines,
            waiting: Mutex::new(Some(HashMap::new())),
            slots: Semaphore::new(IN_FLIGHT),
            next: AtomicU64::new(0),
            over,
        });
        let weak = Arc::downgrade(&inner);
        tokio::spawn(async move {
            let writing = tokio::spawn(write_lines(writer, to_write));
            let answers = async {
                let mut reader = reader;
                while let Some(frame) = next_frame(&mut reader).await {
                    let Some(inner) = weak.upgrade() else { return };
                    if let FromEngine::Response(response) = frame {
                        inner.answered(response);
                    }
                }
            };
            answers.await;
            writing.abort();
            if let Some(inner) = weak.upgrade() {
                // Dropping them tells the callers.
                drop(inner.waiting().take());
            }
            tell_over.send_replace(true);
        });
        Ok(Self { inner })
    }

    /// Which engine this is.
    pub(super) fn welcome(&self) -> &Welcome {
        &self.inner.welcome
    }

    /// Waits until the connection is over.
    pub(super) async fn over(&self) {
        // Nobody who could say so means the same.
        self.inner.over.clone().wait_for(|over| *over).await.ok(); // Its sender is gone: over, too.
    }

    /// Calls the engine; an inner `Err` is its answer.
    pub(super) async fn ask(&self, request: &Request) -> Result<Result<Reply, Failure>, Gone> {
        let inner = &self.inner;
        let _slot = inner.slots.acquire().await.map_err(|_| Gone)?;
        let id = inner.next.fetch_add(1, Ordering::Relaxed).to_string();
        let mut line = match frame::request_line(&id, request) {
            Ok(line) => line,
            Err(failure) => return Ok(Err(failure)),
        };
        line.push(b'\n');
        let (answer, answered) = oneshot::channel();
        inner.waiting().as_mut().ok_or(Gone)?.insert(id.clone(), answer);
        // Also when the caller goes away half-way.
        let _entry = Entry { inner, id };
        inner.lines.send(line).await.map_err(|_| Gone)?;
        answered.await.map_err(|_| Gone)
    }

    /// Subscribes on a connection of its own; an inner `Err` is the engine's answer.
    pub(super) async fn follow(
        &self,
        wanted: &Subscribe,
    ) -> Result<Result<Subscription, Failure>, Gone> {
        let inner = &self.inner;
        let (mut reader, mut writer, _) = match dial(&inner.path, &inner.client).await {
            Ok(dialled) => dialled,
            Err(NoEngine::Nobody(_)) => return Err(Gone),
            Err(NoEngine::Refused(failure)) => return Ok(Err(failure)),
        };
        let line = match frame::line(&Line {
            r#type: "request",
            id: "0",
            method: "subscribe",
            params: wanted,
        }) {
            Ok(line) => line,
            Err(failure) => return Ok(Err(failure)),
        };
        writer.write_all(&line).await.map_err(|_| Gone)?;
        loop {
            match next_frame(&mut reader).await {
                Some(FromEngine::Response(response)) => match response.into_answer() {
                    Ok(_) => break,
                    Err(failure) => return Ok(Err(failure)),
                },
                Some(FromEngine::Error { error }) => return Ok(Err(error)),
                Some(_) => {}
                None => return Err(Gone),
            }
        }
        let (deliveries, receiver) = mpsc::channel(AHEAD);
        tokio::spawn(deliver(reader, writer, deliveries));
        Ok(Ok(Subscription::new(receiver)))
    }
}

#[async_trait]
impl Seam for SocketSeam {
    async fn call(&self, request: Request) -> Result<Reply, Failure> {
        match self.ask(&request).await {
            Ok(answer) => answer,
            Err(Gone) => Err(gone()),
        }
    }

    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Failure> {
        match self.follow(&wanted).await {
            Ok(answer) => answer,
            Err(Gone) => Err(gone()),
        }
    }
}

/// What a caller hears when the engine is gone.
fn gone() -> Failure {
    Failure::new(Code::ConnectionLost, "the engine's process ended before it answered")
        .hint("A command that is sent again under its id runs once")
}

impl Inner {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self, response: Response) {
        let waiting = self.waiting().as_mut().and_then(|waiting| waiting.remove(&response.id));
        match waiting {
            // The caller may have gone.
            Some(caller) => drop(caller.send(response.into_answer())),
            None => debug!(id = response.id, "an answer that nobody waits for"),
        }
    }
}

/// Takes a call off the list on every way out.
struct Entry<'a> {
    inner: &'a Inner,
    id: String,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = self.inner.waiting().as_mut() {
            waiting.remove(&self.id);
        }
    }
}

#[derive(Serialize)]
struct Line<'a, P> {
    r#type: &'static str,
    id: &'a str,
    method: &'a str,
    params: &'a P,
}

async fn write_lines(mut writer: WriteHalf<UnixStream>, mut lines: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = lines.recv().await {
        if let Err(error) = writer.write_all(&line).await {
            // The reader notices, too, and tells the callers.
            debug!(%error, "the engine's connection broke");
            return;
        }
    }
    // Nobody can call any more: the engine hears that we leave.
    if let Err(error) = writer.shutdown().await {
        debug!(%error, "the engine left first");
    }
}

/// Passes a subscription's frames on until either end leaves. The writer is kept: its end would say that we leave.
async fn deliver(
    mut reader: Reader,
    _writer: WriteHalf<UnixStream>,
    deliveries: mpsc::Sender<Result<Delivery, Failure>>,
) {
    let mut last = None;
    loop {
        let frame = tokio::select! {
            frame = next_frame(&mut reader) => frame,
            () = deliveries.closed() => return,
        };
        let delivery = match frame {
            Some(FromEngine::Event(Told { seq: Some(seq), prev, event: Some(event), .. })) => {
                if last.is_some() && prev != last {
                    debug!(
                        ?prev,
                        ?last,
                        "a gap between events: the subscription begins again behind the last"
                    );
                    return;
                }
                last = Some(seq);
                Ok(Delivery::Event(event))
            }
            Some(FromEngine::Event(Told { partial: Some(partial), .. })) => {
                Ok(Delivery::Partial(partial))
            }
            Some(FromEngine::Event(Told { history: Some(news), .. })) => {
                Ok(Delivery::History(news))
            }
            Some(FromEngine::Event(Told { connections: Some(all), .. })) => {
                Ok(Delivery::Connections(all))
            }
            Some(FromEngine::Event(Told { questions: Some(all), .. })) => {
                Ok(Delivery::Questions(all))
            }
            Some(FromEngine::Event(Told { watched: Some(watched), .. })) => Ok(*watched),
            Some(FromEngine::Sync { seq, at, .. }) => {
                last = Some(seq);
                Ok(Delivery::Sync { seq, at })
            }
            Some(FromEngine::Ended { error: Some(failure), .. }) => Err(failure),
            Some(FromEngine::Ended { error: None, .. } | FromEngine::Error { .. }) | None => return,
            Some(
                FromEngine::Hello(_)
                | FromEngine::Response(_)
                | FromEngine::Event(_)
                | FromEngine::Tick { .. }
                | FromEngine::Shutdown { .. }
                | FromEngine::Unknown,
            ) => continue,
        };
        let end = delivery.is_err();
        if deliveries.send(delivery).await.is_err() || end {
            return;
        }
    }
}
