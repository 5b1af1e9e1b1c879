//! A shell in a terminal of the connection: it ends with the link.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::end::{Asked, Outcome};
use super::held::{Held, Wish};
use super::scan;
use super::scripts;
use super::shell;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::transport::{Call, Connection, Process, ProcessStreams, TerminalSize, TransportError};

/// Input that is written at once.
const CHUNK: usize = 4096;

/// How long nothing is heard behind the shell's end until that was all: a child of it may hold the terminal open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How long such a child may go on printing. What a slow link still carries of 4 MiB takes about that long at 1 Mbit/s.
const MOST_LAST_WORDS: Duration = Duration::from_secs(30);

/// One that was started.
pub(super) struct Plain {
    connection: Connection,
    process: Process,
    /// The host's own name, which OSC 7 says.
    host: Option<String>,
}

impl Plain {
    pub(super) async fn start(
        reached: &Reached,
        directory: Option<&FilePath>,
        size: TerminalSize,
    ) -> Result<Self, TransportError> {
        let program = shell::plain(reached, directory, size);
        let connection = reached.connection.clone();
        let (process, named) =
            tokio::join!(connection.start(&program), connection.call(Call::new("uname -n")));
        let process = process?;
        // Without a name, OSC 7 counts only where it names no machine.
        let named = named.ok().filter(|answer| answer.status == 0); // It says it without the name.
        let host = named.map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned());
        Ok(Self { connection, process, host })
    }

    /// Carries bytes both ways until it ends, or is to end.
    pub(super) async fn serve(self, held: &Held, wishes: &mut mpsc::Receiver<Wish>) -> Outcome {
        let Self { connection, mut process, host } = self;
        let (resize, group) = (process.resize.take(), process.group);
        let (ProcessStreams { mut stdin, mut stdout, .. }, exit) = process.into_parts();
        let mut size = held.size();
        let write = async {
            loop {
                held.typed.arrived().await;
                let bytes = held.typed.take(CHUNK);
                let written = async {
                    stdin.write_all(&bytes).await?;
                    stdin.flush().await
                };
                if let Err(error) = written.await {
                    // The exit says why.
                    tracing::debug!(%error, "a terminal takes no more input");
                    return std::future::pending::<()>().await;
                }
            }
        };
        let heard_at = Mutex::new(Instant::now());
        let heard = || heard_at.lock().unwrap_or_else(PoisonError::into_inner);
        let read = async {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match stdout.read(&mut buffer).await {
                    Ok(0) => return,
                    Ok(read) => {
                        *heard() = Instant::now();
                        let said = held.shown.push(&buffer[..read]);
                        let path = said.and_then(|said| scan::path_of(&said, host.as_deref()));
                        if let Some(path) = path {
                            held.set_directory(path);
                        }
                    }
                    Err(error) => {
                        tracing::debug!(%error, "a terminal's output broke");
                        return;
                    }
                }
            }
        };
        tokio::pin!(write, read, exit);
        let mut is_read = false;
        let ended = loop {
            tokio::select! {
                ended = &mut exit => break ended,
                () = &mut read, if !is_read => is_read = true,
                () = &mut write => {}
                wish = wishes.recv() => match Asked::of(wish) {
                    Asked::Resized => {
                        let now = held.size();
                        if now != size && let Some(resize) = &resize {
                            resize(now);
                            size = now;
                        }
                    }
                    Asked::Nothing => {}
                    Asked::Close(done) => {
                        hang_up(&connection, group).await;
                        return Outcome::Closed(done);
                    }
                    Asked::End(done) => {
                        hang_up(&connection, group).await;
                        return Outcome::Left(done);
                    }
                },
            }
        };
        let ended_at = Instant::now();
        while !is_read {
            let quiet = (*heard()).max(ended_at) + LAST_WORDS;
            let until = quiet.min(ended_at + MOST_LAST_WORDS);
            if until <= Instant::now() {
                tracing::debug!("something still holds a terminal whose shell has ended");
                break;
            }
            tokio::select! {
                () = &mut read => is_read = true,
                // Something may have been heard meanwhile.
                () = tokio::time::sleep_until(until) => {}
                wish = wishes.recv() => match Asked::of(wish) {
                    Asked::Nothing | Asked::Resized => {}
                    Asked::Close(done) => return Outcome::Closed(done),
                    Asked::End(done) => return Outcome::Left(done),
                },
            }
        }
        match ended {
            Ok(exit) => Outcome::Ended(Some(exit.status)),
            Err(why) => Outcome::Cut(why),
        }
    }
}

/// Ends the shell as a terminal does that is closed. What it doesn't reach ends with the link.
pub(super) async fn hang_up(connection: &Connection, group: u32) {
    let told = connection.call(scripts::end_shell(group));
    match tokio::time::timeout(super::end::PATIENCE, told).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::debug!(%error, group, "could not hang up on a shell"),
        Err(_) => tracing::debug!(group, "could not hang up on a shell: no answer"),
    }
}
