//! Becoming a client of the tmux that keeps a shell.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::client::Client;
use super::lines::{Reader, Said};
use super::say;
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::seam::FilePath;
use crate::terminal::shell;
use crate::transport::{
    Connection, Input, Output, Process, ProcessStreams, Program, TerminalSize, TransportError,
};

/// How long tmux may take to begin.
const PATIENCE: Duration = Duration::from_secs(20);

/// What tmux complains at most when it doesn't begin.
const MOST_WORDS: u64 = 64 * 1024;

/// What came of it.
pub(in crate::terminal) enum Start {
    /// It is kept, and served by this.
    Client(Box<Client>),
    /// The host has no tmux that could.
    Unable(Failure),
    /// The one that kept it is gone.
    Gone(Failure),
    /// It didn't begin, for this reason.
    Refused(Failure),
}

/// A server that keeps a shell, and how it is found.
#[derive(Debug)]
pub(in crate::terminal) struct Server {
    /// The name of its socket.
    pub(in crate::terminal) name: String,
    /// The socket's path, where it was heard.
    pub(in crate::terminal) path: Option<String>,
    /// The host's environment: its `PATH` may be where tmux is found.
    pub(in crate::terminal) env: BTreeMap<String, String>,
}

impl Server {
    fn words<'a>(&'a self, what: &'a str) -> [&'a str; 3] {
        [what, &self.name, self.path.as_deref().unwrap_or_default()]
    }
}

/// Starts a shell in a server of its own.
pub(in crate::terminal) async fn open(
    reached: &Reached,
    directory: Option<&FilePath>,
    (name, mark): (&str, &str),
    size: TerminalSize,
) -> Result<Start, TransportError> {
    let (columns, rows) = (size.columns.to_string(), size.rows.to_string());
    let words = ["open", name, "", &columns, &rows, mark, shell::SHELL];
    let program = shell::kept(&words, reached, directory);
    start(&reached.connection, &program, Some(size)).await
}

/// Attaches to the one that is there.
pub(in crate::terminal) async fn attach(
    connection: &Connection,
    server: &Server,
) -> Result<Start, TransportError> {
    let program = shell::keeping(&server.words("attach"), &server.env);
    start(connection, &program, None).await
}

/// What came of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::terminal) enum Ending {
    /// It was there, and has ended.
    Ended,
    /// There was none.
    Absent,
    /// Nobody knows; it may be there.
    Unknown,
}

/// Ends the one that is there, with what runs in it.
pub(in crate::terminal) async fn end(
    connection: &Connection,
    server: &Server,
) -> Result<Ending, TransportError> {
    let program = shell::keeping(&server.words("end"), &server.env);
    let process = connection.start(&program).await?;
    let (ProcessStreams { stdin, stdout, stderr }, exit) = process.into_parts();
    drop(stdin);
    tokio::spawn(drain(stderr));
    let mut said = Vec::new();
    let mut most = stdout.take(MOST_WORDS);
    if let Err(error) = most.read_to_end(&mut said).await {
        tracing::debug!(%error, "how a tmux ended is lost");
    }
    exit.await?;
    let said = String::from_utf8_lossy(&said);
    let has = |word: &str| said.lines().any(|line| line == word);
    Ok(match (has("baton ended"), has("baton absent")) {
        (true, _) => Ending::Ended,
        (false, true) => Ending::Absent,
        (false, false) => Ending::Unknown,
    })
}

