//! How high a block will be, near enough, before it is laid out.

use crate::text::{Block, Body, FrameKind, Gap, Look};
use crate::theme::{size, space};

/// A line that opens what is folded, and the lines of buttons, in points.
pub const HEAD: f32 = 30.0;
/// How far a step moves a block in, in points.
pub const STEP: f32 = 22.0;
/// How wide the bar of a quote and the room beside it are, in points.
pub const BAR: f32 = 14.0;
/// Around what is in a frame, in points.
pub const PAD: f32 = space::M;
/// A box of output is no higher than so many rows.
pub const OUTPUT_ROWS: usize = 18;
/// A thumbnail's height, in points.
pub const THUMBNAIL: f32 = 120.0;

/// How high rows of a look are, in points.
pub fn row_height(look: Look) -> f32 {
    match look {
        Look::Prose => 22.0,
        Look::Code => 19.0,
        Look::Small => 18.0,
        Look::Heading(1) => 34.0,
        Look::Heading(2) => 30.0,
        Look::Heading(_) => 25.0,
    }
}

/// How large the letters of a look are, in points.
pub fn letter_size(look: Look) -> f32 {
    match look {
        Look::Prose => size::PROSE,
        Look::Code => size::CODE,
        Look::Small => size::SMALL,
        Look::Heading(1) => size::TITLE - 3.0,
        Look::Heading(2) => size::HEADING + 1.0,
        Look::Heading(3) => size::HEADING - 1.0,
        Look::Heading(_) => size::PROSE,
    }
}

/// Room above a block.
pub fn gap(block: &Block) -> f32 {
    match block.gap {
        Gap::None => 0.0,
        Gap::Small => space::XS,
        Gap::Normal => space::S + 2.0,
        Gap::Large => space::XL - 2.0,
    }
}

/// What a frame adds at the left, top, and bottom.
pub fn frame(block: &Block) -> (f32, f32, f32) {
    match block.frame {
        None => (0.0, 0.0, 0.0),
        Some(frame) => {
            let (top, bottom) = match frame.kind {
                FrameKind::Question => (space::S, space::S + 2.0),
                FrameKind::Code => (space::XS, space::S + 2.0),
            };
            let side = |is_edge: bool, room: f32| if is_edge { room } else { 0.0 };
            (PAD, side(frame.first, top), side(frame.last, bottom))
        }
    }
}

/// How far the content of a block stands from where it begins.
pub fn left(block: &Block) -> f32 {
    f32::from(block.indent) * STEP + f32::from(block.quote) * BAR + frame(block).0
}

/// How far the content of a block stands from the left and from the right.
pub fn sides(block: &Block) -> (f32, f32) {
    let (far, near) = (left(block), frame(block).0);
    if block.begins_right() { (near, far) } else { (far, near) }
}

/// How high a block will be at a width, with the room above it.
pub fn height(block: &Block, width: f32) -> f32 {
    let (side, top, bottom) = frame(block);
    let room = (width - left(block) - side).max(60.0);
    let rows = |look: Look, per_letter: f32| {
        let wrapped = (block.letters as f32 * letter_size(look) * per_letter / room).ceil();
        wrapped.max(block.lines as f32 + 1.0) * row_height(look)
    };
    let content = match &block.body {
        Body::Text { look: look @ Look::Code, .. } => rows(*look, 0.6),
        Body::Text { look, .. } => rows(*look, 0.49),
        Body::Diff { .. } => rows(Look::Code, 0.6),
        Body::Table(table) => table.rows.len() as f32 * (row_height(Look::Prose) + 8.0),
        Body::Rule => 9.0,
        Body::CodeHead { .. } | Body::Head(_) | Body::Ended { .. } => HEAD,
        Body::Asked { .. } => HEAD - 4.0,
        Body::Images { .. } => THUMBNAIL + space::S,
        Body::Output(text) => output_height(text),
        Body::Error(_) => rows(Look::Prose, 0.49) + 84.0,
        Body::Mark(_) => rows(Look::Small, 0.49) + 4.0,
    };
    gap(block) + top + content + bottom
}

/// How high the box of an output is; it doesn't depend on the width.
pub fn output_height(text: &str) -> f32 {
    output_rows(text).len().clamp(1, OUTPUT_ROWS) as f32 * row_height(Look::Code) + 2.0 * space::S
}

/// The rows of an output's box: its lines, and parts of those that are very long.
pub fn output_rows(text: &str) -> Vec<&str> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while rest.len() > LONGEST_ROW {
            let (row, behind) = rest.split_at(rest.floor_char_boundary(LONGEST_ROW));
            rows.push(row);
            rest = behind;
        }
        rows.push(rest);
    }
    rows
}

/// Bytes of a row in an output's box; what is longer goes on in the next row.
const LONGEST_ROW: usize = 1000;
