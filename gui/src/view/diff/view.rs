//! A diff that is read, and whose lines are staged one by one.

use std::collections::{BTreeMap, BTreeSet};

use egui::{Align, Align2, FontId, Id, Key, Layout, Modifiers, Rect, Sense, Ui, WidgetInfo, pos2};
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::seam::{DiffOf, FileDiff, FilePath, GitDiff, LineKind, LinesHow};

use super::chosen::{Chosen, number_of};
use super::heading::{file_heading, hunk_heading};
use super::line::{LAID_OUT, Words, line, sign, words_of};
use super::rows::{DiffRow, Numbers, Place, note, numbers, rows};
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space, strong};
use crate::view::confirm::{ConfirmAct, ConfirmData, ConfirmView};
use crate::view::git::DiffAct;
use crate::widget::{Kind, Scroll, Stack, button, empty, failure_card, pill, small_button};
use crate::words::clean_line;

/// How high a line is, in points.
const LINE: f32 = 18.0;
/// How high a file's heading is.
const FILE: f32 = 32.0;
/// How high a hunk's heading is.
const HUNK: f32 = 24.0;
/// How far a press of an arrow scrolls sideways, in points.
const SIDEWAYS: f32 = 40.0;

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

/// What is to become of lines of a diff: in which version of it, of which of its files, each line's hunk and place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wish {
    version: u64,
    how: LinesHow,
    file: usize,
    lines: Vec<(u32, u32)>,
}

