//! Opening the database: made where there is none, brought up to date, and refused where it isn't ours to touch.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use rusqlite_migration::{M, Migrations};
use rustix::fs::{Access, FlockOperation, access, flock};

use super::fault::{Fault, Place};
use crate::failure::{Code, Failure};

/// Every step of the schema; one that was ever released is never edited.
const STEPS: &[M<'_>] = &[
    M::up(include_str!("migrations/0001.sql")),
    M::up(include_str!("migrations/0002.sql")),
    M::up(include_str!("migrations/0003.sql")),
    M::up(include_str!("migrations/0004.sql")),
    M::up(include_str!("migrations/0005.sql")),
    M::up(include_str!("migrations/0006.sql")),
];

/// Other processes hold the write lock for milliseconds; who waits longer than this waits for something that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database that others of this process can open, too.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A file.
    File(Place),
    /// In this process' memory, by a name of its own.
    Memory(Place),
}

impl Source {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::File(place) | Self::Memory(place) => place,
        }
    }

    fn connect(&self, access: OpenFlags) -> Result<Connection, rusqlite::Error> {
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Self::File(place) => Connection::open_with_flags(place.path(), flags)?,
            Self::Memory(place) => {
                let name = format!("file:{}?vfs=memdb", place.path().display());
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                    | OpenFlags::SQLITE_OPEN_CREATE
                    | OpenFlags::SQLITE_OPEN_NO_MUTEX
                    | OpenFlags::SQLITE_OPEN_URI;
                Connection::open_with_flags(name, flags)?
            }
        };
        connection.busy_timeout(PATIENCE)?;
        Ok(connection)
    }

    /// A connection that reads.
    pub(super) fn reader(&self) -> Result<Connection, rusqlite::Error> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// The connection that writes, its schema brought up to date.
    pub(super) fn writer(&self) -> Result<Connection, Failure> {
        let failed = |fault: Fault| self.place().failure("open", fault);
        if let Self::File(place) = self {
            make(place)?;
        }
        let mut connection = self
            .connect(OpenFlags::SQLITE_OPEN_READ_WRITE)
            .map_err(|error| failed(error.into()))?;
        // Before anything is written, its journal's mode included: what isn't ours stays as it is.
        if version(self.place(), &connection)? < STEPS.len() {
            let lock = match self {
                Self::File(place) => Some(lock(place)?),
                Self::Memory(_) => None,
            };
            version(self.place(), &connection)?;
            prepare(self, &connection)?;
            Migrations::from_slice(STEPS).to_latest(&mut connection).map_err(
                |error| match error {
                    rusqlite_migration::Error::RusqliteError { err, .. } => failed(err.into()),
                    other => Failure::new(
                        Code::Internal,
                        format!("could not bring the database up to date: {other}"),
                    ),
                },
            )?;
            drop(lock);
        } else {
            prepare(self, &connection)?;
        }
        Ok(connection)
    }
}

/// Makes the directory (0700) and an empty file (0600) where they are missing, and looks whether they may be written.
///
/// A file that is there is never opened here: closing it again would take away the locks that SQLite holds on it in
/// this process (fcntl(2)).
fn make(place: &Place) -> Result<(), Failure> {
    let path = place.path();
    let dir = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| place.io("make", dir, &error))?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(place.io("make", path, &error)),
    }
    let meta = path.metadata().map_err(|error| place.io("open", path, &error))?;
    if meta.is_dir() {
        let message = format!("could not open {}: it is a directory", path.display());
        return Err(Failure::new(Code::IsDirectory, message).hint("Move the directory away"));
    }
    access(path, Access::READ_OK | Access::WRITE_OK)
        .map_err(|errno| place.io("write", path, &errno.into()))?;
    if meta.permissions().mode() & 0o077 != 0 {
        // It holds the values of environments, whoever made it readable for others.
        std::fs::set_permissions(path, Permissions::from_mode(0o600))
            .map_err(|error| place.io("take others' access from", path, &error))?;
    }
    Ok(())
}

/// Looks at the schema's version, and refuses a database that is newer or another program's.
fn version(place: &Place, connection: &Connection) -> Result<usize, Failure> {
    let failed = |error: rusqlite::Error| place.failure("open", error.into());
    // One look: between two, another process may make its tables.
    let (version, foreign) = connection
        .unchecked_transaction()
        .and_then(|look| {
            let version: i64 = look.pragma_query_value(None, "user_version", |row| row.get(0))?;
            let table: Option<String> = look
                .query_row("SELECT name FROM sqlite_schema LIMIT 1", [], |row| row.get(0))
                .optional()?;
            Ok((version, table))
        })
        .map_err(failed)?;
    let version = usize::try_from(version).map_err(|_| place.corrupt("its version is negative"))?;
    if version > STEPS.len() {
        let message = format!(
            "{} was written by a newer version of Baton (its schema is {version}, ours {})",
            place.path().display(),
            STEPS.len()
        );
        return Err(Failure::new(Code::Unsupported, message)
            .hint("It was left as it is. Use the newer version of Baton"));
    }
    if version == 0 && foreign.is_some() {
        return Err(place.corrupt("it is another program's database"));
    }
    Ok(version)
}

/// Sets what holds for each writing connection.
///
/// `synchronous = FULL`: a commit is on the disk before anybody is told. With NORMAL a power cut could take the last
/// commits back: a message that was sent already would be sent again, and numbers of events would be given out twice.
fn prepare(source: &Source, connection: &Connection) -> Result<(), Failure> {
    let place = source.place();
    let failed = |error: rusqlite::Error| place.failure("open", error.into());
    if connection.is_readonly("main").map_err(failed)? {
        let error = io::Error::from(io::ErrorKind::ReadOnlyFilesystem);
        return Err(place.io("write", place.path(), &error));
    }
    if let Source::File(_) = source {
        let mode: String = connection
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
            .map_err(failed)?;
        if mode != "wal" {
            let message = format!(
                "the file system of {} has no shared memory for the database",
                place.path().display()
            );
            return Err(Failure::new(Code::Unsupported, message)
                .hint("Put the data directory on a local disk"));
        }
    }
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    // A transaction that changes more pages than the cache holds writes some of them twice: KiB, negative by SQLite's rule.
    connection.pragma_update(None, "cache_size", -16_384).map_err(failed)?;
    // A long transaction leaves a long journal; it is cut back to this many bytes afterwards.
    connection.pragma_update(None, "journal_size_limit", 16 << 20).map_err(failed)
}

/// Holds `baton.db.lock` until it is dropped, so that two processes don't make the same tables. The file stays.
fn lock(place: &Place) -> Result<File, Failure> {
    let mut path = place.path().as_os_str().to_owned();
    path.push(".lock");
    let path = Path::new(&path);
    let failed = |error: io::Error| place.io("lock", path, &error);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    let since = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::WOULDBLOCK) if since.elapsed() < PATIENCE => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "between two looks at a condition, while nothing can go on without the database"
                )]
                thread::sleep(Duration::from_millis(5));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let message = format!(
                    "another program has held {} for {} s",
                    path.display(),
                    PATIENCE.as_secs()
                );
                return Err(Failure::new(Code::Busy, message)
                    .hint("End the program that holds it, then try again"));
            }
            Err(error) => return Err(failed(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_the_schema_are_sound() {
        assert_eq!(Migrations::from_slice(STEPS).validate(), Ok(()));
    }
}
