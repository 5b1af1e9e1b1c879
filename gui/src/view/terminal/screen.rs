//! Draws the cells.

use std::time::Instant;

use egui::{Color32, CursorIcon, FontId, Painter, Pos2, Rect, Stroke, StrokeKind, Ui, vec2};
use orchestrator::terminal::Screen;
use orchestrator::terminal::screen::{Cursor, CursorShape, Damage, Span};

use super::data::TerminalData;
use super::view::{Place, TerminalView};
use crate::terminal::{Drawn, Glyphs, Plan, Stamp, Text, cells_rect};
use crate::theme::Theme;

/// Half a blink, in seconds: what most desktops have.
const BLINK: f64 = 0.53;
/// How much is left of letters whose shell is gone.
const FADED: f32 = 0.55;

/// What was drawn last.
#[derive(Debug, Default)]
pub(super) struct Painted {
    pub(super) glyphs: Glyphs,
    /// What each row of the view looked like.
    rows: Vec<Option<u64>>,
}

impl Painted {
    /// The rows of the view; those that changed are drawn anew.
    fn rows(&mut self, ui: &Ui, screen: &mut Screen) -> Vec<Drawn> {
        match screen.take_damage() {
            Damage::None => {}
            Damage::All => self.rows.clear(),
            Damage::Rows(rows) => {
                for row in rows {
                    if let Some(key) = self.rows.get_mut(row) {
                        *key = None;
                    }
                }
            }
        }
        self.rows.resize(screen.rows(), None);
        let ctx = ui.ctx();
        let mut drawn = Vec::with_capacity(self.rows.len());
        for (row, kept) in self.rows.iter_mut().enumerate() {
            if let Some(row) = kept.and_then(|key| self.glyphs.kept(key)) {
                drawn.push(row);
                continue;
            }
            let plan = Plan::of(screen.cells(row));
            let key = plan.key();
            *kept = Some(key);
            drawn.push(self.glyphs.row(ctx, &plan, key));
        }
        drawn
    }
}

/// What stands on the screen, but for the cursor.
#[derive(Debug)]
pub(super) struct Picture {
    back: Color32,
    /// The upper left corner of the first cell.
    origin: Pos2,
    /// How high a row is.
    line: f32,
    rows: Vec<Drawn>,
    /// What is behind the letters: what is found and selected.
    marks: Vec<(Rect, Color32)>,
    opacity: f32,
}

impl Picture {
    pub(super) fn paint(&self, ui: &Ui, room: Rect) {
        let outer = room.expand2(vec2(crate::theme::space::S, crate::theme::space::XS));
        ui.painter().rect_filled(outer.intersect(ui.max_rect()), 0.0, self.back);
        let painter = ui.painter_at(room);
        let at = |row: usize| self.origin + vec2(0.0, row as f32 * self.line);
        for (row, drawn) in self.rows.iter().enumerate() {
            drawn.paint_back(&painter, at(row));
        }
        for (rect, colour) in &self.marks {
            painter.rect_filled(*rect, 0.0, *colour);
        }
        for (row, drawn) in self.rows.iter().enumerate() {
            drawn.paint_front(&painter, at(row), self.opacity);
        }
    }
}

impl TerminalView {
    pub(super) fn paint(
        &mut self,
        ui: &mut Ui,
        place: Place,
        screen: &mut Screen,
        data: &TerminalData<'_>,
    ) -> Picture {
        let theme = Theme::get(ui.ctx());
        let Place { room, cell, .. } = place;
        let [r, g, b] = screen.background();
        let back = Color32::from_rgb(r, g, b);
        if let Some(find) = &mut self.find {
            find.look(screen);
        }
        let rows = self.painted.rows(ui, screen);
        let painter = ui.painter_at(room);
        let snap = |at: f32| (at / cell.pixel).round() * cell.pixel;
        let origin = egui::pos2(snap(room.left()), snap(room.top()));
        let mut marks = Vec::new();
        let mut mark = |span: &Span, colour: Color32| {
            for row in 0..screen.rows() {
                let line = screen.place(row, 0).line;
                if let Some((from, to)) = span.columns_of(line, screen.columns()) {
                    let rect = cells_rect(cell, origin, row, from, to + 1);
                    marks.push((rect, colour));
                }
            }
        };
        for span in self.find.iter().flat_map(|find| &find.marks) {
            mark(span, theme.found);
        }
        if let Some(span) = screen.selected() {
            mark(&span, theme.selection);
        }
        let is_over = data.state.is_over();
        let opacity = if is_over { FADED } else { 1.0 };
        let picture = Picture { back, origin, line: cell.height, rows, marks, opacity };
        picture.paint(ui, room);
        self.underline_link(ui, &painter, place, origin, screen);
        if !is_over {
            self.cursor(ui, &painter, place, origin, screen);
        }
        if let Some(until) = screen.held_until() {
            ui.ctx().request_repaint_after(until.saturating_duration_since(Instant::now()));
        }
        self.painted.glyphs.end();
        picture
    }

