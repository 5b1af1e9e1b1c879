//! The scripts that run on a host, put together and made one line each.

use crate::transport::{TransportError, quote};

const PROCESS: &str = include_str!("scripts/process.sh");
const READY: &str = include_str!("scripts/ready.sh");
const LAUNCH: &str = include_str!("scripts/launch.sh");
const RUNNER: &str = include_str!("scripts/runner.sh");
const AGAIN: &str = include_str!("scripts/again.sh");
const FOLLOW: &str = include_str!("scripts/follow.sh");
const LOOK: &str = include_str!("scripts/look.sh");
const LIST: &str = include_str!("scripts/list.sh");
const SETTLE: &str = include_str!("scripts/settle.sh");
const FINISH: &str = include_str!("scripts/finish.sh");
const SIGNAL: &str = include_str!("scripts/signal.sh");
const WRITE: &str = include_str!("scripts/write.sh");
const REMOVE: &str = include_str!("scripts/remove.sh");

/// What a channel of ours runs: it reads the script, a line, from stdin, where its words follow. On the command line
/// there would be room for 2 KiB.
pub(super) const BOOT: &str = "IFS= read -r b_line && eval \"$b_line\"";

/// Follows the run in `$1`: it brought its follower along. What this is called, `$0`, is on the command line of that, too.
pub(super) const FOLLOW_AGAIN: &str = "b_d=$1; shift; if [ -f \"$b_d/follow\" ]; then exec sh \"$b_d/follow\" \"$0\" \"$@\"; \
    elif [ -d \"$b_d\" ]; then echo staged; else echo absent; fi";

/// Reads a line of words, and evaluates it.
const HEADER: &str = "IFS= read -r b_line && eval \"$b_line\" || exit 0\n";

/// Assignments that a script begins with; the values are quoted.
#[derive(Debug, Default)]
pub(super) struct Header {
    text: String,
}

impl Header {
    /// Sets `name` to any bytes but NUL.
    ///
    /// # Errors
    ///
    /// As [`quote::word`].
    pub(super) fn set(
        mut self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, TransportError> {
        let word = quote::word(value.as_ref())?;
        self.text.push_str(&format!("{name}={word}; "));
        Ok(self)
    }

    /// Sets `name` to a path, whose `~` is the host's to expand.
    ///
    /// # Errors
    ///
    /// As [`quote::path`].
    pub(super) fn set_path(mut self, name: &str, path: &[u8]) -> Result<Self, TransportError> {
        self.text.push_str(&format!("{name}={}; ", quote::path(path)?));
        Ok(self)
    }

    /// As a line, with its end.
    pub(super) fn line(&self) -> String {
        format!("{}\n", quote::line(&self.text))
    }

    /// Before a script, for a control shell.
    fn call(&self, script: &[&str]) -> Result<String, TransportError> {
        Ok(format!("{}{}", quote::line(&self.text), folded(script)?))
    }
}

/// A script as a channel reads it: its line, with its end.
fn channel(script: &[&str]) -> Result<String, TransportError> {
    Ok(format!("{}\n", folded(script)?))
}

/// One line of `script`, without what is there for readers.
fn folded(script: &[&str]) -> Result<String, TransportError> {
    quote::folded(&script.iter().map(|part| quote::bare(part)).collect::<String>())
}

/// Launches a run, and follows it from its first byte.
pub(super) fn launch() -> Result<String, TransportError> {
    let follower = [PROCESS, READY, AGAIN, FOLLOW].map(quote::bare).concat();
    let files = Header::default()
        .set("b_runner", quote::bare(PROCESS) + &quote::bare(RUNNER))?
        .set("b_follower", follower)?;
    let files = format!("{}\n", quote::line(&files.text));
    channel(&[PROCESS, READY, &files, HEADER, LAUNCH, "b_a=1 b_b=1\n", FOLLOW])
}

/// Takes a message for a run from stdin.
pub(super) fn write_from_stdin() -> Result<String, TransportError> {
    channel(&[HEADER, PROCESS, "b_bytes() { head -c \"$b_size\"; }\n", WRITE])
}

/// Takes the message itself as one of its words, `b_text`; the end of a line follows it where `b_line` is set.
pub(super) fn write(header: &Header) -> Result<String, TransportError> {
    header.call(&[PROCESS, "b_bytes() { if [ -n \"$b_line\" ]; then b_put \"$b_text\"; else b_put_bare \"$b_text\"; fi; }\n", WRITE])
}

pub(super) fn list(header: &Header) -> Result<String, TransportError> {
    header.call(&[PROCESS, LOOK, LIST])
}

pub(super) fn settle(header: &Header) -> Result<String, TransportError> {
    header.call(&[PROCESS, LOOK, SETTLE])
}

pub(super) fn finish(header: &Header) -> Result<String, TransportError> {
    header.call(&[PROCESS, LOOK, FINISH])
}

pub(super) fn signal(header: &Header) -> Result<String, TransportError> {
    header.call(&[PROCESS, LOOK, SIGNAL])
}

pub(super) fn remove(header: &Header) -> Result<String, TransportError> {
    header.call(&[PROCESS, LOOK, REMOVE])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_script_for_a_channel_is_one_line() {
        for script in [launch(), write_from_stdin()] {
            let script = script.unwrap();
            assert_eq!(script.matches('\n').count(), 1);
            assert!(script.len() < 24 * 1024, "{}", script.len());
        }
    }
}
