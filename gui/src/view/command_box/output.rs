//! The rows of an output.

use std::ops::Range;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, FontId, Label, Layout, Pos2, Rect, Stroke, Ui, UiBuilder, pos2, vec2};

use crate::terminal::palette;
use crate::text::{Console, ConsoleLine, Ink, Pen};
use crate::theme::{Theme, size, space, strong_code};

/// Cells of the output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cells {
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) columns: usize,
}

/// Draws those of the wanted rows that lie in the clip.
pub(super) fn draw(
    ui: &mut Ui,
    theme: &Theme,
    console: &Console,
    wanted: Range<usize>,
    cell: Cells,
    origin: Pos2,
) {
    let Cells { height, columns, .. } = cell;
    let clip = ui.clip_rect();
    let inks = Inks::of(theme);
    let mut row = 0;
    let (from, end) = (wanted.start, wanted.end);
    for line in console.lines() {
        let rows = line.rows(columns);
        if row + rows <= from {
            row += rows;
            continue;
        }
        for cut in line.cuts(columns) {
            if row >= from && row < end {
                #[expect(clippy::cast_precision_loss, reason = "a few ten thousand rows")]
                let top = origin.y + (row - from) as f32 * height;
                let size = vec2(ui.max_rect().right() - origin.x - space::S, height);
                let place = Rect::from_min_size(pos2(origin.x, top), size);
                if place.intersects(clip) && !cut.is_empty() {
                    let layout = Layout::left_to_right(Align::Center);
                    let inside = UiBuilder::new().max_rect(place).layout(layout);
                    let job = job(line, cut, &inks);
                    ui.new_child(inside).add(Label::new(job).extend());
                }
            }
            row += 1;
        }
        if row >= end {
            return;
        }
    }
}

/// What numbers and their absence look like.
struct Inks {
    palette: orchestrator::terminal::screen::Palette,
    text: Color32,
    paper: Color32,
}

impl Inks {
    fn of(theme: &Theme) -> Self {
        Self { palette: palette(theme), text: theme.text, paper: theme.sunken }
    }

    fn colour(&self, ink: Ink) -> Color32 {
        let [r, g, b] = match ink {
            Ink::Numbered(number) => self.palette.indexed(number),
            Ink::Mixed(mixed) => mixed,
        };
        Color32::from_rgb(r, g, b)
    }

    fn format(&self, pen: Pen) -> TextFormat {
        let font = match pen.bold {
            true => strong_code(size::CODE),
            false => FontId::monospace(size::CODE),
        };
        let ink = pen.ink.map_or(self.text, |ink| self.colour(ink));
        let paper = pen.paper.map(|ink| self.colour(ink));
        let (ink, paper) = match (pen.swapped, paper) {
            (true, paper) => (paper.unwrap_or(self.paper), Some(ink)),
            (false, paper) => (ink, paper),
        };
        let ink = if pen.faint { ink.gamma_multiply(0.65) } else { ink };
        let underline = if pen.underlined { Stroke::new(1.0, ink) } else { Stroke::NONE };
        TextFormat {
            font_id: font,
            color: ink,
            background: paper.unwrap_or(Color32::TRANSPARENT),
            italics: pen.slanted,
            underline,
            ..TextFormat::default()
        }
    }
}

fn job(line: &ConsoleLine, cut: Range<usize>, inks: &Inks) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut from = 0;
    for (end, pen) in &line.pens {
        let (begin, until) = (from.max(cut.start), (*end).min(cut.end));
        if begin < until {
            job.append(line.text.get(begin..until).unwrap_or_default(), 0.0, inks.format(*pen));
        }
        from = *end;
    }
    job
}
