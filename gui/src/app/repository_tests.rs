#![allow(clippy::unwrap_used, clippy::panic)]

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    AddWorktree, At, ChangeKind, Command, FilePath, GitBranches, GitChange, GitCommand, GitReply,
    GitStatus, Operation, OperationCommand, OperationState, Outcome, PullRequestDraft, Reply,
    SessionId, Work, Worktree,
};

use super::testing::{Window, window};
use crate::bridge::{Ask, News, RepositoryAsk, RepositoryNews};
use crate::commands::WindowCommand;
use crate::memory::{Memory, RightPage};
use crate::samples::{at, branch, session, worktree};

fn id(session: &str) -> SessionId {
    SessionId::new(session)
}

fn change(path: &str, staged: bool) -> GitChange {
    let kind = Some(ChangeKind::Modified);
    let (staged, unstaged) = if staged { (kind, None) } else { (None, kind) };
    GitChange { path: FilePath::from(path), from: None, staged, unstaged, submodule: false }
}

fn status(window: &mut Window, of: &str, changes: Vec<GitChange>) {
    let status = GitStatus {
        top: FilePath::from("/srv/app"),
        branch: Some("main".into()),
        commit: Some("1234567890".into()),
        changed: 1,
        changes,
        ..GitStatus::default()
    };
    let news = RepositoryNews::Status(Ok(Some(Box::new(status))));
    window.tell(News::Repository { session: id(of), news: Box::new(news) });
}

fn branches(window: &mut Window, of: &str) {
    let branches = vec![branch("main", true), branch("feature", false)];
    let branches = GitBranches { branches, tags: Vec::new(), default: None };
    let news = RepositoryNews::Branches(Ok(branches));
    window.tell(News::Repository { session: id(of), news: Box::new(news) });
}

/// A window with two sessions and the Git page of the first.
fn two() -> Window {
    let memory = Memory { right_page: RightPage::Git, ..Memory::default() };
    let sessions = vec![session("a", "aaa", "slow", 1), session("b", "bbb", "local", 0)];
    let mut window = window(memory, sessions);
    show(&mut window, "a");
    window
}

fn show(window: &mut Window, of: &str) {
    window.app().show(&id(of), None);
    window.harness.run();
    status(window, of, vec![change("a.rs", true)]);
}

/// What git is to change: tickets, sessions and commands.
fn changed(window: &mut Window) -> Vec<(u64, GitCommand)> {
    let git = |ask| match ask {
        Ask::Do { ticket, command } => match *command {
            Command::Repository(command) => Some((ticket, command)),
            _ => None,
        },
        _ => None,
    };
    window.asked().into_iter().filter_map(git).collect()
}

fn delete_feature(window: &mut Window) -> u64 {
    window.obey(WindowCommand::ShowBranches);
    branches(window, "a");
    window.harness.get_by_label("feature").focus();
    window.harness.run();
    window.press(Modifiers::NONE, Key::Delete);
    window.harness.get_by_role_and_label(Role::Button, "Delete the branch").click();
    window.harness.run();
    let asked = changed(window);
    let [(ticket, GitCommand::DeleteBranch { at, force: false, .. })] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(*at, At::Session(id("a")));
    *ticket
}

fn refuse(window: &mut Window, ticket: u64) {
    let answer = Err(Failure::new(Code::Conflict, "feature isn't merged"));
    window.tell(News::Done { ticket, answer });
}

const ALL_THE_SAME: &str = "feature isn't merged. Delete it all the same?";

#[test]
fn a_branch_that_is_not_merged_is_asked_about_only_in_its_own_session() {
    let mut window = two();
    let ticket = delete_feature(&mut window);
    refuse(&mut window, ticket);
    window.harness.get_by_label(ALL_THE_SAME);
    window.harness.get_by_role_and_label(Role::Button, "Delete the branch").click();
    window.harness.run();
    let asked = changed(&mut window);
    assert!(matches!(asked.as_slice(), [(_, GitCommand::DeleteBranch { force: true, .. })]));

    let mut window = two();
    let ticket = delete_feature(&mut window);
    show(&mut window, "b");
    refuse(&mut window, ticket);
    assert!(window.harness.query_by_label(ALL_THE_SAME).is_none());
    window.harness.get_by_label_contains("feature isn't merged");
}

