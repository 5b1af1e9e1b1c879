#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

#[test]
fn only_pages_and_letters_may_be_opened() {
    for url in ["http://a", "HTTPS://a/b", "mailto:ada@example.org"] {
        assert!(may_open(url), "{url}");
    }
    for url in
        ["file:///etc/passwd", "javascript:alert(1)", "http:a", "a", "", "mailto:", "ssh://x"]
    {
        assert!(!may_open(url), "{url}");
    }
}

#[test]
fn a_link_that_is_cut_leads_there_from_both_parts() {
    let mut rich = Rich::default();
    let link = rich.link("https://a");
    rich.push("before ", Style::default());
    rich.push("the link", Style { link, ..Style::default() });
    let parts = rich.cut_at(&[10]);
    assert_eq!(
        parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(),
        ["before the", " link"]
    );
    assert!(parts.iter().all(|part| part.links.len() == 1 && &*part.links[0] == "https://a"));
    assert_eq!(
        parts[1].spans,
        [Span { end: 5, style: Style { link: Some(0), ..Style::default() } }]
    );
}

proptest! {
    #[test]
    fn parts_put_together_are_the_whole(
        words in prop::collection::vec(("[a-zß ]{0,9}", any::<bool>()), 0..20),
        cuts in prop::collection::btree_set(0usize..150, 0..6),
    ) {
        let mut rich = Rich::default();
        for (word, strong) in &words {
            rich.push(word, Style { strong: *strong, ..Style::default() });
        }
        let cuts: Vec<usize> = cuts
            .into_iter()
            .filter(|cut| *cut > 0 && *cut < rich.text.len() && rich.text.is_char_boundary(*cut))
            .collect();
        let parts = rich.clone().cut_at(&cuts);
        prop_assert_eq!(parts.len(), cuts.len() + 1);
        let mut whole = Rich::default();
        for part in parts {
            let covered = part.spans.last().map_or(0, |span| span.end);
            prop_assert_eq!(covered, part.text.len());
            let ranges: Vec<_> = part.ranges().collect();
            for (range, style) in ranges {
                whole.push(&part.text[range], style);
            }
        }
        prop_assert_eq!(whole, rich);
    }
}

#[test]
fn parts_of_a_long_line_begin_where_the_line_does() {
    let cut = |text: &str, at: usize| {
        let mut parts = Rich::plain(text, Style::default()).cut_at(&[at]);
        parts.iter_mut().for_each(Rich::learn);
        (parts[0].base, parts[1].base)
    };
    let right = Some(Base::Right);
    assert_eq!(cut("אב run גד", 5), (right, right));
    assert_eq!(cut("אב\nrun גד", 5), (right, Some(Base::Left)));
    assert_eq!(cut("run it", 3), (None, None));
}
