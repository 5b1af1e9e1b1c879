//! Laying blocks out, and keeping what is near the view.

use std::collections::HashMap;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align, Color32, FontId, Galley, Painter, Stroke, Vec2, vec2};

use super::estimate::{self, HEAD, THUMBNAIL};
use super::mixed::{self, Side};
use super::shaped::{Mixed, Shaped};
use crate::text::{self, Base, Block, Body, Change, Look, Rich, Style, Table};
use crate::theme::{self, Theme, size, space, strong};

/// Blocks that are kept laid out: a few views' worth.
const KEPT: usize = 400;
/// Padding of a table's cells, in points.
pub(super) const CELL: Vec2 = vec2(10.0, 4.0);

/// A block, laid out.
#[derive(Debug)]
pub struct Laid {
    /// Its height with the room above it.
    pub height: f32,
    /// Where its content begins.
    pub origin: Vec2,
    /// How wide its content may be.
    pub width: f32,
    /// Its texts in the order of [`Body::each_text`], and where each stands from `origin`.
    pub texts: Vec<(Vec2, Shaped)>,
    /// Of a table: how wide its columns, and how high its rows are.
    pub grid: (Vec<f32>, Vec<f32>),
}

/// Laid out blocks by their content.
#[derive(Debug, Default)]
pub struct Layouts {
    kept: HashMap<u64, (u64, Arc<Laid>)>,
    frame: u64,
    width: f32,
    scale: f32,
    theme: Option<Theme>,
    /// A text that egui keeps laid out while its atlas of letters is the same.
    witness: Option<Arc<Galley>>,
    /// How many blocks were laid out since the transcript was made.
    pub laid_out: u64,
}

impl Layouts {
    /// Begins a frame: what doesn't fit this window any more, or wasn't near the view for long, is forgotten.
    pub fn begin(&mut self, ctx: &egui::Context, width: f32, theme: &Theme) {
        self.frame += 1;
        let scale = ctx.pixels_per_point();
        // Letters are drawn from an atlas. When egui makes it anew it lays everything out anew, this too.
        let font = FontId::proportional(size::BODY);
        let job = LayoutJob::simple_singleline("witness".to_owned(), font, Color32::WHITE);
        let witness = ctx.fonts_mut(|fonts| fonts.layout_job(job));
        let is_same = self.witness.as_ref().is_some_and(|before| Arc::ptr_eq(before, &witness));
        let is_other = (self.width - width).abs() > 0.1
            || (self.scale - scale).abs() > f32::EPSILON
            || !is_same
            || self.theme.as_ref() != Some(theme);
        if is_other {
            self.kept.clear();
            (self.width, self.scale, self.theme) = (width, scale, Some(*theme));
        }
        self.witness = Some(witness);
        if self.kept.len() > KEPT {
            let frame = self.frame;
            self.kept.retain(|_, (used, _)| *used + 2 >= frame);
        }
    }

    /// How many blocks are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// A block laid out for this frame's width.
    pub fn lay(&mut self, painter: &Painter, theme: &Theme, block: &Block) -> Arc<Laid> {
        let frame = self.frame;
        if let Some((used, laid)) = self.kept.get_mut(&block.hash) {
            *used = frame;
            return laid.clone();
        }
        self.laid_out += 1;
        let laid = Arc::new(lay(painter, theme, block, self.width));
        self.kept.insert(block.hash, (frame, laid.clone()));
        laid
    }
}

fn lay(painter: &Painter, theme: &Theme, block: &Block, width: f32) -> Laid {
    let (_, top, bottom) = estimate::frame(block);
    let (left, right) = estimate::sides(block);
    let origin = vec2(left, estimate::gap(block) + top);
    let room = (width - left - right).max(60.0);
    let mut laid =
        Laid { height: 0.0, origin, width: room, texts: Vec::new(), grid: Default::default() };
    let content = match &block.body {
        Body::Text { rich, look } => {
            let shaped = match rich.base {
                None => Shaped::Plain(painter.layout_job(job(rich, *look, theme, room))),
                Some(base) => mixed(painter, rich, *look, theme, room, (base, Side::Start), false),
            };
            let height = shaped.height();
            laid.texts.push((Vec2::ZERO, shaped));
            height
        }
        Body::Diff { rich, .. } => {
            let shaped = match rich.base {
                None => Shaped::Plain(painter.layout_job(job(rich, Look::Code, theme, room))),
                // Code begins at the left, its signs first.
                Some(_) => {
                    let side = (Base::Left, Side::Start);
                    mixed(painter, rich, Look::Code, theme, room, side, false)
                }
            };
            push(&mut laid, Vec2::ZERO, shaped)
        }
        Body::Table(table) => lay_table(painter, theme, table, &mut laid),
        Body::Error(card) => {
            let text_left = space::M + size::ICON + space::S;
            let inner = (room - text_left - space::M).max(60.0);
            let mut y = space::M;
            let message = simple(theme.text, strong(size::BODY), 20.0);
            y += push(&mut laid, vec2(text_left, y), words(painter, card.says(), message, inner));
            if let Some(hint) = &card.failure.hint {
                y += space::XS;
                let format = simple(theme.text, FontId::proportional(size::BODY), 20.0);
                let hint = words(painter, hint.clone(), format, inner);
                y += push(&mut laid, vec2(text_left, y), hint);
            }
            // A line of buttons, or of when a limit ends.
            y + space::S + size::CONTROL + space::M
        }
        Body::Mark(mark) => {
            let text_left = size::ICON + space::S;
            let font = FontId::proportional(size::SMALL + 0.5);
            let format = simple(theme.muted, font, 18.0);
            let words = words(painter, mark.words.clone(), format, room - text_left);
            push(&mut laid, vec2(text_left, 2.0), words) + 4.0
        }
        Body::Rule => 9.0,
        Body::CodeHead { .. } | Body::Head(_) | Body::Ended { .. } => HEAD,
        Body::Asked { .. } => HEAD - 4.0,
        Body::Images { .. } => THUMBNAIL + space::S,
        Body::Output(text) => estimate::output_height(text),
    };
    laid.height = origin.y + content + bottom;
    laid
}

