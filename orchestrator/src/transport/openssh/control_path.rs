//! Where the sockets of our masters live.

use std::hash::Hasher;
use std::path::{Path, PathBuf};

use crate::transport::{Target, TransportError};

/// The longest path of a socket, in bytes.
///
/// `sun_path` holds 104 with its NUL on macOS and 108 on Linux (unix(7)), and ssh first binds a temporary name
/// that is 17 bytes longer (OpenSSH mux.c, `muxserver_listen`): 86 and 90.
const LONGEST: usize = if cfg!(target_os = "macos") { 86 } else { 90 };

/// How the length of a path is made up: a `/`, 16 digits, a `-` and a slot of up to three digits.
const NAME_LENGTH: usize = 1 + 16 + 1 + 3;

/// The names of one target's masters; every process that means the same target finds the same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPaths {
    stem: PathBuf,
}

impl ControlPaths {
    /// Names the sockets of `target` in `dir`; `scope` holds everything else that tells connections apart.
    ///
    /// # Errors
    ///
    /// [`TransportError::NotSetUp`] when `dir` leaves no room for them.
    pub fn new(dir: &Path, target: &Target, scope: &str) -> Result<Self, TransportError> {
        check_room(dir)?;
        let mut hash = Fnv::new();
        let identity =
            target.identity_file.as_deref().map(Path::to_string_lossy).unwrap_or_default();
        let port = target.port.map(|port| port.to_string()).unwrap_or_default();
        for part in [
            &*target.destination,
            target.user.as_deref().unwrap_or_default(),
            &port,
            &identity,
            scope,
        ] {
            hash.write(part.as_bytes());
            hash.write(&[0]);
        }
        Ok(Self { stem: dir.join(format!("{:016x}", hash.finish())) })
    }

    /// The socket of the `slot`th connection.
    pub fn socket(&self, slot: u16) -> PathBuf {
        self.with(&format!("-{slot}"))
    }

    /// What ssh says of the `slot`th connection.
    pub fn log(&self, slot: u16) -> PathBuf {
        self.with(&format!("-{slot}.log"))
    }

    /// Held while the `slot`th connection is made.
    pub fn lock(&self, slot: u16) -> PathBuf {
        self.with(&format!("-{slot}.lock"))
    }

    fn with(&self, end: &str) -> PathBuf {
        let mut path = self.stem.clone().into_os_string();
        path.push(end);
        path.into()
    }
}

/// Says whether `dir` leaves room for the sockets of connections.
///
/// # Errors
///
/// [`TransportError::NotSetUp`] with how much too long it is.
pub fn check_room(dir: &Path) -> Result<(), TransportError> {
    let length = dir.as_os_str().len() + NAME_LENGTH;
    if length > LONGEST {
        return Err(TransportError::NotSetUp {
            what: format!(
                "{} is too long by {} bytes for the sockets of ssh connections",
                dir.display(),
                length - LONGEST
            ),
            hint: "Set BATON_HOME or XDG_RUNTIME_DIR to a shorter path".into(),
        });
    }
    Ok(())
}

/// Names a text by what it says: equal texts have equal names, on every run.
pub(super) fn fingerprint(text: &str) -> u64 {
    let mut hash = Fnv::new();
    hash.write(text.as_bytes());
    hash.finish()
}

/// FNV-1a, 64 bits: the same on every run and machine, which the standard hasher doesn't promise.
struct Fnv(u64);

impl Fnv {
    /// Starts at the hash's own offset basis.
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::host::HostId;

    fn target(destination: &str) -> Target {
        Target {
            id: HostId::new("x"),
            destination: destination.into(),
            user: None,
            port: None,
            identity_file: None,
        }
    }

    #[test]
    fn one_target_has_one_name_and_others_have_others() {
        let dir = Path::new("/run/baton");
        let a = ControlPaths::new(dir, &target("a"), "").unwrap();
        assert_eq!(a, ControlPaths::new(dir, &target("a"), "").unwrap());
        assert_ne!(a, ControlPaths::new(dir, &target("b"), "").unwrap());
        assert_ne!(a, ControlPaths::new(dir, &target("a"), "other config").unwrap());
        assert_ne!(a.socket(0), a.socket(1));
    }

    #[test]
    fn a_path_that_is_too_long_is_said_at_once() {
        let dir = PathBuf::from(format!("/{}", "d".repeat(80)));
        let refused = ControlPaths::new(&dir, &target("a"), "").unwrap_err();
        assert!(refused.to_string().contains("too long by"), "{refused}");
        assert!(refused.hint().is_some());
    }
}
