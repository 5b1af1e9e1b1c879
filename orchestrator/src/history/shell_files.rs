//! A project's history on a host, through its shell.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use shared_history::{Append, Appended, Chunk, Files, FilesError, Known, Look, Span, Trimmed};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use uuid::Uuid;

use super::answer::{Ignored, Said, odd};
use super::scripts::{self, HISTORY, Words};
use super::spans::Spans;
use crate::transport::{
    Answer, Call, Connection, LongCall, Program, State, TransportError, timed_out,
};

/// Lines of so many bytes together go through a control shell, which reads a byte at a time.
const MOST_INLINE: usize = 16 * 1024;

/// A call with such lines may be longer: bytes that have to be quoted take four.
const LONGEST_CALL: usize = 24 * 1024;

/// What a listing may take, and files may have grown between it and their bytes.
const SLACK: usize = 1024 * 1024;

/// More than any answer to an append; a torn line may have 1 MiB.
const LONGEST_ANSWER: usize = 2 * 1024 * 1024;

/// What the scripts are called in errors.
const WHAT: &str = "a script of the shared history";

/// What is read of a stream at once.
const BUFFER: usize = 256 * 1024;

/// Waits for a lock, 10 s, and then works on a slow disk. A stream may stall for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// One project's files on a host; cheap to clone.
#[derive(Clone)]
pub struct ShellFiles {
    connection: Connection,
    project: String,
    ends: Arc<Mutex<Ends>>,
}

/// Files whose last line is known to be whole: their inode and size. Where it still fits, nobody has to look.
#[derive(Debug)]
struct Ends {
    known: HashMap<String, (u64, u64)>,
    /// A machine that was away may have been switched off, and lost what it hadn't written.
    state: watch::Receiver<State>,
}

impl fmt::Debug for ShellFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShellFiles")
            .field("host", self.connection.host())
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

impl ShellFiles {
    /// Those of the project in that directory, or in the account's home. `~` is the host's to expand, and a relative path
    /// begins at home. Nothing is sent yet.
    pub fn new(connection: Connection, project: Option<String>) -> Self {
        let state = connection.state();
        let ends = Arc::new(Mutex::new(Ends { known: HashMap::new(), state }));
        Self { connection, project: project.unwrap_or_else(|| "~".to_owned()), ends }
    }

    /// Whether the project's git looks away from its history. One round trip.
    ///
    /// # Errors
    ///
    /// [`FilesError::NoProject`], what git complains of, and the way there.
    pub async fn ignored(&self) -> Result<Ignored, FilesError> {
        let words = self.words()?.word("b_ignored").map_err(unreachable)?;
        let answer = self.call(Call::new(words.script())).await?;
        self.said(None, &answer).ignored()
    }

    /// Adds `.maestro/history/` to the project's `.gitignore`, unless it is there. One round trip. Returns whether it was
    /// added.
    ///
    /// # Errors
    ///
    /// What stands in the way: nothing was added.
    pub async fn ignore(&self) -> Result<bool, FilesError> {
        let words = self.words()?.word("b_ignore").map_err(unreachable)?;
        let answer = self.call(Call::new(words.script())).await?;
        self.said(None, &answer).ignore()
    }

    fn words(&self) -> Result<Words, FilesError> {
        Words::for_project(&self.project).map_err(unreachable)
    }

    fn said<'a>(&'a self, file: Option<&'a str>, answer: &'a Answer) -> Said<'a> {
        Said {
            host: self.connection.host(),
            project: &self.project,
            file,
            stdout: &answer.stdout,
            stderr: &answer.stderr,
        }
    }

    async fn call(&self, call: Call) -> Result<Answer, FilesError> {
        let call = Call { patience: PATIENCE, ..call.with(&HISTORY) };
        self.connection.call(call).await.map_err(unreachable)
    }

    fn end_of(&self, name: &str) -> Option<(u64, u64)> {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.state.has_changed().unwrap_or(true) {
            ends.state.mark_unchanged();
            ends.known.clear();
        }
        ends.known.get(name).copied()
    }

    fn note_end(&self, name: &str, end: Option<(u64, u64)>) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        match end {
            Some(end) => ends.known.insert(name.to_owned(), end),
            None => ends.known.remove(name),
        };
    }

    /// Sends an append and reads its answer.
    async fn send(&self, append: &Append<'_>) -> Result<Appended, FilesError> {
        // Whoever doubts has to look.
        let end = self.end_of(append.name).filter(|_| !append.in_doubt);
        let bytes: usize = append.lines.iter().map(|line| line.text.len() + 1).sum();
        let inline = match inline(&self.project, append, end) {
            Ok(script) if bytes <= MOST_INLINE && script.len() <= LONGEST_CALL => Some(script),
            // Whatever is too odd for a shell's words, such as a NUL, is none as a stream.
            Ok(_) | Err(_) => None,
        };
        let spooled = spooled_words(&self.project, append, end, bytes).map_err(unreachable)?;
        // What fails until here was not sent.
        self.connection.ready().await.map_err(unreachable)?;
        let answer = match inline {
            Some(script) => {
                let call = Call { patience: PATIENCE, ..Call::new(script).with(&HISTORY) };
                self.connection.call(call).await
            }
            None => {
                let lines: Vec<&[u8]> =
                    append.lines.iter().flat_map(|line| [line.text, b"\n"]).collect();
                let call = LongCall {
                    what: WHAT,
                    library: &HISTORY,
                    script: &spooled,
                    bytes: &lines,
                    limit_bytes: LONGEST_ANSWER,
                    patience: PATIENCE,
                };
                call.run(&self.connection).await
            }
        };
        let answer = answer.map_err(|error| FilesError::InDoubt(Box::new(error)))?;
        self.said(Some(append.name), &answer).appended()
    }
}

