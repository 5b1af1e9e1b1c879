//! Branches and tags.

use egui::{FontId, Id, Rect, Ui, pos2};
use lucide_icons::Icon;
use orchestrator::seam::{GitBranch, GitBranches};

use super::changes::right_of;
use super::data::{GitAct, GitData};
use super::view::{Asked, GitView};
use crate::theme::{Theme, icons, size, space};
use crate::widget::{Kind, Row, RowsOf, button, empty, small_icon_button};
use crate::words::{ago, clean_line};

impl GitView {
    /// Draws the page of branches.
    pub(super) fn branches(
        &mut self,
        ui: &mut Ui,
        data: &GitData<'_>,
        all: &GitBranches,
        acts: &mut Vec<GitAct>,
    ) {
        ui.horizontal(|ui| {
            if button(ui, Kind::Plain, "New branch…").clicked() {
                self.open_new_branch(None);
            }
        });
        if all.branches.is_empty() {
            empty(ui, Icon::GitBranch, "No branches", "The first commit makes the first branch.");
            return;
        }
        crate::widget::search_field(ui, "git branches", "Filter branches", &mut self.branch_filter);
        ui.add_space(space::XS);
        let wanted = self.branch_filter.to_lowercase();
        let shown: Vec<&GitBranch> = all
            .branches
            .iter()
            .filter(|branch| branch.name.to_lowercase().contains(&wanted))
            .collect();
        let id = |at: usize| {
            Id::unique(("git branch", shown.get(at).map(|branch| (&branch.name, branch.remote))))
        };
        let name = |at: usize| shown.get(at).map_or_else(String::new, |branch| branch_name(branch));
        let chosen = shown.iter().position(|branch| branch.current);
        let of = RowsOf { salt: "git branches", count: shown.len(), id: &id, name: &name, chosen };
        let mut rows = std::mem::take(&mut self.branch_rows);
        rows.ui(ui, &of, |ui, row, place| {
            if let Some(branch) = shown.get(row.at) {
                self.branch(ui, row, place, branch, data, acts);
            }
        });
        self.branch_rows = rows;
    }

    fn branch(
        &mut self,
        ui: &mut Ui,
        row: &Row,
        place: Rect,
        branch: &GitBranch,
        data: &GitData<'_>,
        acts: &mut Vec<GitAct>,
    ) {
        draw(ui, place, branch, data);
        let can_switch = !branch.current && branch.worktree.is_none() && !data.busy;
        let to = local_name(branch);
        if row.response.contains_pointer() && can_switch {
            let mut inside = right_of(ui, place);
            let name = format!("Check {} out", branch.name);
            if small_icon_button(&mut inside, Icon::ArrowRightLeft, &name).clicked() {
                acts.push(GitAct::Switch(to.clone()));
            }
        }
        if row.response.double_clicked() && can_switch {
            acts.push(GitAct::Switch(to.clone()));
        }
        if row.rename && !branch.remote {
            self.open_rename_branch(branch.name.clone());
        }
        if row.delete && !branch.remote && !branch.current {
            self.ask(Asked::DeleteBranch { name: branch.name.clone(), force: false });
        }
        let picked = row.menu("Branch", |ui| {
            let mut picked = None;
            let mut entry = |ui: &mut Ui, can: bool, words: &str, what: Picked| {
                if ui.add_enabled(can, egui::Button::new(words)).clicked() {
                    picked = Some(what);
                }
            };
            entry(ui, can_switch, "Check out", Picked::Switch);
            entry(ui, true, "New branch from here…", Picked::New);
            entry(ui, true, "New worktree from here…", Picked::Worktree);
            if !branch.remote {
                entry(ui, true, "Rename…", Picked::Rename);
                let can = !branch.current && branch.worktree.is_none();
                entry(ui, can, "Delete…", Picked::Delete);
            }
            entry(ui, true, "Copy the name", Picked::Copy);
            picked
        });
        match picked {
            Some(Picked::Switch) => acts.push(GitAct::Switch(to)),
            Some(Picked::New) => self.open_new_branch(Some(branch.name.clone())),
            Some(Picked::Worktree) => {
                if let Some(session) = data.session {
                    self.open_add_worktree(session.clone(), to);
                }
            }
            Some(Picked::Rename) => self.open_rename_branch(branch.name.clone()),
            Some(Picked::Delete) => {
                self.ask(Asked::DeleteBranch { name: branch.name.clone(), force: false });
            }
            Some(Picked::Copy) => acts.push(GitAct::Copy(branch.name.clone())),
            None => {}
        }
    }
}

enum Picked {
    Switch,
    New,
    Worktree,
    Rename,
    Delete,
    Copy,
}

/// What is checked out of a remote's branch: the local one of its name.
fn local_name(branch: &GitBranch) -> String {
    match branch.name.split_once('/') {
        Some((_, name)) if branch.remote => name.to_owned(),
        Some(_) | None => branch.name.clone(),
    }
}

fn branch_name(branch: &GitBranch) -> String {
    let mut words = branch.name.clone();
    if branch.current {
        words.push_str(", checked out");
    }
    if let Some((ahead, behind)) = branch.ahead_behind
        && (ahead, behind) != (0, 0)
    {
        words.push_str(&format!(", {ahead} ahead, {behind} behind"));
    }
    words
}

fn draw(ui: &Ui, place: Rect, branch: &GitBranch, data: &GitData<'_>) {
    let theme = Theme::get(ui.ctx());
    let middle = place.center().y;
    let (icon, colour) = match (branch.current, branch.remote, &branch.worktree) {
        (true, _, _) => (Icon::Check, theme.good),
        (false, true, _) => (Icon::Cloud, theme.muted),
        (false, false, Some(_)) => (Icon::FolderGit2, theme.git),
        (false, false, None) => (Icon::GitBranch, theme.muted),
    };
    let painter = ui.painter();
    let left = egui::Align2::LEFT_CENTER;
    painter.text(
        pos2(place.left() + space::S, middle),
        left,
        char::from(icon),
        icons(size::ICON - 2.0),
        colour,
    );
    let mut job = egui::text::LayoutJob::default();
    let text = |colour, size| egui::TextFormat::simple(FontId::proportional(size), colour);
    job.append(&clean_line(&branch.name), 0.0, text(theme.text, size::BODY));
    if let Some((ahead, behind)) = branch.ahead_behind
        && (ahead, behind) != (0, 0)
    {
        job.append(&format!("  ↑{ahead} ↓{behind}"), 0.0, text(theme.git, size::SMALL));
    } else if branch.gone {
        job.append("  gone", 0.0, text(theme.warn, size::SMALL));
    }
    job.append(&format!("  {}", clean_line(&branch.subject)), 0.0, text(theme.muted, size::SMALL));
    let begin = place.left() + 28.0;
    job.wrap =
        egui::text::TextWrapping::truncate_at_width((place.right() - 84.0 - begin).max(20.0));
    let galley = painter.layout_job(job);
    painter.galley(pos2(begin, middle - galley.size().y / 2.0), galley, theme.text);
    if let Some(at) = branch.at {
        let at = ago(at, data.now);
        let font = FontId::proportional(size::SMALL);
        let right = pos2(place.right() - 30.0, middle);
        painter.text(right, egui::Align2::RIGHT_CENTER, at, font, theme.muted);
    }
}
