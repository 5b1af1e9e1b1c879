//! What a row of cells is drawn of.

use std::hash::{DefaultHasher, Hash, Hasher};

use egui::Color32;
use orchestrator::terminal::screen::{Cell, Rgb, Underline};

/// A row, as it is drawn. Rows that look the same have the same plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Plan {
    /// Behind the letters: from a column up to another one, in a colour.
    pub backs: Vec<(usize, usize, Color32)>,
    /// The letters.
    pub stamps: Vec<Stamp>,
    /// Lines under and through them.
    pub strokes: Vec<Stroke>,
}

/// A letter in its cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Where it begins.
    pub column: usize,
    /// Cells it takes.
    pub width: usize,
    /// The letter with its marks.
    pub text: Text,
    /// Bold.
    pub bold: bool,
    /// Slanted.
    pub italic: bool,
    /// Its colour.
    pub colour: Color32,
}

/// A character; with marks it is a string.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Text {
    /// Alone, as nearly all are.
    Char(char),
    /// With marks.
    Marked(Box<str>),
}

/// A line under or through letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stroke {
    /// From this column.
    pub from: usize,
    /// Up to this one.
    pub to: usize,
    /// What it is.
    pub kind: StrokeKind,
    /// Its colour.
    pub colour: Color32,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StrokeKind {
    /// Under the letters.
    Under(Underline),
    /// Through them.
    Through,
}

pub(super) fn colour([r, g, b]: Rgb) -> Color32 {
    Color32::from_rgb(r, g, b)
}

impl Plan {
    /// Of the cells of a row.
    pub fn of<'a>(cells: impl Iterator<Item = Cell<'a>>) -> Self {
        let mut plan = Self::default();
        for cell in cells {
            let end = cell.column + cell.width;
            if let Some(back) = cell.back.map(colour) {
                match plan.backs.last_mut() {
                    Some(last) if last.1 == cell.column && last.2 == back => last.1 = end,
                    Some(_) | None => plan.backs.push((cell.column, end, back)),
                }
            }
            let fore = colour(cell.fore);
            if cell.c != ' ' || !cell.marks.is_empty() {
                let text = if cell.marks.is_empty() {
                    Text::Char(cell.c)
                } else {
                    let marked: String =
                        std::iter::once(cell.c).chain(cell.marks.iter().copied()).collect();
                    Text::Marked(marked.into())
                };
                plan.stamps.push(Stamp {
                    column: cell.column,
                    width: cell.width,
                    text,
                    bold: cell.look.bold,
                    italic: cell.look.italic,
                    colour: fore,
                });
            }
            if cell.look.underline != Underline::None {
                let colour = cell.look.underline_colour.map_or(fore, colour);
                plan.stroke(cell.column, end, StrokeKind::Under(cell.look.underline), colour);
            } else if cell.look.link {
                // A program's own link is seen before the pointer is on it.
                plan.stroke(cell.column, end, StrokeKind::Under(Underline::Dotted), fore);
            }
            if cell.look.strike {
                plan.stroke(cell.column, end, StrokeKind::Through, fore);
            }
        }
        plan
    }

    fn stroke(&mut self, from: usize, to: usize, kind: StrokeKind, colour: Color32) {
        let before = self
            .strokes
            .iter_mut()
            .rev()
            .take(2)
            .find(|stroke| stroke.to == from && stroke.kind == kind && stroke.colour == colour);
        match before {
            Some(stroke) => stroke.to = to,
            None => self.strokes.push(Stroke { from, to, kind, colour }),
        }
    }

    /// A number for what it looks like.
    pub fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use orchestrator::terminal::Screen;

    use super::*;

    fn plan(printed: &str) -> Plan {
        let mut screen = Screen::new(20, 2);
        screen.feed(printed.as_bytes());
        Plan::of(screen.cells(0))
    }

    #[test]
    fn cells_of_one_background_are_one_piece() {
        let plan = plan("\x1b[41mab\x1b[42mc\x1b[0m d\x1b[41me");
        let pieces: Vec<_> = plan.backs.iter().map(|(from, to, _)| (*from, *to)).collect();
        assert_eq!(pieces, [(0, 2), (2, 3), (5, 6)]);
        assert_eq!(plan.stamps.len(), 5, "a space is no letter");
    }

    #[test]
    fn a_wide_letter_stands_in_two_cells_and_marks_on_theirs() {
        let plan = plan("字e\u{301}");
        let stamps: Vec<_> = plan
            .stamps
            .iter()
            .map(|stamp| (stamp.column, stamp.width, stamp.text.clone()))
            .collect();
        let marked = Text::Marked("e\u{301}".into());
        assert_eq!(stamps, [(0, 2, Text::Char('字')), (2, 1, marked)]);
    }

    #[test]
    fn lines_go_on_through_cells_of_one_kind() {
        let plan = plan("\x1b[4;9mab c\x1b[24md\x1b[0m\x1b]8;;http://x/\x07ef");
        let of = |kind: StrokeKind| {
            let of_kind = plan.strokes.iter().filter(|stroke| stroke.kind == kind);
            of_kind.map(|stroke| (stroke.from, stroke.to)).collect::<Vec<_>>()
        };
        assert_eq!(of(StrokeKind::Under(Underline::Single)), [(0, 4)]);
        assert_eq!(of(StrokeKind::Through), [(0, 5)]);
        assert_eq!(of(StrokeKind::Under(Underline::Dotted)), [(5, 7)]);
    }

    #[test]
    fn rows_that_look_the_same_have_the_same_key() {
        assert_eq!(plan("abc").key(), plan("\x1b[31m\x1b[0mabc").key());
        assert_ne!(plan("abc").key(), plan("\x1b[31mabc").key());
        assert_ne!(plan("abc").key(), plan(" abc").key());
    }
}
