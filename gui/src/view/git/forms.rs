//! What is typed in for git: branches, worktrees, pull requests.

use egui::{TextEdit, Ui};
use orchestrator::seam::{PullRequestDraft, Work};

use super::data::{GitAct, GitData};
use crate::fetched::Fetched;
use crate::theme::size;
use crate::widget::{
    Field, Form, FormShape, Kind, button, button_enabled, failure_card, field, form, labelled,
    note, switch,
};
use crate::words::of_many;

/// A form that is open.
#[derive(Debug)]
pub enum Typing {
    /// A new branch.
    NewBranch {
        /// Its name.
        name: String,
        /// Where it begins; here when empty.
        start: String,
        /// Check it out, too.
        switch: bool,
    },
    /// A branch's new name.
    RenameBranch {
        /// What it is called.
        name: String,
        /// What it is to be called.
        to: String,
    },
    /// A new worktree.
    Worktree(Box<WorktreeForm>),
    /// A pull request.
    PullRequest(Box<PullRequestForm>),
}

/// A new worktree.
#[derive(Debug, Default)]
pub struct WorktreeForm {
    pub(super) branch: String,
    base: String,
    path: String,
    own_set_up: bool,
    set_up: String,
    session: bool,
}

impl WorktreeForm {
    pub(super) fn of(branch: String) -> Self {
        Self { branch, session: true, ..Self::default() }
    }
}

/// A pull request.
#[derive(Debug, Default)]
pub struct PullRequestForm {
    /// The one that is told: another one may be checked out by the time that it is sent.
    branch: Option<String>,
    title: String,
    body: String,
    base: String,
    draft: bool,
    /// What git's commits gave when that was put in last: what differs from it was typed.
    filled: Option<PullRequestDraft>,
    /// It is as it was sent once before, also where that is what git's commits give, or nothing.
    sent: Sent,
}

/// What of a pull request is as it was sent once before.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    title: bool,
    body: bool,
}

impl PullRequestForm {
    /// One that was to be opened, as it was sent; the branch is to be told anew.
    pub fn of(work: &Work) -> Option<Self> {
        let Work::PullRequest { title, body, base, draft, .. } = work else { return None };
        Some(Self {
            branch: None,
            title: title.clone().unwrap_or_default(),
            body: body.clone().unwrap_or_default(),
            base: base.clone().unwrap_or_default(),
            draft: *draft,
            filled: None,
            sent: Sent { title: title.is_some(), body: body.is_some() },
        })
    }

    /// Puts in what git's commits give, but where something was typed.
    fn fill(&mut self, draft: &PullRequestDraft) {
        if self.filled.as_ref() == Some(draft) {
            return;
        }
        let before = self.filled.replace(draft.clone()).unwrap_or_default();
        self.branch.clone_from(&draft.branch);
        let base = |draft: &PullRequestDraft| draft.base.clone().unwrap_or_default();
        let (base_before, base_now) = (base(&before), base(draft));
        let Sent { title, body } = self.sent;
        for (text, before, now, stays) in [
            (&mut self.title, &before.title, &draft.title, title),
            (&mut self.body, &before.body, &draft.body, body),
            // Nothing is the default branch.
            (&mut self.base, &base_before, &base_now, title || body),
        ] {
            if text == before && !stays {
                text.clone_from(now);
            }
        }
    }

    /// It is for another repository now: of the one before stays what was typed for people to read. Whether there is any.
    pub fn leave_repository(&mut self) -> bool {
        let before = self.filled.take().unwrap_or_default();
        self.branch = None;
        self.base.clear();
        let Sent { title, body } = self.sent;
        for (text, before, stays) in
            [(&mut self.title, before.title, title), (&mut self.body, before.body, body)]
        {
            if *text == before && !stays {
                text.clear();
            }
        }
        !self.title.is_empty() || !self.body.is_empty()
    }
}

/// What came of a form in a frame.
pub enum Typed {
    /// It goes on.
    On,
    /// It was closed.
    Closed,
    /// It was filled in.
    Done(GitAct),
}

