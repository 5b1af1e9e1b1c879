//! Command lines: the account's login shell runs what a person has typed.

use super::job::{Job, JobReader, run_at};
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::run::{self, Arg};
use crate::seam::{Outcome, Progress};

/// Becomes the login shell, which reads its profile and runs the line. csh has no `-lc`, and is told to read what it reads at
/// a login.
const SHELL: &str = "exec 2>&1
case ${SHELL:=/bin/sh} in
*csh) exec \"$SHELL\" -c \"if ( -r ~/.login ) source ~/.login; $1\" ;;
*) exec \"$SHELL\" -lc \"$1\" ;;
esac";

/// Letters of a line that a list of runs shows.
const TITLE: usize = 200;

/// Runs `line` as it was typed.
///
/// # Errors
///
/// `usage` for an empty one, and one with a NUL.
pub(super) fn job(line: &str, reached: &Reached) -> Result<Job, Failure> {
    if line.trim().is_empty() {
        return Err(Failure::new(Code::Usage, "the command line is empty")
            .hint("Type what the shell should run"));
    }
    if line.contains('\0') {
        return Err(Failure::new(Code::Usage, "the command line holds a NUL byte")
            .hint("No shell can be given one"));
    }
    let argv = ["sh", "-c", SHELL, "sh", line].map(Arg::from);
    let run = run::Job {
        // It reads the profile by itself: once is enough.
        login: false,
        title: Some(line.chars().take(TITLE).collect()),
        ..run_at(reached, argv)
    };
    Ok(Job { run, reader: Box::new(Reader), is_git: false })
}

/// Whatever a line prints is for people.
#[derive(Debug)]
struct Reader;

impl JobReader for Reader {
    fn chunk(&mut self, _bytes: &[u8]) -> Option<Progress> {
        None
    }

    fn finish(self: Box<Self>, status: Option<u8>, _tail: &[u8]) -> Result<Outcome, Failure> {
        match status {
            Some(status) => Ok(Outcome { status: Some(status), ..Outcome::default() }),
            None => Err(Failure::new(Code::Internal, "nobody knows how the command ended")
                .hint("The machine was restarted, or the run's keeper was killed there")),
        }
    }
}
