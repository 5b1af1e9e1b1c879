//! Reads a run of git's: what it prints is progress, and what its script tells decides how it ended.

use std::fmt;

use super::network::SiteName;
use super::network_progress::Meter;
use super::network_refusal::{self, Refused};
use super::network_told::Told;
use crate::failure::Failure;
use crate::host::Reached;
use crate::operation::JobReader;
use crate::seam::{Outcome, Progress};

/// All that was heard of a run.
#[derive(Debug)]
pub(super) struct Heard {
    /// Where it ran.
    pub site: SiteName,
    /// What its script told.
    pub told: Told,
    /// What git printed of how far it was.
    pub meter: Meter,
    /// The run's status, as in [`JobReader::finish`].
    pub status: Option<u8>,
}

impl Heard {
    /// Why `what` failed, where nobody knows it better than git.
    pub(super) fn refused(&self, what: &str, tail: &[u8]) -> Failure {
        let Self { site, told, status, .. } = self;
        network_refusal::read(&Refused { what, site, told, status: *status, tail })
    }
}

/// What is made of what was heard.
pub(super) trait Judge: fmt::Debug + Send {
    /// What the run is doing from then on when its script has told this key.
    fn doing(&self, _key: &str, _told: &Told) -> Option<&'static str> {
        None
    }

    /// Whether what is still to be done changes nothing of the repository's own.
    fn is_done_with(&self, _told: &Told) -> bool {
        false
    }

    /// What came of it; `tail` is the end of its output.
    ///
    /// # Errors
    ///
    /// Why it failed, in a person's words.
    fn judge(&self, heard: &Heard, tail: &[u8]) -> Result<Outcome, Failure>;
}

/// Reads one of them.
#[derive(Debug)]
pub(super) struct Reader<J> {
    heard: Heard,
    judge: J,
}

impl<J: Judge> Reader<J> {
    pub(super) fn at(reached: &Reached, judge: J) -> Self {
        Self::new(SiteName::of(reached), judge)
    }

    pub(super) fn new(site: SiteName, judge: J) -> Self {
        let heard = Heard { site, told: Told::default(), meter: Meter::default(), status: None };
        Self { heard, judge }
    }
}

impl<J: Judge> JobReader for Reader<J> {
    fn chunk(&mut self, bytes: &[u8]) -> Option<Progress> {
        self.heard.meter.take(bytes)
    }

    fn told(&mut self, bytes: &[u8]) -> Option<Progress> {
        let keys = self.heard.told.take(bytes);
        let doing = keys.iter().rev().find_map(|key| self.judge.doing(key, &self.heard.told))?;
        Some(Progress { doing: doing.into(), ..Progress::default() })
    }

    fn is_done_with_repository(&self) -> bool {
        self.judge.is_done_with(&self.heard.told)
    }

    fn finish(self: Box<Self>, status: Option<u8>, tail: &[u8]) -> Result<Outcome, Failure> {
        let Self { heard, judge } = *self;
        judge.judge(&Heard { status, ..heard }, tail)
    }
}
