//! Files and directories of a server, whole: several requests at once.

use futures::future::join_all;

use super::session::{AT_ONCE, Done, Refused, Session};
use super::wire::{Attrs, Body, Reader, flag, kind, status};

/// What is read or written in one request: what every server takes (draft-ietf-secsh-filexfer-02, 3).
const PIECE: u32 = 32 * 1024;

/// What renames onto a file that is there.
const RENAME: &str = "posix-rename@openssh.com";

const FSYNC: &str = "fsync@openssh.com";
const STATVFS: &str = "statvfs@openssh.com";

/// Names of a directory, with what is known of each.
pub(crate) type Entries = Vec<(Vec<u8>, Attrs)>;

/// Where that is in a file: nowhere behind the last byte that one may have, which some servers take for nonsense (`off_t`).
fn within(offset: u64, start: u64) -> Option<u64> {
    offset.checked_add(start).filter(|at| i64::try_from(*at).is_ok())
}

impl Session {
    /// Opens a file that is there.
    pub(crate) async fn open_file(&self, full: &[u8]) -> Done<Vec<u8>> {
        let body = Body::default().bytes(full).number(flag::READ).attrs(&Attrs::default());
        self.open(kind::OPEN, body).await
    }

    /// Makes a file that nobody has, with `attrs`.
    pub(crate) async fn make_file(&self, full: &[u8], attrs: &Attrs) -> Done<Vec<u8>> {
        let flags = flag::READ | flag::WRITE | flag::CREATE | flag::EXCLUSIVE;
        self.open(kind::OPEN, Body::default().bytes(full).number(flags).attrs(attrs)).await
    }

    /// Opens one to go on with it.
    pub(crate) async fn continue_file(&self, full: &[u8]) -> Done<Vec<u8>> {
        let flags = flag::READ | flag::WRITE;
        let body = Body::default().bytes(full).number(flags).attrs(&Attrs::default());
        self.open(kind::OPEN, body).await
    }

    /// What is known of an open file.
    pub(crate) async fn fstat(&self, handle: &[u8]) -> Done<Attrs> {
        self.attrs(kind::FSTAT, handle).await
    }

    /// Sets what `attrs` have.
    pub(crate) async fn set(&self, handle: &[u8], attrs: &Attrs) -> Done<()> {
        self.order(kind::FSETSTAT, Body::default().bytes(handle).attrs(attrs)).await
    }

    /// The same of a path.
    pub(crate) async fn set_path(&self, full: &[u8], attrs: &Attrs) -> Done<()> {
        self.order(kind::SETSTAT, Body::default().bytes(full).attrs(attrs)).await
    }

    /// Makes a link at `full` that leads to `target`. OpenSSH has the two the other way round than the protocol (PROTOCOL, 4.1),
    /// and others do as it does.
    pub(crate) async fn make_link(&self, target: &[u8], full: &[u8]) -> Done<()> {
        self.order(kind::SYMLINK, Body::default().bytes(target).bytes(full)).await
    }

    /// `length` bytes from `offset` on; fewer where the file ends.
    pub(crate) async fn read_at(&self, handle: &[u8], offset: u64, length: u32) -> Done<Vec<u8>> {
        let starts: Vec<u32> = (0..length).step_by(PIECE as usize).collect();
        let mut bytes = Vec::new();
        for some in starts.chunks(AT_ONCE) {
            let wanted = some.iter().map(|start| async move {
                let Some(at) = within(offset, u64::from(*start)) else { return Ok(Vec::new()) };
                self.piece(handle, at, PIECE.min(length - start)).await
            });
            for (piece, start) in join_all(wanted).await.into_iter().zip(some) {
                let piece = piece?;
                let is_last = (piece.len() as u64) < u64::from(PIECE.min(length - start));
                bytes.extend_from_slice(&piece);
                if is_last {
                    return Ok(bytes);
                }
            }
        }
        Ok(bytes)
    }

    /// One piece: a server may give less than is there.
    async fn piece(&self, handle: &[u8], offset: u64, length: u32) -> Done<Vec<u8>> {
        let mut all = Vec::new();
        while (all.len() as u64) < u64::from(length) {
            let left = length - u32::try_from(all.len()).unwrap_or(length);
            let Some(at) = within(offset, all.len() as u64) else { break };
            let more = self.read(handle, at, left).await?;
            if more.is_empty() {
                break;
            }
            all.extend_from_slice(&more);
        }
        Ok(all)
    }

