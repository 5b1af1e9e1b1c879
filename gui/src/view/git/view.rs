//! The Git view: a repository's changes, commits, branches and worktrees.

use std::collections::{BTreeMap, BTreeSet};

use egui::{Ui, WidgetInfo};
use lucide_icons::Icon;
use orchestrator::seam::{FilePath, GitStatus, SessionId, Worktree};

use super::data::{GitAct, GitData, GitPage};
use super::forms::{PullRequestForm, Typed, Typing, WorktreeForm};
use super::head;
use super::parts::Part;
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space};
use crate::view::confirm::{ConfirmAct, ConfirmData, ConfirmView};
use crate::widget::{Kind, Rows, button, empty, failure_card, part};

/// The view's own state.
#[derive(Debug, Default)]
pub struct GitView {
    /// What is being written for each session's next commit.
    pub messages: BTreeMap<SessionId, String>,
    /// The sessions whose last commit is to be replaced.
    pub(super) amend: BTreeSet<SessionId>,
    pub(super) wants_message: bool,
    /// A commit that was asked for while something else was being done; forgotten once something else is looked at.
    pub(super) commits: Option<Meant>,
    pub(super) folded: BTreeSet<Part>,
    pub(super) change_rows: Rows,
    pub(super) branch_rows: Rows,
    pub(super) log_rows: Rows,
    pub(super) branch_filter: String,
    pub(super) log_filter: String,
    pub(super) all_branches: bool,
    /// Whose repository was drawn last.
    drawn: Option<SessionId>,
    asked: Option<(SessionId, ConfirmView, Asked)>,
    /// The forms that are open: each lies over the window while its session's repository is looked at.
    typing: BTreeMap<SessionId, Typing>,
    /// What was typed for pull requests that weren't opened, where no operation has it.
    kept: BTreeMap<SessionId, Box<PullRequestForm>>,
    /// What sessions are called, for the worktrees.
    pub names: BTreeMap<SessionId, String>,
}

/// A commit as it was meant when it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meant {
    pub session: SessionId,
    pub message: String,
    pub amend: bool,
}

/// What is asked before it is done.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// Lose changes.
    Discard { paths: Vec<FilePath>, untracked: bool },
    /// Delete a branch.
    DeleteBranch { name: String, force: bool },
    /// Remove a worktree.
    RemoveWorktree { worktree: Box<Worktree>, force: bool },
    /// Give up what is unfinished.
    Abort,
}

impl GitView {
    /// Puts a question about the repository that is drawn before the person.
    pub(super) fn ask(&mut self, asked: Asked) {
        if let Some(session) = self.drawn.clone() {
            self.asked = Some((session, ConfirmView::default(), asked));
        }
    }

    /// Opens a form for the repository that is drawn.
    fn open(&mut self, typing: Typing) {
        if let Some(session) = self.drawn.clone() {
            self.typing.insert(session, typing);
        }
    }

    pub(super) fn open_new_branch(&mut self, start: Option<String>) {
        let start = start.unwrap_or_default();
        self.open(Typing::NewBranch { name: String::new(), start, switch: true });
    }

    pub(super) fn open_rename_branch(&mut self, name: String) {
        self.open(Typing::RenameBranch { to: name.clone(), name });
    }

    /// Opens the form for a worktree.
    pub fn open_add_worktree(&mut self, session: SessionId, branch: String) {
        self.typing.insert(session, Typing::Worktree(Box::new(WorktreeForm::of(branch))));
    }

    /// Opens the form for a pull request; [`GitAct::WantDraft`] fills it in, but for what was typed for one that wasn't opened.
    pub fn open_pull_request(&mut self, session: SessionId, typed: Option<PullRequestForm>) {
        if !matches!(self.typing.get(&session), Some(Typing::PullRequest(_))) {
            let kept = self.kept.remove(&session).or_else(|| typed.map(Box::new));
            self.typing.insert(session, Typing::PullRequest(kept.unwrap_or_default()));
        }
    }

    /// A pull request wasn't opened, and no operation has what was typed for it: it is there when the form is opened again.
    pub fn keep_pull_request(&mut self, session: SessionId, typed: PullRequestForm) {
        self.kept.insert(session, Box::new(typed));
    }

    /// A pull request was opened: nothing is kept that was typed for it.
    pub fn forget_kept(&mut self, session: &SessionId) {
        self.kept.remove(session);
    }

    /// A branch wasn't deleted since it isn't merged: whether to do it all the same.
    pub fn ask_to_force_delete(&mut self, session: SessionId, name: String) {
        let asked = Asked::DeleteBranch { name, force: true };
        self.asked = Some((session, ConfirmView::default(), asked));
    }

