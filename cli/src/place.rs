//! What `HOST:PATH` and `S:PATH` name: a machine, or a session with its machine and directory, and a path there.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use orchestrator::failure::{Code, Failure};
use orchestrator::host::ResolvedHost;
use orchestrator::seam::{At, FilePath, Session};

use crate::app::App;
use crate::output::Stop;
use crate::seam;

/// What stands behind a verb's words.
#[derive(Debug)]
pub enum Named {
    /// A machine.
    Host(ResolvedHost),
    /// A session, which is only asked for where no host is called so.
    Session(Box<Session>),
}

/// A machine or session, and a path there.
#[derive(Debug)]
pub struct Place {
    /// Whose.
    pub named: Named,
    /// As it was typed; empty for the directory where relative paths begin.
    pub path: FilePath,
    /// What was typed before it.
    pub typed: String,
}

impl Place {
    /// What `argument` means: `HOST`, `HOST:PATH`, `S` or `S:PATH`. Both may have letters that aren't UTF-8 in PATH.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`], what is wrong with the host, and [`Code::HostUnknown`] where no session is called so, either.
    pub async fn find(app: &App, argument: &OsStr) -> Result<Self, Stop> {
        let Words { mut who, mut path } = Words::of(argument)?;
        let named = match app.resolve_host(&who) {
            Ok(host) => Named::Host(host),
            // A session's name may be one that no host can have.
            Err(Stop::Failure(unknown))
                if matches!(unknown.code, Code::HostUnknown | Code::Usage) =>
            {
                // A session's name may have a colon of its own.
                if path.is_some()
                    && let Some(whole) = argument.to_str()
                    && let Ok(session) = seam::session(&*app.engine().await?, whole).await
                    && session.name == whole
                {
                    (who, path) = (whole.to_owned(), None);
                }
                match seam::session(&*app.engine().await?, &who).await {
                    Ok(session) => Named::Session(Box::new(session)),
                    Err(missing) if missing.code == Code::NotFound => {
                        let message = format!("{}, nor is a session called so", unknown.message);
                        let hint = unknown.hint.unwrap_or_default();
                        let hint = format!("{hint}; `baton session list` shows the sessions");
                        return Err(Failure { message, hint: Some(hint), ..unknown }.into());
                    }
                    Err(failure) => return Err(failure.into()),
                }
            }
            Err(stop) => return Err(stop),
        };
        let path = FilePath(path.unwrap_or_default().into_vec());
        Ok(Self { named, path, typed: who })
    }

    /// The same where a path has to be named.
    ///
    /// # Errors
    ///
    /// As [`Place::find`], and [`Code::Usage`] without a `:`.
    pub async fn with_path(app: &App, argument: &OsStr) -> Result<Self, Stop> {
        if Words::of(argument)?.path.is_none() {
            let typed = argument.to_string_lossy();
            let message = format!("{typed:?} names no path");
            return Err(Failure::new(Code::Usage, message)
                .hint(format!("Write {typed}:PATH; a relative one begins in its directory"))
                .into());
        }
        Self::find(app, argument).await
    }

    /// Whether `argument`, which may be a mere path, names a machine or session before its colon.
    pub async fn names_another(app: &App, argument: &OsStr) -> bool {
        let is_path = matches!(argument.as_bytes().first(), Some(b'/' | b'.' | b'~'));
        !is_path && colon(argument.as_bytes()).is_some() && Self::find(app, argument).await.is_ok()
    }

    /// Where relative paths begin, for what takes a path beside it.
    pub fn at(&self) -> At {
        match &self.named {
            Named::Host(host) => At::Host { host: host.reference(), directory: None },
            Named::Session(session) => At::Session(session.id.clone()),
        }
    }

    /// The path itself as the directory that is meant: for git, worktrees and terminals.
    pub fn directory(&self) -> At {
        if self.path.bytes().is_empty() {
            return self.at();
        }
        let (host, usual) = match &self.named {
            Named::Host(host) => (host.reference(), host.directory(None)),
            Named::Session(session) => (session.host.clone(), session.cwd.clone()),
        };
        let begins_itself = matches!(self.path.bytes().first(), Some(b'/' | b'~'));
        let directory = match usual {
            Some(usual) if !begins_itself => FilePath::from(usual).join(self.path.bytes()),
            Some(_) | None => self.path.clone(),
        };
        At::Host { host, directory: Some(directory) }
    }

