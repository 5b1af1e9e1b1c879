//! Connecting to an engine's socket, and reading what it says.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tracing::debug;

use super::frame::{
    self, FromClient, FromEngine, Hello, LARGE_BYTES, PROTOCOL, Program, Range, TICK, Welcome,
};
use super::frame_reader::{Broken, Lines};
use crate::failure::{Code, Failure};

/// How long an engine may take to answer a hello.
const HELLO_PATIENCE: Duration = Duration::from_secs(10);
/// How long an engine may be silent: three signs of life left out.
const SILENCE: Duration = Duration::from_secs(3 * TICK.as_secs());
/// A line from the engine: what went in as [`LARGE_BYTES`] comes out with a little more around it.
const LINE_BYTES: usize = LARGE_BYTES + (1 << 20);

/// Why there is no connection to an engine.
#[derive(Debug)]
pub(super) enum NoEngine {
    /// Nobody answers there (any more, or yet).
    Nobody(String),
    /// Somebody does, and it won't do.
    Refused(Failure),
}

impl NoEngine {
    pub(super) fn into_failure(self, path: &Path) -> Failure {
        match self {
            Self::Nobody(why) => {
                let message = format!("no engine answers at {}: {why}", path.display());
                Failure::new(Code::ConnectionRefused, message)
            }
            Self::Refused(failure) => failure,
        }
    }
}

/// What an engine says.
pub(super) type Reader = Lines<ReadHalf<UnixStream>>;

/// Connects and says hello.
pub(super) async fn dial(
    path: &Path,
    client: &Program,
) -> Result<(Reader, WriteHalf<UnixStream>, Welcome), NoEngine> {
    let nobody = |why: &dyn std::fmt::Display| NoEngine::Nobody(why.to_string());
    let stream = UnixStream::connect(path).await.map_err(|error| nobody(&error))?;
    let (reader, mut writer) = tokio::io::split(stream);
    let mut reader = Lines::new(reader);
    let hello = FromClient::Hello(Hello {
        protocol: Range { min: PROTOCOL, max: PROTOCOL },
        client: client.clone(),
        resume: None,
    });
    let line = frame::line(&hello).map_err(NoEngine::Refused)?;
    writer.write_all(&line).await.map_err(|error| nobody(&error))?;
    let answer = timeout(HELLO_PATIENCE, reader.next(LINE_BYTES));
    let line = match answer.await {
        Ok(Ok(Some(line))) => line,
        Ok(Ok(None)) => return Err(nobody(&"it hung up")),
        Ok(Err(Broken::Io(error))) => return Err(nobody(&error)),
        Ok(Err(Broken::NoJson | Broken::TooLong(_))) => return Err(stranger(path)),
        Err(_) => return Err(nobody(&format!("silent for {} s", HELLO_PATIENCE.as_secs()))),
    };
    match serde_json::from_slice(line) {
        Ok(FromEngine::Hello(welcome)) if welcome.protocol == PROTOCOL => {
            Ok((reader, writer, welcome))
        }
        Ok(FromEngine::Hello(welcome)) => {
            let Program { name, version, pid } = welcome.server;
            let message = format!(
                "the engine in process {pid} ({name} {version}) speaks protocol {}, and we speak {PROTOCOL}",
                welcome.protocol
            );
            Err(NoEngine::Refused(
                Failure::new(Code::Unsupported, message)
                    .hint(format!("End process {pid}, or use the same version of Baton")),
            ))
        }
        Ok(FromEngine::Error { error }) => Err(NoEngine::Refused(error)),
        Ok(
            FromEngine::Response(_)
            | FromEngine::Event(_)
            | FromEngine::Sync { .. }
            | FromEngine::Ended { .. }
            | FromEngine::Tick { .. }
            | FromEngine::Shutdown { .. }
            | FromEngine::Unknown,
        )
        | Err(_) => Err(stranger(path)),
    }
}

fn stranger(path: &Path) -> NoEngine {
    let message = format!("what answers at {} is no engine of Baton", path.display());
    NoEngine::Refused(
        Failure::new(Code::Conflict, message)
            .hint("End the program that listens there, or name another run directory"),
    )
}

/// The next frame; `None` when the connection is over: closed, silent for too long, or out of step.
pub(super) async fn next_frame(reader: &mut Reader) -> Option<FromEngine> {
    let line = match timeout(SILENCE, reader.next(LINE_BYTES)).await {
        Ok(Ok(Some(line))) => line,
        Ok(Ok(None)) => return None,
        Ok(Err(broken)) => {
            debug!(?broken, "the engine's connection broke");
            return None;
        }
        Err(_) => {
            debug!("the engine has been silent for too long");
            return None;
        }
    };
    match serde_json::from_slice(line) {
        Ok(frame) => Some(frame),
        Err(error) => {
            debug!(%error, "the engine said something that is no frame");
            None
        }
    }
}
