//! Two have changed a file: both texts side by side, and a choice for each difference.

use std::collections::HashMap;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align2, Color32, FontId, Id, Label, Rect, RichText, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::merge::{Choice, Merge};
use super::scroller::Scroller;
use crate::text::changed_words;
use crate::theme::{Theme, size, space, strong};
use crate::widget::{Kind, button, button_enabled, plain};
use crate::words::of_many;

/// How high a line is.
const LINE: f32 = 18.0;
/// How high the row over a difference is, which has its buttons.
const HEAD: usize = 2;

/// What a person wants of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictAct {
    /// Write mine over what is shown of theirs.
    KeepMine,
    /// Edit theirs from now on; mine can be had back by undoing.
    TakeTheirs,
    /// Edit what comes of the choices; nothing is saved yet.
    Use(String),
    /// Leave it; nothing changes.
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// Of that difference, and whether it is the first of its rows.
    Head(usize, bool),
    /// A line of mine and one of theirs.
    Lines { part: usize, mine: Option<usize>, theirs: Option<usize> },
    /// So many lines that are the same.
    Same(usize),
}

/// So many letters of a line are shown.
const SHOWN: usize = 1_000;
/// Longer lines, in bytes, aren't compared word by word: that is done while they are drawn.
const COMPARED: usize = 1_000;

/// The pieces of a line, in bytes, and whether each was changed.
type Pieces = Vec<(usize, bool)>;

/// Lines that stay around a difference.
const AROUND: usize = 3;

/// A conflict's view.
#[derive(Debug)]
pub struct ConflictView {
    merge: Merge,
    rows: Vec<Row>,
    scroller: Scroller,
    /// The difference that keys work on.
    at: usize,
    /// How wide the longest line of a difference is, in points.
    widest: f32,
    /// What differs within a line of mine and the one of theirs beside it; nothing where that is most of it.
    words: HashMap<(usize, usize), Option<(Pieces, Pieces)>>,
}

impl ConflictView {
    /// Of two texts.
    pub fn new(merge: Merge) -> Self {
        let rows = rows(&merge);
        let first = merge.parts().iter().position(|part| part.differs && part.choice.is_none());
        let at = first.or_else(|| merge.parts().iter().position(|part| part.differs)).unwrap_or(0);
        let widest = widest(&merge);
        let mut view =
            Self { merge, rows, scroller: Scroller::default(), at, widest, words: HashMap::new() };
        view.show(at);
        view
    }

    /// The texts.
    pub fn merge(&self) -> &Merge {
        &self.merge
    }

    fn show(&mut self, part: usize) {
        self.at = part;
        if let Some(row) = self.rows.iter().position(|row| *row == Row::Head(part, true)) {
            self.scroller.put_first(row.saturating_sub(AROUND));
        }
    }

    fn step(&mut self, on: bool) {
        let differ = |at: &usize| self.merge.parts().get(*at).is_some_and(|part| part.differs);
        let count = self.merge.parts().len();
        let next = if on {
            (self.at + 1..count).find(differ)
        } else {
            (0..self.at.min(count)).rev().find(differ)
        };
        if let Some(next) = next {
            self.show(next);
        }
    }

