use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The few things that the enumerator asks of a file system; a test hands in its own.
pub trait ConfigFiles {
    /// The whole file; bytes that aren't UTF-8 become `U+FFFD`.
    ///
    /// # Errors
    ///
    /// What the file system says.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// The paths that fit a glob of an `Include`, sorted as glob(3) does.
    ///
    /// # Errors
    ///
    /// What is wrong with the pattern, or the directory that can't be read.
    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>>;
}

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

/// A config of this size isn't one; `/dev/zero` in an Include must not fill the memory.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;

impl ConfigFiles for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        use std::io::Read;
        // A fifo or a device would make us wait.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(io::Error::other("larger than 16 MiB"));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>> {
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        glob::glob_with(pattern, options)
            .map_err(io::Error::other)?
            .map(|path| path.map_err(io::Error::from))
            .collect()
    }
}
