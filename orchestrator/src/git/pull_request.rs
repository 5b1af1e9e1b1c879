//! What a pull request would say.

use super::call::Site;
use crate::failure::{Code, Failure};
use crate::seam::GitReply;

pub(super) async fn draft(_: &Site) -> Result<GitReply, Failure> {
    Err(Failure::new(Code::Unsupported, "pull requests can't be made here yet")
        .hint("Use `gh pr create` in a terminal on the host"))
}
