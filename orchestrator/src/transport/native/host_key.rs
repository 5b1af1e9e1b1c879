//! Decides whether the host's key may be trusted, between the key exchange and the login.

use std::path::PathBuf;

use russh::client::{DisconnectReason, Handler};
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{HashAlg, PublicKeyOrCertificate};
use tokio::sync::watch;

use super::algorithms::rsa_bits;
use super::config::{HostKeyPolicy, NativeConfig};
use super::failure::{SessionError, from_losing};
use super::known_hosts::{KnownHosts, KnownName, Verdict};
use super::known_hosts_files::remember;
use super::questions::Questions;
use crate::host::HostId;
use crate::transport::{KeyRecord, QuestionKind, TransportError};

/// Our part of the session: what russh calls back.
pub(super) struct Client {
    pub(super) host: HostId,
    pub(super) gate: Gate,
    /// Set once, when the session ends.
    pub(super) lost: watch::Sender<Option<TransportError>>,
}

/// What the decision about the host's key rests on.
pub(super) struct Gate {
    pub(super) known: KnownHosts,
    pub(super) name: KnownName,
    pub(super) policy: HostKeyPolicy,
    pub(super) required_rsa_bits: usize,
    pub(super) new_keys_file: Option<PathBuf>,
    pub(super) hash_new_names: bool,
    pub(super) questions: Questions,
}

impl Handler for Client {
    type Error = SessionError;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, SessionError> {
        // Certificates are never offered by us, so a server that shows one doesn't follow the protocol.
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        self.gate
            .check(&self.host, key.key_data())
            .await
            .map(|()| true)
            .map_err(|refused| SessionError::Refused(Box::new(refused)))
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<SessionError>,
    ) -> Result<(), SessionError> {
        let lost = from_losing(&self.host, reason);
        tracing::debug!(host = %self.host, error = ?lost, "the session ended");
        self.lost.send_replace(Some(lost));
        Ok(())
    }
}

impl Gate {
    /// The name and all that decides, from a host's configuration.
    pub(super) fn new(config: &NativeConfig, known: KnownHosts, questions: Questions) -> Self {
        Self {
            known,
            name: name_of(config),
            policy: config.strict_host_key_checking,
            required_rsa_bits: config.required_rsa_bits,
            new_keys_file: config.new_keys_file.clone(),
            hash_new_names: config.hash_known_hosts,
            questions,
        }
    }

    async fn check(&self, host: &HostId, key: &KeyData) -> Result<(), TransportError> {
        let host = host.clone();
        let kind = key.algorithm();
        if let Some(bits) = rsa_bits(key).filter(|bits| *bits < self.required_rsa_bits) {
            let said = format!(
                "its RSA key has {bits} bits, RequiredRSASize asks for {}",
                self.required_rsa_bits
            );
            return Err(TransportError::KexFailed { host, said });
        }
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        match self.known.verdict(&self.name, key) {
            Verdict::Known => Ok(()),
            Verdict::Changed { file, line } => Err(TransportError::HostKeyChanged {
                host,
                said: format!(
                    "it shows the {kind} key {fingerprint}; {}:{line} has another one",
                    file.display()
                ),
                record: KeyRecord {
                    shown: Some(format!("{kind} {fingerprint}")),
                    entry: Some(format!("{}:{line}", file.display())),
                    remove: Some(format!(
                        "ssh-keygen -f '{}' -R '{}'",
                        file.display(),
                        self.name.as_str()
                    )),
                },
            }),
            Verdict::Revoked { file, line } => Err(TransportError::HostKeyRevoked {
                host,
                shown: Some(format!("{kind} {fingerprint}")),
                said: format!(
                    "its {kind} key {fingerprint} was revoked in {}:{line}",
                    file.display()
                ),
            }),
            Verdict::OnlyAuthority { file, line } => Err(TransportError::Unsupported {
                host,
                what: format!(
                    "only a certificate authority ({}:{line}) vouches for its key, and the built-in client cannot check certificates",
                    file.display()
                ),
            }),
            Verdict::Unknown => self.take_new(host, key, fingerprint).await,
        }
    }

    async fn take_new(
        &self,
        host: HostId,
        key: &KeyData,
        fingerprint: String,
    ) -> Result<(), TransportError> {
        let said =
            format!("{} shows the {} key {fingerprint}", self.name.as_str(), key.algorithm());
        match self.policy {
            HostKeyPolicy::AcceptNew => {}
            HostKeyPolicy::Strict => {
                return Err(TransportError::HostKeyUnknown { host, asked: None, said });
            }
            HostKeyPolicy::Ask => {
                let asked = format!(
                    "The authenticity of {} can't be established. Its {} key has the fingerprint {fingerprint}. Connect (yes/no/fingerprint)?",
                    self.name.as_str(),
                    key.algorithm(),
                );
                let kind = QuestionKind::HostKey { fingerprint: fingerprint.clone() };
                let answer = self.questions.ask(kind, asked.clone(), false).await;
                let yes = answer.is_some_and(|answer| {
                    answer.trim().eq_ignore_ascii_case("yes") || answer.trim() == fingerprint
                });
                if !yes {
                    let asked = Some(asked);
                    return Err(TransportError::HostKeyUnknown { host, asked, said });
                }
            }
        }
        self.keep(&host, key).await;
        Ok(())
    }

    /// Puts the key on record. As with ssh, a file that can't be written is no reason to stay out.
    async fn keep(&self, host: &HostId, key: &KeyData) {
        let Some(file) = self.new_keys_file.clone() else { return };
        let (name, key, hash) = (self.name.clone(), key.clone(), self.hash_new_names);
        let kept = tokio::task::spawn_blocking(move || remember(&file, &name, &key, hash)).await;
        match kept {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%host, %error, "the new host key could not be kept"),
            Err(error) => tracing::warn!(%host, %error, "the new host key could not be kept"),
        }
    }
}

/// The name under which the host's key is kept.
pub(super) fn name_of(config: &NativeConfig) -> KnownName {
    KnownName::new(&config.hostname, config.port, config.host_key_alias.as_deref())
}
