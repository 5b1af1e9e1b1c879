//! Who answers questions about files, and changes them.

use std::sync::Arc;

use crate::failure::{Code, Failure};
use crate::host::Reach;
use crate::seam::{FileCommand, FileQuery, FileReply};

/// Files of hosts.
#[derive(Debug)]
pub(crate) struct FileDesk {
    reach: Arc<dyn Reach>,
}

impl FileDesk {
    pub(crate) fn new(reach: Arc<dyn Reach>) -> Self {
        Self { reach }
    }

    pub(crate) async fn answer(&self, query: FileQuery) -> Result<FileReply, Failure> {
        Err(Failure::new(
            Code::Unsupported,
            format!("not there yet: {query:?} by {:?}", self.reach),
        ))
    }

    pub(crate) async fn carry_out(&self, command: FileCommand) -> Result<FileReply, Failure> {
        Err(Failure::new(Code::Unsupported, format!("not there yet: {command:?}")))
    }
}
