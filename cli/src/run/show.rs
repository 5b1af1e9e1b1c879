//! What a run prints, as a person or a program reads it.

use base64::Engine as _;
use orchestrator::failure::Failure;
use orchestrator::run::{Offsets, Stream};
use orchestrator::seam::{LinkState, RunId};
use serde_json::{Value, json};

use crate::output::{Output, Stop};

/// Prints a run's events: as text, bytes go where the program sent them; as JSON, a line each.
#[derive(Debug)]
pub struct Printer {
    output: Output,
    host: String,
    out: Split,
    err: Split,
}

impl Printer {
    /// For a run on `host`.
    pub fn new(output: &Output, host: String) -> Self {
        Self { output: output.clone(), host, out: Split::default(), err: Split::default() }
    }

    /// The first line: which run it is.
    pub fn started(&self, run: &RunId) -> Result<(), Stop> {
        if self.output.is_json() {
            self.output.document(&json!({ "type": "started", "run": run, "host": self.host }))?;
        } else {
            self.output.note(format_args!("run {run} on {}", self.host));
        }
        Ok(())
    }

    /// What it printed.
    ///
    /// # Errors
    ///
    /// When our own stream takes nothing any more.
    pub async fn bytes(&mut self, stream: Stream, offset: u64, bytes: Vec<u8>) -> Result<(), Stop> {
        if !self.output.is_json() {
            return Ok(self.output.raw(stream == Stream::Err, bytes).await?);
        }
        let split = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        if let Some((offset, chunk)) = split.push(offset, &bytes) {
            let line = format!("{}\n", chunk_line(stream, offset, &chunk));
            self.output.raw(false, line.into_bytes()).await?;
        }
        Ok(())
    }

    /// How many bytes of what was given hasn't been printed yet: the beginning of a letter.
    pub fn held_back(&self) -> Offsets {
        Offsets { out: self.out.held.len() as u64, err: self.err.held.len() as u64 }
    }

    /// Prints what is held back.
    ///
    /// # Errors
    ///
    /// As [`Printer::bytes`].
    pub fn flush(&mut self) -> Result<(), Stop> {
        for (stream, split) in [(Stream::Out, &mut self.out), (Stream::Err, &mut self.err)] {
            let held = std::mem::take(&mut split.held);
            if !held.is_empty() {
                self.output.document(&chunk_line(stream, split.at, &held))?;
            }
        }
        Ok(())
    }

    /// What became of the link.
    ///
    /// # Errors
    ///
    /// As [`Printer::bytes`].
    pub fn link(&self, state: LinkState, why: Option<&Failure>) -> Result<(), Stop> {
        let host = &self.host;
        let why = why.map(|why| format!(": {}", why.message)).unwrap_or_default();
        match state {
            LinkState::Lost => {
                self.output.note(format_args!("link to {host} lost; the run goes on{why}"))
            }
            LinkState::Restored => self.output.note(format_args!("link to {host} restored")),
            LinkState::Blocked => {
                self.output.note(format_args!("link to {host} lost; the run goes on"))
            }
        }
        if self.output.is_json() {
            let state = match state {
                LinkState::Lost | LinkState::Blocked => "lost",
                LinkState::Restored => "restored",
            };
            self.output.document(&json!({ "type": "link", "state": state }))?;
        }
        Ok(())
    }

    /// How it ended.
    ///
    /// # Errors
    ///
    /// As [`Printer::bytes`].
    pub fn exited(&self, status: Option<u8>) -> Result<(), Stop> {
        if self.output.is_json() {
            let signal = status.and_then(signal_name);
            self.output
                .document(&json!({ "type": "exited", "status": status, "signal": signal }))?;
        } else if status.is_none() {
            self.output.note(format_args!(
                "nobody knows how it ended: the machine was restarted, or the run's runner was killed"
            ));
        }
        Ok(())
    }
}

fn chunk_line(stream: Stream, offset: u64, bytes: &[u8]) -> Value {
    let stream = match stream {
        Stream::Out => "out",
        Stream::Err => "err",
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "type": "output", "stream": stream, "offset": offset, "text": text }),
        Err(_) => {
            let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
            json!({ "type": "output", "stream": stream, "offset": offset, "base64": base64 })
        }
    }
}

/// Keeps the beginning of a letter that comes in two pieces.
#[derive(Debug, Default)]
struct Split {
    held: Vec<u8>,
    /// Where that stands in the stream.
    at: u64,
}

impl Split {
    /// What can be printed, and where it stands.
    fn push(&mut self, offset: u64, bytes: &[u8]) -> Option<(u64, Vec<u8>)> {
        let at = offset - self.held.len() as u64;
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        if let Err(error) = std::str::from_utf8(&all)
            && error.error_len().is_none()
        {
            self.held = all.split_off(error.valid_up_to());
        }
        self.at = at + all.len() as u64;
        (!all.is_empty()).then_some((at, all))
    }
}

/// The name of the signal that a status stands for, by the shells' convention.
fn signal_name(status: u8) -> Option<&'static str> {
    let number = status.checked_sub(128)?;
    Some(match number {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        8 => "FPE",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_letter_that_comes_in_two_pieces_is_one_in_the_json() {
        let mut split = Split::default();
        assert_eq!(split.push(0, b"a\xc3"), Some((0, b"a".to_vec())));
        assert_eq!(split.push(2, b"\xa4b"), Some((1, "äb".as_bytes().to_vec())));
        assert_eq!(split.push(4, b"\xff\xc3"), Some((4, b"\xff\xc3".to_vec())));
        assert_eq!(split.push(6, b"\xc3"), None);
        assert_eq!((split.at, split.held.len()), (6, 1));
    }

    #[test]
    fn bytes_that_are_no_text_are_base64() {
        let line = chunk_line(Stream::Err, 7, &[255, 0]);
        assert_eq!(line["base64"], "/wA=");
        assert_eq!((&line["stream"], &line["offset"]), (&json!("err"), &json!(7)));
    }

    #[test]
    fn signals_have_their_names() {
        assert_eq!(
            (signal_name(143), signal_name(3), signal_name(200)),
            (Some("TERM"), None, None)
        );
    }
}
