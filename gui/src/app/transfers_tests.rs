#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, FileEntry, FilePath, GitCommand, GitStatus, Listing, Operation, OperationCommand,
    OperationReply, OperationState, Outcome, Progress, Reply, SessionId, TerminalCommand, Work,
};

use super::testing::{Window, window};
use crate::bridge::{Ask, FilesNews, News, RepositoryAsk, RepositoryNews, Ticket};
use crate::memory::{Memory, RightPage};
use crate::samples::{entry, session};
use crate::view::files::{Folder, TransferAct};

/// A window with the tree of `/srv/api`: `src/`, `a.rs`, `b.rs`.
fn files() -> Window {
    let downloads = Some(PathBuf::from("/home/ada/in"));
    let memory = Memory { right_page: RightPage::Files, downloads, ..Memory::default() };
    let mut window = window(memory, vec![session("s", "api", "local", 0)]);
    window.harness.run();
    let entries = vec![
        entry("src/"),
        entry("a.rs"),
        entry("b.rs"),
        FileEntry { link: Some("/mnt".into()), outside: true, ..entry("out/") },
    ];
    let listing = Listing {
        entries,
        version: "1".into(),
        directory: "/srv/api".into(),
        ..Listing::default()
    };
    let (session, path) = (SessionId::new("s"), FilePath::default());
    let answer = Ok(Some(Arc::new(Folder::of(listing))));
    window.tell(News::File(FilesNews::Listed { session, path, answer }));
    window.asked();
    window
}

/// What was begun since the last time, and what was forgotten.
fn begun(window: &mut Window) -> (Vec<(Ticket, Work)>, Vec<String>) {
    let (mut works, mut forgotten) = (Vec::new(), Vec::new());
    for ask in window.asked() {
        let Ask::Do { ticket, command } = ask else { continue };
        match *command {
            Command::Operation(OperationCommand::Start(work)) => works.push((ticket, work)),
            Command::Operation(OperationCommand::Forget { id }) => forgotten.push(id),
            _ => {}
        }
    }
    (works, forgotten)
}

fn operation(id: &str, work: &Work, state: OperationState) -> Operation {
    Operation {
        id: id.into(),
        work: work.clone(),
        host: "local".into(),
        session: Some(SessionId::new("s")),
        directory: None,
        state,
        progress: None,
        output: 0,
        started_at: Timestamp::UNIX_EPOCH,
        ended_at: None,
    }
}

fn answer(window: &mut Window, ticket: Ticket, operation: &Operation) {
    let reply = OperationReply::Operation(Box::new(operation.clone()));
    window.tell(News::Done { ticket, answer: Ok(Box::new(Reply::Operation(reply))) });
}

fn there_already(name: &str) -> OperationState {
    let why = Failure::new(Code::Conflict, format!("{name} is there already"));
    OperationState::Failed { why }
}

fn target(work: &Work) -> (String, bool) {
    match work {
        Work::Upload { remote: path, replace, .. }
        | Work::Download { local: path, replace, .. } => (path.to_string(), *replace),
        other => panic!("{other:?}"),
    }
}

/// A file of the desktop that falls onto the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nothing is read of it".into())
    }
}

fn drop_onto(window: &mut Window, row: &str, paths: &[&str]) {
    let at = window.harness.get_by_role_and_label(Role::TreeItem, row).rect().center();
    window.harness.event(Event::PointerMoved(at));
    for path in paths {
        let file = Dropped(PathBuf::from(path));
        window.harness.input_mut().dropped_files.push(Arc::new(file));
    }
    window.harness.run();
}

/// Two files that were dropped onto `src`, under the ids `one` and `two`.
fn two_dropped() -> (Window, [Work; 2]) {
    let mut window = files();
    drop_onto(&mut window, "src", &["/home/ada/x.png", "/home/ada/y.txt"]);
    let (works, _) = begun(&mut window);
    let [(first, one), (second, two)] = works.try_into().unwrap();
    answer(&mut window, first, &operation("one", &one, OperationState::Running));
    answer(&mut window, second, &operation("two", &two, OperationState::Running));
    (window, [one, two])
}

fn fails(window: &mut Window, id: &str, work: &Work) {
    let failed = operation(id, work, there_already("it"));
    window.tell(News::Operation(Box::new(failed)));
}

