//! Signs a login with a key of a file or of the agent; a locked file is unlocked only once the server wants its key.

use std::path::{Path, PathBuf};

use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode as _;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::ssh_key::{self, Signature};
use russh::keys::{HashAlg, PrivateKey, decode_secret_key};
use russh::{SendError, Signer};

use super::identities::Agent;
use super::questions::Questions;
use crate::transport::QuestionKind;

/// Why a key didn't sign.
#[derive(Debug)]
pub(super) enum SignError {
    /// The session is over.
    Gone,
    /// The key is locked, and this question went unanswered or was answered wrongly.
    Locked { asked: String, answered: bool },
    /// The agent or the file failed.
    Failed(String),
}

impl From<SendError> for SignError {
    fn from(_: SendError) -> Self {
        Self::Gone
    }
}

/// A key of the agent.
pub(super) struct AgentSigner<'a> {
    pub(super) agent: &'a mut Agent,
}

impl Signer for AgentSigner<'_> {
    type Error = SignError;

    async fn auth_sign(
        &mut self,
        key: &AgentIdentity,
        hash: Option<HashAlg>,
        to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, SignError> {
        let signed = self.agent.sign_request(key, hash, to_sign).await;
        signed.map_err(|error| SignError::Failed(format!("the agent: {error}")))
    }
}

/// A key of a file.
pub(super) struct FileSigner<'a> {
    pub(super) path: &'a Path,
    pub(super) questions: &'a Questions,
    /// How often a passphrase may be mistyped.
    pub(super) tries: usize,
}

impl Signer for FileSigner<'_> {
    type Error = SignError;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, SignError> {
        let key = self.unlock().await?;
        let failed = |error: String| SignError::Failed(format!("{}: {error}", self.path.display()));
        let mut signed = to_sign;
        let signature = sign(&key, hash, &signed).map_err(|error| failed(error.to_string()))?;
        signature.encode_prefixed(&mut signed).map_err(|error| failed(error.to_string()))?;
        Ok(signed)
    }
}

fn sign(
    key: &PrivateKey,
    hash: Option<HashAlg>,
    to_sign: &[u8],
) -> Result<Signature, ssh_key::Error> {
    match key.key_data() {
        KeypairData::Rsa(pair) => Ok((pair, hash).try_sign(to_sign)?),
        other => Ok(other.try_sign(to_sign)?),
    }
}

impl FileSigner<'_> {
    /// The private key; asks for the passphrase where there is one.
    pub(super) async fn unlock(&self) -> Result<PrivateKey, SignError> {
        match decode(self.path.to_owned(), None).await? {
            Ok(key) => return Ok(key),
            Err(russh::keys::Error::KeyIsEncrypted) => {}
            Err(error) => {
                return Err(SignError::Failed(format!("{}: {error}", self.path.display())));
            }
        }
        let asked = format!("Enter passphrase for key '{}': ", self.path.display());
        for _ in 0..self.tries {
            let kind = QuestionKind::Passphrase { key: self.path.display().to_string() };
            let answer = self.questions.ask(kind, asked.clone(), true).await;
            // Nothing typed means: go on without this key.
            let Some(passphrase) = answer.filter(|answer| !answer.is_empty()) else {
                return Err(SignError::Locked { asked, answered: false });
            };
            if let Ok(key) = decode(self.path.to_owned(), Some(passphrase)).await? {
                return Ok(key);
            }
        }
        Err(SignError::Locked { asked, answered: true })
    }
}

/// Reads a key file. The key derivation takes a tenth of a second and more, so it runs on a blocking thread.
async fn decode(
    path: PathBuf,
    passphrase: Option<String>,
) -> Result<Result<PrivateKey, russh::keys::Error>, SignError> {
    tokio::task::spawn_blocking(move || {
        let text = std::fs::read_to_string(path)?;
        decode_secret_key(&text, passphrase.as_deref())
    })
    .await
    .map_err(|error| SignError::Failed(error.to_string()))
}
