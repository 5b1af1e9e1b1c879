//! The first sentence of what an agent says.

/// The longest summary, in characters.
const LONGEST: usize = 300;

/// Words before a point that doesn't end a sentence, in lower case and without it.
const ABBREVIATIONS: [&str; 22] = [
    "e.g", "i.e", "cf", "vs", "approx", "ca", "incl", "excl", "resp", "mr", "mrs", "ms", "dr",
    "prof", "st", "no", "nr", "fig", "eq", "sec", "z.b", "bzw",
];

/// Returns the first sentence of a text in Markdown, as plain text on one line; `None` when there is no text.
///
/// Code blocks, headings, rules and tables are passed over; of a text that has nothing but headings the first one is
/// taken. A sentence of more than 300 characters is cut between words.
#[must_use]
pub fn first_sentence(text: &str) -> Option<String> {
    let paragraph = first_paragraph(text).or_else(|| first_heading(text))?;
    Some(shortened(sentence(&paragraph)))
}

fn first_paragraph(text: &str) -> Option<String> {
    let mut paragraph = String::new();
    for line in outside_of_code(text) {
        let is_over = line.is_empty() || is_passed_over(line);
        let begins_another = is_item(line);
        if !paragraph.is_empty() && (is_over || begins_another) {
            break;
        }
        if is_over {
            continue;
        }
        let line = plain(without_markers(line));
        if !paragraph.is_empty() && !line.is_empty() {
            paragraph.push(' ');
        }
        paragraph.push_str(&line);
    }
    (!paragraph.is_empty()).then_some(paragraph)
}

fn first_heading(text: &str) -> Option<String> {
    outside_of_code(text)
        .filter(|line| line.starts_with('#'))
        .map(|line| plain(line.trim_matches('#').trim()))
        .find(|heading| !heading.is_empty())
}

/// The lines that aren't between two fences, trimmed.
fn outside_of_code(text: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<&str> = None;
    text.lines().map(str::trim).filter(move |line| {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
        match (fence, mark) {
            (None, Some(opening)) => {
                fence = Some(opening);
                false
            }
            (Some(opening), closing) => {
                if closing == Some(opening) {
                    fence = None;
                }
                false
            }
            (None, None) => true,
        }
    })
}

/// A heading, a rule, a table, a comment.
fn is_passed_over(line: &str) -> bool {
    let is_heading = line.trim_start_matches('#').starts_with(' ') && line.starts_with('#');
    let is_rule = line.len() >= 3
        && ['-', '*', '_', '='].iter().any(|mark| line.chars().all(|found| found == *mark));
    is_heading || is_rule || line.starts_with('|') || line.starts_with("<!--") || line == "#"
}

fn is_item(line: &str) -> bool {
    without_markers(line).len() < line.len()
}

/// A line without what makes it a quotation or an item of a list.
fn without_markers(line: &str) -> &str {
    let line = line.trim_start_matches(['>', ' ']);
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = line[digits..].strip_prefix(['.', ')']).filter(|_| (1..=3).contains(&digits));
    let item = numbered.or_else(|| line.strip_prefix(['-', '*', '+', '•']));
    let text = item.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(line).trim_start();
    ["[ ] ", "[x] ", "[X] "].iter().find_map(|tick| text.strip_prefix(tick)).unwrap_or(text)
}

/// Text without Markdown's marks: emphasis, code, links, pictures.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        if let Some((words, behind)) = link(rest) {
            out.push_str(&plain(words));
            rest = behind;
            continue;
        }
        if character == '`' {
            // Inside of code nothing is a mark.
            let ticks = rest.bytes().take_while(|byte| *byte == b'`').count();
            let inner = &rest[ticks..];
            if let Some(end) = inner.find(&rest[..ticks]) {
                out.push_str(inner[..end].trim());
                rest = &inner[end + ticks..];
                continue;
            }
        }
        let is_mark = match character {
            '*' | '`' => true,
            // `snake_case` has none, `_so_` has two.
            '_' => {
                let is_inside = out.ends_with(char::is_alphanumeric)
                    && after.starts_with(char::is_alphanumeric);
                !is_inside
            }
            '~' => {
                after.starts_with('~')
                    || out.is_empty()
                    || rest.len() < line.len() && line[..line.len() - rest.len()].ends_with('~')
            }
            _ => false,
        };
        if character == '\\' && after.starts_with(|next: char| next.is_ascii_punctuation()) {
            out.extend(after.chars().next());
            rest = &after[1..];
            continue;
        }
        if !is_mark {
            out.push(character);
        }
        rest = after;
    }
    out.trim().to_owned()
}

/// A link or a picture at the start of a text: its words, and what is behind it.
fn link(text: &str) -> Option<(&str, &str)> {
    let is_picture = text.starts_with("![");
    let inner = text.strip_prefix("![").or_else(|| text.strip_prefix('['))?;
    let (words, target) = inner.split_once("](")?;
    let (_, behind) = target.split_once(')')?;
    if words.contains(['[', ']']) {
        return None;
    }
    Some((if is_picture { "" } else { words }, behind))
}

