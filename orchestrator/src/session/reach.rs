//! What the places mean that front ends name.

use std::sync::Arc;

use async_trait::async_trait;

use super::desk::DeskHandle;
use super::look;
use super::world::World;
use crate::failure::Failure;
use crate::host::{Place, Reach, Reached};
use crate::seam::At;
use crate::transport::Connection;

/// The engine's hosts and sessions.
#[derive(Clone, Debug)]
pub struct Places {
    world: Arc<World>,
    desk: DeskHandle,
}

impl Places {
    /// Those of an engine.
    pub fn new(world: Arc<World>, desk: DeskHandle) -> Self {
        Self { world, desk }
    }
}

#[async_trait]
impl Reach for Places {
    async fn reach(&self, at: &At) -> Result<Reached, Failure> {
        let hosts = &self.world.hosts;
        let (host, directory, env, session) = match at {
            At::Host { host, directory } => {
                let host = hosts.resolve(host)?;
                let usual = || host.directory(None).map(String::into_bytes);
                let directory = directory.as_ref().map(|path| path.0.clone()).or_else(usual);
                let env = host.env();
                (host, directory, env, None)
            }
            At::Session(session) => {
                let entry = look::entry(&self.desk, session.clone()).await?;
                let host = hosts.recall(&entry.session.host)?;
                let directory =
                    host.directory(entry.session.cwd.as_deref()).map(String::into_bytes);
                let mut env = host.env();
                env.extend(entry.env.0);
                (host, directory, env, Some(session.clone()))
            }
        };
        let place = host.place();
        Ok(Reached { connection: hosts.connection(&place), place, directory, env, session })
    }

    fn connection(&self, place: &Place) -> Connection {
        self.world.hosts.connection(place)
    }
}
