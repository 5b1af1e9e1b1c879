use super::aliases::Aliases;
use super::known_hosts::KnownHost;
use super::pattern::matches;

/// The names by which ssh knows hosts, to tell a destination from a slip of the pen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// Aliases of the ssh config and plain names of `known_hosts`.
    pub names: Vec<String>,
    /// Patterns of `Host` lines, such as `dev-*`.
    pub patterns: Vec<String>,
}

impl KnownNames {
    /// Those of a config and of `known_hosts` files.
    pub fn new(aliases: Aliases, known: impl IntoIterator<Item = KnownHost>) -> Self {
        let mut names: Vec<String> = aliases.aliases.into_iter().map(|alias| alias.name).collect();
        names.extend(known.into_iter().map(|host| host.name));
        Self { names, patterns: aliases.patterns }
    }

    /// Whether ssh has heard of it.
    pub fn contains(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
            || self.patterns.iter().any(|pattern| matches(pattern, name))
    }
}