fn sentence(paragraph: &str) -> &str {
    for (at, character) in paragraph.char_indices() {
        let end = at + character.len_utf8();
        let rest = &paragraph[end..];
        match character {
            '。' | '！' | '？' | '｡' => return with_closing(paragraph, end),
            '.' | '!' | '?' | '…' => {
                let closed = with_closing(paragraph, end);
                let behind = &paragraph[closed.len()..];
                let is_followed = behind.is_empty() || behind.starts_with(char::is_whitespace);
                let more = rest.starts_with(['.', '!', '?']);
                if is_followed && !more && (character != '.' || ends(&paragraph[..at], behind)) {
                    return closed;
                }
            }
            _ => {}
        }
    }
    paragraph
}

/// Takes quotation marks and brackets that close behind a sentence with it.
fn with_closing(paragraph: &str, end: usize) -> &str {
    let closing = |character: &char| {
        matches!(character, '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」' | '』' | '）')
    };
    let more: usize = paragraph[end..].chars().take_while(closing).map(char::len_utf8).sum();
    &paragraph[..end + more]
}

/// Whether a point ends a sentence, by the word before and what comes after it.
fn ends(before: &str, behind: &str) -> bool {
    let word =
        before.rsplit(|character: char| character.is_whitespace() || character == '(').next();
    let word = word.unwrap_or_default().to_lowercase();
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let next = behind.trim_start().chars().next();
    let goes_on = next.is_some_and(char::is_lowercase);
    let is_number_next = word == "no" && !next.is_some_and(|next| next.is_ascii_digit());
    next.is_none()
        || !goes_on && !is_initial && (is_number_next || !ABBREVIATIONS.contains(&word.as_str()))
}

fn shortened(sentence: &str) -> String {
    let Some((cut, _)) = sentence.char_indices().nth(LONGEST) else { return sentence.to_owned() };
    let cut = &sentence[..cut];
    // Where there are no spaces (Japanese), in the middle.
    let words = cut.rsplit_once(char::is_whitespace).map_or(cut, |(words, _)| words);
    let words = if words.len() < cut.len() / 2 { cut } else { words };
    format!("{}…", words.trim_end_matches([' ', ',', ';', ':']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_summary_is_the_first_sentence_without_markdown() {
        for (text, sentence) in [
            ("I fixed it. Then more.", "I fixed it."),
            (
                "# Done\n\nFixed the **retry** loop in `up_loader.rs`! And so on.",
                "Fixed the retry loop in up_loader.rs!",
            ),
            ("```rust\nfn no() {}\n```\nAdded tests.", "Added tests."),
            ("- First item\n- Second item.", "First item"),
            ("1. Renamed [the parser](src/parser.rs). Then", "Renamed the parser."),
            (
                "Works with e.g. Postgres, i.e. anything. Next.",
                "Works with e.g. Postgres, i.e. anything.",
            ),
            ("Version 1.2.3 is out. Yes.", "Version 1.2.3 is out."),
            ("Asked Dr. Smith and J. Doe about it. Fine.", "Asked Dr. Smith and J. Doe about it."),
            ("See issue no. 4 for it. More.", "See issue no. 4 for it."),
            ("The answer is no. It stays.", "The answer is no."),
            ("He said \"done.\" Then left.", "He said \"done.\""),
            ("What now?! Go.", "What now?!"),
            ("Wait... then go. End.", "Wait... then go."),
            ("修正しました。次です。", "修正しました。"),
            ("Two\nlines of one sentence. Next.", "Two lines of one sentence."),
            ("no end at all", "no end at all"),
            ("> quoted. yes.", "quoted. yes."),
            ("| a | b |\n|---|---|\n\n---\nText.", "Text."),
            ("## Only a heading", "Only a heading"),
            (
                "*Note:* `a * b` stays, ![pic](x.png)and \\*this\\*.",
                "Note: a * b stays, and *this*.",
            ),
        ] {
            assert_eq!(first_sentence(text).as_deref(), Some(sentence), "{text}");
        }
        for nothing in ["", " \n\t", "```\ncode\n```", "---\n"] {
            assert_eq!(first_sentence(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_long_sentence_is_cut_between_words() {
        let long = first_sentence(&"word ".repeat(200)).unwrap();
        assert!(long.chars().count() <= LONGEST + 1 && long.ends_with("word…"), "{long}");
        let without_spaces = first_sentence(&"字".repeat(1000)).unwrap();
        assert_eq!(without_spaces.chars().count(), LONGEST + 1);
    }

    proptest! {
        #[test]
        fn whatever_an_agent_says_gives_a_short_line_or_none(text in "(\\PC|[\\n#*`_~>\\[\\]()!.\\\\| -]){0,400}") {
            if let Some(sentence) = first_sentence(&text) {
                prop_assert!(sentence.chars().count() <= LONGEST + 1);
                prop_assert!(!sentence.contains('\n'));
            }
        }
    }
}