    fn underline_link(
        &self,
        ui: &Ui,
        painter: &Painter,
        place: Place,
        origin: Pos2,
        screen: &Screen,
    ) {
        let Some(link) = &self.link else { return };
        let theme = Theme::get(ui.ctx());
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
        for row in 0..screen.rows() {
            let line = screen.place(row, 0).line;
            if let Some((from, to)) = link.span.columns_of(line, screen.columns()) {
                let rect = cells_rect(place.cell, origin, row, from, to + 1);
                let thick = place.cell.pixel.max(1.0);
                let low = Rect::from_min_max(rect.left_bottom() - vec2(0.0, thick), rect.max);
                painter.rect_filled(low, 0.0, theme.link);
            }
        }
    }

    fn cursor(
        &mut self,
        ui: &mut Ui,
        painter: &Painter,
        place: Place,
        origin: Pos2,
        screen: &Screen,
    ) {
        let Some(cursor) = screen.cursor() else { return };
        let cell = place.cell;
        let rect =
            cells_rect(cell, origin, cursor.row, cursor.column, cursor.column + cursor.width);
        let [r, g, b] = cursor.colour;
        let colour = Color32::from_rgb(r, g, b);
        if place.has_focus {
            ui.output_mut(|output| {
                output.ime = Some(egui::output::IMEOutput {
                    purpose: egui::IMEPurpose::Terminal,
                    rect: place.room,
                    cursor_rect: rect,
                    should_interrupt_composition: false,
                });
            });
        }
        if !self.composing.is_empty() {
            self.compose(ui, painter, rect, cell.height);
            return;
        }
        if !place.has_focus {
            let thin = Stroke::new(cell.pixel, colour);
            painter.rect_stroke(rect, 0.0, thin, StrokeKind::Inside);
            return;
        }
        if cursor.blinks {
            let since = ui.input(|input| input.time) - self.typed_at;
            let left = BLINK - since.rem_euclid(BLINK);
            ui.ctx().request_repaint_after_secs(left as f32);
            if (since / BLINK).floor() as i64 % 2 != 0 {
                return;
            }
        }
        let line = (cell.width / 6.0 / cell.pixel).round().max(1.0) * cell.pixel;
        match cursor.shape {
            CursorShape::Beam => {
                let beam = Rect::from_min_size(rect.min, vec2(line, rect.height()));
                painter.rect_filled(beam, 0.0, colour);
            }
            CursorShape::Underline => {
                let low = Rect::from_min_max(rect.left_bottom() - vec2(0.0, line), rect.max);
                painter.rect_filled(low, 0.0, colour);
            }
            CursorShape::Block => {
                painter.rect_filled(rect, 0.0, colour);
                let at = origin + vec2(0.0, cursor.row as f32 * cell.height);
                self.letter_in(ui, painter, at, screen, &cursor);
            }
        }
    }

    /// The letter below a block, in the background's colour.
    fn letter_in(
        &mut self,
        ui: &Ui,
        painter: &Painter,
        at: Pos2,
        screen: &Screen,
        cursor: &Cursor,
    ) {
        let Some(below) = screen.cells(cursor.row).find(|cell| cell.column == cursor.column) else {
            return;
        };
        if below.c == ' ' {
            return;
        }
        let [r, g, b] = screen.background();
        let text = if below.marks.is_empty() {
            Text::Char(below.c)
        } else {
            let marks = below.marks.iter().copied();
            Text::Marked(std::iter::once(below.c).chain(marks).collect::<String>().into())
        };
        let stamp = Stamp {
            column: below.column,
            width: below.width,
            text,
            bold: below.look.bold,
            italic: below.look.italic,
            colour: Color32::from_rgb(r, g, b),
        };
        let plan = Plan { stamps: vec![stamp], ..Plan::default() };
        let drawn = self.painted.glyphs.draw(ui.ctx(), &plan);
        drawn.paint_front(painter, at, 1.0);
    }

    fn compose(&self, ui: &Ui, painter: &Painter, at: Rect, height: f32) {
        let theme = Theme::get(ui.ctx());
        let font = FontId::monospace(self.painted.glyphs.size());
        let text = crate::widget::plain(&self.composing).into_owned();
        let galley = painter.layout_no_wrap(text, font, theme.text);
        let rect = Rect::from_min_size(at.min, vec2(galley.size().x, height));
        painter.rect_filled(rect, 0.0, theme.raised);
        painter.galley(at.min, galley, theme.text);
        painter.hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, theme.accent));
    }
}
