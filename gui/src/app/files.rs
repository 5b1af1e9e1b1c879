//! Files of sessions: their trees, what is done to files, and what is looked at again and again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use egui::Ui;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, Expected, FileCommand, FileKind, FilePath, FileReply, FoundFiles, Reply, Session,
    SessionId,
};

use super::files_git::GitWish;
use super::files_open::OpenFile;
use super::pending::Pending;
use super::wishes::draft_key;
use super::{App, Shown};
use crate::bridge::{Ask, FilesAsk, FilesLook, FilesNews, Finder, OpenId};
use crate::fetched::Fetched;
use crate::memory::RightPage;
use crate::view::composer::Heads;
use crate::view::files::tree::{Shown as Row, parted};
use crate::view::files::{
    Entry, FileTabAct, FilesAct, FilesData, Folder, QuickAct, QuickData, QuickView, Transfer, Tree,
    shown_name,
};
use crate::view::places::host_name;

/// Paths that are offered for a mention: who wants others types on.
const MENTIONS: u32 = 8;
/// Paths that are offered by the dialog that goes to a file.
const OFFERED: u32 = 200;

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

/// What files fit what was typed.
#[derive(Debug, Default)]
pub(super) struct Finding {
    /// Whose they are, and what was typed.
    pub of: Option<(SessionId, String)>,
    pub found: Fetched<FoundFiles>,
    pub version: u64,
}

/// What the window knows of files.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub trees: HashMap<SessionId, Tree>,
    nothing: Tree,
    /// Sessions whose files a person wanted to see: their hosts may be connected to.
    wanted: BTreeSet<SessionId>,
    in_sight: BTreeSet<FilePath>,
    looked: Option<(SessionId, BTreeSet<FilePath>, BTreeSet<OpenId>)>,
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
    /// A file that is to be closed as soon as it is saved.
    pub closing: Option<OpenId>,
}

impl Finding {
    /// Says that this is asked for; what was found stays until it comes. `false` when it is there, or under way.
    fn ask(&mut self, session: &SessionId, typed: &str) -> bool {
        let of = Some((session.clone(), typed.to_owned()));
        let is_other = self.of.as_ref().is_none_or(|(before, _)| before != session);
        if is_other || self.found.ready().is_none() {
            self.found = Fetched::Pending;
            self.version += 1;
        }
        std::mem::replace(&mut self.of, of.clone()) != of
    }

    fn put(&mut self, session: &SessionId, typed: &str, answer: Result<FoundFiles, Failure>) {
        let is_it = self.of.as_ref().is_some_and(|(of, text)| of == session && text == typed);
        if is_it {
            self.found = answer.into();
            self.version += 1;
        }
    }
}

impl App {
    pub(super) fn file_ask(&mut self, ask: FilesAsk) -> bool {
        self.ask(Ask::File(ask))
    }