    /// Draws it in all the room there is.
    pub fn ui(&mut self, ui: &mut Ui, host: &str) -> Vec<ConflictAct> {
        let mut acts = Vec::new();
        self.head(ui, host, &mut acts);
        let rect = ui.available_rect_before_wrap();
        ui.allocate_rect(rect, Sense::hover());
        let id = Id::unique("conflict");
        let seen =
            self.scroller.ui(ui, id, rect, self.rows.len(), LINE, self.widest + rect.width());
        let theme = Theme::get(ui.ctx());
        let middle = rect.center().x.round();
        for at in seen {
            let Some(row) = self.rows.get(at).copied() else { break };
            let top = self.scroller.y(rect, at, LINE);
            match row {
                Row::Head(part, true) => {
                    let place = Rect::from_min_size(
                        pos2(rect.left(), top),
                        vec2(rect.width() - 12.0, LINE * 2.0),
                    );
                    self.part_head(ui, rect, place, part);
                }
                Row::Head(_, false) => {}
                Row::Same(count) => {
                    let number = u64::try_from(count).unwrap_or(u64::MAX);
                    let words =
                        format!("⋯ {}", of_many(number, "line is the same", "lines are the same"));
                    let at = pos2(rect.left() + space::M, top + LINE / 2.0);
                    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
                    let font = FontId::proportional(size::SMALL);
                    painter.text(at, Align2::LEFT_CENTER, words, font, theme.muted);
                }
                Row::Lines { part, mine, theirs } => {
                    let sides = [
                        (rect.left(), middle - 2.0, mine.map(|line| self.merge.mine(line)), true),
                        (
                            middle + 2.0,
                            rect.right() - 12.0,
                            theirs.map(|line| self.merge.theirs(line)),
                            false,
                        ),
                    ];
                    let words = mine.zip(theirs).filter(|_| self.differs(part));
                    let words =
                        words.and_then(|lines| compared(&mut self.words, &self.merge, lines));
                    for (left, right, text, is_mine) in sides {
                        let place = Rect::from_min_max(pos2(left, top), pos2(right, top + LINE));
                        let words =
                            words.as_ref().map(|(my, their)| if is_mine { my } else { their });
                        let line = Line { text, words: words.map_or(&[], Vec::as_slice), is_mine };
                        self.side(ui, rect, place, part, line, &theme);
                    }
                }
            }
        }
        ui.painter().vline(middle, rect.y_range(), Stroke::new(1.0, theme.line));
        acts
    }

    fn head(&mut self, ui: &mut Ui, host: &str, acts: &mut Vec<ConflictAct>) {
        let theme = Theme::get(ui.ctx());
        let (count, open) = self.merge.count();
        ui.horizontal_wrapped(|ui| {
            let words = "Somebody else has changed this file";
            ui.add(Label::new(RichText::new(words).font(strong(size::BODY)).color(theme.warn)));
            let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
            let words = match open {
                0 => format!("{}, all chosen", of_many(number(count), "difference", "differences")),
                open => format!(
                    "{}, {} not chosen yet",
                    of_many(number(count), "difference", "differences"),
                    open
                ),
            };
            ui.weak(words);
        });
        ui.horizontal_wrapped(|ui| {
            let ready = open == 0;
            let go = button_enabled(ui, ready, Kind::Primary, "Use what is chosen");
            let go = go
                .on_hover_text("Goes into the editor, to be looked at and saved")
                .on_disabled_hover_text("Choose for each difference first");
            if go.clicked()
                && let Some(text) = self.merge.result()
            {
                acts.push(ConflictAct::Use(text));
            }
            let mine = button(ui, Kind::Plain, "Keep mine");
            if mine.on_hover_text("Saves your text over what is shown of theirs").clicked() {
                acts.push(ConflictAct::KeepMine);
            }
            let theirs = button(ui, Kind::Plain, "Take theirs");
            if theirs.on_hover_text("Yours can be had back by undoing").clicked() {
                acts.push(ConflictAct::TakeTheirs);
            }
            if button(ui, Kind::Plain, "Go on editing").clicked() {
                acts.push(ConflictAct::Leave);
            }
            ui.separator();
            if button(ui, Kind::Quiet, "Previous").clicked() {
                self.step(false);
            }
            if button(ui, Kind::Quiet, "Next").clicked() {
                self.step(true);
            }
        });
        ui.add_space(space::XS);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
        let font = strong(size::SMALL);
        let theirs = format!("Theirs, on {host}");
        for (left, words) in [(rect.left(), "Mine, not saved"), (rect.center().x, theirs.as_str())]
        {
            let at = pos2(left + space::M, rect.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, words, font.clone(), theme.muted);
        }
    }

