//! A conversation with a server's sftp subsystem: many requests at once, each with a time-out.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::wire::{Attrs, Body, Garbled, Reader, kind, status};
use crate::host::HostId;
use crate::transport::{Channel, Connection, Input, Output, TransportError};

/// How long the server may say nothing while it is asked: as long as for a small operation of a shell.
const PATIENCE: Duration = Duration::from_secs(30);

/// A packet may be so long: OpenSSH's server sends 256 KiB at most (sftp-common.h, `SFTP_MAX_MSG_LENGTH`).
const LONGEST: u32 = 256 * 1024 + 1024;

/// So many requests are on their way at once.
pub(crate) const AT_ONCE: usize = 64;

/// What came of a request.
pub(crate) type Done<T> = Result<T, Refused>;

/// Why a request wasn't done.
#[derive(Clone, Debug)]
pub(crate) enum Refused {
    /// The server said so: a number of the protocol, and its words.
    Status(u32, String),
    /// The conversation is over, or makes no sense.
    Lost(TransportError),
}

impl From<TransportError> for Refused {
    fn from(error: TransportError) -> Self {
        Self::Lost(error)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) kind: u8,
    pub(crate) body: Vec<u8>,
}

/// Who waits for which answer.
#[derive(Debug, Default)]
struct Waiting {
    askers: HashMap<u32, oneshot::Sender<Packet>>,
    /// How many answers have come: over a slow way many requests take long, and each of them says that the server lives.
    heard: u64,
}

/// `None` once the conversation is over.
type Shared = Arc<Mutex<Option<Waiting>>>;

/// A conversation. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct Session {
    connection: Connection,
    /// Written by a task of its own: whoever gives up waiting leaves no half of a packet.
    requests: mpsc::Sender<Vec<u8>>,
    waiting: Shared,
    reading: JoinHandle<()>,
    next: Mutex<u32>,
    extensions: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Begins one.
    pub(crate) async fn begin(connection: &Connection) -> Done<Self> {
        let Channel { mut stdin, mut stdout, .. } = connection.subsystem("sftp").await?;
        let no_server = || {
            Refused::from(TransportError::Unsupported {
                host: connection.host().clone(),
                what: "neither its shell nor its sftp server can be asked for files".into(),
            })
        };
        let hello = packet(kind::INIT, &Body::default().number(3).0);
        let greet = async {
            stdin.write_all(&hello).await?;
            stdin.flush().await?;
            read(&mut stdout).await
        };
        let Ok(Ok(answer)) = tokio::time::timeout(PATIENCE, greet).await else {
            return Err(no_server());
        };
        let extensions = (answer.kind == kind::VERSION).then(|| extensions(&answer.body));
        let extensions = extensions.and_then(Result::ok).ok_or_else(no_server)?;
        let waiting: Shared = Arc::new(Mutex::new(Some(Waiting::default())));
        let reading = tokio::spawn(hear(stdout, Arc::clone(&waiting)));
        let (requests, asked) = mpsc::channel(AT_ONCE);
        tokio::spawn(say(stdin, asked));
        Ok(Self {
            connection: connection.clone(),
            requests,
            waiting,
            reading,
            next: Mutex::new(0),
            extensions,
        })
    }

    /// Whose server it is.
    pub(crate) fn host(&self) -> &HostId {
        self.connection.host()
    }

    /// Whether it can be asked on.
    pub(crate) fn is_alive(&self) -> bool {
        lock(&self.waiting).is_some()
    }

    /// Whether the server offers an extension in its first version.
    pub(crate) fn offers(&self, name: &str) -> bool {
        self.extensions_have(name, b"1")
    }

    pub(super) fn extensions_have(&self, name: &str, version: &[u8]) -> bool {
        self.extensions.get(name.as_bytes()).is_some_and(|offered| offered == version)
    }

    fn heard(&self) -> Option<u64> {
        lock(&self.waiting).as_ref().map(|waiting| waiting.heard)
    }

    fn lost(&self) -> Refused {
        TransportError::ConnectionLost {
            host: self.connection.host().clone(),
            said: "its sftp server has ended".into(),
        }
        .into()
    }

    pub(crate) fn garbled(&self) -> Refused {
        TransportError::Unsupported {
            host: self.connection.host().clone(),
            what: "its sftp server gave an answer that makes no sense".into(),
        }
        .into()
    }

    /// Asks, and waits for the answer. A status that isn't OK is refused.
    pub(crate) async fn ask(&self, kind: u8, body: Body) -> Done<Packet> {
        let id = {
            let mut next = lock(&self.next);
            *next = next.wrapping_add(1);
            *next
        };
        let (sender, answer) = oneshot::channel();
        match lock(&self.waiting).as_mut() {
            Some(waiting) => waiting.askers.insert(id, sender),
            None => return Err(self.lost()),
        };
        let request = packet(kind, &[&id.to_be_bytes()[..], &body.0].concat());
        let asked = async {
            self.requests.send(request).await.map_err(|_| self.lost())?;
            answer.await.map_err(|_| self.lost())
        };
        tokio::pin!(asked);
        let mut heard = self.heard();
        let answer = loop {
            if let Ok(answer) = tokio::time::timeout(PATIENCE, &mut asked).await {
                break answer;
            }
            if std::mem::replace(&mut heard, self.heard()) != heard {
                continue;
            }
            // What it says later belongs to nobody: it isn't asked any more.
            lock(&self.waiting).take();
            let after_ms = u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
            let host = self.connection.host().clone();
            let what = "a request to its sftp server".into();
            return Err(TransportError::TimedOut { host, what, after_ms }.into());
        };
        let answer = answer?;
        if answer.kind != kind::STATUS {
            return Ok(answer);
        }
        let mut reader = Reader(&answer.body);
        let code = reader.number().map_err(|Garbled| self.garbled())?;
        let said = reader.bytes().unwrap_or_default();
        match code {
            status::OK => Ok(answer),
            _ => Err(Refused::Status(code, String::from_utf8_lossy(said).into_owned())),
        }
    }

    /// Asks for what is answered by a status alone.
    pub(crate) async fn order(&self, kind: u8, body: Body) -> Done<()> {
        match self.ask(kind, body).await?.kind {
            kind::STATUS => Ok(()),
            _ => Err(self.garbled()),
        }
    }

    /// What is known of a path.
    pub(crate) async fn attrs(&self, kind: u8, path: &[u8]) -> Done<Attrs> {
        let answer = self.ask(kind, Body::default().bytes(path)).await?;
        if answer.kind != kind::ATTRS {
            return Err(self.garbled());
        }
        Reader(&answer.body).attrs().map_err(|Garbled| self.garbled())
    }

    /// Names, each with what is known of it.
    pub(crate) async fn names(&self, kind: u8, subject: &[u8]) -> Done<Vec<(Vec<u8>, Attrs)>> {
        let answer = self.ask(kind, Body::default().bytes(subject)).await?;
        if answer.kind != kind::NAME {
            return Err(self.garbled());
        }
        let read = || {
            let mut reader = Reader(&answer.body);
            let mut names = Vec::new();
            for _ in 0..reader.number()? {
                let name = reader.bytes()?.to_vec();
                reader.bytes()?;
                names.push((name, reader.attrs()?));
            }
            Ok(names)
        };
        read().map_err(|Garbled| self.garbled())
    }

    /// The one name that is the answer.
    pub(crate) async fn name(&self, kind: u8, path: &[u8]) -> Done<Vec<u8>> {
        let names = self.names(kind, path).await?;
        names.into_iter().next().map(|(name, _)| name).ok_or_else(|| self.garbled())
    }

    /// A handle.
    pub(crate) async fn open(&self, kind: u8, body: Body) -> Done<Vec<u8>> {
        let answer = self.ask(kind, body).await?;
        if answer.kind != kind::HANDLE {
            return Err(self.garbled());
        }
        let handle = Reader(&answer.body).bytes().map(<[u8]>::to_vec);
        handle.map_err(|Garbled| self.garbled())
    }

    /// Gives a handle back.
    pub(crate) async fn close(&self, handle: &[u8]) -> Done<()> {
        self.order(kind::CLOSE, Body::default().bytes(handle)).await
    }

    /// Bytes of a file; none at its end.
    pub(crate) async fn read(&self, handle: &[u8], offset: u64, length: u32) -> Done<Vec<u8>> {
        let body = Body::default().bytes(handle).long(offset).number(length);
        match self.ask(kind::READ, body).await {
            Ok(answer) if answer.kind == kind::DATA => {
                Reader(&answer.body).bytes().map(<[u8]>::to_vec).map_err(|Garbled| self.garbled())
            }
            Ok(_) => Err(self.garbled()),
            Err(Refused::Status(status::EOF, _)) => Ok(Vec::new()),
            Err(refused) => Err(refused),
        }
    }

    /// An extension that is answered by a status.
    pub(crate) async fn extended(&self, name: &str, body: Body) -> Done<()> {
        let mut request = Body::default().bytes(name.as_bytes());
        request.0.extend_from_slice(&body.0);
        self.order(kind::EXTENDED, request).await
    }
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 1).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &[kind], body].concat()
}

