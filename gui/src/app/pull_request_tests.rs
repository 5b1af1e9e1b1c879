#![allow(clippy::unwrap_used, clippy::panic)]

use egui::Role;
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, Operation, OperationCommand, OperationReply, OperationState, Outcome, Reply, Work,
};

use super::repository_tests::{draft, form, id, show, two, words};
use super::testing::Window;
use crate::bridge::{Ask, News};
use crate::commands::WindowCommand;
use crate::samples::{at, session};

/// A pull request of `main` that was begun in that second; its body was emptied.
fn operation(name: &str, second: i64, state: OperationState) -> Operation {
    let work = Work::PullRequest {
        at: At::Session(id("a")),
        branch: Some("main".into()),
        title: Some("My words".into()),
        body: Some(String::new()),
        base: Some("release".into()),
        draft: true,
    };
    Operation {
        id: name.into(),
        work,
        host: "slow".into(),
        session: Some(id("a")),
        directory: None,
        state,
        progress: None,
        output: 0,
        started_at: at(second),
        ended_at: None,
    }
}

fn failed(name: &str, second: i64) -> Operation {
    let why = Failure::new(Code::NotFound, "there is no gh on slow");
    operation(name, second, OperationState::Failed { why })
}

fn opened(name: &str, second: i64) -> Operation {
    let outcome = Outcome { url: Some("https://example.org/1".into()), ..Outcome::default() };
    operation(name, second, OperationState::Done { outcome })
}

fn tell(window: &mut Window, operation: Operation) {
    window.tell(News::Operation(Box::new(operation)));
}

/// Opens the form, and tells what git's commits give by now.
fn open(window: &mut Window) {
    window.obey(WindowCommand::PullRequest);
    draft(window, "a", "topic", "Of the commit", "It was broken");
}

fn cancel(window: &mut Window) {
    window.harness.get_by_role_and_label(Role::Button, "Cancel").click();
    window.harness.run();
}

/// The commands on operations that were given, with their tickets.
fn commands(window: &mut Window) -> Vec<(u64, OperationCommand)> {
    let of = |ask| match ask {
        Ask::Do { ticket, command } => match *command {
            Command::Operation(command) => Some((ticket, command)),
            _ => None,
        },
        _ => None,
    };
    window.asked().into_iter().filter_map(of).collect()
}

/// Presses the button that pushes: the ticket, and what is to be done.
fn send(window: &mut Window) -> Option<(u64, Work)> {
    commands(window);
    window.harness.get_by_role_and_label(Role::Button, "Push and open it").click();
    window.harness.run();
    commands(window).into_iter().find_map(|(ticket, command)| match command {
        OperationCommand::Start(work) => Some((ticket, work)),
        _ => None,
    })
}

/// What such an operation does, of that branch.
fn work(branch: &str) -> Work {
    let Work::PullRequest { at, title, body, base, draft, .. } = failed("1", 0).work else {
        panic!("no pull request")
    };
    Work::PullRequest { at, branch: Some(branch.into()), title, body, base, draft }
}

#[test]
fn what_was_typed_for_a_pull_request_that_failed_is_there_when_its_form_is_opened() {
    // It failed while one looked; it failed before the window was started.
    for begins in [true, false] {
        let mut window = two();
        if begins {
            tell(&mut window, operation("1", 0, OperationState::Running));
        }
        tell(&mut window, failed("1", 0));
        show(&mut window, "b");
        open(&mut window);
        assert_ne!(form(&window), words("My words", ""), "it is of another session");
        cancel(&mut window);
        show(&mut window, "a");
        window.obey(WindowCommand::PullRequest);
        assert_eq!(form(&window), words("My words", ""));
        assert_eq!(send(&mut window), None, "the branch isn't told");
        draft(&mut window, "a", "topic", "Of the commit", "It was broken");
        assert_eq!(form(&window), words("My words", ""), "an emptied body stays empty");
        // Other commits came meanwhile.
        draft(&mut window, "a", "topic", "Of another commit", "It was slow");
        assert_eq!(send(&mut window).unwrap().1, work("topic"));
    }
}

