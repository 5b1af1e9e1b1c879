//! The options that describe a host, for `add`, `edit` and a test before saving.

use std::path::Path;

use clap::{Args, ValueEnum};
use orchestrator::failure::{Code, Failure};
use orchestrator::host::{HostConfig, HostsError, TransportKind, expand_home, validate_host};

/// A description of a host, or of changes to one. An empty value unsets.
#[derive(Clone, Debug, Default, Args)]
pub struct HostFields {
    /// Host name or address
    #[arg(long, value_name = "H", allow_hyphen_values = true)]
    host: Option<String>,
    /// TCP port
    #[arg(long, value_name = "N", value_parser = port)]
    port: Option<Setting<u16>>,
    /// Account
    #[arg(long, value_name = "U", allow_hyphen_values = true)]
    user: Option<String>,
    /// Private key
    #[arg(long, value_name = "F")]
    identity_file: Option<String>,
    /// Where new sessions start, on the host
    #[arg(long, value_name = "D")]
    remote_dir: Option<String>,
    /// Environment for everything that is started there; may be repeated
    #[arg(long, value_name = "K=V", value_parser = row)]
    env: Vec<(String, String)>,
    /// Take everything that isn't set here from this alias of the ssh config
    #[arg(long, value_name = "ALIAS", allow_hyphen_values = true)]
    ssh_config: Option<String>,
    /// How it is reached
    #[arg(long, value_name = "KIND")]
    transport: Option<Kind>,
}

/// A value that an empty word unsets.
#[derive(Clone, Copy, Debug)]
struct Setting<T>(Option<T>);

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// The system's ssh, with all of its configuration
    Openssh,
    /// The built-in client, for where there is no ssh
    Native,
}

impl HostFields {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        let Self { host, port, user, identity_file, remote_dir, env, ssh_config, transport } = self;
        host.is_none()
            && port.is_none()
            && user.is_none()
            && identity_file.is_none()
            && remote_dir.is_none()
            && env.is_empty()
            && ssh_config.is_none()
            && transport.is_none()
    }

    /// Puts what was given over `host`, and checks the result.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidConfig`] with every fault at once.
    pub fn apply(self, host: &mut HostConfig, home: &Path) -> Result<(), Failure> {
        let given_key = self.identity_file.as_ref().is_some_and(|key| !key.is_empty());
        self.put_over(host)?;
        let readable = |key: &str| {
            // A key that was there already may come and go (a stick, a mount): only a new one must be there.
            let path = expand_home(key, home);
            !given_key || path.is_file() && std::fs::File::open(path).is_ok()
        };
        let faults = validate_host(host, &readable);
        if faults.is_empty() { Ok(()) } else { Err(HostsError::Invalid { faults }.into()) }
    }

    /// Puts what was given over `host`, whatever comes of it.
    ///
    /// A relative path of a key is one from here; the file stores it absolute.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidConfig`] for a path of a key that can't be stored.
    pub fn put_over(self, host: &mut HostConfig) -> Result<(), Failure> {
        if let Some(alias) = self.ssh_config {
            let alias = filled(alias);
            if let Some(alias) = &alias {
                // The address comes from the config from now on.
                host.host.clone_from(alias);
            }
            host.ssh_config = alias;
        }
        if let Some(address) = self.host {
            host.host = address;
        }
        if let Some(Setting(port)) = self.port {
            host.port = port;
        }
        if let Some(user) = self.user {
            host.user = filled(user);
        }
        if let Some(key) = self.identity_file {
            host.identity_file = filled(key).map(|key| from_here(&key)).transpose()?;
        }
        if let Some(dir) = self.remote_dir {
            host.remote_dir = filled(dir);
        }
        host.env.extend(self.env);
        if let Some(kind) = self.transport {
            host.transport = match kind {
                Kind::Openssh => TransportKind::Openssh,
                Kind::Native => TransportKind::Native,
            };
        }
        Ok(())
    }
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn from_here(key: &str) -> Result<String, Failure> {
    if key.starts_with("~/") {
        return Ok(key.to_owned());
    }
    let path = std::path::absolute(key).map_err(|error| {
        Failure::new(Code::InvalidConfig, format!("the private key {key:?} is no path: {error}"))
    })?;
    path.into_os_string()
        .into_string()
        .map_err(|_| Failure::new(Code::InvalidConfig, "the path of the private key is not UTF-8"))
}

fn port(text: &str) -> Result<Setting<u16>, String> {
    if text.is_empty() {
        return Ok(Setting(None));
    }
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(Setting(Some(port))),
        Ok(_) | Err(_) => Err("the port must be between 1 and 65535".into()),
    }
}

fn row(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err("write it as NAME=VALUE".into()),
    }
}
