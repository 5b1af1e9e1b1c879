//! Which algorithms are offered to the server. Pure.

use std::borrow::Cow;

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, HashAlg};
use russh::{Preferred, cipher, kex, mac};

use super::config::AlgorithmNames;
use crate::host::HostId;
use crate::transport::TransportError;

/// What we offer: the person's names in their order, as far as we know them; host keys that are on record first.
///
/// # Errors
///
/// [`TransportError::Unsupported`] when we know none of the names that an option allows.
pub(super) fn offered(
    host: &HostId,
    names: &AlgorithmNames,
    on_record: &[Algorithm],
) -> Result<Preferred, TransportError> {
    let none_of = |option: &str| TransportError::Unsupported {
        host: host.clone(),
        what: format!("the built-in client knows none of the algorithms that {option} allows"),
    };
    let mut offered = Preferred::DEFAULT;
    if !names.kex.is_empty() {
        let mut known: Vec<kex::Name> =
            names.kex.iter().filter_map(|name| kex::Name::try_from(name.as_str()).ok()).collect();
        if known.is_empty() {
            return Err(none_of("KexAlgorithms"));
        }
        // Not algorithms, but marks: that we read server-sig-algs, and the strict key exchange.
        known.extend(offered.kex.iter().filter(|name| {
            name.as_ref().starts_with("ext-info-") || name.as_ref().starts_with("kex-strict-")
        }));
        offered.kex = Cow::Owned(known);
    }
    if !names.ciphers.is_empty() {
        let known: Vec<cipher::Name> = names
            .ciphers
            .iter()
            .filter_map(|name| cipher::Name::try_from(name.as_str()).ok())
            .collect();
        if known.is_empty() {
            return Err(none_of("Ciphers"));
        }
        offered.cipher = Cow::Owned(known);
    }
    if !names.macs.is_empty() {
        let known: Vec<mac::Name> =
            names.macs.iter().filter_map(|name| mac::Name::try_from(name.as_str()).ok()).collect();
        if known.is_empty() {
            return Err(none_of("MACs"));
        }
        offered.mac = Cow::Owned(known);
    }
    // SHA-1 signatures only where the person's own list has them.
    let ours = offered.key.iter().filter(|key| **key != Algorithm::Rsa { hash: None });
    let mut keys: Vec<Algorithm> = if names.host_keys.is_empty() {
        ours.cloned().collect()
    } else {
        let by_name = |name: &String| offered.key.iter().find(|key| key.as_str() == name).cloned();
        names.host_keys.iter().filter_map(by_name).collect()
    };
    if keys.is_empty() {
        return Err(none_of("HostKeyAlgorithms"));
    }
    keys.sort_by_key(|key| on_record.iter().position(|known| known == key).unwrap_or(usize::MAX));
    offered.key = Cow::Owned(keys);
    Ok(offered)
}

/// The hash with which to sign for an RSA key: the strongest that both sides take; `None` when they share none.
///
/// `server` is what the server announced, `None` when it announced nothing: then SHA-512 is tried, as ssh does.
pub(super) fn rsa_hash(
    names: &AlgorithmNames,
    server: Option<Option<HashAlg>>,
) -> Option<Option<HashAlg>> {
    let ours = |name: &str| {
        (names.public_keys.is_empty() && name != "ssh-rsa")
            || names.public_keys.iter().any(|allowed| allowed == name)
    };
    match server {
        None | Some(Some(HashAlg::Sha512)) if ours("rsa-sha2-512") => Some(Some(HashAlg::Sha512)),
        None | Some(Some(_)) if ours("rsa-sha2-256") => Some(Some(HashAlg::Sha256)),
        None | Some(None) if ours("ssh-rsa") => Some(None),
        None | Some(_) => None,
    }
}

/// Whether a key may be used at all: its kind is allowed, and an RSA key is long enough.
pub(super) fn is_allowed(allowed: &[String], required_rsa_bits: usize, key: &KeyData) -> bool {
    let kind = key.algorithm();
    match key {
        KeyData::Rsa(_) => rsa_bits(key).is_none_or(|bits| bits >= required_rsa_bits),
        _ => allowed.is_empty() || allowed.iter().any(|name| name == kind.as_str()),
    }
}

/// The length of an RSA key; `None` for the other kinds.
pub(super) fn rsa_bits(key: &KeyData) -> Option<usize> {
    let modulus = key.rsa()?.n().as_positive_bytes()?;
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    Some(modulus.len() * 8 - leading)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    fn host() -> HostId {
        HostId::new("box")
    }

    #[test]
    fn a_kind_of_host_key_on_record_is_asked_for_first() {
        let rsa = Algorithm::Rsa { hash: Some(HashAlg::Sha512) };
        let none = AlgorithmNames::default();
        assert_eq!(offered(&host(), &none, &[]).unwrap().key[0], Algorithm::Ed25519);
        let kept = [rsa.clone(), Algorithm::Ed25519];
        let offered = offered(&host(), &none, &kept).unwrap();
        assert_eq!(offered.key[..2], kept);
        assert!(!offered.key.contains(&Algorithm::Rsa { hash: None }));
    }

    #[test]
    fn the_persons_order_counts_and_unknown_names_fall_out() {
        let wanted = AlgorithmNames {
            ciphers: names(&["aes256-cbc-of-old", "aes128-gcm@openssh.com", "aes128-ctr"]),
            kex: names(&["sntrup761x25519-sha512", "curve25519-sha256"]),
            ..AlgorithmNames::default()
        };
        let offered = offered(&host(), &wanted, &[]).unwrap();
        let ciphers: Vec<&str> = offered.cipher.iter().map(AsRef::as_ref).collect();
        assert_eq!(ciphers, ["aes128-gcm@openssh.com", "aes128-ctr"]);
        let kex: Vec<&str> = offered.kex.iter().map(AsRef::as_ref).collect();
        assert_eq!(kex[0], "curve25519-sha256");
        assert!(kex.contains(&"kex-strict-c-v00@openssh.com"), "{kex:?}");
    }

    #[test]
    fn an_option_of_which_we_know_nothing_is_refused_by_name() {
        for (option, wanted) in [
            ("Ciphers", AlgorithmNames { ciphers: names(&["x"]), ..Default::default() }),
            ("KexAlgorithms", AlgorithmNames { kex: names(&["x"]), ..Default::default() }),
            ("MACs", AlgorithmNames { macs: names(&["x"]), ..Default::default() }),
            (
                "HostKeyAlgorithms",
                AlgorithmNames { host_keys: names(&["x"]), ..Default::default() },
            ),
        ] {
            let refused = offered(&host(), &wanted, &[]).unwrap_err();
            assert!(refused.to_string().contains(option), "{refused}");
        }
    }

    #[test]
    fn rsa_signs_with_the_strongest_hash_that_both_take() {
        let any = AlgorithmNames::default();
        assert_eq!(rsa_hash(&any, None), Some(Some(HashAlg::Sha512)));
        assert_eq!(rsa_hash(&any, Some(Some(HashAlg::Sha256))), Some(Some(HashAlg::Sha256)));
        assert_eq!(rsa_hash(&any, Some(None)), None, "SHA-1 is not taken unasked");
        let old = AlgorithmNames { public_keys: names(&["ssh-rsa"]), ..Default::default() };
        assert_eq!(rsa_hash(&old, Some(None)), Some(None));
        let one = AlgorithmNames { public_keys: names(&["rsa-sha2-256"]), ..Default::default() };
        assert_eq!(rsa_hash(&one, Some(Some(HashAlg::Sha512))), Some(Some(HashAlg::Sha256)));
    }
}
