//! Bytes of a file that is no text, sixteen a row.

use std::collections::BTreeMap;
use std::fmt::Write;

use egui::{Align2, FontId, Id, RichText, Sense, Ui, WidgetInfo, pos2};

use super::scroller::Scroller;
use crate::theme::{Theme, size, space};
use crate::words::bytes;

/// So many bytes stand in a row.
const ROW: u64 = 16;
/// So much is asked for at once, in bytes.
const CHUNK: u64 = 64 << 10;
/// So many parts are held; who looks at more sees them again.
const HELD: usize = 64;

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub struct HexData<'a> {
    /// Names it.
    pub id: Id,
    /// For who can't see it.
    pub name: &'a str,
}

/// Bytes of a file.
#[derive(Debug, Default)]
pub struct HexView {
    size: u64,
    chunks: BTreeMap<u64, Vec<u8>>,
    asked: Option<u64>,
    scroller: Scroller,
}

impl HexView {
    /// Of a file of that size, and its first bytes.
    pub fn new(size: u64, first: &[u8]) -> Self {
        let mut view = Self { size, ..Self::default() };
        view.keep(0, first);
        view
    }

    /// The file has other bytes now; the view stays where it is.
    pub fn become_bytes(&mut self, size: u64, first: &[u8]) {
        let scroller = std::mem::take(&mut self.scroller);
        *self = Self { scroller, ..Self::new(size, first) };
    }

    fn keep(&mut self, offset: u64, bytes: &[u8]) {
        let parts = bytes.chunks(usize::try_from(CHUNK).unwrap_or(usize::MAX));
        for (number, part) in (offset / CHUNK..).zip(parts) {
            self.chunks.insert(number, part.to_vec());
        }
    }

    /// Takes in what was asked for.
    pub fn put(&mut self, offset: u64, bytes: &[u8]) {
        self.asked = None;
        self.keep(offset, bytes);
        let near = offset / CHUNK;
        while self.chunks.len() > HELD {
            let first = self.chunks.keys().next().copied().unwrap_or(0);
            let last = self.chunks.keys().next_back().copied().unwrap_or(0);
            // The farther one.
            let gone = if near.abs_diff(first) > near.abs_diff(last) { first } else { last };
            self.chunks.remove(&gone);
        }
    }

    /// It could not be read.
    pub fn failed(&mut self) {
        self.asked = None;
    }

    fn row(&self, row: u64) -> Option<&[u8]> {
        let at = row * ROW;
        let chunk = self.chunks.get(&(at / CHUNK))?;
        let from = usize::try_from(at % CHUNK).ok()?; // It is small.
        let to = (from + 16).min(chunk.len());
        chunk.get(from..to).filter(|row| !row.is_empty())
    }

    /// Draws it; a window that is wanted: where it begins, and its length.
    pub fn ui(&mut self, ui: &mut Ui, data: &HexData<'_>) -> Option<(u64, u32)> {
        let theme = Theme::get(ui.ctx());
        let words = format!("{}; no text, so its bytes are shown", bytes(self.size));
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL);
            ui.add_space(space::M);
            ui.label(RichText::new(words).size(size::SMALL).color(theme.muted));
        });
        let rect = ui.available_rect_before_wrap();
        ui.allocate_rect(rect, Sense::hover());
        let response = ui.interact(rect, data.id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Document, true, data.name));
        if response.clicked() {
            response.request_focus();
        }
        let font = FontId::monospace(size::CODE);
        let height = ui.ctx().fonts_mut(|fonts| fonts.row_height(&font)) * 1.3;
        let count = usize::try_from(self.size.div_ceil(ROW)).unwrap_or(usize::MAX);
        if response.has_focus() {
            self.keys(ui, data.id, count);
        }
        let seen = self.scroller.ui(ui, data.id, rect, count, height, 0.0);
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let mut missing = None;
        for row in seen {
            let at = u64::try_from(row).unwrap_or(u64::MAX);
            let y = self.scroller.y(rect, row, height) + height / 2.0;
            let left = pos2(rect.left() + space::M, y);
            let number = format!("{:08x}", at * ROW);
            let number = painter.text(left, Align2::LEFT_CENTER, number, font.clone(), theme.muted);
            let Some(bytes) = self.row(at) else {
                missing = missing.or(Some(at * ROW / CHUNK));
                continue;
            };
            let (hex, letters) = written(bytes);
            let at = pos2(number.right() + space::L, y);
            let hex = painter.text(at, Align2::LEFT_CENTER, hex, font.clone(), theme.text);
            let at = pos2(hex.right() + space::L, y);
            painter.text(at, Align2::LEFT_CENTER, letters, font.clone(), theme.muted);
        }
        let missing = missing.filter(|_| self.asked.is_none())?;
        self.asked = Some(missing);
        Some((missing * CHUNK, u32::try_from(CHUNK).unwrap_or(u32::MAX)))
    }

    fn keys(&mut self, ui: &Ui, id: Id, count: usize) {
        let filter = egui::EventFilter { vertical_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let (first, page) = (self.scroller.first(), self.scroller.page());
        for (key, to) in [
            (egui::Key::ArrowDown, first + 1),
            (egui::Key::ArrowUp, first.saturating_sub(1)),
            (egui::Key::PageDown, first + page),
            (egui::Key::PageUp, first.saturating_sub(page)),
            (egui::Key::Home, 0),
            (egui::Key::End, count),
        ] {
            if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key)) {
                self.scroller.put_first(to);
            }
        }
    }
}

/// Bytes in hexadecimal, always as wide, and those that are letters.
fn written(bytes: &[u8]) -> (String, String) {
    let mut hex = String::with_capacity(50);
    for at in 0..16 {
        if at == 8 {
            hex.push(' ');
        }
        match bytes.get(at) {
            Some(byte) => match write!(hex, "{byte:02x} ") {
                // Writing to a String never fails.
                Ok(()) | Err(std::fmt::Error) => {}
            },
            None => hex.push_str("   "),
        }
    }
    let letter =
        |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
    (hex, bytes.iter().map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_however_many_bytes_they_have() {
        let (hex, letters) = written(b"a\0\xff");
        assert!(hex.starts_with("61 00 ff "), "{hex}");
        assert_eq!(letters, "a..");
        assert_eq!(hex.len(), written(&[0; 16]).0.len());
    }

    #[test]
    fn only_so_much_is_held_and_what_is_near_stays() {
        let mut view = HexView::new(u64::MAX, &[1; 100]);
        for chunk in 0..200 {
            view.put(chunk * CHUNK, &vec![2; 1 << 16]);
        }
        assert!(view.chunks.len() <= HELD);
        assert!(view.row(199 * CHUNK / ROW).is_some());
        assert!(view.row(0).is_none());
    }
}
