//! Tests of hosts: each with its stages, as they pass.

use std::collections::HashMap;

use orchestrator::failure::Failure;
use orchestrator::host::test_connection::{ConnectionReport, StageName, StageReport};

use crate::bridge::{TestNews, Ticket};

/// One test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostTest {
    /// The stage that is under way.
    pub running: Option<StageName>,
    /// Those that are over.
    pub stages: Vec<StageReport>,
    /// What came of it all.
    pub report: Option<ConnectionReport>,
    /// Why it could not be begun.
    pub failure: Option<Failure>,
}

impl HostTest {
    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.report.is_some() || self.failure.is_some()
    }

    /// Takes what happened in.
    pub fn hear(&mut self, what: TestNews) {
        match what {
            TestNews::Began(stage) => self.running = Some(stage),
            TestNews::Ended(stage) => {
                self.running = None;
                self.stages.push(stage);
            }
            TestNews::Report(report) => {
                self.running = None;
                self.report = Some(*report);
            }
            TestNews::Failed(failure) => {
                self.running = None;
                self.failure = Some(failure);
            }
        }
    }
}

/// All tests that somebody still looks at.
#[derive(Debug, Default)]
pub struct HostTests {
    all: HashMap<Ticket, HostTest>,
}

impl HostTests {
    /// Begins one.
    pub fn begin(&mut self, ticket: Ticket) {
        self.all.insert(ticket, HostTest::default());
    }

    /// One of them.
    pub fn get(&self, ticket: Ticket) -> Option<&HostTest> {
        self.all.get(&ticket)
    }

    /// Takes what happened in; what happens in a test that nobody looks at counts for nothing.
    pub fn hear(&mut self, ticket: Ticket, what: TestNews) {
        if let Some(test) = self.all.get_mut(&ticket) {
            test.hear(what);
        }
    }

    /// Forgets one.
    pub fn forget(&mut self, ticket: Ticket) {
        self.all.remove(&ticket);
    }
}
