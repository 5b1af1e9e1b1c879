//! What is searched for, as the full-text index wants it.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::failure::{Code, Failure};
use crate::store::fault::Fault;

/// Words of one search at most: SQLite's own bounds lie far above.
const MOST_WORDS: usize = 200;

/// Whole words that a beginning is replaced with at most: with more of them the index is quicker by itself.
const MOST_TERMS: usize = 16;

/// Bytes of a word that is remembered whole. What is longer is a token or a hash: each is another one, and nobody types them.
const LONGEST_TERM: usize = 64;

/// Letters that are remembered of a longer one: it begins with them, so that a search for it asks the index itself.
const LETTERS_OF_LONG: usize = 3;

/// A word as the index has it, out of a text: spaces and control characters part them, and ASCII letters are small.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| letter == ' ' || letter.is_ascii_control())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

/// Remembers the words of texts that are stored.
pub(super) fn learn<'a>(
    db: &Connection,
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<(), Fault> {
    // In their order, and each once: most are known, and many are in all of the texts.
    let terms: BTreeSet<String> = texts
        .into_iter()
        .flat_map(words)
        .map(|word| if word.len() > LONGEST_TERM { of_long(&word) } else { word })
        .collect();
    let mut insert =
        db.prepare_cached("INSERT INTO history_terms (term) VALUES (?1) ON CONFLICT DO NOTHING")?;
    for term in terms {
        insert.execute(params![term])?;
    }
    Ok(())
}

/// What is remembered of a long word: no word has a space.
fn of_long(word: &str) -> String {
    let letters: String = word.chars().take(LETTERS_OF_LONG).collect();
    format!(" {letters}")
}

/// The words that begin so; nothing where there are too many of them, or longer ones than are remembered.
pub(super) fn terms(db: &Connection, beginning: &str) -> Result<Option<Vec<String>>, Fault> {
    let letters = beginning.chars().count();
    // Two and three letters have an index of their own.
    if letters <= 3 {
        return Ok(None);
    }
    let is_long = db
        .prepare_cached("SELECT 1 FROM history_terms WHERE term = ?1")?
        .exists(params![of_long(beginning)])?;
    if is_long {
        return Ok(None);
    }
    let mut select =
        db.prepare_cached("SELECT term FROM history_terms WHERE term >= ?1 ORDER BY term")?;
    let mut rows = select.query(params![beginning])?;
    let mut terms = Vec::new();
    while let Some(row) = rows.next()? {
        let term: String = row.get(0)?;
        if !term.starts_with(beginning) {
            break;
        }
        if terms.len() == MOST_TERMS {
            return Ok(None);
        }
        terms.push(term);
    }
    Ok(Some(terms))
}

/// The query's text: every phrase in quotes, with each of the words that its last one may be the beginning of; `None`
/// where there is nothing to search for. `terms` are those words, where there aren't too many.
pub(super) fn matching(
    search: &[Vec<String>],
    terms: impl Fn(&str) -> Result<Option<Vec<String>>, Fault>,
) -> Result<Option<String>, Fault> {
    let mut phrases = Vec::new();
    let mut count = 0;
    for phrase in search {
        let mut parts: Vec<String> = phrase.iter().flat_map(|word| words(word)).collect();
        count += parts.len();
        if count > MOST_WORDS {
            let message = format!("a search may have {MOST_WORDS} words, and this has more");
            return Err(Fault::Refused(
                Failure::new(Code::TooLarge, message).hint("Search for fewer words"),
            ));
        }
        let Some(last) = parts.pop() else { continue };
        let quoted = |last: &str| {
            let words: Vec<&str> = parts.iter().map(String::as_str).chain([last]).collect();
            format!("\"{}\"", words.join(" ").replace('"', "\"\""))
        };
        phrases.push(match terms(&last)? {
            Some(terms) if !terms.is_empty() => {
                let whole: Vec<String> = terms.iter().map(|term| quoted(term)).collect();
                format!("({})", whole.join(" OR "))
            }
            Some(_) | None => format!("{} *", quoted(&last)),
        });
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
        matching(&search, |_| Ok(None)).unwrap()
    }

    #[test]
    fn every_word_is_a_word_whatever_it_means_to_sqlite() {
        assert_eq!(of(&[&["fix", "the"], &["bug"]]).unwrap(), r#""fix the" * AND "bug" *"#);
        assert_eq!(of(&[&[r#"say "hi" *"#, "NEAR(a"]]).unwrap(), r#""say ""hi"" * near(a" *"#);
        assert_eq!(of(&[&["a\0b\tc"]]).unwrap(), r#""a b c" *"#);
    }

    #[test]
    fn what_holds_no_word_searches_for_nothing() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&[], &[""], &[" ", "\0\n"]]), None);
        assert_eq!(of(&[&[""], &["a"]]).unwrap(), r#""a" *"#);
    }

    #[test]
    fn a_beginning_is_replaced_with_the_words_that_begin_so() {
        let search = [vec!["the".to_owned(), "Bug".to_owned()]];
        let of = |terms: &[&str]| {
            let terms: Vec<String> = terms.iter().map(|term| (*term).to_owned()).collect();
            matching(&search, |_| Ok(Some(terms.clone()))).unwrap().unwrap()
        };
        assert_eq!(of(&["bug", "bug\""]), r#"("the bug" OR "the bug""")"#);
        assert_eq!(of(&[]), r#""the bug" *"#);
    }

    #[test]
    fn tokens_and_hashes_take_no_room() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE history_terms (term TEXT PRIMARY KEY) STRICT").unwrap();
        let hashes: Vec<String> = (0..100).map(|n| format!("eyJ{n:080}")).collect();
        learn(&db, hashes.iter().map(String::as_str).chain(["a bug", &"x".repeat(64)])).unwrap();
        let count: u32 =
            db.query_row("SELECT count(*) FROM history_terms", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 4);
        assert_eq!(terms(&db, "eyj0000").unwrap(), None);
        assert_eq!(terms(&db, "xxxx").unwrap(), Some(vec!["x".repeat(64)]));
    }
}
