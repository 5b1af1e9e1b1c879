//! The engine: the seam over a store, the desk and its drivers.

use std::sync::Arc;

use async_trait::async_trait;

use super::desk::{Desk, DeskHandle};
use super::world::{EngineSettings, World};
use crate::agent::Definitions;
use crate::failure::Failure;
use crate::host::HostDirectory;
use crate::seam::{
    Ephemerals, Query, Receipts, Reply, Request, Seam, Subscribe, Subscription, follow,
};
use crate::store::Store;

/// What an engine is started with.
#[derive(Debug)]
pub struct EnginePlan {
    /// Its data directory's database.
    pub store: Store,
    /// The machines.
    pub hosts: HostDirectory,
    /// The agents.
    pub definitions: Definitions,
    /// How it behaves.
    pub settings: EngineSettings,
}

/// The engine of one data directory. It is the only one at work there while it lives.
#[derive(Debug)]
pub struct Engine {
    world: Arc<World>,
    desk: DeskHandle,
    receipts: Receipts,
}

impl Engine {
    /// Starts it. What a former engine has left under way is taken up when somebody sends, decides or follows.
    ///
    /// # Errors
    ///
    /// When the store can't be read; nothing is changed then.
    pub async fn start(plan: EnginePlan) -> Result<Arc<Self>, Failure> {
        let EnginePlan { store, hosts, definitions, settings } = plan;
        let loaded = store.load().await?;
        let receipts = Receipts::new(store.clone());
        let partials = Ephemerals::default();
        let world = Arc::new(World::new(store, hosts, definitions, settings, partials));
        let desk = Desk::start(Arc::clone(&world), loaded);
        Ok(Arc::new(Self { world, desk, receipts }))
    }

    /// Ends it: what was heard is stored, runs go on on their hosts.
    pub async fn stop(&self) {
        self.world.end();
        self.desk.end().await;
        for connection in self.world.hosts.connections() {
            connection.close().await;
        }
        self.world.store.close().await;
    }
}

#[async_trait]
impl Seam for Engine {
    async fn call(&self, request: Request) -> Result<Reply, Failure> {
        match request {
            Request::Command { id, command } => {
                let desk = self.desk.clone();
                let wish = command.clone();
                let carried_out = |ticket| async move { desk.command(wish, ticket).await };
                self.receipts.run(&id, &command, carried_out).await
            }
            Request::Query { query: Query::Events { since, session, tab, limit } } => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let (events, more) =
                    self.world.store.events(since, session.as_ref(), tab.as_ref(), limit).await?;
                Ok(Reply::Events { events, more })
            }
            Request::Query { query: Query::CommandStatus { id } } => {
                let answer = self.receipts.status(&id).await?;
                Ok(Reply::Status(answer.map(|answer| answer.map(Box::new))))
            }
            Request::Query { query } => self.desk.query(query).await,
        }
    }

    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Failure> {
        self.desk.take_up().await?;
        follow(&self.world.store, &self.world.partials, wanted)
    }
}
