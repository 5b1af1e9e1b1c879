//! The repository of the session that is shown: what is known of it, and how that is kept up to date.

use egui::{CentralPanel, Frame, Key, Margin, Modifiers, Panel, Ui};
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::git::GraphRow;
use orchestrator::seam::{
    At, ChosenLines, DiffOf, FilePath, GitBranches, GitCommand, GitDiff, GitLog, GitStatus,
    LinesHow, Operation, PullRequestDraft, Session, SessionId, Worktree,
};

use super::App;
use super::operations::concerns;
use super::pending::Pending;
use super::repository_acts::After;
use crate::bridge::{Ask, EngineState, RepositoryAsk, RepositoryNews};
use crate::fetched::Fetched;
use crate::memory::RightPage;
use crate::view::diff::{DiffData, DiffView};
use crate::view::git::{GitAct, GitData, GitPage, OpenDiff};
use crate::widget::small_icon_button;

/// Lines of context that a diff is asked with; chosen lines are counted in it.
const CONTEXT: u32 = 3;

/// What is known of the repository that is shown.
#[derive(Debug, Default)]
pub(super) struct Repository {
    /// Whose it is.
    pub(super) of: Option<SessionId>,
    /// What is looked at live.
    pub(super) looking: Option<SessionId>,
    /// The diff that is.
    pub(super) looking_at_diff: Option<(SessionId, OpenDiff)>,
    pub(super) page: GitPage,
    pub(super) status: Fetched<Option<Box<GitStatus>>>,
    pub(super) log: Fetched<GitLog>,
    pub(super) lanes: Vec<GraphRow>,
    pub(super) loading_more: bool,
    pub(super) log_all: bool,
    pub(super) log_containing: Option<String>,
    pub(super) branches: Fetched<GitBranches>,
    pub(super) worktrees: Fetched<Vec<Worktree>>,
    pub(super) draft: Fetched<PullRequestDraft>,
    /// It was changed, and how it stands now isn't known yet: what is shown may be staged already.
    pub(super) is_stale: bool,
    pub(super) diff: Option<ShownDiff>,
    pub(super) versions: u64,
    /// Everything that takes long, wherever.
    pub(super) operations: Vec<Operation>,
}

/// A diff that stands in place of the transcript.
#[derive(Debug)]
pub(super) struct ShownDiff {
    pub(super) open: OpenDiff,
    pub(super) version: u64,
    pub(super) diff: Fetched<GitDiff>,
    pub(super) view: DiffView,
}

impl App {
    /// Draws the Git page of the right bar.
    pub(super) fn git_page(&mut self, ui: &mut Ui) {
        let acts = self.with_git_data(|app, data| {
            let mut view = std::mem::take(&mut app.git_view);
            std::mem::swap(&mut view.messages, &mut app.memory.commit_messages);
            let acts = view.ui(ui, data);
            std::mem::swap(&mut view.messages, &mut app.memory.commit_messages);
            app.git_view = view;
            acts
        });
        self.git_acts(ui.ctx(), acts);
    }

    /// Draws what the Git page opens over the window.
    pub(super) fn git_dialogs(&mut self, ctx: &egui::Context) {
        if !self.is_git_asking() {
            return;
        }
        let acts = self.with_git_data(|app, data| {
            let mut view = std::mem::take(&mut app.git_view);
            let acts = view.dialogs(ctx, data);
            app.git_view = view;
            acts
        });
        self.git_acts(ctx, acts);
    }

    /// Whether something about the repository lies over the window.
    pub(super) fn is_git_asking(&self) -> bool {
        self.git_view.is_asking(self.repository.of.as_ref())
    }

