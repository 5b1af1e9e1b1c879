//! Text that is too large to be held: a part of it is read, and slides along as one scrolls.

use std::collections::VecDeque;

use egui::{DragValue, Id, RichText, Ui};

use super::area::{AreaData, TextArea};
use super::document::Document;
use crate::theme::{Theme, size, space};
use crate::widget::{Kind, button};
use crate::words::bytes;

/// So much is asked for at once, in bytes: little enough to come within a moment over a slow line.
const WINDOW: u32 = 256 << 10;
/// So much is held at most, in bytes; what is farthest away is let go.
const MOST: u64 = 8 << 20;
/// A line that is longer is broken, in bytes.
const LONGEST_LINE: usize = 16 << 10;
/// So many of its first bytes tell a file from another.
const HEAD: usize = 4 << 10;
/// So many lines before the end of what is read more is asked for.
const AHEAD: usize = 200;

/// A part of a large text.
#[derive(Debug, Default)]
pub struct LargeText {
    document: Document,
    /// How many bytes each line has in the file.
    lengths: VecDeque<u32>,
    /// Where the part begins in the file.
    from: u64,
    /// Where it ends; `rest` lies before that.
    to: u64,
    size: u64,
    /// What is read of a line whose end isn't.
    rest: Vec<u8>,
    /// How many lines lie in front of the part, where all of them were seen.
    before: Option<usize>,
    /// What is under way: where it begins.
    asked: Option<u64>,
    /// The last line has no end yet.
    is_open: bool,
}

/// A window of the file that is wanted: where it begins, and its length.
pub type Wanted = (u64, u32);

impl LargeText {
    /// By its beginning.
    pub fn new(size: u64, first: &[u8]) -> Self {
        let mut text = Self { size, before: Some(0), ..Self::default() };
        text.behind(first);
        text
    }

    fn held(&self) -> u64 {
        self.to - self.from
    }

    /// Lines of bytes; what is left is the beginning of one.
    fn lines(bytes: &mut Vec<u8>, at_end: bool) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        let mut from = 0;
        while from < bytes.len() {
            let rest = bytes.get(from..).unwrap_or_default();
            let within = rest.get(..LONGEST_LINE.min(rest.len())).unwrap_or_default();
            let end = match within.iter().position(|byte| *byte == b'\n') {
                Some(at) => at + 1,
                None if rest.len() > LONGEST_LINE => {
                    // At a letter's beginning.
                    let back = within.iter().rev().take(3).take_while(|byte| **byte & 0xc0 == 0x80);
                    LONGEST_LINE
                        - back.count()
                        - usize::from(within.last().is_some_and(|byte| *byte >= 0x80))
                }
                None if at_end => rest.len(),
                None => break,
            };
            lines.push(rest.get(..end.max(1)).unwrap_or_default().to_vec());
            from += end.max(1);
        }
        bytes.drain(..from);
        lines
    }

    fn shown(lines: &[Vec<u8>]) -> String {
        let mut text = String::new();
        for line in lines {
            text.push_str(&String::from_utf8_lossy(line));
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }

    fn length(line: &[u8]) -> u32 {
        u32::try_from(line.len()).unwrap_or(u32::MAX)
    }

    fn behind(&mut self, bytes: &[u8]) {
        self.to += u64::try_from(bytes.len()).unwrap_or(0);
        self.rest.extend_from_slice(bytes);
        let lines = Self::lines(&mut self.rest, self.to >= self.size);
        self.is_open = lines.last().is_some_and(|line| !line.ends_with(b"\n"));
        self.lengths.extend(lines.iter().map(|line| Self::length(line)));
        self.document.slide("", 0, &Self::shown(&lines), 0);
    }

    /// More stands behind it now.
    fn grow(&mut self, size: u64) {
        // What was the beginning of a line is read again with the rest of it.
        self.to -= u64::try_from(self.rest.len()).unwrap_or(0);
        self.rest.clear();
        self.asked = None;
        if std::mem::take(&mut self.is_open)
            && let Some(length) = self.lengths.pop_back()
        {
            self.to -= u64::from(length);
            self.document.slide("", 0, "", 1);
        }
        self.size = size;
    }

    /// Takes in a window that was asked for. By how many lines the text has moved.
    pub fn put(&mut self, offset: u64, bytes: &[u8]) -> isize {
        let asked = self.asked.take();
        if asked != Some(offset) {
            return 0;
        }
        let signed = |count: usize| isize::try_from(count).unwrap_or(0);
        if offset == self.to {
            if bytes.is_empty() {
                // It has become shorter.
                self.size = self.to;
            }
            self.behind(bytes);
            let mut gone = 0;
            while self.held() > MOST
                && let Some(length) = self.lengths.pop_front()
            {
                self.from += u64::from(length);
                gone += 1;
            }
            self.document.slide("", gone, "", 0);
            self.before = self.before.map(|before| before + gone);
            return -signed(gone);
        }
        let end = offset + u64::try_from(bytes.len()).unwrap_or(0);
        if end == self.from {
            let mut bytes = bytes.to_vec();
            self.from = offset + cut_front(&mut bytes, offset);
            let lines = Self::lines(&mut bytes, true);
            for line in lines.iter().rev() {
                self.lengths.push_front(Self::length(line));
            }
            let mut gone = 0;
            if self.held() > MOST {
                self.to -= u64::try_from(self.rest.len()).unwrap_or(0);
                self.rest.clear();
            }
            while self.held() > MOST
                && let Some(length) = self.lengths.pop_back()
            {
                self.to -= u64::from(length);
                gone += 1;
            }
            self.document.slide(&Self::shown(&lines), 0, "", gone);
            self.before = self.before.and_then(|before| before.checked_sub(lines.len()));
            if self.from == 0 {
                self.before = Some(0);
            }
            return signed(lines.len());
        }
        // Somewhere else.
        let mut bytes = bytes.to_vec();
        let cut = cut_front(&mut bytes, offset);
        let size = self.size;
        *self = Self { size, from: offset + cut, to: offset + cut, ..Self::default() };
        self.before = (offset == 0).then_some(0);
        self.behind(&bytes);
        isize::MIN
    }

    /// It could not be read.
    pub fn failed(&mut self) {
        self.asked = None;
    }

    /// What is to be read next for who sees these lines.
    fn wanted(&mut self, seen: &std::ops::Range<usize>) -> Option<Wanted> {
        if self.asked.is_some() {
            return None;
        }
        let wanted = if seen.end + AHEAD >= self.document.len() && self.to < self.size {
            (self.to, WINDOW)
        } else if seen.start < AHEAD && self.from > 0 {
            let from = self.from.saturating_sub(u64::from(WINDOW));
            (from, u32::try_from(self.from - from).unwrap_or(WINDOW))
        } else {
            return None;
        };
        self.asked = Some(wanted.0);
        Some(wanted)
    }

    fn jump(&mut self, to: u64) -> Wanted {
        let to = to.min(self.size.saturating_sub(u64::from(WINDOW) / 4));
        self.asked = Some(to);
        (to, WINDOW)
    }
}

