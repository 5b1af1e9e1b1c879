#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn candidates(paths: &[&str]) -> Arc<Candidates> {
    Arc::new(Candidates::new(Paths::new(paths.to_vec(), true, paths.len()), 1))
}

fn paths(found: &FoundFiles) -> Vec<&str> {
    found.files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn the_best_come_first_with_the_letters_that_fit() {
    let all = candidates(&["src/main.rs", "src/domain.rs", "README.md", "src/m/a/i/n.txt"]);
    let found = Matching::default().search(&all, "main", 10);
    assert_eq!(paths(&found)[0], "src/main.rs");
    assert_eq!(found.files[0].letters, [4, 5, 6, 7]);
    assert_eq!((found.looked_at, found.whole), (4, true));
    let two = Matching::default().search(&all, "main", 2);
    assert_eq!(paths(&two), &paths(&found)[..2]);
}

#[test]
fn everything_fits_nothing() {
    let all = candidates(&["b", "a", "c"]);
    assert_eq!(paths(&Matching::default().search(&all, "", 2)), ["a", "b"]);
}

#[test]
fn letters_are_counted_as_they_are_written() {
    let all = candidates(&["größe/maß.rs"]);
    let found = Matching::default().search(&all, "maß", 1);
    assert_eq!(found.files[0].letters, [6, 7, 8]);
    assert_eq!(paths(&Matching::default().search(&all, "grosse", 1)), [""; 0]);
    assert_eq!(paths(&Matching::default().search(&all, "grö", 1)), ["größe/maß.rs"]);
}

#[test]
fn among_many_the_name_that_is_meant_comes_first() {
    let mut all: Vec<String> =
        (0..5_000).map(|number| format!("src/b{number}/u/t/t/o/n/index.rs")).collect();
    all.push("src/widgets/some/where/deep/below/Button.rs".into());
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let all = candidates(&all);
    let mut going_on = Matching::default();
    for end in 2..="button".len() {
        let found = going_on.search(&all, &"button"[..end], 8);
        assert_eq!(paths(&found)[0], "src/widgets/some/where/deep/below/Button.rs", "{end}");
        assert_eq!(found.files.len(), 8);
    }
    assert_eq!(paths(&going_on.search(&all, "Button", 8)).len(), 1);
}

#[test]
fn what_was_looked_for_in_one_list_is_not_told_of_another() {
    let mut going_on = Matching::default();
    assert_eq!(paths(&going_on.search(&candidates(&["a.rs"]), "rs", 8)), ["a.rs"]);
    assert_eq!(paths(&going_on.search(&candidates(&["b.rs"]), "rs", 8)), ["b.rs"]);
}

proptest! {
    #[test]
    fn what_is_known_of_a_directory_changes_nothing_of_how_well_its_files_fit(
        all in prop::collection::vec("([a-cA-C._ 1]{0,3}/){0,2}[a-cA-C._ 1]{1,4}", 1..30),
        typed in "[a-cA-C/.1]{1,5}( [a-c/]{1,3})?",
    ) {
        let pattern =
            Pattern::new(&typed, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
        let (quick, mut around) = (Quick::new(&pattern), Around::default());
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let mut paths: Vec<&str> = all.iter().map(String::as_str).collect();
        paths.sort_unstable();
        for path in paths {
            let letters = Utf32Str::Ascii(path.as_bytes());
            let together = quick.score(letters, &mut around, &mut matcher);
            let alone = quick.score(letters, &mut Around::default(), &mut matcher);
            prop_assert_eq!(together, alone, "{} in {}", typed, path);
            prop_assert_eq!(together.is_some(), pattern.score(letters, &mut matcher).is_some());
            let name = path.rsplit('/').next().unwrap_or(path);
            let mut whole = Some(0);
            for (atom, (_, ignores_case)) in pattern.atoms.iter().zip(&quick.words) {
                matcher.config.ignore_case = *ignores_case;
                let word = atom.needle_text();
                let in_name = matcher.fuzzy_match_greedy(Utf32Str::Ascii(name.as_bytes()), word);
                let anywhere = matcher.fuzzy_match_greedy(letters, word);
                whole = whole.zip(anywhere.max(in_name)).map(|(sum, score)| sum + u32::from(score));
            }
            if pattern.atoms.iter().all(|atom| atom.needle_text().len() > 1) {
                prop_assert_eq!(together, whole, "{} in {}", typed, path);
            } else {
                prop_assert!(together >= whole, "{} in {}", typed, path);
            }
        }
    }

    #[test]
    fn a_search_that_goes_on_finds_what_a_new_one_finds(
        all in prop::collection::vec("[a-cA-C/._ é]{1,8}", 1..60),
        typed in "[a-cA-C/. é\\\\]{1,6}",
    ) {
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let all = candidates(&all);
        let mut going_on = Matching::default();
        let ends: Vec<usize> =
            typed.char_indices().map(|(at, letter)| at + letter.len_utf8()).collect();
        // Letter by letter, back again, and once more with another limit.
        let ways = ends.iter().map(|end| (end, 50)).chain(ends.iter().rev().map(|end| (end, 50)));
        for (end, limit) in ways.chain(ends.iter().map(|end| (end, 3))) {
            let one = going_on.search(&all, &typed[..*end], limit);
            let other = Matching::default().search(&all, &typed[..*end], limit);
            prop_assert_eq!(one, other, "{:?}", &typed[..*end]);
        }
        prop_assert!(going_on.steps.len() <= ends.len());
    }
}
