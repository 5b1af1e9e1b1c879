//! The words of code, told apart part by part and away from the frame.

use std::collections::BTreeMap;

use super::document::Document;
use crate::text::{Class, CodeReader};

/// So many lines are told apart at once: a screen is coloured soon, also behind a long way.
const LINES: usize = 2_000;
/// So many bytes, for the same reason.
const BYTES: usize = 256 << 10;
/// Longer lines aren't told apart, in bytes: no person wrote them, and grammars take long over them.
const LONGEST_LINE: usize = 10_000;
/// Where reading can begin again: every so many lines.
const STEP: usize = 250;
/// So many lines below the view are told apart ahead.
const AHEAD: usize = 100;

/// A line's pieces, each by where it ends.
type Pieces = Vec<(usize, Option<Class>)>;

/// Lines that are to be told apart.
#[derive(Debug)]
pub struct ColourWork {
    version: u64,
    reader: Begin,
    from: usize,
    lines: Vec<Box<str>>,
}

#[derive(Clone, Debug)]
enum Begin {
    /// At the beginning of a file of that name.
    File(String),
    Reader(CodeReader),
}

/// Lines that are told apart.
#[derive(Debug)]
pub struct Coloured {
    version: u64,
    from: usize,
    /// `None` where no grammar knows it.
    lines: Option<Vec<Pieces>>,
    /// Where reading can begin again.
    readers: Vec<(usize, CodeReader)>,
}

impl ColourWork {
    /// Does it; takes a moment.
    pub fn run(self) -> Coloured {
        let Self { version, reader, from, lines } = self;
        let first = lines.first().map_or("", |line| &**line);
        let reader = match reader {
            Begin::Reader(reader) => Some(reader),
            Begin::File(name) => CodeReader::of_file(&name, first),
        };
        let nothing = |lines| Coloured { version, from, lines, readers: Vec::new() };
        let Some(mut reader) = reader else { return nothing(None) };
        let (mut pieces, mut readers) = (Vec::with_capacity(lines.len()), Vec::new());
        for (at, line) in lines.iter().enumerate() {
            if (from + at).is_multiple_of(STEP) {
                readers.push((from + at, reader.clone()));
            }
            if line.len() > LONGEST_LINE {
                pieces.push(Pieces::new());
                continue;
            }
            match reader.line(line) {
                Some(of_line) => pieces.push(of_line),
                None => return nothing(None),
            }
        }
        readers.push((from + lines.len(), reader));
        Coloured { version, from, lines: Some(pieces), readers }
    }
}

/// What is known of a document's words.
#[derive(Debug, Default)]
pub struct Colours {
    name: String,
    lines: Vec<Pieces>,
    readers: BTreeMap<usize, CodeReader>,
    /// The lines before this one are as they should be.
    good: usize,
    under_way: bool,
    hopeless: bool,
}

impl Colours {
    /// Of a file of that name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// A line's pieces; none where nothing is known.
    pub fn line(&self, line: usize) -> &[(usize, Option<Class>)] {
        self.lines.get(line).map_or(&[], |pieces| pieces)
    }

    /// Takes in that lines were replaced: those below stay as they were until they are told apart again.
    pub fn follow(&mut self, document: &mut Document) {
        for change in document.take_changes() {
            let end = (change.at + change.removed).min(self.lines.len());
            if change.at < self.lines.len() {
                // A line that is typed in keeps its looks meanwhile.
                let first = self.lines.get(change.at).cloned().unwrap_or_default();
                let new =
                    (0..change.added).map(|at| if at == 0 { first.clone() } else { Pieces::new() });
                self.lines.splice(change.at..end, new.collect::<Vec<_>>());
            }
            self.good = self.good.min(change.at);
            let keep = change.at;
            self.readers.retain(|line, _| *line <= keep);
        }
    }

