//! What the built-in client needs to know of a host, and which configurations it can't honour. Pure.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::pattern;
use super::ssh_g::{Values, expand};
use crate::host::HostId;
use crate::transport::TransportError;

/// How long a connection may take where the ssh config doesn't say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a silent server is asked whether it is there, where the ssh config doesn't say.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// Options with which a host can't be reached from here as the person wants it, whatever their value but `none`.
const NOT_HONOURED: [&str; 8] = [
    "proxycommand",
    "proxyjump",
    "certificatefile",
    "pkcs11provider",
    "knownhostscommand",
    "revokedhostkeys",
    "bindaddress",
    "bindinterface",
];

/// Everything that decides how a host is reached; all values resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeConfig {
    /// The name or address to connect to.
    pub hostname: String,
    /// The TCP port.
    pub port: u16,
    /// The account.
    pub user: String,
    /// Which kinds of address to try.
    pub address_family: AddressFamily,
    /// Private keys (or public ones whose other half the agent holds), absolute, in their order. Missing ones are skipped.
    pub identity_files: Vec<PathBuf>,
    /// Whether the agent's keys count only where `identity_files` names them.
    pub identities_only: bool,
    /// The agent's socket.
    pub identity_agent: Option<PathBuf>,
    /// All files with known keys: the person's and the machine's.
    pub known_hosts_files: Vec<PathBuf>,
    /// Where a newly accepted key is kept; `None` keeps it nowhere.
    pub new_keys_file: Option<PathBuf>,
    /// The name under which the host's key is kept, instead of its own.
    pub host_key_alias: Option<String>,
    /// What to do with a key that nobody vouched for.
    pub strict_host_key_checking: HostKeyPolicy,
    /// Whether a new key is kept under a name that can't be read.
    pub hash_known_hosts: bool,
    /// For the TCP connection to each address, and again for the key exchange.
    pub connect_timeout: Duration,
    /// How long the server may be silent before it is asked whether it is there.
    pub keepalive_interval: Duration,
    /// After how many unanswered questions the link is lost.
    pub keepalive_count: usize,
    /// Ways to log in, in the order in which they are tried.
    pub methods: Vec<Method>,
    /// How often a password or passphrase may be mistyped.
    pub password_prompts: usize,
    /// Whether nobody may be asked for anything (`BatchMode`).
    pub batch: bool,
    /// Variables for every command; the server takes what its `AcceptEnv` allows.
    pub environment: Vec<(String, String)>,
    /// The smallest RSA key to be trusted or used, in bits.
    pub required_rsa_bits: usize,
    /// What may be negotiated.
    pub algorithms: AlgorithmNames,
}

/// Which kinds of address to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFamily {
    /// Both, in the resolver's order.
    Any,
    /// IPv4 only.
    Inet,
    /// IPv6 only.
    Inet6,
}

/// What to do with a host key that nobody vouched for. A changed or revoked one is always refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// Refuse it.
    Strict,
    /// Put it to a person.
    Ask,
    /// Take it and keep it.
    AcceptNew,
}

/// A way to log in that we can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// With a key.
    PublicKey,
    /// With answers to the server's questions.
    KeyboardInteractive,
    /// With the account's password.
    Password,
}

/// Names of algorithms, most wanted first. An empty list stands for our own choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlgorithmNames {
    /// Key exchange.
    pub kex: Vec<String>,
    /// Encryption.
    pub ciphers: Vec<String>,
    /// Integrity.
    pub macs: Vec<String>,
    /// Kinds of host key.
    pub host_keys: Vec<String>,
    /// Kinds of signature for logging in.
    pub public_keys: Vec<String>,
}

/// What the configuration may refer to; handed in, as the libraries read no environment.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The person's home directory.
    pub home: PathBuf,
    /// The person's account on this machine.
    pub local_user: String,
    /// The environment, for `SendEnv`, `${NAME}` and `SSH_AUTH_SOCK`.
    pub environment: Vec<(String, String)>,
}

