//! Letters as pictures, and rows made of them.

use std::collections::HashMap;
use std::sync::Arc;

use egui::epaint::text::Row;
use egui::epaint::{TextShape, Vertex, WHITE_UV};
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, Context, FontId, Galley, Mesh, Painter, Pos2, Rect, Shape, Vec2, pos2, vec2};
use orchestrator::terminal::screen::Underline;

use super::boxes::{Piece, pieces};
use super::plan::{Plan, Stamp, Stroke, StrokeKind, Text};
use crate::theme;

/// Rows that are kept drawn: some screens full, so that scrolling a line draws one.
const MOST_ROWS: usize = 1024;
/// Letters that are kept: more than any text has, of all alphabets together.
const MOST_LETTERS: usize = 8192;
/// What every letter is measured by.
const PROBE: &str = "Mgj|";

/// How large a cell is, in points; whole pixels of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellSize {
    /// Across.
    pub width: f32,
    /// Down.
    pub height: f32,
    /// A pixel, in points.
    pub pixel: f32,
}

impl CellSize {
    /// How many cells fit: columns and rows, at least one.
    pub fn fit(&self, room: Vec2) -> (u16, u16) {
        let count = |room: f32, cell: f32| ((room / cell).floor().max(1.0)) as u16;
        (count(room.x, self.width), count(room.y, self.height))
    }

    /// Where cells of a row are, from the row's own corner.
    pub fn rect(&self, from: usize, to: usize) -> Rect {
        let x = |column: usize| column as f32 * self.width;
        Rect::from_min_max(pos2(x(from), 0.0), pos2(x(to), self.height))
    }
}

/// A row, ready to be painted anywhere.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    back: Option<Arc<Galley>>,
    front: Option<Arc<Galley>>,
}

impl Drawn {
    /// What is behind its letters.
    pub fn paint_back(&self, painter: &Painter, at: Pos2) {
        paint(painter, self.back.as_ref(), at, 1.0);
    }

    /// Its letters, faded when less than 1.
    pub fn paint_front(&self, painter: &Painter, at: Pos2, opacity: f32) {
        paint(painter, self.front.as_ref(), at, opacity);
    }
}

fn paint(painter: &Painter, galley: Option<&Arc<Galley>>, at: Pos2, opacity: f32) {
    if let Some(galley) = galley {
        let text = TextShape::new(at, galley.clone(), Color32::WHITE);
        painter.add(Shape::Text(text.with_opacity_factor(opacity)));
    }
}

