//! Where a host is, as a run remembers it: an edited `hosts.toml` moves no run.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::validate::expand_home;
use super::{HostId, ResolvedHost, TransportKind};
use crate::transport::Target;

/// What is needed to reach a host, and nothing else that `hosts.toml` says of it: no environment, so no secret.
///
/// Equal places share a connection. What the words mean is ssh's to say: an alias means what the ssh config says today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What errors and events call it.
    pub id: HostId,
    /// How to get there; `None` is this machine.
    pub way: Option<Way>,
}

/// A directory at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The machine.
    pub place: Place,
    /// The directory as a session has it: `~` is the host's to expand, and `None` is the account's home.
    pub cwd: Option<String>,
}

/// How to get to another machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// A host name, an address, or an alias of the ssh config.
    pub destination: String,
    /// The account, where one is set.
    pub user: Option<String>,
    /// The port, where one is set.
    pub port: Option<u16>,
    /// The private key as the person wrote it.
    pub identity_file: Option<String>,
    /// What gets there.
    pub transport: TransportKind,
}

impl Place {
    /// Where a connection goes; `None` for this machine. `home` is what `~/` means in a key's path.
    pub fn target(&self, home: &Path) -> Option<Target> {
        let way = self.way.as_ref()?;
        Some(Target {
            id: self.id.clone(),
            destination: way.destination.clone(),
            user: way.user.clone(),
            port: way.port,
            identity_file: way.identity_file.as_ref().map(|key| expand_home(key, home)),
        })
    }
}

impl ResolvedHost {
    /// Where it is.
    pub fn place(&self) -> Place {
        let way = match self {
            Self::Local => None,
            Self::Saved(host) => Some(Way {
                destination: host.ssh_config.as_ref().unwrap_or(&host.host).clone(),
                user: host.user.clone(),
                port: host.port,
                identity_file: host.identity_file.clone(),
                transport: host.transport,
            }),
            Self::AdHoc(host) => Some(Way {
                destination: host.host.clone(),
                user: host.user.clone(),
                port: host.port,
                identity_file: None,
                transport: TransportKind::Openssh,
            }),
        };
        Place { id: self.id(), way }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::host::HostConfig;

    #[test]
    fn a_place_is_where_a_host_is_and_holds_no_secret() {
        let mut host = HostConfig::new(HostId::new("gpu"), "GPU", "gpu.example");
        let before = ResolvedHost::Saved(host.clone()).place();
        host.name = "the big one".into();
        host.remote_dir = Some("/srv".into());
        host.env.insert("API_KEY".into(), "s3cret".into());
        let renamed = ResolvedHost::Saved(host.clone()).place();
        assert_eq!(renamed, before);
        let json = serde_json::to_string(&renamed).unwrap();
        assert!(!json.contains("s3cret"), "{json}");
        assert_eq!(serde_json::from_str::<Place>(&json).unwrap(), before);
        host.host = "gpu2.example".into();
        assert_ne!(ResolvedHost::Saved(host).place(), before);
    }
}