    fn with_git_data<R>(&mut self, draw: impl FnOnce(&mut Self, &GitData<'_>) -> R) -> R {
        // Taken out while it is drawn: the view's own state lies beside it.
        let repository = std::mem::take(&mut self.repository);
        let zone = self.zone.clone();
        let operations: Vec<Operation> = repository
            .operations
            .iter()
            .filter(|of| concerns(of, repository.of.as_ref()))
            .cloned()
            .collect();
        let data = GitData {
            now: Timestamp::now(),
            zone: &zone,
            session: repository.of.as_ref(),
            page: repository.page,
            status: &repository.status,
            log: &repository.log,
            lanes: &repository.lanes,
            loading_more: repository.loading_more,
            branches: &repository.branches,
            worktrees: &repository.worktrees,
            operations: &operations,
            open: repository.diff.as_ref().map(|diff| &diff.open),
            draft: &repository.draft,
            busy: repository.is_stale || self.is_changing_git(repository.of.as_ref()),
        };
        let drawn = draw(self, &data);
        self.repository = repository;
        drawn
    }

    /// Whether a change of a session's repository is under way.
    fn is_changing_git(&self, of: Option<&SessionId>) -> bool {
        let is_its = |pending: &Pending| matches!(pending, Pending::Git { session, .. } if Some(session) == of);
        self.waiting.any(is_its)
    }

    /// Whether a diff stands in place of the transcript.
    pub(super) fn is_diff_shown(&self) -> bool {
        self.repository.diff.is_some()
    }

    /// Something else is shown in the diff's place.
    pub(super) fn leave_diff(&mut self) {
        if self.repository.diff.take().is_some() {
            self.focus_shown_terminal();
        }
    }

    /// Draws the diff that is open.
    pub(super) fn diff(&mut self, ui: &mut Ui) {
        let Some(mut shown) = self.repository.diff.take() else { return };
        let busy = self.repository.is_stale || self.is_changing_git(self.repository.of.as_ref());
        let title = title(&shown.open);
        let frame = Frame::new().inner_margin(Margin::symmetric(12, 4));
        let mut close = false;
        Panel::top("diff bar").frame(frame).show_separator_line(false).show(ui, |ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                close =
                    small_icon_button(ui, lucide_icons::Icon::X, "Close the difference").clicked();
                ui.weak("Esc closes, F7 goes to the next part");
            });
        });
        let frame = Frame::new().inner_margin(Margin::symmetric(12, 2));
        let acts = CentralPanel::no_frame()
            .frame(frame)
            .show(ui, |ui| {
                let data = DiffData {
                    version: shown.version,
                    of: &shown.open.of,
                    title: &title,
                    diff: &shown.diff,
                    side_by_side: self.memory.side_by_side,
                    busy,
                };
                shown.view.ui(ui, &data)
            })
            .inner;
        let escaped = !self.keys_are_taken()
            && !ui.ctx().egui_wants_keyboard_input()
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        self.repository.diff = Some(shown);
        if close || escaped {
            self.leave_diff();
        }
        for act in acts {
            self.diff_act(ui, act);
        }
    }

    fn diff_act(&mut self, ui: &Ui, act: crate::view::git::DiffAct) {
        use crate::view::git::DiffAct;
        match act {
            DiffAct::SideBySide(on) => self.memory.side_by_side = on,
            DiffAct::Lines { how, file, lines } => self.lines(how, file, lines),
            DiffAct::Stage(path) => self.git_acts(ui.ctx(), vec![GitAct::Stage(vec![path])]),
            DiffAct::Unstage(path) => self.git_acts(ui.ctx(), vec![GitAct::Unstage(vec![path])]),
            DiffAct::OpenFile(path) => self.git_acts(ui.ctx(), vec![GitAct::OpenFile(path)]),
            DiffAct::Copy(text) => self.git_acts(ui.ctx(), vec![GitAct::Copy(text)]),
            DiffAct::Retry => self.ask_diff(),
        }
    }

    pub(super) fn lines(&mut self, how: LinesHow, file: usize, lines: Vec<(u32, u32)>) {
        let Some(at) = self.repository_at() else { return };
        let of = self.repository.diff.as_ref().and_then(|diff| diff.diff.ready());
        let Some(file) = of.and_then(|diff| diff.files.get(file)) else { return };
        let lines = ChosenLines {
            path: file.path.clone(),
            old_blob: file.old_blob.clone(),
            new_blob: file.new_blob.clone(),
            lines,
            context: CONTEXT,
        };
        self.git(GitCommand::Lines { at, how, lines }, After::Quiet);
    }

    /// Looks at the repository while it is in sight, and asks for what is shown of it.
    pub(super) fn look_at_repository(&mut self, bar_shown: bool) {
        let session = self.shown.as_ref().map(|shown| shown.session.clone());
        if self.repository.of != session {
            self.forget_repository();
            self.repository.of = session;
        }
        let is_open = matches!(self.engine, EngineState::Open(_));
        let page = bar_shown && self.memory.right_page == RightPage::Git;
        if !page {
            self.git_view.forget_commit();
        }
        let in_sight = (page || self.repository.diff.is_some()) && is_open && self.focused;
        let wanted = self.repository.of.clone().filter(|_| in_sight);
        if self.repository.looking != wanted {
            self.repository.looking.clone_from(&wanted);
            if wanted.is_some() && self.repository.status.is_missing() {
                self.repository.status = Fetched::Pending;
            }
            self.ask_quietly(Ask::Repository(RepositoryAsk::Look(wanted.clone())));
        }
        let open = self.repository.diff.as_ref().map(|shown| shown.open.clone());
        let wanted = wanted.zip(open.filter(lives));
        if self.repository.looking_at_diff != wanted {
            self.repository.looking_at_diff.clone_from(&wanted);
            self.ask_quietly(Ask::Repository(RepositoryAsk::LookAtDiff(wanted)));
        }
        if page && is_open {
            self.ask_page_of_git();
        }
    }

    /// Shows that page of git.
    pub(super) fn turn_to_git(&mut self, page: GitPage) {
        let is_other = std::mem::replace(&mut self.repository.page, page) != page;
        // Nobody tells what was changed in the other worktrees: agents are at work there.
        if is_other && page == GitPage::Worktrees && self.repository.worktrees.ready().is_some() {
            self.ask_worktrees();
        }
    }

    fn ask_worktrees(&mut self) {
        if let Some(session) = self.repository.of.clone() {
            self.ask_quietly(Ask::Repository(RepositoryAsk::Worktrees(session)));
        }
    }

    /// Asks for what the page shows and nobody has asked for.
    fn ask_page_of_git(&mut self) {
        let Some(session) = self.repository.of.clone() else { return };
        let repository = &mut self.repository;
        let ask = match repository.page {
            GitPage::Changes => None,
            GitPage::Log if repository.log.is_missing() => {
                repository.log = Fetched::Pending;
                let (all, containing) = (repository.log_all, repository.log_containing.clone());
                Some(RepositoryAsk::more_log(session, all, containing, 0))
            }
            GitPage::Branches if repository.branches.is_missing() => {
                repository.branches = Fetched::Pending;
                Some(RepositoryAsk::Branches(session))
            }
            GitPage::Worktrees if repository.worktrees.is_missing() => {
                repository.worktrees = Fetched::Pending;
                Some(RepositoryAsk::Worktrees(session))
            }
            GitPage::Log | GitPage::Branches | GitPage::Worktrees => None,
        };
        if let Some(ask) = ask {
            self.ask_quietly(Ask::Repository(ask));
        }
    }

    /// What is known is of another directory now.
    fn forget_repository(&mut self) {
        let operations = std::mem::take(&mut self.repository.operations);
        let (page, versions) = (self.repository.page, self.repository.versions + 1);
        let looking = self.repository.looking.take();
        let looking_at_diff = self.repository.looking_at_diff.take();
        self.repository = Repository {
            operations,
            page,
            versions,
            looking,
            looking_at_diff,
            ..Repository::default()
        };
    }

    /// A session is on another host or in another directory now.
    pub(super) fn forget_repository_when_moved(&mut self, session: &Session) {
        let Some(before) = self.sessions.get(&session.id) else { return };
        let is_moved = before.cwd != session.cwd || before.host != session.host;
        if is_moved {
            self.git_view.leave_repository(&session.id);
        }
        if is_moved && self.repository.of.as_ref() == Some(&session.id) {
            self.forget_repository();
            self.repository.looking = None;
        }
    }

    pub(super) fn repository_at(&self) -> Option<At> {
        self.repository.of.clone().map(At::Session)
    }

    /// Takes in what is said of a repository.
    pub(super) fn repository_came(&mut self, session: &SessionId, news: RepositoryNews) {
        if self.repository.of.as_ref() != Some(session) {
            return;
        }
        match news {
            RepositoryNews::Status(answer) => {
                let failure = answer.as_ref().err().cloned();
                self.status_came(answer);
                self.grant_git_wish(failure);
            }
            RepositoryNews::Diff { of, answer } => {
                let repository = &mut self.repository;
                let Some(shown) = repository.diff.as_mut().filter(|shown| shown.open == of) else {
                    return;
                };
                let came: Fetched<GitDiff> = answer.map(|diff| *diff).into();
                // What a person has chosen in it stays while it is the same.
                if shown.diff != came {
                    repository.versions += 1;
                    shown.version = repository.versions;
                    shown.diff = came;
                }
            }
            RepositoryNews::Log(answer) => {
                self.repository.loading_more = false;
                match answer {
                    Ok((log, lanes)) => {
                        self.repository.lanes = lanes;
                        self.repository.log = Fetched::Ready(log);
                    }
                    Err(failure) => self.repository.log = Fetched::Failed(failure),
                }
            }
            RepositoryNews::Branches(answer) => self.repository.branches = answer.into(),
            RepositoryNews::Worktrees(answer) => {
                if let Ok(worktrees) = &answer {
                    for id in worktrees.iter().flat_map(|worktree| &worktree.sessions) {
                        if let Some(session) = self.sessions.get(id) {
                            self.git_view.names.insert(id.clone(), session.name.clone());
                        }
                    }
                }
                self.repository.worktrees = answer.into();
            }
            RepositoryNews::Draft(answer) => self.repository.draft = answer.into(),
        }
    }

    /// Whether it is known how the repository stands.
    pub(super) fn has_status(&self) -> bool {
        self.repository.status.ready().is_some()
    }

    /// Where the repository lies; `None` where there is none, and while nobody knows.
    pub(super) fn repository_top(&self) -> Option<FilePath> {
        let status = self.repository.status.ready()?.as_deref()?;
        Some(status.top.clone())
    }

    fn status_came(&mut self, answer: Result<Option<Box<GitStatus>>, Failure>) {
        let head = |status: &Fetched<Option<Box<GitStatus>>>| match status.ready() {
            Some(Some(status)) => {
                Some((status.branch.clone(), status.commit.clone(), status.ahead_behind))
            }
            Some(None) | None => None,
        };
        let before = head(&self.repository.status);
        self.repository.is_stale = false;
        if let Err(failure) = &answer
            && self.repository.status.ready().is_some()
            && is_about_the_way(failure.code)
        {
            // The host's state tells of that; what is known stays in sight meanwhile.
            tracing::info!("{failure}");
            return;
        }
        self.repository.status = answer.into();
        if head(&self.repository.status) != before {
            // Lists are asked for again when they are looked at.
            let repository = &mut self.repository;
            if repository.log.ready().is_some() {
                let known = repository.log.ready().map_or(0, |log| log.commits.len());
                self.ask_log(known.saturating_sub(1));
            } else {
                repository.log = Fetched::Missing;
            }
            self.repository.branches = Fetched::Missing;
            self.repository.worktrees = Fetched::Missing;
        }
        if self.repository.diff.as_ref().is_some_and(|shown| lives(&shown.open)) {
            self.ask_diff();
        }
    }

    pub(super) fn ask_diff(&mut self) {
        let (Some(session), Some(diff)) = (&self.repository.of, &self.repository.diff) else {
            return;
        };
        let (session, of) = (session.clone(), diff.open.clone());
        self.ask_quietly(Ask::Repository(RepositoryAsk::Diff { session, of }));
    }

    pub(super) fn ask_log(&mut self, known: usize) {
        let Some(session) = self.repository.of.clone() else { return };
        let (all, containing) = (self.repository.log_all, self.repository.log_containing.clone());
        self.ask_quietly(Ask::Repository(RepositoryAsk::more_log(session, all, containing, known)));
    }

    /// Shows a difference in place of the transcript.
    pub(super) fn open_diff(&mut self, open: OpenDiff) {
        let repository = &mut self.repository;
        if repository.diff.as_ref().is_some_and(|shown| shown.open == open) {
            return;
        }
        repository.versions += 1;
        repository.diff = Some(ShownDiff {
            open,
            version: repository.versions,
            diff: Fetched::Pending,
            view: DiffView::default(),
        });
        self.ask_diff();
    }

    /// Asks for everything anew; whether an answer will come.
    pub(super) fn refresh_repository(&mut self) -> bool {
        let Some(session) = self.repository.of.clone() else { return false };
        self.repository.branches = Fetched::Missing;
        self.repository.worktrees = Fetched::Missing;
        self.repository.log = Fetched::Missing;
        let asked = self.bridge.ask(Ask::Repository(RepositoryAsk::Status(session)));
        self.ask_diff();
        asked.is_ok()
    }
}

