//! Finding things by a few of their letters.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// What somebody typed to find something; every word of it has to be there.
pub struct Fuzzy {
    pattern: Pattern,
    matcher: Matcher,
    letters: Vec<char>,
}

impl Fuzzy {
    /// `None` when nothing was typed: then everything is wanted.
    pub fn new(typed: &str) -> Option<Self> {
        if typed.trim().is_empty() {
            return None;
        }
        let (case, normalization) = (CaseMatching::Ignore, Normalization::Smart);
        Some(Self {
            pattern: Pattern::new(typed, case, normalization, AtomKind::Fuzzy),
            matcher: Matcher::new(Config::DEFAULT),
            letters: Vec::new(),
        })
    }

    /// How well a text fits; `None` when it doesn't.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        let text = Utf32Str::new(text, &mut self.letters);
        self.pattern.score(text, &mut self.matcher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_a_name_and_nothing_typed_finds_all() {
        assert!(Fuzzy::new("  ").is_none());
        let mut typed = Fuzzy::new("apf BOX").unwrap();
        assert!(typed.score("api-fix codex box /srv").is_some());
        assert!(typed.score("api-fix codex /srv").is_none());
        let exact = Fuzzy::new("api").unwrap().score("api").unwrap();
        assert!(exact > Fuzzy::new("api").unwrap().score("a-p-i").unwrap());
    }
}
