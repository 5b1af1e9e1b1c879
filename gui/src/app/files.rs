//! Files of sessions: their trees, and what is done to files.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use egui::Ui;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, Expected, FileCommand, FileKind, FilePath, FileReply, Reply, Session, SessionId,
};

use super::App;
use super::file_body::Body;
use super::files_find::Finding;
use super::files_git::GitWish;
use super::open_file::OpenFile;
use super::pending::Pending;
use super::place::Place;
use crate::bridge::{Ask, FilesAsk, FilesNews, OpenId};
use crate::memory::RightPage;
use crate::view::composer::Heads;
use crate::view::editor::Standing;
use crate::view::files::tree::{Shown as Row, parted};
use crate::view::files::{
    Entry, FilesAct, FilesData, Folder, QuickView, Transfer, Tree, shown_name,
};
use crate::view::places::host_name;

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
    fn of(path: FilePath, entry: &Entry) -> Self {
        Self { path, kind: entry.file.kind, link: entry.file.link.is_some() }
    }

    /// Whether other things go with it.
    pub fn is_directory(&self) -> bool {
        self.kind == FileKind::Directory && !self.link
    }
}

/// What the window knows of files.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub trees: HashMap<SessionId, Tree>,
    nothing: Tree,
    /// Sessions whose files a person wanted to see: their hosts may be connected to.
    wanted: BTreeSet<SessionId>,
    pub in_sight: BTreeSet<FilePath>,
    pub looked: Option<(SessionId, BTreeSet<FilePath>, BTreeSet<OpenId>)>,
    pub quick: QuickView,
    pub quick_found: Finding,
    pub mentions: Finding,
    /// How those begin.
    pub heads: Heads,
    pub open: Vec<OpenFile>,
    /// The file that is shown of a session, in place of a conversation.
    pub shown: BTreeMap<SessionId, OpenId>,
    pub last: u64,
    /// What is on its way between this machine and hosts.
    pub transfers: super::files_transfer::Transfers,
    /// What was dropped, and nobody has taken yet.
    pub drops: super::files_drop::Drops,
    /// What is wanted of git, until it is known how the repository stands.
    pub git_wish: Option<(SessionId, GitWish)>,
    /// Files that are to be closed as soon as they are saved.
    pub closing: BTreeSet<OpenId>,
}

impl App {
    pub(super) fn file_ask(&mut self, ask: FilesAsk) -> bool {
        self.ask(Ask::File(ask))
    }

    pub(super) fn tree(&mut self, session: &SessionId) -> &mut Tree {
        self.files.trees.entry(session.clone()).or_default()
    }

    /// A path of a session as its host calls it, as far as that is known.
    pub(super) fn whole_path(&self, session: &SessionId, path: &FilePath) -> FilePath {
        let tree = self.files.trees.get(session);
        tree.map_or_else(|| path.clone(), |tree| tree.whole(path))
    }

    /// How many rows the tree of the shown session has.
    pub(super) fn rows_of_files(&self) -> usize {
        let tree = self.shown.as_ref().and_then(|shown| self.files.trees.get(&shown.session));
        tree.map_or(0, |tree| tree.rows().len())
    }

    /// What the bar of files shows.
    pub(super) fn files_data<'a>(&'a self, transfers: &'a [Transfer]) -> FilesData<'a> {
        let session = self.shown.as_ref().map(|shown| &shown.session);
        let known = session.and_then(|session| self.sessions.get(session));
        let tree = session.and_then(|session| self.files.trees.get(session));
        let host = known.map_or("", |known| known.host.as_str());
        let shown = session.and_then(|session| {
            let id = self.files.shown.get(session)?;
            self.files.open.iter().find(|file| file.id == *id).map(|file| &file.path)
        });
        FilesData {
            session,
            tree: tree.unwrap_or(&self.files.nothing),
            directory: known.and_then(|known| known.cwd.as_deref()).unwrap_or("~"),
            host: host_name(&self.hosts.hosts.hosts, host),
            reached: session.is_some_and(|session| self.may_ask_host(session)),
            shown,
            transfers,
            dropping: self.is_dropping(),
        }
    }

    /// Does what somebody wants of the files.
    pub(super) fn files_act(&mut self, ui: &Ui, act: FilesAct) {
        let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) else { return };
        match act {
            FilesAct::Show => {
                self.files.wanted.insert(session.clone());
                self.list(&session, &FilePath::default());
            }
            FilesAct::Refresh => {
                self.files.wanted.insert(session.clone());
                let mut wanted: Vec<FilePath> = self.tree(&session).unfolded().cloned().collect();
                wanted.push(FilePath::default());
                for path in wanted {
                    self.list(&session, &path);
                }
            }
            FilesAct::Unfold { path, open } => {
                if self.tree(&session).unfold(&path, open) {
                    self.list(&session, &path);
                }
            }
            FilesAct::FoldAll => self.tree(&session).fold_all(),
            FilesAct::Filter(filter) => self.tree(&session).set_filter(&filter),
            FilesAct::Open { path, stays } => self.open_file(&session, &path, stays),
            FilesAct::GoTo => self.go_to_file(),
            FilesAct::Make { path, directory } => self.make(session, path, directory),
            FilesAct::Rename { from, to } => {
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
            FilesAct::Delete(paths) => {
                let known = self.tree(&session).entries(&paths).into_iter();
                let all: Vec<Doomed> = known.map(|(path, entry)| Doomed::of(path, entry)).collect();
                if !all.is_empty() {
                    self.ask_whether_delete(session, all);
                }
            }
            FilesAct::Copy { what, text } => {
                ui.ctx().copy_text(text);
                self.say(format!("{what} copied"));
            }
            FilesAct::Mention(path) => self.mention(&path),
            FilesAct::Look(folders) => self.files.in_sight = folders,
            FilesAct::Download(paths) => self.download(&session, paths),
            FilesAct::DownloadTo(paths) => self.choose_download(session, paths),
            FilesAct::Upload(folder) => self.choose_upload(session, folder),
            FilesAct::Drop(folder) => self.send_dropped(&session, &folder),
            FilesAct::Stage(paths) => self.git_wish(&session, GitWish::Stage(paths)),
            FilesAct::Diff(path) => self.git_wish(&session, GitWish::Diff(path)),
            FilesAct::OpenTerminal(folder) => {
                self.new_terminal_in(Some(self.whole_path(&session, &folder)));
            }
            FilesAct::Transfer(act) => self.transfer_act(act),
        }
    }

