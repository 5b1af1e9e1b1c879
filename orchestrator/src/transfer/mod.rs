//! Files and directories from here to a host and back: over a channel of their own, and over lost links.
//!
//! What arrives goes into a part beside its target, and takes the target's name when it is whole. A part is found again by
//! the next transfer of the same source, which goes on where it ends. The host's side is a script: `scripts/`; what goes to a host
//! whose shell runs nothing goes by sftp.

mod archive;
mod arrived;
mod bulk;
mod download;
mod download_tree;
mod extract;
mod gauge;
mod goal;
mod header;
mod local;
mod persist;
mod piece;
mod receiver;
mod sftp;
mod sftp_bytes;
mod sftp_download_tree;
mod sftp_merge;
mod sftp_place;
mod sftp_upload_tree;
mod sftp_walk;
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
use crate::files::instead_of_shell;
use crate::host::Reached;
use crate::seam::{FilePath, Outcome};
use crate::transport::TransportError;

use download::Download;
use sftp::{SftpDownload, SftpUpload};
use sftp_upload_tree::SftpUploadTree;
use source::Facts;
use under_way::UnderWay;
use upload::Upload;
use upload_tree::UploadTree;

pub use terms::{Cancel, News, Report, Terms};
pub use trouble::is_there_already;

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
        let facts = Facts::of(&about);
        let mut tree = UploadTree::new(reached, local, &facts, remote, terms);
        let sent = Box::pin(persist::persist(&reached.connection, terms, &mut tree)).await;
        let (path, left_out) = match sent {
            Err(why) if why.code == Code::ShellBroken && has_sftp(reached).await => {
                let mut tree = SftpUploadTree::new(reached, local, &facts, remote, terms);
                let sent = persist::persist(&reached.connection, terms, &mut tree);
                (Box::pin(sent).await?, tree.left_out)
            }
            sent => (sent?, tree.left_out),
        };
        let said = download_tree::left_out_words(left_out);
        return Ok(Outcome { said, path: Some(path), ..Outcome::default() });
    }
    if !about.is_file() {
        let what = format!("{} is neither a file nor a directory", local.display());
        return Err(Failure::new(Code::Unsupported, what)
            .hint("Devices, sockets and pipes are not transferred"));
    }
    let facts = Facts::of(&about);
    let mut upload = Upload::new(reached, local, facts.clone(), remote, terms);
    let path = match Box::pin(persist::persist(&reached.connection, terms, &mut upload)).await {
        Err(why) if why.code == Code::ShellBroken && has_sftp(reached).await => {
            let mut upload = SftpUpload::new(reached, local, facts, remote, terms);
            Box::pin(persist::persist(&reached.connection, terms, &mut upload)).await?
        }
        sent => sent?,
    };
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
    let mut download = Download::new(reached, remote, local, terms).await?;
    let path = match Box::pin(persist::persist(&reached.connection, terms, &mut download)).await {
        Err(why) if why.code == Code::ShellBroken && has_sftp(reached).await => {
            let mut other = SftpDownload(download);
            let path = Box::pin(persist::persist(&reached.connection, terms, &mut other)).await?;
            download = other.0;
            path
        }
        fetched => fetched?,
    };
    let path = std::os::unix::ffi::OsStringExt::into_vec(path.into_os_string());
    Ok(Outcome { said: download.said.clone(), path: Some(FilePath(path)), ..Outcome::default() })
}

/// Whether a host whose shell runs nothing has an sftp server: else the shell's words say more.
async fn has_sftp(reached: &Reached) -> bool {
    let connection = &reached.connection;
    let why = TransportError::ShellBroken { host: connection.host().clone(), said: String::new() };
    matches!(instead_of_shell(connection, why).await, Ok(Some(_)))
}