fn push(laid: &mut Laid, at: Vec2, shaped: Shaped) -> f32 {
    let height = shaped.height();
    laid.texts.push((at, shaped));
    height
}

/// Text in which something is read from right to left.
fn mixed(
    painter: &Painter,
    rich: &Rich,
    look: Look,
    theme: &Theme,
    room: f32,
    (base, side): (Base, Side),
    is_head: bool,
) -> Shaped {
    let row = estimate::row_height(look);
    let spans: Vec<(usize, Style)> = rich.spans.iter().map(|span| (span.end, span.style)).collect();
    let ends: Vec<usize> = spans.iter().map(|(end, _)| *end).collect();
    let code = look == Look::Code;
    let given = mixed::Given { text: &rich.text, ends: &ends, base, is_code: code, room, side };
    let mut measure = |from: usize, shown: &str| {
        let span = ends.partition_point(|end| *end <= from);
        let style = spans.get(span).map(|(_, style)| *style).unwrap_or_default();
        let mut format = TextFormat { line_height: Some(row), ..format(style, look, theme) };
        if is_head {
            format.font_id = strong(size::BODY);
        }
        let galley = painter.layout_job(LayoutJob::single_section(shown.to_owned(), format));
        (galley.size().x, galley)
    };
    let rows = mixed::rows(&given, &mut measure);
    Shaped::Mixed(Box::new(Mixed::new(rich.text.clone(), rows, row, room)))
}

/// Text of one look, with rows of that height.
fn simple(colour: Color32, font: FontId, row: f32) -> TextFormat {
    TextFormat { line_height: Some(row), ..TextFormat::simple(font, colour) }
}

/// Words of one look, in their order of reading.
fn words(painter: &Painter, text: String, format: TextFormat, width: f32) -> Shaped {
    if !text::has_right_to_left(&text) {
        let mut job = LayoutJob::single_section(text, format);
        job.wrap = TextWrapping::wrap_at_width(width);
        return Shaped::Plain(painter.layout_job(job));
    }
    let base = text.lines().next().and_then(text::first_strong);
    let base = base.or_else(|| text::first_strong(&text)).unwrap_or(Base::Right);
    one_look(painter, text, format, width, (base, false))
}

/// A line of code that isn't broken, in its order of reading.
pub(super) fn code_line(painter: &Painter, theme: &Theme, line: &str) -> Shaped {
    let font = FontId::monospace(size::CODE);
    let format = simple(theme.text, font, estimate::row_height(Look::Code));
    one_look(painter, line.to_owned(), format, f32::INFINITY, (Base::Left, true))
}

fn one_look(
    painter: &Painter,
    text: String,
    format: TextFormat,
    room: f32,
    (base, is_code): (Base, bool),
) -> Shaped {
    let ends = [text.len()];
    let side = Side::Start;
    let given = mixed::Given { text: &text, ends: &ends, base, is_code, room, side };
    let rows = mixed::rows(&given, &mut |_, shown: &str| {
        let galley =
            painter.layout_job(LayoutJob::single_section(shown.to_owned(), format.clone()));
        (galley.size().x, galley)
    });
    let parts = rows.iter().flat_map(|row| &row.parts);
    let right = parts.map(|part| part.left + part.width).fold(0.0, f32::max);
    let width = if room.is_finite() { room } else { right };
    let row = format.line_height.unwrap_or_default();
    Shaped::Mixed(Box::new(Mixed::new(text, rows, row, width)))
}

/// What a letter of a cell may take, in points: a digit of the prose takes that much, and numbers are not to be broken.
const LETTER: f32 = 9.0;

