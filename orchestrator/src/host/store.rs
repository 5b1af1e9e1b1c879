use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::{Change, Hosts, HostsError, apply, parse, validate};
use crate::failure::Failure;

/// An edit holds the lock for a few milliseconds; who waits longer than this waits for something that hangs.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);
/// As many as Linux follows (path_resolution(7)).
const MOST_SYMLINKS: usize = 40;

/// The file `hosts.toml`: reads it, and edits it so that nobody's work is lost.
#[derive(Clone, Debug)]
pub struct HostsStore {
    path: PathBuf,
}

impl HostsStore {
    /// The store of the file at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is; may be a symlink.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file; one that isn't there has no hosts.
    ///
    /// # Errors
    ///
    /// [`HostsError::Broken`] with every problem and its place.
    pub fn read(&self) -> Result<Hosts, HostsError> {
        let text = self.text(&self.path)?;
        self.parse(&text)
    }

    /// Decides on the fresh file under the lock what to change, and changes it.
    ///
    /// The new file is put in place whole, with mode 0600, or not at all; a symlink's target is
    /// replaced and the symlink stays. Blocks while another process edits.
    ///
    /// # Errors
    ///
    /// [`HostsError::Broken`] when the file is broken already, [`HostsError::Invalid`] when it would become so,
    /// [`HostsError::Refused`] with the failure that `decide` returned.
    pub fn edit<T>(
        &self,
        decide: impl FnOnce(&Hosts) -> Result<(Vec<Change>, T), Failure>,
    ) -> Result<T, HostsError> {
        let target = self.target()?;
        let dir = target.parent().unwrap_or(Path::new("."));
        let lock = lock(&target)?;
        let old = self.text(&target)?;
        let hosts = self.parse(&old)?;
        let (changes, answer) = decide(&hosts).map_err(HostsError::Refused)?;
        let new = apply(&old, &changes).map_err(|error| self.not_toml(&error))?;
        check(&hosts, &changes)?;
        // What we are about to write must be readable again, whatever the edit did.
        self.parse(&new)?;
        if new != old {
            write(dir, &target, &new)?;
        }
        drop(lock);
        Ok(answer)
    }

    fn text(&self, path: &Path) -> Result<String, HostsError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            Err(source) => return Err(HostsError::Io { what: "read", path: path.into(), source }),
        };
        String::from_utf8(bytes).map_err(|error| {
            let good =
                String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            let problem = super::Problem {
                line: good.matches('\n').count() + 1,
                column: good.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
                message: "the file is not UTF-8".into(),
            };
            HostsError::Broken { path: self.path.clone(), problems: vec![problem] }
        })
    }

    fn parse(&self, text: &str) -> Result<Hosts, HostsError> {
        parse(text).map_err(|problems| HostsError::Broken { path: self.path.clone(), problems })
    }

    fn not_toml(&self, error: &toml_edit::TomlError) -> HostsError {
        let problem = super::Problem { line: 1, column: 1, message: error.message().to_owned() };
        HostsError::Broken { path: self.path.clone(), problems: vec![problem] }
    }

    /// The file behind the symlinks, also where it isn't there yet.
    pub(super) fn target(&self) -> Result<PathBuf, HostsError> {
        let mut path = self.path.clone();
        for _ in 0..MOST_SYMLINKS {
            match fs::read_link(&path) {
                Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
                // No symlink, or nothing there.
                Err(_) => return Ok(path),
            }
        }
        let source = io::Error::other("too many symlinks");
        Err(HostsError::Io { what: "follow", path: self.path.clone(), source })
    }
}

/// The faults that the changes would bring, named as a form knows the fields where there is one host.
fn check(hosts: &Hosts, changes: &[Change]) -> Result<(), HostsError> {
    let mut after = hosts.clone();
    for change in changes {
        match change {
            Change::Put(host) => match after.hosts.iter_mut().find(|old| old.id == host.id) {
                Some(old) => old.clone_from(host),
                None => after.hosts.push(host.clone()),
            },
            Change::Remove(id) => {
                after.hosts.retain(|host| &host.id != id);
                after.default = after.default.filter(|default| default != id);
            }
            Change::Default(id) => after.default.clone_from(id),
        }
    }
    let faults = validate(&after, &|_| true);
    if faults.is_empty() { Ok(()) } else { Err(HostsError::Invalid { faults }) }
}

/// Holds the lock file `hosts.toml.lock` beside the target until it is dropped. The file itself stays:
/// whoever removed it could split the waiting processes into two crowds with a lock each.
fn lock(target: &Path) -> Result<File, HostsError> {
    let mut path = target.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let failed = |source| HostsError::Io { what: "lock", path: path.clone(), source };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    let since = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if since.elapsed() < LOCK_PATIENCE => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "between two looks at a condition, on a thread without a runtime"
                )]
                thread::sleep(Duration::from_millis(5));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(HostsError::Locked {
                    lock: path,
                    waited_secs: LOCK_PATIENCE.as_secs(),
                });
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(failed(error.into())),
        }
    }
}

fn write(dir: &Path, target: &Path, text: &str) -> Result<(), HostsError> {
    let failed = |source| HostsError::Io { what: "write", path: target.into(), source };
    // `tempfile` makes it with mode 0600 and removes it again on every way out but the last.
    let mut file =
        tempfile::Builder::new().prefix(".hosts.toml.").tempfile_in(dir).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(target).map_err(|error| failed(error.error))?;
    // The rename itself must survive a power cut, too.
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
