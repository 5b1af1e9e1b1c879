#![allow(clippy::unwrap_used, clippy::panic)]

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use jiff::tz::TimeZone;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    ChangeKind, DiffOf, FilePath, GitBranches, GitChange, GitCommit, GitLog, GitStatus, Operation,
    OperationState, PullRequestDraft, SessionId, Unfinished, Work, Worktree,
};

use super::*;
use crate::fetched::Fetched;
use crate::samples::{at, branch, worktree};
use crate::testing::harness;

struct World {
    view: GitView,
    page: GitPage,
    status: Fetched<Option<Box<GitStatus>>>,
    log: Fetched<GitLog>,
    branches: Fetched<GitBranches>,
    worktrees: Fetched<Vec<Worktree>>,
    operations: Vec<Operation>,
    draft: Fetched<PullRequestDraft>,
    busy: bool,
    acts: Vec<GitAct>,
}

fn change(path: &str, staged: Option<ChangeKind>, unstaged: Option<ChangeKind>) -> GitChange {
    GitChange { path: FilePath::from(path), from: None, staged, unstaged, submodule: false }
}

fn status() -> GitStatus {
    GitStatus {
        top: FilePath::from("/srv/app"),
        branch: Some("main".into()),
        commit: Some("1234567890abcdef".into()),
        upstream: Some("origin/main".into()),
        ahead_behind: Some((2, 1)),
        changes: vec![
            change("src/lib.rs", None, Some(ChangeKind::Modified)),
            change("src/new.rs", Some(ChangeKind::Added), None),
            change("notes.txt", None, Some(ChangeKind::Untracked)),
        ],
        changed: 3,
        remotes: vec!["origin".into()],
        ..GitStatus::default()
    }
}

fn world(status: GitStatus) -> World {
    World {
        view: GitView::default(),
        page: GitPage::Changes,
        status: Fetched::Ready(Some(Box::new(status))),
        log: Fetched::Missing,
        branches: Fetched::Missing,
        worktrees: Fetched::Missing,
        operations: Vec::new(),
        draft: Fetched::Missing,
        busy: false,
        acts: Vec::new(),
    }
}

fn window(world: World) -> Harness<'static, World> {
    let session = SessionId::new("s");
    let mut window = harness(world, move |ui, world| {
        let lanes = vec![orchestrator::git::GraphRow::default(); 3];
        let data = GitData {
            now: at(0),
            zone: &TimeZone::UTC,
            session: Some(&session),
            page: world.page,
            status: &world.status,
            log: &world.log,
            lanes: &lanes,
            loading_more: false,
            branches: &world.branches,
            worktrees: &world.worktrees,
            operations: &world.operations,
            open: None,
            draft: &world.draft,
            busy: world.busy,
        };
        ui.set_max_width(420.0);
        let acts = world.view.ui(ui, &data);
        world.acts.extend(acts);
        let acts = world.view.dialogs(ui.ctx(), &data);
        world.acts.extend(acts);
    });
    window.run();
    window
}

#[test]
fn a_file_is_staged_and_unstaged_by_space_and_shown_by_enter() {
    let mut window = window(world(status()));
    window.get_by_label("src/lib.rs, modified, Changes").focus();
    window.run();
    window.key_press(Key::Space);
    window.run();
    window.key_press(Key::Enter);
    window.run();
    let path = FilePath::from("src/lib.rs");
    let open = OpenDiff { of: DiffOf::Unstaged, path: Some(path.clone()) };
    assert_eq!(window.state().acts, [GitAct::Stage(vec![path]), GitAct::Open(open)]);
}

#[test]
fn nothing_is_discarded_before_a_person_was_asked() {
    let mut window = window(world(status()));
    window.get_by_label("notes.txt, untracked, Untracked").focus();
    window.run();
    window.key_press(Key::Delete);
    window.run();
    assert_eq!(window.state().acts, []);
    window.get_by_label("Delete these files?");
    // Enter presses the button that keeps them.
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().acts, []);
    window.get_by_label("notes.txt, untracked, Untracked").focus();
    window.run();
    window.key_press(Key::Delete);
    window.run();
    window.get_by_label("Delete").click();
    window.run();
    assert_eq!(window.state().acts, [GitAct::Discard(vec![FilePath::from("notes.txt")])]);
}

#[test]
fn a_commit_takes_what_is_staged_and_needs_a_message() {
    let mut window = window(world(status()));
    window.get_by_label("Commit").click();
    window.run();
    assert_eq!(window.state().acts, []);
    window.get_by_label("Commit message").focus();
    window.run();
    window.get_by_label("Commit message").type_text("Mend it");
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run();
    let commit = GitAct::Commit { message: "Mend it".into(), amend: false, all: false };
    assert_eq!(window.state().acts, [commit]);
}

