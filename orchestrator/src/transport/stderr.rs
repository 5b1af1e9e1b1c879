//! What the words of the system's `ssh` mean. The one place that reads them.
//!
//! Give it ssh's standard error and its `-E` log, and nothing that a program on the host printed. How ssh is
//! started decides what there is to read: at `LogLevel=ERROR` it hides why a key exchange failed, which server hung
//! up and that keepalives went unanswered (so: `INFO`), and with `ControlPersist` it hides what a jump host said.

mod keys;
mod proxy;
mod question;
mod rows;

#[cfg(test)]
mod tests;

pub(crate) use question::fingerprint;
pub use question::{Asked, kind_of_question};

use super::QuestionKind;
use super::error::{KeyRecord, TransportError};
use crate::host::HostId;
use rows::{Sign, find_ignoring_case, matches};

/// How far a connection was when ssh spoke: the same words mean another thing once somebody was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nobody was let in yet.
    Connecting,
    /// The connection was in use.
    Connected,
}

/// Says why a connection didn't come about or ended.
///
/// `said` is what ssh printed on its standard error and in its `-E` log, in any order. `asked` are the questions that
/// it asked meanwhile. The error's own `said` holds every line but the noise; the line that decided comes first.
pub fn explain(host: &HostId, phase: Phase, said: &str, asked: &[Asked]) -> TransportError {
    let lines: Vec<String> = said.split(['\n', '\r']).map(printable).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let lines: Vec<&str> =
        lines.into_iter().filter(|line| !line.is_empty() && !rows::is_noise(line)).collect();
    match phase {
        Phase::Connecting => while_connecting(host, &lines, asked),
        Phase::Connected => once_connected(host, &lines),
    }
}

/// The line without anything that could steer a terminal.
fn printable(line: &str) -> String {
    let safe = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
    line.trim().chars().map(safe).collect()
}

fn once_connected(host: &HostId, lines: &[&str]) -> TransportError {
    // The master's log also tells of forwards that weren't opened: "channel 2: open failed: connect failed: …".
    let of_the_link: Vec<&str> =
        lines.iter().filter(|line| !matches("channel ", line)).copied().collect();
    let verdict = rows::verdict(&of_the_link);
    match verdict.map(|(sign, _)| sign) {
        // At a rekey.
        Some(Sign::Revoked | Sign::Changed) => by_the_words(host, lines, &[]),
        None
        | Some(
            Sign::Config
            | Sign::Socket
            | Sign::HostKey
            | Sign::Algorithms
            | Sign::TooMany
            | Sign::Refused
            | Sign::Unresolved
            | Sign::TimedOut
            | Sign::NobodyListens
            | Sign::NoRoute
            | Sign::Ended
            | Sign::Mux,
        ) => {
            let deciding = verdict.map(|(_, line)| line).or(of_the_link.last().copied());
            TransportError::ConnectionLost { host: host.clone(), said: words(deciding, lines) }
        }
    }
}

fn while_connecting(host: &HostId, lines: &[&str], asked: &[Asked]) -> TransportError {
    let Some(of_the_proxy) = proxy::proxy_words(lines) else {
        return by_the_words(host, lines, asked);
    };
    let known = rows::verdict(&of_the_proxy).is_some();
    let timed_out = matches!(rows::verdict(lines), Some((Sign::TimedOut, _)));
    if !known && timed_out && asked.iter().all(|question| question.answered) {
        return TransportError::ConnectionTimedOut { host: host.clone(), said: words(None, lines) };
    }
    // The jump host let us in, and couldn't get from there to the host.
    let beyond = of_the_proxy.iter().find(|line| matches("channel …: open failed: ", line));
    let reason = match beyond {
        Some(line) if !matches("…: open failed: connect failed", line) => None,
        Some(line) => Some(by_the_words(host, &[line], &[])),
        None if known || asked.iter().any(|question| !question.answered) => {
            let hop = proxy::host_named_in(&of_the_proxy).unwrap_or_else(|| "the jump host".into());
            Some(by_the_words(&HostId::new(hop), &of_the_proxy, asked))
        }
        None => None,
    };
    let deciding = beyond.or(of_the_proxy.last()).copied();
    let said =
        if reason.is_some() || deciding.is_some() { words(deciding, lines) } else { String::new() };
    TransportError::ProxyFailed { host: host.clone(), reason: reason.map(Box::new), said }
}

