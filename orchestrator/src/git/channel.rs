//! A script over a channel of its own: for what takes long, or has more to say than a control shell should hear.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use crate::transport::{Answer, Connection, Library, ProcessStreams, Program, TransportError};

/// Reads the library, a line, and then the call, and goes on with stdin.
const BOOT: &str =
    "IFS= read -r b_line && eval \"$b_line\" && IFS= read -r b_line && eval \"$b_line\"";

/// How long a script has that is asked to end: as long as a run that is stopped.
const LAST_MOMENT: Duration = Duration::from_secs(3);

/// What is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    /// Functions that the script calls.
    pub library: &'static Library,
    /// One line.
    pub script: &'a str,
    /// Its stdin.
    pub bytes: &'a [u8],
    /// After this long it is killed with all that it started.
    pub patience: Duration,
    /// So much is kept of each stream; what follows is read, and forgotten.
    pub limit_bytes: usize,
}

/// Runs it.
///
/// # Errors
///
/// [`TransportError::ConnectionLost`]: nobody knows what became of it. [`TransportError::TimedOut`]: it was killed.
pub(super) async fn run(connection: &Connection, job: &Job<'_>) -> Result<Answer, TransportError> {
    let lesson = job.library.line()?;
    // In the same environment as a control shell.
    let process = connection.start(&Program::new(["sh", "-c", BOOT])).await?;
    let group = process.group;
    let (ProcessStreams { mut stdin, stdout, stderr }, exit) = process.into_parts();
    let tell = async move {
        for part in [lesson.as_bytes(), b"\n", job.script.as_bytes(), b"\n", job.bytes] {
            stdin.write_all(part).await?;
        }
        stdin.shutdown().await
    };
    let work = async {
        let (told, out, err, exit) =
            tokio::join!(tell, keep(stdout, job.limit_bytes), keep(stderr, job.limit_bytes), exit);
        if let Err(error) = told {
            // A script that refuses reads no further: its answer says more than our broken pipe.
            tracing::debug!(host = %connection.host(), %error, "a script took no more input");
        }
        Ok(Answer { status: exit?.status, stdout: out, stderr: err })
    };
    tokio::pin!(work);
    match tokio::time::timeout(job.patience, &mut work).await {
        Ok(answer) => answer,
        Err(_) => {
            let host = connection.host().clone();
            // A git that is asked to end takes its locks with it; one that is killed leaves the repository locked.
            signal(connection, group, "TERM").await;
            if tokio::time::timeout(LAST_MOMENT, work).await.is_err() {
                signal(connection, group, "KILL").await;
            }
            let after_ms = u64::try_from(job.patience.as_millis()).unwrap_or(u64::MAX);
            Err(TransportError::TimedOut { host, what: "git, or a hook of it,".into(), after_ms })
        }
    }
}

async fn signal(connection: &Connection, group: u32, name: &str) {
    if let Err(error) = connection.signal(group, name).await {
        tracing::warn!(host = %connection.host(), group, %error, "could not end a script");
    }
}

/// Reads to the end, and keeps the first bytes. A stream that breaks has ended: the exit says why.
async fn keep(mut stream: impl AsyncRead + Unpin, limit_bytes: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut chunk = vec![0; 64 << 10]; // a pipe's capacity on Linux, pipe(7)
    while let Ok(read) = stream.read(&mut chunk).await {
        if read == 0 {
            break;
        }
        let room = limit_bytes.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(chunk.get(..room).unwrap_or_default());
    }
    kept
}
