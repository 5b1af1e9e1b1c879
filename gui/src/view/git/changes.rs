//! What was changed, and the commit that is made of it.

use egui::{Align, FontId, Id, Key, Layout, Modifiers, Rect, TextEdit, Ui, UiBuilder, pos2};
use lucide_icons::Icon;
use orchestrator::seam::{ChangeKind, FilePath, GitChange, GitStatus};

use super::data::{GitAct, GitData, OpenDiff};
use super::parts::{Line, Part, kind_words, letter, lines};
use super::view::{Asked, GitView, Meant};
use crate::theme::{Theme, size, space, strong};
use crate::widget::{
    Kind, ROW, Row, RowsOf, button_enabled, empty, field_id, small_button, small_icon_button,
};
use crate::words::of_many;

/// Lines of the message's box.
const MESSAGE_ROWS: usize = 3;

impl GitView {
    /// Draws the page of changes.
    pub(super) fn changes(
        &mut self,
        ui: &mut Ui,
        data: &GitData<'_>,
        status: &GitStatus,
        acts: &mut Vec<GitAct>,
    ) {
        if status.bare {
            let words = "A bare repository has no files of its own. Make a worktree to work in.";
            empty(ui, Icon::FolderGit2, "A bare repository", words);
            return;
        }
        self.message(ui, data, status, acts);
        ui.add_space(space::XS);
        if status.changes.is_empty() {
            let words = match &status.commit {
                Some(_) => "Everything is as in the last commit.",
                None => "There is no commit yet, and no file for one.",
            };
            empty(ui, Icon::Check, "Nothing changed", words);
            return;
        }
        self.list(ui, data, status, acts);
    }

    fn message(
        &mut self,
        ui: &mut Ui,
        data: &GitData<'_>,
        status: &GitStatus,
        acts: &mut Vec<GitAct>,
    ) {
        let Some(session) = data.session else { return };
        let staged = status.changes.iter().any(|change| Part::Staged.kind(change).is_some());
        let known = status.changes.iter().any(|change| Part::Unstaged.kind(change).is_some());
        let id = field_id("commit message");
        let focused = ui.memory(|memory| memory.has_focus(id));
        let by_keys =
            focused && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
        let message = self.messages.entry(session.clone()).or_default();
        let hint = match &status.branch {
            Some(branch) => format!("Message for a commit on {}", crate::words::clean_line(branch)),
            None => "Message for a commit".to_owned(),
        };
        let edit = TextEdit::multiline(message)
            .id(id)
            .hint_text(hint)
            .desired_rows(MESSAGE_ROWS)
            .desired_width(f32::INFINITY)
            .margin(egui::Margin::symmetric(8, 6));
        let shown = ui.add(edit);
        ui.ctx().accesskit_node_builder(shown.id, |node| node.set_label("Commit message"));
        if std::mem::take(&mut self.wants_message) {
            shown.request_focus();
        }
        let has_words = !message.trim().is_empty();
        let message = message.clone();
        ui.horizontal(|ui| {
            let mut amend = self.amend.contains(session);
            let (words, all) = match (staged, known, amend) {
                (_, _, true) => ("Amend", false),
                (false, true, false) => ("Commit all", true),
                (_, _, false) => ("Commit", false),
            };
            let why = if !has_words && !amend {
                Some("Write a message first")
            } else if !staged && !known && !amend {
                Some("Stage a file first")
            } else {
                None
            };
            let can = why.is_none() && !data.busy;
            let commit = button_enabled(ui, can, Kind::Primary, words);
            let explained =
                if all { "Nothing is staged: everything that git knows goes in" } else { "" };
            let commit = match (why, explained) {
                (Some(why), _) => commit.on_disabled_hover_text(why),
                (None, "") => commit,
                (None, explained) => commit.on_hover_text(explained),
            };
            if by_keys && data.busy && (has_words || amend) {
                // What was staged a moment ago is part of it: it is made when that is known.
                let (session, message) = (session.clone(), message.clone());
                self.commits = Some(Meant { session, message, amend });
            }
            let waited = if data.busy { None } else { self.commits.take() };
            if let Some(Meant { message, amend, .. }) = waited {
                // Never all: it was asked for what was being staged.
                acts.push(match staged || amend {
                    true => GitAct::Commit { message, amend, all: false },
                    false => GitAct::NothingToCommit,
                });
            } else if (commit.clicked() || by_keys) && can {
                acts.push(GitAct::Commit { message, amend, all });
            }
            if status.commit.is_some() {
                let ticked = ui
                    .checkbox(&mut amend, "Amend")
                    .on_hover_text("Instead of the last commit; an empty message keeps its own");
                if ticked.changed() && amend {
                    self.amend.insert(session.clone());
                } else if ticked.changed() {
                    self.amend.remove(session);
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let theme = Theme::get(ui.ctx());
                if small_button(ui, "Pull request…", theme.link).clicked() {
                    acts.push(GitAct::OpenPullRequest);
                }
            });
        });
    }

