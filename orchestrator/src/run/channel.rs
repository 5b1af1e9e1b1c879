//! A channel on which a script of ours runs: it is told its words, answers with one line, and then may stream.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use uuid::Uuid;

use super::scripts;
use crate::transport::{
    Connection, Exit, Input, Output, Process, ProcessStreams, Program, TransportError,
};

/// What is read from a stream at once: a pipe's capacity on Linux, pipe(7).
const OUT_BUFFER: usize = 64 * 1024;

/// Complaints are few.
const ERR_BUFFER: usize = 16 * 1024;

/// The longest answer; the words of a program that failed are in it.
const LONGEST_ANSWER: u64 = 16 * 1024;

type ExitFuture = futures::future::BoxFuture<'static, Result<Exit, TransportError>>;

/// A script that waits for its words.
pub(super) struct Parked {
    /// Dropping it ends the script.
    pub(super) stdin: Input,
    pub(super) out: BufReader<Output>,
    pub(super) err: BufReader<Output>,
    pub(super) exit: ExitFuture,
    /// Its process group on the host.
    pub(super) group: u32,
    /// A word on its command line that no other process has.
    pub(super) name: String,
}

impl std::fmt::Debug for Parked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parked").field("group", &self.group).finish_non_exhaustive()
    }
}

impl Parked {
    /// Starts `script` (a line) on a channel of its own: two round trips, and nothing is waited for after them.
    pub(super) async fn start(
        connection: &Connection,
        script: &str,
    ) -> Result<Self, TransportError> {
        let mut parked = Self::run(connection, scripts::BOOT, &[]).await?;
        let told = async {
            parked.stdin.write_all(script.as_bytes()).await?;
            parked.stdin.flush().await
        };
        told.await.map_err(|error| lost(connection, &error.to_string()))?;
        Ok(parked)
    }

    /// Starts a script that is short enough for a command line, with its words: two round trips, after which the
    /// answer is there.
    pub(super) async fn run(
        connection: &Connection,
        script: &str,
        words: &[&[u8]],
    ) -> Result<Self, TransportError> {
        let name = format!("baton-{}", Uuid::new_v4().simple());
        let mut program = Program::new(["sh", "-c", script, &name]);
        program.argv.extend(words.iter().map(|word| word.to_vec()));
        program.login = false;
        let process: Process = connection.start(&program).await?;
        let group = process.group;
        let (ProcessStreams { stdin, stdout, stderr }, exit) = process.into_parts();
        Ok(Self {
            stdin,
            out: BufReader::with_capacity(OUT_BUFFER, stdout),
            err: BufReader::with_capacity(ERR_BUFFER, stderr),
            exit: Box::pin(exit),
            group,
            name,
        })
    }

    /// Sends the words, and what follows them, and reads the answer.
    ///
    /// # Errors
    ///
    /// [`TransportError::ConnectionLost`]: nobody knows what became of it.
    pub(super) async fn ask(
        &mut self,
        connection: &Connection,
        words: &str,
        payload: &[&[u8]],
    ) -> Result<String, TransportError> {
        let Self { stdin, out, .. } = self;
        let tell = async {
            stdin.write_all(words.as_bytes()).await?;
            for part in payload {
                stdin.write_all(part).await?;
            }
            stdin.flush().await
        };
        let mut line = Vec::new();
        {
            let mut limited = out.take(LONGEST_ANSWER);
            let hear = limited.read_until(b'\n', &mut line);
            tokio::pin!(tell, hear);
            let mut is_told = false;
            loop {
                tokio::select! {
                    // A script that refuses reads no further: its answer says more than our broken pipe.
                    heard = &mut hear => {
                        heard.map_err(|error| lost(connection, &error.to_string()))?;
                        break;
                    }
                    told = &mut tell, if !is_told => {
                        is_told = true;
                        if let Err(error) = told {
                            tracing::debug!(host = %connection.host(), %error, "a script took no input");
                        }
                    }
                }
            }
        }
        match line.pop() {
            Some(b'\n') => Ok(String::from_utf8_lossy(&line).into_owned()),
            _ => Err(lost(connection, "a script ended without an answer")),
        }
    }

    /// Drops what came on stderr before the script follows a run: a shell without its locale complains, and programs do.
    pub(super) async fn followed(&mut self, connection: &Connection) -> Result<(), TransportError> {
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut self.err).take(LONGEST_ANSWER);
            let heard = limited.read_until(b'\n', &mut line).await;
            heard.map_err(|error| lost(connection, &error.to_string()))?;
            match line.strip_suffix(b"\n") {
                Some(line) if line.ends_with(self.name.as_bytes()) => return Ok(()),
                None if (line.len() as u64) < LONGEST_ANSWER => {
                    return Err(lost(connection, "a follower ended before it began"));
                }
                Some(noise) => {
                    let noise = String::from_utf8_lossy(noise);
                    tracing::debug!(host = %connection.host(), %noise, "a shell's own words");
                }
                None => {}
            }
        }
    }
}

fn lost(connection: &Connection, said: &str) -> TransportError {
    TransportError::ConnectionLost { host: connection.host().clone(), said: said.to_owned() }
}
