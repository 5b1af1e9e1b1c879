//! What an operation does on its host: a durable run, and who reads what it prints.

use std::fmt;

use crate::failure::Failure;
use crate::host::Reached;
use crate::run::{self, Arg};
use crate::seam::{Outcome, Progress};

/// The name of a script beside its job.
const SCRIPT: &str = "script";

/// What runs on the host, and what is made of it.
///
/// What the run prints on stdout is shown to people and kept. What it prints on stderr is shown to nobody: a script tells its
/// reader there what it has found out, and begins with `exec 3>&2 2>&1` to have its programs' complaints among the output
/// and descriptor 3 for itself.
#[derive(Debug)]
pub(crate) struct Job {
    /// The run. It goes on over a lost link, and is followed from where it was.
    pub run: run::Job,
    /// Who reads it.
    pub reader: Box<dyn JobReader>,
    /// Whether it waits for others of the same repository: all that git is to change anything for.
    pub is_git: bool,
}

/// Makes progress and an outcome of what a run prints.
///
/// After a restart of the engine another one of the same work reads what is kept of the output (its last 4 MiB) and all
/// that was told, from the first byte on.
pub(crate) trait JobReader: fmt::Debug + Send {
    /// Takes a piece of the output, cut anywhere; says how far the work is where that has changed.
    fn chunk(&mut self, bytes: &[u8]) -> Option<Progress>;

    /// Takes a piece of what the script tells on its stderr, cut anywhere; says how far the work is where that has changed.
    fn told(&mut self, _bytes: &[u8]) -> Option<Progress> {
        None
    }

    /// Whether others of the same repository need no longer wait for it.
    fn is_done_with_repository(&self) -> bool {
        false
    }

    /// The run has ended: with `status`, 128 + n for signal n, `None` where nobody knows (the machine was restarted). `tail` is
    /// the end of its output, at most 64 KiB.
    ///
    /// # Errors
    ///
    /// Why the work failed, in a person's words.
    fn finish(self: Box<Self>, status: Option<u8>, tail: &[u8]) -> Result<Outcome, Failure>;
}

impl Job {
    /// A job of git: `script`, a POSIX shell's, with `words` as its arguments, in the directory and the environment of
    /// `reached`, after the login profile. `title` is what people read of it in a list of runs.
    pub fn script<W: Into<Vec<u8>>>(
        reached: &Reached,
        title: &str,
        script: &str,
        words: impl IntoIterator<Item = W>,
        reader: Box<dyn JobReader>,
    ) -> Self {
        let program = [Arg::from("sh"), Arg::File(SCRIPT.into())];
        let words = words.into_iter().map(|word| Arg::Bytes(word.into()));
        let run = run::Job {
            files: vec![(SCRIPT.into(), script.as_bytes().to_vec())],
            title: Some(title.to_owned()),
            ..run_at(reached, program.into_iter().chain(words))
        };
        Self { run, reader, is_git: true }
    }
}

/// A run in the directory and the environment of `reached`.
pub(super) fn run_at(reached: &Reached, argv: impl IntoIterator<Item = Arg>) -> run::Job {
    let value = |(name, value): (&String, &String)| (name.clone(), value.clone().into_bytes());
    run::Job {
        cwd: reached.directory.clone(),
        env: reached.env.iter().map(value).collect(),
        ..run::Job::new(argv)
    }
}
