//! Files and directories from here to a host and back: over a channel of their own, and over lost links.
//!
//! What arrives goes into a part beside its target, and takes the target's name when it is whole. A part is found again by
//! the next transfer of the same source, which goes on where it ends.

mod terms;

use std::path::Path;

use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::seam::{FilePath, Outcome};

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
    let what = (reached, local, remote, terms);
    Err(Failure::new(Code::Unsupported, format!("not there yet: {what:?}")))
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
    let what = (reached, local, remote, terms);
    Err(Failure::new(Code::Unsupported, format!("not there yet: {what:?}")))
}
