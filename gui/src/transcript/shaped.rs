//! A text that is laid out: where its bytes stand, and which byte is at a place.

use std::ops::Range;
use std::sync::Arc;

use egui::text::CharIndex;
use egui::{Color32, Galley, Pos2, Rect, Ui, pos2, vec2};

use super::mixed::{Part, Row};

/// A text, laid out. Places are from its origin, in points.
#[derive(Debug)]
pub enum Shaped {
    /// All of it is read from left to right: egui has laid it out.
    Plain(#[doc = "What egui made of it."] Arc<Galley>),
    /// Something in it is read from right to left.
    Mixed(#[doc = "Its rows."] Box<Mixed>),
}

/// Rows in the order of Unicode's Bidirectional Algorithm.
#[derive(Debug)]
pub struct Mixed {
    text: String,
    rows: Vec<Row<Arc<Galley>>>,
    /// How high each row is.
    row: f32,
    width: f32,
}

impl Mixed {
    /// Rows of that height in a room of that width.
    pub(super) fn new(text: String, rows: Vec<Row<Arc<Galley>>>, row: f32, width: f32) -> Self {
        // Whole pixels, as egui's own rows are.
        let row = rows
            .iter()
            .flat_map(|row| &row.parts)
            .map(|part| part.drawn.size().y)
            .next()
            .unwrap_or(row);
        Self { text, rows, row, width }
    }

    fn top(&self, row: usize) -> f32 {
        row as f32 * self.row
    }
}

impl Shaped {
    /// How high it is.
    pub fn height(&self) -> f32 {
        match self {
            Self::Plain(galley) => galley.size().y,
            Self::Mixed(mixed) => mixed.top(mixed.rows.len()),
        }
    }

    /// Where it is.
    pub fn rect(&self) -> Rect {
        match self {
            Self::Plain(galley) => galley.rect,
            Self::Mixed(mixed) => Rect::from_min_size(Pos2::ZERO, vec2(mixed.width, self.height())),
        }
    }

    /// Its text, in the order of its bytes.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(galley) => galley.text(),
            Self::Mixed(mixed) => &mixed.text,
        }
    }

    /// Paints it.
    pub fn paint(&self, ui: &Ui, at: Pos2, colour: Color32) {
        match self {
            Self::Plain(galley) => {
                ui.painter().galley(at, galley.clone(), colour);
            }
            Self::Mixed(mixed) => {
                for (number, row) in mixed.rows.iter().enumerate() {
                    let top = at.y + mixed.top(number);
                    let is_seen =
                        ui.clip_rect().y_range().intersects((top..=top + mixed.row).into());
                    for part in row.parts.iter().filter(|_| is_seen) {
                        let place = pos2(at.x + part.left, top);
                        ui.painter().galley(place, part.drawn.clone(), colour);
                    }
                }
            }
        }
    }

    /// Where bytes stand: a rectangle for each row, and more where a row is read in both directions.
    pub fn rects(&self, bytes: Range<usize>) -> Vec<Rect> {
        match self {
            Self::Plain(galley) => plain_rects(galley, bytes),
            Self::Mixed(mixed) => mixed.rects(&bytes),
        }
    }
}

impl Mixed {
    fn rects(&self, bytes: &Range<usize>) -> Vec<Rect> {
        let mut rects: Vec<Rect> = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            if row.bytes.end <= bytes.start || row.bytes.start >= bytes.end {
                continue;
            }
            let (top, first) = (self.top(number), rects.len());
            for part in &row.parts {
                let from = part.bytes.start.max(bytes.start);
                let to = part.bytes.end.min(bytes.end);
                if from >= to {
                    continue;
                }
                let (a, b) = (self.edge(part, from), self.edge(part, to));
                let (left, right) = (a.min(b), a.max(b));
                match rects.get_mut(first..).and_then(|of_row| of_row.last_mut()) {
                    Some(before) if left - before.max.x < 0.5 => before.max.x = right,
                    Some(_) | None => {
                        let rect = Rect::from_min_max(pos2(left, top), pos2(right, top + self.row));
                        rects.push(rect);
                    }
                }
            }
        }
        rects
    }

    /// Where a byte of a part stands: the edge at which it begins.
    fn edge(&self, part: &Part<Arc<Galley>>, byte: usize) -> f32 {
        let words = self.text.get(part.bytes.clone()).unwrap_or_default();
        let at = byte.saturating_sub(part.bytes.start).min(words.len());
        if !part.is_turned {
            let before = words.get(..at).map_or(0, |before| before.chars().count());
            let offset = part.drawn.rows.first().map_or(0.0, |row| row.x_offset(CharIndex(before)));
            return part.left + offset.min(part.width);
        }
        if at == 0 {
            return part.left + part.width;
        }
        if at == words.len() {
            return part.left;
        }
        let glyphs = part.drawn.rows.iter().flat_map(|row| &row.glyphs);
        let wide = glyphs.filter(|glyph| glyph.advance_width > 0.0);
        let seen = wide.map(|glyph| (glyph.chr, glyph.pos.x + glyph.advance_width));
        let clusters = clusters(seen, words);
        // From left to right: the last letters first.
        let (mut end, mut left) = (words.len(), 0.0);
        for (start, right) in clusters {
            if start <= at {
                let share = (end - at) as f32 / (end - start).max(1) as f32;
                return part.left + left + (right - left) * share;
            }
            (end, left) = (start, right);
        }
        part.left + part.width
    }
}

/// The letters of a word that is read from right to left: their first bytes and right edges, from left to right.
///
/// Glyphs come in the order in which they are seen, each with the first character of what it stands for. Marks have no
/// width, and one glyph may stand for several letters.
fn clusters(glyphs: impl Iterator<Item = (char, f32)>, words: &str) -> Vec<(usize, f32)> {
    let mut found: Vec<(usize, f32)> = Vec::new();
    let mut end = words.len();
    for (letter, right) in glyphs {
        let Some(start) = words.get(..end).and_then(|before| before.rfind(letter)) else {
            continue;
        };
        found.push((start, right));
        end = start;
    }
    found
}

/// Where bytes of a galley's text stand: a rectangle for each row.
fn plain_rects(galley: &Galley, bytes: Range<usize>) -> Vec<Rect> {
    let text = galley.text();
    let index = |byte: usize| {
        CharIndex(text.get(..byte.min(text.len())).map_or(0, |before| before.chars().count()))
    };
    let (from, to) = (index(bytes.start), index(bytes.end));
    if from >= to {
        return Vec::new();
    }
    let mut rects = Vec::new();
    let mut first = CharIndex(0);
    for row in &galley.rows {
        let here = row.char_count_excluding_newline();
        let end = first + here;
        if from < end && to > first {
            let left = row.x_offset(from.max(first) - first);
            let right = row.x_offset(to.min(end) - first);
            let top = row.min_y();
            rects.push(Rect::from_min_max(
                pos2(row.pos.x + left, top),
                pos2(row.pos.x + right, row.max_y()),
            ));
        }
        first += row.char_count_including_newline();
        if first >= to {
            break;
        }
    }
    rects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_a_word_are_found_where_they_are_seen() {
        let glyphs = [('ם', 5.0), ('ו', 7.0), ('ל', 12.0), ('ש', 19.0)];
        assert_eq!(
            clusters(glyphs.into_iter(), "שלום"),
            [(6, 5.0), (4, 7.0), (2, 12.0), (0, 19.0)]
        );
        // Two letters of one glyph: lam and alef.
        assert_eq!(clusters([('ل', 6.0), ('ب', 9.0)].into_iter(), "بلا"), [(2, 6.0), (0, 9.0)]);
    }
}
