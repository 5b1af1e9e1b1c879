//! What the `known_hosts` files say about a host's key. Pure: text in, verdict out.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, HashAlg, parse_public_key_base64};
use sha1::Sha1;

use super::pattern;

/// The port that needs no brackets in the files.
const DEFAULT_PORT: u16 = 22;

/// What the files say about a key that a host showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The key is on record for the host.
    Known,
    /// No key is on record for the host.
    Unknown,
    /// Another key is on record, and this one isn't.
    Changed {
        /// Where the other key stands.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The key was revoked. This wins over every other line.
    Revoked {
        /// Where the revocation stands.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Only a certificate authority vouches for the host, and we can't check certificates.
    OnlyAuthority {
        /// Where the authority stands.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
    },
}

/// A host as the files name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownName {
    /// With the port in it, unless that is 22 or the name is an alias.
    name: String,
    /// The bare name, where `name` holds a port.
    bare: Option<String>,
}

impl KnownName {
    /// The name under which keys of `host` are kept; an `alias` (`HostKeyAlias`) stands as it is, without a port.
    pub fn new(host: &str, port: u16, alias: Option<&str>) -> Self {
        match alias {
            Some(alias) => Self { name: alias.to_owned(), bare: None },
            None if port == DEFAULT_PORT => Self { name: host.to_lowercase(), bare: None },
            None => {
                let host = host.to_lowercase();
                Self { name: format!("[{host}]:{port}"), bare: Some(host) }
            }
        }
    }

    /// The name as it stands in a line.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

/// The lines of all files, in their order.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    file: PathBuf,
    line: usize,
    marker: Marker,
    hosts: Hosts,
    key: KeyData,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Plain,
    Revoked,
    Authority,
}

#[derive(Clone, Debug)]
enum Hosts {
    Patterns(Vec<String>),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

impl Hosts {
    fn name(&self, name: &str) -> bool {
        match self {
            Self::Patterns(patterns) => {
                pattern::list_matches(patterns.iter().map(String::as_str), name)
            }
            Self::Hashed { salt, hash } => {
                hashed(salt, name).is_some_and(|mac| mac.verify_slice(hash).is_ok())
            }
        }
    }
}

impl KnownHosts {
    /// Reads the text of each file. A line that isn't one is skipped, as ssh does.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Self {
        let entries = files
            .into_iter()
            .flat_map(|(file, text)| {
                text.lines()
                    .enumerate()
                    .filter_map(move |(index, line)| Entry::parse(file, index + 1, line))
            })
            .collect();
        Self { entries }
    }

    /// What the files say about `key`, shown by the host `name`.
    ///
    /// A key on another port than 22 is also known when the bare name has exactly that key, as with ssh.
    pub fn verdict(&self, name: &KnownName, key: &KeyData) -> Verdict {
        let bare = name.bare.as_deref();
        let named = |entry: &&Entry| {
            entry.hosts.name(&name.name) || bare.is_some_and(|bare| entry.hosts.name(bare))
        };
        if let Some(Entry { file, line, .. }) = self
            .entries
            .iter()
            .filter(|entry| entry.marker == Marker::Revoked && entry.key == *key)
            .find(named)
        {
            return Verdict::Revoked { file: file.clone(), line: *line };
        }
        let mut plain = self.of(name, Marker::Plain).peekable();
        let first = plain.peek().map(|entry| (entry.file.clone(), entry.line));
        if plain.any(|entry| entry.key == *key) {
            return Verdict::Known;
        }
        if let Some((file, line)) = first {
            return Verdict::Changed { file, line };
        }
        if bare.is_some_and(|bare| {
            self.entries
                .iter()
                .filter(|entry| entry.marker == Marker::Plain && entry.key == *key)
                .any(|entry| entry.hosts.name(bare))
        }) {
            return Verdict::Known;
        }
        match self.of(name, Marker::Authority).next() {
            Some(Entry { file, line, .. }) => {
                Verdict::OnlyAuthority { file: file.clone(), line: *line }
            }
            None => Verdict::Unknown,
        }
    }

    /// The kinds of key on record for the host: a server is asked for these first, so that it shows the one that is known.
    pub fn algorithms(&self, name: &KnownName) -> Vec<Algorithm> {
        let mut found = Vec::new();
        for entry in self.of(name, Marker::Plain) {
            let algorithm = entry.key.algorithm();
            let kinds = match algorithm {
                Algorithm::Rsa { .. } => vec![
                    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
                    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
                ],
                other => vec![other],
            };
            for kind in kinds {
                if !found.contains(&kind) {
                    found.push(kind);
                }
            }
        }
        found
    }

    fn of<'a>(&'a self, name: &'a KnownName, marker: Marker) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.marker == marker && entry.hosts.name(&name.name))
    }
}

impl Entry {
    fn parse(file: &Path, line: usize, text: &str) -> Option<Self> {
        let mut words = text.split([' ', '\t', '\r']).filter(|word| !word.is_empty());
        let first = words.next()?;
        if first.starts_with('#') {
            return None;
        }
        let (marker, hosts) = match first {
            "@revoked" => (Marker::Revoked, words.next()?),
            "@cert-authority" => (Marker::Authority, words.next()?),
            other if other.starts_with('@') => return None,
            hosts => (Marker::Plain, hosts),
        };
        let (_kind, key) = (words.next()?, words.next()?);
        let key = parse_public_key_base64(key).ok()?.key_data().clone();
        Some(Self { file: file.to_owned(), line, marker, hosts: Hosts::parse(hosts)?, key })
    }
}

impl Hosts {
    fn parse(word: &str) -> Option<Self> {
        match word.strip_prefix("|1|") {
            Some(hashed) => {
                let (salt, hash) = hashed.split_once('|')?;
                Some(Self::Hashed {
                    salt: BASE64.decode(salt).ok()?,
                    hash: BASE64.decode(hash).ok()?,
                })
            }
            None => Some(Self::Patterns(
                word.split(',').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
            )),
        }
    }
}

/// HMAC-SHA1 of a name with a salt, as `HashKnownHosts` stores it.
fn hashed(salt: &[u8], name: &str) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(salt).ok()?;
    mac.update(name.as_bytes());
    Some(mac)
}

/// The line that puts a key on record, without its end. With a `salt` the name is hashed.
pub(super) fn line_for(name: &KnownName, key: &KeyData, salt: Option<&[u8]>) -> Option<String> {
    let host = match salt {
        None => name.name.clone(),
        Some(salt) => {
            let hash = hashed(salt, &name.name)?.finalize().into_bytes();
            format!("|1|{}|{}", BASE64.encode(salt), BASE64.encode(hash))
        }
    };
    let key = russh::keys::PublicKey::new(key.clone(), "").to_openssh().ok()?;
    Some(format!("{host} {}", key.trim_end()))
}

#[cfg(test)]
#[path = "known_hosts_tests.rs"]
mod tests;
