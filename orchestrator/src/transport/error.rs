//! What can go wrong between us and a program on a host.

use thiserror::Error;

use super::stderr::fingerprint;
use crate::failure::{Code, Failure};
use crate::host::HostId;

/// Why a host wasn't reached, didn't let us in, or didn't run what it was asked to.
///
/// `said` holds the words of ssh or of the host's shell, for details and logs; nobody parses it again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "a variant's line speaks of its fields, too")]
pub enum TransportError {
    /// An argument, environment name or path that can't be sent.
    #[error("{what}")]
    Usage { what: String },
    /// The ssh configuration is faulty.
    #[error("ssh's configuration for {host} is not usable: {}", in_one_line(said))]
    InvalidConfig { host: HostId, said: String },
    /// The control socket can't be made where it should be: too long a path, no such directory.
    #[error("no control socket for {host}: {}", first_line(said))]
    SocketUnusable { host: HostId, said: String },
    /// The name has no address.
    #[error("could not resolve the address of {host}")]
    HostUnresolved { host: HostId, said: String },
    /// Nothing listens there.
    #[error("{host} refused the connection")]
    ConnectionRefused { host: HostId, said: String },
    /// No answer in time.
    #[error("{host} did not answer in time")]
    ConnectionTimedOut { host: HostId, said: String },
    /// No way there, or something on this machine forbids it.
    #[error("no network route to {host}{}", colon(first_line(said)))]
    NoRoute { host: HostId, said: String },
    /// An open connection broke.
    #[error("lost the connection to {host}{}", colon(first_line(said)))]
    ConnectionLost { host: HostId, said: String },
    /// The server hung up before anybody was let in. Also the home of words that ssh never said before.
    #[error("the connection to {host} ended before we were let in{}", colon(first_line(said)))]
    ConnectionClosed { host: HostId, said: String },
    /// Nobody was let in. `asked` is the question (a password, a code) that nobody answered, if there was one.
    #[error("{host} accepted none of our keys{}", asked.as_ref().map(|q| format!(" and asked: {}", in_one_line(q))).unwrap_or_default())]
    AuthRefused { host: HostId, asked: Option<String>, said: String },
    /// Nobody was let in, and ssh could not use a key: `what` is its line about it.
    #[error("{host} accepted none of our keys, and one could not be used: {what}")]
    KeyUnusable { host: HostId, what: String, hint: String, said: String },
    /// The server gave up on us.
    #[error("{host} gave up after too many keys were tried")]
    TooManyAuthFailures { host: HostId, said: String },
    /// A key is locked. `asked` is ssh's question.
    #[error("the key for {host} is locked, and nobody answered: {}", in_one_line(asked))]
    PassphraseRequired { host: HostId, asked: String, said: String },
    /// Nobody vouched for the host's key. `asked` is ssh's question with the fingerprint, where it asked.
    #[error("the key of {host} is not known yet{}", colon(&shown_in(asked)))]
    HostKeyUnknown { host: HostId, asked: Option<String>, said: String },
    /// Another key than the one on record.
    #[error("the key of {host}{} is not the one on record: somebody may be in between", in_brackets(record.shown.as_deref()))]
    HostKeyChanged { host: HostId, record: KeyRecord, said: String },
    /// The host shows a key that is marked as stolen or retired. `shown` is its fingerprint, where ssh printed it.
    #[error("the key of {host}{} is marked as revoked: somebody may use a stolen one", in_brackets(shown.as_deref()))]
    HostKeyRevoked { host: HostId, shown: Option<String>, said: String },
    /// No algorithm in common.
    #[error("{host} and this machine share no algorithm: {}", first_line(said))]
    KexFailed { host: HostId, said: String },
    /// The way in between failed. `reason` is what a jump host's own ssh says, about the hop or about what lies beyond.
    #[error("{}", proxy_message(host, reason.as_deref(), said))]
    ProxyFailed { host: HostId, reason: Option<Box<TransportError>>, said: String },
    /// The login shell doesn't run commands. `said` is its own line.
    #[error("the login shell on {host} did not start a command{}", if said.is_empty() { String::new() } else { format!(": {said}") })]
    ShellBroken { host: HostId, said: String },
    /// The working directory isn't there.
    #[error("{dir} does not exist on {host}")]
    DirMissing { host: HostId, dir: String },
    /// The host's file system refuses.
    #[error("permission denied on {host}: {what}")]
    PermissionDenied { host: HostId, what: String },
    /// More than the limit.
    #[error("{host} sent more than {limit_bytes} bytes where less was expected")]
    TooLarge { host: HostId, limit_bytes: u64 },
    /// It took longer than allowed and was killed.
    #[error("{what} on {host} took longer than {after_ms} ms and was stopped")]
    TimedOut { host: HostId, what: String, after_ms: u64 },
    /// A person or a shutdown stopped it.
    #[error("the work on {host} was cancelled")]
    Cancelled { host: HostId },
    /// The transport or the server can't do it.
    #[error("{host}: {what}")]
    Unsupported { host: HostId, what: String },
    /// This machine isn't set up for it: there is no ssh client, or no room for its sockets.
    #[error("{what}")]
    NotSetUp { what: String, hint: String },
    /// Something on this machine failed: a socket, a directory, a missing ssh client.
    #[error("{what}")]
    Local { what: String, hint: Option<String> },
}