#[test]
fn what_is_asked_of_one_repository_is_never_done_to_another() {
    let mut window = two();
    let ticket = delete_feature(&mut window);
    refuse(&mut window, ticket);
    show(&mut window, "b");
    assert!(window.harness.query_by_label(ALL_THE_SAME).is_none());
    show(&mut window, "a");
    assert!(window.harness.query_by_label(ALL_THE_SAME).is_none());

    for name in ["New branch", "Pull request"] {
        window.app().git_view.forget(&id("a"));
        if name == "New branch" {
            window.obey(WindowCommand::ShowBranches);
            branches(&mut window, "a");
            window.harness.get_by_role_and_label(Role::Button, "New branch…").click();
            window.harness.run();
        } else {
            window.obey(WindowCommand::PullRequest);
        }
        assert!(window.app().is_git_asking(), "{name}");
        show(&mut window, "b");
        assert!(!window.app().is_git_asking(), "{name}");
        show(&mut window, "a");
    }
}

#[test]
fn a_question_about_a_repository_ends_with_its_session_being_elsewhere() {
    let mut window = two();
    let ticket = delete_feature(&mut window);
    let mut moved = session("a", "aaa", "slow", 1);
    moved.cwd = Some("/srv/other".into());
    window.tell(News::Sessions(vec![moved.clone()]));
    refuse(&mut window, ticket);
    assert!(window.harness.query_by_label(ALL_THE_SAME).is_none());
    window.obey(WindowCommand::PullRequest);
    assert!(window.app().is_git_asking());
    moved.cwd = Some("/srv/third".into());
    window.tell(News::Sessions(vec![moved]));
    assert!(!window.app().is_git_asking());
}

/// Tells what a pull request from there would say.
fn draft(window: &mut Window, of: &str, branch: &str, title: &str, body: &str) {
    let draft = PullRequestDraft {
        branch: Some(branch.into()),
        title: title.into(),
        body: body.into(),
        ..PullRequestDraft::default()
    };
    let news = RepositoryNews::Draft(Ok(draft));
    window.tell(News::Repository { session: id(of), news: Box::new(news) });
    window.harness.run();
}

/// Whether it was asked what a pull request would say.
fn wants_draft(window: &mut Window) -> bool {
    let is_it = |ask| matches!(ask, Ask::Repository(RepositoryAsk::Draft(of)) if of == id("a"));
    window.asked().into_iter().any(is_it)
}

/// A window in which a title was typed for a pull request, and the body is as git's commits have it.
fn titled() -> Window {
    let mut window = two();
    window.obey(WindowCommand::PullRequest);
    // Whoever is quick types before anything was read.
    window.harness.get_by_label("Title").focus();
    window.harness.run();
    window.harness.get_by_label("Title").type_text("My words");
    window.harness.run();
    draft(&mut window, "a", "topic", "Of the commit", "It was broken");
    window.asked();
    window
}

/// What is in the form for a pull request: the title and the body.
fn form(window: &Window) -> Option<(String, String)> {
    let value = |name| window.harness.query_by_label(name).map(|field| field.value());
    Some((value("Title")?.unwrap_or_default(), value("Body")?.unwrap_or_default()))
}

fn words(title: &str, body: &str) -> Option<(String, String)> {
    Some((title.to_owned(), body.to_owned()))
}

/// Presses the button that pushes, and tells what is pushed then.
fn pushed(window: &mut Window) -> Option<(Option<String>, String)> {
    window.harness.get_by_role_and_label(Role::Button, "Push and open it").click();
    window.harness.run();
    window.asked().into_iter().find_map(|ask| match ask {
        Ask::Do { command, .. } => match *command {
            Command::Operation(OperationCommand::Start(Work::PullRequest {
                branch,
                title,
                ..
            })) => Some((branch, title.unwrap_or_default())),
            _ => None,
        },
        _ => None,
    })
}

#[test]
fn what_is_typed_for_a_pull_request_waits_while_one_looks_at_another_session() {
    let mut window = titled();
    assert_eq!(form(&window), words("My words", "It was broken"));
    show(&mut window, "b");
    assert_eq!(form(&window), None);
    show(&mut window, "a");
    assert_eq!(form(&window), words("My words", "It was broken"));
    assert!(wants_draft(&mut window), "there may be other commits by now");
    draft(&mut window, "a", "other", "Of another commit", "It was slow");
    assert_eq!(form(&window), words("My words", "It was slow"), "only what was typed stays");
    // Also when it is asked for once more.
    window.obey(WindowCommand::PullRequest);
    draft(&mut window, "a", "other", "Of another commit", "It was slow");
    assert_eq!(pushed(&mut window), Some((Some("other".into()), "My words".into())));
    show(&mut window, "b");
    show(&mut window, "a");
    assert_eq!(form(&window), None, "it was sent");
}

