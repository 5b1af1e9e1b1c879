//! Where the letters of a line stand: in cells of one width, as in a terminal.

use std::collections::HashMap;

use egui::{FontId, Ui};

/// A tab leads to the next multiple of so many cells.
pub(super) const TAB: usize = 4;

/// How many cells letters take, measured once each.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    /// How wide one is, in points.
    pub width: f32,
    /// How high a line is, in points.
    pub height: f32,
    scale: f32,
    known: HashMap<char, u8>,
}

impl Cells {
    /// Measures anew where letters have another size.
    pub fn begin(&mut self, ui: &Ui, font: &FontId) {
        let scale = ui.ctx().pixels_per_point();
        if (self.scale - scale).abs() > f32::EPSILON || self.width <= 0.0 {
            self.known.clear();
            self.scale = scale;
            self.width = ui.ctx().fonts_mut(|fonts| fonts.glyph_width(font, '0'));
            let height = ui.ctx().fonts_mut(|fonts| fonts.row_height(font));
            self.height = (height * 1.25 * scale).round() / scale;
        }
    }

    /// Measures what isn't ASCII in a line.
    pub fn learn(&mut self, ui: &Ui, font: &FontId, line: &str) {
        if line.is_ascii() {
            return;
        }
        for letter in line.chars().filter(|letter| !letter.is_ascii()) {
            let width = self.width;
            self.known.entry(letter).or_insert_with(|| {
                let points = ui.ctx().fonts_mut(|fonts| fonts.glyph_width(font, letter));
                let cells = (points / width - 0.2).ceil().clamp(0.0, 4.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "0 to 4"
                )]
                {
                    cells as u8
                }
            });
        }
    }

    /// How many cells a letter takes that begins in that column.
    fn of(&self, letter: char, column: usize) -> usize {
        match letter {
            '\t' => TAB - column % TAB,
            letter if letter.is_ascii() => 1,
            letter => self.known.get(&letter).map_or(1, |cells| usize::from(*cells)),
        }
    }

    /// Whether each byte of a line is a cell.
    fn is_plain(line: &str) -> bool {
        line.is_ascii() && !line.as_bytes().contains(&b'\t')
    }

    /// The letters of a line: byte, column, letter and its cells.
    pub fn letters<'a>(
        &'a self,
        line: &'a str,
    ) -> impl Iterator<Item = (usize, usize, char, usize)> + 'a {
        let mut column = 0;
        line.char_indices().map(move |(byte, letter)| {
            let cells = self.of(letter, column);
            let at = column;
            column += cells;
            (byte, at, letter, cells)
        })
    }

    /// The column of a byte.
    pub fn column(&self, line: &str, byte: usize) -> usize {
        if Self::is_plain(line) {
            return byte.min(line.len());
        }
        let before = line.get(..byte).unwrap_or(line);
        let last = self.letters(before).last();
        last.map_or(0, |(_, column, _, cells)| column + cells)
    }

    /// The byte nearest to a column, which may lie within a letter.
    pub fn byte(&self, line: &str, column: f32) -> usize {
        if Self::is_plain(line) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a column"
            )]
            return (column.round().max(0.0) as usize).min(line.len());
        }
        let found = self.letters(line).find(|(_, at, _, cells)| {
            #[expect(clippy::cast_precision_loss, reason = "columns of one line")]
            let middle = *at as f32 + *cells as f32 / 2.0;
            *cells > 0 && column < middle
        });
        found.map_or(line.len(), |(byte, ..)| byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> Cells {
        let known = HashMap::from([('日', 2), ('\u{301}', 0), ('ä', 1)]);
        Cells { width: 8.0, height: 16.0, scale: 1.0, known }
    }

    #[test]
    fn letters_stand_in_cells_and_tabs_lead_to_the_next_stop() {
        let cells = cells();
        assert_eq!(cells.column("abc", 2), 2);
        assert_eq!(cells.column("a\tb", 2), 4);
        assert_eq!(cells.column("日本", 3), 2);
        assert_eq!(cells.column("e\u{301}x", 3), 1);
        assert_eq!(cells.byte("abc", 1.4), 1);
        assert_eq!(cells.byte("abc", 1.6), 2);
        assert_eq!(cells.byte("a\tb", 1.2), 1);
        assert_eq!(cells.byte("a\tb", 3.9), 2);
        assert_eq!(cells.byte("日ä", 1.2), 3);
        assert_eq!(cells.byte("日ä", 99.0), 5);
    }
}