impl Surroundings {
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl NativeConfig {
    /// A host with every option at its default and no identity.
    pub fn new(hostname: impl Into<String>, port: u16, user: impl Into<String>) -> Self {
        Self {
            hostname: hostname.into(),
            port,
            user: user.into(),
            address_family: AddressFamily::Any,
            identity_files: Vec::new(),
            identities_only: false,
            identity_agent: None,
            known_hosts_files: Vec::new(),
            new_keys_file: None,
            host_key_alias: None,
            strict_host_key_checking: HostKeyPolicy::Ask,
            hash_known_hosts: false,
            connect_timeout: CONNECT_TIMEOUT,
            keepalive_interval: KEEPALIVE_INTERVAL,
            keepalive_count: 3,
            methods: vec![Method::PublicKey, Method::KeyboardInteractive, Method::Password],
            password_prompts: 3,
            batch: false,
            environment: Vec::new(),
            required_rsa_bits: 1024,
            algorithms: AlgorithmNames::default(),
        }
    }

    /// Takes what `ssh -G` printed for a host.
    ///
    /// Not carried over, because we never do it: forwarding of ports, agent and X11, compression, local commands,
    /// `UpdateHostKeys`, `CheckHostIP`, `VerifyHostKeyDNS`, `NoHostAuthenticationForLocalhost` (we check strictly there).
    /// `StrictHostKeyChecking no` means `accept-new`: a changed key is refused.
    ///
    /// # Errors
    ///
    /// [`TransportError::Unsupported`] names the option that we can't honour: [`TransportError::InvalidConfig`] the faulty one.
    pub fn from_ssh_g(
        host: &HostId,
        text: &str,
        around: &Surroundings,
    ) -> Result<Self, TransportError> {
        let values = Values::parse(text);
        refuse_what_we_cannot_do(host, &values)?;
        let invalid = |option: &str, value: &str| TransportError::InvalidConfig {
            host: host.clone(),
            said: format!("{option} {value}"),
        };
        let needed = |option: &str| {
            values.get(option).ok_or_else(|| TransportError::InvalidConfig {
                host: host.clone(),
                said: format!("ssh -G names no {option}"),
            })
        };
        let port = needed("port")?;
        let port = port.parse().map_err(|_| invalid("port", port))?;
        let mut config = Self::new(needed("hostname")?, port, needed("user")?);
        let number = |option: &str, default: usize| match values.get(option) {
            None | Some("none") => Ok(default),
            Some(value) => value.parse().map_err(|_| invalid(option, value)),
        };
        let seconds = |option: &str, default: Duration| {
            number(option, 0).map(|n| match n {
                0 => default,
                n => Duration::from_secs(n as u64),
            })
        };
        config.connect_timeout = seconds("connecttimeout", CONNECT_TIMEOUT)?;
        config.keepalive_interval = seconds("serveraliveinterval", KEEPALIVE_INTERVAL)?;
        config.keepalive_count = number("serveralivecountmax", 3)?;
        config.password_prompts = number("numberofpasswordprompts", 3)?;
        config.required_rsa_bits = number("requiredrsasize", 1024)?;
        config.batch = values.is_yes("batchmode");
        config.identities_only = values.is_yes("identitiesonly");
        config.hash_known_hosts = values.is_yes("hashknownhosts");
        config.host_key_alias = values.get("hostkeyalias").map(str::to_owned);
        config.address_family = match values.get("addressfamily") {
            None | Some("any") => AddressFamily::Any,
            Some("inet") => AddressFamily::Inet,
            Some("inet6") => AddressFamily::Inet6,
            Some(other) => return Err(invalid("addressfamily", other)),
        };
        config.strict_host_key_checking = match values.get("stricthostkeychecking") {
            Some("true" | "yes") => HostKeyPolicy::Strict,
            Some("accept-new" | "false" | "no" | "off") => HostKeyPolicy::AcceptNew,
            None | Some("ask") => HostKeyPolicy::Ask,
            Some(other) => return Err(invalid("stricthostkeychecking", other)),
        };
        let path = |raw: &str| expand(host, raw, &config, around);
        let mut identity_files = Vec::new();
        for raw in values.all("identityfile").filter(|raw| *raw != "none") {
            identity_files.push(path(raw)?);
        }
        let mut own_known_hosts = Vec::new();
        for raw in values.words("userknownhostsfile").filter(|raw| raw != "none") {
            own_known_hosts.push(path(&raw)?);
        }
        let new_keys_file = own_known_hosts.first().cloned();
        let mut known_hosts_files = own_known_hosts;
        for raw in values.words("globalknownhostsfile").filter(|raw| raw != "none") {
            known_hosts_files.push(path(&raw)?);
        }
        let from_env = |name: &str| around.variable(name).filter(|v| !v.is_empty());
        let identity_agent = match values.get("identityagent") {
            None | Some("SSH_AUTH_SOCK") => from_env("SSH_AUTH_SOCK").map(PathBuf::from),
            Some("none") => None,
            Some(raw) => match raw.strip_prefix('$').filter(|name| !name.starts_with('{')) {
                Some(name) => from_env(name).map(PathBuf::from),
                None => Some(path(raw)?),
            },
        };
        config.identity_files = identity_files;
        config.known_hosts_files = known_hosts_files;
        config.new_keys_file = new_keys_file.filter(|file| file != Path::new("/dev/null"));
        config.identity_agent = identity_agent;
        config.methods = methods(host, &values, config.batch)?;
        config.environment = environment(&values, around);
        let names = |option: &str| {
            values.get(option).into_iter().flat_map(|v| v.split(',')).map(str::to_owned).collect()
        };
        config.algorithms = AlgorithmNames {
            kex: names("kexalgorithms"),
            ciphers: names("ciphers"),
            macs: names("macs"),
            host_keys: names("hostkeyalgorithms"),
            public_keys: names("pubkeyacceptedalgorithms"),
        };
        Ok(config)
    }
}

fn refuse_what_we_cannot_do(host: &HostId, values: &Values) -> Result<(), TransportError> {
    let named = NOT_HONOURED
        .into_iter()
        .find(|option| values.all(option).any(|value| !value.is_empty() && value != "none"));
    let named = named.or(values.is_yes("proxyusefdpass").then_some("proxyusefdpass"));
    match named {
        None => Ok(()),
        Some(option) => Err(TransportError::Unsupported {
            host: host.clone(),
            what: format!("the ssh config sets {option}, which the built-in client cannot honour"),
        }),
    }
}

/// The ways that are allowed, in the person's order.
fn methods(host: &HostId, values: &Values, batch: bool) -> Result<Vec<Method>, TransportError> {
    let order = values
        .get("preferredauthentications")
        .unwrap_or("gssapi-with-mic,hostbased,publickey,keyboard-interactive,password");
    let allowed = |option: &str| !values.is_no(option);
    let methods: Vec<Method> = order
        .split(',')
        .filter_map(|name| match name.trim() {
            "publickey" => allowed("pubkeyauthentication").then_some(Method::PublicKey),
            "keyboard-interactive" => (!batch && allowed("kbdinteractiveauthentication"))
                .then_some(Method::KeyboardInteractive),
            "password" => (!batch && allowed("passwordauthentication")).then_some(Method::Password),
            _ => None,
        })
        .collect();
    if methods.is_empty() {
        let option = ["gssapiauthentication", "hostbasedauthentication"]
            .into_iter()
            .find(|option| values.is_yes(option))
            .unwrap_or("preferredauthentications");
        return Err(TransportError::Unsupported {
            host: host.clone(),
            what: format!(
                "the ssh config ({option}) leaves no way to log in that the built-in client can go"
            ),
        });
    }
    Ok(methods)
}

/// `SetEnv`, then `SendEnv` where it adds something, as ssh sends them.
fn environment(values: &Values, around: &Surroundings) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in values.words("setenv") {
        if let Some((name, value)) = pair.split_once('=') {
            found.push((name.to_owned(), value.to_owned()));
        }
    }
    let patterns: Vec<String> = values.words("sendenv").collect();
    for (name, value) in &around.environment {
        let sent = patterns.iter().any(|wanted| pattern::matches(wanted, name));
        if sent && found.iter().all(|(known, _)| known != name) {
            found.push((name.clone(), value.clone()));
        }
    }
    found
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