/// What is wrong with a branch's name, as far as git's rules (git-check-ref-format(1)) can be told at a glance.
pub fn branch_fault(name: &str) -> Option<&'static str> {
    let bad = |letter: char| letter.is_control() || " ~^:?*[\\".contains(letter);
    if name.contains(' ') {
        Some("Write - instead of spaces")
    } else if name.starts_with('-') {
        Some("A name doesn't begin with -")
    } else if name.chars().any(bad)
        || name.contains("..")
        || name.contains("@{")
        || name.contains("//")
        || name.starts_with('/')
        || name.ends_with('/')
        || name.ends_with('.')
        || name.ends_with(".lock")
        || name.split('/').any(|part| part.starts_with('.'))
    {
        Some("Git takes no branch of that name")
    } else {
        None
    }
}

impl Typing {
    /// Draws it over everything.
    pub fn ui(&mut self, ctx: &egui::Context, data: &GitData<'_>) -> Typed {
        match self {
            Self::NewBranch { name, start, switch: on } => {
                let fault = branch_fault(name);
                let can = fault.is_none() && !name.is_empty();
                let shape = shape("New branch");
                let shown = form(
                    ctx,
                    "git new branch",
                    shape,
                    &mut (name, start, on),
                    |(name, start, on), ui| {
                        let fault = fault.filter(|_| !name.is_empty());
                        let of = Field { label: "Name", fault, ..Field::default() };
                        let named = line(ui, "branch", of, name);
                        let label = "Starts at (optional)";
                        let of = Field { label, hint: "here", ..Field::default() };
                        let entered = named | line(ui, "start", of, start);
                        switch(ui, on, "Check it out", "Changes that aren't committed come along.");
                        entered
                    },
                    |_, ui| buttons(ui, can, "Make the branch"),
                );
                outcome(&shown, can, || {
                    let Self::NewBranch { name, start, switch } = self else { return None };
                    Some(GitAct::NewBranch {
                        name: name.clone(),
                        start: some(start),
                        switch: *switch,
                    })
                })
            }
            Self::RenameBranch { name, to } => {
                let fault = branch_fault(to);
                let heading = format!("Rename {name}");
                let can = fault.is_none() && !to.is_empty() && to != name;
                let shown = form(
                    ctx,
                    "git rename branch",
                    FormShape { heading: &heading, ..shape("") },
                    to,
                    |to, ui| {
                        let label = "New name";
                        let fault = fault.filter(|_| !to.is_empty());
                        line(ui, "branch", Field { label, fault, ..Field::default() }, to)
                    },
                    |_, ui| buttons(ui, can, "Rename"),
                );
                outcome(&shown, can, || {
                    let Self::RenameBranch { name, to } = self else { return None };
                    Some(GitAct::RenameBranch { name: name.clone(), to: to.clone() })
                })
            }
            Self::Worktree(wanted) => {
                let can = !wanted.branch.is_empty() && branch_fault(&wanted.branch).is_none();
                let shown = form(
                    ctx,
                    "git worktree",
                    shape("New worktree"),
                    &mut **wanted,
                    worktree_fields,
                    |_, ui| buttons(ui, can, "Make the worktree"),
                );
                outcome(&shown, can, || {
                    let Self::Worktree(wanted) = self else { return None };
                    Some(GitAct::AddWorktree {
                        branch: wanted.branch.clone(),
                        base: some(&wanted.base),
                        path: some(&wanted.path),
                        set_up: wanted.own_set_up.then(|| wanted.set_up.clone()),
                        session: wanted.session,
                    })
                })
            }
            Self::PullRequest(wanted) => pull_request(ctx, data, wanted),
        }
    }
}

fn shape(heading: &str) -> FormShape<'_> {
    FormShape { heading, width: size::DIALOG, height: None, scroll: true }
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether the one that does it was pressed, and the other one.
fn buttons(ui: &mut Ui, can: bool, words: &str) -> (bool, bool) {
    let does = button_enabled(ui, can, Kind::Primary, words).clicked();
    let cancel = button(ui, Kind::Plain, "Cancel").clicked();
    let entered =
        can && ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::Enter));
    (does || entered, cancel)
}

/// A field of one line; whether Enter was pressed in it.
fn line(ui: &mut Ui, id: &str, of: Field<'_>, text: &mut String) -> bool {
    let typed = field(ui, id, of, text);
    typed.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
}

/// What came of a form whose contents say whether Enter was pressed in them.
fn outcome(
    shown: &Form<bool, (bool, bool)>,
    can: bool,
    act: impl FnOnce() -> Option<GitAct>,
) -> Typed {
    let (does, cancel) = shown.buttons;
    if (does || (shown.inner && can))
        && let Some(act) = act()
    {
        return Typed::Done(act);
    }
    if shown.close || cancel { Typed::Closed } else { Typed::On }
}

