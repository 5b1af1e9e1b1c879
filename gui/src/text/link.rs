//! Links that stand in a text as they are.

use std::ops::Range;

use super::rich::{Rich, Span, may_open};

/// Makes links of what begins with `http://` or `https://`, but for code and what leads somewhere already.
pub fn find_links(rich: &mut Rich) {
    if !rich.text.contains("://") {
        return;
    }
    let found = urls(&rich.text);
    if found.is_empty() {
        return;
    }
    let mut spans = Vec::with_capacity(rich.spans.len() + 2 * found.len());
    let mut links = std::mem::take(&mut rich.links);
    let mut found = found.into_iter().peekable();
    let mut from = 0;
    for span in &rich.spans {
        while from < span.end {
            while found.peek().is_some_and(|url| url.end <= from) {
                found.next();
            }
            let ahead = found.peek().filter(|url| url.start < span.end);
            let Some(url) = ahead else {
                spans.push(*span);
                break;
            };
            if url.start > from {
                spans.push(Span { end: url.start, style: span.style });
            }
            let end = url.end.min(span.end);
            let mut style = span.style;
            if style.link.is_none() && !style.code {
                let target = rich.text.get(url.clone()).unwrap_or_default();
                let known = links.iter().position(|link| &**link == target);
                let at = known.unwrap_or_else(|| {
                    links.push(target.into());
                    links.len() - 1
                });
                style.link = u16::try_from(at).ok(); // More than anybody can click.
            }
            spans.push(Span { end, style });
            from = end;
        }
        from = span.end;
    }
    rich.spans = spans;
    rich.links = links;
}

fn urls(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let before = text.get(..at).unwrap_or_default();
        let scheme = if before.ends_with("https") {
            5
        } else if before.ends_with("http") {
            4
        } else {
            continue;
        };
        let start = at - scheme;
        if found.last().is_some_and(|last: &Range<usize>| last.end > start) {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let is_end = |letter: char| letter.is_whitespace() || "<>\"'`|{}".contains(letter);
        let whole = rest.split(is_end).next().unwrap_or_default();
        let url = trimmed(whole);
        if url.len() > scheme + 3 && may_open(url) {
            found.push(start..start + url.len());
        }
    }
    found
}

/// Without what belongs to the sentence around it; a closing bracket stays where it was opened inside.
fn trimmed(mut url: &str) -> &str {
    loop {
        let shorter = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', ']']);
        let shorter = match shorter.strip_suffix(')') {
            Some(inner) if inner.matches('(').count() <= inner.matches(')').count() => inner,
            Some(_) | None => shorter,
        };
        if shorter.len() == url.len() {
            return url;
        }
        url = shorter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::rich::Style;

    fn links(text: &str) -> Vec<String> {
        let mut rich = Rich::plain(text, Style::default());
        find_links(&mut rich);
        let ranges = rich.ranges().filter(|(_, style)| style.link.is_some());
        ranges.map(|(range, _)| rich.text[range].to_owned()).collect()
    }

    #[test]
    fn an_address_in_a_sentence_is_a_link_without_the_sentence() {
        assert_eq!(
            links("See https://a.org/x, or (http://b.org/c_(d))."),
            ["https://a.org/x", "http://b.org/c_(d)"]
        );
        assert!(links("file:///etc/passwd and ssh://box and https:// alone").is_empty());
    }

    #[test]
    fn spans_still_cover_the_text() {
        let mut rich = Rich::default();
        rich.push("a https://x.or", Style::default());
        rich.push("g/y b", Style { strong: true, ..Style::default() });
        find_links(&mut rich);
        let ends: Vec<_> = rich.spans.iter().map(|span| span.end).collect();
        assert_eq!(ends, [2, 14, 17, 19]);
        assert_eq!(&*rich.links[0], "https://x.org/y");
    }
}
