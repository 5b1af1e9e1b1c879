//! Names as words of a command line: for a POSIX shell, and for fish, which agrees on these.

/// Letters that mean themselves wherever they stand. Others of ASCII get a backslash.
fn means_itself(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || "_-./:,+@%=".contains(letter)
        || (!letter.is_ascii() && !letter.is_control())
}

/// Quotes `bytes` so that a shell reads them back, byte for byte; a name without odd letters stays as it is.
///
/// Control characters and what is no UTF-8 go through `printf`, newlines stand in quotes.
pub(super) fn quoted(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "''".into();
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    let mut odd: Vec<u8> = Vec::new();
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter == '\n' {
                flush(&mut odd, &mut text);
                text.push_str("'\n'");
            } else if letter.is_control() {
                odd.extend(letter.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                flush(&mut odd, &mut text);
                // zsh looks for a program behind one at the beginning.
                if !means_itself(letter) || (letter == '=' && text.is_empty()) {
                    text.push('\\');
                }
                text.push(letter);
            }
        }
        odd.extend(chunk.invalid());
    }
    flush(&mut odd, &mut text);
    text
}

fn flush(odd: &mut Vec<u8>, text: &mut String) {
    if odd.is_empty() {
        return;
    }
    text.push_str("\"$(printf '");
    for byte in odd.drain(..) {
        text.push_str(&format!("\\{byte:03o}"));
    }
    text.push_str("')\"");
}

/// What fish's escapes stand for (its `complete --escape`).
pub(super) fn from_fish(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            bytes.extend(letter.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let number = |letters: &mut std::str::Chars<'_>, most: usize| {
            let digits: String =
                letters.clone().take(most).take_while(char::is_ascii_hexdigit).collect();
            *letters = letters.as_str().get(digits.len()..).unwrap_or_default().chars();
            u32::from_str_radix(&digits, 16).ok()
        };
        let named = match letters.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('e') => '\u{1b}',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some('c') => match letters.next() {
                // Ctrl and a letter.
                Some(key) if key.is_ascii() => char::from((key.to_ascii_uppercase() as u8) & 0x1f),
                Some(_) | None => continue,
            },
            Some('x' | 'X') => {
                bytes.extend(number(&mut letters, 2).and_then(|byte| u8::try_from(byte).ok()));
                continue;
            }
            Some('u') => number(&mut letters, 4).and_then(char::from_u32).unwrap_or_default(),
            Some('U') => number(&mut letters, 8).and_then(char::from_u32).unwrap_or_default(),
            Some(itself) => itself,
            None => continue,
        };
        bytes.extend(named.encode_utf8(&mut [0; 4]).as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_name_stays_as_it_is_and_an_odd_one_can_be_read() {
        assert_eq!(quoted(b"src/main.rs"), "src/main.rs");
        assert_eq!(quoted("naïve file".as_bytes()), "naïve\\ file");
        assert_eq!(quoted(b"a'b$c"), "a\\'b\\$c");
        assert_eq!(quoted(b"a\nb\xff"), "a'\n'b\"$(printf '\\377')\"");
    }

    #[test]
    fn what_fish_escapes_is_what_it_was() {
        assert_eq!(from_fish("a\\ b\\'c\\\\d\\ne\\xffg\\u00e4"), b"a b'c\\d\ne\xffg\xc3\xa4");
        assert_eq!(from_fish("odd\\"), b"odd");
        assert_eq!(from_fish("\\ca"), b"\x01");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn a_shell_reads_back_every_name(bytes in proptest::collection::vec(1_u8..=255, 1..12)) {
            for shell in ["sh", "bash"] {
                let line = format!("printf %s {}", quoted(&bytes));
                let output = Command::new(shell).args(["-c", &line]).output().unwrap();
                prop_assert_eq!(&output.stdout, &bytes, "{}: {}", shell, line);
            }
        }
    }
}