/// Nothing is staged yet, files are being staged, and a commit was asked for.
fn asks_for_a_commit_while_files_are_staged() -> Harness<'static, World> {
    let mut of = status();
    of.changes.retain(|change| change.staged.is_none());
    let mut window = window(World { busy: true, ..world(of) });
    window.get_by_label("Commit message").focus();
    window.run();
    window.get_by_label("Commit message").type_text("Mend it");
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run();
    window
}

#[test]
fn a_commit_that_is_asked_for_while_files_are_being_staged_takes_them() {
    let mut window = asks_for_a_commit_while_files_are_staged();
    assert_eq!(window.state().acts, [], "what is staged isn't known yet");
    window.state_mut().status = Fetched::Ready(Some(Box::new(status())));
    window.state_mut().busy = false;
    window.run();
    let commit = GitAct::Commit { message: "Mend it".into(), amend: false, all: false };
    assert_eq!(window.state().acts, [commit]);
}

#[test]
fn a_commit_that_waits_for_what_is_staged_never_takes_all_the_rest() {
    let mut window = asks_for_a_commit_while_files_are_staged();
    // It was staged, and somebody took the change back meanwhile.
    window.state_mut().busy = false;
    window.run();
    assert_eq!(window.state().acts, [GitAct::NothingToCommit]);
}

#[test]
fn what_waits_for_nothing_begins() {
    let fetch = |id: &str| Operation {
        id: id.into(),
        work: Work::Fetch {
            at: orchestrator::seam::At::Session(SessionId::new("s")),
            remote: None,
            prune: false,
        },
        host: "box".into(),
        session: None,
        directory: None,
        state: OperationState::Waiting,
        progress: None,
        output: 0,
        started_at: at(0),
        ended_at: None,
    };
    let mut world = world(status());
    world.operations = vec![fetch("a"), fetch("b")];
    let window = window(world);
    window.get_by_label("Fetch: begins");
    window.get_by_label("Fetch: waits for the one before");
}

#[test]
fn without_anything_staged_everything_that_git_knows_is_committed_and_the_button_says_so() {
    let mut of = status();
    of.changes.retain(|change| change.staged.is_none());
    let mut window = window(world(of));
    window.get_by_label("Commit message").focus();
    window.run();
    window.get_by_label("Commit message").type_text("All");
    window.run();
    window.get_by_label("Commit all").click();
    window.run();
    let commit = GitAct::Commit { message: "All".into(), amend: false, all: true };
    assert_eq!(window.state().acts, [commit]);
}

#[test]
fn a_merge_in_its_middle_is_said_and_given_up_only_after_a_question() {
    let mut of = status();
    of.unfinished = Some(Unfinished::Merge);
    of.changes.push(change("both.txt", None, Some(ChangeKind::Conflicted)));
    let mut window = window(world(of));
    window.get_by_label("In the middle of a merge");
    window.get_by_label("Go on").click();
    window.run();
    assert_eq!(window.state().acts, [], "a file is still in conflict");
    window.get_by_label("Give it up…").click();
    window.run();
    assert_eq!(window.state().acts, []);
    window.get_by_label("Give it up").click();
    window.run();
    assert_eq!(window.state().acts, [GitAct::Unfinished { abort: true }]);
}

#[test]
fn outside_of_a_repository_and_without_git_the_view_says_why() {
    let mut empty = world(status());
    empty.status = Fetched::Ready(None);
    window(empty).get_by_label("No repository");
    let mut failed = world(status());
    let failure = Failure::new(Code::NotFound, "git isn't on that host").hint("Install git there");
    failed.status = Fetched::Failed(failure);
    let mut window = window(failed);
    window.get_by_label("git isn't on that host");
    window.get_by_label("Retry").click();
    window.run();
    assert_eq!(window.state().acts, [GitAct::Refresh]);
}

#[test]
fn a_branch_is_made_renamed_and_checked_out_from_the_keyboard() {
    let branches = vec![branch("main", true), branch("topic", false)];
    let mut world = world(status());
    world.page = GitPage::Branches;
    world.branches = Fetched::Ready(GitBranches { branches, tags: Vec::new(), default: None });
    let mut window = window(world);
    window.get_by_label("topic").focus();
    window.run();
    window.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    window.run();
    window.get_by_label("Check out").click();
    window.run();
    assert_eq!(window.state().acts, [GitAct::Switch("topic".into())]);
    window.get_by_label("New branch…").click();
    window.run();
    window.get_by_label("Name").focus();
    window.run();
    window.get_by_label("Name").type_text("fix/a");
    window.run();
    window.get_by_label("Make the branch").click();
    window.run();
    let made = GitAct::NewBranch { name: "fix/a".into(), start: None, switch: true };
    assert_eq!(window.state().acts.last(), Some(&made));
}

