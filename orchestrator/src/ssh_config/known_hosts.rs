use serde::{Deserialize, Serialize};

use super::pattern::is_pattern;

/// A name that a `known_hosts` file holds in plain text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownHost {
    /// A host name or an address.
    pub name: String,
    /// From `[name]:port`; absent for the standard port.
    pub port: Option<u16>,
}

/// Lists the plain names of a `known_hosts` file, each once, in the file's order.
///
/// Hashed names can't be read, patterns and negations are no hosts, and lines with `@revoked` or `@cert-authority` vouch for
/// none by themselves: all are left out.
pub fn known_hosts(text: &str) -> Vec<KnownHost> {
    let mut found: Vec<KnownHost> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with(['#', '@', '|']) {
            continue;
        }
        let mut fields = line.split([' ', '\t']).filter(|field| !field.is_empty());
        let Some(names) = fields.next() else { continue };
        // A line without a key type and a key is none that ssh reads.
        if fields.count() < 2 {
            continue;
        }
        for host in names.split(',').filter_map(name) {
            if seen.insert(host.clone()) {
                found.push(host);
            }
        }
    }
    found
}

fn name(word: &str) -> Option<KnownHost> {
    if word.starts_with(['!', '|', '-']) || is_pattern(word) {
        return None;
    }
    let (name, port) = match word.strip_prefix('[') {
        Some(rest) => {
            let (name, after) = rest.split_once(']')?;
            let port = match after.strip_prefix(':') {
                Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port > 0)?),
                None => None,
            };
            (name, port)
        }
        None => (word, None),
    };
    let odd = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
    if name.is_empty() || name.starts_with('-') || name.chars().any(odd) {
        return None;
    }
    Some(KnownHost { name: name.into(), port: port.filter(|port| *port != 22) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_are_listed_once_and_everything_else_is_left_out() {
        let text = "\
# a comment
box.example,10.0.0.1 ssh-ed25519 AAAA me
  \tpi   ssh-rsa\tAAAA
[git.example]:2222,[::1]:22 ssh-ed25519 AAAA
|1|c2FsdA==|aGFzaA== ssh-ed25519 AAAA
@cert-authority *.corp ssh-ed25519 AAAA
@revoked old.example ssh-ed25519 AAAA
*.lan,!nas.lan,one.lan ssh-ed25519 AAAA
box.example ssh-rsa AAAA
torn.exam
[bad]:99999 ssh-rsa AAAA
";
        let found: Vec<_> =
            known_hosts(text).into_iter().map(|host| (host.name, host.port)).collect();
        let plain = |name: &str| (name.to_owned(), None);
        assert_eq!(
            found,
            [
                plain("box.example"),
                plain("10.0.0.1"),
                plain("pi"),
                ("git.example".into(), Some(2222)),
                plain("::1"),
                plain("one.lan"),
            ]
        );
    }

    proptest! {
        #[test]
        fn what_is_listed_stands_in_the_file(text in "([a-c|!*@#\\[\\]:2, ]{0,12}( k AAAA)?\n){0,6}") {
            for host in known_hosts(&text) {
                prop_assert!(text.contains(&host.name));
                prop_assert!(!host.name.is_empty() && !is_pattern(&host.name));
            }
        }
    }
}
