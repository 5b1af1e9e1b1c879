//! What a connection may have to ask a person, and who answers.

use std::fmt;

use async_trait::async_trait;

use crate::host::HostId;

/// Somebody who answers questions: the terminal, a dialog.
#[async_trait]
pub trait Asker: fmt::Debug + Send + Sync {
    /// Asks, and waits for the person. `None`: nobody is there, or they declined.
    async fn ask(&self, question: Question) -> Option<String>;
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The host that it is about.
    pub host: HostId,
    /// What is asked for.
    pub kind: QuestionKind,
    /// The words, as ssh or the server said them.
    pub text: String,
    /// Whether the answer must not be shown while it is typed.
    pub secret: bool,
}

/// What a question asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// Whether an unknown host key is the right one; `yes` accepts it.
    HostKey {
        /// The key's fingerprint, such as `SHA256:…`.
        fingerprint: String,
    },
    /// The passphrase of a private key.
    Passphrase {
        /// The key's file.
        key: String,
    },
    /// The account's password.
    Password,
    /// A one-time code.
    Code,
    /// A security key waits to be touched: to be shown; an answer is not waited for.
    Touch,
    /// What a server asks in words of its own.
    Other,
}
