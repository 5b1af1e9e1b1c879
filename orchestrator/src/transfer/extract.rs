//! A stream of tar, of one archive or several, that becomes a directory of this machine, whoever wrote it.
//!
//! Nothing is made outside of the directory: names that lead out of it are refused, no link is made before all files
//! are, and none that is there already is followed: so none is written through one.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::header::{BLOCK, Header, Kind, padding};
use super::local::{remove, umask};
use super::talk::CHUNK;
use super::trouble::here;
use crate::failure::{Code, Failure};

/// What names and records may be at most: longer than any path that a system takes.
const LONGEST: u64 = 1 << 20;

/// What came out of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extracted {
    /// Whether it came to its end.
    pub(super) whole: bool,
    /// Sockets, pipes and devices, which nobody transfers.
    pub(super) left_out: u64,
}

/// Reads `stream` into `root`, a directory of ours; `count` hears of the bytes of files. Behind the end of an archive there may be
/// another one where `several` are expected; else nobody looks there, since some tars leave there what they have read before.
///
/// # Errors
///
/// What a hostile or broken stream holds, and what the file system says. A stream that ends early is no error.
pub(super) fn extract(
    stream: &mut dyn Read,
    root: &Path,
    several: bool,
    count: &dyn Fn(u64),
) -> Result<Extracted, Failure> {
    let mut extraction = Extraction {
        stream,
        root,
        several,
        count,
        mask: umask(),
        links: BTreeMap::new(),
        directories: Vec::new(),
        done: Extracted::default(),
    };
    match extraction.all() {
        Ok(()) => {}
        Err(Broken::Ended) => return Ok(extraction.done),
        Err(Broken::Failed(why)) => return Err(why),
    }
    extraction.links()?;
    extraction.directories()?;
    extraction.done.whole = true;
    Ok(extraction.done)
}

enum Broken {
    /// In the middle.
    Ended,
    Failed(Failure),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

struct Extraction<'a> {
    stream: &'a mut dyn Read,
    root: &'a Path,
    several: bool,
    count: &'a dyn Fn(u64),
    mask: u32,
    /// Made at the end.
    links: BTreeMap<PathBuf, Vec<u8>>,
    /// Their times and modes are set at the end.
    directories: Vec<(PathBuf, u32, u64)>,
    done: Extracted,
}

/// What stands before an entry, and is about it.
#[derive(Default)]
struct Before {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Extraction<'_> {
    fn all(&mut self) -> Result<(), Broken> {
        let mut before = Before::default();
        let mut ended = false;
        loop {
            let mut block = [0; BLOCK];
            match self.fill(&mut block) {
                Err(Broken::Ended) if ended => return Ok(()),
                filled => filled?,
            }
            let header = Header::read(&block)
                .map_err(|_| hostile("it is no tar archive, or was changed on the way"))?;
            ended = header.is_none();
            let Some(header) = header else {
                if self.several {
                    continue;
                }
                return Ok(());
            };
            match header.kind {
                Kind::LongName => before.name = Some(self.words(header.size)?),
                Kind::LongLink => before.link = Some(self.words(header.size)?),
                Kind::Records => {
                    let records = self.bytes(header.size)?;
                    read_records(&records, &mut before)?;
                }
                Kind::GlobalRecords => {
                    self.bytes(header.size)?;
                }
                Kind::File | Kind::HardLink | Kind::Link | Kind::Directory | Kind::Special => {
                    let about = std::mem::take(&mut before);
                    let header = Header {
                        name: about.name.unwrap_or(header.name),
                        link: about.link.unwrap_or(header.link),
                        size: about.size.unwrap_or(header.size),
                        ..header
                    };
                    self.entry(&header)?;
                }
                Kind::Other(letter) => {
                    let what = format!(
                        "it has an entry of a kind ({}) that isn't known",
                        letter.escape_ascii()
                    );
                    return Err(hostile(&what).into());
                }
            }
        }
    }

