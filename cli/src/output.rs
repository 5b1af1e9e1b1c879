//! The only place that prints.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::builder::StyledStr;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::HostsError;
use orchestrator::transport::TransportError;
use serde::Serialize;
use serde_json::json;

use crate::exit;
use crate::render::{self, Rows, clean};
use crate::watch::Console;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const STRONG: Style = Style::new().bold();

/// Back to the line's begin, and clear it (ECMA-48's EL).
pub const ERASE: &str = "\r\x1b[K";

/// How long we wait on the way out for what we still print to be taken: long enough for any reader that reads, and
/// nothing to a person who wants to leave.
pub const PARTING: Duration = Duration::from_millis(300);

/// Why a command ended before its end.
#[derive(Debug)]
pub enum Stop {
    /// With an error to show.
    Failure(Failure),
    /// With this status, and everything was said.
    Told(u8),
    /// Its stdout was closed or is full.
    Stdout(io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<HostsError> for Stop {
    fn from(error: HostsError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransportError> for Stop {
    fn from(error: TransportError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Stdout(error)
    }
}

/// Text or JSON on stdout; errors, notes and progress on stderr. Colour only where it is seen.
#[derive(Clone, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one JSON document, on one line.
    pub fn document(&self, value: &impl Serialize) -> Result<(), Stop> {
        Ok(self.write_raw(json_line(value)?.as_bytes())?)
    }

    /// Writes bytes to stdout as they are, and waits for a pipe that is full.
    pub fn write_raw(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    /// Writes text to stdout, in colours where it shows them, and waits for a pipe that is full.
    pub fn write(&self, text: &str) -> io::Result<()> {
        let mut stdout = anstream::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Prints bytes as they are. A pipe that is full holds up a thread that may be, and nobody else.
    ///
    /// # Errors
    ///
    /// What the stream says. Who closed our stderr doesn't want to read it, and that is none.
    pub async fn raw(&self, to_stderr: bool, bytes: Vec<u8>) -> io::Result<()> {
        let output = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            if to_stderr {
                let mut stderr = io::stderr().lock();
                return match stderr.write_all(&bytes) {
                    Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                    Ok(()) | Err(_) => Ok(()),
                };
            }
            output.write_raw(&bytes)
        });
        written.await.map_err(io::Error::other)?
    }

    /// Prints a line of text.
    pub fn line(&self, text: impl Display) -> Result<(), Stop> {
        let mut stdout = anstream::stdout().lock();
        writeln!(stdout, "{text}")?;
        Ok(stdout.flush()?)
    }

    /// Puts a line that goes away again on the terminal behind stderr, or takes it away.
    pub fn progress(&self, line: Option<&str>) {
        // Colours may be off, moving isn't.
        let text = format!("{ERASE}{}", line.unwrap_or_default());
        let mut stderr = io::stderr().lock();
        match stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()) {
            // A terminal that is gone shows no progress.
            Ok(()) | Err(_) => {}
        }
    }

    /// Says something that isn't the answer, with the line ends that are in it.
    pub fn aside(&self, text: &str) {
        tell(format_args!("{text}"));
    }

    /// Prints the JSON when that was asked for, else the line.
    pub fn answer(&self, document: &impl Serialize, text: impl Display) -> Result<(), Stop> {
        if self.json { self.document(document) } else { self.line(text) }
    }

    /// Prints rows below a heading, in columns where the terminal is wide enough.
    pub fn table<const N: usize>(
        &self,
        heading: [&str; N],
        rows: &[[String; N]],
    ) -> Result<(), Stop> {
        let lines = match render::rows(heading, rows, Console::columns()) {
            Rows::Columns(heading, lines) => {
                self.line(format_args!("{STRONG}{heading}{STRONG:#}"))?;
                lines
            }
            Rows::Stacked(lines) => lines,
        };
        lines.into_iter().try_for_each(|line| self.line(line))
    }

    /// Prints clap's help.
    pub fn styled(&self, text: &StyledStr) -> Result<(), Stop> {
        let mut stdout = anstream::stdout().lock();
        write!(stdout, "{}", text.ansi())?;
        Ok(stdout.flush()?)
    }

    /// Prints clap's help where it wasn't asked for.
    pub fn styled_to_stderr(&self, text: &StyledStr) {
        tell(format_args!("{}", text.ansi()));
    }

    /// Says something that isn't the answer.
    pub fn note(&self, text: impl Display) {
        tell(format_args!("{text}\n"));
    }

    /// Says on the way out where things stand. A stderr that nobody reads doesn't keep us.
    pub async fn parting(&self, text: impl Display) {
        let (output, text) = (self.clone(), format!("{text}\n"));
        let said = tokio::task::spawn_blocking(move || output.aside(&text));
        match tokio::time::timeout(PARTING, said).await {
            Ok(_) | Err(_) => {}
        }
    }

    /// Says why the command stopped, and returns the exit status for it.
    pub fn stop(&self, stop: &Stop) -> u8 {
        match stop {
            Stop::Told(status) => *status,
            Stop::Failure(failure) => {
                self.failure(failure);
                exit::status(failure.code)
            }
            // Who closed our stdout has read what they wanted.
            Stop::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::DONE,
            Stop::Stdout(error) => {
                let failure =
                    Failure::new(Code::Internal, format!("could not write to stdout: {error}"));
                tell_failure(&failure);
                exit::status(failure.code)
            }
        }
    }

    fn failure(&self, failure: &Failure) {
        if !self.json {
            tell_failure(failure);
            return;
        }
        match self.document(&json!({ "error": failure })) {
            Ok(()) => {}
            // The reader of the JSON is gone; a person may still be there.
            Err(_) => tell_failure(failure),
        }
    }
}

/// A JSON document on one line.
///
/// # Errors
///
/// When it can't be written as JSON.
pub fn json_line(value: &impl Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string(value)
        .map_err(|error| Failure::new(Code::Internal, format!("could not write JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

fn tell_failure(failure: &Failure) {
    // Hosts, hooks and agents have a say in both.
    tell(format_args!("{ERROR}error:{ERROR:#} {}\n", clean(&failure.message)));
    if let Some(hint) = &failure.hint {
        tell(format_args!("{HINT}hint:{HINT:#} {}\n", clean(hint)));
    }
}

/// Writes to stderr; when even that is closed, nobody can be told.
fn tell(text: std::fmt::Arguments<'_>) {
    match anstream::stderr().lock().write_fmt(text) {
        Ok(()) | Err(_) => {}
    }
}
