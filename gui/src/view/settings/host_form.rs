//! What is typed of a host, and what is wrong with it. Pure.

use std::collections::BTreeMap;

use orchestrator::host::HostId;
use orchestrator::host::{Fault, HostConfig, Hosts, TransportKind, unique_id, validate_host};
use orchestrator::ssh_config::Resolved;

use crate::widget::EnvRows;

/// The fields of a host as text.
#[derive(Clone, Debug, PartialEq)]
pub struct HostForm {
    /// Of a host that is edited; a new one gets its id from its name.
    pub id: Option<HostId>,
    /// Its name.
    pub name: String,
    /// Its address; what an alias stands in for is kept here meanwhile.
    pub host: String,
    /// Its port, as typed.
    pub port: String,
    /// Its account.
    pub user: String,
    /// Its private key.
    pub identity_file: String,
    /// Where sessions start.
    pub remote_dir: String,
    /// Its environment.
    pub env: EnvRows,
    /// Whether it may be used.
    pub enabled: bool,
    /// The alias of the ssh config that it goes by.
    pub alias: Option<String>,
    /// How it is reached.
    pub transport: TransportKind,
}

impl Default for HostForm {
    fn default() -> Self {
        Self {
            id: None,
            name: String::new(),
            host: String::new(),
            port: String::new(),
            user: String::new(),
            identity_file: String::new(),
            remote_dir: String::new(),
            env: EnvRows::default(),
            enabled: true,
            alias: None,
            transport: TransportKind::Openssh,
        }
    }
}

impl HostForm {
    /// A saved host.
    pub fn of(host: &HostConfig) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            id: Some(host.id.clone()),
            name: host.name.clone(),
            host: host.host.clone(),
            port: host.port.map(|port| port.to_string()).unwrap_or_default(),
            user: text(&host.user),
            identity_file: text(&host.identity_file),
            remote_dir: text(&host.remote_dir),
            env: EnvRows::of_values(&host.env),
            enabled: host.enabled,
            alias: host.ssh_config.clone(),
            transport: host.transport,
        }
    }

    /// What would be saved. A port that is no number is none here, and a fault.
    pub fn config(&self, hosts: &Hosts) -> HostConfig {
        let set = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let name = self.name.trim().to_owned();
        let id = self.id.clone().unwrap_or_else(|| unique_id(&name, hosts));
        let host = self.alias.clone().unwrap_or_else(|| self.host.trim().to_owned());
        HostConfig {
            port: self.port.trim().parse().ok(),
            user: set(&self.user),
            identity_file: set(&self.identity_file),
            remote_dir: set(&self.remote_dir),
            env: self.env.values(),
            enabled: self.enabled,
            ssh_config: self.alias.clone(),
            transport: self.transport,
            ..HostConfig::new(id, name, host)
        }
    }

    /// Everything that is wrong, each with the key of its field. `keys` says which private keys can be read; one that
    /// wasn't looked at yet is taken for readable.
    pub fn faults(&self, hosts: &Hosts, keys: &BTreeMap<String, bool>) -> Vec<Fault> {
        let config = self.config(hosts);
        let readable = |key: &str| keys.get(key).copied().unwrap_or(true);
        // The rows tell of their own.
        let mut faults: Vec<Fault> = validate_host(&config, &readable)
            .into_iter()
            .filter(|fault| !fault.field.starts_with("env."))
            .collect();
        let port = self.port.trim();
        if !port.is_empty() && config.port.is_none() {
            faults.push(fault("port", "the port must be between 1 and 65535"));
        }
        let is_twin = |other: &&HostConfig| other.id != config.id && other.name == config.name;
        if !config.name.is_empty() && hosts.hosts.iter().any(|other| is_twin(&other)) {
            faults.push(fault("name", "another host is called so already"));
        }
        if let Some(wrong) = self.env.fault() {
            faults.push(fault("env", &wrong));
        }
        faults
    }

    /// Goes by an alias. The name follows it, as long as nobody has typed one.
    pub fn take_alias(&mut self, alias: &str) {
        let was_filled_in = self.alias.as_deref() == Some(self.name.as_str());
        if self.name.is_empty() || was_filled_in {
            self.name = alias.to_owned();
        }
        self.host = alias.to_owned();
        self.alias = Some(alias.to_owned());
    }

    /// Goes by its own fields again: those that are empty get what the alias meant, where that is known.
    pub fn drop_alias(&mut self, resolved: Option<&Resolved>) {
        if self.alias.take().is_none() {
            return;
        }
        let Some(resolved) = resolved else { return };
        self.host.clone_from(&resolved.hostname);
        if self.user.is_empty() {
            self.user.clone_from(&resolved.user);
        }
        if self.port.is_empty() && resolved.port != 22 {
            self.port = resolved.port.to_string();
        }
    }
}

fn fault(field: &str, message: &str) -> Fault {
    Fault { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
#[path = "host_form_tests.rs"]
mod tests;
