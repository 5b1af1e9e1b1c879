//! An operation for a shell that takes or gives too much for a control shell: over a channel of its own.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Answer, Connection, Library, ProcessStreams, Program, TransportError};

/// What such a channel runs: it reads two lines from stdin, the library and the script; what follows is the script's.
const BOOT: &str =
    "IFS= read -r b_line && eval \"$b_line\" && IFS= read -r b_line && eval \"$b_line\"";

/// What complaints are kept of.
const MOST_COMPLAINTS: u64 = 64 * 1024;

/// A script that takes bytes on stdin, or answers with many.
#[derive(Clone, Copy)]
pub(crate) struct LongCall<'a> {
    /// What it is called in errors.
    pub what: &'a str,
    /// Functions that `script` calls.
    pub library: &'static Library,
    /// POSIX sh on one line; words of others must have gone through [`quote`](super::quote).
    pub script: &'a str,
    /// For its stdin, which ends behind them.
    pub bytes: &'a [&'a [u8]],
    /// At most so many bytes of its stdout are kept: more is [`TransportError::TooLarge`].
    pub limit_bytes: usize,
    /// How long it may take after the last byte has left.
    pub patience: Duration,
}

impl LongCall<'_> {
    /// Runs it to its end. At least two round trips.
    ///
    /// # Errors
    ///
    /// [`TransportError::ConnectionLost`]: nobody knows what became of it. [`TransportError::TimedOut`] and
    /// [`TransportError::TooLarge`]: it was killed.
    pub(crate) async fn run(&self, connection: &Connection) -> Result<Answer, TransportError> {
        let lesson = self.library.line()?;
        // In the same environment as a control shell, so that both find the same programs.
        let process = connection.start(&Program::new(["sh", "-c", BOOT])).await?;
        let group = process.group;
        let (ProcessStreams { mut stdin, stdout, stderr }, exit) = process.into_parts();
        let tell = async move {
            for line in [lesson, self.script] {
                stdin.write_all(line.as_bytes()).await?;
                stdin.write_all(b"\n").await?;
            }
            for part in self.bytes {
                stdin.write_all(part).await?;
            }
            stdin.flush().await?;
            stdin.shutdown().await
        };
        let limit = u64::try_from(self.limit_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let hear = async {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let (mut stdout, mut stderr) = (stdout.take(limit), stderr.take(MOST_COMPLAINTS));
            let (heard, complained) =
                tokio::join!(stdout.read_to_end(&mut out), stderr.read_to_end(&mut err));
            for read in [heard, complained] {
                read.map_err(|error| lost(connection, &error.to_string()))?;
            }
            if out.len() > self.limit_bytes {
                let host = connection.host().clone();
                let limit_bytes = u64::try_from(self.limit_bytes).unwrap_or(u64::MAX);
                return Err(TransportError::TooLarge { host, limit_bytes });
            }
            Ok(Answer { status: exit.await?.status, stdout: out, stderr: err })
        };
        tokio::pin!(tell, hear);
        let early = tokio::select! {
            // A script that refuses reads no further: its answer says more than our broken pipe.
            answer = &mut hear => Some(answer),
            told = &mut tell => {
                if let Err(error) = told {
                    tracing::debug!(host = %connection.host(), %error, "a script took no more input");
                }
                None
            }
        };
        let answer = match early {
            Some(answer) => answer,
            None => match tokio::time::timeout(self.patience, hear).await {
                Ok(answer) => answer,
                Err(_) => return Err(timed_out(connection, group, self.patience, self.what).await),
            },
        };
        if let Err(TransportError::TooLarge { .. }) = &answer {
            kill(connection, group).await;
        }
        answer
    }
}

/// Kills a process group that takes too long.
pub(crate) async fn timed_out(
    connection: &Connection,
    group: u32,
    patience: Duration,
    what: &str,
) -> TransportError {
    kill(connection, group).await;
    let after_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    TransportError::TimedOut { host: connection.host().clone(), what: what.to_owned(), after_ms }
}

async fn kill(connection: &Connection, group: u32) {
    if let Err(error) = connection.signal(group, "KILL").await {
        tracing::warn!(host = %connection.host(), group, %error, "could not kill a script");
    }
}

fn lost(connection: &Connection, said: &str) -> TransportError {
    let host = connection.host().clone();
    // A stream of ours says the same already.
    let said =
        said.strip_prefix(&format!("lost the connection to {host}: ")).unwrap_or(said).to_owned();
    TransportError::ConnectionLost { host, said }
}