#[test]
fn what_is_dropped_onto_a_directory_is_sent_into_it_and_is_no_image_for_the_message() {
    let (mut window, [one, two]) = two_dropped();
    assert_eq!(target(&one), ("src/x.png".into(), false));
    let Work::Upload { at, local, .. } = &two else { panic!("{two:?}") };
    assert_eq!((at, local), (&At::Session(SessionId::new("s")), &"/home/ada/y.txt".into()));
    assert!(!window.asked().iter().any(|ask| matches!(ask, Ask::Attach { .. })));
    window.harness.get_by_label("2 transfers under way");
}

#[test]
fn what_is_dropped_onto_a_link_that_leads_outside_is_sent_after_a_question() {
    let mut window = files();
    drop_onto(&mut window, "out", &["/home/ada/one"]);
    assert!(begun(&mut window).0.is_empty());
    window.harness.get_by_role_and_label(Role::Button, "Send it there").click();
    window.harness.run();
    let (all, _) = begun(&mut window);
    let [(_, Work::Upload { remote, outside, .. })] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((remote.to_string(), *outside), ("out/one".to_owned(), true));
}

#[test]
fn what_is_dropped_elsewhere_is_the_composers() {
    let mut window = files();
    window.harness.event(Event::PointerMoved(egui::pos2(500.0, 300.0)));
    let file = Dropped("/home/ada/x.png".into());
    window.harness.input_mut().dropped_files.push(Arc::new(file));
    window.harness.run();
    assert!(begun(&mut window).0.is_empty());
}

#[test]
fn what_is_there_already_is_asked_about_once_for_all_that_fell_together() {
    let (mut window, [one, two]) = two_dropped();
    fails(&mut window, "one", &one);
    window.harness.get_by_label("x.png is there already");
    window.harness.get_by_label_contains("The same for the other one").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Replace").click();
    window.harness.run();
    let (works, forgotten) = begun(&mut window);
    assert_eq!(
        works.iter().map(|(_, work)| target(work)).collect::<Vec<_>>(),
        [("src/x.png".to_owned(), true)]
    );
    assert!(forgotten.is_empty(), "the first one stays until the second is known");
    // The other one comes to it later, and asks no more.
    fails(&mut window, "two", &two);
    assert!(window.harness.query_by_role_and_label(Role::Button, "Keep both").is_none());
    let (again, _) = begun(&mut window);
    assert_eq!(target(&again[0].1), ("src/y.txt".into(), true));
    answer(&mut window, again[0].0, &operation("three", &again[0].1, OperationState::Running));
    assert_eq!(begun(&mut window).1, ["two"]);
}

#[test]
fn both_are_kept_under_the_first_name_that_is_free() {
    let (mut window, [one, _]) = two_dropped();
    fails(&mut window, "one", &one);
    window.harness.get_by_role_and_label(Role::Button, "Keep both").click();
    window.harness.run();
    let (works, _) = begun(&mut window);
    let (ticket, second) = works.into_iter().next().unwrap();
    assert_eq!(target(&second), ("src/x (2).png".into(), false));
    // That one is taken, too: nobody is asked again. Its news come before the answer.
    let failed = operation("next", &second, there_already("x (2).png"));
    window.tell(News::Operation(Box::new(failed.clone())));
    answer(&mut window, ticket, &operation("next", &second, OperationState::Waiting));
    let (works, _) = begun(&mut window);
    assert_eq!(target(&works[0].1), ("src/x (3).png".into(), false));
    assert!(window.harness.query_by_role_and_label(Role::Button, "Keep both").is_none());
}

#[test]
fn what_is_skipped_is_taken_from_the_list_and_other_failures_ask_nothing() {
    let (mut window, [one, two]) = two_dropped();
    fails(&mut window, "one", &one);
    window.harness.get_by_role_and_label(Role::Button, "Skip").click();
    window.harness.run();
    assert_eq!(begun(&mut window), (Vec::new(), vec!["one".to_owned()]));
    let why = Failure::new(Code::PermissionDenied, "permission denied");
    window.tell(News::Operation(Box::new(operation("two", &two, OperationState::Failed { why }))));
    assert!(window.harness.query_by_role_and_label(Role::Button, "Keep both").is_none());
    window.harness.get_by_role_and_label(Role::Button, "Go on with y.txt");
}