fn worktree_fields(wanted: &mut WorktreeForm, ui: &mut Ui) -> bool {
    let fault = branch_fault(&wanted.branch).filter(|_| !wanted.branch.is_empty());
    let branch = Field { label: "Branch", fault, ..Field::default() };
    let mut entered = line(ui, "worktree branch", branch, &mut wanted.branch);
    note(ui, "One that is there is checked out; else it is made.");
    let base = Field { label: "A new one starts at (optional)", hint: "here", ..Field::default() };
    entered |= line(ui, "worktree base", base, &mut wanted.base);
    let label = "Directory (optional)";
    let hint = "made of the repository's and the branch's name";
    let path = Field { label, hint, code: true, ..Field::default() };
    entered |= line(ui, "worktree path", path, &mut wanted.path);
    let words = "Run a set-up of my own";
    let explained = "Else .baton/worktree-setup of the repository is run, if it has one.";
    switch(ui, &mut wanted.own_set_up, words, explained);
    if wanted.own_set_up {
        let hint = "npm ci; empty runs nothing";
        let of = Field { label: "Line for the shell", hint, code: true, ..Field::default() };
        entered |= line(ui, "worktree set-up", of, &mut wanted.set_up);
    }
    let words = "Start a session in it";
    switch(ui, &mut wanted.session, words, "With the agent of this session, nested below it.");
    entered
}

fn pull_request(ctx: &egui::Context, data: &GitData<'_>, wanted: &mut PullRequestForm) -> Typed {
    if let Fetched::Ready(draft) = data.draft {
        wanted.fill(draft);
    }
    let is_told = wanted.filled.is_some();
    let is_detached = is_told && wanted.branch.is_none();
    // Nobody pushes a branch that wasn't told, but where it can't be.
    let is_known = !is_detached && (is_told || data.draft.failure().is_some());
    let can = !wanted.title.trim().is_empty() && is_known;
    let shown = form(
        ctx,
        "git pull request",
        shape("Pull request"),
        wanted,
        |wanted, ui| {
            match data.draft {
                Fetched::Failed(failure) => {
                    failure_card(ui, failure, |_| ());
                }
                Fetched::Missing | Fetched::Pending => {
                    note(ui, "Reading the commits…");
                }
                Fetched::Ready(_) if is_detached => {
                    note(ui, "No branch is checked out: there is nothing to open one for.");
                }
                Fetched::Ready(draft) => {
                    let commits = of_many(draft.commits.into(), "commit", "commits");
                    let branch = wanted.branch.as_deref().unwrap_or_default();
                    let mut words = format!("{commits} of {branch}, which is pushed first.");
                    if draft.changed > 0 {
                        let files = of_many(draft.changed.into(), "file isn't", "files aren't");
                        words.push_str(&format!(" {files} committed, and won't be in it."));
                    }
                    note(ui, &words);
                }
            }
            field(ui, "pr title", Field { label: "Title", ..Field::default() }, &mut wanted.title);
            labelled(ui, "Body", |ui| {
                let body = TextEdit::multiline(&mut wanted.body)
                    .id(crate::widget::field_id("pr body"))
                    .desired_rows(8)
                    .desired_width(f32::INFINITY)
                    .margin(egui::Margin::symmetric(8, 6));
                ui.add(body)
            });
            let base = Field { label: "Into", hint: "the default branch", ..Field::default() };
            field(ui, "pr base", base, &mut wanted.base);
            let explained = "It can be looked at, and can't be merged yet.";
            switch(ui, &mut wanted.draft, "Draft", explained);
            // Others see it at once: Enter alone is too little.
            false
        },
        |_, ui| buttons(ui, can, "Push and open it"),
    );
    outcome(&shown, can, || {
        Some(GitAct::PullRequest {
            branch: wanted.branch.clone(),
            title: wanted.title.trim().to_owned(),
            body: wanted.body.clone(),
            base: some(&wanted.base),
            draft: wanted.draft,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_refuses_are_told_while_they_are_typed() {
        for good in ["main", "feature/x", "a.b", "größe", "v1@home"] {
            assert_eq!(branch_fault(good), None, "{good}");
        }
        for bad in [
            "-x", "a b", "a..b", "x.lock", ".x", "a/.b", "a//b", "/a", "a/", "a:b", "a@{b",
            "a\u{7}",
        ] {
            assert!(branch_fault(bad).is_some(), "{bad}");
        }
    }
}