    /// Puts the focus into the commit's message with the next frame: what asks may lie over it in this one.
    pub fn focus_message(&mut self) {
        self.wants_message = true;
    }

    /// The commit was made: the next one is a new one.
    pub fn committed(&mut self, session: &SessionId) {
        self.amend.remove(session);
    }

    /// Nobody looks any more: no commit is made later.
    pub fn forget_commit(&mut self) {
        self.commits = None;
    }

    /// What was to be committed in that session's repository isn't there as it was meant.
    pub fn forget_commit_of(&mut self, session: &SessionId) {
        self.commits.take_if(|meant| meant.session == *session);
    }

    /// A session is gone: so is what is asked and typed about its repository.
    pub fn forget(&mut self, session: &SessionId) {
        self.asked.take_if(|(of, ..)| of == session);
        self.typing.remove(session);
        self.kept.remove(session);
        self.forget_commit_of(session);
        self.amend.remove(session);
    }

    /// A session is in another directory: what is asked and typed was about the one before, but for the words of a pull request.
    pub fn leave_repository(&mut self, session: &SessionId) {
        let typing = self.typing.remove(session);
        let kept = self.kept.remove(session);
        self.forget(session);
        if let Some(Typing::PullRequest(mut wanted)) = typing
            && wanted.leave_repository()
        {
            self.typing.insert(session.clone(), Typing::PullRequest(wanted));
        }
        if let Some(mut kept) = kept
            && kept.leave_repository()
        {
            self.kept.insert(session.clone(), kept);
        }
    }

    /// Whether one of its dialogs lies over the window while that session's repository is looked at.
    pub fn is_asking(&self, session: Option<&SessionId>) -> bool {
        self.asked.is_some() || session.is_some_and(|session| self.typing.contains_key(session))
    }

    pub(super) fn session_name(&self, session: &SessionId) -> String {
        self.names.get(session).cloned().unwrap_or_else(|| session.to_string())
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, data: &GitData<'_>) -> Vec<GitAct> {
        let mut acts = Vec::new();
        self.drawn = data.session.cloned();
        let here = data.session.filter(|_| data.page == GitPage::Changes);
        self.commits.take_if(|meant| here != Some(&meant.session));
        if data.session.is_none() {
            let words = "The repository of a session's directory will be here.";
            empty(ui, Icon::GitBranch, "No session", words);
            return acts;
        }
        match data.status {
            Fetched::Failed(failure) => {
                failure_card(ui, failure, |ui| {
                    if button(ui, Kind::Plain, "Retry").clicked() {
                        acts.push(GitAct::Refresh);
                    }
                });
            }
            Fetched::Missing | Fetched::Pending => {
                ui.vertical_centered(|ui| {
                    ui.add_space(space::XL);
                    ui.weak("Asking git…");
                });
            }
            Fetched::Ready(None) => {
                let words = "The session's directory lies in no git repository.";
                empty(ui, Icon::GitBranch, "No repository", words);
            }
            Fetched::Ready(Some(status)) => {
                part(ui, "git head", |ui| head::head(ui, data, status, &mut acts));
                part(ui, "git operations", |ui| head::operations(ui, data, &mut acts));
                part(ui, "git pages", |ui| self.pages(ui, data, &mut acts));
                ui.add_space(space::XS);
                part(ui, ("git page", data.page), |ui| self.page(ui, data, status, &mut acts));
            }
        }
        // What would be lost is asked about before anybody hears of it.
        acts.retain(|act| {
            if *act == (GitAct::Unfinished { abort: true }) {
                self.ask(Asked::Abort);
                return false;
            }
            true
        });
        acts
    }

    /// Draws what lies over the window, wherever a person looks.
    pub fn dialogs(&mut self, ctx: &egui::Context, data: &GitData<'_>) -> Vec<GitAct> {
        let mut acts = Vec::new();
        // Whoever has turned to another session isn't asked about this one's repository.
        self.asked.take_if(|(of, ..)| data.session != Some(of));
        if let Some((session, mut typing)) =
            data.session.and_then(|session| self.typing.remove_entry(session))
        {
            // Nothing is known of a repository that is looked at again.
            if matches!(typing, Typing::PullRequest(_)) && data.draft.is_missing() {
                acts.push(GitAct::WantDraft);
            }
            match typing.ui(ctx, data) {
                Typed::On => drop(self.typing.insert(session, typing)),
                Typed::Closed => {}
                Typed::Done(act) => acts.push(act),
            }
        }
        if let Some((session, mut view, asked)) = self.asked.take() {
            match confirm(&mut view, ctx, &asked) {
                Some(ConfirmAct::Do) => acts.push(done(asked)),
                Some(ConfirmAct::Keep) => {}
                None => self.asked = Some((session, view, asked)),
            }
        }
        acts
    }

