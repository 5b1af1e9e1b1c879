//! Reading the `known_hosts` files and appending to one. Blocking: call it from a blocking thread.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use russh::keys::ssh_key::public::KeyData;

use super::known_hosts::{KnownHosts, KnownName, line_for};

/// Bytes of salt of a hashed name; OpenSSH uses the length of a SHA1 sum, too.
const SALT_BYTES: usize = 20;

/// Reads all `files`. A file that isn't there is empty.
///
/// # Errors
///
/// Names the file that is there and can't be read: without it, a changed or revoked key would pass.
pub(super) fn read(files: &[PathBuf]) -> io::Result<KnownHosts> {
    let mut texts = Vec::new();
    for file in files {
        match std::fs::read(file) {
            Ok(bytes) => texts.push((file, String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if is_absent(&error) => {}
            Err(error) => {
                return Err(io::Error::new(error.kind(), format!("{}: {error}", file.display())));
            }
        }
    }
    Ok(KnownHosts::parse(texts.iter().map(|(file, text)| (file.as_path(), text.as_str()))))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Appends the key of a host as one line in one write, so that two writers never mix.
///
/// A new file has mode 0600, a new directory 0700. With `hash` the name can't be read from the line.
///
/// # Errors
///
/// The file or its directory can't be made or written.
pub(super) fn remember(file: &Path, name: &KnownName, key: &KeyData, hash: bool) -> io::Result<()> {
    let salt = if hash {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        Some(salt)
    } else {
        None
    };
    let line = line_for(name, key, salt.as_ref().map(<[u8; SALT_BYTES]>::as_slice))
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "a key that can't be written"))?;
    if let Some(dir) = file.parent() {
        make_dir(dir)?;
    }
    let mut file = open_to_append(file)?;
    let start = if ends_in_the_middle_of_a_line(&mut file) { "\n" } else { "" };
    file.write_all(format!("{start}{line}\n").as_bytes())
}

/// Whether a person's last line lacks its end. What can't be asked (`/dev/null`) has none.
///
/// Beside another writer it may see half a line; an empty line is all that comes of it.
fn ends_in_the_middle_of_a_line(file: &mut File) -> bool {
    let mut last = [0];
    let read = file.seek(SeekFrom::End(-1)).and_then(|_| file.read(&mut last));
    matches!(read, Ok(1)) && last != *b"\n"
}

#[cfg(unix)]
fn open_to_append(file: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(file)
}

#[cfg(not(unix))]
fn open_to_append(file: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(file)
}

/// Makes a directory and its parents, for this account only.
pub(super) fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::transport::native::known_hosts::Verdict;

    /// The public half of a new key.
    fn key(dir: &Path, kind: &str, name: &str) -> (PathBuf, KeyData) {
        let file = dir.join(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", "", "-C", "a comment", "-f"])
            .arg(&file)
            .status();
        assert!(made.unwrap().success(), "ssh-keygen: apt-get install openssh-client");
        let public = file.with_extension("pub");
        let key = russh::keys::load_public_key(&public).unwrap().key_data().clone();
        (public, key)
    }

    /// Whether OpenSSH finds the name in the file.
    fn ssh_finds(file: &Path, name: &str) -> bool {
        let found = Command::new("ssh-keygen").args(["-F", name, "-f"]).arg(file).output();
        !found.unwrap().stdout.is_empty()
    }

    fn verdict(file: &Path, name: &KnownName, key: &KeyData) -> Verdict {
        read(&[file.to_owned()]).unwrap().verdict(name, key)
    }

    #[test]
    fn what_we_add_is_found_by_ssh_and_by_us() {
        let dir = tempfile::tempdir().unwrap();
        let (_, ed25519) = key(dir.path(), "ed25519", "a");
        for hash in [false, true] {
            let file = dir.path().join(format!("new {hash}/known_hosts"));
            let plain = KnownName::new("Box.example.org", 22, None);
            let port = KnownName::new("::1", 2222, None);
            remember(&file, &plain, &ed25519, hash).unwrap();
            remember(&file, &port, &ed25519, hash).unwrap();
            assert!(ssh_finds(&file, "box.example.org"), "hashed: {hash}");
            assert!(ssh_finds(&file, "[::1]:2222"), "hashed: {hash}");
            assert!(!ssh_finds(&file, "other.example.org"));
            assert_eq!(verdict(&file, &plain, &ed25519), Verdict::Known);
            assert_eq!(verdict(&file, &port, &ed25519), Verdict::Known);
            let text = std::fs::read_to_string(&file).unwrap();
            assert_eq!(text.contains("box.example.org"), !hash);
            assert_eq!(text.lines().count(), 2);
        }
    }

    #[test]
    fn what_ssh_hashes_we_find() {
        let dir = tempfile::tempdir().unwrap();
        let (public, ed25519) = key(dir.path(), "ed25519", "a");
        let line = std::fs::read_to_string(public).unwrap();
        let file = dir.path().join("known_hosts");
        std::fs::write(&file, format!("box,10.0.0.7 {line}[box]:2022 {line}")).unwrap();
        let hashed = Command::new("ssh-keygen").args(["-H", "-f"]).arg(&file).output();
        assert!(hashed.unwrap().status.success());
        assert!(!std::fs::read_to_string(&file).unwrap().contains("box"));
        for (host, port) in [("box", 22), ("10.0.0.7", 22), ("BOX", 2022)] {
            let name = KnownName::new(host, port, None);
            assert_eq!(verdict(&file, &name, &ed25519), Verdict::Known, "{host}:{port}");
        }
        let other = KnownName::new("10.0.0.8", 22, None);
        assert_eq!(verdict(&file, &other, &ed25519), Verdict::Unknown);
    }

    #[test]
    fn a_last_line_without_an_end_is_not_glued_to_ours() {
        let dir = tempfile::tempdir().unwrap();
        let (public, first) = key(dir.path(), "ed25519", "a");
        let (_, second) = key(dir.path(), "ecdsa", "b");
        let file = dir.path().join("known_hosts");
        let line = std::fs::read_to_string(public).unwrap();
        std::fs::write(&file, format!("old {}", line.trim_end())).unwrap();
        let new = KnownName::new("new", 22, None);
        remember(&file, &new, &second, false).unwrap();
        assert_eq!(verdict(&file, &KnownName::new("old", 22, None), &first), Verdict::Known);
        assert_eq!(verdict(&file, &new, &second), Verdict::Known);
    }

    #[test]
    fn many_writers_at_once_lose_no_line() {
        let dir = tempfile::tempdir().unwrap();
        let (_, ed25519) = key(dir.path(), "ed25519", "a");
        let file = dir.path().join("sub/known_hosts");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let (file, ed25519) = (&file, &ed25519);
                scope.spawn(move || {
                    for n in 0..20 {
                        let name = KnownName::new(&format!("h{writer}-{n}"), 22, None);
                        remember(file, &name, ed25519, true).unwrap();
                    }
                });
            }
        });
        let known = read(std::slice::from_ref(&file)).unwrap();
        for writer in 0..8 {
            for n in 0..20 {
                let name = KnownName::new(&format!("h{writer}-{n}"), 22, None);
                assert_eq!(known.verdict(&name, &ed25519), Verdict::Known);
            }
        }
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 160);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_for_this_account_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (_, ed25519) = key(dir.path(), "ed25519", "a");
        let file = dir.path().join("sub/known_hosts");
        remember(&file, &KnownName::new("box", 22, None), &ed25519, false).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_and_a_missing_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(&[dir.path().join("missing")]).is_ok());
        assert!(read(&[dir.path().to_owned()]).is_err(), "a directory is no file");
    }
}
