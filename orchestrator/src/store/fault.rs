//! What can go wrong with the database, in people's words.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ffi::ErrorCode;

use crate::failure::{Code, Failure};

/// Why a piece of work on the database failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite's word.
    Sql(rusqlite::Error),
    /// These rows can't be read: each with its place and the reason.
    Rows(Vec<String>),
    /// The work itself is refused.
    Refused(Failure),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Fault {
    /// A row that can't be read.
    pub(super) fn row(place: impl std::fmt::Display, why: impl std::fmt::Display) -> Self {
        Self::Rows(vec![format!("{place}: {why}")])
    }
}

/// The database's file, as messages name it.
#[derive(Clone, Debug)]
pub(super) struct Place(PathBuf);

impl Place {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What a person hears when `what` ("read", "write", "open") failed.
    pub(super) fn failure(&self, what: &str, fault: Fault) -> Failure {
        match fault {
            Fault::Sql(error) => self.sql(what, &error),
            Fault::Rows(rows) => self.corrupt(&rows.join("; ")),
            Fault::Refused(failure) => failure,
        }
    }

    /// The same for an error of the file system.
    pub(super) fn io(&self, what: &str, path: &Path, error: &io::Error) -> Failure {
        let message = format!("could not {what} {}: {error}", path.display());
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Failure::new(Code::PermissionDenied, message).hint(MODES)
            }
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Failure::new(Code::Internal, message).hint(SPACE),
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                Failure::new(Code::Conflict, message)
                    .hint("Move the file away that stands where the directory should be")
            }
            _ => Failure::new(Code::Internal, message),
        }
    }

    /// The file isn't what it should be; it is left as it is.
    pub(super) fn corrupt(&self, why: &str) -> Failure {
        let path = self.0.display();
        Failure::new(Code::Corrupt, format!("{path} can't be read: {why}")).hint(format!(
            "It was left as it is. Put a backup in its place, or move {path} and {path}-wal away to begin anew"
        ))
    }

    fn sql(&self, what: &str, error: &rusqlite::Error) -> Failure {
        let path = self.0.display();
        let message = format!("could not {what} {path}: {}", words(error));
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => self.corrupt("it is no database"),
            Some(ErrorCode::DatabaseCorrupt) => self.corrupt(&words(error)),
            Some(ErrorCode::DiskFull) => self.full(what),
            // What SQLite maps into memory or syncs fails with this word, also where the reason is a lack of room.
            Some(ErrorCode::SystemIoFailure) if no_room(&self.0) => self.full(what),
            Some(ErrorCode::SystemIoFailure) => Failure::new(Code::Internal, message)
                .hint("Check the disk and its quota; what was stored before is as it was"),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Failure::new(Code::PermissionDenied, message).hint(MODES)
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Failure::new(Code::Busy, message)
                    .hint("Another program holds the database; end it, then try again")
            }
            // Anything else is a statement of ours that doesn't fit.
            Some(_) | None => Failure::new(Code::Internal, message),
        }
    }

    fn full(&self, what: &str) -> Failure {
        let message = format!("could not {what} {}: No space left on device", self.0.display());
        Failure::new(Code::Internal, message).hint(SPACE)
    }
}

const SPACE: &str = "Free some space; what was stored before is as it was";
const MODES: &str = "Check the owner and mode of the file and its directory, and that the disk is not mounted read-only";

/// SQLite's own words, without the statement: a statement's values could be a prompt.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(words)) => words.clone(),
        rusqlite::Error::SqliteFailure(code, None) => code.to_string(),
        other => other.to_string(),
    }
}

/// Whether the file system of `path` has no room left for us.
fn no_room(path: &Path) -> bool {
    let dir = path.parent().unwrap_or(path);
    rustix::fs::statvfs(dir).is_ok_and(|stat| stat.f_bavail == 0)
}
