//! Logging in: the server's methods and the person's order decide what is tried, and who is asked what.

use std::collections::VecDeque;

use russh::client::{Handle, KeyboardInteractiveAuthResponse, Prompt};
use russh::keys::PublicKey;
use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_key::{HashAlg, public::KeyData};
use russh::{MethodKind, MethodSet, client::AuthResult};
use tokio::sync::watch;

use super::algorithms::{is_allowed, rsa_hash};
use super::config::{Method, NativeConfig};
use super::failure::from_hanging_up;
use super::host_key::Client;
use super::identities::{Agent, Identity, KeyFile, connect_agent, held_by, in_order};
use super::questions::Questions;
use super::sign::{AgentSigner, FileSigner, SignError};
use crate::host::HostId;
use crate::transport::{QuestionKind, TransportError};

/// How many methods a server may want one after another, before we take it for mad.
const MOST_STEPS: usize = 8;

/// One login.
pub(super) struct Login<'a> {
    pub(super) host: &'a HostId,
    pub(super) config: &'a NativeConfig,
    pub(super) questions: &'a Questions,
    pub(super) session: &'a mut Handle<Client>,
    pub(super) lost: watch::Receiver<Option<TransportError>>,
    pub(super) files: &'a [KeyFile],
}

/// What came of trying a method.
enum Outcome {
    /// We are in.
    In,
    /// It was accepted, and the server wants one of these, too.
    Partly(MethodSet),
    /// It wasn't accepted; the server takes these.
    Refused(MethodSet),
}

/// What was tried, for the message at the end.
#[derive(Default)]
struct Notes {
    tried: Vec<String>,
    /// A passphrase that nobody gave.
    locked: Option<String>,
    rsa_hash: Option<Option<Option<HashAlg>>>,
}