    fn entry(&mut self, header: &Header) -> Result<(), Broken> {
        let path = inside(&header.name)?;
        let full = self.root.join(&path);
        let failed = |error: io::Error| Broken::Failed(here(&full, &error));
        if header.kind == Kind::Directory {
            self.parents(&path)?;
            if !full.symlink_metadata().is_ok_and(|about| about.is_dir()) {
                DirBuilder::new().mode(0o700).create(&full).map_err(failed)?;
            }
            self.directories.push((path, header.mode, header.modified));
            return self.skip(whole(header.size));
        }
        if path.as_os_str().is_empty() {
            return Err(hostile("it has a file without a name").into());
        }
        match header.kind {
            Kind::File => {
                self.parents(&path)?;
                // The same name may come again: the last one counts.
                self.links.remove(&path);
                if full.symlink_metadata().is_ok() {
                    remove(&full);
                }
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&full)
                    .map_err(failed)?;
                self.file(&mut file, header.size).map_err(|broken| match broken {
                    Copied::Ended => Broken::Ended,
                    Copied::Failed(error) => failed(error),
                })?;
                let mode = header.mode & 0o777 & !self.mask;
                file.set_permissions(Permissions::from_mode(mode)).map_err(failed)?;
                file.set_modified(time(header.modified)).map_err(failed)?;
                self.skip(padding(header.size) as u64)
            }
            Kind::Link => {
                self.links.insert(path, header.link.clone());
                self.skip(whole(header.size))
            }
            Kind::HardLink => {
                let to = inside(&header.link)?;
                if let Some(target) = self.links.get(&to).cloned() {
                    self.links.insert(path, target);
                    return Ok(());
                }
                self.parents(&path)?;
                self.parents(&to)?;
                let source = self.root.join(&to);
                if !source.symlink_metadata().is_ok_and(|about| about.is_file()) {
                    return Err(hostile("it links to what it doesn't hold").into());
                }
                if full.symlink_metadata().is_ok() {
                    remove(&full);
                }
                fs::hard_link(&source, &full).map_err(failed)?;
                self.skip(whole(header.size))
            }
            _ => {
                self.done.left_out += 1;
                self.skip(whole(header.size))
            }
        }
    }

    /// Makes the directories above a path. Each has to be one: a link that lay there before the stream came is not followed.
    fn parents(&self, path: &Path) -> Result<(), Failure> {
        let mut above = self.root.to_owned();
        for part in path.parent().into_iter().flat_map(Path::components) {
            above.push(part);
            match above.symlink_metadata() {
                Ok(about) if about.is_dir() => {}
                Ok(_) => return Err(hostile("it has something in what is no directory")),
                Err(_) => DirBuilder::new()
                    .mode(0o700)
                    .create(&above)
                    .map_err(|error| here(&above, &error))?,
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &mut File, size: u64) -> Result<(), Copied> {
        let mut buffer = vec![0; CHUNK];
        let mut left = size;
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            match self.stream.read(&mut buffer[..room]) {
                Ok(0) | Err(_) => return Err(Copied::Ended),
                Ok(read) => {
                    file.write_all(&buffer[..read]).map_err(Copied::Failed)?;
                    (self.count)(read as u64);
                    left -= read as u64;
                }
            }
        }
        Ok(())
    }

    /// Makes the links, each in a directory that is one.
    fn links(&mut self) -> Result<(), Failure> {
        for (path, target) in std::mem::take(&mut self.links) {
            self.parents(&path)?;
            let full = self.root.join(&path);
            symlink(std::ffi::OsStr::from_bytes(&target), &full)
                .map_err(|error| here(&full, &error))?;
        }
        Ok(())
    }

    fn directories(&self) -> Result<(), Failure> {
        for (path, mode, modified) in self.directories.iter().rev() {
            let full = self.root.join(path);
            let set = || {
                let mode = (mode & 0o777 & !self.mask) | 0o700;
                fs::set_permissions(&full, Permissions::from_mode(mode))?;
                File::open(&full)?.set_modified(time(*modified))
            };
            set().map_err(|error| here(&full, &error))?;
        }
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Broken> {
        self.stream.read_exact(buffer).map_err(|_| Broken::Ended)
    }

    fn bytes(&mut self, size: u64) -> Result<Vec<u8>, Broken> {
        let length = usize::try_from(size).ok().filter(|_| size <= LONGEST);
        let length = length.ok_or_else(|| hostile("it has a name of more than a mebibyte"))?;
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        self.skip(padding(size) as u64)?;
        Ok(bytes)
    }

    /// Bytes up to the first NUL.
    fn words(&mut self, size: u64) -> Result<Vec<u8>, Broken> {
        let mut bytes = self.bytes(size)?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        bytes.truncate(end);
        Ok(bytes)
    }

    fn skip(&mut self, mut left: u64) -> Result<(), Broken> {
        let mut buffer = [0; 4096];
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(buffer.len()).min(buffer.len());
            self.fill(&mut buffer[..room])?;
            left -= room as u64;
        }
        Ok(())
    }
}

enum Copied {
    Ended,
    Failed(io::Error),
}

/// `LENGTH KEY=VALUE\n`, one after the other.
fn read_records(mut records: &[u8], before: &mut Before) -> Result<(), Failure> {
    let broken = || hostile("it has records that can't be read");
    while !records.is_empty() {
        let blank = records.iter().position(|byte| *byte == b' ').ok_or_else(broken)?;
        let length: usize = std::str::from_utf8(&records[..blank])
            .ok()
            .and_then(|text| text.parse().ok())
            .filter(|length| (blank + 2..=records.len()).contains(length))
            .ok_or_else(broken)?;
        let record = &records[blank + 1..length - 1];
        records = &records[length..];
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(broken)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        match key {
            b"path" => before.name = Some(value.to_vec()),
            b"linkpath" => before.link = Some(value.to_vec()),
            b"size" => {
                let size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                before.size = Some(size.ok_or_else(broken)?);
            }
            // Its entries are no files as they stand.
            _ if key.starts_with(b"GNU.sparse.") => {
                return Err(hostile("it has a sparse file in a form that isn't known"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// How many bytes an entry takes behind its block. A hostile size may be anything: its stream ends before that.
fn whole(size: u64) -> u64 {
    size.saturating_add(padding(size) as u64)
}

/// A name within the directory.
fn inside(name: &[u8]) -> Result<PathBuf, Failure> {
    let mut path = PathBuf::new();
    for part in Path::new(std::ffi::OsStr::from_bytes(name)).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                let name = String::from_utf8_lossy(name).escape_debug().to_string();
                return Err(hostile(&format!("{name} leads out of the directory")));
            }
        }
    }
    Ok(path)
}

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

fn hostile(what: &str) -> Failure {
    Failure::new(Code::Corrupt, format!("the host's archive is refused: {what}"))
        .hint("Nothing was changed here; look at the directory on the host before you try again")
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
