//! What a run is to do, and the text of its `job`.

use std::fmt;

use super::error::RunError;
use crate::seam::RunId;
use crate::transport::quote;

/// What a run is to do.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    /// The program and its arguments, byte for byte; at least one. `~` in front of the program is the host's to expand.
    pub argv: Vec<Arg>,
    /// Where; the account's home when `None`. `~` is the host's to expand, and a relative path begins there.
    pub cwd: Option<Vec<u8>>,
    /// Names and values to add to the environment. They stand on no command line.
    pub env: Vec<(String, Vec<u8>)>,
    /// What the program reads.
    pub stdin: Stdin,
    /// Files that lie beside the job, such as images: a name of letters, digits, `.`, `_` and `-`, and what is in it.
    pub files: Vec<(String, Vec<u8>)>,
    /// Whether the account's login shell sets the environment first.
    pub login: bool,
    /// What people read of it in a list of runs; its command line when `None`.
    pub title: Option<String>,
}

/// A word of a job's command line.
#[derive(Clone, PartialEq, Eq)]
pub enum Arg {
    /// Itself.
    Bytes(Vec<u8>),
    /// The path, on the host, of the file of that name in [`Job::files`].
    File(String),
}

impl<T: Into<Vec<u8>>> From<T> for Arg {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// What a job reads.
#[derive(Clone, PartialEq, Eq)]
pub enum Stdin {
    /// Nothing.
    None,
    /// These bytes, and then the end of file.
    Bytes(Vec<u8>),
    /// Messages, as they are written; see [`super::Runs::write`].
    Talk,
}

impl Job {
    /// `argv` in the account's home, in its login environment, with nothing to read.
    pub fn new<A: Into<Arg>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            cwd: None,
            env: Vec::new(),
            stdin: Stdin::None,
            files: Vec::new(),
            login: true,
            title: None,
        }
    }

    /// Its title or its command line, for people.
    pub fn command(&self) -> String {
        if let Some(title) = &self.title {
            return title.clone();
        }
        let shown = |arg: &Arg| match arg {
            Arg::Bytes(bytes) => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,@+%".contains(c);
                if !text.is_empty() && text.chars().all(is_plain) {
                    text
                } else {
                    format!("'{}'", text.replace('\'', "'\\''"))
                }
            }
            Arg::File(name) => name.clone(),
        };
        self.argv.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    /// The text of the file `job`: a script that takes its streams, sets the environment and becomes the program.
    ///
    /// # Errors
    ///
    /// [`RunError::Usage`] for what can't be delivered.
    pub(super) fn script(&self, run: &RunId) -> Result<String, RunError> {
        self.check()?;
        let stdin = if self.stdin == Stdin::Talk { "stdin" } else { "in" };
        let mut text = format!(
            "{}\nbaton_d=${{BATON_JOB%/job}}\n\
             exec <\"$baton_d/{stdin}\" >>\"$baton_d/out\" 2>>\"$baton_d/err\"\n\
             printf 'begun\\n' 1<>\"$baton_d/begun\"\n\
             CDPATH='' cd -- \"$BATON_CWD\" >/dev/null || exit 126\n\
             unset BATON_JOB BATON_CWD\n",
            quote::PRINTF
        );
        for (name, value) in &self.env {
            text.push_str(&format!("export {name}={}\n", quote::word(value)?));
        }
        text.push_str(&format!("export BATON_RUN={}\nexec", run.as_str()));
        for (at, arg) in self.argv.iter().enumerate() {
            text.push(' ');
            match arg {
                Arg::Bytes(program) if at == 0 && program.starts_with(b"~") => {
                    text.push_str(&quote::path(program)?);
                }
                Arg::Bytes(bytes) => text.push_str(&quote::word(bytes)?),
                Arg::File(name) => {
                    text.push_str(&format!("\"$baton_d/files/\"{}", quote::word(name.as_bytes())?));
                }
            }
        }
        Ok(quote::line(&text))
    }

    fn check(&self) -> Result<(), RunError> {
        let usage = |what: String| Err(RunError::Usage { what });
        match self.argv.first() {
            None => return usage("there is no command to run".into()),
            Some(Arg::Bytes(program)) if program.is_empty() => {
                return usage("the command is empty".into());
            }
            // Shells take it for an option of `exec`, and not all of them know `--` there.
            Some(Arg::Bytes(program)) if program.starts_with(b"-") => {
                return usage(format!(
                    "{:?} can't name a program",
                    String::from_utf8_lossy(program)
                ));
            }
            Some(Arg::Bytes(_) | Arg::File(_)) => {}
        }
        if self.cwd.as_ref().is_some_and(Vec::is_empty) {
            return usage("the directory to run in is empty".into());
        }
        for (name, _) in &self.env {
            if !quote::is_env_name(name) {
                return usage(format!(
                    "{name:?} can't name an environment variable: use letters, digits and _"
                ));
            }
            if matches!(name.as_str(), "BATON_RUN" | "BATON_JOB" | "BATON_CWD") {
                return usage(format!("{name} is set by Baton itself"));
            }
        }
        for (at, (name, _)) in self.files.iter().enumerate() {
            let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_safe) || name.starts_with(['.', '-']) {
                return usage(format!(
                    "{name:?} can't name a file of a run: use letters, digits, '.', '_' and '-'"
                ));
            }
            if self.files.iter().take(at).any(|(other, _)| other == name) {
                return usage(format!("two files of the run are named {name}"));
            }
        }
        for arg in &self.argv {
            if let Arg::File(wanted) = arg
                && !self.files.iter().any(|(name, _)| name == wanted)
            {
                return usage(format!("the run has no file named {wanted:?}"));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of the environment, prompts and images are nobody's business; arguments may be prompts.
        let names: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        let files: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Job")
            .field("program", &self.argv.first())
            .field("cwd", &self.cwd.as_deref().map(String::from_utf8_lossy))
            .field("env", &names)
            .field("files", &files)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{:?}", String::from_utf8_lossy(bytes)),
            Self::File(name) => write!(f, "File({name:?})"),
        }
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Talk => f.write_str("Talk"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refused(change: impl FnOnce(&mut Job)) -> String {
        let mut job = Job::new(["prog"]);
        change(&mut job);
        job.script(&RunId::new("r")).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_delivered_is_refused_and_values_are_not_repeated() {
        assert!(refused(|job| job.argv.clear()).contains("no command"));
        assert!(refused(|job| job.argv = vec![Arg::from("-x")]).contains("-x"));
        let said = refused(|job| job.env = vec![("A-B".into(), b"secret".to_vec())]);
        assert!(said.contains("A-B") && !said.contains("secret"), "{said}");
        assert!(refused(|job| job.files = vec![("../x".into(), vec![])]).contains("../x"));
        assert!(refused(|job| job.argv.push(Arg::File("gone".into()))).contains("gone"));
        assert!(refused(|job| job.env = vec![("BATON_RUN".into(), vec![])]).contains("BATON_RUN"));
    }

    #[test]
    fn a_program_below_the_home_is_found_there_and_arguments_stay_as_they_are() {
        let script = Job::new(["~/bin/it's mine", "~/x"]).script(&RunId::new("r")).unwrap();
        assert!(script.ends_with("\nexec \"$HOME\"'/bin/it'\\''s mine' '~/x'"), "{script}");
    }

    #[test]
    fn a_debug_line_shows_no_secret() {
        let mut job = Job::new(["prog", "a prompt"]);
        job.env = vec![("TOKEN".into(), b"secret".to_vec())];
        job.stdin = Stdin::Bytes(b"words".to_vec());
        job.files = vec![("a.png".into(), b"pixels".to_vec())];
        let shown = format!("{job:?} {:?}", job.stdin);
        for hidden in ["secret", "words", "pixels", "a prompt"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("TOKEN") && shown.contains("prog"), "{shown}");
    }

    #[test]
    fn a_command_line_for_people_can_be_read_and_typed_again() {
        assert_eq!(Job::new(["ls", "-l", "it's me", ""]).command(), "ls -l 'it'\\''s me' ''");
    }
}
