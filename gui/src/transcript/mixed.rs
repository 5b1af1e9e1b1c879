//! Text in which something is read from right to left: broken into rows, each row in the order of Unicode's
//! Bidirectional Algorithm (UAX #9). Pure: what measures and draws is handed in.

use std::ops::Range;

use unicode_bidi::{BidiInfo, Level, ParagraphInfo};
use unicode_bidi_mirroring::get_mirrored;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::{Base, first_strong, is_foreign_digit, strong};

/// Where rows stand in their room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Where their line begins.
    Start,
    /// In the middle.
    Centre,
    /// At the right.
    Right,
}

/// What is to be broken into rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// Where its spans end: nothing is drawn at once across them.
    pub(super) ends: &'a [usize],
    /// Where its first line begins, and lines without letters.
    pub(super) base: Base,
    /// Whether all lines begin at the left: code does.
    pub(super) is_code: bool,
    /// How wide rows may be, in points.
    pub(super) room: f32,
    /// Where they stand.
    pub(super) side: Side,
}

/// A part of a row that is drawn at once.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part<T> {
    /// Its bytes.
    pub(super) bytes: Range<usize>,
    /// Its left edge, in points.
    pub(super) left: f32,
    /// Its width, in points.
    pub(super) width: f32,
    /// Whether it is read from right to left.
    pub(super) is_turned: bool,
    /// What is drawn.
    pub(super) drawn: T,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row<T> {
    /// Its bytes, without its line feed.
    pub(super) bytes: Range<usize>,
    /// Its parts, from left to right.
    pub(super) parts: Vec<Part<T>>,
    /// Whether its line begins at the right.
    pub(super) is_turned: bool,
}

/// A part before it has its place.
struct Atom<T> {
    bytes: Range<usize>,
    is_space: bool,
    width: f32,
    drawn: T,
}

/// Breaks a text into rows. `measure` gets where words begin and what is shown of them, and gives how wide that is,
/// and what to draw.
pub(super) fn rows<T>(
    given: &Given<'_>,
    measure: &mut impl FnMut(usize, &str) -> (f32, T),
) -> Vec<Row<T>> {
    let mut rows = Vec::new();
    let mut from = 0;
    for (number, text) in given.text.split('\n').enumerate() {
        let base = match (given.is_code, number) {
            (true, _) => Base::Left,
            (false, 0) => given.base,
            (false, _) => first_strong(text).unwrap_or(given.base),
        };
        let level = if base == Base::Right { Level::rtl() } else { Level::ltr() };
        let info = BidiInfo::new(text, Some(level));
        match info.paragraphs.first() {
            Some(paragraph) => {
                let mut line = Line { given, text, from, info: &info, paragraph, rows: Vec::new() };
                line.fill(measure);
                rows.append(&mut line.rows);
            }
            None => rows.push(Row {
                bytes: from..from,
                parts: Vec::new(),
                is_turned: base == Base::Right,
            }),
        }
        from += text.len() + 1;
    }
    rows
}

/// A line that is broken into rows.
struct Line<'a, T> {
    given: &'a Given<'a>,
    text: &'a str,
    /// Its first byte in the whole text.
    from: usize,
    info: &'a BidiInfo<'a>,
    paragraph: &'a ParagraphInfo,
    rows: Vec<Row<T>>,
}