/// A letter's corners and where they are in the atlas, from its cell's corner.
#[derive(Clone, Debug, Default)]
struct Picture {
    vertices: Vec<(Pos2, Pos2)>,
    indices: Vec<u32>,
    width: f32,
    /// It has colours of its own, as emoji do.
    is_coloured: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Letter {
    text: Text,
    bold: bool,
    italic: bool,
}

/// What is drawn with one size of letters. egui's atlas of letters is made anew now and then: so is all of this, then.
#[derive(Default)]
pub struct Glyphs {
    letters: HashMap<Letter, Picture>,
    rows: HashMap<u64, (Drawn, u64)>,
    frame: u64,
    probe: Option<Arc<Galley>>,
    size: f32,
    cell: Option<CellSize>,
    /// Rows that were drawn anew, for tests of what is not.
    pub drawn: usize,
}

impl std::fmt::Debug for Glyphs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glyphs")
            .field("letters", &self.letters.len())
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl Glyphs {
    /// Begins a frame with letters of that size; gives the size of a cell.
    pub fn begin(&mut self, ctx: &Context, size: f32) -> CellSize {
        self.frame += 1;
        let font = FontId::monospace(size);
        // egui keeps this while its atlas is the same, and lays it out anew with everything else.
        let probe = ctx.fonts_mut(|fonts| {
            fonts.layout_no_wrap(PROBE.to_owned(), font.clone(), Color32::WHITE)
        });
        let is_same = self.probe.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, &probe));
        if !is_same || self.size != size {
            self.letters.clear();
            self.rows.clear();
            self.probe = Some(probe);
            self.size = size;
            self.cell = None;
        }
        let pixel = 1.0 / ctx.pixels_per_point();
        let whole = |points: f32| (points / pixel).round().max(1.0) * pixel;
        *self.cell.get_or_insert_with(|| {
            let (width, height) =
                ctx.fonts_mut(|fonts| (fonts.glyph_width(&font, 'M'), fonts.row_height(&font)));
            CellSize { width: whole(width), height: whole(height), pixel }
        })
    }

    /// How large its letters are, in points.
    pub fn size(&self) -> f32 {
        self.size
    }

    /// Forgets rows that weren't seen lately, when there are many.
    pub fn end(&mut self) {
        if self.rows.len() > MOST_ROWS {
            let frame = self.frame;
            self.rows.retain(|_, (_, seen)| *seen == frame);
        }
        if self.letters.len() > MOST_LETTERS {
            self.letters.clear();
        }
    }

    /// A row; drawn anew only when none like it is kept.
    pub fn row(&mut self, ctx: &Context, plan: &Plan, key: u64) -> Drawn {
        if let Some((drawn, seen)) = self.rows.get_mut(&key) {
            *seen = self.frame;
            return drawn.clone();
        }
        let drawn = self.draw(ctx, plan);
        self.drawn += 1;
        self.rows.insert(key, (drawn.clone(), self.frame));
        drawn
    }

    /// The row that was kept under that number.
    pub fn kept(&mut self, key: u64) -> Option<Drawn> {
        let (drawn, seen) = self.rows.get_mut(&key)?;
        *seen = self.frame;
        Some(drawn.clone())
    }

    /// Draws a row.
    pub fn draw(&mut self, ctx: &Context, plan: &Plan) -> Drawn {
        let (Some(cell), Some(probe)) = (self.cell, self.probe.clone()) else {
            return Drawn::default();
        };
        let mut back = Mesh::default();
        for (from, to, colour) in &plan.backs {
            fill(&mut back, cell.rect(*from, *to), *colour);
        }
        let mut front = Mesh::default();
        for stamp in &plan.stamps {
            self.stamp(ctx, &mut front, stamp, cell);
        }
        for line in &plan.strokes {
            stroke(&mut front, line, cell);
        }
        Drawn { back: galley(&probe, back), front: galley(&probe, front) }
    }

    fn stamp(&mut self, ctx: &Context, mesh: &mut Mesh, stamp: &Stamp, cell: CellSize) {
        let rect = cell.rect(stamp.column, stamp.column + stamp.width);
        if let Text::Char(c) = stamp.text {
            let drawn = pieces(c, rect, cell.pixel);
            if !drawn.is_empty() {
                for piece in drawn {
                    match piece {
                        Piece::Fill(rect, part) => {
                            fill(mesh, rect, stamp.colour.gamma_multiply(part));
                        }
                        Piece::Quad(corners) => quad(mesh, corners, stamp.colour),
                    }
                }
                return;
            }
        }
        let letter = Letter { text: stamp.text.clone(), bold: stamp.bold, italic: stamp.italic };
        let size = self.size;
        let picture =
            self.letters.entry(letter).or_insert_with_key(|letter| picture(ctx, letter, size));
        // A letter of another font may be wider than its cells, or narrower than both of two.
        let scale = (rect.width() / picture.width.max(1.0)).min(1.0);
        let is_wide = stamp.width > 1 || scale < 1.0;
        let shift = if is_wide { (rect.width() - picture.width * scale) / 2.0 } else { 0.0 };
        let shift = (shift / cell.pixel).round() * cell.pixel;
        let sink = cell.height * (1.0 - scale) / 2.0;
        let colour = if picture.is_coloured {
            Color32::from_white_alpha(stamp.colour.a())
        } else {
            stamp.colour
        };
        let first = mesh.vertices.len() as u32;
        mesh.vertices.extend(picture.vertices.iter().map(|(at, uv)| Vertex {
            pos: pos2(rect.left() + shift + at.x * scale, sink + at.y * scale),
            uv: *uv,
            color: colour,
        }));
        mesh.indices.extend(picture.indices.iter().map(|index| first + index));
    }
}