/// Whether a failure is about the way to a host, and not about what is there.
fn is_about_the_way(code: Code) -> bool {
    matches!(
        code,
        Code::ConnectionRefused
            | Code::ConnectionTimedOut
            | Code::NoRoute
            | Code::ConnectionLost
            | Code::ConnectionClosed
    )
}

/// Whether a diff may be another one a moment later.
fn lives(open: &OpenDiff) -> bool {
    match &open.of {
        DiffOf::Unstaged
        | DiffOf::Staged
        | DiffOf::Head
        | DiffOf::Base { .. }
        | DiffOf::Untracked => true,
        DiffOf::Commit { .. } => false,
    }
}

fn title(open: &OpenDiff) -> String {
    let what = match &open.of {
        DiffOf::Unstaged => "Changes".to_owned(),
        DiffOf::Staged => "Staged".to_owned(),
        DiffOf::Head => "Since the last commit".to_owned(),
        DiffOf::Base { base: Some(base) } => format!("Since {base}"),
        DiffOf::Base { base: None } => "Since the default branch".to_owned(),
        DiffOf::Commit { id } => format!("Commit {}", id.get(..7).unwrap_or(id)),
        DiffOf::Untracked => "Untracked".to_owned(),
    };
    match &open.path {
        Some(path) => format!("{what}: {path}"),
        None => what,
    }
}
