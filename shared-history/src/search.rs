//! What of a text can be searched for, and what a search asks.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// Returns a text's words as a search compares them.
///
/// A word is a run of letters, digits and marks, in lower case, without the accents of Latin, Greek and Cyrillic
/// letters (what Unicode decomposes: `é` is `e`, but `ø` stays). Width and ligatures don't matter (`ﬁ` is `fi`). Scripts
/// that part no words (Chinese, Japanese, Korean, Thai and their neighbours) have a word for each character, so that
/// what stands inside of a sentence is found as a phrase.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut characters = text.nfkc().flat_map(char::to_lowercase).flat_map(folded).peekable();
    std::iter::from_fn(move || {
        while characters.next_if(|character| !is_of_a_word(*character)).is_some() {}
        let mut word = String::from(characters.next()?);
        if is_a_word(word.chars().next()?) {
            while let Some(mark) = characters.next_if(|next| is_combining_mark(*next)) {
                word.push(mark);
            }
            return Some(word);
        }
        while let Some(next) = characters.next_if(|next| is_of_a_word(*next) && !is_a_word(*next)) {
            word.push(next);
        }
        Some(word)
    })
}

/// A character without accents: none for an accent alone.
fn folded(character: char) -> impl Iterator<Item = char> {
    let mut plain = [None; 4];
    if is_a_word(character) {
        plain[0] = Some(character);
    } else {
        let mut filled = 0;
        decompose_canonical(character, |part| {
            if !is_accent(part) && filled < plain.len() {
                plain[filled] = Some(if part == 'ς' { 'σ' } else { part });
                filled += 1;
            }
        });
    }
    plain.into_iter().flatten()
}

/// The blocks of marks that stand on Latin, Greek and Cyrillic letters.
fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}')
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character)
}

/// Whether a character is a word of its own, by its block.
fn is_a_word(character: char) -> bool {
    matches!(
        character,
        '\u{E01}'..='\u{E3A}' | '\u{E40}'..='\u{E4E}' // Thai
            | '\u{E81}'..='\u{ECD}' // Lao
            | '\u{1000}'..='\u{103F}' // Myanmar
            | '\u{1100}'..='\u{11FF}' // Hangul's letters
            | '\u{1780}'..='\u{17D3}' // Khmer
            | '\u{3005}'..='\u{3007}' // what stands for an ideograph
            | '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{309F}' // Hiragana
            | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{31FF}' // Katakana, Bopomofo, Hangul for compatibility
            | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' // ideographs
            | '\u{AC00}'..='\u{D7AF}' // Hangul
            | '\u{1B000}'..='\u{1B16F}' // older Kana
            | '\u{20000}'..='\u{3FFFF}' // more ideographs
    )
}

/// What a search asks: every term has to be there.
///
/// A term is what stands between spaces, or between `"` and `"`. It is a phrase of words one after the other, of which
/// the last may go on: `hist` finds `history`, and `日本` finds `日本語`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    phrases: Vec<Vec<String>>,
}

impl Query {
    /// Reads what a person has typed. What holds no word at all asks nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let phrases = text
            .split('"')
            .enumerate()
            .flat_map(|(index, part)| {
                let is_quoted = index % 2 == 1;
                let terms: Vec<&str> =
                    if is_quoted { vec![part] } else { part.split_whitespace().collect() };
                terms
            })
            .map(|term| words(term).collect::<Vec<_>>())
            .filter(|phrase| !phrase.is_empty())
            .collect();
        Self { phrases }
    }

    /// Whether it asks nothing, so that everything matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Returns the phrases. All must be there; the last word of each may be the beginning of a longer one.
    #[must_use]
    pub fn phrases(&self) -> &[Vec<String>] {
        &self.phrases
    }

    /// Whether a text with these words, from [`words`], is one that is asked for.
    #[must_use]
    pub fn matches(&self, words: &[String]) -> bool {
        self.phrases.iter().all(|phrase| {
            words.windows(phrase.len()).any(|found| {
                let Some(((last, whole), (found_last, found_whole))) =
                    phrase.split_last().zip(found.split_last())
                else {
                    return true;
                };
                whole == found_whole && found_last.starts_with(last.as_str())
            })
        })
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