fn lay_table(painter: &Painter, theme: &Theme, table: &Table, laid: &mut Laid) -> f32 {
    let wanted: Vec<f32> =
        table.widths.iter().map(|letters| f32::from(*letters) * LETTER + 2.0 * CELL.x).collect();
    let columns = share(&wanted, laid.width);
    let mut y = 0.0;
    for (number, row) in table.rows.iter().enumerate() {
        let is_head = table.has_head && number == 0;
        let mut x = 0.0;
        let mut height: f32 = 20.0;
        for (at, width) in columns.iter().enumerate() {
            let Some(cell) = row.get(at) else { continue };
            let inner = (width - 2.0 * CELL.x).max(20.0);
            if let Some(base) = cell.base {
                let side = match table.columns.get(at) {
                    Some(text::Align::Centre) => Side::Centre,
                    Some(text::Align::Right) => Side::Right,
                    Some(text::Align::Left) | None => Side::Start,
                };
                let shaped = mixed(painter, cell, Look::Prose, theme, inner, (base, side), is_head);
                height = height.max(shaped.height());
                laid.texts.push((vec2(x + CELL.x, y + CELL.y), shaped));
                x += width;
                continue;
            }
            let mut job = job(cell, Look::Prose, theme, inner);
            if is_head {
                let bold = strong(size::BODY);
                job.sections.iter_mut().for_each(|section| section.format.font_id = bold.clone());
            }
            let (align, shift) = match table.columns.get(at) {
                Some(text::Align::Centre) => (Align::Center, inner / 2.0),
                Some(text::Align::Right) => (Align::RIGHT, inner),
                Some(text::Align::Left) | None => (Align::LEFT, 0.0),
            };
            job.halign = align;
            let galley = painter.layout_job(job);
            height = height.max(galley.size().y);
            laid.texts.push((vec2(x + CELL.x + shift, y + CELL.y), Shaped::Plain(galley)));
            x += width;
        }
        laid.grid.1.push(height + 2.0 * CELL.y);
        y += height + 2.0 * CELL.y;
    }
    laid.grid.0 = columns;
    y
}

/// Columns as they want to be, or narrower: the widest give first.
fn share(wanted: &[f32], room: f32) -> Vec<f32> {
    let sum: f32 = wanted.iter().sum();
    if sum <= room {
        return wanted.to_vec();
    }
    let mut fixed = vec![false; wanted.len()];
    loop {
        let open = fixed.iter().filter(|is_fixed| !**is_fixed).count();
        let used: f32 =
            wanted.iter().zip(&fixed).filter(|(_, fixed)| **fixed).map(|(w, _)| w).sum();
        let each = ((room - used) / open.max(1) as f32).max(24.0);
        let mut changed = false;
        for (wanted, is_fixed) in wanted.iter().zip(&mut fixed) {
            if !*is_fixed && *wanted <= each {
                *is_fixed = true;
                changed = true;
            }
        }
        if !changed {
            return wanted
                .iter()
                .zip(&fixed)
                .map(|(w, fixed)| if *fixed { *w } else { each })
                .collect();
        }
    }
}

/// What epaint lays out.
pub(super) fn job(rich: &Rich, look: Look, theme: &Theme, width: f32) -> LayoutJob {
    let mut job = LayoutJob {
        text: rich.text.clone(),
        wrap: TextWrapping::wrap_at_width(width),
        ..LayoutJob::default()
    };
    let row = estimate::row_height(look);
    let mut from = 0;
    for (range, style) in rich.ranges() {
        job.sections.push(egui::text::LayoutSection {
            leading_space: 0.0,
            byte_range: egui::text::ByteIndex(from)..egui::text::ByteIndex(range.end),
            format: TextFormat { line_height: Some(row), ..format(style, look, theme) },
        });
        from = range.end;
    }
    if job.text.is_empty() {
        job = LayoutJob::single_section(String::new(), format(Style::default(), look, theme));
    }
    job
}

fn format(style: Style, look: Look, theme: &Theme) -> TextFormat {
    let points = estimate::letter_size(look);
    let is_heading = matches!(look, Look::Heading(_));
    let is_code_block = look == Look::Code;
    let font = match (style.code, style.strong || is_heading, style.slanted) {
        (true, true, _) => theme::strong_code(points - if is_code_block { 0.0 } else { 1.0 }),
        (true, false, _) => FontId::monospace(points - if is_code_block { 0.0 } else { 1.0 }),
        (false, true, _) => strong(points),
        (false, false, true) => theme::slanted(points),
        (false, false, false) => FontId::proportional(points),
    };
    let mut colour = theme.of_code(style.class);
    if style.muted || look == Look::Small {
        colour = theme.muted;
    }
    let mut format = TextFormat::simple(font, colour);
    if style.link.is_some() {
        format.color = theme.link;
        format.underline = Stroke::new(1.0, theme.rim(theme.link));
    }
    if style.struck {
        format.strikethrough = Stroke::new(1.0, colour);
    }
    if style.code && !is_code_block {
        format.background = theme.hover;
    }
    if let Some(change) = style.changed {
        let of_change = change_colour(change, theme);
        format.underline = Stroke::new(1.5, of_change);
        format.color = of_change;
    }
    format
}

/// The colour of what is new or gone.
pub(super) fn change_colour(change: Change, theme: &Theme) -> Color32 {
    match change {
        Change::Added => theme.good,
        Change::Removed => theme.bad,
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
