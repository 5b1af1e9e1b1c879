//! Worktrees, and the sessions in them.

use egui::{Label, RichText, Ui};
use lucide_icons::Icon;
use orchestrator::seam::Worktree;

use super::data::{GitAct, GitData};
use super::view::{Asked, GitView};
use crate::theme::{Theme, size, space};
use crate::widget::{Kind, button, card, pill, small_button};
use crate::words::{clean_line, of_many};

impl GitView {
    /// Draws the page of worktrees.
    pub(super) fn worktrees(
        &mut self,
        ui: &mut Ui,
        data: &GitData<'_>,
        all: &[Worktree],
        acts: &mut Vec<GitAct>,
    ) {
        ui.horizontal(|ui| {
            if button(ui, Kind::Plain, "New worktree…").clicked()
                && let Some(session) = data.session
            {
                self.open_add_worktree(session.clone(), String::new());
            }
            let gone = all.iter().filter(|worktree| worktree.prunable.is_some()).count();
            if gone > 0 {
                let words = format!("Forget {gone} that are gone");
                if button(ui, Kind::Quiet, &words).clicked() {
                    acts.push(GitAct::Prune);
                }
            }
        });
        ui.add_space(space::XS);
        egui::ScrollArea::vertical().id_salt("git worktrees").auto_shrink([false, false]).show(
            ui,
            |ui| {
                for worktree in all {
                    self.worktree(ui, data, worktree, acts);
                    ui.add_space(space::XS);
                }
            },
        );
    }

    fn worktree(
        &mut self,
        ui: &mut Ui,
        data: &GitData<'_>,
        worktree: &Worktree,
        acts: &mut Vec<GitAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        card(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                let branch = match (&worktree.branch, &worktree.commit) {
                    (Some(branch), _) => clean_line(branch),
                    (None, Some(commit)) => {
                        format!("detached at {}", commit.get(..7).unwrap_or(commit))
                    }
                    (None, None) => "no branch".to_owned(),
                };
                pill(ui, Some(Icon::GitBranch), &branch, theme.git);
                if worktree.main {
                    pill(ui, None, "main", theme.muted).on_hover_text("The repository's own");
                }
                if worktree.current {
                    pill(ui, None, "here", theme.good);
                }
                if let Some(why) = &worktree.locked {
                    let why = if why.is_empty() { "Somebody locked it" } else { why };
                    pill(ui, Some(Icon::Lock), "locked", theme.warn).on_hover_text(why);
                }
                // What is known of this one is newer.
                let changed = match data.status.ready() {
                    Some(Some(status)) if worktree.current => Some(status.changed),
                    Some(_) | None => worktree.changed,
                };
                match (&worktree.prunable, changed) {
                    (Some(why), _) => {
                        pill(ui, Some(Icon::FolderX), "gone", theme.bad).on_hover_text(why);
                    }
                    (None, Some(changed)) if changed > 0 => {
                        let words = format!("{} changed", of_many(changed.into(), "file", "files"));
                        pill(ui, None, &words, theme.busy);
                    }
                    (None, Some(_) | None) => {}
                }
            });
            let path =
                RichText::new(worktree.path.to_string()).size(size::SMALL).color(theme.muted);
            ui.add(Label::new(path).truncate()).on_hover_text(worktree.path.to_string());
            ui.horizontal_wrapped(|ui| {
                for session in &worktree.sessions {
                    if data.session == Some(session) {
                        continue;
                    }
                    let name = self.session_name(session);
                    if small_button(ui, &name, theme.link)
                        .on_hover_text("Show this session")
                        .clicked()
                    {
                        acts.push(GitAct::ShowSession(session.clone()));
                    }
                }
                if worktree.prunable.is_none()
                    && small_button(ui, "Open terminal", theme.muted)
                        .on_hover_text("A shell in this directory, beside the conversations")
                        .clicked()
                {
                    acts.push(GitAct::OpenTerminal(worktree.path.clone()));
                }
                if small_button(ui, "Copy the path", theme.muted).clicked() {
                    acts.push(GitAct::Copy(worktree.path.to_string()));
                }
                if !worktree.main
                    && !worktree.current
                    && worktree.prunable.is_none()
                    && small_button(ui, "Remove…", theme.bad).clicked()
                {
                    let force = worktree.changed.unwrap_or(0) > 0;
                    self.ask(Asked::RemoveWorktree { worktree: Box::new(worktree.clone()), force });
                }
            });
        });
    }
}
