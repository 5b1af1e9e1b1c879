//! Times as people write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use orchestrator::failure::{Code, Failure};

/// A moment: RFC 3339, a date or a date with a time of this machine's zone, or how long ago.
///
/// # Errors
///
/// [`Code::Usage`] for anything else.
pub fn since(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(at) = text.parse::<Zoned>() {
        return Ok(at.timestamp());
    }
    let here = TimeZone::system();
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
    if let Ok(civil) = civil
        && let Ok(at) = here.to_timestamp(civil)
    {
        return Ok(at);
    }
    back(text, now).ok_or_else(|| {
        Failure::new(Code::Usage, format!("{text:?} is no time")).hint(
            "Write how long ago (90m, 24h, 3d, 2w), a date (2026-11-21), or 2026-11-21T09:30:00Z",
        )
    })
}

/// So long before `now`, such as `24h` or `1w`.
pub fn back(text: &str, now: Timestamp) -> Option<Timestamp> {
    let span: Span = text.strip_suffix("ago").unwrap_or(text).trim().parse().ok()?;
    if span.is_negative() || span.is_zero() {
        return None;
    }
    now.to_zoned(TimeZone::system()).checked_sub(span).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_a_moment_a_date_or_how_long_ago() {
        let now = at("2026-11-21T12:00:00Z");
        let read = |text: &str| since(text, now).unwrap();
        assert_eq!(read("2026-11-20T09:30:00Z"), at("2026-11-20T09:30:00Z"));
        assert_eq!(read("2026-11-20T09:30:00+02:00"), at("2026-11-20T07:30:00Z"));
        assert_eq!(read("90m"), at("2026-11-21T10:30:00Z"));
        assert_eq!(read("24h"), at("2026-11-20T12:00:00Z"));
        assert_eq!(read("2 hours ago"), at("2026-11-21T10:00:00Z"));
        let midnight =
            TimeZone::system().to_timestamp(DateTime::new(2026, 11, 20, 0, 0, 0, 0).unwrap());
        assert_eq!(read("2026-11-20"), midnight.unwrap());
        assert!(read("1w") < read("3d") && read("3d") < read("2d"));
        for text in ["", "soon", "-3h", "0s", "2026-13-01", "yesterday"] {
            assert_eq!(since(text, now).unwrap_err().code, Code::Usage, "{text}");
        }
    }
}
