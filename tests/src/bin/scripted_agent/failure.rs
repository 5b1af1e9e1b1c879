//! What goes wrong for an agent, before each format says it in its own words.

use std::{
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A failure that agents report as an object of their format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// Not logged in, or no longer.
    Auth,
    /// Too much was asked; until this time, in seconds since 1970.
    RateLimit { resets_at: u64 },
    /// The conversation doesn't fit into the model's context window any more.
    Context,
    /// The session to be resumed isn't there.
    SessionNotFound,
}

/// When a limit is reset, unless the script says.
const AN_HOUR: Duration = Duration::from_secs(3600);

impl FromStr for FailureKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        match (name, rest) {
            ("auth", "") => Ok(Self::Auth),
            ("context", "") => Ok(Self::Context),
            ("session_not_found", "") => Ok(Self::SessionNotFound),
            ("rate_limit", "") => {
                Ok(Self::RateLimit { resets_at: (since_1970() + AN_HOUR).as_secs() })
            }
            ("rate_limit", time) => {
                let resets_at = time.parse().map_err(|_| format!("no time in seconds: {time}"))?;
                Ok(Self::RateLimit { resets_at })
            }
            _ => Err(format!("no error object {text}")),
        }
    }
}

/// The clock.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// So many milliseconds since 1970, as agents print times.
pub(crate) fn now_millis() -> u64 {
    u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
}
