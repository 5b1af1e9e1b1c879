//! The keys that may let us in: files of the person's configuration, and what their agent holds.

use std::io;
use std::path::{Path, PathBuf};

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::{AgentClient, AgentStream};
use russh::keys::{Algorithm, PrivateKey, PublicKey, decode_secret_key};

use super::config::NativeConfig;
use crate::host::HostId;
use crate::transport::TransportError;

/// An agent, whatever its socket is.
pub(super) type Agent = AgentClient<Box<dyn AgentStream + Send + Unpin>>;

/// A configured key, as far as its file tells without a passphrase.
#[derive(Clone, Debug)]
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    /// Absent for an old encrypted file without its `.pub`.
    pub(super) public: Option<PublicKey>,
    /// Whether the private half is in the file, and we can sign with it.
    pub(super) signs: bool,
    /// Whether the private half is inside a security key, which only an agent can reach.
    pub(super) security_key: bool,
}

/// Where a key comes from.
#[derive(Clone, Debug)]
pub(super) enum Identity {
    Agent(Box<AgentIdentity>),
    File(KeyFile),
}

/// Reads the configured key files. Blocking. Missing and unreadable files are left out, as ssh does.
pub(super) fn read_key_files(paths: &[PathBuf]) -> Vec<KeyFile> {
    paths.iter().filter_map(|path| read_key_file(path)).collect()
}

fn read_key_file(path: &Path) -> Option<KeyFile> {
    let beside = || read_public(&with_pub(path));
    let file = |public: Option<PublicKey>, private: bool| {
        let security_key = public.as_ref().is_some_and(|key| is_security_key(&key.algorithm()));
        let signs = private && !security_key;
        Some(KeyFile { path: path.to_owned(), public, signs, security_key })
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        // The private half may be in the agent alone.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return beside().and_then(|public| file(Some(public), false));
        }
        Err(error) => {
            tracing::warn!(key = %path.display(), %error, "the key file can't be read");
            return None;
        }
    };
    if let Ok(private) = PrivateKey::from_openssh(&text) {
        return file(Some(private.public_key().clone()), true);
    }
    if let Some(public) = read_public(path) {
        return file(Some(public), false);
    }
    match decode_secret_key(&text, None) {
        Ok(private) => file(Some(private.public_key().clone()), true),
        Err(russh::keys::Error::KeyIsEncrypted) => file(beside(), true),
        Err(error) => {
            tracing::warn!(key = %path.display(), %error, "this is no key that we can read");
            None
        }
    }
}

fn read_public(path: &Path) -> Option<PublicKey> {
    russh::keys::load_public_key(path).ok()
}

fn with_pub(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

fn is_security_key(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256)
}

/// Connects to the agent; `None` when there is none, which is no error.
#[cfg(unix)]
pub(super) async fn connect_agent(socket: &Path) -> Option<Agent> {
    match AgentClient::connect_uds(socket).await {
        Ok(agent) => Some(agent.dynamic()),
        Err(error) => {
            tracing::debug!(socket = %socket.display(), %error, "no agent");
            None
        }
    }
}

/// Connects to the agent's named pipe; `None` when there is none, which is no error.
#[cfg(windows)]
pub(super) async fn connect_agent(pipe: &Path) -> Option<Agent> {
    match AgentClient::connect_named_pipe(pipe).await {
        Ok(agent) => Some(agent.dynamic()),
        Err(error) => {
            tracing::debug!(pipe = %pipe.display(), %error, "no agent");
            None
        }
    }
}

/// What the agent holds; nothing when it doesn't answer.
pub(super) async fn held_by(agent: &mut Agent) -> Vec<AgentIdentity> {
    match agent.request_identities().await {
        Ok(held) => held,
        Err(error) => {
            tracing::debug!(%error, "the agent lists no keys");
            Vec::new()
        }
    }
}

/// The order in which ssh tries keys: those of the agent that are configured, the agent's others, then files.
pub(super) fn in_order(
    files: &[KeyFile],
    held: Vec<AgentIdentity>,
    identities_only: bool,
) -> Vec<Identity> {
    let configured = |key: &AgentIdentity| files.iter().any(|file| is_same(file, key));
    let (named, others): (Vec<_>, Vec<_>) = held.into_iter().partition(configured);
    let of_files: Vec<KeyFile> = files
        .iter()
        .filter(|file| file.signs && !named.iter().any(|key| is_same(file, key)))
        .cloned()
        .collect();
    let others = others.into_iter().filter(|_| !identities_only);
    let agents = named.into_iter().chain(others).map(|key| Identity::Agent(Box::new(key)));
    agents.chain(of_files.into_iter().map(Identity::File)).collect()
}

fn is_same(file: &KeyFile, held: &AgentIdentity) -> bool {
    let held = match held {
        AgentIdentity::PublicKey { key, .. } => key.key_data(),
        AgentIdentity::Certificate { certificate, .. } => certificate.public_key(),
    };
    file.public.as_ref().is_some_and(|public| public.key_data() == held)
}

