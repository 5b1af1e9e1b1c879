//! Telling the words of a jump host or proxy command from those of the ssh that waits behind it.

use super::rows::{find_ignoring_case, matches};

/// What ssh calls the other end when it has a proxy instead of a socket. The number varies with the version.
const NO_SOCKET: &str = "unknown port ";

/// What the ssh behind a dead proxy prints, right before the line with [`NO_SOCKET`].
const DEAD_PROXY: &[&str] = &[
    "kex_exchange_identification: ",
    "ssh_exchange_identification: ",
    "banner exchange: ",
    "connection timed out during banner exchange",
];

/// The lines that the proxy printed, if the connection ended because of one; empty when it died in silence.
///
/// At `LogLevel=ERROR` ssh doesn't name the other end: there, words before a failed key exchange are the proxy's.
pub(super) fn proxy_words<'a>(lines: &[&'a str]) -> Option<Vec<&'a str>> {
    let behind = |line: &str| find_ignoring_case(line, NO_SOCKET).is_some();
    let dead = |line: &str| DEAD_PROXY.iter().any(|words| matches(words, line));
    if lines.iter().any(|line| behind(line)) {
        let next_is_behind = |nth: usize| lines.get(nth + 1).is_some_and(|line| behind(line));
        let ours = |nth: usize, line: &str| behind(line) || dead(line) && next_is_behind(nth);
        let words = lines.iter().enumerate().filter(|(nth, line)| !ours(*nth, line));
        return Some(words.map(|(_, line)| *line).collect());
    }
    let (last, before) = lines.split_last()?;
    let before: Vec<&str> = before.iter().filter(|line| !about_own_keys(line)).copied().collect();
    (dead(last) && matches("…closed by remote host", last) && !before.is_empty()).then_some(before)
}

/// Lines that ssh prints about its own key files before it connects.
fn about_own_keys(line: &str) -> bool {
    ["warning: identity file ", "no such identity: "].iter().any(|words| matches(words, line))
}

/// What stands around a host's name in ssh's messages: after the first, up to the second.
const NAMES: &[(&str, &str)] = &[
    ("connect to host ", " port "),
    ("could not resolve hostname ", ": "),
    ("host key for ", " has changed"),
    ("host key for ", " was revoked"),
    ("host key for ", " is marked"),
    ("host key is known for ", " and you"),
    ("unable to negotiate with ", " port "),
    ("received disconnect from ", " port "),
    ("connection closed by ", " port "),
    ("connection reset by ", " port "),
    ("connection to ", " port "),
    ("connection to ", " closed by"),
];

/// The host that lines of ssh are about: the hop that failed.
pub(super) fn host_named_in(lines: &[&str]) -> Option<String> {
    let between = |line: &str, (before, after): &(&str, &str)| {
        let rest = line.get(find_ignoring_case(line, before)? + before.len()..)?;
        let name = rest.get(..find_ignoring_case(rest, after)?)?;
        (!name.is_empty() && !name.contains(' ')).then(|| name.to_owned())
    };
    let denied = |line: &str| {
        let name = line.get(..find_ignoring_case(line, ": permission denied (")?)?;
        Some(name.rsplit_once('@').map_or(name, |(_, host)| host).to_owned())
    };
    let name = lines.iter().find_map(|line| {
        denied(line).or_else(|| NAMES.iter().find_map(|around| between(line, around)))
    })?;
    // "[gate]:2222" where the port isn't 22.
    let bare = name.strip_prefix('[').and_then(|rest| rest.rsplit_once("]:"));
    Some(bare.map_or(name.as_str(), |(host, _)| host).to_owned())
}