    fn list(
        &mut self,
        ui: &mut Ui,
        data: &GitData<'_>,
        status: &GitStatus,
        acts: &mut Vec<GitAct>,
    ) {
        let lines = lines(&status.changes, &self.folded);
        let id = |at: usize| match lines.get(at) {
            Some(Line::Heading(part, _)) => Id::unique(("git part", part)),
            Some(Line::File(part, at)) => {
                Id::unique(("git change", part, status.changes.get(*at).map(|of| &of.path)))
            }
            None => Id::unique(("git line", at)),
        };
        let name = |at: usize| match lines.get(at) {
            Some(Line::Heading(part, count)) => format!("{}: {count}", part.words()),
            Some(Line::File(part, at)) => {
                let change = status.changes.get(*at);
                let kind = change.and_then(|change| part.kind(change)).map_or("", kind_words);
                let path = change.map_or_else(String::new, |change| change.path.to_string());
                format!("{path}, {kind}, {}", part.words())
            }
            None => String::new(),
        };
        let chosen = data.open.and_then(|open| {
            lines.iter().position(|line| match line {
                Line::File(part, at) => {
                    let path = status.changes.get(*at).map(|change| &change.path);
                    open.of == part.diff() && open.path.as_ref() == path
                }
                Line::Heading(..) => false,
            })
        });
        let of = RowsOf { salt: "git changes", count: lines.len(), id: &id, name: &name, chosen };
        let mut rows = std::mem::take(&mut self.change_rows);
        rows.ui(ui, &of, |ui, row, place| match lines.get(row.at) {
            Some(Line::Heading(part, count)) => {
                self.heading(ui, row, place, (*part, *count), status, acts);
            }
            Some(Line::File(part, at)) => {
                if let Some(change) = status.changes.get(*at) {
                    self.file(ui, row, place, *part, change, acts);
                }
            }
            None => {}
        });
        self.change_rows = rows;
        if status.more {
            let theme = Theme::get(ui.ctx());
            let words =
                format!("and more: {} in all", of_many(status.changed.into(), "file", "files"));
            ui.colored_label(theme.muted, words);
        }
    }

    fn heading(
        &mut self,
        ui: &mut Ui,
        row: &Row,
        place: Rect,
        (part, count): (Part, usize),
        status: &GitStatus,
        acts: &mut Vec<GitAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let folded = self.folded.contains(&part);
        let mark = if folded { Icon::ChevronRight } else { Icon::ChevronDown };
        let left = place.left() + space::XS;
        let middle = place.center().y;
        ui.painter().text(
            pos2(left, middle),
            egui::Align2::LEFT_CENTER,
            char::from(mark),
            crate::theme::icons(size::SMALL),
            theme.muted,
        );
        ui.painter().text(
            pos2(left + 16.0, middle),
            egui::Align2::LEFT_CENTER,
            format!("{}  {count}", part.words()),
            strong(size::SMALL),
            theme.muted,
        );
        let paths = || -> Vec<FilePath> {
            let of_it = status.changes.iter().filter(|change| part.kind(change).is_some());
            of_it.map(|change| change.path.clone()).collect()
        };
        let mut inside = right_of(ui, place);
        match part {
            Part::Staged => {
                if small_icon_button(&mut inside, Icon::Minus, "Unstage all").clicked() {
                    acts.push(GitAct::Unstage(Vec::new()));
                }
            }
            Part::Unstaged | Part::Untracked => {
                let name = format!("Stage all: {}", part.words());
                if small_icon_button(&mut inside, Icon::Plus, &name).clicked() {
                    acts.push(GitAct::Stage(paths()));
                }
            }
            Part::Conflicts => {}
        }
        if row.opened || row.space {
            if folded {
                self.folded.remove(&part);
            } else {
                self.folded.insert(part);
            }
        }
    }