    /// Whether files outside of where relative paths begin may be changed: a host has no such place, and who names a path
    /// there means it.
    pub fn is_open(&self) -> bool {
        matches!(self.named, Named::Host(_))
    }
}

/// An argument in its two parts.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    who: String,
    path: Option<OsString>,
}

impl Words {
    fn of(argument: &OsStr) -> Result<Self, Failure> {
        let bytes = argument.as_bytes();
        let usage = |what: &str| {
            Failure::new(Code::Usage, format!("{}: {what}", argument.to_string_lossy().escape_debug()))
                .hint("Write HOST:PATH, or SESSION:PATH; a path may be relative, absolute, or begin with ~")
        };
        let colon = colon(bytes);
        let (who, path) = match colon {
            Some(at) => (&bytes[..at], Some(OsString::from_vec(bytes[at + 1..].to_vec()))),
            None => (bytes, None),
        };
        let who = std::str::from_utf8(who).map_err(|_| usage("no host's name is like that"))?;
        if who.is_empty() {
            return Err(usage("no host is named"));
        }
        Ok(Self { who: who.to_owned(), path })
    }
}

/// Where the path's colon stands: the first one that is no part of `ssh://`, of an address in brackets, or before a port. A port
/// is followed by another colon: `box:22:notes`, but `box:22` is the file `22`.
fn colon(bytes: &[u8]) -> Option<usize> {
    let scheme = if bytes.starts_with(b"ssh://") { 6 } else { 0 };
    let is_user = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    // Behind `user@` at most: a path may have brackets.
    let user = bytes[scheme..].iter().take_while(|byte| is_user(byte)).count();
    let host = scheme + if bytes.get(scheme + user) == Some(&b'@') { user + 1 } else { 0 };
    let from = match bytes.get(host) {
        Some(b'[') => host + bytes[host..].iter().position(|byte| *byte == b']')?,
        _ => scheme,
    };
    let first = from + bytes[from..].iter().position(|byte| *byte == b':')?;
    let digits = bytes[first + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let second = first + 1 + digits;
    Some(if digits > 0 && bytes.get(second) == Some(&b':') { second } else { first })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn words(argument: &str) -> (String, Option<String>) {
        let Words { who, path } = Words::of(OsStr::new(argument)).unwrap();
        (who, path.map(|path| path.into_string().unwrap()))
    }

    #[test]
    fn an_argument_is_parted_at_the_paths_colon() {
        let some = |who: &str, path: &str| (who.to_owned(), Some(path.to_owned()));
        assert_eq!(words("box"), ("box".into(), None));
        assert_eq!(words("box:"), some("box", ""));
        assert_eq!(words("box:/a:b"), some("box", "/a:b"));
        assert_eq!(words("ada@box:~/x y"), some("ada@box", "~/x y"));
        assert_eq!(words("ada@box:22:x"), some("ada@box:22", "x"));
        assert_eq!(words("box:22"), some("box", "22"));
        assert_eq!(words("ssh://box:22:x"), some("ssh://box:22", "x"));
        assert_eq!(words("[::1]:x"), some("[::1]", "x"));
        assert_eq!(words("ada@[::1]:22:x[1]"), some("ada@[::1]:22", "x[1]"));
        assert_eq!(words("box:[a]"), some("box", "[a]"));
        assert_eq!(words("my session:a"), some("my session", "a"));
    }

    #[test]
    fn who_isnt_named_isnt_guessed() {
        assert_eq!(Words::of(OsStr::new(":/x")).unwrap_err().code, Code::Usage);
        assert_eq!(Words::of(OsStr::new("")).unwrap_err().code, Code::Usage);
        assert_eq!(Words::of(OsStr::from_bytes(b"\xff:x")).unwrap_err().code, Code::Usage);
        let odd = Words::of(OsStr::from_bytes(b"box:\xff")).unwrap();
        assert_eq!(odd.path.unwrap().as_bytes(), b"\xff");
    }
}