    fn page(
        &mut self,
        ui: &mut Ui,
        data: &GitData<'_>,
        status: &GitStatus,
        acts: &mut Vec<GitAct>,
    ) {
        match data.page {
            GitPage::Changes => self.changes(ui, data, status, acts),
            GitPage::Log => self.log(ui, data, acts),
            GitPage::Branches => {
                if let Some(all) = ready(ui, data.branches, acts) {
                    self.branches(ui, data, all, acts);
                }
            }
            GitPage::Worktrees => {
                if let Some(all) = ready(ui, data.worktrees, acts) {
                    self.worktrees(ui, data, all, acts);
                }
            }
        }
    }

    fn pages(&mut self, ui: &mut Ui, data: &GitData<'_>, acts: &mut Vec<GitAct>) {
        let theme = Theme::get(ui.ctx());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            for page in GitPage::ALL {
                let on = page == data.page;
                let colour = if on { theme.text } else { theme.muted };
                let text = egui::RichText::new(page.words()).size(size::SMALL).color(colour);
                let tab = ui.add(egui::Button::new(text).selected(on).frame_when_inactive(on));
                tab.widget_info(|| WidgetInfo::selected(egui::Role::Tab, true, on, page.words()));
                ui.ctx().accesskit_node_builder(tab.id, |node| node.set_selected(on));
                if tab.clicked() {
                    acts.push(GitAct::Page(page));
                }
            }
        });
    }
}

/// What was fetched; else why there is nothing.
fn ready<'a, T>(ui: &mut Ui, fetched: &'a Fetched<T>, acts: &mut Vec<GitAct>) -> Option<&'a T> {
    match fetched {
        Fetched::Ready(ready) => return Some(ready),
        Fetched::Failed(failure) => {
            failure_card(ui, failure, |ui| {
                if button(ui, Kind::Plain, "Retry").clicked() {
                    acts.push(GitAct::Refresh);
                }
            });
        }
        Fetched::Missing | Fetched::Pending => {
            ui.weak("Asking git…");
        }
    }
    None
}

fn confirm(view: &mut ConfirmView, ctx: &egui::Context, asked: &Asked) -> Option<ConfirmAct> {
    let names: Vec<String> = match asked {
        Asked::Discard { paths, .. } => paths.iter().map(ToString::to_string).collect(),
        Asked::RemoveWorktree { worktree, .. } => vec![worktree.path.to_string()],
        Asked::DeleteBranch { .. } | Asked::Abort => Vec::new(),
    };
    let (heading, what, act, keep) = match asked {
        Asked::Discard { untracked: true, .. } => (
            "Delete these files?".to_owned(),
            "Git doesn't know them: they can't be had back.",
            "Delete",
            "Keep them",
        ),
        Asked::Discard { .. } => (
            "Discard these changes?".to_owned(),
            "The files become what is staged or committed. What was changed can't be had back.",
            "Discard",
            "Keep them",
        ),
        Asked::DeleteBranch { name, force: false } => (
            format!("Delete the branch {name}?"),
            "Its commits stay where other branches have them.",
            "Delete the branch",
            "Keep it",
        ),
        Asked::DeleteBranch { name, force: true } => (
            format!("{name} isn't merged. Delete it all the same?"),
            "Its commits are in no other branch that git has compared it with.",
            "Delete the branch",
            "Keep it",
        ),
        Asked::RemoveWorktree { force: false, .. } => (
            "Remove this worktree?".to_owned(),
            "Its directory is deleted with files that git ignores; its branch stays.",
            "Remove it",
            "Keep it",
        ),
        Asked::RemoveWorktree { force: true, .. } => (
            "Remove this worktree with its changes?".to_owned(),
            "Files in it aren't committed. They are lost; its branch stays.",
            "Remove it",
            "Keep it",
        ),
        Asked::Abort => (
            "Give it up?".to_owned(),
            "The files become what they were before it began. What was resolved so far is lost.",
            "Give it up",
            "Go on with it",
        ),
    };
    let data = ConfirmData { heading: &heading, what, names: &names, act, keep };
    view.ui(ctx, &data).into_iter().next()
}

fn done(asked: Asked) -> GitAct {
    match asked {
        Asked::Discard { paths, .. } => GitAct::Discard(paths),
        Asked::DeleteBranch { name, force } => GitAct::DeleteBranch { name, force },
        Asked::RemoveWorktree { worktree, force } => {
            GitAct::RemoveWorktree { path: worktree.path, force }
        }
        Asked::Abort => GitAct::Unfinished { abort: true },
    }
}