/// Takes away what belongs to a line that began before; how much that was.
fn cut_front(bytes: &mut Vec<u8>, offset: u64) -> u64 {
    if offset == 0 {
        return 0;
    }
    let cut = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) if at + 1 < bytes.len() => at + 1,
        // A line without end: from its next letter on.
        Some(_) | None => bytes.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count(),
    };
    bytes.drain(..cut);
    u64::try_from(cut).unwrap_or(0)
}

/// A large text's view.
#[derive(Debug)]
pub struct LargeView {
    /// The part that is held.
    pub text: LargeText,
    area: TextArea,
    percent: f64,
    /// The file's first bytes, by which it is known again.
    head: Vec<u8>,
}

impl LargeView {
    /// Of a text's beginning.
    pub fn new(size: u64, first: &[u8]) -> Self {
        let text = LargeText::new(size, first);
        let head = first.get(..HEAD).unwrap_or(first).to_vec();
        Self { text, area: TextArea::default(), percent: 0.0, head }
    }

    /// More was written behind it, and the view stays where it is; `false` where anything else was done with it. `is_still` says
    /// whether it is that very file yet: an editor, or `sed -i`, puts another one in its place.
    pub fn grow(&mut self, size: u64, first: &[u8], is_still: bool) -> bool {
        let grows = is_still && size > self.text.size && first.starts_with(&self.head);
        if grows {
            self.text.grow(size);
        }
        grows
    }

    /// Takes in a window that was asked for.
    pub fn put(&mut self, offset: u64, bytes: &[u8]) {
        match self.text.put(offset, bytes) {
            isize::MIN => {
                self.area = TextArea::default();
            }
            0 => {}
            lines => self.area.shift(lines),
        }
    }

