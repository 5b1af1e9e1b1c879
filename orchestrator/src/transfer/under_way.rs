//! Which targets on hosts this process sends to.
//!
//! A host's lock gives way to the same source, since a link that is lost without a word leaves its holder behind there. So
//! two of one process are told apart here.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::trouble::busy;
use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::FilePath;

type Key = (String, Option<Vec<u8>>, Vec<u8>);

static UNDER_WAY: Mutex<BTreeSet<Key>> = Mutex::new(BTreeSet::new());

/// One target, until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Key);

impl UnderWay {
    /// # Errors
    ///
    /// `busy` when something is sent there already.
    pub(super) fn begin(reached: &Reached, remote: &FilePath) -> Result<Self, Failure> {
        let host = reached.connection.host().to_string();
        let key = (host, reached.directory.clone(), remote.bytes().to_vec());
        if under_way().insert(key.clone()) { Ok(Self(key)) } else { Err(busy(&remote.to_string())) }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        under_way().remove(&self.0);
    }
}

fn under_way() -> MutexGuard<'static, BTreeSet<Key>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}
