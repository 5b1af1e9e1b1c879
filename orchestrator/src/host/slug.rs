use super::{HostId, Hosts};

/// Ids are file names, TOML keys and words on a command line; longer ones help nobody.
const LONGEST: usize = 64;

/// Makes an id out of a name that no host of `hosts` has yet.
///
/// Letters and digits of ASCII stay, in lower case; everything between them becomes one `-`.
/// A name without any becomes `host`. A number is added where the id, or `local`, is taken.
pub fn unique_id(name: &str, hosts: &Hosts) -> HostId {
    let slug = slug(name);
    let taken = |id: &str| {
        id == "local"
            || hosts.hosts.iter().any(|host| {
                host.id.as_str() == id || (host.name.eq_ignore_ascii_case(id) && host.name != name)
            })
    };
    if !taken(&slug) {
        return HostId::new(slug);
    }
    let mut number = 2_u64;
    loop {
        let candidate = format!("{slug}-{number}");
        if !taken(&candidate) {
            return HostId::new(candidate);
        }
        number += 1;
    }
}

/// Whether it can be an id: letters and digits of ASCII, `-` and `_`, the first one no `-` or `_`, at most 64, not `local`.
pub(super) fn is_id(text: &str) -> bool {
    text != "local"
        && text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    // Leaves room for the number that makes it unique.
    slug.truncate(LONGEST - 8);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "host".into() } else { slug.into() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::*;
    use crate::host::HostConfig;

    fn hosts(names: &[&str]) -> Hosts {
        let mut hosts = Hosts::default();
        for name in names {
            let id = unique_id(name, &hosts);
            hosts.hosts.push(HostConfig::new(id, *name, "x.example"));
        }
        hosts
    }

    #[test]
    fn an_id_is_the_name_in_small_letters() {
        assert_eq!(unique_id("GPU box (attic)", &Hosts::default()).as_str(), "gpu-box-attic");
        assert_eq!(unique_id("  .. ", &Hosts::default()).as_str(), "host");
        assert_eq!(unique_id("Größe", &Hosts::default()).as_str(), "gr-e");
        assert_eq!(unique_id("Local", &Hosts::default()).as_str(), "local-2");
    }

    #[test]
    fn a_taken_id_gets_a_number() {
        let hosts = hosts(&["dev", "dev!", "dev?"]);
        let ids: Vec<_> = hosts.hosts.iter().map(|host| host.id.as_str()).collect();
        assert_eq!(ids, ["dev", "dev-2", "dev-3"]);
    }

    proptest! {
        #[test]
        fn every_name_gives_an_id_that_is_one(name in any::<String>()) {
            let id = unique_id(&name, &hosts(&["dev", "host"]));
            prop_assert!(is_id(id.as_str()), "{id}");
        }
    }
}