    fn make(&mut self, session: SessionId, path: FilePath, directory: bool) {
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

    /// Asks for what a directory holds, unless that is under way.
    pub(super) fn list(&mut self, session: &SessionId, path: &FilePath) {
        let tree = self.tree(session);
        let seen = tree.folder(path).map(|folder| folder.version.clone());
        let long = seen.is_none() && tree.is_long(path);
        if tree.ask(path) {
            let (session, path) = (session.clone(), path.clone());
            let of = (session.clone(), path.clone());
            if !self.file_ask(FilesAsk::List { session, path, seen, long }) {
                let busy = Failure::new(Code::Busy, "too much waits to be done");
                self.tree(&of.0).put(&of.1, Err(busy));
            }
        }
    }

    /// Takes in what the bridge tells of files.
    pub(super) fn file_news(&mut self, news: FilesNews) {
        match news {
            FilesNews::Listed { session, path, answer } => {
                self.listed_folder(&session, &path, answer)
            }
            FilesNews::Found { finder, session, typed, answer } => {
                self.found_files(finder, &session, &typed, answer);
            }
            FilesNews::Heads { session, heads } => {
                self.files.heads.put(&session, heads, Instant::now());
            }
            FilesNews::Opened { id, answer } => self.file_opened(id, answer),
            FilesNews::Window { id, offset, answer } => self.window_came(id, offset, answer),
            FilesNews::Stands { id, answer } => self.file_stands(id, answer),
            FilesNews::Coloured { id, coloured } => self.file_coloured(id, *coloured),
            FilesNews::Compared { id, answer } => self.file_compared(id, answer),
            FilesNews::Drafts(drafts) => self.file_drafts_came(drafts),
            FilesNews::PutAside { path, answer } => self.was_put_aside(&path, answer),
        }
    }

    fn listed_folder(
        &mut self,
        session: &SessionId,
        path: &FilePath,
        answer: Result<Option<Arc<Folder>>, Failure>,
    ) {
        if self.sessions.get(session).is_none() {
            return;
        }
        let known = self.tree(session).folder(path);
        let only_names = known.is_some_and(|folder| folder.version.is_empty());
        self.tree(session).put(path, answer);
        if only_names {
            // Whoever looks knows of no version yet, and would be told all of it again.
            self.look_anew();
        }
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

    /// What was known of the files of another directory means nothing.
    pub(super) fn forget_files_when_moved(&mut self, session: &Session) {
        let Some(before) = self.sessions.get(&session.id) else { return };
        if before.cwd != session.cwd || before.host != session.host {
            self.files.trees.remove(&session.id);
            self.asking.forget_files(&session.id);
            let place = Place::of(session);
            for file in self.files.open.iter_mut().filter(|file| file.session == session.id) {
                // Where nothing was written, the file of that name there is shown from now on.
                if !file.is_modified() && !file.is_in(&place) {
                    file.body = Body::Wanted { asked: false };
                    (file.file, file.base, file.standing) = (None, None, Standing::Same);
                    (file.conflict, file.restored) = (None, false);
                    (file.leads_out, file.outside) = (false, false);
                }
            }
            self.look_anew();
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

    /// A session is gone, with its files.
    pub(super) fn forget_files(&mut self, session: &SessionId) {
        self.files.trees.remove(session);
        self.files.wanted.remove(session);
        self.files.shown.remove(session);
        self.close_orphans();
    }

    /// Shows a path in the tree.
    pub(super) fn reveal_in_tree(&mut self, session: &SessionId, path: &FilePath) {
        self.memory.right.open = true;
        self.memory.right_page = RightPage::Files;
        let mut wanted = self.tree(session).reveal(path);
        if self.tree(session).root().is_none() {
            wanted.push(FilePath::default());
        }
        for folder in wanted {
            self.list(session, &folder);
        }
        self.right.files.reveal(path);
        self.right.files.focus();
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

    /// Whether the tree of a session knows a path as a file; for tests and menus.
    pub(super) fn knows_file(&self, session: &SessionId, path: &FilePath) -> bool {
        let tree = self.files.trees.get(session);
        tree.is_some_and(|tree| {
            tree.row_of(path)
                .and_then(|at| tree.shown(at))
                .is_some_and(|(_, row)| matches!(row, Row::Entry { .. }))
        })
    }
}
