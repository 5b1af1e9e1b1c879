//! What stands around the decisions about sessions: the store, the hosts, the agents, the settings.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::Entry;
use super::under_way::UnderWay;
use crate::agent::{self, AgentError, AgentErrorKind, Definition, Definitions, TurnRequest};
use crate::failure::{Code, Failure};
use crate::history::Ledger;
use crate::host::{HostDirectory, Place};
use crate::run::Runs;
use crate::seam::{Ephemerals, NewMessage, Session};
use crate::settings::GitKeys;
use crate::store::Store;

/// How an engine behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// After how long without a word of the agent a `quiet` event says so; then after twice as long, and so on.
    pub quiet_after: Duration,
    /// Where a new worktree lies; see [`crate::settings::GitKeys::worktree_path`].
    pub worktree_path: String,
}

impl Default for EngineSettings {
    fn default() -> Self {
        // opencode is silent for 71 s when its provider asks it to wait, gemini for minutes.
        let quiet_after = Duration::from_secs(30);
        Self { quiet_after, worktree_path: GitKeys::default().worktree_path }
    }
}

/// Everything that the engine stands on.
#[derive(Debug)]
pub struct World {
    /// What happened, and how things stand.
    pub store: Store,
    /// The machines.
    pub hosts: HostDirectory,
    /// The agents.
    pub definitions: Definitions,
    /// How it behaves.
    pub settings: EngineSettings,
    /// Pieces that are still being written, for who looks on.
    pub partials: Ephemerals,
    /// What was done, and who else gets to know of it.
    pub ledger: Ledger,
    /// How many turns are under way where.
    pub turns: UnderWay,
    /// A way to launch for each connection in use: it keeps what it learned of its host.
    runs: Mutex<Vec<(Place, Runs)>>,
    ending: watch::Sender<bool>,
}

impl World {
    /// Everything together.
    pub fn new(
        store: Store,
        hosts: HostDirectory,
        definitions: Definitions,
        settings: EngineSettings,
        partials: Ephemerals,
        ledger: Ledger,
    ) -> Self {
        Self {
            store,
            hosts,
            definitions,
            settings,
            partials,
            ledger,
            turns: UnderWay::default(),
            runs: Mutex::default(),
            ending: watch::channel(false).0,
        }
    }

    /// Says that the engine is to end.
    pub fn end(&self) {
        self.ending.send_replace(true);
    }

    /// The runs at a place. Must be called within a tokio runtime.
    pub fn runs(&self, place: &Place) -> Runs {
        let mut all = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, runs)) = all.iter().find(|(known, _)| known == place) {
            return runs.clone();
        }
        let runs = Runs::new(self.hosts.connection(place));
        all.push((place.clone(), runs.clone()));
        runs
    }

    /// The definition of an agent.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`].
    pub fn agent(&self, id: &str) -> Result<&Definition, Failure> {
        self.definitions.get(id)
    }

    /// Whether a session's agent can be started as the session says: it shows now rather than with the first message.
    ///
    /// # Errors
    ///
    /// What can't be, and why.
    pub fn check_session(&self, entry: &Entry) -> Result<(), Failure> {
        let session = &entry.session;
        // What its host sets may change before a message is sent: it is looked at then.
        self.check(entry, &BTreeMap::new(), b"?".to_vec(), Vec::new(), session.read_only)
    }

    fn check(
        &self,
        entry: &Entry,
        host: &BTreeMap<String, String>,
        prompt: Vec<u8>,
        images: Vec<agent::Image>,
        read_only: bool,
    ) -> Result<(), Failure> {
        let session = &entry.session;
        let definition = self.agent(&session.agent)?;
        let invocation = if session.talks {
            if read_only {
                agent::check_read_only_talk(definition)?;
            }
            let model = session.model.as_deref();
            agent::talk_invocation(definition, model, &session.arguments)?.0
        } else {
            let request = TurnRequest { prompt, images, read_only, ..request(session) };
            agent::turn_invocation(definition, &request)?
        };
        invocation.environment(host, &entry.env.0).map(drop)
    }

    /// Whether a message can be sent: the host is there and enabled, the prompt and the images can be passed on.
    ///
    /// # Errors
    ///
    /// What can't be, and why; nothing is queued then.
    pub fn check_message(&self, entry: &Entry, message: &NewMessage) -> Result<(), Failure> {
        let session = &entry.session;
        let host = self.hosts.recall(&session.host)?;
        self.check_prompt(&message.prompt)?;
        let images = images(message.images.iter().map(|image| (&*image.name, &*image.bytes)))?;
        let read_only = message.read_only || session.read_only;
        let prompt = message.prompt.clone().into_bytes();
        self.check(entry, &host.env(), prompt, images, read_only)
    }

    /// Whether there is anything in a prompt.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`].
    pub fn check_prompt(&self, prompt: &str) -> Result<(), Failure> {
        if prompt.trim().is_empty() {
            return Err(Failure::new(Code::Usage, "the prompt is empty")
                .hint("Say what the agent should do"));
        }
        Ok(())
    }

    /// An agent's error as a failure with what to do about it.
    pub fn explain(&self, agent: &str, error: &AgentError) -> Failure {
        let failure = Failure::new(error.kind.code(), error.message.clone());
        match error.kind {
            AgentErrorKind::NotLoggedIn => match self.definitions.get(agent) {
                Ok(definition) => failure.hint(definition.login_hint()),
                Err(_) => failure,
            },
            AgentErrorKind::RateLimited => match error.resets_at {
                Some(at) => failure.hint(format!("Send again after {at}")),
                None => failure.hint("Wait a while, then send again"),
            },
            AgentErrorKind::ContextExhausted => {
                failure.hint("Begin a fresh conversation: baton send SESSION --new-tab")
            }
            AgentErrorKind::SessionNotFound => failure.hint(
                "The agent has lost this conversation; begin a fresh one with `baton send SESSION --fresh`. The transcript stays",
            ),
            AgentErrorKind::ModelUnknown => {
                failure.hint("Choose another model: baton session edit SESSION --model MODEL")
            }
            AgentErrorKind::Provider | AgentErrorKind::Other => failure,
        }
    }

    /// Whether the engine is to end.
    pub fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }

    /// Waits until the engine is to end.
    pub async fn ended(&self) {
        let mut ending = self.ending.subscribe();
        ending.wait_for(|is_ending| *is_ending).await.ok(); // Its sender is ours.
    }
}

/// What a session says about each of its turns.
pub fn request(session: &Session) -> TurnRequest {
    TurnRequest {
        model: session.model.clone(),
        read_only: session.read_only,
        arguments: session.arguments.clone(),
        ..TurnRequest::default()
    }
}

/// Images as agents take them.
///
/// # Errors
///
/// [`Code::Usage`] for a file that is no image that agents take, by its name.
pub fn images<'a>(
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<Vec<agent::Image>, Failure> {
    files.map(|(name, bytes)| agent::Image::new(name, bytes.to_vec())).collect()
}
