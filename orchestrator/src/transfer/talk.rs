//! A script of ours on a channel of its own: lines to and fro, and bytes.

use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::task::JoinHandle;

use super::trouble::{There, Trouble};
use crate::failure::{Code, Failure};
use crate::transport::{
    Connection, Exit, Input, Library, Output, Process, ProcessStreams, Program, TransportError,
};

/// What a shell learns that takes a file. It reads it byte by byte, since its stdin goes on: each kind of transfer has no more of
/// it than it needs.
pub(super) static RECEIVE: Library = Library::new(
    "transfer: receive",
    &[
        include_str!("../run/scripts/process.sh"),
        include_str!("scripts/place.sh"),
        include_str!("scripts/lock.sh"),
        include_str!("scripts/receive.sh"),
    ],
);

/// What one learns that takes a directory.
pub(super) static RECEIVE_TREE: Library = Library::new(
    "transfer: receive a tree",
    &[
        include_str!("../run/scripts/process.sh"),
        include_str!("scripts/place.sh"),
        include_str!("scripts/lock.sh"),
        include_str!("scripts/listing.sh"),
        include_str!("scripts/tree.sh"),
    ],
);

/// What one learns that gives a file or a directory.
pub(super) static SEND: Library = Library::new(
    "transfer: send",
    &[
        include_str!("../run/scripts/process.sh"),
        include_str!("scripts/place.sh"),
        include_str!("scripts/listing.sh"),
        include_str!("scripts/send_tree.sh"),
        include_str!("scripts/send.sh"),
    ],
);

/// Reads the library, a line, and then the call, and goes on with stdin.
const BOOT: &str =
    "IFS= read -r b_line && eval \"$b_line\" && IFS= read -r b_line && eval \"$b_line\"";

/// What is moved at once: large enough that a system call costs nothing beside it.
pub(super) const CHUNK: usize = 256 * 1024;

/// What is read ahead of a line: less than a pipe holds, so that what follows the lines is read into its place at once.
const LINE: usize = 4 * 1024;

/// What is kept of a script's complaints.
const WORDS: u64 = 64 * 1024;

/// A listing may have so many bytes: a million files with names of 200.
const MOST_LISTED: u64 = 256 << 20;

/// How long the host may take for an answer that needs no more than a look at its disk.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How long it may take to write to its disk what it has taken.
pub(super) const LONG_PATIENCE: Duration = Duration::from_secs(900);

/// A script that has been started.
pub(super) struct Talk {
    pub(super) stdin: Input,
    pub(super) hearing: Hearing,
}

/// What comes back from it.
pub(super) struct Hearing {
    pub(super) stdout: BufReader<Output>,
    stderr: Task<Vec<u8>>,
    exit: Task<Result<Exit, TransportError>>,
    connection: Connection,
}

/// A task that goes with its owner.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Talk {
    /// Starts `script` (one line, with words quoted), which calls functions of `library`, in a directory.
    pub(super) async fn begin(
        connection: &Connection,
        cwd: Option<&[u8]>,
        library: &Library,
        script: &str,
    ) -> Result<Self, Trouble> {
        let lesson = library.line()?;
        let mut program = Program::new(["sh", "-c", BOOT]);
        program.cwd = cwd.map(<[u8]>::to_vec);
        // It needs the machine's own programs alone, and nobody's profile.
        program.login = false;
        let process: Process = connection.start(&program).await?;
        let (ProcessStreams { stdin, stdout, stderr }, exit) = process.into_parts();
        let stderr = Task(tokio::spawn(words(stderr)));
        let exit = Task(tokio::spawn(exit));
        let stdout = BufReader::with_capacity(LINE, stdout);
        let hearing = Hearing { stdout, stderr, exit, connection: connection.clone() };
        let mut talk = Self { stdin, hearing };
        talk.tell(&format!("{lesson}\n{script}\n")).await;
        Ok(talk)
    }

    /// Tells it a line. Whether it was heard shows in its answer.
    pub(super) async fn tell(&mut self, text: &str) {
        let told = async {
            self.stdin.write_all(text.as_bytes()).await?;
            self.stdin.flush().await
        };
        if let Err(error) = told.await {
            tracing::debug!(%error, "a transfer's script takes no input");
        }
    }

    /// Its next line.
    pub(super) async fn line(&mut self, there: There<'_>) -> Result<Vec<String>, Trouble> {
        self.hearing.line(there, PATIENCE).await
    }
}

