//! The ways to a host's files, behind one trait: its shell ([`super::shell`]), and SFTP where that can't be asked.
//!
//! A form is of one place that a front end has named ([`Reached`](crate::host::Reached)): its connection, and the directory in which relative paths
//! begin, called the root here. Which form a host gets is decided once for each connection, by the desk, and never in the
//! middle of a request.

use async_trait::async_trait;

use super::paths::Paths;
use super::sum::Sum;
use crate::failure::Failure;
use crate::seam::{Expected, FileBeginning, FileEntry, FilePath, FileWindow, Listing};

/// So many paths are looked through at most by [`Files::paths`].
pub(super) const MOST_PATHS: usize = 200_000;

/// A way to the files of one place.
///
/// All forms keep the same promises, which are those of [`FileQuery`](crate::seam::FileQuery) and
/// [`FileCommand`](crate::seam::FileCommand): a request that fails has changed nothing, a file is written at once or not at all,
/// and what lies outside of the root is changed only where that was said. Failures name the host ([`Failure::on`]).
#[async_trait]
pub(super) trait Files: std::fmt::Debug + Send + Sync {
    /// What a directory holds, at most `limit` entries, sorted. `None` where the host itself says that it is as it was `seen`, by
    /// [`Listing::version`], which a form may leave empty: the desk fills it.
    async fn list(
        &self,
        path: &FilePath,
        limit: usize,
        seen: Option<&str>,
    ) -> Result<Option<(Listing, Told)>, Failure>;

    /// The same, or names, kinds and links alone where that is quicker.
    async fn names(&self, path: &FilePath, limit: usize) -> Result<(Listing, Told), Failure> {
        let nothing = (Listing::default(), Told::All);
        Ok(self.list(path, limit, None).await?.unwrap_or(nothing))
    }

    /// What a path is; a link is told of itself.
    async fn stat(&self, path: &FilePath) -> Result<FileEntry, Failure>;

    /// A part of a file; `None` where it is as it was `seen`.
    async fn read(&self, window: &Window<'_>) -> Result<Option<FileWindow>, Failure>;

    /// The beginnings of many files, one for each path, in their order.
    async fn read_many(
        &self,
        paths: &[FilePath],
        length: u32,
    ) -> Result<Vec<Result<FileBeginning, Failure>>, Failure>;

    /// Writes a whole file at once or not at all.
    async fn write(&self, save: &Save<'_>) -> Result<FileEntry, Failure>;

    /// Makes a directory; with `parents` those above it, too, and one that is there is as good.
    async fn make_directory(
        &self,
        path: &FilePath,
        parents: bool,
        outside: bool,
    ) -> Result<FileEntry, Failure>;

    /// Moves a file or directory; only a file may be replaced.
    async fn rename(
        &self,
        from: &FilePath,
        to: &FilePath,
        replace: bool,
        outside: bool,
    ) -> Result<FileEntry, Failure>;

    /// Deletes files, after all of them were looked at.
    async fn delete(
        &self,
        paths: &[FilePath],
        recursive: bool,
        outside: bool,
    ) -> Result<(), Failure>;

    /// Files below the root, relative, for [`FileQuery::Find`](crate::seam::FileQuery::Find); `None` where they are those
    /// that were `seen`.
    async fn paths(&self, seen: Option<&Sum>) -> Result<Option<Listed>, Failure>;
}

/// What a listing has of its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// All that a listing has.
    All,
    /// All but what git ignores: it didn't say so in time.
    Unsure,
    /// Names, kinds, and where links point to.
    Names,
}

/// A part of a file that is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    /// Which; a link's target is read.
    pub path: &'a FilePath,
    /// From there on.
    pub offset: u64,
    /// At most so many bytes, at most [`FILE_WINDOW`](crate::seam::FILE_WINDOW).
    pub length: u32,
    /// The version that is known.
    pub seen: Option<&'a str>,
}

/// A file that is to be written.
#[derive(Clone, Copy)]
pub(super) struct Save<'a> {
    /// Which; a link's target is written, and the link stays.
    pub path: &'a FilePath,
    /// Its contents, at most [`FILE_WINDOW`](crate::seam::FILE_WINDOW).
    pub bytes: &'a [u8],
    /// What is there now, as far as the writer knows.
    pub expected: &'a Expected,
    /// Whether it may lie outside of the root.
    pub outside: bool,
}

/// Files below a root.
#[derive(Debug)]
pub(super) struct Listed {
    pub paths: Paths,
    /// Names them, where the host can tell that they are the same.
    pub sum: Option<Sum>,
}
