//! Single values: read as `JSON.parse` does, written as `JSON.stringify` does.

use std::fmt;

use serde::Deserializer as _;
use serde::de::Visitor;

/// A value that we write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

/// Decodes a string that stands in a text with its quotes; `None` when it is something else.
///
/// What no string of ours can hold becomes U+FFFD: each half of a pair that lacks the other one, and what isn't UTF-8.
pub(crate) fn string(raw: &[u8]) -> Option<String> {
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_none() {
        return Some(lossy(inner.to_vec()));
    }
    serde_json::Deserializer::from_slice(raw).deserialize_bytes(Decoded).ok()
}

struct Decoded;

impl Visitor<'_> for Decoded {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(lossy(bytes.to_vec()))
    }
}

/// Half a pair comes as the three bytes that UTF-8 would have for it (`ED`, `A0` to `BF`, any), and is one character.
fn lossy(bytes: Vec<u8>) -> String {
    let mut bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let halves: Vec<usize> = memchr::memchr_iter(0xED, &bytes)
        .filter(|&at| matches!(bytes.get(at + 1..at + 3), Some([0xA0..=0xBF, 0x80..=0xBF])))
        .collect();
    for at in halves {
        bytes[at..at + 3].copy_from_slice("\u{FFFD}".as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads a number as JavaScript has it; `None` when it is something else, or too large for one.
pub(crate) fn number(raw: &[u8]) -> Option<f64> {
    if !matches!(raw.first(), Some(b'-' | b'0'..=b'9')) {
        return None;
    }
    std::str::from_utf8(raw).ok()?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Reads a number as an integer: what is behind the point is cut off, and what doesn't fit is the nearest that does.
pub(crate) fn clamped(raw: &[u8]) -> Option<i64> {
    if !matches!(raw.first(), Some(b'-' | b'0'..=b'9')) {
        return None;
    }
    let text = std::str::from_utf8(raw).ok()?;
    // `as` clamps, and 1e400 is infinite for Rust as for JavaScript.
    text.parse().ok().or_else(|| text.parse().ok().map(|number: f64| number as i64))
}

/// Writes a value as `JSON.stringify` does.
pub(crate) fn write(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => write_text(text, out),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Number(number) => write_number(number, out),
        Value::Flag(true) => out.extend_from_slice(b"true"),
        Value::Flag(false) => out.extend_from_slice(b"false"),
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            0x0C => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x00..=0x1F => b'u',
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[clean..at]);
        clean = at + 1;
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            out.extend_from_slice(format!("{byte:04x}").as_bytes());
        }
    }
    out.extend_from_slice(&text.as_bytes()[clean..]);
    out.push(b'"');
}

/// JavaScript writes an exponent from 1e21 on and below 1e-6, `-0` without its sign, and `null` for what is no number.
fn write_number(number: f64, out: &mut Vec<u8>) {
    let text = if !number.is_finite() {
        "null".to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else if (1e-6..1e21).contains(&number.abs()) {
        number.to_string()
    } else if number.abs() < 1.0 {
        format!("{number:e}")
    } else {
        format!("{number:e}").replace('e', "e+")
    };
    out.extend_from_slice(text.as_bytes());
}