    /// What is to be told apart, so that lines up to this one are.
    pub fn wanted(&mut self, document: &Document, until: usize) -> Option<Box<ColourWork>> {
        let until = (until + AHEAD).min(document.len());
        if self.hopeless || self.under_way || self.good >= until {
            return None;
        }
        let (from, reader) = match self.readers.range(..=self.good).next_back() {
            Some((line, reader)) => (*line, Begin::Reader(reader.clone())),
            None => (0, Begin::File(self.name.clone())),
        };
        let mut lines: Vec<Box<str>> = Vec::new();
        let mut bytes = 0;
        for line in from..document.len().min(from + LINES) {
            let raw = document.raw(line);
            bytes += raw.len();
            lines.push(if raw.len() > LONGEST_LINE { long(raw) } else { raw.into() });
            if bytes > BYTES || line >= until + STEP {
                break;
            }
        }
        self.under_way = true;
        Some(Box::new(ColourWork { version: document.version(), reader, from, lines }))
    }

    /// Takes in what was told apart. What was typed meanwhile is told apart anew.
    pub fn put(&mut self, document: &Document, coloured: Coloured) {
        self.under_way = false;
        if coloured.version != document.version() {
            return;
        }
        let Some(lines) = coloured.lines else {
            self.hopeless = true;
            return;
        };
        let end = coloured.from + lines.len();
        if self.lines.len() < document.len() {
            self.lines.resize(document.len(), Pieces::new());
        }
        for (at, pieces) in (coloured.from..).zip(lines) {
            if let Some(line) = self.lines.get_mut(at) {
                *line = pieces;
            }
        }
        self.readers.extend(coloured.readers);
        self.good = self.good.max(end);
    }

    /// Nothing is under way: who had it is gone.
    pub fn forget_work(&mut self) {
        self.under_way = false;
    }
}

/// Something that stands for a line that isn't told apart, as long that it isn't.
fn long(raw: &str) -> Box<str> {
    let mut end = LONGEST_LINE + 4;
    while !raw.is_char_boundary(end.min(raw.len())) {
        end += 1;
    }
    raw.get(..end.min(raw.len())).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::document::{Kind, Pos, Selection};
    use super::*;

    fn settle(colours: &mut Colours, document: &mut Document, until: usize) -> usize {
        let mut rounds = 0;
        colours.follow(document);
        while let Some(work) = colours.wanted(document, until) {
            rounds += 1;
            colours.put(document, work.run());
        }
        rounds
    }

    #[test]
    fn a_change_is_told_apart_anew_from_there_on_and_in_parts() {
        let text = "let a = 1; // b\n".repeat(5_000);
        let mut document = Document::new(&text);
        let mut colours = Colours::new("a.rs");
        assert!(settle(&mut colours, &mut document, 4_999) > 1);
        assert_eq!(colours.line(4_000).first(), Some(&(3, Some(Class::Keyword))));
        let at = Pos::new(3_000, 0);
        document.replace(at..at, "/* ", Selection::at(at), Kind::Whole);
        assert!(settle(&mut colours, &mut document, 4_999) > 0);
        assert_eq!(colours.line(4_000), [(document.raw(4_000).len(), Some(Class::Comment))]);
        assert_eq!(colours.line(2_999).first(), Some(&(3, Some(Class::Keyword))));
        assert_eq!(settle(&mut colours, &mut document, 4_999), 0);
    }

    #[test]
    fn what_was_typed_meanwhile_isn_t_coloured_wrongly() {
        let mut document = Document::new("let a = 1;\n");
        let mut colours = Colours::new("a.rs");
        let work = colours.wanted(&document, 1).unwrap();
        let at = Pos::new(0, 0);
        document.replace(at..at, "// ", Selection::at(at), Kind::Whole);
        colours.follow(&mut document);
        colours.put(&document, work.run());
        assert!(colours.line(0).is_empty());
        settle(&mut colours, &mut document, 1);
        assert_eq!(colours.line(0).last().unwrap().1, Some(Class::Comment));
    }

    #[test]
    fn what_no_grammar_knows_is_asked_for_once() {
        let mut document = Document::new("words\n");
        let mut colours = Colours::new("notes.unknown");
        settle(&mut colours, &mut document, 1);
        assert!(colours.line(0).is_empty());
        assert!(colours.wanted(&document, 1).is_none());
    }
}
