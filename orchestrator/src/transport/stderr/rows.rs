//! The table: which words of ssh mean what, and which of them are noise.

/// What a line of ssh says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// The ssh config or an option is faulty.
    Config,
    /// The control socket can't be made where it should be.
    Socket,
    /// The host's key is marked as revoked.
    Revoked,
    /// The host's key isn't the one on record.
    Changed,
    /// Nobody vouched for the host's key.
    HostKey,
    /// No algorithm in common.
    Algorithms,
    /// The server gave up after too many keys.
    TooMany,
    /// No key and no answer was accepted.
    Refused,
    /// The name has no address.
    Unresolved,
    /// No answer in time.
    TimedOut,
    /// Nothing listens there.
    NobodyListens,
    /// No way there.
    NoRoute,
    /// The connection ended, for whatever reason.
    Ended,
    /// The ssh whose connection we share is gone or refuses.
    Mux,
}

/// The most telling words first: when ssh prints several lines, the row that stands first here decides.
///
/// Words are lower case. They match at the start of a line; a `…` stands for anything. What follows is left open.
pub(super) const ROWS: &[(Sign, &[&str])] = &[
    (
        Sign::Config,
        &[
            "…bad configuration option",
            "bad owner or permissions on ",
            "can't open user config file ",
            "command-line line 0: ",
            "command-line: line 0: ",
            "… line …: keyword ",
            "… line …: missing ",
            "… line …: no argument after keyword",
            "… line …: bad ",
            "… line …: invalid ",
            "…hostname contains invalid characters",
            "…percent_expand: ",
            "…: unknown key %",
            "cannot specify -j with proxycommand",
            "invalid -j argument",
        ],
    ),
    (
        Sign::Socket,
        &[
            "unix_listener: ",
            "muxserver_listen",
            "controlpath too long",
            "controlpath …too long",
            "…too long for unix domain socket",
        ],
    ),
    (
        Sign::Revoked,
        &[
            "@…revoked host key detected",
            "the …host key for …is marked as revoked",
            "…host key for …was revoked and you have requested",
            "host key …revoked by file",
        ],
    ),
    (
        Sign::Changed,
        &[
            "@…remote host identification has changed",
            "@…possible dns spoofing detected",
            "…host key for …has changed and you have requested",
        ],
    ),
    (
        Sign::HostKey,
        &[
            "host key verification failed",
            "no …host key is known for ",
            "…and you have requested strict checking",
        ],
    ),
    (
        Sign::Algorithms,
        &[
            "unable to negotiate with ",
            "…no matching …found",
            "protocol major versions differ",
            "remote machine has too old ssh software",
            "…dh gex group out of range",
            "bad server host key: ",
            "ssh_dispatch_run_fatal: …invalid key length",
            "ssh_dispatch_run_fatal: …error in libcrypto",
            "ssh_dispatch_run_fatal: …incorrect signature",
        ],
    ),
    (Sign::TooMany, &["…too many authentication failures"]),
    (
        Sign::Refused,
        &[
            "…permission denied (",
            "permission denied, please try again",
            "…no supported authentication methods available",
            "…no more authentication methods",
            "authentication failed",
        ],
    ),
    (
        Sign::Unresolved,
        &[
            "…could not resolve hostname",
            "…name or service not known",
            "…nodename nor servname provided",
            "…temporary failure in name resolution",
            "…no address associated with",
        ],
    ),
    (Sign::TimedOut, &["…timed out", "timeout, server "]),
    (
        Sign::NobodyListens,
        &["…connect to host …connection refused", "…connect failed: connection refused"],
    ),
    (
        Sign::NoRoute,
        &[
            "…no route to host",
            "…network is unreachable",
            "…host is unreachable",
            "…host is down",
            "…network is down",
            "…can't assign requested address",
        ],
    ),
    (
        Sign::Ended,
        &[
            "…connect to host …connection reset",
            "kex_exchange_identification: ",
            "ssh_exchange_identification: ",
            "banner exchange: ",
            "connection closed",
            "connection reset",
            "connection to …closed by remote host",
            "received disconnect from ",
            "disconnecting ",
            "client_loop: ",
            "…broken pipe",
            "…packet corrupt",
            "corrupted mac on input",
            "bad packet length",
            "…message authentication code incorrect",
            "…protocol error",
            "…connection unexpectedly closed",
            "…socket is not connected",
            "…write failed: ",
            "ssh_dispatch_run_fatal: ",
            "disconnected from ",
        ],
    ),
    // Any other reason of the kernel not to connect, such as a firewall's "Permission denied".
    (Sign::NoRoute, &["…connect to host "]),
    (
        Sign::Mux,
        &["mux_client", "muxclient: ", "control socket connect(", "master refused session request"],
    ),
];

/// Lines that say nothing about a failure. Same notation as [`ROWS`].
const NOISE: &[&str] = &[
    "warning: permanently added ",
    "pseudo-terminal will not be allocated",
    "debug1: ",
    "debug2: ",
    "debug3: ",
    "openssh_",
    "** warning: connection is not using a post-quantum",
    "** this session may be vulnerable to \"store now, decrypt later\"",
    "** the server may need to be upgraded",
    "authenticated to ",
    "transferred: sent ",
    "bytes per second: sent ",
    "exit request sent",
    "warning: no xauth data",
    "…line …: deprecated option",
    "…line …: ignored unknown option",
    "learned new hostkey: ",
    "adding new key for ",
    "deprecating obsolete hostkey",
    "killed by signal 1.",
    "@@@@@@@@",
];

/// Whether `line` matches `words` in the notation of [`ROWS`].
pub(super) fn matches(words: &str, line: &str) -> bool {
    let mut rest = line;
    for (nth, part) in words.split('…').enumerate() {
        let found = if nth == 0 {
            rest.get(..part.len()).filter(|start| start.eq_ignore_ascii_case(part)).map(|_| 0)
        } else {
            find_ignoring_case(rest, part)
        };
        let Some(at) = found else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    true
}

/// Where `part` (lower case) begins in `text`, whatever the case of its ASCII letters.
pub(super) fn find_ignoring_case(text: &str, part: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(part)
}

/// Whether nobody misses the line.
pub(super) fn is_noise(line: &str) -> bool {
    NOISE.iter().any(|words| matches(words, line))
}

/// The sign that decides, with the first line that bears it.
pub(super) fn verdict<'a>(lines: &[&'a str]) -> Option<(Sign, &'a str)> {
    ROWS.iter().find_map(|(sign, row)| {
        let line = lines.iter().find(|line| row.iter().any(|words| matches(words, line)))?;
        Some((*sign, *line))
    })
}
