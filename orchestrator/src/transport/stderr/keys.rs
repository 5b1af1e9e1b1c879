//! Private keys that ssh could not use.

use super::rows::matches;

/// What to do about a key that can't be used. `FILE` stands for the file that the message names.
///
/// Notation and order are those of [`super::rows::ROWS`].
const FAULTS: &[(&str, &str)] = &[
    ("permissions …are too open", "ssh ignores a key that others may read: `chmod 600 FILE`"),
    ("load key …: bad permissions", "ssh ignores a key that others may read: `chmod 600 FILE`"),
    (
        "load key …: permission denied",
        "The key file must be yours to read: check the owner and mode of FILE",
    ),
    ("load key …: is a directory", "Name the key file itself, not the directory FILE"),
    (
        "load key …: no such file or directory",
        "Check the path FILE, or make a key with `ssh-keygen -t ed25519 -f FILE`",
    ),
    (
        "load key …: incorrect passphrase",
        "Unlock the key once with `ssh-add FILE`, or answer with its right passphrase",
    ),
    (
        "load key ",
        "`ssh-keygen -y -f FILE` must print its public half: the file may be damaged, have the line ends of Windows, or be of a kind that this ssh does not know",
    ),
    (
        "warning: identity file …not accessible",
        "Check the path FILE, or make a key with `ssh-keygen -t ed25519 -f FILE`",
    ),
    (
        "no such identity: ",
        "Check the path FILE, or make a key with `ssh-keygen -t ed25519 -f FILE`",
    ),
    (
        "…no mutual signature",
        "The server takes no signature that this key can make: use a new key (`ssh-keygen -t ed25519`), or allow `PubkeyAcceptedAlgorithms +ssh-rsa` for this host in the ssh config",
    ),
    (
        "…agent refused operation",
        "The ssh agent would not sign: touch or confirm the key when it asks, or load it again with `ssh-add FILE`",
    ),
    ("…signing failed for …: device not found", "Plug in the security key, and try again"),
    (
        "…signing failed for ",
        "`ssh-keygen -y -f FILE` and `ssh-add -l` show whether the key can be used",
    ),
];

/// The first fault of a key among the lines: what ssh says of it, and what to do.
pub(super) fn fault(lines: &[&str]) -> Option<(String, String)> {
    FAULTS.iter().find_map(|(words, hint)| {
        let line = lines.iter().find(|line| matches(words, line))?;
        let file = file_in(line).unwrap_or("of the key");
        Some((line.trim_end_matches('.').to_owned(), hint.replace("FILE", file)))
    })
}

/// The file that a message is about: in quotes, or as in "no such identity: FILE: why".
fn file_in(line: &str) -> Option<&str> {
    let quoted = ['"', '\''].iter().find_map(|quote| {
        let (_, rest) = line.split_once(*quote)?;
        rest.split_once(*quote).map(|(file, _)| file)
    });
    let after = |start: &str, end: &str| {
        let rest = line.get(start.len()..).filter(|_| matches(start, line))?;
        rest.rsplit_once(end).map(|(file, _)| file)
    };
    quoted
        .or_else(|| after("warning: identity file ", " not accessible"))
        .or_else(|| after("no such identity: ", ": "))
}