#[test]
fn a_commit_of_the_log_is_opened() {
    let commit = |id: &str| GitCommit {
        id: id.into(),
        parents: Vec::new(),
        author: "Ada".into(),
        email: "ada@example.org".into(),
        at: at(0),
        subject: format!("Commit {id}"),
        body: String::new(),
        refs: vec!["main".into()],
        head: true,
    };
    let mut world = world(status());
    world.page = GitPage::Log;
    world.log =
        Fetched::Ready(GitLog { commits: vec![commit("abcdefghi"), commit("b")], more: true });
    let mut window = window(world);
    window.get_by_label("abcdefg Commit abcdefghi, Ada").click();
    window.run();
    let of = DiffOf::Commit { id: "abcdefghi".into() };
    assert!(window.state().acts.contains(&GitAct::Open(OpenDiff { of, path: None })));
    assert!(window.state().acts.contains(&GitAct::MoreLog));
}

#[test]
fn a_worktree_is_made_with_a_session_and_a_dirty_one_is_removed_only_by_force() {
    let mut world = world(status());
    world.page = GitPage::Worktrees;
    let own = Worktree { main: true, current: true, ..worktree("/srv/app") };
    let dirty = Worktree { changed: Some(2), ..worktree("/srv/wt") };
    let all = vec![own, dirty];
    world.worktrees = Fetched::Ready(all);
    let mut window = window(world);
    window.get_by_label("New worktree…").click();
    window.run();
    window.get_by_label("Branch").focus();
    window.run();
    window.get_by_label("Branch").type_text("fix a");
    window.key_press(Key::Enter);
    window.run();
    assert!(window.state().acts.is_empty(), "no branch is called so");
    window.get_by_label("Branch").focus();
    window.run();
    window.key_press(Key::Backspace);
    window.key_press(Key::Backspace);
    window.get_by_label("Branch").type_text("/a");
    window.key_press(Key::Enter);
    window.run();
    let made = GitAct::AddWorktree {
        branch: "fix/a".into(),
        base: None,
        path: None,
        set_up: None,
        session: true,
    };
    assert_eq!(window.state().acts, [made]);
    window.get_by_label("Remove…").click();
    window.run();
    window.get_by_label("Remove this worktree with its changes?");
    window.get_by_label("Remove it").click();
    window.run();
    let removed = GitAct::RemoveWorktree { path: FilePath::from("/srv/wt"), force: true };
    assert_eq!(window.state().acts.last(), Some(&removed));
}

#[test]
fn a_pull_request_is_filled_in_from_the_commits() {
    let mut world = world(status());
    world.draft = Fetched::Ready(PullRequestDraft {
        branch: Some("topic".into()),
        base: Some("main".into()),
        title: "Mend it".into(),
        body: "It was broken".into(),
        commits: 1,
        changed: 0,
    });
    let mut window = window(world);
    window.get_by_label("Pull request…").click();
    window.run();
    window.run();
    window.get_by_label("Push and open it").click();
    window.run();
    let opened = GitAct::PullRequest {
        branch: Some("topic".into()),
        title: "Mend it".into(),
        body: "It was broken".into(),
        base: Some("main".into()),
        draft: false,
    };
    assert_eq!(window.state().acts, [GitAct::WantDraft, opened]);
}

#[test]
fn a_push_that_failed_says_what_to_do_until_it_is_dismissed() {
    let mut world = world(status());
    let why =
        Failure::new(Code::Conflict, "origin has commits that are not here").hint("Pull first");
    world.operations.push(Operation {
        id: "op".into(),
        work: Work::Push {
            at: orchestrator::seam::At::Session(SessionId::new("s")),
            remote: None,
            branch: None,
            force: false,
            tags: false,
        },
        host: "box".into(),
        session: None,
        directory: None,
        state: OperationState::Failed { why },
        progress: None,
        output: 0,
        started_at: at(0),
        ended_at: Some(at(1)),
    });
    let mut window = window(world);
    window.get_by_label("Push: origin has commits that are not here");
    window.get_by_label("Pull first");
    window.get_by_label("Dismiss").click();
    window.run();
    assert_eq!(window.state().acts, [GitAct::Forget("op".into())]);
}
