//! The questions that ssh asks through `SSH_ASKPASS`.

use super::rows::{find_ignoring_case, matches};
use crate::transport::QuestionKind;

/// A question that ssh asked while it connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The question as ssh put it; one about a host's key has several lines.
    pub text: String,
    /// Whether anybody gave an answer, right or wrong.
    pub answered: bool,
}

/// Tells what a question is about. Case does not matter.
pub fn kind_of_question(text: &str) -> QuestionKind {
    const CODE: &[&str] =
        &["code", "one-time", "otp", "token", "passcode", "two-factor", "2fa", "duo", "challenge"];
    let has = |words: &str| find_ignoring_case(text, words).is_some();
    let line = text.trim();
    if has("are you sure you want to continue connecting")
        || has("please type 'yes', 'no' or the fingerprint")
        || has("accept updated hostkeys")
    {
        QuestionKind::HostKey { fingerprint: fingerprint(text).unwrap_or_default() }
    } else if matches("confirm user presence for key", line) {
        QuestionKind::Touch
    } else if matches("enter passphrase for ", line) || matches("enter pin for ", line) {
        QuestionKind::Passphrase { key: key_of(line) }
    } else if CODE.iter().any(|words| has(words)) {
        QuestionKind::Code
    } else if has("password") {
        QuestionKind::Password
    } else {
        QuestionKind::Other
    }
}

/// The key that a passphrase or PIN is asked for: what stands in quotes, or else after `key`.
fn key_of(line: &str) -> String {
    let line = line.trim_end_matches([':', ' ']);
    let quoted = ['\'', '"'].iter().find_map(|quote| {
        let (_, rest) = line.split_once(*quote)?;
        rest.rsplit_once(*quote).map(|(key, _)| key)
    });
    let named =
        || line.split_once(" key ").or_else(|| line.split_once(" for ")).map(|(_, key)| key);
    quoted.or_else(named).unwrap_or(line).to_owned()
}

/// The fingerprint in a question or message of ssh, such as `ED25519 SHA256:…`.
pub(crate) fn fingerprint(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words.iter().position(|w| w.starts_with("SHA256:") || w.starts_with("MD5:"))?;
    let hash = words.get(at)?.trim_end_matches(['.', ',']);
    let before = words.get(..at)?;
    // "ED25519 key fingerprint is SHA256:…", "The fingerprint for the ED25519 key sent by … is SHA256:…", and
    // "Host key ED25519 SHA256:… revoked by file …".
    let of_key =
        before.iter().rposition(|w| *w == "key").and_then(|key| before.get(key.checked_sub(1)?));
    let is_kind = |w: &&&str| {
        !w.contains(|c: char| c.is_ascii_lowercase() || c.is_ascii_punctuation() && c != '-')
    };
    let kind = before.last().filter(is_kind).or(of_key.filter(is_kind));
    Some(kind.map_or_else(|| hash.to_owned(), |kind| format!("{kind} {hash}")))
}
