//! Which file is whose.

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};

const PREFIX: &str = "history-";
const SUFFIX: &str = ".jsonl";

/// The longest name that we give a file. A file system takes 255 bytes, and what stands beside a file for a while (its
/// lock, its successor) has a name that is up to 24 bytes longer.
const LONGEST: usize = 255 - 24;

/// Returns the name of a host's file, by Maestro's rule: each UTF-16 unit of the host's name that isn't an ASCII
/// letter, a digit, `.`, `_` or `-` becomes a `_`, so an emoji becomes two.
///
/// A name that would be too long is cut, and ends with a hash of the whole one, so that different ones stay different.
#[must_use]
pub fn file_name(host: &str) -> String {
    let mut name = String::from(PREFIX);
    for character in host.chars() {
        if is_plain(character) {
            name.push(character);
        } else {
            (0..character.len_utf16()).for_each(|_| name.push('_'));
        }
    }
    if name.len() + SUFFIX.len() > LONGEST {
        let hash = short_hash(host.as_bytes());
        name.truncate(LONGEST - SUFFIX.len() - 1 - hash.len());
        name.push('-');
        name.push_str(&hash);
    }
    name.push_str(SUFFIX);
    name
}

/// Returns the host's name that a file's name holds; `None` when it is no file of a history.
///
/// What a file's name can't hold is a `_` there: an entry's own `hostname` comes first.
#[must_use]
pub fn host_of(file: &str) -> Option<&str> {
    let host = file.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    host.chars().all(is_plain).then_some(host)
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

fn short_hash(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().take(5).fold(String::new(), |mut hash, byte| {
        // Writing to a string can't fail.
        write!(hash, "{byte:02x}").unwrap_or_default();
        hash
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_is_named_as_maestro_names_it() {
        for (host, file) in [
            ("pedbook", "history-pedbook.jsonl"),
            ("pedopswat.local", "history-pedopswat.local.jsonl"),
            ("a/b c", "history-a_b_c.jsonl"),
            ("../up", "history-.._up.jsonl"),
            ("büro", "history-b_ro.jsonl"),
            ("🦀", "history-__.jsonl"),
            ("", "history-.jsonl"),
        ] {
            assert_eq!(file_name(host), file);
        }
    }

    #[test]
    fn long_host_names_that_differ_have_files_that_differ() {
        let (one, other) = ("h".repeat(300), format!("{}x", "h".repeat(299)));
        assert_ne!(file_name(&one), file_name(&other));
        assert_eq!(file_name(&one).len(), LONGEST);
        assert_ne!(file_name(&"é".repeat(300)), file_name(&"è".repeat(300)));
    }

    #[test]
    fn only_names_that_maestro_gives_are_ours() {
        assert_eq!(host_of("history-box.local.jsonl"), Some("box.local"));
        for foreign in [
            "history-a b.jsonl",
            "history-ä.jsonl",
            "history-x.json",
            "x.jsonl",
            ".history-x.jsonl",
        ] {
            assert_eq!(host_of(foreign), None, "{foreign}");
        }
    }

    proptest! {
        #[test]
        fn every_host_has_a_file(host in "\\PC{0,400}") {
            let file = file_name(&host);
            prop_assert!(file.len() <= LONGEST);
            prop_assert!(host_of(&file).is_some());
        }
    }
}
