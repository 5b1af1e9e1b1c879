//! A window in which files are open, for tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Expected, FileCommand, FileEntry, FilePath, FileReply, Listing, Reply, SessionId,
};

use super::testing::{Window, window};
use crate::bridge::{
    Ask, Comparison, Contents, FileDraft, FilesAsk, FilesNews, News, OpenId, Opened,
};
use crate::memory::{Memory, RightPage};
use crate::samples::{self, session};
use crate::view::editor::{Document, Merge};
use crate::view::files::Folder;

pub(super) fn entry(name: &str, version: &str) -> FileEntry {
    FileEntry { version: version.to_owned(), ..samples::entry(name) }
}

pub(super) fn files() -> Window {
    let memory = Memory { right_page: RightPage::Files, ..Memory::default() };
    let mut window = window(memory, vec![session("s", "api", "local", 0)]);
    window.harness.run();
    window
}

pub(super) fn of_files(asks: Vec<Ask>) -> Vec<FilesAsk> {
    let of = |ask| match ask {
        Ask::File(FilesAsk::Look(_) | FilesAsk::Colour { .. }) => None,
        Ask::File(ask) => Some(ask),
        _ => None,
    };
    asks.into_iter().filter_map(of).collect()
}

pub(super) fn list(window: &mut Window, entries: Vec<FileEntry>) {
    let listing =
        Listing { entries, version: "1".into(), directory: "/srv".into(), ..Listing::default() };
    let (session, path) = (SessionId::new("s"), FilePath::default());
    let answer = Ok(Some(Arc::new(Folder::of(listing))));
    window.tell(News::File(FilesNews::Listed { session, path, answer }));
}

/// A window in which the only file of the tree was clicked.
pub(super) fn clicked(name: &str) -> (Window, OpenId) {
    let mut window = files();
    window.asked();
    list(&mut window, vec![entry(name, "")]);
    window.harness.get_by_role_and_label(Role::TreeItem, name).click();
    window.harness.run();
    let asked = of_files(window.asked());
    let [FilesAsk::Open { id, path, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(*path, FilePath::from(name));
    let id = *id;
    (window, id)
}

/// Tells the window that a file was read.
pub(super) fn opened(window: &mut Window, id: OpenId, file: FileEntry, text: &str) {
    let contents = Contents::Text(Box::new(Document::new(text)), text.into());
    let answer = Ok(Box::new(Opened { file, contents }));
    window.tell(News::File(FilesNews::Opened { id, answer }));
}

/// A window in which a file of that text is open.
pub(super) fn editing(text: &str) -> (Window, OpenId) {
    let (mut window, id) = clicked("a.rs");
    opened(&mut window, id, entry("/srv/a.rs", "v1"), text);
    window.asked();
    (window, id)
}

/// What an earlier window kept of `a.rs`: "one" was read, "xone" is written.
pub(super) fn draft() -> FileDraft {
    FileDraft {
        session: SessionId::new("s"),
        path: FilePath::from("a.rs"),
        version: "v1".into(),
        base: Some("one\n".into()),
        text: "xone\n".into(),
        place: None,
        outside: false,
        read_in: None,
    }
}

/// A window that such a draft comes back in, and is looked at.
pub(super) fn restored(draft: FileDraft) -> Window {
    let mut window = files();
    let tab = format!("{}, not saved", FilePath(draft.path.name().to_vec()));
    window.tell(News::File(FilesNews::Drafts(vec![("1.json".into(), draft)])));
    window.harness.get_by_role_and_label(Role::Tab, &tab).click();
    window.harness.run();
    window
}

/// What was asked to be compared, if anything: the text that is here, and the news of what came of it.
pub(super) fn compared(
    window: &mut Window,
    id: OpenId,
    file: FileEntry,
    theirs: &str,
) -> Option<(String, News)> {
    let asked = of_files(window.asked()).into_iter().find_map(|ask| match ask {
        FilesAsk::Compare { base, mine, .. } => Some((base, mine)),
        _ => None,
    });
    let (base, mine) = asked?;
    let merge = Merge::new(base.as_deref(), &mine, theirs);
    let comparison = Comparison { merge, file, theirs: theirs.into() };
    Some((
        mine.to_string(),
        News::File(FilesNews::Compared { id, answer: Ok(Box::new(comparison)) }),
    ))
}

/// The changes of files that were asked for, with their tickets.
pub(super) fn commands(window: &mut Window) -> Vec<(u64, FileCommand)> {
    let of_file = |ask| match ask {
        Ask::Do { ticket, command } => match *command {
            Command::File(command) => Some((ticket, command)),
            _ => None,
        },
        _ => None,
    };
    window.asked().into_iter().filter_map(of_file).collect()
}

pub(super) fn write(window: &mut Window, text: &str) {
    window.harness.event(Event::Text(text.into()));
    window.harness.run();
}

/// What is being written: its ticket, bytes and what is expected there.
pub(super) fn written(window: &mut Window) -> (u64, String, Expected) {
    let found = commands(window).into_iter().find_map(|(ticket, command)| match command {
        FileCommand::Write { bytes, expected, .. } => {
            Some((ticket, String::from_utf8(bytes).unwrap(), expected))
        }
        _ => None,
    });
    found.expect("something is written")
}

pub(super) fn done(window: &mut Window, ticket: u64, version: &str) {
    let reply = Reply::File(FileReply::File(entry("/srv/a.rs", version)));
    window.tell(News::Done { ticket, answer: Ok(Box::new(reply)) });
}

pub(super) fn failed(window: &mut Window, ticket: u64, code: Code) {
    let failure = Failure::new(code, "it can't be");
    window.tell(News::Done { ticket, answer: Err(failure) });
}

pub(super) fn text(window: &mut Window, id: OpenId) -> String {
    window.app().open_of(id).unwrap().reader().unwrap().document.text()
}

pub(super) fn save(window: &mut Window) -> (u64, String, Expected) {
    window.press(Modifiers::COMMAND, Key::S);
    written(window)
}

pub(super) fn stands(window: &mut Window, id: OpenId, answer: Result<FileEntry, Failure>) {
    window.tell(News::File(FilesNews::Stands { id, answer }));
}
