//! A text that is laid out: where its bytes stand, and which byte is at a place.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{CCursor, CharIndex};
use egui::text_selection::CCursorRange;
use egui::text_selection::visuals::paint_text_selection;
use egui::{Color32, CornerRadius, Galley, Pos2, Rangef, Rect, Ui, Vec2, pos2, vec2};

use unicode_segmentation::UnicodeSegmentation;

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

    /// Paints it with what is selected of it.
    pub fn paint(&self, ui: &Ui, at: Pos2, colour: Color32, selected: Option<&Range<usize>>) {
        match self {
            Self::Plain(galley) => {
                let mut galley = galley.clone();
                if let Some(bytes) = selected {
                    select(ui, &mut galley, bytes);
                }
                ui.painter().galley(at, galley, colour);
            }
            Self::Mixed(mixed) => mixed.paint(ui, at, colour, selected),
        }
    }

    /// Where bytes stand: a rectangle for each row, and more where a row is read in both directions.
    pub fn rects(&self, bytes: Range<usize>) -> Vec<Rect> {
        match self {
            Self::Plain(galley) => plain_rects(galley, bytes),
            Self::Mixed(mixed) => mixed.rects(&bytes),
        }
    }

    /// Its rows: which line each belongs to, and from where to where it goes.
    pub fn lines_of_rows(&self) -> Vec<(usize, Rangef)> {
        let mut line = 0;
        match self {
            Self::Plain(galley) => {
                let rows = galley.rows.iter().map(|row| {
                    let found = (line, Rangef::new(row.min_y(), row.max_y()));
                    line += usize::from(row.ends_with_newline);
                    found
                });
                rows.collect()
            }
            Self::Mixed(mixed) => {
                let ends_line =
                    |at: usize| mixed.text.as_bytes().get(at).is_some_and(|byte| *byte == b'\n');
                let rows = mixed.rows.iter().enumerate().map(|(number, row)| {
                    let top = mixed.top(number);
                    let found = (line, Rangef::new(top, top + mixed.row));
                    line += usize::from(ends_line(row.bytes.end));
                    found
                });
                rows.collect()
            }
        }
    }

    /// The byte that is nearest to a place.
    pub fn byte_at(&self, place: Vec2) -> usize {
        match self {
            Self::Plain(galley) => {
                let text = galley.text();
                let at = galley.cursor_from_pos(place).index.0;
                text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte)
            }
            Self::Mixed(mixed) => mixed.byte_at(place),
        }
    }
}

impl Mixed {
    fn paint(&self, ui: &Ui, at: Pos2, colour: Color32, selected: Option<&Range<usize>>) {
        let behind = ui.visuals().selection.bg_fill;
        for rect in selected.map(|bytes| self.rects(bytes)).unwrap_or_default() {
            ui.painter().rect_filled(rect.translate(at.to_vec2()), CornerRadius::ZERO, behind);
        }
        for (number, row) in self.rows.iter().enumerate() {
            let top = at.y + self.top(number);
            if !ui.clip_rect().y_range().intersects((top..=top + self.row).into()) {
                continue;
            }
            for part in &row.parts {
                let mut galley = part.drawn.clone();
                let of_part = selected.map(|bytes| {
                    let within = |byte: usize| {
                        byte.clamp(part.bytes.start, part.bytes.end) - part.bytes.start
                    };
                    within(bytes.start)..within(bytes.end)
                });
                let of_part = of_part.filter(|bytes| !bytes.is_empty());
                let place = pos2(at.x + part.left, top);
                match of_part {
                    Some(bytes) if !part.is_turned => select(ui, &mut galley, &bytes),
                    // egui counts letters from the left: these are painted in parts instead.
                    Some(bytes) => {
                        let from = self.edge(part, part.bytes.start + bytes.start);
                        let to = self.edge(part, part.bytes.start + bytes.end);
                        let chosen = (at.x + from.min(to), at.x + from.max(to));
                        halves(ui, place, &galley, colour, chosen);
                        continue;
                    }
                    None => {}
                }
                ui.painter().galley(place, galley, colour);
            }
        }
    }

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

    fn byte_at(&self, place: Vec2) -> usize {
        let number = (place.y / self.row).floor().max(0.0) as usize;
        let Some(row) = self.rows.get(number) else { return self.text.len() };
        if place.y < 0.0 {
            return 0;
        }
        let (Some(first), Some(last)) = (row.parts.first(), row.parts.last()) else {
            return row.bytes.start;
        };
        if place.x <= first.left {
            return if row.is_turned { row.bytes.end } else { row.bytes.start };
        }
        if place.x >= last.left + last.width {
            return if row.is_turned { row.bytes.start } else { row.bytes.end };
        }
        let part = row.parts.iter().rev().find(|part| part.left <= place.x).unwrap_or(first);
        let words = self.text.get(part.bytes.clone()).unwrap_or_default();
        let clusters = words.grapheme_indices(true).map(|(at, _)| part.bytes.start + at);
        let distance = |byte: usize| (self.edge(part, byte) - place.x).abs();
        clusters
            .chain(std::iter::once(part.bytes.end))
            .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
            .unwrap_or(part.bytes.start)
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

/// Paints a galley, and between two edges in the colour of what is selected.
fn halves(ui: &Ui, at: Pos2, galley: &Arc<Galley>, colour: Color32, (from, to): (f32, f32)) {
    let clip = ui.clip_rect();
    let sides = [(f32::NEG_INFINITY, from), (to, f32::INFINITY)];
    let whole = galley.rect.translate(at.to_vec2());
    for (from, to) in sides {
        // Marks may stand out a little; a side without letters isn't painted.
        if from + 0.5 < whole.right() && to - 0.5 > whole.left() {
            let side = Rect::from_x_y_ranges(from..=to, clip.y_range()).intersect(clip);
            ui.painter().with_clip_rect(side).galley(at, galley.clone(), colour);
        }
    }
    let chosen = Rect::from_x_y_ranges(from..=to, clip.y_range()).intersect(clip);
    let painter = ui.painter().with_clip_rect(chosen);
    painter.galley_with_override_text_color(
        at,
        galley.clone(),
        ui.visuals().selection.stroke.color,
    );
}

/// Marks bytes of a galley as selected, over the background of its spans.
fn select(ui: &Ui, galley: &mut Arc<Galley>, bytes: &Range<usize>) {
    let text = galley.text();
    let index = |byte: usize| {
        CCursor::new(CharIndex(text.get(..byte).map_or(0, |before| before.chars().count())))
    };
    let range = CCursorRange::two(index(bytes.start), index(bytes.end));
    paint_text_selection(galley, ui.visuals(), &range, None);
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