    fn part_head(&mut self, ui: &mut Ui, clip: Rect, place: Rect, at: usize) {
        let Some(part) = self.merge.parts().get(at).cloned() else { return };
        let number = self.merge.parts().iter().take(at + 1).filter(|part| part.differs).count();
        let mut inside = ui.new_child(egui::UiBuilder::new().id_salt(("part", at)).max_rect(place));
        inside.set_clip_rect(clip.intersect(ui.clip_rect()));
        inside.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            ui.spacing_mut().button_padding = vec2(8.0, 2.0);
            ui.add_space(space::M);
            let theme = Theme::get(ui.ctx());
            let colour = if part.choice.is_none() { theme.warn } else { theme.muted };
            ui.label(RichText::new(format!("Difference {number}")).size(size::SMALL).color(colour));
            for (choice, words) in
                [(Choice::Mine, "Mine"), (Choice::Theirs, "Theirs"), (Choice::Both, "Both")]
            {
                let chosen = part.choice == Some(choice);
                let response = ui.selectable_label(chosen, words);
                let name = format!("{words} for difference {number}");
                response.widget_info(|| {
                    WidgetInfo::selected(egui::Role::RadioButton, true, chosen, &name)
                });
                if response.clicked() {
                    self.merge.choose(at, choice);
                    self.at = at;
                }
            }
        });
    }

    fn differs(&self, part: usize) -> bool {
        self.merge.parts().get(part).is_some_and(|part| part.differs)
    }

    fn side(&self, ui: &Ui, clip: Rect, place: Rect, part: usize, line: Line<'_>, theme: &Theme) {
        let Line { text, words, is_mine } = line;
        let Some(part) = self.merge.parts().get(part) else { return };
        let painter = ui.painter().with_clip_rect(place.intersect(clip).intersect(ui.clip_rect()));
        let counts = match part.choice {
            Some(Choice::Both) | None => true,
            Some(Choice::Mine) => is_mine,
            Some(Choice::Theirs) => !is_mine,
        };
        if part.differs {
            let fill = match (text.is_some(), counts) {
                (true, true) => theme.added,
                (true, false) => theme.removed,
                (false, _) => theme.sunken,
            };
            let fill =
                if part.choice.is_none() && text.is_some() { theme.tint(theme.warn) } else { fill };
            painter.rect_filled(place, 0.0, fill);
        }
        let Some(text) = text else { return };
        let colour: Color32 = if counts || !part.differs { theme.text } else { theme.muted };
        let at = pos2(place.left() + space::M - self.scroller.left, place.center().y);
        let mark = match (part.choice.is_none(), counts) {
            (true, _) => theme.warn,
            (false, true) => theme.good,
            (false, false) => theme.bad,
        };
        let format = |background| TextFormat {
            font_id: FontId::monospace(size::CODE - 0.5),
            color: colour,
            background,
            ..TextFormat::default()
        };
        let mut job = LayoutJob::default();
        // As much as can be seen.
        let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at);
        let mut from = 0_usize;
        let rest = [(text.len(), false)];
        for (bytes, changed) in words.iter().chain(&rest) {
            let to = from.saturating_add(*bytes).min(end);
            let piece = text.get(from..to).unwrap_or_default().replace('\t', "    ");
            let background = if *changed { theme.rim(mark) } else { Color32::TRANSPARENT };
            job.append(&plain(&piece), 0.0, format(background));
            from = to;
        }
        job.wrap.max_width = f32::INFINITY;
        let galley = ui.painter().layout_job(job);
        painter.galley(at - vec2(0.0, galley.size().y / 2.0), galley, colour);
    }
}

/// A line of one side.
struct Line<'a> {
    text: Option<&'a str>,
    words: &'a [(usize, bool)],
    is_mine: bool,
}

