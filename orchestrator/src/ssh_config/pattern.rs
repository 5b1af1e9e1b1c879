/// Whether `name` fits a list of patterns such as `*.lan !nas.lan`, as ssh's `Host` does: one must fit, and no negated one may.
pub(super) fn list_matches(patterns: &[String], name: &str) -> bool {
    let mut fits = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated, name) => return false,
            Some(_) => {}
            None => fits |= matches(pattern, name),
        }
    }
    fits
}

/// Whether it holds `*` or `?`.
pub(super) fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?'])
}

/// `*` stands for any letters, `?` for one (OpenSSH match.c). Runs in the product of the lengths at most.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            Some(_) | None => match retry {
                Some((after, taken)) => {
                    p = after;
                    n = taken + 1;
                    retry = Some((after, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks_match_as_in_ssh() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("?", "", false),
            ("dev-?", "dev-1", true),
            ("dev-?", "dev-12", false),
            ("**x*", "yxy", true),
            ("a", "A", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        let list = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(list_matches(&list(&["*", "!b"]), "a"));
        assert!(!list_matches(&list(&["*", "!b"]), "b"));
        assert!(!list_matches(&list(&["!b"]), "a"));
    }

    /// The definition, word by word.
    fn slow(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', rest)) => (0..=name.len()).any(|skip| slow(rest, &name[skip..])),
            Some((c, rest)) => {
                name.first().is_some_and(|first| *c == '?' || c == first) && slow(rest, &name[1..])
            }
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definition(pattern in "[ab*?]{0,7}", name in "[ab]{0,7}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches(&pattern, &name), slow(&letters(&pattern), &letters(&name)));
        }
    }
}
