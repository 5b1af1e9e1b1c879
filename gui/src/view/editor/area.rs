//! A text in lines, to be read, selected and written: only what is in sight is laid out.

use std::ops::Range;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align2, Color32, CursorIcon, Event, EventFilter, FontId, Id, Rect, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use super::colours::Colours;
use super::columns::Cells;
use super::document::{Document, Pos, Selection};
use super::motion::word_at;
use super::scroller::Scroller;
use crate::text::{Needle, find};
use crate::theme::{Theme, size, space};

/// What a text is shown with.
#[derive(Clone, Copy, Debug)]
pub struct AreaData<'a> {
    /// Names it, so that each has a focus of its own.
    pub id: Id,
    /// For who can't see it.
    pub name: &'a str,
    /// Whether it can be changed.
    pub editable: bool,
    /// What its words are.
    pub colours: Option<&'a Colours>,
    /// What is looked for.
    pub needle: Option<&'a Needle>,
    /// The number of its first line, where that is known.
    pub first_line: Option<usize>,
}

/// Where somebody is in a text.
#[derive(Clone, Debug, Default)]
pub struct TextArea {
    /// What is selected.
    pub selection: Selection,
    /// The column that ↑ and ↓ keep to.
    pub(super) goal: Option<usize>,
    /// Where it is scrolled to.
    pub(super) scroller: Scroller,
    /// What an input method is composing.
    pub(super) preedit: String,
    pub(super) cells: Cells,
    /// The cursor is to be brought into sight.
    pub(super) reveal: bool,
    wants_focus: bool,
    /// What a drag began with: a letter's place, a word, or a line.
    drag: Option<(Grain, Range<Pos>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grain {
    Letter,
    Word,
    Line,
}

/// What came of drawing a text.
#[derive(Clone, Debug)]
pub struct AreaShown {
    /// The lines that are seen.
    pub lines: Range<usize>,
    /// All of it, for a menu.
    pub response: egui::Response,
}

fn font() -> FontId {
    FontId::monospace(size::CODE)
}

#[expect(clippy::cast_precision_loss, reason = "columns of one line")]
fn points(cells: &Cells, columns: usize) -> f32 {
    columns as f32 * cells.width
}

impl TextArea {
    /// Puts the focus into it.
    pub fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// Shows a place, in the middle where it wasn't in sight, and selects it.
    pub fn show(&mut self, selection: Selection) {
        self.selection = selection;
        self.goal = None;
        self.scroller.centre(selection.head.line);
    }

    /// Where it is scrolled to: the first line.
    pub fn first(&self) -> usize {
        self.scroller.first()
    }

    /// Puts that line on top.
    pub fn put_first(&mut self, line: usize) {
        self.scroller.put_first(line);
    }

    /// Lines came in front of the others, or went there.
    pub fn shift(&mut self, lines: isize) {
        self.scroller.shift(lines);
        for pos in [&mut self.selection.anchor, &mut self.selection.head] {
            *pos = match pos.line.checked_add_signed(lines) {
                Some(line) => Pos::new(line, pos.byte),
                None => Pos::default(),
            };
        }
    }

    /// Draws it in all the room there is.
    pub fn ui(&mut self, ui: &mut Ui, document: &mut Document, data: &AreaData<'_>) -> AreaShown {
        let theme = Theme::get(ui.ctx());
        let font = font();
        self.cells.begin(ui, &font);
        let rect = ui.available_rect_before_wrap();
        ui.allocate_rect(rect, Sense::hover());
        let digits = (data.first_line.unwrap_or(0) + document.len()).to_string().len().max(3);
        let gutter = points(&self.cells, digits) + space::L + space::S;
        let body = Rect::from_min_max(pos2(rect.left() + gutter, rect.top()), rect.max);
        let response = ui.interact(rect, data.id, Sense::click_and_drag());
        self.pointer(ui, &response, document, body);
        let focused = self.input(ui, &response, document, data);
        self.selection = Selection {
            anchor: document.clamp(self.selection.anchor),
            head: document.clamp(self.selection.head),
        };
        let height = self.cells.height;
        if std::mem::take(&mut self.reveal) {
            self.scroller.reveal(self.selection.head.line, 1);
            self.reveal_column(ui, document, body);
        }
        let first = self.scroller.first();
        let guess = first..(first + self.scroller.page() + 2).min(document.len());
        for line in guess.clone() {
            self.cells.learn(ui, &font, document.line(line));
        }
        let widest = guess.map(|line| {
            let text = document.line(line);
            points(&self.cells, self.cells.column(text, text.len()))
        });
        let widest = widest.fold(0.0, f32::max).max(self.scroller.left + body.width());
        let seen = self.scroller.ui(ui, data.id, rect, document.len(), height, widest);
        let painter = ui.painter().with_clip_rect(rect);
        painter.rect_filled(rect, 0.0, theme.window);
        let selected = self.selection.range();
        for line in seen.clone() {
            self.cells.learn(ui, &font, document.line(line));
            let top = self.scroller.y(rect, line, height);
            let is_here = self.selection.head.line == line;
            let row = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height));
            if is_here && focused && self.selection.is_empty() {
                painter.rect_filled(row, 0.0, theme.hover.gamma_multiply(0.5));
            }
            if let Some(first) = data.first_line {
                let number = (first + line + 1).to_string();
                let colour = if is_here { theme.text } else { theme.muted.gamma_multiply(0.8) };
                let at = pos2(body.left() - space::M, top + height / 2.0);
                painter.text(at, Align2::RIGHT_CENTER, number, font.clone(), colour);
            }
            let painter = painter.with_clip_rect(body.intersect(ui.clip_rect()));
            self.ground(&painter, body, document, line, &selected, data, &theme);
            self.line(&painter, body, document.line(line), line, data, &theme);
            if is_here && focused {
                self.cursor(ui, &painter, body, document, data, &theme);
            }
        }
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(egui::Role::MultilineTextInput, true, data.name);
            info.current_text_value = Some(self.heard(document));
            info
        });
        AreaShown { lines: seen, response }
    }

    /// What who can't see it hears: the line with the cursor.
    fn heard(&self, document: &Document) -> String {
        let line = document.line(self.selection.head.line);
        let end = (0..=line.len().min(500)).rev().find(|end| line.is_char_boundary(*end));
        line.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
    }

    fn x(&self, body: Rect, column: usize) -> f32 {
        body.left() - self.scroller.left + points(&self.cells, column)
    }

    fn reveal_column(&mut self, ui: &Ui, document: &Document, body: Rect) {
        let head = self.selection.head;
        self.cells.learn(ui, &font(), document.line(head.line));
        let at = points(&self.cells, self.cells.column(document.line(head.line), head.byte));
        let around = self.cells.width * 4.0;
        if at < self.scroller.left + around {
            self.scroller.left = (at - around).max(0.0);
        } else if at > self.scroller.left + body.width() - around {
            self.scroller.left = at - body.width() + around;
        }
    }

    fn place(&self, document: &Document, body: Rect, at: egui::Pos2) -> Pos {
        let above = at.y < body.top();
        let row = if above {
            self.scroller.first().saturating_sub(1)
        } else {
            self.scroller.row_at(body, at.y, self.cells.height)
        };
        let line = row.min(document.len() - 1);
        let column = (at.x - body.left() + self.scroller.left) / self.cells.width;
        document.clamp(Pos::new(line, self.cells.byte(document.line(line), column)))
    }

    fn pointer(&mut self, ui: &Ui, response: &egui::Response, document: &Document, body: Rect) {
        if response.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Text);
        }
        let shift = ui.input(|input| input.modifiers.shift);
        let Some(at) = response.interact_pointer_pos() else {
            self.drag = None;
            return;
        };
        let bar = Rect::from_min_max(pos2(body.right() - 10.0, body.top()), body.max);
        if bar.contains(at) && self.drag.is_none() {
            return;
        }
        let pos = self.place(document, body, at);
        let pressed = ui.input(|input| input.pointer.primary_pressed());
        let grain = |document: &Document, grain: Grain| match grain {
            Grain::Letter => pos..pos,
            Grain::Word => word_at(document, pos),
            Grain::Line => {
                let next = Pos::new(pos.line + 1, 0);
                Pos::new(pos.line, 0)..if next.line < document.len() {
                    next
                } else {
                    document.end()
                }
            }
        };
        if pressed || self.drag.is_none() && ui.input(|input| input.pointer.primary_down()) {
            response.request_focus();
            let kind = match ui
                .input(|input| input.pointer.button_triple_clicked(egui::PointerButton::Primary))
            {
                true => Grain::Line,
                false if response.double_clicked() => Grain::Word,
                false => Grain::Letter,
            };
            let range = grain(document, kind);
            let anchor = if shift { self.selection.anchor } else { range.start };
            self.selection = Selection { anchor, head: range.end };
            self.drag = Some((kind, anchor..range.end.max(anchor)));
            self.goal = None;
        } else if response.triple_clicked() || response.double_clicked() {
            let kind = if response.triple_clicked() { Grain::Line } else { Grain::Word };
            let range = grain(document, kind);
            self.selection = Selection { anchor: range.start, head: range.end };
            self.drag = None;
        } else if response.dragged()
            && let Some((kind, begun)) = self.drag.clone()
        {
            let range = grain(document, kind);
            self.selection = if range.start < begun.start {
                Selection { anchor: begun.end, head: range.start }
            } else {
                Selection { anchor: begun.start, head: range.end.max(begun.start) }
            };
            if !body.y_range().contains(at.y) {
                self.reveal = true;
                ui.ctx().request_repaint();
            }
        }
    }

    fn input(
        &mut self,
        ui: &Ui,
        response: &egui::Response,
        document: &mut Document,
        data: &AreaData<'_>,
    ) -> bool {
        if std::mem::take(&mut self.wants_focus) {
            response.request_focus();
        }
        if !ui.memory(|memory| memory.has_focus(data.id)) {
            self.preedit.clear();
            return false;
        }
        let filter = EventFilter {
            tab: data.editable,
            vertical_arrows: true,
            horizontal_arrows: true,
            escape: false,
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(data.id, filter));
        let mac = ui.ctx().os().is_mac();
        let owns_ime = ui.memory(|memory| memory.owns_ime_events(data.id));
        let events = ui.input(|input| input.events.clone());
        for event in &events {
            if matches!(event, Event::Ime(_)) && !owns_ime {
                continue;
            }
            if let Some(text) = self.event(document, event, data.editable, mac) {
                ui.ctx().copy_text(text);
            }
        }
        true
    }

    #[expect(clippy::too_many_arguments, reason = "what lies behind the letters of a line")]
    fn ground(
        &self,
        painter: &egui::Painter,
        body: Rect,
        document: &Document,
        line: usize,
        selected: &Range<Pos>,
        data: &AreaData<'_>,
        theme: &Theme,
    ) {
        let text = document.line(line);
        let top = self.scroller.y(body, line, self.cells.height);
        let fill = |from: usize, to: f32, colour: Color32| {
            let rect = Rect::from_min_max(
                pos2(self.x(body, from), top),
                pos2(to, top + self.cells.height),
            );
            painter.rect_filled(rect, 0.0, colour);
        };
        if let Some(needle) = data.needle {
            let mut left = 200;
            find(text, needle, |range| {
                if left > 0 {
                    left -= 1;
                    let (from, to) =
                        (self.cells.column(text, range.start), self.cells.column(text, range.end));
                    fill(from, self.x(body, to), theme.found);
                }
            });
        }
        if (selected.start.line..=selected.end.line).contains(&line) && !selected.is_empty() {
            let from = if line == selected.start.line { selected.start.byte } else { 0 };
            let from = self.cells.column(text, from);
            let to = if line == selected.end.line {
                self.x(body, self.cells.column(text, selected.end.byte))
            } else {
                // What ends the line is selected, too.
                self.x(body, self.cells.column(text, text.len())) + self.cells.width
            };
            fill(from, to, theme.selection);
        }
    }

    /// Letters of a line: what is ASCII as a whole, and all else letter by letter, so that columns are what they are.
    fn line(
        &self,
        painter: &egui::Painter,
        body: Rect,
        text: &str,
        line: usize,
        data: &AreaData<'_>,
        theme: &Theme,
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "columns")]
        let from = (self.scroller.left / self.cells.width).floor() as usize;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "columns")]
        let to = from + (body.width() / self.cells.width).ceil() as usize + 1;
        let top = self.scroller.y(body, line, self.cells.height);
        let pieces = data.colours.map_or(&[][..], |colours| colours.line(line));
        let mut piece = 0;
        let mut job = LayoutJob::default();
        let mut begun = 0;
        let flush = |job: &mut LayoutJob, column: usize| {
            if !job.text.is_empty() {
                job.wrap.max_width = f32::INFINITY;
                let galley = painter.layout_job(std::mem::take(job));
                let y = top + (self.cells.height - galley.size().y) / 2.0;
                painter.galley(pos2(self.x(body, column), y), galley, theme.text);
            }
        };
        let is_plain = text.is_ascii() && !text.contains('\t');
        let skipped = if is_plain { from.min(text.len()) } else { 0 };
        let letters = self.cells.letters(text.get(skipped..).unwrap_or_default());
        for (byte, column, letter, cells) in letters {
            let (byte, column) = (byte + skipped, column + skipped);
            if column + cells < from {
                continue;
            }
            if column > to {
                break;
            }
            while pieces.get(piece).is_some_and(|(end, _)| *end <= byte) {
                piece += 1;
            }
            let class = pieces.get(piece).and_then(|(_, class)| *class);
            let format = TextFormat::simple(font(), theme.of_code(class));
            if letter.is_ascii_graphic() || letter == ' ' || letter == '\t' {
                if job.text.is_empty() {
                    begun = column;
                }
                let mut bytes = [0; 4];
                let shown = match letter {
                    '\t' => "    ".get(..cells).unwrap_or_default(),
                    letter => letter.encode_utf8(&mut bytes),
                };
                match job.sections.last_mut().filter(|last| last.format == format) {
                    Some(last) => {
                        job.text.push_str(shown);
                        last.byte_range.end = job.text.len().into();
                    }
                    None => job.append(shown, 0.0, format),
                }
                continue;
            }
            flush(&mut job, begun);
            let hidden = letter.is_control()
                || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}');
            let (shown, colour) = if hidden { ('·', theme.warn) } else { (letter, format.color) };
            let at = pos2(self.x(body, column), top + self.cells.height / 2.0);
            painter.text(at, Align2::LEFT_CENTER, shown, font(), colour);
        }
        flush(&mut job, begun);
    }

    fn cursor(
        &self,
        ui: &Ui,
        painter: &egui::Painter,
        body: Rect,
        document: &Document,
        data: &AreaData<'_>,
        theme: &Theme,
    ) {
        let head = self.selection.head;
        let column = self.cells.column(document.line(head.line), head.byte);
        let (x, top) = (self.x(body, column), self.scroller.y(body, head.line, self.cells.height));
        let mut rect = Rect::from_min_size(pos2(x, top), vec2(1.0, self.cells.height));
        if !self.preedit.is_empty() {
            let at = rect.left_center();
            let galley = painter.layout_no_wrap(self.preedit.clone(), font(), theme.text);
            let ground = Align2::LEFT_CENTER.anchor_size(at, galley.size());
            painter.rect_filled(ground, 0.0, theme.raised);
            painter.hline(ground.x_range(), ground.bottom(), Stroke::new(1.0, theme.accent));
            rect = rect.translate(vec2(galley.size().x, 0.0));
            painter.galley(ground.min, galley, theme.text);
        }
        painter.vline(rect.left(), rect.y_range(), Stroke::new(2.0, theme.accent));
        if data.editable {
            ui.output_mut(|output| {
                output.ime = Some(egui::output::IMEOutput {
                    purpose: egui::IMEPurpose::Normal,
                    rect: body,
                    cursor_rect: rect,
                    should_interrupt_composition: false,
                });
            });
        }
    }
}