#[test]
fn what_is_typed_for_a_pull_request_outlives_a_move_and_pushes_no_branch_that_was_not_told() {
    let mut window = titled();
    let mut moved = session("a", "aaa", "slow", 1);
    moved.cwd = Some("/srv/other".into());
    window.tell(News::Sessions(vec![moved]));
    window.harness.run();
    assert_eq!(form(&window), words("My words", ""), "the rest was of the commits there");
    assert!(wants_draft(&mut window));
    assert_eq!(pushed(&mut window), None);
    draft(&mut window, "a", "main", "Of a commit", "It was slow");
    assert_eq!(form(&window), words("My words", "It was slow"));
    assert_eq!(pushed(&mut window), Some((Some("main".into()), "My words".into())));
}

fn write_message(window: &mut Window, words: &str) {
    window.obey(WindowCommand::WriteCommit);
    window.harness.get_by_label("Commit message").focus();
    window.harness.run();
    window.harness.get_by_label("Commit message").type_text(words);
    window.harness.run();
}

#[test]
fn amend_is_ticked_for_one_session_and_for_no_other() {
    let mut window = two();
    window.obey(WindowCommand::ShowGit);
    window.harness.get_by_role_and_label(Role::CheckBox, "Amend").click();
    window.harness.run();
    show(&mut window, "b");
    write_message(&mut window, "Mend it");
    changed(&mut window);
    window.press(Modifiers::COMMAND, Key::Enter);
    let asked = changed(&mut window);
    assert!(
        matches!(asked.as_slice(), [(_, GitCommand::Commit { amend: false, .. })]),
        "{asked:?}"
    );
    show(&mut window, "a");
    window.harness.get_by_role_and_label(Role::Button, "Amend");
}

/// Stages a file, and asks for a commit before that is done; the staging's ticket.
fn commit_while_staging(window: &mut Window) -> u64 {
    write_message(window, "Mend it");
    window.app().git(
        GitCommand::Stage { at: At::Session(id("a")), paths: vec!["b.rs".into()] },
        super::repository_acts::After::Quiet,
    );
    window.harness.run();
    let (ticket, _) = changed(window).pop().unwrap();
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(changed(window), []);
    ticket
}

fn done(window: &mut Window, ticket: u64) {
    window.tell(News::Done { ticket, answer: Ok(Box::new(Reply::Repository(GitReply::Done))) });
}

#[test]
fn a_commit_that_waited_is_made_as_it_was_meant_and_only_while_one_looks() {
    let mut window = two();
    let ticket = commit_while_staging(&mut window);
    // What is written on is for the next commit.
    window.harness.get_by_label("Commit message").type_text(" and more");
    window.harness.run();
    done(&mut window, ticket);
    status(&mut window, "a", vec![change("a.rs", true), change("b.rs", true)]);
    let asked = changed(&mut window);
    let [(_, GitCommand::Commit { message, amend: false, all: false, .. })] = asked.as_slice()
    else {
        panic!("{asked:?}")
    };
    assert_eq!(message, "Mend it");

    let away: [fn(&mut Window); 3] = [
        |window| show(window, "b"),
        |window| window.obey(WindowCommand::ShowBranches),
        |window| window.obey(WindowCommand::ShowHistory),
    ];
    for away in away {
        let mut window = two();
        let ticket = commit_while_staging(&mut window);
        away(&mut window);
        done(&mut window, ticket);
        show(&mut window, "a");
        window.obey(WindowCommand::WriteCommit);
        window.harness.run();
        assert_eq!(changed(&mut window), [], "somebody else may have staged more since");
    }
}

#[test]
fn nothing_is_committed_when_what_was_to_be_staged_first_is_not() {
    let mut window = two();
    let ticket = commit_while_staging(&mut window);
    let answer = Err(Failure::new(Code::Busy, "the index is locked"));
    window.tell(News::Done { ticket, answer });
    status(&mut window, "a", vec![change("a.rs", true)]);
    assert_eq!(changed(&mut window), []);
}

