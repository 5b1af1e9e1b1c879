//! How a git command runs on a host: where, with which words, for how long, and what its refusal means.

use std::sync::Arc;
use std::time::Duration;

use super::channel;
use super::refusal::{self, Said};
use crate::failure::Failure;
use crate::host::{Reach, Reached};
use crate::seam::At;
use crate::transport::{Answer, Call, Connection, Library, TransportError, quote};

/// What every library of git begins with: the way into a directory.
pub(super) const ENTER: &str = include_str!("scripts/enter.sh");

/// What shells learn once.
static GIT: Library = Library::new(
    "git",
    &[
        ENTER,
        include_str!("scripts/status.sh"),
        include_str!("scripts/diff.sh"),
        include_str!("scripts/log.sh"),
        include_str!("scripts/stage.sh"),
        include_str!("scripts/branch.sh"),
    ],
);

/// How long a question may take: a cold disk and some hundred thousand files are looked through in that time.
const ASK_PATIENCE: Duration = Duration::from_secs(60);

/// How long a change may take that runs nobody's hooks or filters.
const CHANGE_PATIENCE: Duration = Duration::from_secs(120);

/// How long hooks may take.
pub(super) const HOOK_PATIENCE: Duration = Duration::from_secs(600);

/// So much is fetched at most, where nothing else is said.
const LIMIT_BYTES: usize = 16 << 20;

/// So long may a line for a control shell be, which reads it byte by byte: what is longer goes over a channel.
pub(super) const LONGEST_LINE: usize = 48 << 10;

/// Whether something is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Ask,
    Change,
}

/// A call of a function on the host, in the repository's directory.
#[derive(Clone, Debug)]
pub(super) struct Words {
    way: Way,
    text: String,
    library: &'static Library,
    patience: Duration,
    limit_bytes: usize,
}

impl Words {
    /// A question: takes no lock.
    pub(super) fn ask(function: &str) -> Self {
        Self {
            way: Way::Ask,
            text: function.to_owned(),
            library: &GIT,
            patience: ASK_PATIENCE,
            limit_bytes: LIMIT_BYTES,
        }
    }

    /// A change.
    pub(super) fn change(function: &str) -> Self {
        Self { way: Way::Change, patience: CHANGE_PATIENCE, ..Self::ask(function) }
    }

    /// The same function of another library, which begins with [`ENTER`].
    #[must_use]
    pub(super) fn from(self, library: &'static Library) -> Self {
        Self { library, ..self }
    }

    /// The same with another time-out.
    #[must_use]
    pub(super) fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same with another bound for each stream.
    #[must_use]
    pub(super) fn limit(self, limit_bytes: usize) -> Self {
        Self { limit_bytes, ..self }
    }

    /// One more word, byte for byte.
    ///
    /// # Errors
    ///
    /// `usage` for a NUL.
    pub(super) fn word(mut self, word: impl AsRef<[u8]>) -> Result<Self, TransportError> {
        self.text.push(' ');
        self.text.push_str(&quote::text(word.as_ref())?);
        Ok(self)
    }

    /// More words.
    ///
    /// # Errors
    ///
    /// As [`Words::word`].
    pub(super) fn words<W: AsRef<[u8]>>(
        self,
        words: impl IntoIterator<Item = W>,
    ) -> Result<Self, TransportError> {
        words.into_iter().try_fold(self, Self::word)
    }

    /// Whether its line is longer than a control shell should hear.
    pub(super) fn is_long(&self) -> bool {
        self.text.len() > LONGEST_LINE
    }
}

/// A directory of a repository, on its host.
#[derive(Clone, Debug)]
pub(super) struct Site {
    reached: Reached,
}

impl Site {
    /// What a front end's words mean.
    ///
    /// # Errors
    ///
    /// As [`Reach::reach`].
    pub(super) async fn of(reach: &Arc<dyn Reach>, at: &At) -> Result<Self, Failure> {
        Ok(Self { reached: reach.reach(at).await? })
    }

    /// The machine, and all that is known of the place.
    pub(super) fn reached(&self) -> &Reached {
        &self.reached
    }

    /// Its connection.
    pub(super) fn connection(&self) -> &Connection {
        &self.reached.connection
    }

    /// The directory; `~` is the host's to expand.
    pub(super) fn directory(&self) -> &[u8] {
        match self.reached.directory.as_deref() {
            None | Some(b"") => b"~",
            Some(directory) => directory,
        }
    }

