//! Finding words whatever their case.

use std::ops::Range;

/// What is looked for, folded once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needle {
    folded: String,
}

impl Needle {
    /// Words as a person typed them.
    pub fn new(typed: &str) -> Self {
        Self { folded: typed.chars().flat_map(char::to_lowercase).collect() }
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }
}

/// Calls `found` with the bytes of every place where `needle` stands in `text`; places don't overlap.
pub fn find(text: &str, needle: &Needle, mut found: impl FnMut(Range<usize>)) {
    if needle.is_empty() {
        return;
    }
    if text.is_ascii() {
        let folded = text.to_ascii_lowercase();
        for (at, hit) in folded.match_indices(&needle.folded) {
            found(at..at + hit.len());
        }
        return;
    }
    // Folding may change how many bytes a letter takes: for each byte of the folded text, where its letter stands.
    let mut folded = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        for lower in letter.to_lowercase() {
            folded.push(lower);
            places.resize(folded.len(), (at, at + letter.len_utf8()));
        }
    }
    for (at, hit) in folded.match_indices(&needle.folded) {
        let first = places.get(at).map(|place| place.0);
        let last = places.get(at + hit.len() - 1).map(|place| place.1);
        if let (Some(first), Some(last)) = (first, last) {
            found(first..last);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str, typed: &str) -> Vec<String> {
        let mut hits = Vec::new();
        find(text, &Needle::new(typed), |range| hits.push(text[range].to_owned()));
        hits
    }

    #[test]
    fn words_are_found_whatever_their_case_in_any_script() {
        assert_eq!(all("Cargo and CARGO", "cargo"), ["Cargo", "CARGO"]);
        assert_eq!(all("ÜBER über", "über"), ["ÜBER", "über"]);
        assert_eq!(all("МИР", "мир"), ["МИР"]);
        // This letter grows when it is folded.
        assert_eq!(all("İstanbul x", "X"), ["x"]);
        assert!(all("anything", "").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_found_lies_on_boundaries(text in any::<String>(), typed in "\\PC{1,3}") {
            all(&text, &typed);
        }

        #[test]
        fn what_stands_there_is_found(before in "[a-zß]{0,9}", typed in "[A-ZÄ]{1,4}") {
            let text = format!("{before}{typed}");
            prop_assert!(!all(&text, &typed.to_lowercase()).is_empty());
        }
    }
}