#[test]
fn a_slow_commit_of_one_session_keeps_no_other_from_committing() {
    let mut window = two();
    write_message(&mut window, "Slow");
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(changed(&mut window).len(), 1);
    show(&mut window, "b");
    write_message(&mut window, "Fast");
    window.press(Modifiers::COMMAND, Key::Enter);
    let asked = changed(&mut window);
    let [(_, GitCommand::Commit { at, .. })] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(*at, At::Session(id("b")));
}

#[test]
fn the_message_of_the_next_commit_outlives_the_one_before() {
    for (more, left) in [("", None), (" again", Some("Mend it again".to_owned()))] {
        let mut window = two();
        write_message(&mut window, "Mend it");
        window.press(Modifiers::COMMAND, Key::Enter);
        let (ticket, _) = changed(&mut window).pop().unwrap();
        if !more.is_empty() {
            window.harness.get_by_label("Commit message").type_text(more);
            window.harness.run();
        }
        let reply = GitReply::Committed { id: "1234567890".into(), subject: "Mend it".into() };
        window.tell(News::Done { ticket, answer: Ok(Box::new(Reply::Repository(reply))) });
        let kept = window.app().memory.commit_messages.get(&id("a")).cloned();
        assert_eq!(kept.filter(|kept| !kept.is_empty()), left);
    }
}

/// Presses the button of a worktree that was made with a session: what is asked for then.
fn show_its_session(window: &mut Window, made: &str) -> Vec<Ask> {
    let wanted = AddWorktree {
        at: At::Session(id("a")),
        branch: "mend".into(),
        base: None,
        path: None,
        set_up: None,
        session: None,
    };
    let outcome = Outcome { session: Some(id(made)), ..Outcome::default() };
    let operation = Operation {
        id: "op".into(),
        work: Work::AddWorktree(wanted),
        host: "slow".into(),
        session: Some(id("a")),
        directory: None,
        state: OperationState::Done { outcome },
        progress: None,
        output: 0,
        started_at: at(0),
        ended_at: Some(at(9)),
    };
    window.tell(News::Operation(Box::new(operation)));
    window.asked();
    window.harness.get_by_role_and_label(Role::Button, "Show its session").click();
    window.harness.run();
    window.asked()
}

#[test]
fn the_session_of_a_worktree_is_shown_also_where_it_was_not_heard_of_yet() {
    let mut window = two();
    show_its_session(&mut window, "b");
    assert!(window.app().is_session_shown(&id("b")));

    let mut window = two();
    let asked = show_its_session(&mut window, "new");
    let ticket = asked.iter().find_map(|ask| match ask {
        Ask::Session { ticket, session } if *session == id("new") => Some(*ticket),
        _ => None,
    });
    let reply = Reply::Session(Box::new(session("new", "mend", "slow", 2)));
    window.tell(News::Done { ticket: ticket.unwrap(), answer: Ok(Box::new(reply)) });
    assert!(window.app().is_session_shown(&id("new")));
    window.harness.get_by_role_and_label(Role::ListBoxOption, "mend");
}

#[test]
fn a_session_that_is_gone_is_said_to_be_where_it_was_to_be_shown() {
    let mut window = two();
    let asked = show_its_session(&mut window, "gone");
    let [Ask::Session { ticket, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    let answer = Err(Failure::new(Code::NotFound, "there is no session gone"));
    window.tell(News::Done { ticket: *ticket, answer });
    window.harness.get_by_label("there is no session gone");
    assert!(window.app().is_session_shown(&id("a")), "one goes on looking at what was there");
}

#[test]
fn what_was_changed_in_worktrees_is_told_as_it_is_now() {
    let mut window = two();
    window.obey(WindowCommand::ShowWorktrees);
    let here = Worktree { current: true, ..worktree("/srv/app") };
    let all = RepositoryNews::Worktrees(Ok(vec![here, worktree("/srv/other")]));
    window.tell(News::Repository { session: id("a"), news: Box::new(all) });
    window.harness.run();
    assert_eq!(window.harness.query_all_by_label_contains("1 file changed").count(), 1);
    let asks_again = |window: &mut Window| {
        let asks = |ask: &Ask| matches!(ask, Ask::Repository(RepositoryAsk::Worktrees(of)) if *of == id("a"));
        window.asked().iter().any(asks)
    };
    asks_again(&mut window);
    window.obey(WindowCommand::ShowLog);
    assert!(!asks_again(&mut window));
    window.obey(WindowCommand::ShowWorktrees);
    assert!(asks_again(&mut window), "agents are at work in the others");
}
