//! A line of a diff as it is drawn.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Color32, FontId, Rect, Ui, pos2};
use orchestrator::seam::{DiffLine, Hunk, LineKind};

use super::rows::partner;
use crate::text::changed_words;
use crate::theme::{Theme, size, space};

/// How wide a column of numbers is, in points.
pub(super) const NUMBERS: f32 = 44.0;
/// Lines that are longer aren't compared word by word.
const COMPARED: usize = 2_000;
/// Letters of a line that are laid out: of what is longer the beginning is shown.
pub(super) const LAID_OUT: usize = 4_000;

/// The pieces of a line, in bytes, and whether each was changed; none where it has nothing beside it to compare with.
pub(super) type Words = Option<Vec<(usize, bool)>>;

/// Compares a line with the one beside it.
pub(super) fn words_of(hunk: &Hunk, at: usize) -> Words {
    let this = hunk.lines.get(at)?;
    let other = hunk.lines.get(partner(hunk, at)?)?;
    if this.text.len().max(other.text.len()) > COMPARED {
        return None;
    }
    let is_old = this.kind == LineKind::Removed;
    let (old, new) = if is_old { (this, other) } else { (other, this) };
    let (before, after) = changed_words(&old.text, &new.text)?;
    let pieces = if is_old { before } else { after };
    Some(pieces.into_iter().map(|(piece, changed)| (piece.len(), changed)).collect())
}

/// `+`, `-` or a space.
pub(super) fn sign(kind: LineKind) -> char {
    match kind {
        LineKind::Context => ' ',
        LineKind::Added => '+',
        LineKind::Removed => '-',
    }
}

/// Draws a line behind its numbers; where the numbers stand. `left` points of its text are scrolled out of sight.
pub(super) fn line(
    ui: &Ui,
    line: &DiffLine,
    words: &[(usize, bool)],
    place: Rect,
    columns: &[Option<u32>],
    is_chosen: bool,
    left: f32,
) -> Rect {
    let theme = Theme::get(ui.ctx());
    let (fill, strong_fill) = match line.kind {
        LineKind::Context => (Color32::TRANSPARENT, Color32::TRANSPARENT),
        LineKind::Added => (theme.added, theme.tint(theme.good)),
        LineKind::Removed => (theme.removed, theme.tint(theme.bad)),
    };
    ui.painter().rect_filled(place, 0.0, fill);
    if is_chosen {
        ui.painter().rect_filled(place, 0.0, theme.selection.gamma_multiply(0.6));
    }
    let mut behind = place.left();
    for number in columns {
        behind += NUMBERS;
        if let Some(number) = number {
            let at = pos2(behind - space::XS, place.center().y);
            let small = FontId::monospace(size::SMALL);
            ui.painter().text(at, Align2::RIGHT_CENTER, number, small, theme.muted);
        }
    }
    let gutter = place.with_max_x(behind);
    let galley = ui.painter().layout_job(job(line, words, strong_fill, &theme));
    let clip = place.with_min_x(behind).intersect(ui.clip_rect());
    let at = pos2(behind + space::XS - left, place.center().y - galley.size().y / 2.0);
    ui.painter().with_clip_rect(clip).galley(at, galley, theme.text);
    gutter
}

fn job(line: &DiffLine, words: &[(usize, bool)], strong_fill: Color32, theme: &Theme) -> LayoutJob {
    let mut job = LayoutJob::default();
    let format = |background| TextFormat {
        font_id: FontId::monospace(size::CODE - 0.5),
        color: theme.text,
        background,
        ..TextFormat::default()
    };
    let plain = format(Color32::TRANSPARENT);
    job.append(&format!("{} ", sign(line.kind)), 0.0, plain.clone());
    let mut from = 0;
    for (bytes, changed) in words {
        let to = from + bytes;
        let piece = line.text.get(from..to).unwrap_or_default();
        let background = if *changed { strong_fill } else { Color32::TRANSPARENT };
        job.append(&shown(piece), 0.0, format(background));
        from = to;
    }
    let rest = line.text.get(from..).unwrap_or_default();
    let end = rest.char_indices().nth(LAID_OUT).map_or(rest.len(), |(at, _)| at);
    job.append(&shown(rest.get(..end).unwrap_or_default()), 0.0, plain.clone());
    if end < rest.len() {
        job.append(" …", 0.0, plain.clone());
    }
    if line.no_newline {
        let end = TextFormat { color: theme.muted, ..plain };
        job.append("  (no newline at the end)", 0.0, end);
    }
    job.wrap.max_width = f32::INFINITY;
    job
}

/// A line's text as it is shown: tabs are spaces, control characters are seen.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => shown.push_str("    "),
            '\r' => shown.push('␍'),
            letter if letter.is_control() => {
                let picture = u32::from(letter).checked_add(0x2400).and_then(char::from_u32);
                shown.push(picture.filter(|_| u32::from(letter) < 0x20).unwrap_or('\u{fffd}'));
            }
            letter => shown.push(letter),
        }
    }
    shown
}