impl Login<'_> {
    /// Tries what there is until the server lets us in.
    ///
    /// # Errors
    ///
    /// Names the question that nobody answered, where that was the reason.
    pub(super) async fn run(mut self) -> Result<(), TransportError> {
        let mut notes = Notes::default();
        let user = self.config.user.clone();
        let first = self.session.authenticate_none(user).await;
        let mut open = match self.outcome(first.map_err(|_| SignError::Gone)).await? {
            Some(Outcome::In) => return Ok(()),
            Some(Outcome::Partly(open) | Outcome::Refused(open)) => open,
            None => MethodSet::empty(),
        };
        let mut agent = match &self.config.identity_agent {
            Some(socket) if open.contains(&MethodKind::PublicKey) => connect_agent(socket).await,
            Some(_) | None => None,
        };
        let mut keys = self.keys(agent.as_mut()).await;
        let mut spent: Vec<Method> = Vec::new();
        for _ in 0..MOST_STEPS {
            let next = self.config.methods.iter().copied();
            let next = next
                .filter(|method| open.contains(&kind_of(*method)))
                .find(|method| !spent.contains(method));
            let outcome = match next {
                None => break,
                Some(Method::PublicKey) => {
                    self.try_keys(&mut keys, agent.as_mut(), &mut notes, &open).await?
                }
                Some(Method::KeyboardInteractive) => self.answer_prompts(&mut notes).await?,
                Some(Method::Password) => self.give_password(&mut notes).await?,
            };
            match outcome {
                Outcome::In => return Ok(()),
                Outcome::Partly(wanted) => {
                    open = wanted;
                    spent.clear();
                }
                Outcome::Refused(left) => {
                    open = left;
                    spent.extend(next);
                }
            }
        }
        Err(self.refused(notes, None, &open))
    }

    /// All keys that may be tried.
    async fn keys(&self, agent: Option<&mut Agent>) -> VecDeque<Identity> {
        let held = match agent {
            None => Vec::new(),
            Some(agent) => {
                if let Some(binding) = self.session.agent_session_binding()
                    && let Err(error) = agent.bind_session(binding, false).await
                {
                    // Agents other than OpenSSH's don't know this request.
                    tracing::debug!(%error, "the agent was not told of the session");
                }
                held_by(agent).await
            }
        };
        let allowed = |key: &KeyData| {
            let names = &self.config.algorithms.public_keys;
            is_allowed(names, self.config.required_rsa_bits, key)
        };
        in_order(self.files, held, self.config.identities_only)
            .into_iter()
            .filter(|identity| match identity {
                Identity::Agent(key) => allowed(&data_of(key)),
                Identity::File(file) => {
                    file.public.as_ref().is_none_or(|public| allowed(public.key_data()))
                }
            })
            .collect()
    }

    /// Tries the keys that are left. A key is used once, even where the server wants two of them.
    async fn try_keys(
        &mut self,
        keys: &mut VecDeque<Identity>,
        mut agent: Option<&mut Agent>,
        notes: &mut Notes,
        open: &MethodSet,
    ) -> Result<Outcome, TransportError> {
        let mut open = open.clone();
        while let Some(key) = keys.pop_front() {
            let result = match &key {
                Identity::Agent(held) => match agent.as_deref_mut() {
                    Some(agent) => self.try_held(held, agent, notes).await,
                    None => continue,
                },
                Identity::File(file) => self.try_file(file, notes).await,
            };
            match self.outcome(result).await {
                Ok(None) => {}
                Ok(Some(Outcome::Refused(left))) => {
                    open = left;
                    if !open.contains(&MethodKind::PublicKey) {
                        break;
                    }
                }
                Ok(Some(done)) => return Ok(done),
                Err(error) => return Err(error),
            }
        }
        Ok(Outcome::Refused(open))
    }

    async fn try_held(
        &mut self,
        held: &AgentIdentity,
        agent: &mut Agent,
        notes: &mut Notes,
    ) -> Result<Option<AuthResult>, SignError> {
        let Some(hash) = self.hash_for(&data_of(held), notes).await else { return Ok(None) };
        let user = self.config.user.clone();
        let mut signer = AgentSigner { agent };
        let signed = match held {
            AgentIdentity::PublicKey { key, comment } => {
                notes.tried.push(format!("agent key {comment}"));
                let key = key.clone();
                self.session.authenticate_publickey_with(user, key, hash, &mut signer).await
            }
            AgentIdentity::Certificate { certificate, comment } => {
                notes.tried.push(format!("agent certificate {comment}"));
                let cert = certificate.clone();
                self.session.authenticate_certificate_with(user, cert, hash, &mut signer).await
            }
        };
        note_failure(signed, notes)
    }

    async fn try_file(
        &mut self,
        file: &KeyFile,
        notes: &mut Notes,
    ) -> Result<Option<AuthResult>, SignError> {
        let questions = self.questions;
        let tries = self.config.password_prompts;
        let mut signer = FileSigner { path: &file.path, questions, tries };
        let public = match &file.public {
            Some(public) => Ok(public.clone()),
            // An old encrypted file doesn't tell its public half, so it is unlocked before the server is asked.
            None => signer.unlock().await.map(|key| key.public_key().clone()),
        };
        let public: PublicKey = match public {
            Ok(public) => public,
            Err(error) => return note_failure(Err(error), notes),
        };
        let Some(hash) = self.hash_for(public.key_data(), notes).await else { return Ok(None) };
        notes.tried.push(file.path.display().to_string());
        let user = self.config.user.clone();
        let signed =
            self.session.authenticate_publickey_with(user, public, hash, &mut signer).await;
        note_failure(signed, notes)
    }

    /// The hash to sign with: `Some(None)` for keys that have none; `None` when the server takes no hash of ours.
    async fn hash_for(&self, key: &KeyData, notes: &mut Notes) -> Option<Option<HashAlg>> {
        if !matches!(key, KeyData::Rsa(_)) {
            return Some(None);
        }
        if notes.rsa_hash.is_none() {
            // Waits up to a second for a server that doesn't announce any, so it is asked once, for RSA only.
            let announced = self.session.best_supported_rsa_hash().await.unwrap_or(None);
            notes.rsa_hash = Some(rsa_hash(&self.config.algorithms, announced));
        }
        notes.rsa_hash.flatten()
    }

    async fn answer_prompts(&mut self, notes: &mut Notes) -> Result<Outcome, TransportError> {
        notes.tried.push("keyboard-interactive".to_owned());
        let mut left = MethodSet::empty();
        for _ in 0..self.config.password_prompts.max(1) {
            let user = self.config.user.clone();
            let mut reply = self.session.authenticate_keyboard_interactive_start(user, None).await;
            loop {
                let prompts = match reply {
                    Ok(KeyboardInteractiveAuthResponse::InfoRequest {
                        name,
                        instructions,
                        prompts,
                    }) => (format!("{name}\n{instructions}"), prompts),
                    Ok(KeyboardInteractiveAuthResponse::Success) => return Ok(Outcome::In),
                    Ok(KeyboardInteractiveAuthResponse::Failure {
                        remaining_methods,
                        partial_success: true,
                    }) => return Ok(Outcome::Partly(remaining_methods)),
                    Ok(KeyboardInteractiveAuthResponse::Failure { remaining_methods, .. }) => {
                        left = remaining_methods;
                        break;
                    }
                    Err(_) => return Err(self.hung_up().await),
                };
                let answers = match self.ask_prompts(&prompts.0, &prompts.1).await {
                    Ok(answers) => answers,
                    Err(asked) => {
                        let notes = std::mem::take(notes);
                        return Err(self.refused(notes, Some(asked), &left));
                    }
                };
                reply = self.session.authenticate_keyboard_interactive_respond(answers).await;
            }
            if !left.contains(&MethodKind::KeyboardInteractive) {
                break;
            }
        }
        Ok(Outcome::Refused(left))
    }

    /// One question for each prompt. `Err` is the one that went unanswered.
    async fn ask_prompts(&self, above: &str, prompts: &[Prompt]) -> Result<Vec<String>, String> {
        let mut answers = Vec::with_capacity(prompts.len());
        for prompt in prompts {
            let lines = above.lines().chain([prompt.prompt.as_str()]);
            let text: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
            let text = text.join("\n");
            let kind = match prompt.prompt.to_lowercase().contains("password") {
                true => QuestionKind::Password,
                false => QuestionKind::Code,
            };
            match self.questions.ask(kind, text.clone(), !prompt.echo).await {
                Some(answer) => answers.push(answer),
                None => return Err(text),
            }
        }
        Ok(answers)
    }

    async fn give_password(&mut self, notes: &mut Notes) -> Result<Outcome, TransportError> {
        notes.tried.push("password".to_owned());
        let NativeConfig { user, hostname, .. } = self.config;
        let text = format!("{user}@{hostname}'s password: ");
        let mut left = MethodSet::empty();
        for _ in 0..self.config.password_prompts.max(1) {
            let asked = self.questions.ask(QuestionKind::Password, text.clone(), true).await;
            let Some(password) = asked else {
                let notes = std::mem::take(notes);
                return Err(self.refused(notes, Some(text), &left));
            };
            let result = self.session.authenticate_password(user, password).await;
            let result = result.map(Some).map_err(|_| SignError::Gone);
            match self.outcome(result).await? {
                Some(Outcome::Refused(methods)) => left = methods,
                Some(done) => return Ok(done),
                None => {}
            }
            if !left.contains(&MethodKind::Password) {
                break;
            }
        }
        Ok(Outcome::Refused(left))
    }

    /// What the server's answer means. `None`: the key couldn't be used, the next may.
    async fn outcome(
        &mut self,
        result: Result<impl Into<Option<AuthResult>>, SignError>,
    ) -> Result<Option<Outcome>, TransportError> {
        match result.map(Into::into) {
            Ok(None) => Ok(None),
            Ok(Some(AuthResult::Success)) => Ok(Some(Outcome::In)),
            Ok(Some(AuthResult::Failure { remaining_methods, partial_success: true })) => {
                Ok(Some(Outcome::Partly(remaining_methods)))
            }
            Ok(Some(AuthResult::Failure { remaining_methods, partial_success: false })) => {
                // russh reports the end of the session as a refusal that leaves no method.
                if remaining_methods.is_empty() && self.session.is_closed() {
                    match self.hung_up().await {
                        TransportError::AuthRefused { .. } => {}
                        other => return Err(other),
                    }
                }
                Ok(Some(Outcome::Refused(remaining_methods)))
            }
            Err(_) => Err(self.hung_up().await),
        }
    }

    /// Why the session ended in the middle of the login.
    async fn hung_up(&mut self) -> TransportError {
        let lost = match self.lost.wait_for(Option::is_some).await {
            Ok(lost) => lost.clone(),
            Err(_) => None,
        };
        let host = self.host.clone();
        let said = "the session ended".to_owned();
        let lost = lost.unwrap_or(TransportError::ConnectionLost { host, said });
        from_hanging_up(self.host, lost)
    }

    fn refused(&self, notes: Notes, asked: Option<String>, open: &MethodSet) -> TransportError {
        let open: Vec<&str> = open.iter().map(Into::into).collect();
        let said = format!(
            "tried: {}; the server takes: {}",
            if notes.tried.is_empty() { "nothing".to_owned() } else { notes.tried.join(", ") },
            open.join(", "),
        );
        let host = self.host.clone();
        match notes.locked {
            Some(asked) => TransportError::PassphraseRequired { host, asked, said },
            None => TransportError::AuthRefused { host, asked, said },
        }
    }
}

/// Keeps in mind why a key didn't sign, and goes on to the next; only the end of the session is an error.
fn note_failure(
    signed: Result<AuthResult, SignError>,
    notes: &mut Notes,
) -> Result<Option<AuthResult>, SignError> {
    match signed {
        Ok(result) => Ok(Some(result)),
        Err(SignError::Gone) => Err(SignError::Gone),
        Err(SignError::Locked { asked, answered }) => {
            notes.tried.push("(which stayed locked)".to_owned());
            if !answered {
                notes.locked.get_or_insert(asked);
            }
            Ok(None)
        }
        Err(SignError::Failed(why)) => {
            notes.tried.push(format!("({why})"));
            Ok(None)
        }
    }
}

fn data_of(held: &AgentIdentity) -> KeyData {
    match held {
        AgentIdentity::PublicKey { key, .. } => key.key_data().clone(),
        AgentIdentity::Certificate { certificate, .. } => certificate.public_key().clone(),
    }
}

fn kind_of(method: Method) -> MethodKind {
    match method {
        Method::PublicKey => MethodKind::PublicKey,
        Method::KeyboardInteractive => MethodKind::KeyboardInteractive,
        Method::Password => MethodKind::Password,
    }
}