    /// Writes all of `bytes` from `offset` on.
    pub(crate) async fn write_at(&self, handle: &[u8], offset: u64, bytes: &[u8]) -> Done<()> {
        let round = PIECE as usize * AT_ONCE;
        for (number, some) in bytes.chunks(round).enumerate() {
            let start = offset + (number * round) as u64;
            let pieces = some.chunks(PIECE as usize).enumerate().map(|(at, piece)| {
                let offset = start + (at * PIECE as usize) as u64;
                self.order(kind::WRITE, Body::default().bytes(handle).long(offset).bytes(piece))
            });
            for written in join_all(pieces).await {
                written?;
            }
        }
        Ok(())
    }

    /// Has the disk take it, where the server can do that.
    pub(crate) async fn sync(&self, handle: &[u8]) -> Done<()> {
        match self.offers(FSYNC) {
            true => self.extended(FSYNC, Body::default().bytes(handle)).await,
            false => Ok(()),
        }
    }

    /// Whether a file that is there can be replaced in one step.
    pub(crate) fn replaces(&self) -> bool {
        self.offers(RENAME)
    }

    /// Moves; without `replace` it fails where something is: the protocol says so, and OpenSSH does so with a hard link.
    pub(crate) async fn rename(&self, from: &[u8], to: &[u8], replace: bool) -> Done<()> {
        let body = Body::default().bytes(from).bytes(to);
        match replace {
            true => self.extended(RENAME, body).await,
            false => self.order(kind::RENAME, body).await,
        }
    }

    /// Makes a directory.
    pub(crate) async fn make_directory(&self, full: &[u8], attrs: &Attrs) -> Done<()> {
        self.order(kind::MKDIR, Body::default().bytes(full).attrs(attrs)).await
    }

    /// Removes a file, or a link itself.
    pub(crate) async fn remove_file(&self, full: &[u8]) -> Done<()> {
        self.order(kind::REMOVE, Body::default().bytes(full)).await
    }

    /// Removes it; a directory with what it holds, where that is said, else an empty one.
    pub(crate) async fn remove(&self, full: &[u8], attrs: &Attrs, recursive: bool) -> Done<()> {
        if !attrs.is_directory() {
            return self.remove_file(full).await;
        }
        if recursive {
            for (name, attrs) in self.entries(full, usize::MAX).await?.0 {
                let below = [full, b"/", &name].concat();
                Box::pin(self.remove(&below, &attrs, true)).await?;
            }
        }
        self.order(kind::RMDIR, Body::default().bytes(full)).await
    }

    /// What a directory holds, sorted by name, at most `limit`; and whether there is more.
    pub(crate) async fn entries(&self, full: &[u8], limit: usize) -> Done<(Entries, bool)> {
        let handle = self.open(kind::OPENDIR, Body::default().bytes(full)).await?;
        // A name that isn't one would lead elsewhere.
        let is_name = |name: &[u8]| !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/');
        let mut all = Vec::new();
        let end = loop {
            match self.names(kind::READDIR, &handle).await {
                Ok(names) => all.extend(names.into_iter().filter(|(name, _)| is_name(name))),
                Err(Refused::Status(status::EOF, _)) => break Ok(false),
                Err(refused) => break Err(refused),
            }
            if all.len() > limit {
                break Ok(true);
            }
        };
        let closed = self.close(&handle).await;
        let more = end?;
        closed?;
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all.truncate(limit);
        Ok((all, more))
    }

    /// What a path is called there, links followed.
    pub(crate) async fn real(&self, path: &[u8]) -> Done<Vec<u8>> {
        let real = self.name(kind::REALPATH, path).await?;
        // Some servers answer for what isn't there.
        self.attrs(kind::STAT, &real).await?;
        Ok(real)
    }

    /// Whether the disk that holds `path` has no room for so many bytes more; a server that can't say has.
    pub(crate) async fn is_full(&self, path: &[u8], bytes: u64) -> bool {
        if !self.extensions_have(STATVFS, b"2") {
            return false;
        }
        let body = Body::default().bytes(STATVFS.as_bytes()).bytes(path);
        let Ok(answer) = self.ask(kind::EXTENDED, body).await else { return false };
        let mut reader = Reader(&answer.body);
        // f_bsize, f_frsize, f_blocks, f_bfree, f_bavail (PROTOCOL, 4.4).
        let mut numbers = [0; 5];
        for number in &mut numbers {
            match reader.long() {
                Ok(read) => *number = read,
                Err(_) => return false,
            }
        }
        answer.kind == kind::EXTENDED_REPLY && numbers[1].saturating_mul(numbers[4]) < bytes
    }
}
