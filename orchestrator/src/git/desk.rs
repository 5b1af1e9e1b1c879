//! Who answers questions about repositories, and changes them.

use std::sync::Arc;

use crate::failure::{Code, Failure};
use crate::host::Reach;
use crate::seam::{GitCommand, GitQuery, GitReply};

/// Repositories on hosts.
#[derive(Debug)]
pub(crate) struct GitDesk {
    reach: Arc<dyn Reach>,
}

impl GitDesk {
    pub(crate) fn new(reach: Arc<dyn Reach>) -> Self {
        Self { reach }
    }

    pub(crate) async fn answer(&self, query: GitQuery) -> Result<GitReply, Failure> {
        Err(Failure::new(
            Code::Unsupported,
            format!("not there yet: {query:?} by {:?}", self.reach),
        ))
    }

    pub(crate) async fn carry_out(&self, command: GitCommand) -> Result<GitReply, Failure> {
        Err(Failure::new(Code::Unsupported, format!("not there yet: {command:?}")))
    }
}