impl<T> Line<'_, T> {
    fn level(&self, at: usize) -> Level {
        self.info.levels.get(at).copied().unwrap_or(self.paragraph.level)
    }

    /// What is drawn at once: of one level, one span, and either words or space. Bytes are the line's.
    fn atoms(&self) -> Vec<(Range<usize>, bool)> {
        let mut atoms: Vec<(Range<usize>, bool)> = Vec::new();
        let mut before = None;
        for (at, cluster) in self.text.grapheme_indices(true) {
            let Some(first) = cluster.chars().next() else { continue };
            let is_space = first.is_whitespace();
            let level = self.level(at);
            let span = self.given.ends.partition_point(|end| *end <= self.from + at);
            let is_letter = strong(first) == Some(Base::Right);
            // What isn't a letter is shaped from left to right, so it is put in order here, one by one.
            let is_neutral = level.is_rtl() && !is_letter && !is_space;
            let alone = is_neutral || is_foreign_digit(first);
            let kind = (is_space, level, span, is_letter, alone);
            match atoms.last_mut() {
                Some((bytes, _)) if before == Some(kind) && !alone => {
                    bytes.end = at + cluster.len()
                }
                Some(_) | None => atoms.push((at..at + cluster.len(), is_space)),
            }
            before = Some(kind);
        }
        atoms
    }

    fn atom(
        &self,
        bytes: Range<usize>,
        is_space: bool,
        measure: &mut impl FnMut(usize, &str) -> (f32, T),
    ) -> Atom<T> {
        let words = self.text.get(bytes.clone()).unwrap_or_default();
        let is_turned = self.level(bytes.start).is_rtl();
        let at = self.from + bytes.start;
        let mirrored = words.chars().next().filter(|_| is_turned).and_then(get_mirrored);
        let (width, drawn) = match mirrored {
            Some(mirrored) => measure(at, mirrored.encode_utf8(&mut [0; 4])),
            None => measure(at, words),
        };
        Atom { bytes, is_space, width, drawn }
    }

    /// Puts as many words into each row as have room.
    fn fill(&mut self, measure: &mut impl FnMut(usize, &str) -> (f32, T)) {
        let atoms: Vec<Atom<T>> = self
            .atoms()
            .into_iter()
            .map(|(bytes, is_space)| self.atom(bytes, is_space, measure))
            .collect();
        let room = self.given.room;
        let mut row: Vec<Atom<T>> = Vec::new();
        let mut used = 0.0;
        let mut atoms = atoms.into_iter().peekable();
        while atoms.peek().is_some() {
            // A word with the space behind it.
            let mut unit: Vec<Atom<T>> = Vec::new();
            while let Some(atom) = atoms.next_if(|atom| {
                atom.is_space || unit.last().is_none_or(|before: &Atom<T>| !before.is_space)
            }) {
                unit.push(atom);
            }
            let word: f32 = unit.iter().filter(|atom| !atom.is_space).map(|atom| atom.width).sum();
            if used + word > room && !row.is_empty() {
                self.finish(std::mem::take(&mut row), measure);
                used = 0.0;
            }
            for atom in unit {
                if atom.is_space || used + atom.width <= room {
                    used += atom.width;
                    row.push(atom);
                    continue;
                }
                for bytes in self.pieces(&atom.bytes, room - used, room, measure) {
                    let piece = self.atom(bytes, false, measure);
                    if used + piece.width > room && !row.is_empty() {
                        self.finish(std::mem::take(&mut row), measure);
                        used = 0.0;
                    }
                    used += piece.width;
                    row.push(piece);
                }
            }
        }
        self.finish(row, measure);
    }

    /// Cuts what is wider than a row: the first piece has less room.
    fn pieces(
        &self,
        bytes: &Range<usize>,
        mut left: f32,
        room: f32,
        measure: &mut impl FnMut(usize, &str) -> (f32, T),
    ) -> Vec<Range<usize>> {
        let words = self.text.get(bytes.clone()).unwrap_or_default();
        let mut pieces = Vec::new();
        let mut from = bytes.start;
        for (at, cluster) in words.grapheme_indices(true) {
            let at = bytes.start + at;
            let (width, _) = measure(self.from + at, cluster);
            if width > left && at > from {
                pieces.push(from..at);
                (from, left) = (at, room);
            }
            left -= width;
        }
        pieces.push(from..bytes.end);
        pieces
    }

    /// Draws at once what is read from left to right within a span: no seams, and fewer things to draw.
    fn joined(
        &self,
        atoms: Vec<Atom<T>>,
        measure: &mut impl FnMut(usize, &str) -> (f32, T),
    ) -> Vec<Atom<T>> {
        // The space behind the last word stays apart: it goes where the line ends.
        let words = atoms.iter().rposition(|atom| !atom.is_space).map_or(0, |last| last + 1);
        let span = |atom: &Atom<T>| {
            self.given.ends.partition_point(|end| *end <= self.from + atom.bytes.start)
        };
        let may_join = |atom: &Atom<T>| {
            let text = self.text.get(atom.bytes.clone()).unwrap_or_default();
            self.level(atom.bytes.start).is_ltr() && !text.chars().any(is_foreign_digit)
        };
        let mut joined: Vec<(Atom<T>, bool)> = Vec::with_capacity(atoms.len());
        for (at, atom) in atoms.into_iter().enumerate() {
            match joined.last_mut() {
                Some((before, is_new))
                    if at < words
                        && may_join(before)
                        && may_join(&atom)
                        && self.level(before.bytes.start) == self.level(atom.bytes.start)
                        && span(before) == span(&atom) =>
                {
                    before.bytes.end = atom.bytes.end;
                    before.is_space &= atom.is_space;
                    *is_new = true;
                }
                Some(_) | None => joined.push((atom, false)),
            }
        }
        let measured = joined.into_iter().map(|(atom, is_new)| match is_new {
            true => self.atom(atom.bytes, atom.is_space, measure),
            false => atom,
        });
        measured.collect()
    }

    /// Puts a row in the order of reading.
    fn finish(&mut self, atoms: Vec<Atom<T>>, measure: &mut impl FnMut(usize, &str) -> (f32, T)) {
        let atoms = self.joined(atoms, measure);
        let (Some(first), Some(last)) = (atoms.first(), atoms.last()) else { return };
        let bytes = first.bytes.start..last.bytes.end;
        let levels = self.info.reordered_levels(self.paragraph, bytes.clone());
        let level =
            |atom: &Atom<T>| levels.get(atom.bytes.start).copied().unwrap_or(self.paragraph.level);
        let of_atoms: Vec<Level> = atoms.iter().map(level).collect();
        let order = BidiInfo::reorder_visual(&of_atoms);
        let behind: f32 =
            atoms.iter().rev().take_while(|atom| atom.is_space).map(|atom| atom.width).sum();
        let whole: f32 = atoms.iter().map(|atom| atom.width).sum();
        let is_turned = self.paragraph.level.is_rtl();
        // The space behind the last word hangs out.
        let free = self.given.room - (whole - behind);
        let side = match (self.given.side, is_turned) {
            (Side::Start, false) => 0.0,
            (Side::Start, true) | (Side::Right, _) => free,
            (Side::Centre, _) => free / 2.0,
        };
        let mut left = if is_turned { side - behind } else { side };
        let mut atoms: Vec<Option<Atom<T>>> = atoms.into_iter().map(Some).collect();
        let mut parts = Vec::with_capacity(atoms.len());
        for at in order {
            let Some(atom) = atoms.get_mut(at).and_then(Option::take) else { continue };
            parts.push(Part {
                bytes: self.from + atom.bytes.start..self.from + atom.bytes.end,
                left,
                width: atom.width,
                is_turned: of_atoms.get(at).is_some_and(Level::is_rtl),
                drawn: atom.drawn,
            });
            left += atom.width;
        }
        let bytes = self.from + bytes.start..self.from + bytes.end;
        self.rows.push(Row { bytes, parts, is_turned });
    }
}

#[cfg(test)]
#[path = "mixed_tests.rs"]
mod tests;