    /// Runs it in one round trip, whatever status it leaves with.
    ///
    /// # Errors
    ///
    /// When the host can't be asked; [`TransportError::TimedOut`] and [`TransportError::TooLarge`]: it was killed.
    pub(super) async fn run(&self, words: &Words) -> Result<Answer, TransportError> {
        let Words { patience, limit_bytes, library, .. } = *words;
        let call = Call { patience, limit_bytes, ..Call::new(self.script(words)?).with(library) };
        self.connection().call(call).await
    }

    /// Runs it in one round trip.
    ///
    /// # Errors
    ///
    /// As [`Site::run`], and what git refuses.
    pub(super) async fn call(&self, words: &Words) -> Result<Answer, Failure> {
        self.checked(self.run(words).await?)
    }

    /// Runs it over a channel of its own, with `bytes` on its stdin, whatever status it leaves with: it may take its time, and
    /// others don't wait for it.
    ///
    /// # Errors
    ///
    /// As [`Site::run`]; [`TransportError::ConnectionLost`]: nobody knows what became of it.
    pub(super) async fn stream(
        &self,
        words: &Words,
        bytes: &[u8],
    ) -> Result<Answer, TransportError> {
        let script = self.script(words)?;
        let job = channel::Job {
            library: words.library,
            script: &script,
            bytes,
            patience: words.patience,
            limit_bytes: words.limit_bytes,
        };
        channel::run(self.connection(), &job).await
    }

    /// The answer, or why there is none.
    ///
    /// # Errors
    ///
    /// What git refuses.
    pub(super) fn checked(&self, answer: Answer) -> Result<Answer, Failure> {
        if answer.status == 0 { Ok(answer) } else { Err(self.refusal(&answer)) }
    }

    /// What git's words mean.
    pub(super) fn refusal(&self, answer: &Answer) -> Failure {
        let said = Said {
            directory: &String::from_utf8_lossy(self.directory()),
            status: answer.status,
            stdout: &answer.stdout,
            stderr: &answer.stderr,
        };
        refusal::read(&said).on(self.connection().host().to_string())
    }

    fn script(&self, words: &Words) -> Result<String, TransportError> {
        let enter = match words.way {
            Way::Ask => "bg_ask",
            Way::Change => "bg_do",
        };
        let directory = quote::path_text(self.directory())?;
        let environment = quote::exports(&self.reached.env)?;
        Ok(quote::line(&format!("{environment}{enter} {directory}; {}", words.text)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    use super::*;

    #[test]
    fn the_library_is_one_short_line() {
        let line = GIT.line().unwrap();
        assert!(!line.contains('\n') && line.len() < 16 * 1024, "{}", line.len());
        let called = [
            "status",
            "why",
            "diff",
            "patch",
            "new",
            "new_patch",
            "blobs",
            "log",
            "branches",
            "switch",
            "branch",
        ];
        let changing = [
            "rename",
            "delete",
            "stage",
            "unstage",
            "discard",
            "lines",
            "lines_back",
            "commit",
            "unfinished",
        ];
        let mut defined: Vec<&str> =
            line.split("\\n").filter_map(|line| line.strip_suffix("() {")).collect();
        let all = defined.len();
        defined.sort_unstable();
        defined.dedup();
        // The later one of two would be called by both.
        assert_eq!(defined.len(), all, "{defined:?}");
        for function in called.into_iter().chain(changing) {
            assert!(line.contains(&format!("\\nbg_{function}() {{\\n")), "bg_{function}");
        }
    }

    #[test]
    fn a_git_directory_that_may_not_be_entered_is_not_taken_for_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = |below: &str| dir.path().join(below);
        let mode = |of: &Path, mode| fs::set_permissions(of, Permissions::from_mode(mode)).unwrap();
        for made in ["hidden/.git", "hidden/below", "hidden/own/.git", "hidden/linked"] {
            fs::create_dir_all(path(made)).unwrap();
        }
        fs::write(path("hidden/linked/.git"), "gitdir: ../own/.git\n").unwrap();
        mode(dir.path(), 0o755);
        mode(&path("hidden/.git"), 0);
        // Nothing is hidden from root.
        let is_root = rustix::process::geteuid().is_root();
        let other: &[&str] =
            if is_root { &["setpriv", "--reuid", "65534", "--clear-groups"] } else { &["env"] };
        let script = format!("{ENTER}\nbg_go \"$1\"");
        let status = |below: &str| {
            let mut shell = Command::new(other[0]);
            shell.args(&other[1..]).args(["sh", "-c", &script, "sh"]).arg(path(below));
            shell.status().unwrap().code()
        };
        let told = ["hidden", "hidden/below", "hidden/own", "hidden/linked"].map(status);
        mode(&path("hidden/.git"), 0o700);
        assert_eq!(told, [Some(96), Some(96), Some(0), Some(0)]);
    }
}
