//! Who answers questions about files, and changes them.

use std::sync::Arc;

use sha1::{Digest, Sha1};

use super::finder::Finder;
use super::form::{Files, Save, Told, Window};
use super::ignored::Ignored;
use super::refusal;
use super::sftp_or_shell::Forms;
use crate::failure::{Code, Failure};
use crate::host::Reach;
use crate::seam::{At, FILE_WINDOW, FileCommand, FileQuery, FileReply, Listing, MANY_FILES};

/// So many entries are listed at most, whatever was asked for.
const MOST_ENTRIES: usize = 200_000;

/// Files of hosts.
#[derive(Debug)]
pub(crate) struct FileDesk {
    reach: Arc<dyn Reach>,
    finder: Finder,
    forms: Forms,
    ignored: Ignored,
}

impl FileDesk {
    pub(crate) fn new(reach: Arc<dyn Reach>) -> Self {
        let (finder, forms) = (Finder::default(), Forms::default());
        Self { reach, finder, forms, ignored: Ignored::default() }
    }

    /// Answers a question.
    ///
    /// # Errors
    ///
    /// Why the host can't be asked, and what is wrong with the path.
    pub(crate) async fn answer(&self, query: FileQuery) -> Result<FileReply, Failure> {
        match query {
            FileQuery::List { at, path, seen, limit } => {
                let reached = self.reach.reach(&at).await?;
                let files = self.forms.of(&reached).await?;
                let listed = files.list(&path, bounded(limit), seen.as_deref()).await?;
                let Some((mut listing, told)) = listed else { return Ok(FileReply::Unchanged) };
                if listing.version.is_empty() {
                    listing.version = version(&listing);
                }
                if seen.is_some_and(|seen| seen == listing.version) {
                    return Ok(FileReply::Unchanged);
                }
                self.ignored.settle(&reached.place, &mut listing, told);
                Ok(FileReply::Listing(listing))
            }
            FileQuery::Names { at, path, limit } => {
                let reached = self.reach.reach(&at).await?;
                let files = self.forms.of(&reached).await?;
                let (mut listing, told) = files.names(&path, bounded(limit)).await?;
                if told != Told::Names && listing.version.is_empty() {
                    listing.version = version(&listing);
                }
                self.ignored.settle(&reached.place, &mut listing, told);
                Ok(FileReply::Listing(listing))
            }
            FileQuery::Stat { at, path } => {
                Ok(FileReply::File(self.files(&at).await?.stat(&path).await?))
            }
            FileQuery::Read { at, path, offset, length, seen } => {
                let length = length.min(FILE_WINDOW);
                let window = Window { path: &path, offset, length, seen: seen.as_deref() };
                let read = self.files(&at).await?.read(&window).await?;
                Ok(read.map_or(FileReply::Unchanged, FileReply::Window))
            }
            FileQuery::ReadMany { at, paths, length } => {
                if paths.len() > MANY_FILES {
                    return Err(too_many(paths.len()));
                }
                let share = FILE_WINDOW / u32::try_from(paths.len().max(1)).unwrap_or(u32::MAX);
                let files = self.files(&at).await?;
                Ok(FileReply::Beginnings(files.read_many(&paths, length.min(share)).await?))
            }
            FileQuery::Find { at, typed, limit, behind } => {
                let reached = self.reach.reach(&at).await?;
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let files = self.forms.of(&reached).await?;
                let found = self.finder.find(&reached, files, typed, limit, behind).await?;
                Ok(found.map_or(FileReply::Unchanged, FileReply::Found))
            }
        }
    }

    /// Changes files.
    ///
    /// # Errors
    ///
    /// Why nothing was changed.
    pub(crate) async fn carry_out(&self, command: FileCommand) -> Result<FileReply, Failure> {
        match command {
            FileCommand::Write { at, path, bytes, expected, outside } => {
                if bytes.len() > FILE_WINDOW as usize {
                    return Err(too_large(bytes.len()));
                }
                let save = Save { path: &path, bytes: &bytes, expected: &expected, outside };
                let written = self.files(&at).await?.write(&save).await;
                Ok(FileReply::File(written.map_err(refusal::unsure)?))
            }
            FileCommand::MakeDirectory { at, path, parents, outside } => {
                let files = self.files(&at).await?;
                Ok(FileReply::File(files.make_directory(&path, parents, outside).await?))
            }
            FileCommand::Rename { at, from, to, replace, outside } => {
                let files = self.files(&at).await?;
                Ok(FileReply::File(files.rename(&from, &to, replace, outside).await?))
            }
            FileCommand::Delete { at, paths, recursive, outside } => {
                if paths.is_empty() {
                    return Err(Failure::new(Code::Usage, "nothing was named to be deleted"));
                }
                self.files(&at).await?.delete(&paths, recursive, outside).await?;
                Ok(FileReply::Done)
            }
        }
    }

    async fn files(&self, at: &At) -> Result<Arc<dyn Files>, Failure> {
        self.forms.of(&self.reach.reach(at).await?).await
    }
}

fn bounded(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(MOST_ENTRIES).clamp(1, MOST_ENTRIES)
}

fn too_large(bytes: usize) -> Failure {
    let message = format!("{bytes} bytes are more than the {FILE_WINDOW} that are written at once");
    Failure::new(Code::TooLarge, message).hint("Upload the file instead: `baton files put`")
}

fn too_many(paths: usize) -> Failure {
    let message = format!("{paths} files are more than the {MANY_FILES} that are read at once");
    Failure::new(Code::TooLarge, message).hint("Ask for some of them, and then for the others")
}

/// Changes with anything that is told of an entry.
fn version(listing: &Listing) -> String {
    let mut sum = Sha1::new();
    for part in [listing.directory.bytes(), &[u8::from(listing.more), u8::from(listing.outside)]] {
        sum.update(part.len().to_le_bytes());
        sum.update(part);
    }
    for entry in &listing.entries {
        let link = entry.link.as_ref().map_or(&b""[..], |link| link.bytes());
        for part in [entry.path.bytes(), link] {
            sum.update(part.len().to_le_bytes());
            sum.update(part);
        }
        let modified = entry.modified.map_or(0, |modified| modified.as_nanosecond());
        sum.update(modified.to_le_bytes());
        sum.update(entry.size.to_le_bytes());
        sum.update(entry.mode.to_le_bytes());
        let flags = [entry.link.is_some(), entry.outside, entry.ignored].map(u8::from);
        sum.update([entry.kind as u8]);
        sum.update(flags);
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
