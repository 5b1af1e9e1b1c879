//! What a path means to a server, and what may not be changed there.

use super::refusal::why;
use super::sftp::SftpFiles;
use crate::failure::{Code, Failure};
use crate::seam::FilePath;
use crate::sftp::{Refused, full, kind, status};

/// A name may have so many bytes, on every file system that people use.
const LONGEST: usize = 255;

impl SftpFiles {
    /// A path as the server takes it: home is where it begins.
    pub(super) fn full(&self, path: &FilePath) -> Result<Vec<u8>, Failure> {
        if path.bytes().contains(&0) {
            return Err(Failure::new(Code::Usage, format!("{path} holds a NUL byte"))
                .hint("No file can be called so"));
        }
        full(&self.root, path)
            .ok_or_else(|| self.unsupported("doesn't know other accounts' homes (~NAME)"))
    }

    /// Where a path is, as the server calls it, its last name not followed; refused where it lies outside.
    pub(super) async fn place(&self, path: &FilePath, outside: bool) -> Result<Place, Failure> {
        let full = FilePath(self.full(path)?);
        let name = full.name().to_vec();
        if matches!(&name[..], b"" | b"." | b"..") {
            return Err(self.because(path, why::STANDS_ON));
        }
        if name.len() > LONGEST {
            return Err(self.in_words(path, "File name too long"));
        }
        let mut trimmed = full.bytes();
        while let Some(shorter) = trimmed.strip_suffix(b"/") {
            trimmed = shorter;
        }
        let parent = match trimmed.len() - name.len() {
            0 => b".".to_vec(),
            end => trimmed[..end].to_vec(),
        };
        let parent = self.session.real(&parent).await;
        let parent = parent.map_err(|refused| self.refused(path, refused))?;
        if !outside && !self.is_inside(&parent).await? {
            return Err(self.because(path, why::OUTSIDE));
        }
        Ok(Place { full: FilePath(parent.clone()).join(&name), parent: FilePath(parent) })
    }

    /// The same for what is to be made: what may be a home and a name is neither.
    pub(super) async fn named(&self, path: &FilePath, outside: bool) -> Result<Place, Failure> {
        if path.bytes().starts_with(b"~") {
            let named = FilePath(self.full(&FilePath::default())?).join(path.bytes());
            if self.session.attrs(kind::LSTAT, named.bytes()).await.is_ok() {
                return Err(self.because(path, why::EITHER));
            }
        }
        self.place(path, outside).await
    }

    /// The same for what is to be moved or deleted: refused where that holds the place of work, or a home.
    pub(super) async fn leaf(&self, path: &FilePath, outside: bool) -> Result<Place, Failure> {
        let place = self.named(path, outside).await?;
        let below = place.full.join(b"");
        for kept in [self.full(&FilePath::default())?, b".".to_vec()] {
            match self.session.real(&kept).await {
                Ok(kept) => {
                    if FilePath(kept).join(b"").bytes().starts_with(below.bytes()) {
                        return Err(self.because(path, why::STANDS_ON));
                    }
                }
                Err(Refused::Status(_, _)) => {}
                Err(refused) => return Err(self.refused(path, refused)),
            }
        }
        Ok(place)
    }

    /// Whether what the server calls `real` lies where relative paths begin, or below; nothing does where that isn't there.
    pub(super) async fn is_inside(&self, real: &[u8]) -> Result<bool, Failure> {
        let none = FilePath::default();
        let root = match self.session.real(&self.full(&none)?).await {
            Ok(root) => root,
            Err(Refused::Status(status::NO_SUCH_FILE, _)) => return Ok(false),
            Err(refused) => return Err(self.refused(&none, refused)),
        };
        let root = if root == b"/" { Vec::new() } else { root };
        Ok(real.strip_prefix(&root[..]).is_some_and(|rest| rest.is_empty() || rest[0] == b'/'))
    }
}

/// Where something is.
#[derive(Debug)]
pub(super) struct Place {
    /// The directory that it is in, as the server calls it.
    pub(super) parent: FilePath,
    /// That, and its name.
    pub(super) full: FilePath,
}
