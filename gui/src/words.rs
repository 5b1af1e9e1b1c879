//! Times, numbers and text from elsewhere, in the words that a person reads.

use std::fmt::Write;

use jiff::{Timestamp, tz::TimeZone};
use orchestrator::failure::Failure;

/// One line of text from elsewhere: control characters and what turns the direction of writing are shown, never
/// interpreted; breaks and runs of spaces become one space.
pub fn clean_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !shown.is_empty() {
            shown.push(' ');
        }
        push_clean(&mut shown, word);
    }
    shown
}

/// The same with its line breaks, for what has several lines.
pub fn clean_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            shown.push('\n');
        }
        push_clean(&mut shown, &line.replace('\t', "    "));
    }
    shown
}

fn push_clean(shown: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            // The caret notation of terminals: the letter 64 further on.
            '\0'..='\x1f' | '\x7f' => {
                shown.push('^');
                shown.push(char::from(u8::try_from(letter).unwrap_or(0) ^ 0x40));
            }
            // Line and paragraph separators, and what turns the direction (UAX 9).
            letter
                if letter.is_control()
                    || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                match write!(shown, "<{:x}>", u32::from(letter)) {
                    // Writing to a String never fails.
                    Ok(()) | Err(std::fmt::Error) => {}
                }
            }
            letter => shown.push(letter),
        }
    }
}

/// What failed, behind the name of its host unless that is named anyway.
pub fn with_host(failure: &Failure) -> String {
    let message = &failure.message;
    match failure.host.as_deref().map(clean_line) {
        Some(host) if !is_named(message, &host) => format!("{host}: {message}"),
        Some(_) | None => message.clone(),
    }
}

/// Whether `host` stands in `text` as a word of its own.
fn is_named(text: &str, host: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    text.match_indices(host).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut behind = text[at + host.len()..].chars();
        // The end of a sentence is no part of a name.
        let ends = match behind.next() {
            Some('.') => !behind.next().is_some_and(is_part),
            Some(letter) => !is_part(letter),
            None => true,
        };
        !before.is_some_and(is_part) && ends
    })
}

/// How long ago something was: `now`, `5 min ago`, `3 h ago`, `2 d ago`. A clock that was set back makes no future.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second());
    match seconds {
        ..60 => "now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// When, in full: `2026-11-21 19:43:12`.
pub fn when(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// How long: `4.2 s`, `3 min 05 s`, `2 h 10 min`.
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

/// How many, in full: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// How large: `512 bytes`, `4.2 KB`, `10 GB`, in thousands.
pub fn bytes(count: u64) -> String {
    if count < 1000 {
        return of_many(count, "byte", "bytes");
    }
    let mut tenths = count / 100;
    let mut unit = 0;
    while tenths >= 10_000 {
        tenths /= 1000;
        unit += 1;
    }
    let unit = ["KB", "MB", "GB", "TB", "PB", "EB"].get(unit).copied().unwrap_or("EB");
    if tenths < 100 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", tenths / 10)
    }
}

/// The word for one or for many: `1 entry`, `3 entries`.
pub fn of_many(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// The time that an answer took: `51 ms`, `1.2 s`.
pub fn round_trip(us: u64) -> String {
    match us {
        ..1_000 => "<1 ms".to_owned(),
        1_000..1_000_000 => format!("{} ms", (us + 500) / 1_000),
        _ => format!("{}.{} s", us / 1_000_000, us / 100_000 % 10),
    }
}

/// The beginning of an agent's id of a conversation, as people read it out: eight letters, upper case.
pub fn octet(id: &str) -> String {
    clean_line(id).chars().take(8).collect::<String>().to_uppercase()
}

/// A text of at most `most` characters, its middle left out: a path's beginning and end say most.
pub fn middle(text: &str, most: usize) -> String {
    let letters = text.chars().count();
    if letters <= most {
        return text.to_owned();
    }
    let keep = most.saturating_sub(1);
    // The end says more than the beginning.
    let head = keep / 3;
    let tail = keep - head;
    let beginning: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(letters - tail).collect();
    format!("{beginning}…{end}")
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
