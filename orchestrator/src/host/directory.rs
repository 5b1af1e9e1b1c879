//! All hosts that can be meant, and the connections to them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::connections::QuestionDesk;
use crate::failure::Failure;
use crate::host::{Hosts, HostsStore, Place, ResolvedHost, recall, resolve};
use crate::machine::ThisMachine;
use crate::ssh_config::{KnownNames, usual_aliases, usual_known_hosts};
use crate::transport::Connection;
use tokio::sync::watch;

/// Saved hosts, ssh's own names, and a connection to each host in use; cheap to clone.
#[derive(Clone, Debug)]
pub struct HostDirectory {
    hosts: HostsStore,
    machine: Arc<ThisMachine>,
    /// By where the host was when it was connected: one that is moved gets a connection of its own.
    connections: Arc<Mutex<Vec<(Place, Connection)>>>,
    /// How many connections were made.
    made: Arc<watch::Sender<usize>>,
    questions: QuestionDesk,
}

impl HostDirectory {
    /// The hosts of that `hosts.toml`, reached from `machine`, whose asker answers while no front end follows connections.
    pub fn new(hosts_toml: impl Into<PathBuf>, mut machine: ThisMachine) -> Self {
        let questions = QuestionDesk::new(machine.asker.take());
        machine.asker = Some(Arc::new(questions.clone()));
        Self {
            hosts: HostsStore::new(hosts_toml),
            machine: Arc::new(machine),
            connections: Arc::default(),
            made: Arc::default(),
            questions,
        }
    }

    /// What a HOST argument means.
    ///
    /// # Errors
    ///
    /// As [`resolve`], and when `hosts.toml` is broken.
    pub fn resolve(&self, argument: &str) -> Result<ResolvedHost, Failure> {
        resolve(argument, &self.saved()?, || {
            let ThisMachine { ssh_config, home, .. } = &*self.machine;
            KnownNames::new(usual_aliases(ssh_config.as_deref(), home), usual_known_hosts(home))
        })
    }

    /// What a [`ResolvedHost::reference`] means today.
    ///
    /// # Errors
    ///
    /// As [`recall`], and when `hosts.toml` is broken.
    pub fn recall(&self, reference: &str) -> Result<ResolvedHost, Failure> {
        recall(reference, &self.saved()?)
    }

    /// What many [`ResolvedHost::reference`]s mean today; `hosts.toml` is read once.
    pub fn recall_all<'a>(
        &self,
        references: impl Iterator<Item = &'a str>,
    ) -> Vec<Result<ResolvedHost, Failure>> {
        let saved = self.saved();
        references
            .map(|reference| match &saved {
                Ok(saved) => recall(reference, saved),
                Err(failure) => Err(failure.clone()),
            })
            .collect()
    }

    fn saved(&self) -> Result<Hosts, Failure> {
        Ok(self.hosts.read()?)
    }

    /// The connection to a place: the same one for everybody who means it.
    ///
    /// Must be called within a tokio runtime.
    pub fn connection(&self, place: &Place) -> Connection {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connection)) = connections.iter().find(|(known, _)| known == place) {
            return connection.clone();
        }
        let connection = self.machine.reach(place, None);
        connections.push((place.clone(), connection.clone()));
        self.made.send_replace(connections.len());
        connection
    }

    /// Every connection that was made.
    pub fn connections(&self) -> Vec<Connection> {
        self.reached().into_iter().map(|(_, connection)| connection).collect()
    }

    /// Every connection that was made, and where it goes, in the order of making.
    pub(crate) fn reached(&self) -> Vec<(Place, Connection)> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections were made, whenever there is another one.
    pub(crate) fn made(&self) -> watch::Receiver<usize> {
        self.made.subscribe()
    }

    /// What reaching hosts takes a person for.
    pub(crate) fn questions(&self) -> &QuestionDesk {
        &self.questions
    }

    /// The machine that hosts are reached from.
    pub(crate) fn machine(&self) -> &ThisMachine {
        &self.machine
    }
}
