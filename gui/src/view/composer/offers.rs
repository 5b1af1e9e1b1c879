//! What is offered for a beginning: the best first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Offers that are shown; who wants others types on.
pub const MOST: usize = 8;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Where it stands among what could be offered.
    pub at: usize,
    /// What it is.
    pub words: String,
}

/// The best of `all` for what was typed; the first ones when nothing was. Paths are matched as paths.
pub fn offers<'a>(typed: &str, all: impl Iterator<Item = &'a str>) -> Vec<Offer> {
    let take = |(at, words): (usize, &str)| Offer { at, words: words.to_owned() };
    if typed.is_empty() {
        return all.enumerate().take(MOST).map(take).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
    let mut letters = Vec::new();
    let mut best: Vec<(u32, usize, &str)> = Vec::new();
    for (at, words) in all.enumerate() {
        if let Some(score) = pattern.score(Utf32Str::new(words, &mut letters), &mut matcher) {
            best.push((score, at, words));
        }
    }
    // Of equals the shorter one, then the one that stood before.
    best.sort_unstable_by(|a, b| {
        b.0.cmp(&a.0).then_with(|| a.2.len().cmp(&b.2.len())).then_with(|| a.1.cmp(&b.1))
    });
    best.into_iter().take(MOST).map(|(_, at, words)| take((at, words))).collect()
}
