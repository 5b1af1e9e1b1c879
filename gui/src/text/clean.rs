//! Text from outside made harmless: what would steer a terminal or turn the reading direction is shown as what it is.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Control characters, terminal escapes, bidi overrides and invisible tags as visible words (`\x1b`, `\u{202e}`).
///
/// Tabs and line feeds stay; `\r\n` and a lone `\r` become line feeds.
pub fn clean(text: &str) -> Cow<'_, str> {
    let Some(first) = first_strange(text) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    let mut next = Some(first);
    while let Some(at) = next {
        let (before, strange) = rest.split_at(at);
        out.push_str(before);
        let mut letters = strange.chars();
        let Some(letter) = letters.next() else { return Cow::Owned(out) };
        rest = letters.as_str();
        match letter {
            '\r' => {
                rest = rest.strip_prefix('\n').unwrap_or(rest);
                out.push('\n');
            }
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            // A byte order mark at the very beginning says nothing.
            '\u{feff}' if out.is_empty() => {}
            letter => show(&mut out, letter),
        }
        next = first_strange(rest);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The same on one line: for names, titles and paths.
pub fn clean_line(text: &str) -> String {
    let cleaned = clean(text);
    let mut line = String::with_capacity(cleaned.len());
    for word in cleaned.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

fn show(out: &mut String, letter: char) {
    let code = u32::from(letter);
    let written =
        if code <= 0xff { write!(out, "\\x{code:02x}") } else { write!(out, "\\u{{{code:x}}}") };
    // Writing to a String can't fail.
    debug_assert!(written.is_ok());
}

/// Where the first character stands that isn't shown as it is.
fn first_strange(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            0x20..=0x7e | b'\n' | b'\t' => at += 1,
            0x00..=0x1f | 0x7f => return Some(at),
            _ => {
                let letter = text.get(at..).and_then(|rest| rest.chars().next())?;
                if is_strange(letter) {
                    return Some(at);
                }
                at += letter.len_utf8();
            }
        }
    }
    None
}

fn is_strange(letter: char) -> bool {
    matches!(letter,
        '\u{80}'..='\u{9f}'
        // Marks, embeddings, overrides and isolates of the reading direction.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{2028}' | '\u{2029}'
        // What is never seen and may still say something.
        | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
#[path = "clean_tests.rs"]
mod tests;