/// What ssh says about a host's key that isn't the one on record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRecord {
    /// The fingerprint of the key that the host shows now, such as `ED25519 SHA256:…`.
    pub shown: Option<String>,
    /// Where the old key stands, as `FILE:LINE`.
    pub entry: Option<String>,
    /// The command line that removes the old key, as ssh advises it.
    pub remove: Option<String>,
}

impl TransportError {
    /// The name under which scripts know it.
    pub fn code(&self) -> Code {
        match self {
            Self::Usage { .. } => Code::Usage,
            Self::InvalidConfig { .. } | Self::SocketUnusable { .. } => Code::InvalidConfig,
            Self::HostUnresolved { .. } => Code::HostUnresolved,
            Self::ConnectionRefused { .. } => Code::ConnectionRefused,
            Self::ConnectionTimedOut { .. } => Code::ConnectionTimedOut,
            Self::NoRoute { .. } => Code::NoRoute,
            Self::ConnectionLost { .. } => Code::ConnectionLost,
            Self::ConnectionClosed { .. } => Code::ConnectionClosed,
            Self::AuthRefused { .. } | Self::KeyUnusable { .. } => Code::AuthRefused,
            Self::TooManyAuthFailures { .. } => Code::TooManyAuthFailures,
            Self::PassphraseRequired { .. } => Code::PassphraseRequired,
            Self::HostKeyUnknown { .. } => Code::HostKeyUnknown,
            Self::HostKeyChanged { .. } | Self::HostKeyRevoked { .. } => Code::HostKeyChanged,
            Self::KexFailed { .. } => Code::KexFailed,
            Self::ProxyFailed { .. } => Code::ProxyFailed,
            Self::ShellBroken { .. } => Code::ShellBroken,
            Self::DirMissing { .. } => Code::DirMissing,
            Self::PermissionDenied { .. } => Code::PermissionDenied,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::TimedOut { .. } => Code::TimedOut,
            Self::Cancelled { .. } => Code::Cancelled,
            Self::Unsupported { .. } => Code::Unsupported,
            Self::NotSetUp { .. } => Code::InvalidConfig,
            Self::Local { .. } => Code::Internal,
        }
    }

    /// The host that it happened on, where it is about one.
    pub fn host(&self) -> Option<&HostId> {
        match self {
            Self::Usage { .. } | Self::NotSetUp { .. } | Self::Local { .. } => None,
            Self::InvalidConfig { host, .. }
            | Self::SocketUnusable { host, .. }
            | Self::HostUnresolved { host, .. }
            | Self::ConnectionRefused { host, .. }
            | Self::ConnectionTimedOut { host, .. }
            | Self::NoRoute { host, .. }
            | Self::ConnectionLost { host, .. }
            | Self::ConnectionClosed { host, .. }
            | Self::AuthRefused { host, .. }
            | Self::KeyUnusable { host, .. }
            | Self::TooManyAuthFailures { host, .. }
            | Self::PassphraseRequired { host, .. }
            | Self::HostKeyUnknown { host, .. }
            | Self::HostKeyChanged { host, .. }
            | Self::HostKeyRevoked { host, .. }
            | Self::KexFailed { host, .. }
            | Self::ProxyFailed { host, .. }
            | Self::ShellBroken { host, .. }
            | Self::DirMissing { host, .. }
            | Self::PermissionDenied { host, .. }
            | Self::TooLarge { host, .. }
            | Self::TimedOut { host, .. }
            | Self::Cancelled { host }
            | Self::Unsupported { host, .. } => Some(host),
        }
    }