/// A diff's own state.
#[derive(Debug, Default)]
pub struct DiffView {
    folded: BTreeSet<FilePath>,
    chosen: Chosen,
    dragging: Option<bool>,
    /// What is asked before it is done.
    asked: Option<(ConfirmView, Wish)>,
    /// What waits until what was wished before is done.
    held: Option<Wish>,
    /// What was wished last: pressed twice it is done once.
    last: Option<Wish>,
    /// Of which version everything here is.
    known: Option<u64>,
    laid: Option<bool>,
    rows: Vec<DiffRow>,
    stack: Stack,
    words: BTreeMap<Place, Words>,
    numbers: BTreeMap<(usize, usize), Vec<Numbers>>,
    /// By how many points lines are scrolled sideways, and how wide the longest is.
    left: f32,
    widest: f32,
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
                self.choice(ui, data);
            });
        });
        if diff.more {
            ui.colored_label(theme.warn, "More files were changed than are shown here.");
        }
    }

    /// What can be done with the lines that are chosen.
    fn choice(&mut self, ui: &mut Ui, data: &DiffData<'_>) {
        let theme = Theme::get(ui.ctx());
        let Some(file) = self.chosen.file() else { return };
        let words = crate::words::of_many(self.chosen.len() as u64, "line", "lines");
        if small_button(ui, "Clear", theme.muted).clicked() {
            self.chosen.clear();
            return;
        }
        for (how, name) in can(data.of) {
            let words = format!("{name} {words}");
            let colour = if how == LinesHow::Discard { theme.bad } else { theme.link };
            if small_button(ui, &words, colour).clicked() {
                let lines = self.chosen.numbers();
                self.want(Wish { version: data.version, how, file, lines });
                if how != LinesHow::Discard {
                    self.chosen.clear();
                }
                return;
            }
        }
    }

    fn body(&mut self, ui: &mut Ui, data: &DiffData<'_>, diff: &GitDiff, acts: &mut Vec<DiffAct>) {
        if self.known != Some(data.version) {
            self.known = Some(data.version);
            self.laid = None;
            self.chosen.clear();
            self.asked = None;
            self.held = None;
            self.words.clear();
            self.numbers.clear();
            self.widest = widest(diff);
        }
        if self.laid != Some(data.side_by_side) {
            let is_folded = |file: &FileDiff| self.folded.contains(&file.path);
            self.rows = rows(diff, is_folded, data.side_by_side);
            self.stack = Stack::new(self.rows.iter().map(|row| match row {
                DiffRow::File(_) => FILE,
                DiffRow::Hunk(..) => HUNK,
                DiffRow::Note(_) | DiffRow::Line(_) | DiffRow::Pair(..) => LINE,
            }));
            self.laid = Some(data.side_by_side);
        }
        self.confirm(ui, diff);
        self.keys(ui);
        self.scroll_sideways(ui);
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
        self.fulfil(data, acts);
    }

    /// Long lines are read by the wheel with Shift, a trackpad, or Alt with the arrows.
    fn scroll_sideways(&mut self, ui: &Ui) {
        let room = ui.available_rect_before_wrap();
        let mut by = 0.0;
        if ui.rect_contains_pointer(room) {
            by -= ui.input_mut(|input| {
                let delta = input.smooth_scroll_delta;
                input.smooth_scroll_delta.x = 0.0;
                delta.x
            });
        }
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::ALT, key));
        if pressed(Key::ArrowRight) {
            by += SIDEWAYS;
        }
        if pressed(Key::ArrowLeft) {
            by -= SIDEWAYS;
        }
        // The end of the longest line comes up to the middle of the narrowest column.
        let most = (self.widest - room.width() / 4.0).max(0.0);
        self.left = (self.left + by).clamp(0.0, most);
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
                let Some(of) = diff.files.get(file) else { return };
                let folded = self.folded.contains(&of.path);
                let mut wanted = Vec::new();
                if file_heading(ui, data.of, (file, of), place, folded, &mut wanted) {
                    if !self.folded.remove(&of.path) {
                        self.folded.insert(of.path.clone());
                    }
                    self.laid = None;
                }
                let changes =
                    |act: &DiffAct| matches!(act, DiffAct::Stage(_) | DiffAct::Unstage(_));
                acts.extend(wanted.into_iter().filter(|act| !(data.busy && changes(act))));
            }
            DiffRow::Note(file) => {
                let words = diff.files.get(file).map_or_else(String::new, note);
                let theme = Theme::get(ui.ctx());
                let font = FontId::proportional(size::SMALL);
                let at = pos2(place.left() + space::M, place.center().y);
                ui.painter().text(at, Align2::LEFT_CENTER, words, font, theme.muted);
            }
            DiffRow::Hunk(file, hunk) => {
                let Some(of) = diff.files.get(file) else { return };
                if let Some(how) = hunk_heading(ui, data.of, of, hunk, place) {
                    let lines = of.hunks.get(hunk).map_or(0, |hunk| hunk.lines.len());
                    let number = |line| number_of(&Place { file, hunk, line });
                    let lines = (0..lines).map(number).collect();
                    self.want(Wish { version: data.version, how, file, lines });
                }
            }
            DiffRow::Line(of) => {
                let (old, new) = self.numbers_of(diff, of);
                self.line(ui, data, diff, of, place, &[old, new], at);
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
                    let (before, after) = self.numbers_of(diff, of);
                    let number = if is_old { before } else { after };
                    let salt = at * 2 + usize::from(is_old);
                    self.line(ui, data, diff, of, side, &[number], salt);
                }
            }
        }
    }

    /// The numbers of a line, counted once for its hunk.
    fn numbers_of(&mut self, diff: &GitDiff, of: Place) -> Numbers {
        let counted = self.numbers.entry((of.file, of.hunk)).or_insert_with(|| {
            let hunk = diff.files.get(of.file).and_then(|file| file.hunks.get(of.hunk));
            hunk.map(numbers).unwrap_or_default()
        });
        counted.get(of.line).copied().unwrap_or_default()
    }

    #[expect(clippy::too_many_arguments, reason = "a line, its place and its numbers")]
    fn line(
        &mut self,
        ui: &Ui,
        data: &DiffData<'_>,
        diff: &GitDiff,
        of: Place,
        place: Rect,
        columns: &[Option<u32>],
        salt: usize,
    ) {
        let Some(file) = diff.files.get(of.file) else { return };
        let Some(hunk) = file.hunks.get(of.hunk) else { return };
        let Some(text) = hunk.lines.get(of.line) else { return };
        let words = self.words.entry(of).or_insert_with(|| words_of(hunk, of.line));
        let words = words.as_deref().unwrap_or_default();
        let is_chosen = self.chosen.contains(of);
        let gutter = line(ui, text, words, place, columns, is_chosen, self.left);
        if text.kind != LineKind::Context && !can(data.of).is_empty() {
            self.gutter(ui, gutter, file, of, (sign(text.kind), &text.text), salt);
        }
    }

    /// Where lines are chosen: by a click, by dragging over several, with Shift up to the last one.
    fn gutter(
        &mut self,
        ui: &Ui,
        rect: Rect,
        file: &FileDiff,
        of: Place,
        (sign, text): (char, &str),
        salt: usize,
    ) {
        let id = Id::unique(("diff line", of, salt));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        let is_chosen = self.chosen.contains(of);
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
            self.chosen.set(of, on);
        } else if response.clicked() {
            if ui.input(|input| input.modifiers.shift) {
                self.chosen.extend(file, of);
            } else {
                self.chosen.set(of, !is_chosen);
            }
        }
    }

    /// What takes something away is asked about first.
    fn want(&mut self, wish: Wish) {
        if wish.how == LinesHow::Discard {
            self.asked = Some((ConfirmView::default(), wish));
        } else {
            self.held = Some(wish);
        }
    }

    /// Does what is wished, one after the other: lines are counted in the diff as it was seen.
    fn fulfil(&mut self, data: &DiffData<'_>, acts: &mut Vec<DiffAct>) {
        if data.busy {
            self.held.take_if(|held| self.last.as_ref() == Some(held));
            return;
        }
        if let Some(wish) = self.held.take_if(|held| held.version == data.version) {
            self.last = Some(wish.clone());
            let Wish { how, file, lines, .. } = wish;
            acts.push(DiffAct::Lines { how, file, lines });
        }
    }

    fn confirm(&mut self, ui: &Ui, diff: &GitDiff) {
        let Some((mut view, wish)) = self.asked.take() else { return };
        let names: Vec<String> =
            diff.files.get(wish.file).map(|file| file.path.to_string()).into_iter().collect();
        let data = ConfirmData {
            heading: "Discard these lines?",
            what: "They become what is staged or committed. What was changed can't be had back.",
            names: &names,
            act: "Discard",
            keep: "Keep them",
        };
        match view.ui(ui.ctx(), &data).into_iter().next() {
            None => self.asked = Some((view, wish)),
            Some(ConfirmAct::Keep) => {}
            Some(ConfirmAct::Do) => self.held = Some(wish),
        }
    }
}

/// What can be done with lines of a diff.
pub(super) fn can(of: &DiffOf) -> Vec<(LinesHow, &'static str)> {
    match of {
        DiffOf::Unstaged => vec![(LinesHow::Discard, "Discard"), (LinesHow::Stage, "Stage")],
        DiffOf::Staged => vec![(LinesHow::Unstage, "Unstage")],
        DiffOf::Head | DiffOf::Base { .. } | DiffOf::Commit { .. } | DiffOf::Untracked => {
            Vec::new()
        }
    }
}

/// How wide the longest line is that is shown, in points.
fn widest(diff: &GitDiff) -> f32 {
    let lines = diff.files.iter().flat_map(|file| &file.hunks).flat_map(|hunk| &hunk.lines);
    let wide = |text: &str| text.len() + 3 * text.bytes().filter(|byte| *byte == b'\t').count();
    let most = lines.map(|line| wide(&line.text)).max().unwrap_or(0).min(LAID_OUT);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand letters")]
    let letters = (most + 4) as f32;
    // A letter of code is about six tenths as wide as it is high.
    letters * (size::CODE - 0.5) * 0.6
}
