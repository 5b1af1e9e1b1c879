//! A diff that is read, and whose lines are staged one by one.

use std::collections::{BTreeMap, BTreeSet};

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Align2, Color32, FontId, Id, Key, Layout, Modifiers, Rect, Sense, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::seam::{DiffOf, FileDiff, GitDiff, LineKind, LinesHow};

use super::rows::{DiffRow, Place, note, numbers, partner, rows};
use crate::fetched::Fetched;
use crate::text::changed_words;
use crate::theme::{Theme, size, space, strong};
use crate::view::git::{DiffAct, kind_words, letter};
use crate::widget::{
    Kind, Scroll, Stack, button, empty, failure_card, pill, small_button, small_icon_button,
};
use crate::words::clean_line;

/// How high a line is, in points.
const LINE: f32 = 18.0;
/// How high a file's heading is.
const FILE: f32 = 32.0;
/// How high a hunk's heading is.
const HUNK: f32 = 24.0;
/// How wide a column of numbers is.
const NUMBERS: f32 = 44.0;
/// Lines that are longer aren't compared word by word.
const COMPARED: usize = 2_000;
/// Letters of a line that are laid out: nobody reads more without a wider window.
const LAID_OUT: usize = 4_000;

/// What a diff shows.
#[derive(Clone, Copy, Debug)]
pub struct DiffData<'a> {
    /// Another number whenever `diff` is another.
    pub version: u64,
    /// Between what.
    pub of: &'a DiffOf,
    /// What it is called.
    pub title: &'a str,
    /// The differences.
    pub diff: &'a Fetched<GitDiff>,
    /// Whether the sides stand beside one another.
    pub side_by_side: bool,
    /// Whether something that was asked for is being done.
    pub busy: bool,
}

/// A diff's own state.
#[derive(Debug, Default)]
pub struct DiffView {
    folded: BTreeSet<usize>,
    chosen: BTreeSet<Place>,
    last: Option<Place>,
    dragging: Option<bool>,
    laid: Option<(u64, bool, usize)>,
    rows: Vec<DiffRow>,
    stack: Stack,
    words: BTreeMap<Place, Option<Vec<(usize, bool)>>>,
    at: usize,
    reveal: Option<usize>,
}