/// What differs within a line of mine and one of theirs.
fn compared(
    known: &mut HashMap<(usize, usize), Option<(Pieces, Pieces)>>,
    merge: &Merge,
    (mine, theirs): (usize, usize),
) -> Option<(Pieces, Pieces)> {
    let made = known.entry((mine, theirs)).or_insert_with(|| {
        let (mine, theirs) = (merge.mine(mine), merge.theirs(theirs));
        if mine.len().max(theirs.len()) > COMPARED {
            return None;
        }
        let (my, their) = changed_words(mine, theirs)?;
        let pieces = |words: Vec<(&str, bool)>| {
            words.into_iter().map(|(word, changed)| (word.len(), changed)).collect()
        };
        Some((pieces(my), pieces(their)))
    });
    made.clone()
}

/// How wide the longest line of a difference is, in points, as far as lines are shown.
fn widest(merge: &Merge) -> f32 {
    let differ = merge.parts().iter().filter(|part| part.differs);
    let letters = differ.flat_map(|part| {
        let mine = part.mine.clone().map(|line| merge.mine(line).len());
        mine.chain(part.theirs.clone().map(|line| merge.theirs(line).len()))
    });
    let most = letters.max().unwrap_or(0).min(SHOWN);
    // A letter of code is about six tenths as wide as it is high.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred letters")]
    {
        most as f32 * (size::CODE - 0.5) * 0.6
    }
}

fn rows(merge: &Merge) -> Vec<Row> {
    let mut rows = Vec::new();
    let last = merge.parts().len().saturating_sub(1);
    for (at, part) in merge.parts().iter().enumerate() {
        if part.differs {
            rows.extend((0..HEAD).map(|row| Row::Head(at, row == 0)));
            for line in 0..part.mine.len().max(part.theirs.len()) {
                let of = |range: &std::ops::Range<usize>| {
                    (line < range.len()).then_some(range.start + line)
                };
                let (mine, theirs) = (of(&part.mine), of(&part.theirs));
                rows.push(Row::Lines { part: at, mine, theirs });
            }
            continue;
        }
        let count = part.mine.len();
        let before = if at == 0 { 0 } else { AROUND };
        let behind = if at == last { 0 } else { AROUND };
        let same = |line: usize| Row::Lines {
            part: at,
            mine: Some(part.mine.start + line),
            theirs: Some(part.theirs.start + line),
        };
        if count <= before + behind + 1 {
            rows.extend((0..count).map(same));
        } else {
            rows.extend((0..before).map(same));
            rows.push(Row::Same(count - before - behind));
            rows.extend((count - behind..count).map(same));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The words of line 0 that are marked, of each side.
    fn marked(mine: &str, theirs: &str) -> Option<[String; 2]> {
        let merge = Merge::new(None, mine, theirs);
        let (my, their) = compared(&mut HashMap::new(), &merge, (0, 0))?;
        let words = |text: &str, pieces: Pieces| {
            let mut from = 0;
            let mut found = Vec::new();
            for (bytes, changed) in pieces {
                if changed {
                    found.push(text.get(from..from + bytes).unwrap().to_owned());
                }
                from += bytes;
            }
            found.join("|")
        };
        Some([words(merge.mine(0), my), words(merge.theirs(0), their)])
    }

    #[test]
    fn only_the_words_that_differ_are_marked_on_both_sides() {
        let found = marked("let äge = old + 1;\n", "let äge = new + 1;\n");
        assert_eq!(found, Some(["old".to_owned(), "new".to_owned()]));
        let found = marked("a b c d e f\n", "a b c d e f g\n");
        assert_eq!(found.map(|[mine, _]| mine), Some(String::new()), "mine has nothing of its own");
    }

    #[test]
    fn lines_that_are_quite_different_or_very_long_are_marked_as_a_whole() {
        assert_eq!(marked("one two three\n", "quite another line here\n"), None);
        let long = "word ".repeat(400);
        assert_eq!(marked(&format!("{long}a\n"), &format!("{long}b\n")), None);
    }
}