impl Hearing {
    /// Its next line, in words. A refusal is the error that it stands for.
    pub(super) async fn line(
        &mut self,
        there: There<'_>,
        patience: Duration,
    ) -> Result<Vec<String>, Trouble> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stdout).take(WORDS);
        let read = tokio::time::timeout(patience, limited.read_until(b'\n', &mut line)).await;
        match read {
            Err(_) => return Err(self.timed_out(patience).into()),
            Ok(Ok(_)) if line.ends_with(b"\n") => {}
            Ok(_) => return Err(self.ended(there).await),
        }
        let text = String::from_utf8_lossy(&line);
        let words: Vec<String> = text.split_whitespace().map(ToOwned::to_owned).collect();
        match words.split_first() {
            Some((first, rest)) if first == "e" => {
                let word = rest.first().map(String::as_str).unwrap_or_default();
                let said = self.said().await;
                Err(there.refused(word, &said).into())
            }
            _ => Ok(words),
        }
    }

    /// What was read of it already, and the pipe with the rest; nothing more is heard of it then. `None` where there is no pipe.
    pub(super) fn pipe(&mut self) -> Option<(Vec<u8>, OwnedFd)> {
        let nothing = || BufReader::new(Output::from_stream(tokio::io::empty()));
        let stdout = std::mem::replace(&mut self.stdout, nothing());
        let read = stdout.buffer().to_vec();
        match stdout.into_inner().into_pipe() {
            Ok((head, pipe)) => Some(([read, head].concat(), pipe)),
            Err(stdout) => {
                self.stdout = BufReader::with_capacity(LINE, stdout.after(read));
                None
            }
        }
    }

    /// All that it says up to `mark`, which nothing else has.
    pub(super) async fn up_to(
        &mut self,
        there: There<'_>,
        mark: &[u8],
    ) -> Result<Vec<u8>, Trouble> {
        let mut all = Vec::new();
        let last = mark.last().copied().unwrap_or_default();
        while !all.ends_with(mark) {
            let from = all.len();
            let mut limited = (&mut self.stdout).take(MOST_LISTED);
            let read = tokio::time::timeout(PATIENCE, limited.read_until(last, &mut all)).await;
            match read {
                Err(_) => return Err(self.timed_out(PATIENCE).into()),
                Ok(Ok(_)) if all.len() > from && (all.len() as u64) < MOST_LISTED => {}
                Ok(_) => return Err(self.ended(there).await),
            }
        }
        all.truncate(all.len() - mark.len());
        Ok(all)
    }

    /// What it has complained until its end.
    pub(super) async fn said(&mut self) -> String {
        match tokio::time::timeout(PATIENCE, &mut self.stderr.0).await {
            Ok(Ok(words)) => String::from_utf8_lossy(&words).into_owned(),
            Ok(Err(_)) | Err(_) => String::new(),
        }
    }

    /// Why it has ended without a word.
    pub(super) async fn ended(&mut self, there: There<'_>) -> Trouble {
        match tokio::time::timeout(PATIENCE, &mut self.exit.0).await {
            Ok(Ok(Err(error))) => error.into(),
            Ok(Ok(Ok(_))) => {
                let said = self.said().await;
                there.refused("", &said).into()
            }
            Ok(Err(_)) | Err(_) => self.timed_out(PATIENCE).into(),
        }
    }

    /// It said nothing for that long.
    pub(super) fn timed_out(&self, patience: Duration) -> Failure {
        let host = self.connection.host();
        Failure::new(
            Code::TimedOut,
            format!("{host} took longer than {} s for an answer", patience.as_secs()),
        )
        .hint("Its disk may hang; begun again, the transfer goes on where it was")
        .on(host.as_str())
    }
}

/// The first of them; the others are taken, so that nobody waits for us.
async fn words(mut stderr: Output) -> Vec<u8> {
    let mut words = Vec::new();
    let first = (&mut stderr).take(WORDS).read_to_end(&mut words).await;
    let rest = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    if let Err(error) = first.and(rest.map(|_| 0)) {
        tracing::debug!(%error, "a script's complaints are lost");
    }
    words
}
