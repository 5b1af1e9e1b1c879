//! Where something is sent to.

use super::terms::Terms;
use super::trouble::There;
use crate::host::Reached;
use crate::seam::FilePath;

/// Where something is sent to, and what it may do there.
#[derive(Clone, Debug)]
pub(super) struct Goal<'a> {
    pub(super) reached: &'a Reached,
    pub(super) remote: &'a FilePath,
    /// For people.
    shown: String,
    /// Whether files that are there may be replaced.
    pub(super) replace: bool,
    /// Whether it may lie outside of the place's directory.
    pub(super) outside: bool,
}

impl<'a> Goal<'a> {
    pub(super) fn new(reached: &'a Reached, remote: &'a FilePath, terms: &Terms) -> Self {
        let Terms { replace, outside, .. } = *terms;
        Self { reached, remote, shown: remote.to_string(), replace, outside }
    }

    pub(super) fn there(&self) -> There<'_> {
        There { host: self.reached.connection.host(), path: &self.shown }
    }
}
