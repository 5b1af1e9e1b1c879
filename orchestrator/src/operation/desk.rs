//! All operations of an engine.

use std::sync::Arc;

use crate::failure::{Code, Failure};
use crate::host::Reach;
use crate::seam::{OperationCommand, OperationQuery, OperationReply, Subscription};
use crate::store::Store;

/// What takes long.
#[derive(Debug)]
pub(crate) struct Operations {
    reach: Arc<dyn Reach>,
    store: Store,
}

impl Operations {
    pub(crate) fn new(store: Store, reach: Arc<dyn Reach>) -> Self {
        Self { reach, store }
    }

    /// Follows again what a former engine has left under way.
    pub(crate) async fn take_up(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// Ends with the engine: what was heard is stored, what runs on hosts goes on there.
    pub(crate) async fn end(&self) {}

    pub(crate) async fn answer(&self, query: OperationQuery) -> Result<OperationReply, Failure> {
        let who = (&self.reach, &self.store);
        Err(Failure::new(Code::Unsupported, format!("not there yet: {query:?} by {who:?}")))
    }

    pub(crate) async fn carry_out(
        &self,
        command: OperationCommand,
    ) -> Result<OperationReply, Failure> {
        Err(Failure::new(Code::Unsupported, format!("not there yet: {command:?}")))
    }

    /// [`crate::seam::Watch::Operations`].
    pub(crate) async fn watch(&self) -> Result<Subscription, Failure> {
        Err(Failure::new(Code::Unsupported, "not there yet"))
    }

    /// [`crate::seam::Watch::Output`].
    pub(crate) async fn output(&self, id: &str, offset: u64) -> Result<Subscription, Failure> {
        Err(Failure::new(Code::Unsupported, format!("not there yet: {id} {offset}")))
    }
}
