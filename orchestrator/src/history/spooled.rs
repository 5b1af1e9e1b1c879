//! An append that is too long for a control shell: over a channel of its own.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::answer::odd;
use super::scripts::{BOOT, HISTORY};
use crate::transport::{Answer, Connection, ProcessStreams, Program, TransportError};

/// More than any answer; a torn line may have 1 MiB.
const LONGEST_ANSWER: u64 = 2 * 1024 * 1024;

/// Runs `script` with the library at hand and `bytes` on stdin.
///
/// # Errors
///
/// [`TransportError::ConnectionLost`]: nobody knows what became of it.
pub(super) async fn run(
    connection: &Connection,
    script: &str,
    bytes: &[&[u8]],
) -> Result<Answer, TransportError> {
    let lesson = HISTORY.line()?;
    // In the same environment as a control shell, so that both find the same programs to lock with.
    let process = connection.start(&Program::new(["sh", "-c", BOOT])).await?;
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
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (mut stdout, mut stderr) = (stdout.take(LONGEST_ANSWER), stderr.take(LONGEST_ANSWER));
    let hear = async { tokio::join!(stdout.read_to_end(&mut out), stderr.read_to_end(&mut err)) };
    let (told, (heard, complained), exit) = tokio::join!(tell, hear, exit);
    // A script that refuses reads no further: its answer says more than our broken pipe.
    if let Err(error) = told {
        tracing::debug!(host = %connection.host(), %error, "a script took no more input");
    }
    for read in [heard, complained] {
        read.map_err(|error| odd(connection.host(), error.to_string()))?;
    }
    Ok(Answer { status: exit?.status, stdout: out, stderr: err })
}