    /// Whether trying again is useless until a person has changed something.
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::InvalidConfig { .. }
            | Self::SocketUnusable { .. }
            | Self::AuthRefused { .. }
            | Self::KeyUnusable { .. }
            | Self::TooManyAuthFailures { .. }
            | Self::PassphraseRequired { .. }
            | Self::HostKeyUnknown { .. }
            | Self::HostKeyChanged { .. }
            | Self::HostKeyRevoked { .. }
            | Self::KexFailed { .. }
            | Self::ShellBroken { .. }
            | Self::Unsupported { .. }
            | Self::Usage { .. }
            | Self::NotSetUp { .. }
            | Self::Local { .. } => true,
            Self::ProxyFailed { reason, .. } => {
                reason.as_ref().is_some_and(|why| why.needs_a_person())
            }
            Self::HostUnresolved { .. }
            | Self::ConnectionRefused { .. }
            | Self::ConnectionTimedOut { .. }
            | Self::NoRoute { .. }
            | Self::ConnectionLost { .. }
            | Self::ConnectionClosed { .. }
            | Self::DirMissing { .. }
            | Self::PermissionDenied { .. }
            | Self::TooLarge { .. }
            | Self::TimedOut { .. }
            | Self::Cancelled { .. } => false,
        }
    }

    /// Whether the same may go well a little later, without anybody doing something.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::HostUnresolved { .. }
            | Self::ConnectionRefused { .. }
            | Self::ConnectionTimedOut { .. }
            | Self::NoRoute { .. }
            | Self::ConnectionLost { .. }
            | Self::ConnectionClosed { .. }
            | Self::TimedOut { .. } => true,
            Self::ProxyFailed { reason, .. } => reason.as_ref().is_none_or(|why| why.is_passing()),
            Self::InvalidConfig { .. }
            | Self::SocketUnusable { .. }
            | Self::AuthRefused { .. }
            | Self::KeyUnusable { .. }
            | Self::TooManyAuthFailures { .. }
            | Self::PassphraseRequired { .. }
            | Self::HostKeyUnknown { .. }
            | Self::HostKeyChanged { .. }
            | Self::HostKeyRevoked { .. }
            | Self::KexFailed { .. }
            | Self::ShellBroken { .. }
            | Self::DirMissing { .. }
            | Self::PermissionDenied { .. }
            | Self::TooLarge { .. }
            | Self::Cancelled { .. }
            | Self::Unsupported { .. }
            | Self::Usage { .. }
            | Self::NotSetUp { .. }
            | Self::Local { .. } => false,
        }
    }

    /// What to do about it; `None` where the engine mends it by itself.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Usage { .. } => return None,
            Self::InvalidConfig { host, .. } => format!(
                "Mend the line or file that it names (a config file must be yours, and writable by nobody else); `ssh -G {host}` reads it again"
            ),
            Self::SocketUnusable { .. } => {
                "Choose a shorter or another directory for it: XDG_RUNTIME_DIR, BATON_HOME, or ControlPath in the ssh config".into()
            }
            Self::HostUnresolved { .. } => "Check the spelling of the host, and that DNS or the VPN is up".into(),
            Self::ConnectionRefused { .. } => {
                "Check the port, and that sshd is running there and no firewall rejects you".into()
            }
            Self::ConnectionTimedOut { .. } => {
                "Check that the machine is up and that a firewall or the VPN lets you through".into()
            }
            Self::NoRoute { .. } => "Check your own network or VPN first, then the address".into(),
            Self::ConnectionLost { .. } => {
                "What runs there runs on. Check your network, and try again".into()
            }
            Self::ConnectionClosed { .. } => {
                "The server may be overloaded, block your address, or not be sshd; its log says which".into()
            }
            Self::AuthRefused { host, asked: None, .. } => format!(
                "Run `ssh-copy-id {host}`, or set the right user and key (`baton hosts edit {host} --user U --identity-file F`); a key with a passphrase must be unlocked with `ssh-add`"
            ),
            Self::KeyUnusable { hint, .. } => return Some(hint.clone()),
            Self::AuthRefused { host, asked: Some(_), .. } => {
                format!("Run it on a terminal to answer, or set up a key: `ssh-copy-id {host}`")
            }
            Self::TooManyAuthFailures { host, .. } => format!(
                "Name the one right key (`baton hosts edit {host} --identity-file F`, and `IdentitiesOnly yes` in the ssh config)"
            ),
            Self::PassphraseRequired { .. } => {
                "Run it on a terminal to answer, or unlock the key once with `ssh-add`".into()
            }
            Self::HostKeyUnknown { host, .. } => format!(
                "Compare the fingerprint with the machine's owner, then accept it once: `ssh {host}` on a terminal"
            ),
            Self::HostKeyChanged { host, record, .. } => {
                let entry = record.entry.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
                let default = || format!("ssh-keygen -R {host}");
                let remove = record.remove.clone().unwrap_or_else(default);
                format!(
                    "Ask the machine's owner whether it was reinstalled, and compare the fingerprint. Only then remove the old key{entry}: `{remove}`"
                )
            }
            Self::HostKeyRevoked { .. } => {
                "Do not connect: ask the machine's owner for a new key, and whether the old one was stolen".into()
            }
            Self::KexFailed { .. } => {
                "Update the older of the two, or allow its algorithm for this host in the ssh config".into()
            }
            Self::ProxyFailed { host, reason, .. } => proxy_hint(host, reason.as_deref()),
            Self::ShellBroken { host, .. } => {
                format!("Try `ssh {host} true`: the account needs a login shell whose profile neither fails nor waits")
            }
            Self::DirMissing { .. } => "Create the directory there, or name another one".into(),
            Self::PermissionDenied { .. } => "Check the owner and mode there, or use another account".into(),
            Self::TooLarge { .. } => "Ask for less at once".into(),
            Self::TimedOut { .. } => "The machine may be overloaded; try again".into(),
            Self::Cancelled { .. } => return None,
            Self::Unsupported { .. } => {
                "Use the system's ssh for this host (`transport = \"openssh\"`), or another server".into()
            }
            Self::NotSetUp { hint, .. } => hint.clone(),
            Self::Local { hint, .. } => return hint.clone(),
        };
        Some(hint)
    }
}

