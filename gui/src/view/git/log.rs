//! Commits with their graph.

use egui::{Color32, FontId, Id, Pos2, Rect, Shape, Stroke, Ui, pos2};
use lucide_icons::Icon;
use orchestrator::git::GraphRow;
use orchestrator::seam::{DiffOf, GitCommit};

use super::data::{GitAct, GitData, OpenDiff};
use super::view::GitView;
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space, strong};
use crate::widget::{Row, RowsOf, empty, failure_card, search_field};
use crate::words::{ago, clean_line, clean_lines, when};

/// How far two lanes are from one another.
const LANE: f32 = 12.0;
/// Lanes that are drawn: further ones lie on the last.
const LANES: usize = 10;
/// Letters of a commit's id that are shown.
const SHORT: usize = 7;

impl GitView {
    /// Draws the page of commits.
    pub(super) fn log(&mut self, ui: &mut Ui, data: &GitData<'_>, acts: &mut Vec<GitAct>) {
        ui.horizontal(|ui| {
            if ui.checkbox(&mut self.all_branches, "All branches").changed() {
                acts.push(GitAct::AllBranches(self.all_branches));
            }
        });
        let name = "Find in messages";
        let searched = search_field(ui, "git log", name, &mut self.log_filter);
        if searched.entered || (searched.response.changed() && self.log_filter.is_empty()) {
            acts.push(GitAct::FilterLog(self.log_filter.clone()));
        }
        ui.add_space(space::XS);
        let log = match data.log {
            Fetched::Ready(log) => log,
            Fetched::Failed(failure) => {
                failure_card(ui, failure, |_| ());
                return;
            }
            Fetched::Missing | Fetched::Pending => {
                ui.weak("Asking git…");
                return;
            }
        };
        if log.commits.is_empty() {
            empty(ui, Icon::GitCommitHorizontal, "No commits", "None fits, or there is none yet.");
            return;
        }
        let id =
            |at: usize| Id::unique(("git commit", log.commits.get(at).map(|commit| &commit.id)));
        let name = |at: usize| {
            log.commits.get(at).map_or_else(String::new, |commit| {
                let subject = clean_line(&commit.subject);
                format!("{} {subject}, {}", short(&commit.id), clean_line(&commit.author))
            })
        };
        let chosen = data.open.and_then(|open| match &open.of {
            DiffOf::Commit { id } => log.commits.iter().position(|commit| commit.id == *id),
            DiffOf::Unstaged
            | DiffOf::Staged
            | DiffOf::Head
            | DiffOf::Base { .. }
            | DiffOf::Untracked => None,
        });
        let of = RowsOf { salt: "git log", count: log.commits.len(), id: &id, name: &name, chosen };
        let mut rows = std::mem::take(&mut self.log_rows);
        let end = rows.ui(ui, &of, |ui, row, place| {
            if let Some(commit) = log.commits.get(row.at) {
                let lanes = data.lanes.get(row.at);
                self.commit(ui, row, place, commit, lanes, data, acts);
            }
        });
        self.log_rows = rows;
        if end && log.more && !data.loading_more {
            acts.push(GitAct::MoreLog);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row, its commit and its place in the graph")]
    fn commit(
        &mut self,
        ui: &mut Ui,
        row: &Row,
        place: Rect,
        commit: &GitCommit,
        lanes: Option<&GraphRow>,
        data: &GitData<'_>,
        acts: &mut Vec<GitAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let graph = lanes.map_or(0.0, |lanes| draw_lanes(ui, place, lanes, commit.head));
        let middle = place.center().y;
        let mut job = egui::text::LayoutJob::default();
        let text = |colour: Color32, font: FontId| egui::TextFormat::simple(font, colour);
        for name in &commit.refs {
            let format = egui::TextFormat {
                background: theme.tint(theme.git),
                ..text(theme.git, strong(size::SMALL - 0.5))
            };
            job.append(&format!(" {} ", clean_line(name)), 0.0, format);
            job.append(" ", 0.0, text(theme.muted, FontId::proportional(size::SMALL)));
        }
        let subject = clean_line(&commit.subject);
        job.append(&subject, 0.0, text(theme.text, FontId::proportional(size::BODY)));
        let author = format!("  {}", clean_line(&commit.author));
        job.append(&author, 0.0, text(theme.muted, FontId::proportional(size::SMALL)));
        let begin = place.left() + space::S + graph;
        let width = (place.right() - 70.0 - begin).max(20.0);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width);
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(pos2(begin, middle - galley.size().y / 2.0), galley, theme.text);
        let font = FontId::proportional(size::SMALL);
        let right = pos2(place.right() - space::XS, middle);
        let words = ago(commit.at, data.now);
        ui.painter().text(right, egui::Align2::RIGHT_CENTER, words, font, theme.muted);
        let show = || {
            let of = DiffOf::Commit { id: commit.id.clone() };
            GitAct::Open(OpenDiff { of, path: None })
        };
        if row.opened {
            acts.push(show());
        }
        let picked = row.menu("Commit", |ui| {
            let mut picked = None;
            let entries = [
                ("Show what it changed", 0),
                ("New branch from here…", 1),
                ("Copy its id", 2),
                ("Copy its message", 3),
            ];
            for (words, what) in entries {
                if ui.button(words).clicked() {
                    picked = Some(what);
                }
            }
            picked
        });
        match picked {
            Some(0) => acts.push(show()),
            Some(1) => self.open_new_branch(Some(commit.id.clone())),
            Some(2) => acts.push(GitAct::Copy(commit.id.clone())),
            Some(_) => acts.push(GitAct::Copy(message(commit))),
            None => {}
        }
        if !row.response.context_menu_opened() {
            row.response.clone().on_hover_ui(|ui| {
                let at = when(commit.at, data.zone);
                let head =
                    format!("{}  {} <{}>  {at}", short(&commit.id), commit.author, commit.email);
                ui.weak(clean_line(&head));
                ui.label(clean_lines(&message(commit)));
            });
        }
    }
}

fn message(commit: &GitCommit) -> String {
    let body = commit.body.trim();
    if body.is_empty() { commit.subject.clone() } else { format!("{}\n\n{body}", commit.subject) }
}

fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

/// Draws a row's part of the graph; how wide it is.
fn draw_lanes(ui: &Ui, place: Rect, lanes: &GraphRow, head: bool) -> f32 {
    let theme = Theme::get(ui.ctx());
    let colours = [theme.git, theme.link, theme.good, theme.warn, theme.cue, theme.busy, theme.bad];
    let colour = |lane: usize| colours.get(lane % colours.len()).copied().unwrap_or(theme.git);
    #[expect(clippy::cast_precision_loss, reason = "at most ten")]
    let x = |lane: usize| place.left() + space::S + lane.min(LANES) as f32 * LANE;
    let (top, middle, bottom) = (place.top(), place.center().y, place.bottom());
    let painter = ui.painter();
    let mut widest = lanes.at;
    let curve = |from: Pos2, to: Pos2, colour| {
        let half = (from.y + to.y) / 2.0;
        let points = [from, pos2(from.x, half), pos2(to.x, half), to];
        let stroke = Stroke::new(1.6, colour);
        painter.add(Shape::CubicBezier(egui::epaint::CubicBezierShape::from_points_stroke(
            points,
            false,
            Color32::TRANSPARENT,
            stroke,
        )));
    };
    for (from, to) in &lanes.above {
        widest = widest.max(*from).max(*to);
        if *to == lanes.at {
            curve(pos2(x(*from), top), pos2(x(*to), middle), colour(*from));
        } else {
            curve(pos2(x(*from), top), pos2(x(*to), bottom), colour(*to));
        }
    }
    for to in &lanes.below {
        widest = widest.max(*to);
        curve(pos2(x(lanes.at), middle), pos2(x(*to), bottom), colour(*to));
    }
    let dot = pos2(x(lanes.at), middle);
    painter.circle_filled(dot, 4.0, colour(lanes.at));
    if head {
        painter.circle_stroke(dot, 6.0, Stroke::new(1.4, theme.text));
    }
    #[expect(clippy::cast_precision_loss, reason = "at most ten")]
    let width = (widest.min(LANES) + 1) as f32 * LANE;
    width
}
