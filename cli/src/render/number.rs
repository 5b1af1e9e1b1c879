//! Numbers as people read them.

use jiff::Timestamp;

use super::clean::clean_line;

/// `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 turn`, `2 turns`.
pub fn turns(number: u64) -> String {
    format!("{} {}", count(number), if number == 1 { "turn" } else { "turns" })
}

/// A host as a person wrote it: one that isn't saved stands as `ssh://ann@box` in the database.
pub fn host(reference: &str) -> String {
    clean_line(reference.strip_prefix("ssh://").unwrap_or(reference))
}

/// Milliseconds as `0.3 s`, `12.4 s`, `3 min 05 s` or `2 h 03 min`.
pub fn duration(ms: u64) -> String {
    // Tenths, rounded: 59,960 ms are a minute, not 60.0 s.
    let tenths = ms.saturating_add(50) / 100;
    let seconds = ms / 1000;
    match seconds {
        _ if tenths < 600 => format!("{}.{} s", tenths / 10, tenths % 10),
        0..3600 => format!("{} min {:02} s", tenths / 600, tenths / 10 % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// `$0.03`; four digits below a cent.
pub fn cost(usd: f64) -> String {
    if usd > 0.0 && usd < 0.01 { format!("${usd:.4}") } else { format!("${usd:.2}") }
}

/// How long ago something was: `now`, `5 min ago`, `3 h ago`, `2 d ago`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second());
    match seconds {
        // A clock that was set back makes no future.
        ..60 => "now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1234, 1_234_567].map(count), ["0", "999", "1,234", "1,234,567"]);
        assert_eq!(
            [0, 320, 12_400, 59_960, 185_000, 7_380_000].map(duration),
            ["0.0 s", "0.3 s", "12.4 s", "1 min 00 s", "3 min 05 s", "2 h 03 min"]
        );
        assert_eq!([0, 1, 1200].map(turns), ["0 turns", "1 turn", "1,200 turns"]);
        assert_eq!(["box", "local", "ssh://ann@box"].map(host), ["box", "local", "ann@box"]);
        assert_eq!([0.0, 0.0042, 0.031, 12.5].map(cost), ["$0.00", "$0.0042", "$0.03", "$12.50"]);
        let now = Timestamp::from_second(1_000_000).unwrap();
        let before = |seconds: i64| ago(Timestamp::from_second(1_000_000 - seconds).unwrap(), now);
        assert_eq!(
            [-9, 0, 300, 7200, 200_000_i64].map(before),
            ["now", "now", "5 min ago", "2 h ago", "2 d ago"]
        );
    }
}