#[test]
fn a_clash_of_somebody_elses_transfer_asks_nothing_until_one_goes_on_with_it() {
    let mut window = files();
    let at = At::Session(SessionId::new("s"));
    let (local, remote) = ("/home/ada/in/a.rs".into(), "a.rs".into());
    let work = Work::Download { at, remote, local, replace: false };
    window.tell(News::Operation(Box::new(operation("theirs", &work, OperationState::Running))));
    fails(&mut window, "theirs", &work);
    assert!(window.harness.query_by_role_and_label(Role::Button, "Keep both").is_none());
    window.harness.get_by_role_and_label(Role::Button, "Go on with a.rs").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Replace").click();
    window.harness.run();
    assert_eq!(target(&begun(&mut window).0[0].1), ("/home/ada/in/a.rs".into(), true));
}

#[test]
fn a_stopped_transfer_goes_on_and_is_forgotten_only_when_the_new_one_is_known() {
    let (mut window, [one, _]) = two_dropped();
    window.tell(News::Operation(Box::new(operation("one", &one, OperationState::Stopped))));
    window.harness.get_by_role_and_label(Role::Button, "Go on with x.png").click();
    window.harness.run();
    let (works, forgotten) = begun(&mut window);
    assert_eq!((&works[0].1, forgotten.len()), (&one, 0));
    let failure = Failure::new(Code::Busy, "too much waits to be done");
    window.tell(News::Done { ticket: works[0].0, answer: Err(failure) });
    window.harness.get_by_role_and_label(Role::Button, "Go on with x.png").click();
    window.harness.run();
    let (works, _) = begun(&mut window);
    answer(&mut window, works[0].0, &operation("new", &one, OperationState::Running));
    assert_eq!(begun(&mut window).1, ["one"]);
}

#[test]
fn what_was_sent_into_one_directory_does_not_go_on_into_another() {
    // The window was begun anew meanwhile: it knows what the engine has kept.
    let again = |cwd: &str, remote: &str| {
        let mut window = files();
        let at = At::Session(SessionId::new("s"));
        let (local, remote) = ("/home/ada/in/a.rs".into(), remote.into());
        let work = Work::Download { at, remote, local, replace: false };
        let stopped = operation("one", &work, OperationState::Stopped);
        let stopped = Operation { directory: Some("/srv/app".into()), ..stopped };
        window.tell(News::Operation(Box::new(stopped)));
        let mut moved = session("s", "api", "local", 0);
        moved.cwd = Some(cwd.into());
        window.tell(News::Sessions(vec![moved]));
        window.asked();
        window.harness.get_by_role_and_label(Role::Button, "Go on with a.rs").click();
        window.harness.run();
        let why = "this was done in /srv/app, and the session is in /srv/other now";
        let is_refused = window.harness.query_by_label_contains(why).is_some();
        (begun(&mut window).0.len(), is_refused)
    };
    assert_eq!(again("/srv/app", "a.rs"), (1, false));
    assert_eq!(again("/srv/other", "a.rs"), (0, true));
    assert_eq!(again("/srv/other", "/srv/app/a.rs"), (1, false), "it is the same file");
}

#[test]
fn what_was_sent_to_one_machine_does_not_go_on_to_another() {
    let (mut window, [one, two]) = two_dropped();
    window.tell(News::Operation(Box::new(operation("one", &one, OperationState::Stopped))));
    fails(&mut window, "two", &two);
    window.tell(News::Sessions(vec![session("s", "api", "prod", 0)]));
    window.asked();
    for button in ["Replace", "Go on with x.png"] {
        window.harness.get_by_role_and_label(Role::Button, button).click();
        window.harness.run();
        assert!(begun(&mut window).0.is_empty(), "{button}");
        window.harness.get_by_label_contains("and the session is on prod now");
    }
}

#[test]
fn several_are_fetched_into_the_directory_that_was_chosen_last() {
    let mut window = files();
    window.harness.get_by_role_and_label(Role::TreeItem, "a.rs").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::TreeItem, "b.rs").click_modifiers(Modifiers::SHIFT);
    window.harness.run();
    window.harness.get_by_role_and_label(Role::TreeItem, "b.rs").click_secondary();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Download 2 items").click();
    window.harness.run();
    let targets: Vec<_> = begun(&mut window).0.iter().map(|(_, work)| target(work)).collect();
    let wanted = ["/home/ada/in/a.rs", "/home/ada/in/b.rs"].map(|path| (path.to_owned(), false));
    assert_eq!(targets, wanted);
}

