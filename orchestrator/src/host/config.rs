use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::HostId;

/// The machines of one `hosts.toml`, in the file's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosts {
    /// One for each entry.
    pub hosts: Vec<HostConfig>,
    /// The host that front ends mark as the default; nothing is run there by itself.
    pub default: Option<HostId>,
}

impl Hosts {
    /// The entry with that id.
    pub fn get(&self, id: &HostId) -> Option<&HostConfig> {
        self.hosts.iter().find(|host| &host.id == id)
    }
}

/// One entry of `hosts.toml`.
///
/// A `None` is inherited: from the ssh config where it says something, else ssh's own default.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostConfig {
    /// Made from the name when the entry is added, and never changed: sessions refer to it.
    pub id: HostId,
    /// What a person calls the machine.
    pub name: String,
    /// A host name or an address; the alias for an entry with `ssh_config`.
    pub host: String,
    /// The TCP port.
    pub port: Option<u16>,
    /// The account.
    pub user: Option<String>,
    /// The private key as the person wrote it: an absolute path, or one that begins with `~/`.
    pub identity_file: Option<String>,
    /// The directory in which new sessions start.
    pub remote_dir: Option<String>,
    /// Environment of everything that is started there. Values may be secrets.
    pub env: BTreeMap<String, String>,
    /// A host that is switched off refuses to run anything.
    pub enabled: bool,
    /// The alias of the ssh config from which everything that isn't set here comes.
    pub ssh_config: Option<String>,
    /// How it is reached.
    pub transport: TransportKind,
}

impl HostConfig {
    /// An enabled entry in which everything else is inherited.
    pub fn new(id: HostId, name: impl Into<String>, host: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            host: host.into(),
            port: None,
            user: None,
            identity_file: None,
            remote_dir: None,
            env: BTreeMap::new(),
            enabled: true,
            ssh_config: None,
            transport: TransportKind::Openssh,
        }
    }
}

/// Leaves the values of the environment out, since they may be secrets.
impl fmt::Debug for HostConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostConfig")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("identity_file", &self.identity_file)
            .field("remote_dir", &self.remote_dir)
            .field("env_names", &self.env.keys().collect::<Vec<_>>())
            .field("enabled", &self.enabled)
            .field("ssh_config", &self.ssh_config)
            .field("transport", &self.transport)
            .finish()
    }
}

/// How a host is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportKind {
    /// The system's `ssh`, which honours the whole ssh config.
    #[default]
    Openssh,
    /// The built-in client, for where no `ssh` or no master connection can be had.
    Native,
}

impl TransportKind {
    /// As it stands in `hosts.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openssh => "openssh",
            Self::Native => "native",
        }
    }

    /// Reads what [`TransportKind::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "openssh" => Some(Self::Openssh),
            "native" => Some(Self::Native),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_debug_form_shows_no_value_of_the_environment() {
        let mut host = HostConfig::new(HostId::new("a"), "a", "a.example");
        host.env.insert("API_KEY".into(), "s3cret".into());

        let shown = format!("{host:?}");

        assert!(shown.contains("API_KEY"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