async fn read(stdout: &mut Output) -> std::io::Result<Packet> {
    let length = stdout.read_u32().await?;
    // What isn't sftp (a profile that prints) has letters there.
    if !(1..=LONGEST).contains(&length) {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let kind = stdout.read_u8().await?;
    let mut body = vec![0; usize::try_from(length - 1).unwrap_or_default()];
    stdout.read_exact(&mut body).await?;
    Ok(Packet { kind, body })
}

/// Sends requests, until nobody asks any more or the server takes none.
async fn say(mut stdin: Input, mut asked: mpsc::Receiver<Vec<u8>>) {
    while let Some(request) = asked.recv().await {
        if stdin.write_all(&request).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

/// Hands answers to who waits for them, until the server ends.
async fn hear(mut stdout: Output, waiting: Shared) {
    while let Ok(Packet { kind, body }) = read(&mut stdout).await {
        let mut reader = Reader(&body);
        let Ok(id) = reader.number() else { break };
        let body = reader.0.to_vec();
        let asker = lock(&waiting).as_mut().and_then(|waiting| {
            waiting.heard += 1;
            waiting.askers.remove(&id)
        });
        if asker.is_none_or(|asker| asker.send(Packet { kind, body }).is_err()) {
            tracing::trace!(id, "an sftp server answers what nobody waits for");
        }
    }
    // Who still waits hears that it is over.
    lock(&waiting).take();
}

fn extensions(body: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Garbled> {
    let mut reader = Reader(body);
    if reader.number()? < 3 {
        return Err(Garbled);
    }
    let mut extensions = BTreeMap::new();
    while !reader.is_empty() {
        extensions.insert(reader.bytes()?.to_vec(), reader.bytes()?.to_vec());
    }
    Ok(extensions)
}