#[test]
fn a_directory_is_chosen_for_what_is_fetched_and_remembered() {
    let mut window = files();
    window.harness.get_by_role_and_label(Role::TreeItem, "a.rs").click_secondary();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Download to…").click();
    window.harness.run();
    let asks = window.asked();
    let listed = asks.iter().find_map(|ask| match ask {
        Ask::ListDirectory(dir) => Some(dir.clone()),
        _ => None,
    });
    assert_eq!(listed, Some(PathBuf::from("/home/ada/in")));
    window.tell(News::Listed { dir: "/home/ada/in".into(), answer: Ok(Vec::new()) });
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(target(&begun(&mut window).0[0].1), ("/home/ada/in/a.rs".into(), false));
    assert_eq!(window.app().memory.downloads, Some("/home/ada/in".into()));
}

#[test]
fn speed_and_what_is_left_are_shown_while_it_goes_on() {
    let (mut window, [one, _]) = two_dropped();
    for done in [0, 4_000_000, 8_000_000, 12_000_000] {
        let of = Some(40_000_000);
        let progress = Progress { doing: "sends".into(), done, of, bytes: true };
        let running = Operation {
            progress: Some(progress),
            ..operation("one", &one, OperationState::Running)
        };
        window.tell(News::Operation(Box::new(running)));
        window.harness.run_steps(40);
    }
    let about = window.app().transfers().into_iter().find(|transfer| transfer.id == "one").unwrap();
    assert!(about.about.starts_with("12 MB of 40 MB, "), "{}", about.about);
    assert!(about.about.contains("/s, ") && about.about.ends_with(" left"), "{}", about.about);
    assert_eq!(about.part, Some(0.3));
}

#[test]
fn what_has_arrived_is_shown_in_its_folder_and_cleared_from_the_list() {
    let mut window = files();
    let at = At::Session(SessionId::new("s"));
    let (local, remote) = ("/home/ada/in/a.rs".into(), "a.rs".into());
    let work = Work::Download { at, remote, local, replace: false };
    let outcome = Outcome::default();
    window.tell(News::Operation(Box::new(operation(
        "done",
        &work,
        OperationState::Done { outcome },
    ))));
    window.harness.get_by_role_and_label(Role::Button, "Show in its folder: a.rs").click();
    window.harness.run();
    let opened = window
        .asked()
        .into_iter()
        .any(|ask| matches!(ask, Ask::Open(what) if what == "/home/ada/in"));
    assert!(opened);
    window.app().transfer_act(TransferAct::ForgetOver);
    assert_eq!(begun(&mut window).1, ["done"]);
    window.tell(News::OperationForgotten("done".into()));
    assert!(window.app().transfers().is_empty());
}

fn status(top: &str) -> RepositoryNews {
    let status = GitStatus { top: top.into(), ..GitStatus::default() };
    RepositoryNews::Status(Ok(Some(Box::new(status))))
}

#[test]
fn files_of_the_tree_are_staged_under_the_names_that_the_repository_has_for_them() {
    let mut window = files();
    window.harness.get_by_role_and_label(Role::TreeItem, "a.rs").click_secondary();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Stage for the next commit").click();
    window.harness.run();
    let asks = window.asked();
    let asked = asks.iter().any(|ask| matches!(ask, Ask::Repository(RepositoryAsk::Status(_))));
    assert!(asked, "it isn't known yet where the repository lies: {asks:?}");
    let news = Box::new(status("/srv"));
    window.tell(News::Repository { session: SessionId::new("s"), news });
    let staged = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Do { command, .. } => match *command {
            Command::Repository(GitCommand::Stage { paths, .. }) => Some(paths),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(staged, Some(vec!["api/a.rs".into()]));
}

#[test]
fn a_terminal_opens_in_the_directory_of_the_tree() {
    let mut window = files();
    window.harness.get_by_role_and_label(Role::TreeItem, "src").click_secondary();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, "Open terminal here").click();
    window.harness.run();
    let opened = window.asked().into_iter().find_map(|ask| match ask {
        Ask::Do { command, .. } => match *command {
            Command::Terminal(TerminalCommand::Open { at, directory, .. }) => Some((at, directory)),
            _ => None,
        },
        _ => None,
    });
    let wanted = (At::Session(SessionId::new("s")), Some("/srv/api/src".into()));
    assert_eq!(opened, Some(wanted));
}
