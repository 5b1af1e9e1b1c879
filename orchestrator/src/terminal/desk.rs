//! All terminals of an engine.

use std::sync::Arc;

use crate::failure::{Code, Failure};
use crate::host::Reach;
use crate::seam::{Subscription, Terminal, TerminalCommand, TerminalReply};
use crate::store::Store;

/// Terminals on hosts.
#[derive(Debug)]
pub(crate) struct Terminals {
    reach: Arc<dyn Reach>,
    store: Store,
}

impl Terminals {
    pub(crate) fn new(store: Store, reach: Arc<dyn Reach>) -> Self {
        Self { reach, store }
    }

    /// Follows again those that are kept on their hosts.
    pub(crate) async fn take_up(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// Ends with the engine: kept ones go on on their hosts, the others end.
    pub(crate) async fn end(&self) {}

    pub(crate) async fn list(&self) -> Result<Vec<Terminal>, Failure> {
        let who = (&self.reach, &self.store);
        Err(Failure::new(Code::Unsupported, format!("not there yet: {who:?}")))
    }

    pub(crate) async fn carry_out(
        &self,
        command: TerminalCommand,
    ) -> Result<TerminalReply, Failure> {
        Err(Failure::new(Code::Unsupported, format!("not there yet: {command:?}")))
    }

    /// [`crate::seam::Watch::Terminals`].
    pub(crate) async fn watch(&self) -> Result<Subscription, Failure> {
        Err(Failure::new(Code::Unsupported, "not there yet"))
    }

    /// [`crate::seam::Watch::Terminal`].
    pub(crate) async fn follow(&self, id: &str, answers: bool) -> Result<Subscription, Failure> {
        Err(Failure::new(Code::Unsupported, format!("not there yet: {id} {answers}")))
    }
}