    /// Draws it; a window that is wanted.
    pub fn ui(&mut self, ui: &mut Ui, id: Id, name: &str) -> Option<Wanted> {
        let theme = Theme::get(ui.ctx());
        let mut jump = None;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            ui.add_space(space::XS);
            let text = &self.text;
            let words = format!(
                "{} is too large to be edited here: it is read part by part, and only shown",
                bytes(text.size)
            );
            ui.label(RichText::new(words).size(size::SMALL).color(theme.muted));
            if button(ui, Kind::Quiet, "Beginning").clicked() {
                jump = Some(0);
            }
            if button(ui, Kind::Quiet, "End").clicked() {
                jump = Some(text.size);
            }
            let value = DragValue::new(&mut self.percent).range(0.0..=100.0).suffix(" %");
            let drag = ui.add(value.max_decimals(1));
            ui.ctx().accesskit_node_builder(drag.id, |node| node.set_label("Go to"));
            if (drag.changed() && !drag.dragged()) || drag.drag_stopped() {
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a place by percent"
                )]
                let to = (text.size as f64 * self.percent / 100.0) as u64;
                jump = Some(to);
            }
        });
        let first_line = self.text.before;
        let data = AreaData { id, name, editable: false, colours: None, needle: None, first_line };
        let shown = self.area.ui(ui, &mut self.text.document, &data);
        match jump {
            Some(to) => Some(self.text.jump(to)),
            None => self.text.wanted(&shown.lines),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn file(lines: usize) -> Vec<u8> {
        (0..lines).flat_map(|line| format!("line {line} ä\n").into_bytes()).collect()
    }

    fn read(file: &[u8], (from, length): Wanted) -> &[u8] {
        let from = usize::try_from(from).unwrap().min(file.len());
        &file[from..(from + length as usize).min(file.len())]
    }

    #[test]
    fn a_part_slides_to_the_end_and_back_and_every_line_is_whole() {
        let file = file(2_000_000);
        let mut text = LargeText::new(file.len() as u64, &file[..WINDOW as usize]);
        let mut steps = 0;
        while let Some(wanted) = text.wanted(&(text.document.len() - 5..text.document.len())) {
            text.put(wanted.0, read(&file, wanted));
            assert!(text.held() <= MOST + u64::from(WINDOW));
            steps += 1;
            assert!(steps < 1000);
        }
        assert_eq!(text.to, file.len() as u64);
        let last = text.document.len() - 2;
        assert_eq!(text.document.line(last), "line 1999999 ä");
        assert_eq!(text.before.unwrap() + last, 1_999_999);
        while let Some(wanted) = text.wanted(&(0..5)) {
            text.put(wanted.0, read(&file, wanted));
        }
        assert_eq!((text.from, text.before), (0, Some(0)));
        for line in 0..text.document.len() - 1 {
            assert_eq!(text.document.line(line), format!("line {line} ä"));
        }
    }

    #[test]
    fn what_is_written_behind_a_text_is_read_on_where_one_is_and_another_text_is_not() {
        let whole = file(30_000);
        let (half, cut) = (whole.len() / 2, whole.len() / 2 + 3);
        for begins in [half, cut] {
            let first = &whole[..begins.min(WINDOW as usize)];
            let mut view = LargeView::new(begins as u64, first);
            let end = |text: &LargeText| text.document.len() - 5..text.document.len();
            while let Some(wanted) = view.text.wanted(&end(&view.text)) {
                view.put(wanted.0, read(&whole[..begins], wanted));
            }
            assert!(!view.grow(whole.len() as u64, b"another text", true));
            assert!(!view.grow(begins as u64, first, true), "something within it is another");
            assert!(!view.grow(whole.len() as u64, first, false), "another file took its place");
            assert!(view.grow(whole.len() as u64, &whole[..WINDOW as usize], true));
            while let Some(wanted) = view.text.wanted(&end(&view.text)) {
                view.put(wanted.0, read(&whole, wanted));
            }
            for line in 0..30_000 {
                assert_eq!(view.text.document.line(line), format!("line {line} ä"), "{begins}");
            }
        }
    }

    #[test]
    fn one_may_jump_anywhere() {
        let file = file(200_000);
        let mut text = LargeText::new(file.len() as u64, &file[..WINDOW as usize]);
        let wanted = text.jump(1_234_567);
        text.put(wanted.0, read(&file, wanted));
        assert!(text.document.line(0).starts_with("line "), "{}", text.document.line(0));
        assert_eq!(text.before, None);
        let from = usize::try_from(text.from).unwrap();
        assert_eq!(file[from - 1], b'\n');
        let wanted = text.jump(u64::MAX);
        text.put(wanted.0, read(&file, wanted));
        assert_eq!(text.to, file.len() as u64);
    }

    #[test]
    fn a_line_without_end_is_broken() {
        let file = "ä".repeat(100_000).into_bytes();
        let mut text = LargeText::new(file.len() as u64, &file[..50_001]);
        while let Some(wanted) = text.wanted(&(0..text.document.len())) {
            text.put(wanted.0, read(&file, wanted));
        }
        let whole: String = (0..text.document.len()).map(|line| text.document.line(line)).collect();
        assert_eq!(whole.as_bytes(), file);
    }

    #[test]
    fn a_long_line_that_goes_on_being_written_is_read_once() {
        let whole: Vec<u8> = (0..LONGEST_LINE * 3).map(|at| b'a' + (at % 23) as u8).collect();
        for begins in [LONGEST_LINE + 7, LONGEST_LINE * 2, LONGEST_LINE * 2 + 500] {
            // Not all of what is there was read.
            let first = &whole[..begins - 300];
            let mut view = LargeView::new(begins as u64, first);
            let under_way = view.text.wanted(&(0..view.text.document.len())).unwrap();
            assert!(view.grow(whole.len() as u64, first, true));
            view.put(under_way.0, read(&whole[..begins], under_way));
            while let Some(wanted) = view.text.wanted(&(0..view.text.document.len())) {
                view.put(wanted.0, read(&whole, wanted));
            }
            let lines: Vec<_> = (0..view.text.document.len())
                .map(|line| view.text.document.line(line).to_owned())
                .collect();
            assert!(lines.concat().as_bytes() == whole, "{begins}");
        }
    }
}
