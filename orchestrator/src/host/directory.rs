//! All hosts that can be meant, and the connections to them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::failure::Failure;
use crate::host::{Hosts, HostsStore, ResolvedHost, recall, resolve};
use crate::machine::ThisMachine;
use crate::ssh_config::{KnownNames, usual_aliases, usual_known_hosts};
use crate::transport::Connection;

/// Saved hosts, ssh's own names, and a connection to each host in use; cheap to clone.
#[derive(Clone, Debug)]
pub struct HostDirectory {
    hosts: HostsStore,
    machine: Arc<ThisMachine>,
    /// By what the host was when it was connected: an edited one gets a connection of its own.
    connections: Arc<Mutex<Vec<(ResolvedHost, Connection)>>>,
}

impl HostDirectory {
    /// The hosts of that `hosts.toml`, reached from `machine`.
    pub fn new(hosts_toml: impl Into<PathBuf>, machine: ThisMachine) -> Self {
        Self {
            hosts: HostsStore::new(hosts_toml),
            machine: Arc::new(machine),
            connections: Arc::default(),
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

    fn saved(&self) -> Result<Hosts, Failure> {
        Ok(self.hosts.read()?)
    }

    /// The connection to a host: the same one for everybody who means the same host.
    ///
    /// Must be called within a tokio runtime.
    pub fn connection(&self, host: &ResolvedHost) -> Connection {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connection)) = connections.iter().find(|(known, _)| known == host) {
            return connection.clone();
        }
        let connection = self.machine.connection(host, None);
        connections.push((host.clone(), connection.clone()));
        connection
    }

    /// Every connection that was made.
    pub fn connections(&self) -> Vec<Connection> {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.iter().map(|(_, connection)| connection.clone()).collect()
    }
}
