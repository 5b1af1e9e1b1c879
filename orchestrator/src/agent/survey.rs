//! What a host has of the agents that are known: what was found there lately, or else a look now.

use std::ffi::OsStr;

use jiff::Timestamp;

use super::{AgentOnHost, Definition, Look, Looks, Question, detect};
use crate::failure::Failure;
use crate::host::ResolvedHost;
use crate::machine::ThisMachine;
use crate::ssh_config::SshQuery;
use crate::transport::{Connection, State};

/// Looks for agents.
#[derive(Debug)]
pub struct Survey<'a> {
    /// Where from.
    pub machine: &'a ThisMachine,
    /// What is looked for.
    pub definitions: &'a [&'a Definition],
    /// What was found before; nothing is kept without.
    pub looks: Option<&'a Looks>,
}

/// What a host has.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// In the order of the definitions.
    pub agents: Vec<AgentOnHost>,
    /// When it was looked at.
    pub at: Timestamp,
    /// Whether that was another time.
    pub is_kept: bool,
    /// Why it is not kept for the next time.
    pub unkept: Option<Failure>,
}

impl Survey<'_> {
    /// What was found on `host` less than a day ago, or else now; with `refresh` now in any case. The connection is used only
    /// for a look.
    ///
    /// # Errors
    ///
    /// When the host can't be asked, or the ssh config is broken. An agent that is missing is no error.
    pub async fn of(
        &self,
        host: &ResolvedHost,
        connection: &Connection,
        refresh: bool,
    ) -> Result<Found, Failure> {
        let name = host.id().to_string();
        let question = Question::new(host, &self.way(host).await?, self.definitions)?;
        if !refresh
            && let Some(looks) = self.looks
            && let Some(Look { agents, at, .. }) = looks.recall(&name, &question, Timestamp::now())
        {
            return Ok(Found { agents, at, is_kept: true, unkept: None });
        }
        // Shells of a connection that was open before have the environment of a former login.
        let was_open = matches!(*connection.state().borrow(), State::Connected | State::Degraded);
        connection.ready().await?;
        let agents = detect(connection, &host.env(), self.definitions, was_open).await?;
        let at = Timestamp::now();
        let kept = self.looks.map(|looks| looks.keep(&name, &question, &agents, at));
        Ok(Found { agents, at, is_kept: false, unkept: kept.and_then(Result::err) })
    }

    /// Where the ssh config leads, and which login it is here: what may change without `hosts.toml`.
    async fn way(&self, host: &ResolvedHost) -> Result<String, Failure> {
        let ThisMachine { ssh, ssh_config, home, shell, env, .. } = self.machine;
        let Some(target) = host.target(home) else {
            let path = env.iter().find(|(name, _)| name == OsStr::new("PATH"));
            return Ok(format!("{home:?} {:?} {shell:?}", path.map(|(_, value)| value)));
        };
        let resolved = SshQuery::new(ssh, ssh_config.clone()).resolve(&target).await?;
        let values = ["hostname", "port", "user", "hostkeyalias", "proxyjump", "proxycommand"];
        let values = values.map(|keyword| resolved.value(keyword).unwrap_or_default());
        Ok(format!("{target:?} {values:?}"))
    }
}
