/// One directive of an ssh config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// In lower case.
    pub keyword: String,
    pub arguments: Vec<String>,
}

/// Reads one line as OpenSSH does (readconf.c, misc.c): the keyword ends at a space, a quote or one `=`; arguments may be
/// quoted; `#` at the start of a word begins a comment. `Ok(None)` for a line without a directive.
///
/// # Errors
///
/// A quote that isn't closed.
pub(super) fn directive(line: &str) -> Result<Option<Directive>, &'static str> {
    let line = line.trim_matches([' ', '\t', '\r', '\n', '\u{c}']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let end = line.find([' ', '\t', '\r', '"', '=']).unwrap_or(line.len());
    let (start, rest) = line.split_at(end);
    // A quote in the keyword runs to the next one and ends the keyword: `Host"a" b` is about `hosta`.
    let (quoted, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("the quote isn't closed")?,
        None => ("", rest),
    };
    let keyword = format!("{start}{quoted}").to_ascii_lowercase();
    let rest = rest.trim_start_matches([' ', '\t', '\r']);
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let arguments = arguments(rest)?;
    Ok(Some(Directive { keyword, arguments }))
}

fn arguments(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    loop {
        while letters.next_if(|c| matches!(c, ' ' | '\t' | '\r')).is_some() {}
        match letters.peek() {
            None | Some('#') => return Ok(words),
            Some(_) => {}
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = letters.next() {
            match (c, quote) {
                ('\\', _) => {
                    // Only these are escapes; any other backslash is itself.
                    let escaped = letters.next_if(|next| {
                        matches!(next, '\'' | '"' | '\\') || (*next == ' ' && quote.is_none())
                    });
                    word.push(escaped.unwrap_or('\\'));
                }
                (' ' | '\t', None) => break,
                ('"' | '\'', None) => quote = Some(c),
                (_, Some(open)) if c == open => quote = None,
                _ => word.push(c),
            }
        }
        if quote.is_some() {
            return Err("the quote isn't closed");
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> (String, Vec<String>) {
        let directive = directive(line).unwrap().unwrap();
        (directive.keyword, directive.arguments)
    }

    #[test]
    fn a_line_is_read_as_ssh_reads_it() {
        for (line, arguments) in [
            ("Host a b", vec!["a", "b"]),
            ("\tHOST\t a \t b  \r", vec!["a", "b"]),
            ("host=a b", vec!["a", "b"]),
            ("host = a", vec!["a"]),
            ("Host \"a\" 'b' c\"d e\"f", vec!["a", "b", "cd ef"]),
            ("\"Host\" a", vec!["a"]),
            ("Ho\"st\" a", vec!["a"]),
            ("Host a # not b", vec!["a"]),
            ("Host a#b #c", vec!["a#b"]),
            ("Host a\\ b \"c\\\"d\" e\\f", vec!["a b", "c\"d", "e\\f"]),
            ("Host \"# no comment\"", vec!["# no comment"]),
            ("Host", vec![]),
            ("Host ==a", vec!["=a"]),
        ] {
            assert_eq!(
                read(line),
                ("host".into(), arguments.iter().map(ToString::to_string).collect()),
                "{line:?}"
            );
        }
    }

    #[test]
    fn empty_lines_and_comments_say_nothing() {
        for line in ["", "  \t\r", "# Host a", "   #Host a"] {
            assert_eq!(directive(line), Ok(None), "{line:?}");
        }
    }

    #[test]
    fn a_quote_that_stays_open_is_an_error() {
        assert!(directive("Host \"a b").is_err());
        assert!(directive("Host 'a").is_err());
        assert!(directive("\"Host a").is_err());
    }

    proptest! {
        #[test]
        fn words_survive_being_quoted(words in proptest::collection::vec("[^\\x00\\r\\n\"\\\\]{0,8}", 1..5)) {
            let line = words.iter().fold("Host".to_owned(), |line, word| format!("{line} \"{word}\""));
            prop_assert_eq!(read(&line).1, words);
        }

        #[test]
        fn no_line_makes_it_fall_over(line in any::<String>()) {
            prop_assert!(directive(&line).is_ok() || line.contains(['"', '\'']));
        }
    }
}
