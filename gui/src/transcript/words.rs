//! Times and amounts in words.

/// A length of time: `0.8 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) if ms < 10_000 => format!("{}.{} s", seconds, ms % 1000 / 100),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Money: `$0.0123` below a cent's tenth, else `$1.20`.
pub fn cost(usd: f64) -> String {
    if usd > 0.0 && usd < 0.095 { format!("${usd:.4}") } else { format!("${usd:.2}") }
}

/// `1 tool call`, `2 tool calls`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_amounts_are_short() {
        let times = [(840, "0.8 s"), (12_000, "12 s"), (60_000, "1 min"), (200_000, "3 min 20 s")];
        for (ms, words) in times.into_iter().chain([(7_500_000, "2 h 5 min"), (3_600_000, "1 h")]) {
            assert_eq!(duration(ms), words);
        }
        assert_eq!([cost(0.0123), cost(1.2), cost(0.0)], ["$0.0123", "$1.20", "$0.00"]);
        assert_eq!(
            [count(1, "tool call"), count(12, "tool call")],
            ["1 tool call", "12 tool calls"]
        );
    }
}