    fn file(
        &mut self,
        ui: &mut Ui,
        row: &Row,
        place: Rect,
        part: Part,
        change: &GitChange,
        acts: &mut Vec<GitAct>,
    ) {
        let kind = part.kind(change).unwrap_or(ChangeKind::Modified);
        draw_file(ui, place, change, kind);
        let path = || vec![change.path.clone()];
        let toggled = |acts: &mut Vec<GitAct>| match part {
            Part::Staged => acts.push(GitAct::Unstage(path())),
            Part::Unstaged | Part::Untracked | Part::Conflicts => acts.push(GitAct::Stage(path())),
        };
        if row.response.contains_pointer() || row.response.has_focus() {
            let mut inside = right_of(ui, place);
            inside.spacing_mut().item_spacing.x = 0.0;
            let (icon, name) = match part {
                Part::Staged => (Icon::Minus, "Unstage"),
                Part::Conflicts => (Icon::Plus, "Stage as resolved"),
                Part::Unstaged | Part::Untracked => (Icon::Plus, "Stage"),
            };
            let name = format!("{name} {}", change.path);
            if small_icon_button(&mut inside, icon, &name).clicked() {
                toggled(acts);
            }
            if matches!(part, Part::Unstaged | Part::Untracked) {
                let name = format!("Discard {}", change.path);
                if small_icon_button(&mut inside, Icon::Undo2, &name).clicked() {
                    self.ask(Asked::Discard { paths: path(), untracked: part == Part::Untracked });
                }
            }
        }
        if row.opened {
            acts.push(GitAct::Open(OpenDiff { of: part.diff(), path: Some(change.path.clone()) }));
        }
        if row.space {
            toggled(acts);
        }
        let can_discard = matches!(part, Part::Unstaged | Part::Untracked);
        if row.delete && can_discard {
            self.ask(Asked::Discard { paths: path(), untracked: part == Part::Untracked });
        }
        let picked = row.menu("Change", |ui| {
            let mut picked = None;
            let mut entry = |ui: &mut Ui, words: &str, what: Picked| {
                if ui.button(words).clicked() {
                    picked = Some(what);
                }
            };
            entry(ui, "Show the difference", Picked::Open);
            if kind != ChangeKind::Deleted {
                entry(ui, "Open the file", Picked::OpenFile);
                entry(ui, "Show in tree", Picked::Reveal);
            }
            ui.separator();
            let words = if part == Part::Staged { "Unstage" } else { "Stage" };
            entry(ui, words, Picked::Toggle);
            if can_discard {
                let words = if part == Part::Untracked {
                    "Delete the file…"
                } else {
                    "Discard changes…"
                };
                entry(ui, words, Picked::Discard);
            }
            ui.separator();
            entry(ui, "Copy the path", Picked::Copy);
            picked
        });
        match picked {
            Some(Picked::Open) => {
                acts.push(GitAct::Open(OpenDiff {
                    of: part.diff(),
                    path: Some(change.path.clone()),
                }));
            }
            Some(Picked::OpenFile) => acts.push(GitAct::OpenFile(change.path.clone())),
            Some(Picked::Reveal) => acts.push(GitAct::Reveal(change.path.clone())),
            Some(Picked::Toggle) => toggled(acts),
            Some(Picked::Discard) => {
                self.ask(Asked::Discard { paths: path(), untracked: part == Part::Untracked });
            }
            Some(Picked::Copy) => acts.push(GitAct::Copy(change.path.to_string())),
            None => {}
        }
    }
}

/// What a file's menu offers.
enum Picked {
    Open,
    OpenFile,
    Reveal,
    Toggle,
    Discard,
    Copy,
}

/// Where a row's buttons stand.
pub(super) fn right_of(ui: &mut Ui, place: Rect) -> Ui {
    let layout = Layout::right_to_left(Align::Center);
    let rect = place.with_max_x(place.right() - space::XS);
    ui.new_child(UiBuilder::new().max_rect(rect).layout(layout))
}

fn draw_file(ui: &Ui, place: Rect, change: &GitChange, kind: ChangeKind) {
    let theme = Theme::get(ui.ctx());
    let colour = match kind {
        ChangeKind::Added | ChangeKind::Untracked | ChangeKind::Copied => theme.good,
        ChangeKind::Modified | ChangeKind::TypeChanged => theme.busy,
        ChangeKind::Deleted => theme.bad,
        ChangeKind::Renamed => theme.link,
        ChangeKind::Conflicted => theme.warn,
    };
    let middle = place.center().y;
    let letter = letter(kind);
    let font = FontId::new(size::SMALL, egui::FontFamily::Monospace);
    let at = pos2(place.left() + space::L, middle);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, letter, font, colour);
    let name = String::from_utf8_lossy(change.path.name()).into_owned();
    let whole = change.path.to_string();
    let directory = whole.strip_suffix(&*name).unwrap_or_default().trim_end_matches('/');
    let mut job = egui::text::LayoutJob::default();
    let text = |colour, size| egui::TextFormat::simple(FontId::proportional(size), colour);
    let shown = crate::words::clean_line(&name);
    job.append(&shown, 0.0, text(theme.text, size::BODY));
    if let Some(from) = &change.from {
        job.append(&format!("  ← {from}"), 0.0, text(theme.muted, size::SMALL));
    } else if !directory.is_empty() {
        job.append(&format!("  {directory}"), 0.0, text(theme.muted, size::SMALL));
    }
    let left = place.left() + 34.0;
    job.wrap = egui::text::TextWrapping::truncate_at_width((place.right() - 60.0 - left).max(20.0));
    let galley = ui.painter().layout_job(job);
    let at = pos2(left, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, theme.text);
    debug_assert!(place.height() <= ROW + 1.0, "rows are of one height");
}
