//! Offers and found lines, put into a line.

use orchestrator::seam::{Completion, CompletionKind, Completions};

use super::assist::{List, Typed};

/// The list of an answer, unless it holds nothing.
pub(super) fn list(answer: &Completions, line: &str, by_key: bool) -> Option<List> {
    let from = usize::try_from(answer.from).unwrap_or(usize::MAX).min(line.len());
    if !line.is_char_boundary(from) {
        return None;
    }
    // What stands there already is no offer.
    let typed = line.get(from..).unwrap_or_default();
    let all: Vec<Completion> =
        answer.offers.iter().filter(|offer| offer.text != typed).cloned().collect();
    let (line, more) = (line.to_owned(), answer.more);
    (!all.is_empty()).then_some(List::Offers { line, from, all, more, by_key, chosen: None })
}

/// The line with that offer in its place.
pub(super) fn accepted(now: &Typed, from: usize, offer: &Completion) -> Typed {
    let head = now.before().get(..from).unwrap_or_default();
    if offer.kind == CompletionKind::Line {
        return Typed::whole(format!("{head}{}", offer.text));
    }
    // A word is ended where it is known to be whole.
    let is_whole = match offer.kind {
        CompletionKind::Command
        | CompletionKind::Branch
        | CompletionKind::Tag
        | CompletionKind::File => !now.behind().starts_with(' '),
        CompletionKind::Line | CompletionKind::Directory | CompletionKind::Word => false,
    };
    let blank = if is_whole { " " } else { "" };
    let put = format!("{head}{}{blank}", offer.text);
    Typed { cursor: put.len(), line: format!("{put}{}", now.behind()) }
}

/// What all of them begin with, as far as it can stand in a line by itself.
pub(super) fn shared<'a>(mut all: impl Iterator<Item = &'a str>) -> String {
    let Some(first) = all.next() else { return String::new() };
    let mut shared = first;
    // Inside of quotes an end would be missing.
    let is_quoted = |text: &str| text.contains(['\'', '"', '$', '`']);
    if is_quoted(first) {
        return String::new();
    }
    for other in all {
        if is_quoted(other) {
            return String::new();
        }
        let same = shared.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
        let end = same.map_or(shared.len().min(other.len()), |((at, _), _)| at);
        shared = shared.get(..end).unwrap_or_default();
    }
    let slashes = shared.len() - shared.trim_end_matches('\\').len();
    let whole = shared.len() - slashes % 2;
    shared.get(..whole).unwrap_or_default().to_owned()
}

/// Lines that hold each word of what is looked for, whatever their case; the newest first.
pub(super) fn search(history: &[String], wanted: &str) -> Vec<String> {
    let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
    let holds = |line: &&String| {
        let line = line.to_lowercase();
        words.iter().all(|word| line.contains(word.as_str()))
    };
    history.iter().rev().filter(holds).cloned().collect()
}
