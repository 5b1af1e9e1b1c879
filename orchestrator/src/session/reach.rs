//! What the places mean that front ends name.

use std::sync::Arc;

use async_trait::async_trait;

use super::desk::DeskHandle;
use super::look;
use super::world::World;
use crate::failure::{Code, Failure};
use crate::host::{Place, Reach, Reached, Seated};
use crate::operation::Sessions;
use crate::seam::{
    At, Command, CommandId, NewSession, Query, Receipts, Reply, SessionId, TabState,
};
use crate::transport::Connection;

/// The engine's hosts and sessions.
#[derive(Clone, Debug)]
pub struct Places {
    world: Arc<World>,
    desk: DeskHandle,
    receipts: Receipts,
}

impl Places {
    /// Those of an engine.
    pub fn new(world: Arc<World>, desk: DeskHandle, receipts: Receipts) -> Self {
        Self { world, desk, receipts }
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

    async fn sessions(&self, place: &Place) -> Result<Vec<Seated>, Failure> {
        let hosts = &self.world.hosts;
        let Reply::Snapshot(snapshot) = self.desk.query(Query::Snapshot).await? else {
            return Err(Failure::new(Code::Internal, "the desk has no snapshot"));
        };
        let seated = snapshot.sessions.into_iter().filter_map(|session| {
            // One whose host is gone or switched off works nowhere.
            let host = hosts.recall(&session.host).ok().filter(|host| host.place() == *place)?;
            Some(Seated {
                directory: host.directory(session.cwd.as_deref()).map(String::into_bytes),
                is_working: session.tabs.iter().any(|tab| tab.state != TabState::Idle),
                session: session.id,
                name: session.name,
                parent: session.parent,
            })
        });
        Ok(seated.collect())
    }

    fn worktree_path(&self) -> &str {
        &self.world.settings.worktree_path
    }
}

#[async_trait]
impl Sessions for Places {
    async fn begin(&self, id: CommandId, new: NewSession) -> Result<SessionId, Failure> {
        let (desk, command) = (self.desk.clone(), Command::NewSession(new));
        let wish = command.clone();
        let made = |ticket| async move { desk.command(wish, ticket).await };
        match self.receipts.run(&id, &command, made).await? {
            Reply::Session(session) => Ok(session.id),
            other => {
                let message = format!("a session was asked for, and the answer is {other:?}");
                Err(Failure::new(Code::Internal, message))
            }
        }
    }
}