impl DiffView {
    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, data: &DiffData<'_>) -> Vec<DiffAct> {
        let mut acts = Vec::new();
        match data.diff {
            Fetched::Failed(failure) => self.failed(ui, failure, &mut acts),
            Fetched::Missing | Fetched::Pending => {
                ui.vertical_centered(|ui| {
                    ui.add_space(space::XL);
                    ui.weak("Asking git…");
                });
            }
            Fetched::Ready(diff) => {
                self.above(ui, data, diff, &mut acts);
                if diff.files.is_empty() {
                    empty(ui, Icon::Check, "No difference", "Both sides are the same.");
                } else {
                    self.body(ui, data, diff, &mut acts);
                }
            }
        }
        acts
    }

    fn failed(&self, ui: &mut Ui, failure: &Failure, acts: &mut Vec<DiffAct>) {
        ui.add_space(space::S);
        failure_card(ui, failure, |ui| {
            if button(ui, Kind::Plain, "Retry").clicked() {
                acts.push(DiffAct::Retry);
            }
        });
    }

    fn above(&mut self, ui: &mut Ui, data: &DiffData<'_>, diff: &GitDiff, acts: &mut Vec<DiffAct>) {
        let theme = Theme::get(ui.ctx());
        ui.horizontal(|ui| {
            ui.add(
                egui::Label::new(
                    egui::RichText::new(clean_line(data.title)).font(strong(size::BODY)),
                )
                .truncate(),
            );
            let added: u64 = diff.files.iter().map(|file| u64::from(file.added)).sum();
            let removed: u64 = diff.files.iter().map(|file| u64::from(file.removed)).sum();
            pill(ui, None, &format!("+{added}"), theme.good);
            pill(ui, None, &format!("-{removed}"), theme.bad);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (icon, name) = if data.side_by_side {
                    (Icon::Rows2, "One column")
                } else {
                    (Icon::Columns2, "Side by side")
                };
                if crate::widget::icon_button(ui, icon, name).clicked() {
                    acts.push(DiffAct::SideBySide(!data.side_by_side));
                }
                self.choice(ui, data, acts);
            });
        });
        if diff.more {
            ui.colored_label(theme.warn, "More files were changed than are shown here.");
        }
    }

    /// What can be done with the lines that are chosen.
    fn choice(&mut self, ui: &mut Ui, data: &DiffData<'_>, acts: &mut Vec<DiffAct>) {
        let theme = Theme::get(ui.ctx());
        let Some(file) = self.chosen.iter().next().map(|place| place.file) else { return };
        let words = crate::words::of_many(self.chosen.len() as u64, "line", "lines");
        if small_button(ui, "Clear", theme.muted).clicked() {
            self.chosen.clear();
            return;
        }
        for (how, name) in can(data.of) {
            let words = format!("{name} {words}");
            let colour = if how == LinesHow::Discard { theme.bad } else { theme.link };
            if small_button(ui, &words, colour).clicked() && !data.busy {
                let lines = self.chosen.iter().map(number_of).collect();
                acts.push(DiffAct::Lines { how, file, lines });
                self.chosen.clear();
                return;
            }
        }
    }

    fn body(&mut self, ui: &mut Ui, data: &DiffData<'_>, diff: &GitDiff, acts: &mut Vec<DiffAct>) {
        let laid = (data.version, data.side_by_side, self.folded.len());
        if self.laid != Some(laid) {
            if self.laid.is_none_or(|(version, ..)| version != data.version) {
                self.chosen.clear();
                self.last = None;
                self.words.clear();
            }
            self.rows = rows(diff, &self.folded, data.side_by_side);
            self.stack = Stack::new(self.rows.iter().map(|row| match row {
                DiffRow::File(_) => FILE,
                DiffRow::Hunk(..) => HUNK,
                DiffRow::Note(_) | DiffRow::Line(_) | DiffRow::Pair(..) => LINE,
            }));
            self.laid = Some(laid);
        }
        self.keys(ui);
        if !ui.input(|input| input.pointer.primary_down()) {
            self.dragging = None;
        }
        let stack = std::mem::take(&mut self.stack);
        let all = std::mem::take(&mut self.rows);
        let reveal = self.reveal.take().map_or(Scroll::Stay, Scroll::Reveal);
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        stack.show(ui, "diff", reveal, |ui, at, place| {
            let Some(row) = all.get(at) else { return };
            self.row(ui, data, diff, (at, *row), place, acts);
        });
        self.stack = stack;
        self.rows = all;
    }

    /// F7 and Shift+F7 go from hunk to hunk, as in other programs that show diffs.
    fn keys(&mut self, ui: &Ui) {
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let is_hunk = |row: &DiffRow| matches!(row, DiffRow::Hunk(..));
        if pressed(Modifiers::SHIFT, Key::F7) {
            let before = self.rows.iter().take(self.at).rposition(is_hunk);
            self.at = before.unwrap_or(0);
            self.reveal = Some(self.at);
        } else if pressed(Modifiers::NONE, Key::F7) {
            let behind = self.rows.iter().skip(self.at + 1).position(is_hunk);
            if let Some(behind) = behind {
                self.at += behind + 1;
                self.reveal = Some((self.at + 8).min(self.rows.len().saturating_sub(1)));
            }
        }
        if !self.chosen.is_empty() && pressed(Modifiers::NONE, Key::Escape) {
            self.chosen.clear();
        }
    }

    fn row(
        &mut self,
        ui: &mut Ui,
        data: &DiffData<'_>,
        diff: &GitDiff,
        (at, row): (usize, DiffRow),
        place: Rect,
        acts: &mut Vec<DiffAct>,
    ) {
        match row {
            DiffRow::File(file) => {
                if let Some(of) = diff.files.get(file) {
                    self.file(ui, data, (file, of), place, acts);
                }
            }
            DiffRow::Note(file) => {
                let words = diff.files.get(file).map_or_else(String::new, note);
                let theme = Theme::get(ui.ctx());
                let font = FontId::proportional(size::SMALL);
                let at = pos2(place.left() + space::M, place.center().y);
                ui.painter().text(at, Align2::LEFT_CENTER, words, font, theme.muted);
            }
            DiffRow::Hunk(file, hunk) => {
                if let Some(of) = diff.files.get(file) {
                    self.hunk(ui, data, (file, of), hunk, place, acts);
                }
            }
            DiffRow::Line(of) => {
                let Some(file) = diff.files.get(of.file) else { return };
                let Some(hunk) = file.hunks.get(of.hunk) else { return };
                let (old, new) = numbers(hunk).get(of.line).copied().unwrap_or_default();
                self.line(ui, data, file, of, place, &[old, new], at);
            }
            DiffRow::Pair(old, new) => {
                let middle = place.center().x;
                let sides = [
                    (old, place.with_max_x(middle - 1.0), true),
                    (new, place.with_min_x(middle + 1.0), false),
                ];
                let theme = Theme::get(ui.ctx());
                for (of, side, is_old) in sides {
                    let Some(of) = of else {
                        ui.painter().rect_filled(side, 0.0, theme.sunken);
                        continue;
                    };
                    let Some(file) = diff.files.get(of.file) else { continue };
                    let Some(hunk) = file.hunks.get(of.hunk) else { continue };
                    let (before, after) = numbers(hunk).get(of.line).copied().unwrap_or_default();
                    let number = if is_old { before } else { after };
                    self.line(ui, data, file, of, side, &[number], at * 2 + usize::from(is_old));
                }
            }
        }
    }

    fn file(
        &mut self,
        ui: &mut Ui,
        data: &DiffData<'_>,
        (at, file): (usize, &FileDiff),
        place: Rect,
        acts: &mut Vec<DiffAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let rect = place.shrink2(vec2(0.0, 3.0));
        let folded = self.folded.contains(&at);
        let id = Id::unique(("diff file", &file.path, at));
        let response = ui.interact(rect, id, Sense::click());
        let words = format!("{}, {}", file.path, kind_words(file.kind));
        response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, !folded, &words));
        let fill = if response.hovered() { theme.hover } else { theme.raised };
        ui.painter().rect_filled(rect, egui::CornerRadius::same(crate::theme::radius::SMALL), fill);
        if response.has_focus() {
            let stroke = egui::Stroke::new(1.0, theme.accent);
            ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
        }
        let layout = Layout::left_to_right(Align::Center);
        let mut inside = ui
            .new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(space::S, 0.0))).layout(layout));
        inside.spacing_mut().item_spacing.x = space::XS;
        let mark = if folded { Icon::ChevronRight } else { Icon::ChevronDown };
        crate::widget::icon_sized(&mut inside, mark, size::SMALL, theme.muted);
        pill(&mut inside, None, letter(file.kind), theme.muted)
            .on_hover_text(kind_words(file.kind));
        let name = match &file.from {
            Some(from) => format!("{from} → {}", file.path),
            None => file.path.to_string(),
        };
        inside.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            if small_icon_button(ui, Icon::File, &format!("Open {}", file.path)).clicked() {
                acts.push(DiffAct::OpenFile(file.path.clone()));
            }
            if small_icon_button(ui, Icon::Copy, "Copy the path").clicked() {
                acts.push(DiffAct::Copy(file.path.to_string()));
            }
            match data.of {
                DiffOf::Unstaged | DiffOf::Untracked => {
                    let name = format!("Stage {}", file.path);
                    if small_icon_button(ui, Icon::Plus, &name).clicked() && !data.busy {
                        acts.push(DiffAct::Stage(file.path.clone()));
                    }
                }
                DiffOf::Staged => {
                    let name = format!("Unstage {}", file.path);
                    if small_icon_button(ui, Icon::Minus, &name).clicked() && !data.busy {
                        acts.push(DiffAct::Unstage(file.path.clone()));
                    }
                }
                DiffOf::Head | DiffOf::Base { .. } | DiffOf::Commit { .. } => {}
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = egui::RichText::new(name).font(strong(size::BODY));
                ui.add(egui::Label::new(text).selectable(false).truncate());
            });
        });
        if response.clicked() {
            if folded {
                self.folded.remove(&at);
            } else {
                self.folded.insert(at);
            }
            self.laid = self.laid.map(|(version, side, _)| (version, side, usize::MAX));
        }
    }

    fn hunk(
        &mut self,
        ui: &mut Ui,
        data: &DiffData<'_>,
        (at, file): (usize, &FileDiff),
        number: usize,
        place: Rect,
        acts: &mut Vec<DiffAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let Some(hunk) = file.hunks.get(number) else { return };
        let words = format!(
            "@@ -{},{} +{},{} @@ {}",
            hunk.old_start,
            hunk.old_lines,
            hunk.new_start,
            hunk.new_lines,
            clean_line(&hunk.heading)
        );
        let font = FontId::monospace(size::SMALL);
        let mut job = LayoutJob::simple_singleline(words, font, theme.link);
        job.wrap = egui::text::TextWrapping::truncate_at_width((place.width() - 220.0).max(60.0));
        let galley = ui.painter().layout_job(job);
        let left = pos2(place.left() + space::S, place.center().y - galley.size().y / 2.0);
        ui.painter().galley(left, galley, theme.link);
        if file.kind == orchestrator::seam::ChangeKind::Conflicted {
            return;
        }
        let layout = Layout::right_to_left(Align::Center);
        let mut inside = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
        inside.spacing_mut().item_spacing.x = space::XS;
        for (how, name) in can(data.of) {
            let colour = if how == LinesHow::Discard { theme.bad } else { theme.muted };
            let pressed = small_button(&mut inside, &format!("{name} hunk"), colour);
            pressed.widget_info(|| {
                let words = format!("{name} hunk {} of {}", number + 1, file.path);
                WidgetInfo::labeled(egui::Role::Button, true, words)
            });
            if pressed.clicked() && !data.busy {
                let lines = (0..hunk.lines.len())
                    .map(|line| number_of(&Place { file: at, hunk: number, line }));
                acts.push(DiffAct::Lines { how, file: at, lines: lines.collect() });
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a line's place, its text and its numbers")]
    fn line(
        &mut self,
        ui: &mut Ui,
        data: &DiffData<'_>,
        file: &FileDiff,
        of: Place,
        place: Rect,
        columns: &[Option<u32>],
        salt: usize,
    ) {
        let theme = Theme::get(ui.ctx());
        let Some(line) = file.hunks.get(of.hunk).and_then(|hunk| hunk.lines.get(of.line)) else {
            return;
        };
        let (fill, strong_fill, sign) = match line.kind {
            LineKind::Context => (Color32::TRANSPARENT, Color32::TRANSPARENT, ' '),
            LineKind::Added => (theme.added, theme.tint(theme.good), '+'),
            LineKind::Removed => (theme.removed, theme.tint(theme.bad), '-'),
        };
        ui.painter().rect_filled(place, 0.0, fill);
        let is_chosen = self.chosen.contains(&of);
        if is_chosen {
            ui.painter().rect_filled(place, 0.0, theme.selection.gamma_multiply(0.6));
        }
        let font = FontId::monospace(size::CODE - 0.5);
        let mut left = place.left();
        for number in columns {
            left += NUMBERS;
            if let Some(number) = number {
                let at = pos2(left - space::XS, place.center().y);
                let small = FontId::monospace(size::SMALL);
                ui.painter().text(at, Align2::RIGHT_CENTER, number, small, theme.muted);
            }
        }
        let gutter = place.with_max_x(left);
        if line.kind != LineKind::Context && !can(data.of).is_empty() {
            self.gutter(ui, gutter, of, sign, &line.text, salt);
        }
        let words = self.words_of(file, of);
        let text = &line.text;
        let mut job = LayoutJob::default();
        let format = |background| TextFormat {
            font_id: font.clone(),
            color: theme.text,
            background,
            ..TextFormat::default()
        };
        job.append(&format!("{sign} "), 0.0, format(Color32::TRANSPARENT));
        let mut from = 0;
        for (bytes, changed) in &words {
            let to = from + bytes;
            let piece = text.get(from..to).unwrap_or_default();
            let background = if *changed { strong_fill } else { Color32::TRANSPARENT };
            job.append(&shown(piece), 0.0, format(background));
            from = to;
        }
        let rest = text.get(from..).unwrap_or_default();
        let end = rest.char_indices().nth(LAID_OUT).map_or(rest.len(), |(at, _)| at);
        job.append(&shown(rest.get(..end).unwrap_or_default()), 0.0, format(Color32::TRANSPARENT));
        if end < rest.len() {
            job.append(" …", 0.0, format(Color32::TRANSPARENT));
        }
        if line.no_newline {
            let end = TextFormat { color: theme.muted, ..format(Color32::TRANSPARENT) };
            job.append("  (no newline at the end)", 0.0, end);
        }
        job.wrap.max_width = f32::INFINITY;
        let galley = ui.painter().layout_job(job);
        let clip = place.with_min_x(left).intersect(ui.clip_rect());
        let at = pos2(left + space::XS, place.center().y - galley.size().y / 2.0);
        ui.painter().with_clip_rect(clip).galley(at, galley, theme.text);
    }

    /// Where lines are chosen: by a click, by dragging over several, with Shift up to the last one.
    fn gutter(&mut self, ui: &Ui, rect: Rect, of: Place, sign: char, text: &str, salt: usize) {
        let id = Id::unique(("diff line", of, salt));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        let is_chosen = self.chosen.contains(&of);
        response.widget_info(|| {
            let words = format!("{sign}{text}");
            WidgetInfo::selected(egui::Role::CheckBox, true, is_chosen, words)
        });
        let response = response.on_hover_cursor(egui::CursorIcon::PointingHand);
        if response.drag_started() {
            self.dragging = Some(!is_chosen);
        }
        let under =
            ui.input(|input| input.pointer.latest_pos()).is_some_and(|at| rect.contains(at));
        if let (Some(on), true) = (self.dragging, under) {
            self.choose(of, on);
        } else if response.clicked() {
            match (ui.input(|input| input.modifiers.shift), self.last) {
                (true, Some(last)) if last.file == of.file => {
                    let (from, to) = (last.min(of), last.max(of));
                    let between: Vec<Place> = self.rows_between(from, to).into_iter().collect();
                    for place in between {
                        self.choose(place, true);
                    }
                }
                (_, _) => self.choose(of, !is_chosen),
            }
        }
    }

    fn rows_between(&self, from: Place, to: Place) -> Vec<Place> {
        // Those of the same hunk: what lies between hunks wasn't changed.
        if from.hunk != to.hunk {
            return vec![from, to];
        }
        (from.line..=to.line).map(|line| Place { line, ..from }).collect()
    }

    fn choose(&mut self, of: Place, on: bool) {
        // Lines of one file at a time: they are staged in one step, or not at all.
        self.chosen.retain(|place| place.file == of.file);
        if on {
            self.chosen.insert(of);
        } else {
            self.chosen.remove(&of);
        }
        self.last = Some(of);
    }

    /// The pieces of a line, in bytes, and whether each was changed.
    fn words_of(&mut self, file: &FileDiff, of: Place) -> Vec<(usize, bool)> {
        let made = self.words.entry(of).or_insert_with(|| {
            let hunk = file.hunks.get(of.hunk)?;
            let other = hunk.lines.get(partner(hunk, of.line)?)?;
            let this = hunk.lines.get(of.line)?;
            if this.text.len().max(other.text.len()) > COMPARED {
                return None;
            }
            let is_old = this.kind == LineKind::Removed;
            let (old, new) = if is_old { (this, other) } else { (other, this) };
            let (before, after) = changed_words(&old.text, &new.text)?;
            let pieces = if is_old { before } else { after };
            Some(pieces.into_iter().map(|(piece, changed)| (piece.len(), changed)).collect())
        });
        made.clone().unwrap_or_default()
    }
}

/// What can be done with lines of a diff.
fn can(of: &DiffOf) -> Vec<(LinesHow, &'static str)> {
    match of {
        DiffOf::Unstaged => vec![(LinesHow::Discard, "Discard"), (LinesHow::Stage, "Stage")],
        DiffOf::Staged => vec![(LinesHow::Unstage, "Unstage")],
        DiffOf::Head | DiffOf::Base { .. } | DiffOf::Commit { .. } | DiffOf::Untracked => {
            Vec::new()
        }
    }
}

fn number_of(place: &Place) -> (u32, u32) {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (number(place.hunk), number(place.line))
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