async fn start(
    connection: &Connection,
    program: &Program,
    fresh: Option<TerminalSize>,
) -> Result<Start, TransportError> {
    let host = connection.host().to_string();
    let process: Process = connection.start(program).await?;
    let group = process.group;
    let (ProcessStreams { stdin, mut stdout, stderr }, exit) = process.into_parts();
    let mut reader = Reader::default();
    let begun = tokio::time::timeout(PATIENCE, begin(&mut stdout, &mut reader)).await;
    let begun = match begun {
        Ok(begun) => begun,
        Err(_) => {
            let message = format!("{host}'s tmux did not begin within {} s", PATIENCE.as_secs());
            return Ok(Start::Refused(Failure::new(Code::TimedOut, message).on(host)));
        }
    };
    match begun {
        Begun::Here { early } => {
            let lines = writer(stdin);
            tokio::spawn(drain(stderr));
            let mut client = Client::new(
                (connection.clone(), group),
                lines,
                stdout,
                reader,
                Box::pin(exit),
                early,
            );
            match fresh {
                Some(size) => client.tell(say::set_up(size)),
                None => client.take_up(),
            }
            Ok(Start::Client(Box::new(client)))
        }
        Begun::None => Ok(Start::Unable(
            Failure::new(Code::Unsupported, format!("{host} has no tmux, so a cut ends the shell"))
                .hint("Install tmux 3.0 or newer there")
                .on(host),
        )),
        Begun::Old(version) => Ok(Start::Unable(
            Failure::new(
                Code::Unsupported,
                format!("{host}'s tmux is too old ({version}), so a cut ends the shell"),
            )
            .hint("Install tmux 3.0 or newer there")
            .on(host),
        )),
        Begun::Ended(in_block) => {
            drop(stdin);
            let mut words = Vec::new();
            let mut most = stderr.take(MOST_WORDS);
            let said = most.read_to_end(&mut words);
            if !matches!(tokio::time::timeout(PATIENCE, said).await, Ok(Ok(_))) {
                tracing::debug!(%host, "tmux's complaint is lost");
            }
            exit.await?;
            let said = format!("{in_block} {}", String::from_utf8_lossy(&words)).trim().to_owned();
            // A socket that is there and can't be used now is none of these.
            let gone = [
                "no server",
                "no sessions",
                "(No such file or directory)",
                "(Connection refused)",
                "lost server",
                "can't find session",
            ];
            if fresh.is_none() && gone.iter().any(|words| said.contains(words)) {
                let message = format!("the tmux on {host} that kept the terminal has ended");
                return Ok(Start::Gone(
                    Failure::new(Code::NotFound, message)
                        .hint("The machine may have been restarted; open it again in the same directory")
                        .on(host),
                ));
            }
            let message = format!("{host}'s tmux did not begin: {said}");
            Ok(Start::Refused(Failure::new(Code::Unsupported, message).on(host)))
        }
    }
}

enum Begun {
    /// What was said behind the first word.
    Here {
        early: Vec<Said>,
    },
    None,
    Old(String),
    /// It said why it doesn't, or ended without a word there.
    Ended(String),
}

/// Reads up to the first answer: before it, nothing may be done to a server that has just begun.
async fn begin(stdout: &mut Output, reader: &mut Reader) -> Begun {
    let mut buffer = vec![0; 4096];
    let mut heard = Vec::new();
    loop {
        let read = match stdout.read(&mut buffer).await {
            Ok(0) | Err(_) => return Begun::Ended(String::new()),
            Ok(read) => read,
        };
        if reader.feed(&buffer[..read], |said| heard.push(said)).is_err() {
            return Begun::Ended(String::new());
        }
        if let Some(Said::Ours(word)) = heard.first() {
            match word.split_once(' ').unwrap_or((word, "")) {
                ("none", _) => return Begun::None,
                ("old", version) => return Begun::Old(version.to_owned()),
                _ => {}
            }
        }
        for said in &heard {
            if let Said::Block { text, failed: true, .. } = said {
                return Begun::Ended(String::from_utf8_lossy(text).into_owned());
            }
        }
        if heard.iter().any(|said| matches!(said, Said::Block { .. })) {
            return Begun::Here { early: heard.split_off(1) };
        }
    }
}

/// Writes lines until nobody has any more; then tmux hears that we leave.
fn writer(mut stdin: Input) -> mpsc::Sender<String> {
    // One line waits while another one is written.
    let (lines, mut waiting) = mpsc::channel::<String>(1);
    tokio::spawn(async move {
        while let Some(mut line) = waiting.recv().await {
            while let Ok(next) = waiting.try_recv() {
                line.push_str(&next);
            }
            let written = async {
                stdin.write_all(line.as_bytes()).await?;
                stdin.flush().await
            };
            if let Err(error) = written.await {
                // The client's end says why.
                tracing::debug!(%error, "tmux takes no more lines");
                waiting.close();
                return;
            }
        }
    });
    lines
}

async fn drain(mut stderr: Output) {
    if let Err(error) = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await {
        tracing::trace!(%error, "tmux's complaints ended");
    }
}
