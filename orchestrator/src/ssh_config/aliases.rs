use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::ConfigFiles;
use super::line::{Directive, directive};
use super::pattern::{is_pattern, list_matches};

/// As deep as ssh follows (readconf.c, `READCONF_MAX_DEPTH`).
const DEEPEST_INCLUDE: usize = 16;

/// Which ssh configs to read; `-F FILE` is a user's config without a system's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigSources {
    /// The person's: `~/.ssh/config`, or what `-F` names.
    pub user: PathBuf,
    /// The machine's, `/etc/ssh/ssh_config`; ssh doesn't read it with `-F`.
    pub system: Option<PathBuf>,
    /// What `~` means.
    pub home: PathBuf,
}

/// A name that the ssh config knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// As it stands on the `Host` line.
    pub name: String,
    /// The file of the line where it stands first.
    pub file: PathBuf,
    /// Counts from 1.
    pub line: usize,
}

/// Something in the config that keeps aliases from us; not an error, since ssh may live with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Where.
    pub file: PathBuf,
    /// Counts from 1; absent when it is about the file as a whole.
    pub line: Option<usize>,
    /// What, in a sentence without a full stop.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// What the `Host` lines name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    /// Each name once, in the order of the config.
    pub aliases: Vec<Alias>,
    /// The patterns with a letter of their own (`dev-*`, not `*`): names that fit are known to ssh, too.
    pub patterns: Vec<String>,
    /// What was passed over.
    pub findings: Vec<Finding>,
}

/// Lists the names on the `Host` lines of the ssh config, and follows `Include`.
///
/// `Match` blocks name no hosts and are passed over, but an `Include` in one is followed: whether it applies is only known when
/// ssh connects, and a person wants to see what may. An `Include` below a `Host` line applies to that line's hosts alone, which
/// is rarely meant; names in it that the line doesn't cover can't work, so they are left out with a finding.
pub fn aliases(sources: &ConfigSources, files: &dyn ConfigFiles) -> Aliases {
    let mut walk = Walk {
        files,
        home: &sources.home,
        include_dir: sources.home.join(".ssh"),
        tilde: true,
        open: Vec::new(),
        scopes: Vec::new(),
        seen: BTreeSet::new(),
        found: Aliases::default(),
    };
    walk.file(&sources.user, None);
    // Nobody must have a config, but one that is named with `-F` must be there.
    if sources.system.is_none()
        && let Err(error) = files.read(&sources.user)
        && error.kind() == io::ErrorKind::NotFound
    {
        walk.finding(&sources.user, None, "there is no such file");
    }
    if let Some(system) = &sources.system {
        walk.include_dir = system.parent().unwrap_or(Path::new("/etc/ssh")).into();
        walk.tilde = false;
        walk.file(system, None);
    }
    walk.found
}

struct Walk<'a> {
    files: &'a dyn ConfigFiles,
    home: &'a Path,
    include_dir: PathBuf,
    tilde: bool,
    /// The files that include each other, outermost first.
    open: Vec<PathBuf>,
    /// The `Host` lines around the current file.
    scopes: Vec<Scope>,
    seen: BTreeSet<String>,
    found: Aliases,
}

#[derive(Clone)]
enum Scope {
    /// Before any `Host` line, or below a `Match`.
    Open,
    /// Below a `Host` line with these patterns.
    Host(Vec<String>),
}

/// Where an `Include` stands.
struct Asker {
    file: PathBuf,
    line: usize,
}

