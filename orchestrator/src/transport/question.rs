//! Questions that only a person can answer while a connection is made.

use std::fmt::Debug;
use std::path::PathBuf;

use async_trait::async_trait;

use crate::host::HostId;

/// Whoever can put a question to a person: the terminal, a dialog, a test.
#[async_trait]
pub trait Asker: Debug + Send + Sync {
    /// Asks and waits, for as long as the person needs.
    ///
    /// `None`: nobody is there, or the person declined.
    async fn ask(&self, question: Question) -> Option<String>;
}

/// What is asked. It holds no secret; the answer may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The host that is being connected to.
    pub host: HostId,
    /// What the answer is for.
    pub kind: QuestionKind,
    /// The question as ssh or the server words it.
    pub text: String,
    /// Whether the answer must not be shown while it is typed, nor kept.
    pub secret: bool,
}

/// What an answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// Whether the host's key may be trusted: `yes`, or the fingerprint itself, accepts it.
    HostKey {
        /// As `SHA256:` and base64, the way ssh shows it.
        fingerprint: String,
    },
    /// The passphrase that unlocks a private key.
    Passphrase {
        /// The file of the private key.
        key: PathBuf,
    },
    /// The account's password.
    Password,
    /// A one-time code, or whatever else the server wants to hear.
    Code,
}