    fn tree(&mut self, session: &SessionId) -> &mut Tree {
        self.files.trees.entry(session.clone()).or_default()
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
                let root = self.tree(&session).root().map(|root| root.directory.clone());
                let folder = root.map_or(folder.clone(), |root| root.join(folder.bytes()));
                self.new_terminal_in(Some(folder));
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
        if tree.ask(path) {
            let (session, path) = (session.clone(), path.clone());
            let of = (session.clone(), path.clone());
            if !self.file_ask(FilesAsk::List { session, path, seen }) {
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
                let finding = match finder {
                    Finder::Quick => &mut self.files.quick_found,
                    Finder::Mention => &mut self.files.mentions,
                };
                finding.put(&session, &typed, answer);
                if finder == Finder::Mention {
                    self.want_heads(&session);
                }
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
        if self.sessions.get(session).is_some() {
            self.tree(session).put(path, answer);
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

    /// Tells the bridge what to look at: what is in sight, while it can be asked.
    pub(super) fn look_at_files(&mut self, bar_shown: bool, window_shown: bool) {
        let in_bar = bar_shown && self.memory.right_page == RightPage::Files;
        let wanted = self.shown_session().map(|session| session.id.clone()).filter(|session| {
            let is_open = matches!(self.engine, crate::bridge::EngineState::Open(_));
            window_shown && is_open && self.may_ask_host(session)
        });
        let wanted = wanted.map(|session| {
            let tree = self.files.trees.get(&session);
            let known = |path: &&FilePath| tree.is_some_and(|tree| tree.folder(path).is_some());
            let folders: BTreeSet<FilePath> = if in_bar {
                self.files.in_sight.iter().filter(known).cloned().collect()
            } else {
                BTreeSet::new()
            };
            let files = self.files.open.iter().filter(|file| file.session == session);
            let files = files.filter(|file| file.version().is_some()).map(|file| file.id).collect();
            (session, folders, files)
        });
        let wanted = wanted.filter(|(_, folders, files): &(_, _, BTreeSet<OpenId>)| {
            !folders.is_empty() || !files.is_empty()
        });
        if self.files.looked == wanted {
            return;
        }
        self.files.looked.clone_from(&wanted);
        let look = wanted.map(|(session, folders, files)| {
            let tree = self.files.trees.get(&session);
            let version = |path: &FilePath| {
                tree.and_then(|tree| tree.folder(path)).map(|folder| folder.version.clone())
            };
            let directories =
                folders.into_iter().map(|path| (path.clone(), version(&path))).collect();
            let of = |id: OpenId| {
                let file = self.files.open.iter().find(|file| file.id == id)?;
                Some((id, (file.path.clone(), file.version()?)))
            };
            let files = files.into_iter().filter_map(of).collect();
            FilesLook { session, directories, files }
        });
        self.ask_quietly(Ask::File(FilesAsk::Look(look)));
    }

    /// What is looked at is another version now: it is told anew.
    pub(super) fn look_anew(&mut self) {
        self.files.looked = None;
    }

    /// A session is gone, with its files.
    pub(super) fn forget_files(&mut self, session: &SessionId) {
        self.files.trees.remove(session);
        self.files.wanted.remove(session);
        self.files.shown.remove(session);
        self.close_orphans();
    }

    /// Opens the dialog that goes to a file.
    pub(super) fn go_to_file(&mut self) {
        if self.shown.is_some() {
            self.files.quick_found = Finding::default();
            self.files.quick.open();
        }
    }

    /// Draws that dialog.
    pub(super) fn quick(&mut self, ctx: &egui::Context) {
        let Some(Shown { session, .. }) = self.shown.clone() else { return };
        let place = self.sessions.get(&session).map_or_else(String::new, |known| {
            let host = host_name(&self.hosts.hosts.hosts, &known.host);
            format!("{} on {host}", crate::words::clean_line(known.cwd.as_deref().unwrap_or("~")))
        });
        let found = &self.files.quick_found;
        let data = QuickData { place: &place, found: &found.found, version: found.version };
        for act in self.files.quick.ui(ctx, &data) {
            match act {
                QuickAct::Find(typed) => {
                    if self.files.quick_found.ask(&session, &typed) {
                        let (finder, limit) = (Finder::Quick, OFFERED);
                        let session = session.clone();
                        self.file_ask(FilesAsk::Find { finder, session, typed, limit });
                    }
                }
                QuickAct::Open { path, stays } => {
                    self.open_file(&session, &FilePath::from(path), stays);
                }
            }
        }
    }

    /// Asks for files that may be mentioned.
    pub(super) fn want_mentions(&mut self, session: &SessionId, typed: String) {
        // The same letters again: files come and go.
        self.files.mentions.ask(session, &typed);
        let (finder, session) = (Finder::Mention, session.clone());
        self.file_ask(FilesAsk::Find { finder, session, typed, limit: MENTIONS });
    }

    /// Asks how those begin that are offered.
    fn want_heads(&mut self, session: &SessionId) {
        let Some(found) = self.files.mentions.found.ready() else { return };
        let offered = found.files.iter().map(|file| file.path.as_str());
        let paths = self.files.heads.wanted(session, offered, Instant::now());
        if !paths.is_empty() {
            self.ask_quietly(Ask::File(FilesAsk::Heads { session: session.clone(), paths }));
        }
    }

    /// Names a file in the message that is being written.
    fn mention(&mut self, path: &FilePath) {
        let Some(Shown { session, tab }) = self.shown.clone() else { return };
        let Some(path) = path.text() else { return };
        let key = draft_key(&session, tab.as_ref());
        let draft = self.memory.drafts.entry(key).or_default();
        if !draft.text.is_empty() && !draft.text.ends_with(char::is_whitespace) {
            draft.text.push(' ');
        }
        draft.text.push_str(&format!("@{path} "));
        self.files.shown.remove(&session);
        self.composer.focus();
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

    /// Does what somebody wants of a file's tab.
    pub(super) fn file_tab_act(&mut self, ui: &Ui, act: FileTabAct) {
        let of = |id: OpenId| {
            let file = self.files.open.iter().find(|file| file.id == id)?;
            Some((file.session.clone(), file.path.clone()))
        };
        match act {
            FileTabAct::Show(id) => self.show_file(id),
            FileTabAct::Close(id) => self.close_file(id),
            FileTabAct::CloseOthers(id) => {
                let Some((session, _)) = of(id) else { return };
                let others: Vec<OpenId> = self
                    .files
                    .open
                    .iter()
                    .filter(|file| file.session == session && file.id != id)
                    .filter(|file| !file.is_modified())
                    .map(|file| file.id)
                    .collect();
                for other in others {
                    self.drop_file(other);
                }
            }
            FileTabAct::Stay(id) => {
                if let Some(file) = self.open_of(id) {
                    file.stays = true;
                }
            }
            FileTabAct::Reveal(id) => {
                if let Some((session, path)) = of(id) {
                    self.reveal_in_tree(&session, &path);
                }
            }
            FileTabAct::Diff(id) => {
                if let Some((session, path)) = of(id) {
                    self.git_wish(&session, GitWish::Diff(path));
                }
            }
            FileTabAct::CopyPath(id) => {
                if let Some((session, path)) = of(id) {
                    let root = self.files.trees.get(&session).and_then(Tree::root);
                    let whole = root.map_or_else(
                        || path.to_string(),
                        |root| root.directory.join(path.bytes()).to_string(),
                    );
                    ui.ctx().copy_text(whole);
                    self.say("Path copied".to_owned());
                }
            }
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
