//! What kind of error an agent reports. Asked only about error objects, never about prose or a tool's output.

use jiff::Timestamp;

use crate::agent::{AgentError, AgentErrorKind};

/// What an error object says beside its words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clues<'a> {
    /// An HTTP status.
    pub status: Option<u16>,
    /// A type, a code, a name.
    pub code: Option<&'a str>,
    /// When a limit ends.
    pub resets_at: Option<Timestamp>,
    /// The agent goes on by itself.
    pub goes_on: bool,
}

/// Codes and names of error objects, in lower case without `_`, `-` and spaces. Anthropic's, OpenAI's and Google's APIs,
/// and what the CLIs make of them.
const CODES: [(&str, AgentErrorKind); 34] = [
    ("httpconnectionfailed", AgentErrorKind::Provider),
    ("responsestreamconnectionfailed", AgentErrorKind::Provider),
    ("responsestreamdisconnected", AgentErrorKind::Provider),
    ("serveroverloaded", AgentErrorKind::Provider),
    ("sessionbudgetexceeded", AgentErrorKind::RateLimited),
    ("authenticationfailed", AgentErrorKind::NotLoggedIn),
    ("authenticationerror", AgentErrorKind::NotLoggedIn),
    ("oauthorgnotallowed", AgentErrorKind::NotLoggedIn),
    ("invalidapikey", AgentErrorKind::NotLoggedIn),
    ("permissionerror", AgentErrorKind::NotLoggedIn),
    ("providerautherror", AgentErrorKind::NotLoggedIn),
    ("unauthorized", AgentErrorKind::NotLoggedIn),
    ("unauthenticated", AgentErrorKind::NotLoggedIn),
    ("authrequired", AgentErrorKind::NotLoggedIn),
    ("ratelimit", AgentErrorKind::RateLimited),
    ("ratelimiterror", AgentErrorKind::RateLimited),
    ("ratelimitexceeded", AgentErrorKind::RateLimited),
    ("usagelimitexceeded", AgentErrorKind::RateLimited),
    ("usagelimitreached", AgentErrorKind::RateLimited),
    ("insufficientquota", AgentErrorKind::RateLimited),
    ("billingerror", AgentErrorKind::RateLimited),
    ("resourceexhausted", AgentErrorKind::RateLimited),
    ("quota", AgentErrorKind::RateLimited),
    ("contextlengthexceeded", AgentErrorKind::ContextExhausted),
    ("contextwindowexceeded", AgentErrorKind::ContextExhausted),
    ("contextoverflowerror", AgentErrorKind::ContextExhausted),
    ("contextlimit", AgentErrorKind::ContextExhausted),
    ("modelnotfound", AgentErrorKind::ModelUnknown),
    ("modelnotfounderror", AgentErrorKind::ModelUnknown),
    ("providermodelnotfounderror", AgentErrorKind::ModelUnknown),
    ("overloadederror", AgentErrorKind::Provider),
    ("overloaded", AgentErrorKind::Provider),
    ("servererror", AgentErrorKind::Provider),
    ("internalservererror", AgentErrorKind::Provider),
];

/// Words of error messages, in lower case; the first that stands in one counts.
const PHRASES: [(&str, AgentErrorKind); 38] = [
    ("no conversation found with session id", AgentErrorKind::SessionNotFound),
    ("no rollout found", AgentErrorKind::SessionNotFound),
    ("session not found", AgentErrorKind::SessionNotFound),
    ("thread not found", AgentErrorKind::SessionNotFound),
    ("invalid session id", AgentErrorKind::SessionNotFound),
    ("prompt is too long", AgentErrorKind::ContextExhausted),
    ("prompt too long", AgentErrorKind::ContextExhausted),
    ("input is too long", AgentErrorKind::ContextExhausted),
    ("maximum context length", AgentErrorKind::ContextExhausted),
    ("exceeds the context window", AgentErrorKind::ContextExhausted),
    ("ran out of room in the model's context window", AgentErrorKind::ContextExhausted),
    ("context_length_exceeded", AgentErrorKind::ContextExhausted),
    ("exceed context limit", AgentErrorKind::ContextExhausted),
    ("model not found", AgentErrorKind::ModelUnknown),
    ("model_not_found", AgentErrorKind::ModelUnknown),
    ("model is not supported", AgentErrorKind::ModelUnknown),
    ("issue with the selected model", AgentErrorKind::ModelUnknown),
    ("unknown model", AgentErrorKind::ModelUnknown),
    ("usage limit", AgentErrorKind::RateLimited),
    ("rate limit", AgentErrorKind::RateLimited),
    ("rate_limit", AgentErrorKind::RateLimited),
    ("too many requests", AgentErrorKind::RateLimited),
    ("quota exceeded", AgentErrorKind::RateLimited),
    ("exceeded your current quota", AgentErrorKind::RateLimited),
    ("credit balance is too low", AgentErrorKind::RateLimited),
    ("hit your", AgentErrorKind::RateLimited),
    ("invalid api key", AgentErrorKind::NotLoggedIn),
    ("incorrect api key", AgentErrorKind::NotLoggedIn),
    ("api key not valid", AgentErrorKind::NotLoggedIn),
    ("missing environment variable", AgentErrorKind::NotLoggedIn),
    ("not logged in", AgentErrorKind::NotLoggedIn),
    ("please run /login", AgentErrorKind::NotLoggedIn),
    ("oauth token has expired", AgentErrorKind::NotLoggedIn),
    ("unauthorized", AgentErrorKind::NotLoggedIn),
    ("overloaded", AgentErrorKind::Provider),
    ("stream disconnected", AgentErrorKind::Provider),
    ("connection error", AgentErrorKind::Provider),
    ("high demand", AgentErrorKind::Provider),
];