impl From<&TransportError> for Failure {
    fn from(error: &TransportError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
            host: error.host().map(ToString::to_string),
        }
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Self::from(&error)
    }
}

/// The line that decided, which stands first in `said`.
fn first_line(said: &str) -> &str {
    said.lines().next().unwrap_or_default().trim_end_matches(['.', ' '])
}

fn in_one_line(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    lines.join("; ").trim_end_matches(['.', ':', ' ']).to_owned()
}

fn colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn in_brackets(text: Option<&str>) -> String {
    text.map(|text| format!(" ({text})")).unwrap_or_default()
}

/// The fingerprint in ssh's question, or else the question.
fn shown_in(asked: &Option<String>) -> String {
    let question = asked.as_deref().unwrap_or_default();
    fingerprint(question).unwrap_or_else(|| in_one_line(question))
}

fn proxy_message(host: &HostId, reason: Option<&TransportError>, said: &str) -> String {
    match reason {
        Some(reason) => format!("could not get to {host} through its jump host: {reason}"),
        None if said.is_empty() => {
            format!("the proxy command on the way to {host} ended without a word")
        }
        None => format!(
            "the jump host or proxy command on the way to {host} failed: {}",
            first_line(said)
        ),
    }
}

fn proxy_hint(host: &HostId, reason: Option<&TransportError>) -> String {
    let Some(reason) = reason else {
        return format!(
            "`ssh -v {host}` shows the ProxyCommand that is run: it must work by itself"
        );
    };
    // Beyond the jump host, "our network" is that host's.
    if reason.host() == Some(host) {
        return "The jump host let us in: check the name and the port as it sees them, and that sshd is running there".into();
    }
    match (reason, reason.host()) {
        (TransportError::AuthRefused { .. }, Some(hop)) => {
            format!(
                "`ssh {hop}` must work by itself: run `ssh-copy-id {hop}`, or set its user and key in the ssh config"
            )
        }
        (_, hop) => {
            let hop = hop.map_or_else(|| "jump host".to_owned(), |hop| format!("`ssh {hop}`"));
            let why = reason.hint().map(|hint| format!(". {hint}")).unwrap_or_default();
            format!("{hop} must work by itself{why}")
        }
    }
}
