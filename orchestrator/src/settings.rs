//! `config.toml`: what a person may set for all hosts.

use std::time::Duration;

use serde::Deserialize;

use crate::failure::{Code, Failure};
use crate::history::checked_hostname;
use crate::transport::Patience;

/// The settings; every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How connections are made and kept.
    pub connection: ConnectionKeys,
    /// How history is shared.
    pub history: HistoryKeys,
    /// What is made of repositories.
    pub git: GitKeys,
}

/// `[git]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GitKeys {
    /// Where a new worktree lies on its host, unless somebody says it: `{repo}` is the name of the repository's directory,
    /// `{branch}` the branch's with its slashes as `-`. A relative one begins at the repository; `~` is the account's home.
    pub worktree_path: String,
}

impl Default for GitKeys {
    fn default() -> Self {
        // Beside the repository: git, searches and watchers of it don't see them.
        Self { worktree_path: "../{repo}-worktrees/{branch}".into() }
    }
}

/// `[history]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryKeys {
    /// What this machine is called in what it shares; its own name when `None`.
    pub host_name: Option<String>,
    /// How many entries of each shared file count, and how many our own holds.
    pub limit: u32,
}

impl Default for HistoryKeys {
    fn default() -> Self {
        // What Maestro keeps, so that neither program's people see less than the other's.
        Self { host_name: None, limit: 5_000 }
    }
}

/// `[connection]`, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionKeys {
    /// How long a connection stays after its last user, so that the next command finds it; 0: it goes with us.
    pub linger_seconds: u32,
    /// How long a host may take to answer.
    pub connect_timeout_seconds: u32,
    /// How often an idle host is asked for a sign of life.
    pub keepalive_interval_seconds: u32,
    /// How many may go unanswered before the connection counts as lost.
    pub keepalive_count: u32,
    /// How long a login profile may take.
    pub profile_timeout_seconds: u32,
}

impl Default for ConnectionKeys {
    fn default() -> Self {
        Self {
            linger_seconds: 60,
            connect_timeout_seconds: 10,
            keepalive_interval_seconds: 15,
            keepalive_count: 3,
            profile_timeout_seconds: 20,
        }
    }
}

impl Settings {
    /// Reads the text of a `config.toml`; `name` is what errors call the file.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidConfig`] with line and column.
    pub fn parse(text: &str, name: &str) -> Result<Self, Failure> {
        let settings: Self = toml_edit::de::from_str(text).map_err(|error| {
            let place = error.span().map(|span| place(text, span.start)).unwrap_or_default();
            Failure::new(Code::InvalidConfig, format!("{name}{place}: {}", error.message()))
                .hint("docs/file-formats.md lists every key of config.toml")
        })?;
        let keys = settings.connection;
        let zero = [
            ("limit", settings.history.limit),
            ("connect_timeout_seconds", keys.connect_timeout_seconds),
            ("keepalive_interval_seconds", keys.keepalive_interval_seconds),
            ("keepalive_count", keys.keepalive_count),
            ("profile_timeout_seconds", keys.profile_timeout_seconds),
        ]
        .into_iter()
        .find(|(_, value)| *value == 0);
        if !settings.git.worktree_path.contains("{branch}") {
            return Err(Failure::new(
                Code::InvalidConfig,
                format!("{name}: worktree_path needs {{branch}}: each worktree has a directory of its own"),
            )
            .hint("Leave the key out for its default"));
        }
        if let Some(name) = &settings.history.host_name {
            checked_hostname(name)?;
        }
        match zero {
            Some((key, _)) => {
                Err(Failure::new(Code::InvalidConfig, format!("{name}: {key} can't be 0"))
                    .hint("Leave the key out for its default"))
            }
            None => Ok(settings),
        }
    }
}

impl ConnectionKeys {
    /// See [`ConnectionKeys::linger_seconds`].
    pub fn linger(&self) -> Duration {
        Duration::from_secs(self.linger_seconds.into())
    }

    /// How long and how often ssh waits.
    pub fn patience(&self) -> Patience {
        Patience {
            connect: Duration::from_secs(self.connect_timeout_seconds.into()),
            keepalive_interval: Duration::from_secs(self.keepalive_interval_seconds.into()),
            keepalive_count: self.keepalive_count,
        }
    }
}

/// `:line:column`, counted from 1, of a byte of `text`.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(":{line}:{column}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const EXAMPLE: &str = include_str!("../../config.toml.example");

    #[test]
    fn the_example_loads_with_every_setting_uncommented_and_shows_the_defaults() {
        assert_eq!(Settings::parse(EXAMPLE, "config.toml").unwrap(), Settings::default());
        let is_setting =
            |line: &&str| line.starts_with('#') && !matches!(line.get(1..2), None | Some("" | " "));
        let settings: Vec<&str> =
            EXAMPLE.lines().filter(is_setting).map(|line| &line[1..]).collect();
        let mut uncommented = Settings::parse(&settings.join("\n"), "config.toml").unwrap();
        // Its default is another one on each machine.
        assert_eq!(uncommented.history.host_name.take().as_deref(), Some("ada-laptop"));
        assert_eq!(uncommented, Settings::default());
        // Destructured, so that a new key must be shown, too.
        let ConnectionKeys {
            linger_seconds,
            connect_timeout_seconds,
            keepalive_interval_seconds,
            keepalive_count,
            profile_timeout_seconds,
        } = uncommented.connection;
        let HistoryKeys { host_name: _, limit } = uncommented.history;
        let GitKeys { worktree_path } = uncommented.git;
        let shown = [
            "[connection]".to_owned(),
            format!("linger_seconds = {linger_seconds}"),
            format!("connect_timeout_seconds = {connect_timeout_seconds}"),
            format!("keepalive_interval_seconds = {keepalive_interval_seconds}"),
            format!("keepalive_count = {keepalive_count}"),
            format!("profile_timeout_seconds = {profile_timeout_seconds}"),
            "[history]".to_owned(),
            "host_name = \"ada-laptop\"".to_owned(),
            format!("limit = {limit}"),
            "[git]".to_owned(),
            format!("worktree_path = \"{worktree_path}\""),
        ];
        assert_eq!(settings, shown);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let settings =
            Settings::parse("[connection]\nlinger_seconds = 0\n", "config.toml").unwrap();
        assert_eq!(settings.connection.linger(), Duration::ZERO);
        assert_eq!(settings.connection.patience(), Patience::default());
        assert_eq!(Settings::parse("", "config.toml").unwrap(), Settings::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        let refused = Settings::parse("\n[connection]\nlinger = 3\n", "config.toml").unwrap_err();
        assert_eq!(refused.code, Code::InvalidConfig);
        assert!(refused.message.starts_with("config.toml:3:1: "), "{refused}");
    }

    #[test]
    fn worktrees_of_two_branches_never_get_one_path() {
        let refused = Settings::parse("[git]\nworktree_path = \"~/w\"", "config.toml").unwrap_err();
        assert!(refused.message.contains("{branch}"), "{refused}");
    }

    #[test]
    fn a_wait_of_nothing_is_refused() {
        let refused =
            Settings::parse("[connection]\nkeepalive_count = 0", "config.toml").unwrap_err();
        assert!(refused.message.contains("keepalive_count"), "{refused}");
    }
}