fn unreachable(error: TransportError) -> FilesError {
    FilesError::Unreachable(Box::new(error))
}

/// The call with its lines.
fn inline(
    project: &str,
    append: &Append<'_>,
    end: Option<(u64, u64)>,
) -> Result<String, TransportError> {
    let mut words = scripts::append_words(project, append, end)?.word("b_append")?;
    for line in append.lines {
        words = words.word(line.id)?.word(line.text.len().to_string())?.word(line.text)?;
    }
    Ok(words.script())
}

/// The call without its lines, which follow as a stream.
fn spooled_words(
    project: &str,
    append: &Append<'_>,
    end: Option<(u64, u64)>,
    bytes: usize,
) -> Result<String, TransportError> {
    let mut words = scripts::append_words(project, append, end)?;
    words = words.word("b_append_spooled")?.word(bytes.to_string())?;
    for line in append.lines {
        words = words.word(line.id)?.word(line.text.len().to_string())?.word("")?;
    }
    Ok(words.script())
}

/// Refuses what no file of ours is called.
fn check_name(project: &str, name: &str) -> Result<(), FilesError> {
    if scripts::is_name(name) {
        return Ok(());
    }
    let denial = shared_history::Denial::Other("no name of a history file".into());
    Err(FilesError::Denied { path: format!("{project}/.maestro/history/{name}"), denial })
}

#[async_trait]
impl Files for ShellFiles {
    async fn look(&self, known: &[Known], most: u64) -> Result<Look, FilesError> {
        let mark = Uuid::new_v4().simple().to_string();
        let words = self.words()?.word("b_look").and_then(|words| {
            words.word(&mark)?.word(most.to_string())?.word(scripts::known_words(known))
        });
        let call = Call::new(words.map_err(unreachable)?.script());
        let limit_bytes = usize::try_from(most).unwrap_or(usize::MAX).saturating_add(SLACK);
        let answer = self.call(Call { limit_bytes, ..call }).await?;
        self.said(None, &answer).look(&mark)
    }

    async fn read(
        &self,
        spans: &[Span],
        take: &mut (dyn for<'c> FnMut(Chunk<'c>) + Send),
    ) -> Result<(), FilesError> {
        for span in spans {
            check_name(&self.project, &span.name)?;
        }
        let mark = Uuid::new_v4().simple().to_string();
        let mut program = Program::new(scripts::read_program(&mark, spans));
        program.cwd = Some(self.project.clone().into_bytes());
        program.login = false;
        let process = match self.connection.start(&program).await {
            Ok(process) => process,
            Err(TransportError::DirMissing { .. }) => return Err(FilesError::NoProject),
            Err(TransportError::PermissionDenied { .. }) => {
                let denial = shared_history::Denial::Permission;
                return Err(FilesError::Denied { path: self.project.clone(), denial });
            }
            Err(error) => return Err(unreachable(error)),
        };
        let group = process.group;
        let (mut streams, _) = process.into_parts();
        let mut taker = Spans::new(&mark, spans);
        let mut buffer = vec![0; BUFFER];
        while !taker.is_over() {
            let read = tokio::time::timeout(PATIENCE, streams.stdout.read(&mut buffer)).await;
            let Ok(read) = read else {
                let error = timed_out(&self.connection, group, PATIENCE, WHAT).await;
                return Err(unreachable(error));
            };
            match read {
                Ok(0) => {
                    let host = self.connection.host().clone();
                    let said = "the files' stream ended in the middle".into();
                    return Err(unreachable(TransportError::ConnectionLost { host, said }));
                }
                Ok(count) => taker.take(&buffer[..count], take),
                Err(error) => {
                    return Err(unreachable(odd(self.connection.host(), error.to_string())));
                }
            }
        }
        Ok(())
    }

    async fn append(&self, append: &Append<'_>) -> Result<Appended, FilesError> {
        check_name(&self.project, append.name)?;
        let appended = self.send(append).await;
        let end = match &appended {
            Ok(Appended::Done { identity, size, .. }) => Some((*identity, *size)),
            Ok(Appended::Torn { .. }) | Err(_) => None,
        };
        self.note_end(append.name, end);
        appended
    }

    async fn trim(&self, name: &str, keep: u64) -> Result<Trimmed, FilesError> {
        check_name(&self.project, name)?;
        self.note_end(name, None);
        let words = self
            .words()?
            .set("b_f", name)
            .and_then(|words| words.word("b_trim")?.word(keep.to_string()))
            .map_err(unreachable)?;
        let answer = self.call(Call::new(words.script())).await?;
        self.said(Some(name), &answer).trimmed()
    }
}