/// The error of an error object.
pub(crate) fn agent_error(message: &str, clues: &Clues<'_>) -> AgentError {
    let kind = kind(message, clues);
    let resets_at = clues.resets_at.or_else(|| reset_behind_bar(message));
    AgentError {
        kind,
        message: super::cut(message.trim()),
        resets_at: resets_at.filter(|_| kind == AgentErrorKind::RateLimited),
        goes_on: clues.goes_on,
    }
}

fn kind(message: &str, clues: &Clues<'_>) -> AgentErrorKind {
    let lower = message.to_lowercase();
    let by_code = clues.code.and_then(|code| {
        let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        CODES.iter().find(|(name, _)| *name == plain).map(|(_, kind)| *kind)
    });
    // A status is coarser than a code, and words are finer than the status for a bad request or a page not found.
    let status = clues.status.or_else(|| status_in(&lower));
    let by_phrase =
        || PHRASES.iter().find(|(words, _)| lower.contains(words)).map(|(_, kind)| *kind);
    let by_status = match status {
        Some(401) => Some(AgentErrorKind::NotLoggedIn),
        Some(402 | 429) => Some(AgentErrorKind::RateLimited),
        Some(413) => Some(AgentErrorKind::ContextExhausted),
        Some(500..=599) => Some(AgentErrorKind::Provider),
        Some(_) | None => None,
    };
    let forbidden = (status == Some(403)).then_some(AgentErrorKind::NotLoggedIn);
    by_code.or(by_status).or_else(by_phrase).or(forbidden).unwrap_or(AgentErrorKind::Other)
}

/// `API Error: 401 …` (claude), `… status: 429 Too Many Requests` and `unexpected status 503 …` (codex).
fn status_in(lower: &str) -> Option<u16> {
    ["api error: ", "status: ", "unexpected status "].iter().find_map(|before| {
        let (_, rest) = lower.split_once(before)?;
        let digits = rest.get(..3)?;
        let alone = !rest[3..].starts_with(|next: char| next.is_ascii_digit());
        // Three digits that are no number can't be a status.
        digits.parse().ok().filter(|status| alone && (400..600).contains(status))
    })
}

/// `Claude AI usage limit reached|1749924000`.
fn reset_behind_bar(message: &str) -> Option<Timestamp> {
    let (_, seconds) = message.trim().rsplit_once('|')?;
    seconds.parse().ok().and_then(at_second) // What is no number is a sentence.
}

/// The time of so many seconds since 1970; in milliseconds when it would be after the year 5000.
pub(crate) fn at_second(seconds: i64) -> Option<Timestamp> {
    let time = match seconds {
        100_000_000_000.. => Timestamp::from_millisecond(seconds),
        _ => Timestamp::from_second(seconds),
    };
    time.ok() // Beyond jiff's years: no time at all.
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(message: &str) -> AgentErrorKind {
        agent_error(message, &Clues::default()).kind
    }

    #[test]
    fn codes_come_before_words_and_words_before_nothing() {
        let code = |code| agent_error("x", &Clues { code: Some(code), ..Clues::default() }).kind;
        assert_eq!(code("rate_limit_exceeded"), AgentErrorKind::RateLimited);
        assert_eq!(code("ProviderAuthError"), AgentErrorKind::NotLoggedIn);
        assert_eq!(code("RESOURCE_EXHAUSTED"), AgentErrorKind::RateLimited);
        assert_eq!(code("whatever"), AgentErrorKind::Other);
        let status =
            |status| agent_error("x", &Clues { status: Some(status), ..Clues::default() }).kind;
        assert_eq!(status(503), AgentErrorKind::Provider);
        assert_eq!(status(400), AgentErrorKind::Other);
    }

    #[test]
    fn what_the_real_ones_say_is_told_apart() {
        use AgentErrorKind as Kind;
        assert_eq!(
            of("exceeded retry limit, last status: 429 Too Many Requests"),
            Kind::RateLimited
        );
        assert_eq!(of("unexpected status 401 Unauthorized: no key"), Kind::NotLoggedIn);
        assert_eq!(of("API Error: 529 {\"type\":\"error\"}"), Kind::Provider);
        assert_eq!(of("Invalid API key · Please run /login"), Kind::NotLoggedIn);
        assert_eq!(of("You've hit your usage limit. Try again at 3:04 PM."), Kind::RateLimited);
        assert_eq!(
            of("prompt is too long: 210000 tokens > 200000 maximum"),
            Kind::ContextExhausted
        );
        assert_eq!(of("No conversation found with session ID: x"), Kind::SessionNotFound);
        assert_eq!(of("Model metadata for `mock-1` not found."), Kind::Other);
        assert_eq!(of("status: 4290 widgets"), Kind::Other);
    }

    #[test]
    fn the_end_of_a_limit_is_taken_where_it_is_given() {
        let error = agent_error("Claude AI usage limit reached|1749924000", &Clues::default());
        assert_eq!(error.kind, AgentErrorKind::RateLimited);
        assert_eq!(error.resets_at, Some(Timestamp::from_second(1_749_924_000).unwrap()));
        let error = agent_error("a|1749924000", &Clues::default());
        assert_eq!(error.resets_at, None);
        assert_eq!(at_second(1_795_229_676_551).unwrap().as_second(), 1_795_229_676);
    }
}
