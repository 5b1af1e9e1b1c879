//! What is done to files of sessions: made, renamed, deleted, saved.

use std::collections::BTreeSet;
use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, Expected, FileCommand, FileKind, FilePath, FileReply, Reply, SessionId,
};

use super::App;
use super::pending::Pending;
use crate::bridge::OpenId;
use crate::view::files::tree::parted;
use crate::view::files::{Entry, shown_name};

/// What is done to files, waiting for its answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FilePending {
    /// Something is being made.
    Make { session: SessionId, path: FilePath, directory: bool },
    /// Something gets another name.
    Rename { session: SessionId, from: FilePath, to: FilePath },
    /// Something is being deleted.
    Delete { session: SessionId, paths: Vec<FilePath> },
    /// A file is being saved.
    Save { id: OpenId, text: Arc<str> },
}

/// Something that is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doomed {
    pub path: FilePath,
    kind: FileKind,
    /// Its target stays.
    link: bool,
}

impl Doomed {
    pub fn of(path: FilePath, entry: &Entry) -> Self {
        Self { path, kind: entry.file.kind, link: entry.file.link.is_some() }
    }

    /// Whether other things go with it.
    pub fn is_directory(&self) -> bool {
        self.kind == FileKind::Directory && !self.link
    }
}

impl App {
    pub(super) fn make_path(&mut self, session: SessionId, path: FilePath, directory: bool) {
        let outside = self.is_outside(&session, &path);
        let (at, of) = (At::Session(session.clone()), path.clone());
        let command = if directory {
            FileCommand::MakeDirectory { at, path: of, parents: false, outside }
        } else {
            let expected = Expected::Absent;
            FileCommand::Write { at, path: of, bytes: Vec::new(), expected, outside }
        };
        self.do_or_ask(outside, command, FilePending::Make { session, path, directory });
    }

    pub(super) fn rename_path(&mut self, session: SessionId, from: FilePath, to: FilePath) {
        let outside = self.is_outside(&session, &from) || self.is_outside(&session, &to);
        let command = FileCommand::Rename {
            at: At::Session(session.clone()),
            from: from.clone(),
            to: to.clone(),
            replace: false,
            outside,
        };
        self.do_or_ask(outside, command, FilePending::Rename { session, from, to });
    }

    /// Changes files; what lies outside of the session's directory is asked about first.
    pub(super) fn do_or_ask(&mut self, outside: bool, command: FileCommand, pending: FilePending) {
        if outside {
            self.ask_whether_outside(command, pending);
        } else {
            self.carry_out(Command::File(command), Pending::File(pending));
        }
    }

    /// Whether a path leads out of the session's directory, as far as that is known.
    pub(super) fn is_outside(&self, session: &SessionId, path: &FilePath) -> bool {
        if path.bytes().starts_with(b"/")
            || path.bytes().split(|byte| *byte == b'/').any(|part| part == b"..")
        {
            return true;
        }
        let Some(tree) = self.files.trees.get(session) else { return false };
        let mut at = parted(path).0;
        while !at.bytes().is_empty() {
            let leads_out = tree.entry(&at).is_some_and(|entry| entry.file.outside);
            if leads_out || tree.folder(&at).is_some_and(|folder| folder.outside) {
                return true;
            }
            at = parted(&at).0;
        }
        false
    }

    /// What became of something that was done to files.
    pub(super) fn file_answered(
        &mut self,
        pending: FilePending,
        answer: Result<Box<Reply>, Failure>,
    ) {
        match (pending, answer.map(|reply| *reply)) {
            (FilePending::Save { id, text }, Ok(Reply::File(FileReply::File(entry)))) => {
                self.saved(id, text, entry);
            }
            (pending @ FilePending::Save { .. }, Ok(_)) => {
                let unfit = Failure::new(Code::Internal, "the engine answered something else");
                self.file_done(pending, Some(unfit));
            }
            (pending, answer) => self.file_done(pending, answer.err()),
        }
    }

    /// What was done to files has come to an end.
    fn file_done(&mut self, pending: FilePending, failure: Option<Failure>) {
        match (pending, failure) {
            (FilePending::Make { session, path, directory }, None) => {
                self.list(&session, &parted(&path).0);
                if !directory {
                    self.open_file(&session, &path, true);
                }
            }
            (FilePending::Rename { session, from, to }, None) => {
                self.tree(&session).forget(&from);
                for folder in BTreeSet::from([parted(&from).0, parted(&to).0]) {
                    self.list(&session, &folder);
                }
                self.open_files_moved(&session, &from, &to);
            }
            (FilePending::Delete { session, paths }, None) => {
                for path in &paths {
                    self.tree(&session).forget(path);
                }
                self.list_around(&session, &paths);
                match paths.as_slice() {
                    [path] => self.say(format!("{} was deleted", shown_name(path))),
                    all => self.say(format!("{} items were deleted", all.len())),
                }
            }
            (FilePending::Save { id, .. }, Some(failure)) => self.save_failed(id, failure),
            // Saved: told with what it is now.
            (FilePending::Save { .. }, None) => {}
            (FilePending::Make { session, path, .. }, Some(failure)) => {
                self.list(&session, &parted(&path).0);
                self.complain(&failure);
            }
            (FilePending::Rename { session, from, .. }, Some(failure)) => {
                self.list(&session, &parted(&from).0);
                self.complain(&failure);
            }
            (FilePending::Delete { session, paths }, Some(failure)) => {
                // Some of them may be gone.
                self.list_around(&session, &paths);
                self.complain(&failure);
            }
        }
    }

    /// Lists the directories that these lie in.
    fn list_around(&mut self, session: &SessionId, paths: &[FilePath]) {
        let folders: BTreeSet<FilePath> = paths.iter().map(|path| parted(path).0).collect();
        for folder in folders {
            self.list(session, &folder);
        }
    }

    /// What is asked before something is deleted.
    pub(super) fn delete_heading(all: &[Doomed]) -> String {
        match all {
            [one] => format!("Delete {}?", shown_name(&FilePath(one.path.name().to_vec()))),
            all => format!("Delete {} items?", all.len()),
        }
    }

    /// What goes with it, in words.
    pub(super) fn delete_words(all: &[Doomed]) -> &'static str {
        let directories = all.iter().any(Doomed::is_directory);
        match all {
            [one] if one.link => "The link is deleted; what it leads to stays.",
            [_] if directories => {
                "The directory is deleted with everything in it. That can't be undone."
            }
            [_] => "The file is deleted. That can't be undone.",
            _ if directories => {
                "Directories are deleted with everything in them. That can't be undone."
            }
            _ => "They are deleted. That can't be undone.",
        }
    }
}
