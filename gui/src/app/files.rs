//! Files of sessions: what is known of them, their trees, and what is wanted there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use egui::Ui;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FilePath, Session, SessionId};

use super::App;
use super::file_body::Body;
use super::files_change::Doomed;
use super::files_find::Finding;
use super::files_git::GitWish;
use super::open_file::OpenFile;
use super::place::Place;
use crate::bridge::{Ask, FilesAsk, FilesNews, OpenId};
use crate::memory::RightPage;
use crate::view::composer::Heads;
use crate::view::editor::Standing;
use crate::view::files::tree::Shown as Row;
use crate::view::files::{FilesAct, FilesData, Folder, QuickView, Transfer, Tree};
use crate::view::places::host_name;

/// What the window knows of files.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub trees: HashMap<SessionId, Tree>,
    nothing: Tree,
    /// Sessions whose files a person wanted to see: their hosts may be connected to.
    pub wanted: BTreeSet<SessionId>,
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
                self.list(&session, &FilePath::default());
            }
            FilesAct::Refresh => {
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
            FilesAct::Make { path, directory } => self.make_path(session, path, directory),
            FilesAct::Rename { from, to } => self.rename_path(session, from, to),
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

    /// Asks for what a directory holds, unless that is under way.
    pub(super) fn list(&mut self, session: &SessionId, path: &FilePath) {
        self.files.wanted.insert(session.clone());
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
            FilesNews::PutAside { session, path, answer } => {
                self.was_put_aside(&session, &path, answer);
            }
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

    /// Whether the tree of a session shows that path.
    pub(super) fn knows_file(&self, session: &SessionId, path: &FilePath) -> bool {
        let tree = self.files.trees.get(session);
        tree.is_some_and(|tree| {
            tree.row_of(path)
                .and_then(|at| tree.shown(at))
                .is_some_and(|(_, row)| matches!(row, Row::Entry { .. }))
        })
    }
}
