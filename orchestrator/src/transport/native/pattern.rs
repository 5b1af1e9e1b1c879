//! The wildcards of ssh's files: `*` is any run of characters, `?` is one, everything else is itself.

/// Whether `text` matches `pattern` as a whole. Case matters; callers fold it first.
///
/// Takes at most `text.len() * pattern.len()` steps, whatever the pattern.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last star stood, and how much text it has swallowed so far.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[read] => {
                at += 1;
                read += 1;
            }
            Some(_) | None => match star {
                Some((star_at, swallowed)) => {
                    star = Some((star_at, swallowed + 1));
                    at = star_at + 1;
                    read = swallowed + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Whether a list such as `*.example.org,!bad.example.org` names `text`. A negated pattern that matches wins.
pub(super) fn list_matches<'a>(patterns: impl IntoIterator<Item = &'a str>, text: &str) -> bool {
    let text = text.to_lowercase();
    let mut found = false;
    for pattern in patterns {
        let pattern = pattern.to_lowercase();
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated, &text) => return false,
            Some(_) => {}
            None => found |= matches(&pattern, &text),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_is_any_run_and_a_question_mark_is_one_character() {
        assert!(matches("*.example.org", "a.b.example.org"));
        assert!(!matches("*.example.org", "example.org"));
        assert!(matches("10.0.?.1", "10.0.7.1"));
        assert!(!matches("10.0.?.1", "10.0.77.1"));
        assert!(matches("*", ""));
        assert!(!matches("?", ""));
        assert!(matches("[a*]:22?2", "[abc]:2222"));
    }

    #[test]
    fn a_negated_pattern_wins_wherever_it_stands() {
        assert!(list_matches(["*.org", "!bad.org"], "good.org"));
        assert!(!list_matches(["*.org", "!bad.org"], "bad.org"));
        assert!(!list_matches(["!bad.org", "*.org"], "BAD.org"));
        assert!(!list_matches(["!bad.org"], "good.org"));
    }

    /// The definition, as slow as it is plain.
    fn plainly(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some((b'*', rest)), _) => (0..=text.len()).any(|n| plainly(rest, &text[n..])),
            (Some((p, rest)), Some((t, tail))) => (*p == b'?' || p == t) && plainly(rest, tail),
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_plain_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            prop_assert_eq!(matches(&pattern, &text), plainly(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn many_stars_take_no_time(stars in 1_usize..60) {
            let pattern = "a*".repeat(stars) + "b";
            prop_assert!(!matches(&pattern, &"a".repeat(2000)));
        }
    }
}
