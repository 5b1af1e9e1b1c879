//! The text that `ssh -G` prints: `option value` lines, option names in lower case.

use std::path::PathBuf;

use super::config::{NativeConfig, Surroundings};
use crate::host::HostId;
use crate::transport::TransportError;

/// The lines, in their order.
#[derive(Clone, Debug)]
pub(super) struct Values<'a> {
    lines: Vec<(String, &'a str)>,
}

impl<'a> Values<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let lines = text
            .lines()
            .filter_map(|line| {
                let line = line.trim();
                let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                (!name.is_empty()).then(|| (name.to_lowercase(), value.trim()))
            })
            .collect();
        Self { lines }
    }

    /// The first value of an option.
    pub(super) fn get(&self, option: &str) -> Option<&'a str> {
        self.all(option).next()
    }

    /// Every value of an option that may stand several times.
    pub(super) fn all<'b>(&'b self, option: &'b str) -> impl Iterator<Item = &'a str> + 'b {
        self.lines.iter().filter(move |(name, _)| name == option).map(|(_, value)| *value)
    }

    /// Every word of every value; double quotes hold a word together.
    pub(super) fn words(&self, option: &str) -> std::vec::IntoIter<String> {
        let mut words = Vec::new();
        for value in self.all(option) {
            let (mut word, mut quoted, mut begun) = (String::new(), false, false);
            for c in value.chars() {
                match c {
                    '"' => {
                        quoted = !quoted;
                        begun = true;
                    }
                    ' ' | '\t' if !quoted => {
                        if begun {
                            words.push(std::mem::take(&mut word));
                        }
                        begun = false;
                    }
                    c => {
                        word.push(c);
                        begun = true;
                    }
                }
            }
            if begun {
                words.push(word);
            }
        }
        words.into_iter()
    }

    /// OpenSSH prints `yes` for some options and `true` for others.
    pub(super) fn is_yes(&self, option: &str) -> bool {
        matches!(self.get(option), Some("yes" | "true"))
    }

    pub(super) fn is_no(&self, option: &str) -> bool {
        matches!(self.get(option), Some("no" | "false"))
    }
}

/// Resolves `~`, `%x` and `${NAME}` in a path, which `ssh -G` prints as they were written.
///
/// # Errors
///
/// [`TransportError::Unsupported`] names a token that we can't resolve.
pub(super) fn expand(
    host: &HostId,
    raw: &str,
    config: &NativeConfig,
    around: &Surroundings,
) -> Result<PathBuf, TransportError> {
    let unsupported = |token: String| TransportError::Unsupported {
        host: host.clone(),
        what: format!("the built-in client cannot resolve {token} in {raw:?} of the ssh config"),
    };
    let home = around.home.to_string_lossy();
    let mut out = String::new();
    let mut rest = match raw.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            out.push_str(&home);
            rest
        }
        Some(_) => return Err(unsupported("~user".to_owned())),
        None => raw,
    };
    while let Some(at) = rest.find(['%', '$']) {
        out.push_str(&rest[..at]);
        let token = &rest[at..];
        rest = if let Some(named) = token.strip_prefix("${") {
            let (name, tail) =
                named.split_once('}').ok_or_else(|| unsupported(token.to_owned()))?;
            let value = around.variable(name);
            out.push_str(value.ok_or_else(|| unsupported(format!("${{{name}}}")))?);
            tail
        } else if let Some(tail) = token.strip_prefix('$') {
            out.push('$');
            tail
        } else {
            let letter = token[1..].chars().next();
            match letter {
                Some('%') => out.push('%'),
                Some('d') => out.push_str(&home),
                Some('h') => out.push_str(&config.hostname),
                Some('p') => out.push_str(&config.port.to_string()),
                Some('r') => out.push_str(&config.user),
                Some('u') => out.push_str(&around.local_user),
                Some('k') => {
                    out.push_str(config.host_key_alias.as_ref().unwrap_or(&config.hostname));
                }
                Some(other) => return Err(unsupported(format!("%{other}"))),
                None => return Err(unsupported("%".to_owned())),
            }
            &token[1 + letter.map_or(0, char::len_utf8)..]
        };
    }
    out.push_str(rest);
    Ok(PathBuf::from(out))
}
