//! Finding things by a few of their letters.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// What somebody typed to find something; every word of it has to be in one of a thing's texts.
pub struct Fuzzy {
    words: Vec<Pattern>,
    matcher: Matcher,
    letters: Vec<char>,
}

impl Fuzzy {
    /// `None` when nothing was typed: then everything is wanted.
    pub fn new(typed: &str) -> Option<Self> {
        let (case, normalization) = (CaseMatching::Ignore, Normalization::Smart);
        let words: Vec<Pattern> = typed
            .split_whitespace()
            .map(|word| Pattern::new(word, case, normalization, AtomKind::Fuzzy))
            .collect();
        let matcher = Matcher::new(Config::DEFAULT);
        (!words.is_empty()).then(|| Self { words, matcher, letters: Vec::new() })
    }

    /// How well a thing with these texts fits; `None` when it doesn't.
    pub fn score(&mut self, texts: &[&str]) -> Option<u32> {
        let Self { words, matcher, letters } = self;
        let mut sum = 0;
        for word in words {
            let fits = |text: &&str| word.score(Utf32Str::new(text, letters), matcher);
            sum += texts.iter().filter_map(fits).max()?;
        }
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_few_letters_find_a_name_and_nothing_typed_finds_all() {
        assert!(Fuzzy::new("  ").is_none());
        let mut typed = Fuzzy::new("apf BOX").unwrap();
        assert!(typed.score(&["api-fix", "codex", "box"]).is_some());
        assert!(typed.score(&["api-fix", "codex", "/srv"]).is_none());
        let exact = Fuzzy::new("api").unwrap().score(&["api"]).unwrap();
        assert!(exact > Fuzzy::new("api").unwrap().score(&["a-p-i"]).unwrap());
    }
}