/// Refuses a host for which only security keys are configured that no agent holds.
///
/// # Errors
///
/// [`TransportError::Unsupported`], before any connection.
pub(super) async fn refuse_lone_security_keys(
    host: &HostId,
    config: &NativeConfig,
    files: &[KeyFile],
) -> Result<(), TransportError> {
    let only_keys = config.methods == [super::Method::PublicKey];
    let Some(lone) = files.iter().find(|file| file.security_key) else { return Ok(()) };
    if !only_keys || files.iter().any(|file| file.signs) {
        return Ok(());
    }
    if let Some(socket) = &config.identity_agent
        && let Some(mut agent) = connect_agent(socket).await
        && !in_order(files, held_by(&mut agent).await, config.identities_only).is_empty()
    {
        return Ok(());
    }
    Err(TransportError::Unsupported {
        host: host.clone(),
        what: format!(
            "{} is inside a security key, which the built-in client reaches only through an agent",
            lone.path.display()
        ),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::process::Command;

    use super::*;

    fn make(dir: &Path, name: &str, args: &[&str]) -> PathBuf {
        let file = dir.join(name);
        let made =
            Command::new("ssh-keygen").args(["-q", "-C", "c", "-f"]).arg(&file).args(args).status();
        assert!(made.unwrap().success());
        file
    }

    fn held(file: &KeyFile) -> AgentIdentity {
        let mut key = file.public.clone().unwrap();
        key.set_comment("another comment");
        AgentIdentity::PublicKey { key, comment: String::new() }
    }

    fn names(order: &[Identity]) -> Vec<String> {
        let name = |identity: &Identity| match identity {
            Identity::Agent(_) => "agent".to_owned(),
            Identity::File(file) => file.path.file_name().unwrap().to_string_lossy().into_owned(),
        };
        order.iter().map(name).collect()
    }

    #[test]
    fn every_kind_of_key_file_tells_its_public_half() {
        let dir = tempfile::tempdir().unwrap();
        let files = [
            make(dir.path(), "ed", &["-t", "ed25519", "-N", ""]),
            make(dir.path(), "locked", &["-t", "ed25519", "-N", "secret"]),
            make(dir.path(), "rsa", &["-t", "rsa", "-b", "2048", "-N", ""]),
            make(dir.path(), "pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""]),
            make(
                dir.path(),
                "locked-pem",
                &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret"],
            ),
            make(dir.path(), "ec", &["-t", "ecdsa", "-N", ""]),
        ];
        for file in &files {
            let read = read_key_file(file).unwrap();
            let public = russh::keys::load_public_key(with_pub(file)).unwrap();
            assert_eq!(read.public.unwrap().key_data(), public.key_data(), "{}", file.display());
            assert!(read.signs && !read.security_key);
        }
        std::fs::remove_file(&files[0]).unwrap();
        assert!(!read_key_file(&files[0]).unwrap().signs, "only the public half is left");
        std::fs::remove_file(with_pub(&files[4])).unwrap();
        assert!(read_key_file(&files[4]).unwrap().public.is_none());
        assert!(read_key_file(&dir.path().join("missing")).is_none());
        std::fs::write(dir.path().join("text"), "no key").unwrap();
        assert!(read_key_file(&dir.path().join("text")).is_none());
    }

    #[test]
    fn keys_are_tried_in_the_order_of_ssh() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|name| {
            read_key_file(&make(dir.path(), name, &["-t", "ed25519", "-N", ""])).unwrap()
        });
        let files = [a.clone(), b.clone()];
        let in_agent = || vec![held(&c), held(&b)];
        let order = in_order(&files, in_agent(), false);
        assert_eq!(names(&order), ["agent", "agent", "a"]);
        assert!(matches!(&order[0], Identity::Agent(key) if is_same(&b, key)));
        assert_eq!(names(&in_order(&files, in_agent(), true)), ["agent", "a"]);
        assert_eq!(names(&in_order(&files, Vec::new(), false)), ["a", "b"]);
    }

    #[tokio::test]
    async fn a_lone_security_key_is_refused_before_any_connection() {
        let path = PathBuf::from("/k/id_ed25519_sk");
        let sk = KeyFile { path, public: None, signs: false, security_key: true };
        let mut config = NativeConfig::new("box", 22, "me");
        let host = HostId::new("box");
        let files = [sk];
        assert!(
            refuse_lone_security_keys(&host, &config, &files).await.is_ok(),
            "a password may do"
        );
        config.methods = vec![crate::transport::native::Method::PublicKey];
        let refused = refuse_lone_security_keys(&host, &config, &files).await.unwrap_err();
        assert!(refused.to_string().contains("/k/id_ed25519_sk"), "{refused}");
    }
}
