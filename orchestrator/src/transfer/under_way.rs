//! Which targets on hosts this process sends to.
//!
//! A host's lock gives way to the same source, since a link that is lost without a word leaves its holder behind there. So
//! two of one process are told apart here: by what they are called, and by the names that their locks have.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::trouble::busy;
use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::FilePath;

type Key = (String, Option<Vec<u8>>, Vec<u8>);

static UNDER_WAY: Mutex<BTreeSet<Key>> = Mutex::new(BTreeSet::new());

static LIVE: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

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
        if locked(&UNDER_WAY).insert(key.clone()) {
            Ok(Self(key))
        } else {
            Err(busy(&remote.to_string()))
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        locked(&UNDER_WAY).remove(&self.0);
    }
}

/// A transfer that may hold a lock on a host, until it is dropped.
#[derive(Debug)]
pub(super) struct Live {
    /// Names the source.
    pub(super) key: String,
    /// Names the transfer.
    pub(super) nonce: String,
}

impl Live {
    pub(super) fn new(key: String, nonce: String) -> Self {
        locked(&LIVE).insert((key.clone(), nonce.clone()));
        Self { key, nonce }
    }

    /// Names of the others of the same source, which don't give way: there may be two ways to write one target.
    pub(super) fn others(&self) -> String {
        let live = locked(&LIVE);
        let others = live.iter().filter(|(key, nonce)| *key == self.key && *nonce != self.nonce);
        others.map(|(_, nonce)| nonce.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        locked(&LIVE).remove(&(std::mem::take(&mut self.key), std::mem::take(&mut self.nonce)));
    }
}

fn locked<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
