//! What is searched for, as the full-text index wants it.

use crate::failure::{Code, Failure};
use crate::store::fault::Fault;

/// Words of one search at most: SQLite's own bounds lie far above.
const MOST_WORDS: usize = 200;

/// The query's text: every phrase in quotes, its last word a beginning; `None` where there is nothing to search for.
///
/// What parts words in the index parts them here: spaces and control characters.
pub(super) fn matching(search: &[Vec<String>]) -> Result<Option<String>, Fault> {
    let mut phrases = Vec::new();
    let mut words = 0;
    for phrase in search {
        let parts: Vec<&str> = phrase
            .iter()
            .flat_map(|word| word.split(|letter: char| letter == ' ' || letter.is_ascii_control()))
            .filter(|word| !word.is_empty())
            .collect();
        words += parts.len();
        if !parts.is_empty() {
            phrases.push(format!("\"{}\" *", parts.join(" ").replace('"', "\"\"")));
        }
    }
    if words > MOST_WORDS {
        let message = format!("a search may have {MOST_WORDS} words, and this has {words}");
        return Err(Fault::Refused(
            Failure::new(Code::TooLarge, message).hint("Search for fewer words"),
        ));
    }
    Ok((!phrases.is_empty()).then(|| phrases.join(" AND ")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(search: &[&[&str]]) -> Option<String> {
        let search: Vec<Vec<String>> = search
            .iter()
            .map(|phrase| phrase.iter().map(|word| (*word).into()).collect())
            .collect();
        matching(&search).unwrap()
    }

    #[test]
    fn every_word_is_a_word_whatever_it_means_to_sqlite() {
        assert_eq!(of(&[&["fix", "the"], &["bug"]]).unwrap(), r#""fix the" * AND "bug" *"#);
        assert_eq!(of(&[&[r#"say "hi" *"#, "NEAR(a"]]).unwrap(), r#""say ""hi"" * NEAR(a" *"#);
        assert_eq!(of(&[&["a\0b\tc"]]).unwrap(), r#""a b c" *"#);
    }

    #[test]
    fn what_holds_no_word_searches_for_nothing() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&[], &[""], &[" ", "\0\n"]]), None);
        assert_eq!(of(&[&[""], &["a"]]).unwrap(), r#""a" *"#);
    }
}