impl Walk<'_> {
    fn file(&mut self, path: &Path, asker: Option<&Asker>) {
        let text = match self.files.read(path) {
            Ok(text) => text,
            // As ssh, which passes over a broken link in a globbed directory, too.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                let (file, line) = match asker {
                    Some(asker) => (asker.file.as_path(), Some(asker.line)),
                    None => (path, None),
                };
                let message = format!("can't read {}: {error}", path.display());
                self.finding(file, line, message);
                return;
            }
        };
        self.open.push(path.into());
        let mut scope = Scope::Open;
        for (at, line) in text.split('\n').enumerate() {
            match directive(line) {
                Ok(None) => {}
                Ok(Some(directive)) => self.directive(&directive, path, at + 1, &mut scope),
                Err(why) => self.finding(path, Some(at + 1), why),
            }
        }
        self.open.pop();
    }

    fn directive(&mut self, directive: &Directive, file: &Path, line: usize, scope: &mut Scope) {
        match directive.keyword.as_str() {
            "host" => {
                for word in &directive.arguments {
                    self.word(word, file, line);
                }
                *scope = Scope::Host(directive.arguments.clone());
            }
            "match" => *scope = Scope::Open,
            "include" => {
                let asker = Asker { file: file.into(), line };
                self.scopes.push(scope.clone());
                for word in &directive.arguments {
                    self.include(word, &asker);
                }
                self.scopes.pop();
            }
            _ => {}
        }
    }

    fn word(&mut self, word: &str, file: &Path, line: usize) {
        if word.starts_with('!') || word.is_empty() {
            return;
        }
        if is_pattern(word) {
            let says_something = word.chars().any(|c| c != '*' && c != '?');
            if says_something && !self.found.patterns.iter().any(|known| known == word) {
                self.found.patterns.push(word.into());
            }
            return;
        }
        // The shell's own characters are refused by ssh itself (ssh.c, valid_hostname).
        let odd = |c: char| {
            c.is_control()
                || c.is_whitespace()
                || c == char::REPLACEMENT_CHARACTER
                || "'`\"$\\;&<>|(){}".contains(c)
        };
        if word.starts_with('-') || word.chars().any(odd) {
            self.finding(
                file,
                Some(line),
                format!("{word:?} can't be given to ssh as a host, and is left out"),
            );
            return;
        }
        let hidden = self.scopes.iter().find_map(|scope| match scope {
            Scope::Open => None,
            Scope::Host(patterns) if list_matches(patterns, word) => None,
            Scope::Host(patterns) => Some(patterns.join(" ")),
        });
        if let Some(patterns) = hidden {
            self.finding(
                file,
                Some(line),
                format!("{word} never applies: its file is included below `Host {patterns}`, so only for those hosts"),
            );
            return;
        }
        if self.seen.insert(word.into()) {
            self.found.aliases.push(Alias { name: word.into(), file: file.into(), line });
        }
    }

    fn include(&mut self, word: &str, asker: &Asker) {
        let Some(pattern) = self.include_pattern(word) else {
            let message = format!("the Include of {word:?} is not followed");
            self.finding(&asker.file, Some(asker.line), message);
            return;
        };
        let paths = match self.files.glob(&pattern) {
            Ok(paths) => paths,
            Err(error) => {
                let message = format!("can't follow the Include of {word}: {error}");
                self.finding(&asker.file, Some(asker.line), message);
                return;
            }
        };
        for path in paths {
            if self.open.contains(&path) {
                let message = format!("{} includes itself", path.display());
                self.finding(&asker.file, Some(asker.line), message);
            } else if self.open.len() > DEEPEST_INCLUDE {
                let message = format!(
                    "{} is included too deep; ssh follows {DEEPEST_INCLUDE}",
                    path.display()
                );
                self.finding(&asker.file, Some(asker.line), message);
            } else {
                self.file(&path, Some(asker));
            }
        }
    }

    /// `None` for what ssh refuses or what only it can expand: another user's home, tokens and variables.
    fn include_pattern(&self, word: &str) -> Option<String> {
        let literal = |path: &Path| path.to_str().map(glob::Pattern::escape);
        if word.is_empty() || word.contains("${") || word.contains('%') {
            None
        } else if let Some(rest) = word.strip_prefix('~') {
            let below_home = self.tilde && rest.starts_with('/');
            below_home.then(|| literal(self.home).map(|home| format!("{home}{rest}"))).flatten()
        } else if word.starts_with('/') {
            Some(word.into())
        } else {
            literal(&self.include_dir).map(|dir| format!("{dir}/{word}"))
        }
    }

    fn finding(&mut self, file: &Path, line: Option<usize>, message: impl Into<String>) {
        self.found.findings.push(Finding { file: file.into(), line, message: message.into() });
    }
}

#[cfg(test)]
#[path = "aliases_tests.rs"]
mod tests;
