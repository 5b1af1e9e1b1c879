//! Files and directories from here to a host and back: over a channel of their own, and over lost links.
//!
//! What arrives goes into a part beside its target, and takes the target's name when it is whole. A part is found again by
//! the next transfer of the same source, which goes on where it ends. The host's side is a script: `scripts/`.

mod archive;
mod download;
mod download_tree;
mod extract;
mod gauge;
mod header;
mod local;
mod persist;
mod piece;
mod source;
mod talk;
mod terms;
mod trouble;
mod under_way;
mod upload;
mod upload_tree;
mod words;

use std::path::Path;

use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::seam::{FilePath, Outcome};

use download::Download;
use source::Facts;
use under_way::UnderWay;
use upload::Upload;
use upload_tree::UploadTree;

pub use terms::{Cancel, News, Report, Terms};

/// Sends a file or directory of this machine to a host. A `remote` that isn't absolute begins in the place's directory.
///
/// Dropped, it ends as [`Cancel`] ends it.
///
/// # Errors
///
/// What stands in the way; what is at the target is as it was. `cancelled` when it was ended.
pub async fn upload(
    reached: &Reached,
    local: &Path,
    remote: &FilePath,
    terms: &Terms,
) -> Result<Outcome, Failure> {
    let about = local.metadata().map_err(|error| trouble::here(local, &error))?;
    let _ours = UnderWay::begin(reached, remote)?;
    if about.is_dir() {
        let mut tree = UploadTree::new(reached, local, &Facts::of(&about), remote, terms);
        let path = Box::pin(persist::persist(&reached.connection, terms, &mut tree)).await?;
        let said = download_tree::left_out_words(tree.left_out);
        return Ok(Outcome { said, path: Some(path), ..Outcome::default() });
    }
    if !about.is_file() {
        let what = format!("{} is neither a file nor a directory", local.display());
        return Err(Failure::new(Code::Unsupported, what)
            .hint("Devices, sockets and pipes are not transferred"));
    }
    let mut upload = Upload::new(reached, local, Facts::of(&about), remote, terms);
    let path = Box::pin(persist::persist(&reached.connection, terms, &mut upload)).await?;
    Ok(Outcome { path: Some(path), ..Outcome::default() })
}

/// Fetches a file or directory of a host; as [`upload`].
///
/// # Errors
///
/// As [`upload`].
pub async fn download(
    reached: &Reached,
    remote: &FilePath,
    local: &Path,
    terms: &Terms,
) -> Result<Outcome, Failure> {
    let mut download = Download::new(reached, remote, local, terms)?;
    let path = Box::pin(persist::persist(&reached.connection, terms, &mut download)).await?;
    let path = std::os::unix::ffi::OsStringExt::into_vec(path.into_os_string());
    Ok(Outcome { said: download.said.clone(), path: Some(FilePath(path)), ..Outcome::default() })
}
