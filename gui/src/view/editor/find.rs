//! Finding words in a text, and going to a line.

use egui::{Id, Key, Modifiers, RichText, TextEdit, Ui};
use lucide_icons::Icon;

use super::area::TextArea;
use super::document::{Document, Pos, Selection};
use crate::text::{Needle, find};
use crate::theme::{Theme, size};
use crate::widget::icon_button;
use crate::words::count;

/// Of more places than this only so many are counted.
const MOST: usize = 10_000;

/// The bar over a text that finds words in it.
#[derive(Clone, Debug, Default)]
pub struct FindBar {
    open: bool,
    begins: bool,
    typed: String,
    needle: Needle,
    /// Places that were counted: for which text and words, and how many lie before each line that has some.
    counted: Option<(u64, String)>,
    places: Vec<(usize, std::ops::Range<usize>)>,
}

fn field_id() -> Id {
    Id::unique("find in file")
}

impl FindBar {
    /// Opens it; a selection within a line is what is looked for.
    pub fn open(&mut self, document: &Document, area: &TextArea) {
        let range = area.selection.range();
        if range.start.line == range.end.line && !range.is_empty() {
            self.typed = document.slice(range);
            self.needle = Needle::new(&self.typed);
        }
        self.open = true;
        self.begins = true;
    }

    /// What is looked for, while the bar is open.
    pub fn needle(&self) -> Option<&Needle> {
        (self.open && !self.needle.is_empty()).then_some(&self.needle)
    }

    fn look(&mut self, document: &Document) {
        let key = (document.version(), self.typed.clone());
        if self.counted.as_ref() == Some(&key) {
            return;
        }
        self.counted = Some(key);
        self.places.clear();
        if self.needle.is_empty() {
            return;
        }
        for line in 0..document.len() {
            find(document.line(line), &self.needle, |range| self.places.push((line, range)));
            if self.places.len() >= MOST {
                break;
            }
        }
    }

    /// The place behind the cursor, or before it, and around.
    fn next(&self, from: Selection, back: bool) -> Option<usize> {
        let range = from.range();
        let start = |at: &(usize, std::ops::Range<usize>)| Pos::new(at.0, at.1.start);
        let behind = self.places.partition_point(|at| start(at) < range.start);
        if back {
            return behind.checked_sub(1).or(self.places.len().checked_sub(1));
        }
        let is_here =
            !range.is_empty() && self.places.get(behind).is_some_and(|at| start(at) == range.start);
        let next = behind + usize::from(is_here);
        if next < self.places.len() { Some(next) } else { (!self.places.is_empty()).then_some(0) }
    }

    fn go(&self, area: &mut TextArea, at: Option<usize>) {
        if let Some((line, range)) = at.and_then(|at| self.places.get(at)) {
            let (anchor, head) = (Pos::new(*line, range.start), Pos::new(*line, range.end));
            area.show(Selection { anchor, head });
        }
    }

    /// Draws it over the text, while it is open.
    pub fn ui(&mut self, ui: &mut Ui, document: &Document, area: &mut TextArea) {
        if !self.open {
            return;
        }
        let theme = Theme::get(ui.ctx());
        let id = field_id();
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let back = has_focus && pressed(Modifiers::SHIFT, Key::Enter);
        let on = has_focus && pressed(Modifiers::NONE, Key::Enter);
        let leave = has_focus && pressed(Modifiers::NONE, Key::Escape);
        self.look(document);
        if back || on {
            let at = self.next(area.selection, back);
            self.go(area, at);
        }
        let mut closed = leave;
        ui.horizontal(|ui| {
            let hint = RichText::new("Find in this file").color(theme.muted);
            let edit = TextEdit::singleline(&mut self.typed).id(id).hint_text(hint);
            let response = ui.add(edit.desired_width(260.0).margin(egui::Margin::symmetric(8, 5)));
            ui.ctx().accesskit_node_builder(id, |node| node.set_label("Find in this file"));
            if std::mem::take(&mut self.begins) {
                response.request_focus();
            }
            if response.changed() {
                self.needle = Needle::new(&self.typed);
                self.look(document);
                // From where one is: what still fits stays.
                let from = Selection::at(area.selection.range().start);
                let at = self.next(from, false);
                self.go(area, at);
            }
            let total = self.places.len();
            let here = self.places.iter().position(|(line, range)| {
                let start = Pos::new(*line, range.start);
                area.selection.range() == (start..Pos::new(*line, range.end))
            });
            let of = |number: usize| count(u64::try_from(number).unwrap_or(u64::MAX));
            let words = match (here, total) {
                _ if self.needle.is_empty() => String::new(),
                (_, 0) => "Nothing found".to_owned(),
                (Some(at), total) if total >= MOST => format!("{} of many", of(at + 1)),
                (Some(at), total) => format!("{} of {}", of(at + 1), of(total)),
                (None, total) if total >= MOST => "many places".to_owned(),
                (None, total) => crate::words::of_many(
                    u64::try_from(total).unwrap_or(u64::MAX),
                    "place",
                    "places",
                ),
            };
            if icon_button(ui, Icon::ChevronUp, "Previous place").clicked() {
                let at = self.next(area.selection, true);
                self.go(area, at);
            }
            if icon_button(ui, Icon::ChevronDown, "Next place").clicked() {
                let at = self.next(area.selection, false);
                self.go(area, at);
            }
            if icon_button(ui, Icon::X, "Close the search").clicked() {
                closed = true;
            }
            ui.weak(RichText::new(words).size(size::SMALL));
        });
        if closed {
            self.open = false;
            area.focus();
        }
    }
}

/// Asks for a line's number.
#[derive(Clone, Debug, Default)]
pub struct GoToLine {
    open: bool,
    begins: bool,
    typed: String,
}

impl GoToLine {
    /// Opens it.
    pub fn open(&mut self) {
        *self = Self { open: true, begins: true, typed: String::new() };
    }

    /// Draws it over the text, while it is open.
    pub fn ui(&mut self, ui: &mut Ui, document: &Document, area: &mut TextArea) {
        if !self.open {
            return;
        }
        let id = Id::unique("go to line");
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if has_focus && (pressed(Key::Escape) || pressed(Key::Enter)) {
            self.open = false;
            area.focus();
            return;
        }
        let theme = Theme::get(ui.ctx());
        ui.horizontal(|ui| {
            let hint = RichText::new(format!("Line, 1 to {}", document.len())).color(theme.muted);
            let edit = TextEdit::singleline(&mut self.typed).id(id).hint_text(hint);
            let response = ui.add(edit.desired_width(160.0).margin(egui::Margin::symmetric(8, 5)));
            ui.ctx().accesskit_node_builder(id, |node| node.set_label("Line"));
            if std::mem::take(&mut self.begins) {
                response.request_focus();
            } else if response.lost_focus() {
                self.open = false;
            }
            if response.changed()
                && let Ok(line) = self.typed.trim().parse::<usize>()
            {
                let line = line.clamp(1, document.len()) - 1;
                area.show(Selection::at(Pos::new(line, 0)));
            }
        });
    }
}