/// What the lines of one ssh say about the host that it connects to.
fn by_the_words(host: &HostId, lines: &[&str], asked: &[Asked]) -> TransportError {
    let verdict = rows::verdict(lines);
    let said = words(verdict.map(|(_, line)| line), lines);
    let host = host.clone();
    match verdict.map(|(sign, _)| sign) {
        Some(Sign::Config) => TransportError::InvalidConfig { host, said },
        Some(Sign::Socket) => TransportError::SocketUnusable { host, said },
        Some(Sign::Revoked) => {
            let shown = fingerprint(&said);
            TransportError::HostKeyRevoked { host, shown, said }
        }
        Some(Sign::Changed) => TransportError::HostKeyChanged { host, record: record(lines), said },
        Some(Sign::HostKey) => {
            let asked = unanswered(asked, |kind| matches!(kind, QuestionKind::HostKey { .. }));
            TransportError::HostKeyUnknown { host, asked, said }
        }
        Some(Sign::Algorithms) => TransportError::KexFailed { host, said },
        Some(Sign::TooMany) => TransportError::TooManyAuthFailures { host, said },
        Some(Sign::Refused) => refused(host, lines, said, asked),
        Some(Sign::Unresolved) => TransportError::HostUnresolved { host, said },
        Some(Sign::TimedOut) => TransportError::ConnectionTimedOut { host, said },
        Some(Sign::NobodyListens) => TransportError::ConnectionRefused { host, said },
        Some(Sign::NoRoute) => TransportError::NoRoute { host, said },
        Some(Sign::Mux) => TransportError::ConnectionLost { host, said },
        // Nothing telling was said. A question that nobody answered tells more.
        Some(Sign::Ended) | None => match open_question(&host, &said, asked) {
            Some(error) => error,
            None if verdict.is_none() => {
                let said = words(lines.last().copied(), lines);
                TransportError::ConnectionClosed { host, said }
            }
            None => TransportError::ConnectionClosed { host, said },
        },
    }
}

/// Nobody was let in: for want of an answer, because of a key that can't be used, or because no key fits.
fn refused(host: HostId, lines: &[&str], said: String, asked: &[Asked]) -> TransportError {
    if let Some(error) = open_question(&host, &said, asked) {
        return error;
    }
    match keys::fault(lines) {
        Some((what, hint)) => TransportError::KeyUnusable { host, what, hint, said },
        None => TransportError::AuthRefused { host, asked: None, said },
    }
}

/// The error that an unanswered question stands for; one about the host or a key comes before a password.
fn open_question(host: &HostId, said: &str, asked: &[Asked]) -> Option<TransportError> {
    let host = host.clone();
    let said = said.to_owned();
    let about_the_host = unanswered(asked, |kind| matches!(kind, QuestionKind::HostKey { .. }));
    let about_a_key = unanswered(asked, |kind| matches!(kind, QuestionKind::Passphrase { .. }));
    if about_the_host.is_some() {
        return Some(TransportError::HostKeyUnknown { host, asked: about_the_host, said });
    }
    if let Some(asked) = about_a_key {
        return Some(TransportError::PassphraseRequired { host, asked, said });
    }
    let asked = unanswered(asked, |_| true)?;
    Some(TransportError::AuthRefused { host, asked: Some(asked), said })
}

/// The last question of that kind that nobody answered.
fn unanswered(asked: &[Asked], wanted: impl Fn(&QuestionKind) -> bool) -> Option<String> {
    let mut open = asked.iter().filter(|question| !question.answered);
    let question = open.rfind(|question| wanted(&kind_of_question(&question.text)))?;
    Some(question.text.trim().to_owned())
}

/// What ssh says about the key on record and the one that it was shown.
fn record(lines: &[&str]) -> KeyRecord {
    let after = |start: &str| {
        let line = lines.iter().find(|line| matches(start, line))?;
        Some(*line)
    };
    let entry = after("offending …key …in ").and_then(|line| {
        let at = find_ignoring_case(line, " in ")? + " in ".len();
        line.get(at..)
    });
    KeyRecord {
        shown: fingerprint(&lines.join("\n")),
        entry: entry.map(str::to_owned),
        remove: after("ssh-keygen …-r ").map(str::to_owned),
    }
}

/// All lines, the one that decided first.
fn words(deciding: Option<&str>, lines: &[&str]) -> String {
    let nth = deciding.and_then(|deciding| lines.iter().position(|line| *line == deciding));
    let first = nth.and_then(|nth| lines.get(nth));
    let others = lines.iter().enumerate().filter(|(at, _)| Some(*at) != nth).map(|(_, line)| line);
    first.into_iter().chain(others).copied().collect::<Vec<_>>().join("\n")
}