#[test]
fn the_button_of_the_changes_opens_the_same_form() {
    let mut window = two();
    tell(&mut window, failed("1", 0));
    window.obey(WindowCommand::ShowGit);
    window.harness.get_by_label("Pull request…").click();
    window.harness.run();
    assert_eq!(form(&window), words("My words", ""));
}

#[test]
fn what_was_typed_for_a_pull_request_is_forgotten_when_it_is_opened_or_under_way() {
    for now in [operation("2", 1, OperationState::Running), opened("2", 1)] {
        let mut window = two();
        tell(&mut window, now);
        // Whatever the order in which they are told.
        tell(&mut window, failed("1", 0));
        open(&mut window);
        assert_eq!(form(&window), words("Of the commit", "It was broken"));
    }
}

#[test]
fn what_was_typed_for_a_pull_request_is_not_lost_with_the_words_on_why_it_failed() {
    let mut window = two();
    tell(&mut window, failed("1", 0));
    window.tell(News::OperationForgotten("1".into()));
    open(&mut window);
    assert_eq!(form(&window), words("My words", ""));
    cancel(&mut window);

    // But where another one was opened.
    tell(&mut window, failed("2", 1));
    window.tell(News::OperationForgotten("2".into()));
    tell(&mut window, operation("3", 2, OperationState::Running));
    tell(&mut window, opened("3", 2));
    window.tell(News::OperationForgotten("3".into()));
    open(&mut window);
    assert_eq!(form(&window), words("Of the commit", "It was broken"));
}

#[test]
fn a_pull_request_that_could_not_even_be_begun_loses_no_word() {
    let mut window = two();
    open(&mut window);
    let (ticket, sent) = send(&mut window).unwrap();
    assert_eq!(form(&window), None);
    let answer = Err(Failure::new(Code::TooLarge, "the body has more than 65000 letters"));
    window.tell(News::Done { ticket, answer });
    window.obey(WindowCommand::PullRequest);
    draft(&mut window, "a", "topic", "Of another commit", "It was slow");
    assert_eq!(form(&window), words("Of the commit", "It was broken"));
    assert_eq!(send(&mut window).unwrap().1, sent);
}

#[test]
fn a_new_pull_request_takes_the_place_of_the_one_that_was_not_opened() {
    let mut window = two();
    tell(&mut window, failed("1", 0));
    open(&mut window);
    let (ticket, _) = send(&mut window).unwrap();
    assert_eq!(commands(&mut window), [], "nothing is forgotten before it is known");
    let begun = Box::new(operation("2", 1, OperationState::Waiting));
    let reply = Reply::Operation(OperationReply::Operation(begun));
    window.tell(News::Done { ticket, answer: Ok(Box::new(reply)) });
    let asked = commands(&mut window);
    assert!(
        matches!(asked.as_slice(), [(_, OperationCommand::Forget { id })] if id == "1"),
        "{asked:?}"
    );
    window.tell(News::OperationForgotten("1".into()));
    tell(&mut window, opened("2", 1));
    window.tell(News::OperationForgotten("2".into()));
    open(&mut window);
    assert_eq!(form(&window), words("Of the commit", "It was broken"));
}

#[test]
fn what_was_typed_for_a_pull_request_of_another_directory_keeps_no_branch_of_there() {
    let mut window = two();
    let elsewhere = Some("/srv/before".into());
    tell(&mut window, Operation { directory: elsewhere, ..failed("1", 0) });
    let mut now = session("a", "aaa", "slow", 1);
    now.cwd = Some("/srv/app".into());
    window.tell(News::Sessions(vec![now]));
    window.obey(WindowCommand::PullRequest);
    assert_eq!(send(&mut window), None);
    draft(&mut window, "a", "topic", "Of the commit", "It was broken");
    let Some((_, Work::PullRequest { branch, title, base, .. })) = send(&mut window) else {
        panic!("nothing was sent")
    };
    assert_eq!((branch.as_deref(), title.as_deref()), (Some("topic"), Some("My words")));
    assert_eq!(base, None, "the branch that it was to go into is another repository's");
}
