//! An append that is too long for a control shell: over a channel of its own.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::answer::odd;
use super::scripts::{BOOT, HISTORY};
use crate::transport::{Answer, Connection, ProcessStreams, Program, TransportError};

/// More than any answer; a torn line may have 1 MiB.
const LONGEST_ANSWER: u64 = 2 * 1024 * 1024;

/// Runs `script` with the library at hand and `bytes` on stdin; the answer has `patience` after the last byte.
///
/// # Errors
///
/// [`TransportError::ConnectionLost`]: nobody knows what became of it. [`TransportError::TimedOut`]: it was killed.
pub(super) async fn run(
    connection: &Connection,
    script: &str,
    bytes: &[&[u8]],
    patience: Duration,
) -> Result<Answer, TransportError> {
    let lesson = HISTORY.line()?;
    // In the same environment as a control shell, so that both find the same programs to lock with.
    let process = connection.start(&Program::new(["sh", "-c", BOOT])).await?;
    let group = process.group;
    let (ProcessStreams { mut stdin, stdout, stderr }, exit) = process.into_parts();
    let tell = async {
        for line in [lesson, script] {
            stdin.write_all(line.as_bytes()).await?;
            stdin.write_all(b"\n").await?;
        }
        for part in bytes {
            stdin.write_all(part).await?;
            stdin.write_all(b"\n").await?;
        }
        stdin.flush().await
    };
    let hear = async {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let (mut stdout, mut stderr) = (stdout.take(LONGEST_ANSWER), stderr.take(LONGEST_ANSWER));
        let (heard, complained, exit) =
            tokio::join!(stdout.read_to_end(&mut out), stderr.read_to_end(&mut err), exit);
        for read in [heard, complained] {
            read.map_err(|error| odd(connection.host(), error.to_string()))?;
        }
        Ok(Answer { status: exit?.status, stdout: out, stderr: err })
    };
    tokio::pin!(tell, hear);
    tokio::select! {
        // A script that refuses reads no further: its answer says more than our broken pipe.
        answer = &mut hear => return answer,
        told = &mut tell => {
            if let Err(error) = told {
                tracing::debug!(host = %connection.host(), %error, "a script took no more input");
            }
        }
    }
    match tokio::time::timeout(patience, hear).await {
        Ok(answer) => answer,
        Err(_) => Err(timed_out(connection, group, patience).await),
    }
}

/// Kills a process group that takes too long.
pub(super) async fn timed_out(
    connection: &Connection,
    group: u32,
    patience: Duration,
) -> TransportError {
    let host = connection.host().clone();
    if let Err(error) = connection.signal(group, "KILL").await {
        tracing::warn!(%host, group, %error, "could not kill a script");
    }
    let after_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    TransportError::TimedOut { host, what: "a script of the shared history".into(), after_ms }
}