fn picture(ctx: &Context, letter: &Letter, size: f32) -> Picture {
    let text = match &letter.text {
        Text::Char(c) => c.to_string(),
        Text::Marked(text) => text.to_string(),
    };
    let font = if letter.bold { theme::strong_code(size) } else { FontId::monospace(size) };
    let format = TextFormat {
        font_id: font,
        color: Color32::WHITE,
        italics: letter.italic,
        ..TextFormat::default()
    };
    let mut job = LayoutJob::single_section(text, format);
    job.wrap.max_width = f32::INFINITY;
    let galley = ctx.fonts_mut(|fonts| fonts.layout_job(job));
    let Some(row) = galley.rows.first() else { return Picture::default() };
    let mesh = &row.visuals.mesh;
    Picture {
        vertices: mesh
            .vertices
            .iter()
            .map(|vertex| (vertex.pos + row.pos.to_vec2(), vertex.uv))
            .collect(),
        indices: mesh.indices.clone(),
        width: row.row.size.x,
        is_coloured: row.glyphs.iter().any(|glyph| glyph.is_color),
    }
}

/// A mesh of our own as text: its places in the atlas are brought to the atlas's size when it is painted, whatever that
/// has become since.
fn galley(like: &Arc<Galley>, mesh: Mesh) -> Option<Arc<Galley>> {
    if mesh.indices.is_empty() {
        return None;
    }
    let mut galley = Galley::clone(like);
    let placed = galley.rows.first_mut()?;
    let bounds = mesh.calc_bounds();
    let mut row = Row::clone(&placed.row);
    row.glyphs.clear();
    row.visuals.glyph_index_start = 0;
    row.visuals.glyph_vertex_range = 0..mesh.vertices.len();
    row.visuals.mesh_bounds = bounds;
    galley.num_vertices = mesh.vertices.len();
    galley.num_indices = mesh.indices.len();
    row.visuals.mesh = mesh;
    placed.pos = Pos2::ZERO;
    placed.row = Arc::new(row);
    galley.mesh_bounds = bounds;
    galley.rect = bounds;
    Some(Arc::new(galley))
}

fn fill(mesh: &mut Mesh, rect: Rect, colour: Color32) {
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()];
    quad(mesh, corners, colour);
}

fn quad(mesh: &mut Mesh, corners: [Pos2; 4], colour: Color32) {
    let first = mesh.vertices.len() as u32;
    mesh.vertices.extend(corners.map(|pos| Vertex { pos, uv: WHITE_UV, color: colour }));
    mesh.indices.extend([0, 1, 2, 0, 2, 3].map(|index| first + index));
}

fn stroke(mesh: &mut Mesh, stroke: &Stroke, cell: CellSize) {
    let rect = cell.rect(stroke.from, stroke.to);
    let thick = (cell.height / 14.0 / cell.pixel).round().max(1.0) * cell.pixel;
    let snap = |at: f32| (at / cell.pixel).round() * cell.pixel;
    let low = snap(cell.height - 2.0 * thick);
    let mut line = |from: f32, to: f32, top: f32| {
        let rect = Rect::from_min_max(pos2(from, top), pos2(to, top + thick));
        fill(mesh, rect, stroke.colour);
    };
    let (left, right) = (rect.left(), rect.right());
    match stroke.kind {
        StrokeKind::Through => line(left, right, snap(cell.height * 0.52)),
        StrokeKind::Under(Underline::None) => {}
        StrokeKind::Under(Underline::Single) => line(left, right, low),
        StrokeKind::Under(Underline::Double) => {
            line(left, right, low + thick);
            line(left, right, low - thick);
        }
        StrokeKind::Under(kind @ (Underline::Dotted | Underline::Dashed)) => {
            let step = if kind == Underline::Dotted { 2.0 * thick } else { cell.width * 0.75 };
            let mut at = left;
            while at < right {
                line(at, (at + step / 2.0).min(right), low);
                at += step;
            }
        }
        StrokeKind::Under(Underline::Curl) => {
            // One wave a cell, of steps as wide as a pixel.
            let count = ((right - left) / cell.pixel).round() as usize;
            for step in 0..count {
                let x = left + step as f32 * cell.pixel;
                let phase = (x / cell.width) * std::f32::consts::TAU;
                line(x, x + cell.pixel, low + phase.sin() * thick);
            }
        }
    }
}

/// A rectangle around cells of the view.
pub fn cells_rect(cell: CellSize, origin: Pos2, row: usize, from: usize, to: usize) -> Rect {
    cell.rect(from, to).translate(origin.to_vec2() + vec2(0.0, row as f32 * cell.height))
}
