//! Sending files to a host, and fetching them.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use egui::Context;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, FilePath, Operation, OperationCommand, OperationReply, OperationState, Reply,
    SessionId, Work,
};
use orchestrator::transfer::is_there_already;

use super::App;
use super::files_clash::Clashes;
use super::pending::Pending;
use super::transfer_words::transfer;
use crate::bridge::Ask;
use crate::model::Speed;
use crate::view::file_picker::{FilePickerAct, FilePickerData, FilePickerView, Picks};
use crate::view::files::tree::parted;
use crate::view::files::{Transfer, TransferAct, TransferState, another_name, shown_name};
use crate::words::of_many;

/// What the window knows of transfers beside what the engine tells.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    speeds: HashMap<String, Speed>,
    /// Those that were begun here: what they clash with is asked about here.
    pub begun: HashMap<String, Begun>,
    pub clashes: Clashes,
    /// How many times something was begun: what was begun at once is asked about at once.
    pub batches: u64,
    picking: Option<Picking>,
}

/// A transfer that was begun in this window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Begun {
    /// With which others.
    pub batch: u64,
    /// Its own name and the number behind it, where it got another one beside what was there.
    pub kept: Option<(Vec<u8>, u32)>,
    /// A transfer that this one takes the place of.
    pub instead: Option<String>,
}

/// A place of this machine that is being chosen.
#[derive(Debug)]
struct Picking {
    view: FilePickerView,
    session: SessionId,
    wanted: Wanted,
}

/// For what.
#[derive(Debug)]
enum Wanted {
    /// A file or directory for this directory of the host.
    Upload(FilePath),
    /// A directory for these of the host.
    Download(Vec<FilePath>),
}

impl App {
    /// Fetches files and directories into this machine's directory for that.
    pub(super) fn download(&mut self, session: &SessionId, remote: Vec<FilePath>) {
        let into = self
            .memory
            .downloads
            .clone()
            .unwrap_or_else(|| downloads(&self.setup.home, &self.setup.env));
        self.download_into(session, remote, &into);
    }

    fn download_into(&mut self, session: &SessionId, remote: Vec<FilePath>, into: &Path) {
        let folder = local_path(into);
        let what = several(&remote);
        let names: Vec<Vec<u8>> = remote.iter().map(|path| path.name().to_vec()).collect();
        let work = remote.into_iter().zip(different(names)).map(|(remote, name)| {
            let (at, local) = (At::Session(session.clone()), folder.join(&name));
            Work::Download { at, remote, local, replace: false }
        });
        self.begin_transfers(work.collect());
        self.say(format!("Fetching {what} into {}", into.display()));
    }

    /// Lets the directory of this machine be chosen that something is fetched into.
    pub(super) fn choose_download(&mut self, session: SessionId, remote: Vec<FilePath>) {
        let begin = self.memory.downloads.clone();
        let begin = begin.unwrap_or_else(|| downloads(&self.setup.home, &self.setup.env));
        self.pick(session, &begin, Wanted::Download(remote));
    }

    /// Lets a file of this machine be chosen for a directory of a host.
    pub(super) fn choose_upload(&mut self, session: SessionId, folder: FilePath) {
        let begin = self.setup.home.clone();
        self.pick(session, &begin, Wanted::Upload(folder));
    }

    fn pick(&mut self, session: SessionId, begin: &Path, wanted: Wanted) {
        let view = FilePickerView::new(begin);
        self.list_directory(view.directory().to_path_buf());
        self.files.transfers.picking = Some(Picking { view, session, wanted });
    }

    /// Whether something for a transfer is asked.
    pub(super) fn is_transfer_asking(&self) -> bool {
        self.files.transfers.picking.is_some() || self.files.transfers.clashes.is_open()
    }

    /// Draws what chooses it.
    pub(super) fn picking_for_transfer(&mut self, ctx: &Context) {
        let Some(mut picking) = self.files.transfers.picking.take() else { return };
        let (heading, picks) = match &picking.wanted {
            Wanted::Upload(_) => ("Choose what to send", Picks::Any("Send this directory")),
            Wanted::Download(_) => ("Download into", Picks::Directory("Download here")),
        };
        let data = FilePickerData {
            heading,
            home: &self.setup.home,
            rows: &self.forms.files,
            version: self.forms.files_version,
            picks,
        };
        let mut picked = None;
        let mut open = true;
        for act in picking.view.ui(ctx, &data) {
            match act {
                FilePickerAct::ListDirectory(dir) => self.list_directory(dir),
                FilePickerAct::Picked(path) => picked = Some(path),
                FilePickerAct::Close => open = false,
            }
        }
        match (picked, &picking.wanted) {
            (Some(path), Wanted::Upload(folder)) => {
                self.upload(&picking.session, folder, vec![path]);
            }
            (Some(path), Wanted::Download(remote)) => {
                self.memory.downloads = Some(path.clone());
                self.download_into(&picking.session, remote.clone(), &path);
            }
            (None, _) if open => self.files.transfers.picking = Some(picking),
            (None, _) => {}
        }
    }

    /// Sends files and directories of this machine into a directory of a host, after a question where that lies outside of
    /// the session's.
    pub(super) fn upload(&mut self, session: &SessionId, folder: &FilePath, local: Vec<PathBuf>) {
        if self.is_outside(session, &folder.join(b"_")) {
            let (session, folder) = (session.clone(), folder.clone());
            self.ask_whether_send_outside(session, folder, local);
        } else {
            self.send_into(session, folder, local, false);
        }
    }

    /// The same without a question.
    pub(super) fn send_into(
        &mut self,
        session: &SessionId,
        folder: &FilePath,
        local: Vec<PathBuf>,
        outside: bool,
    ) {
        let named = |path: PathBuf| {
            let name = path.file_name()?.as_encoded_bytes().to_vec();
            Some((local_path(&path), name))
        };
        let (local, names): (Vec<FilePath>, Vec<Vec<u8>>) =
            local.into_iter().filter_map(named).unzip();
        if local.is_empty() {
            let why = Failure::new(Code::Unsupported, "what was chosen has no name of its own");
            self.complain(&why.hint("Choose a directory below it"));
            return;
        }
        let what = several(&local);
        let work = local.into_iter().zip(different(names)).map(|(local, name)| {
            let (at, remote) = (At::Session(session.clone()), folder.join(&name));
            Work::Upload { at, local, remote, replace: false, outside }
        });
        self.begin_transfers(work.collect());
        let place = match folder.bytes() {
            b"" => String::new(),
            _ => format!(" into {}", shown_name(folder)),
        };
        self.say(format!("Sending {what}{place}"));
    }

    fn begin_transfers(&mut self, all: Vec<Work>) {
        self.files.transfers.batches += 1;
        let batch = self.files.transfers.batches;
        for work in all {
            self.begin_transfer(work, Begun { batch, kept: None, instead: None });
        }
    }

    /// Begins one; the answer says that it is known.
    pub(super) fn begin_transfer(&mut self, work: Work, begun: Begun) {
        let start = Command::Operation(OperationCommand::Start(work));
        self.carry_out(start, Pending::Transfer(begun));
    }

    /// What became of beginning one.
    pub(super) fn transfer_begun(&mut self, begun: Begun, answer: Result<Box<Reply>, Failure>) {
        let operation = match answer.map(|reply| *reply) {
            Ok(Reply::Operation(OperationReply::Operation(operation))) => *operation,
            Ok(_) => return,
            Err(failure) => return self.complain(&failure),
        };
        // What it takes the place of is forgotten only now, that it isn't lost where this one can't begin.
        if let Some(id) = begun.instead.clone() {
            self.command(Command::Operation(OperationCommand::Forget { id }));
        }
        self.files.transfers.begun.insert(operation.id.clone(), begun);
        let known = self.operations().iter().find(|known| known.id == operation.id).cloned();
        match known {
            // Its news were faster than the answer.
            Some(known) => self.look_for_clash(&known),
            None => self.operation_came(operation),
        }
    }

    /// A transfer stands another way.
    pub(super) fn note_transfer(&mut self, operation: &Operation) {
        if !matches!(operation.work, Work::Upload { .. } | Work::Download { .. }) {
            return;
        }
        let speeds = &mut self.files.transfers.speeds;
        match (&operation.state, &operation.progress) {
            (OperationState::Running, Some(progress)) if progress.bytes => {
                let now = self.ctx.input(|input| input.time);
                speeds.entry(operation.id.clone()).or_default().note(now, progress.done);
            }
            (OperationState::Running, _) => {}
            _ => {
                speeds.remove(&operation.id);
            }
        }
    }

    /// One was forgotten.
    pub(super) fn forget_transfer(&mut self, id: &str) {
        self.files.transfers.speeds.remove(id);
        self.files.transfers.begun.remove(id);
        self.files.transfers.clashes.forget(id);
    }

    /// Transfers of the session that is shown, in words: those under way, then the others, the last one first.
    pub(super) fn transfers(&self) -> Vec<Transfer> {
        let Some(shown) = &self.shown else { return Vec::new() };
        let here = At::Session(shown.session.clone());
        let of_it = |operation: &&Operation| match &operation.work {
            Work::Upload { at, .. } | Work::Download { at, .. } => *at == here,
            _ => false,
        };
        let tree = self.files.trees.get(&shown.session);
        let now = self.ctx.input(|input| input.time);
        let mut all: Vec<&Operation> = self.operations().iter().filter(of_it).collect();
        all.sort_by_key(|operation| {
            (operation.state.is_over(), std::cmp::Reverse(operation.started_at))
        });
        let speeds = &self.files.transfers.speeds;
        let all: Vec<Transfer> = all
            .into_iter()
            .map(|operation| transfer(operation, tree, speeds.get(&operation.id), now))
            .collect();
        if all.iter().any(|transfer| transfer.state == TransferState::UnderWay) {
            // A speed falls also while nothing comes.
            self.ctx.request_repaint_after(std::time::Duration::from_secs(1));
        }
        all
    }

    /// Does what somebody wants of a transfer.
    pub(super) fn transfer_act(&mut self, act: TransferAct) {
        let of = |id: &str| self.operations().iter().find(|known| known.id == id).cloned();
        match act {
            TransferAct::Stop(id) => {
                self.command(Command::Operation(OperationCommand::Stop { id }))
            }
            TransferAct::Forget(id) => self.forget_operation(id),
            TransferAct::ForgetOver => {
                let over = self.transfers().into_iter();
                let over = over.filter(|transfer| transfer.state != TransferState::UnderWay);
                for transfer in over.collect::<Vec<_>>() {
                    self.forget_operation(transfer.id);
                }
            }
            TransferAct::Again(id) => {
                let Some(operation) = of(&id) else { return };
                if let Some(why) = self.moved_since(&operation) {
                    return self.complain(&why);
                }
                self.files.transfers.batches += 1;
                let batch = self.files.transfers.batches;
                let kept = self.files.transfers.begun.get(&id).and_then(|known| known.kept.clone());
                let begun = Begun { batch, kept, instead: Some(id) };
                match &operation.state {
                    // Begun again, it would only say that once more.
                    OperationState::Failed { why } if is_there_already(why) => {
                        let begun = Begun { instead: None, ..begun };
                        self.files.transfers.begun.insert(operation.id.clone(), begun);
                        self.look_for_clash(&operation);
                    }
                    _ => self.begin_transfer(operation.work, begun),
                }
            }
            TransferAct::Show(id) => match of(&id).map(|operation| operation.work) {
                Some(Work::Upload { at: At::Session(session), remote, .. }) => {
                    self.reveal_in_tree(&session, &remote);
                }
                Some(Work::Download { local, .. }) => {
                    let folder = parted(&local).0;
                    match folder.text() {
                        Some(folder) => {
                            self.ask(Ask::Open(folder.to_owned()));
                        }
                        None => {
                            let words = format!("{folder} can't be opened: its name is not UTF-8");
                            self.complain(&Failure::new(Code::Unsupported, words));
                        }
                    }
                }
                _ => {}
            },
            TransferAct::CopyPath(id) => {
                let Some(operation) = of(&id) else { return };
                let text = match &operation.work {
                    Work::Upload { at: At::Session(session), remote, .. } => {
                        self.whole_path(session, remote).to_string()
                    }
                    Work::Download { local, .. } => local.to_string(),
                    _ => return,
                };
                self.ctx.copy_text(text);
                self.say("Path copied".to_owned());
            }
        }
    }

    fn forget_operation(&mut self, id: String) {
        self.command(Command::Operation(OperationCommand::Forget { id }));
    }

    /// A transfer has ended: its directory is listed anew, and it is said.
    pub(super) fn transfer_ended(&mut self, operation: &Operation) {
        match (&operation.work, &operation.state) {
            (
                Work::Upload { at: At::Session(session), remote, .. },
                OperationState::Done { .. },
            ) => {
                self.say(format!("{} was sent", shown_name(remote)));
                let (session, folder) = (session.clone(), parted(remote).0);
                self.list(&session, &folder);
            }
            (Work::Download { local, .. }, OperationState::Done { .. }) => {
                self.say(format!("{} was fetched", shown_name(local)));
            }
            (Work::Upload { .. } | Work::Download { .. }, OperationState::Failed { why }) => {
                if is_there_already(why) && self.files.transfers.begun.contains_key(&operation.id) {
                    self.look_for_clash(operation);
                } else {
                    self.complain(why);
                }
            }
            _ => {}
        }
    }
}

fn local_path(path: &Path) -> FilePath {
    FilePath(OsString::from(path).into_vec())
}

/// `notes.txt`, or `3 files`.
fn several(paths: &[FilePath]) -> String {
    match paths {
        [one] => shown_name(&FilePath(one.name().to_vec())),
        many => of_many(u64::try_from(many.len()).unwrap_or(u64::MAX), "item", "items"),
    }
}

/// Names for what goes into one directory: equal ones would be put in place of one another.
fn different(names: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut taken = BTreeSet::new();
    let other = |name: Vec<u8>| {
        let mut free = name.clone();
        let mut number = 2;
        while !taken.insert(free.clone()) {
            free = another_name(&name, number);
            number += 1;
        }
        free
    };
    names.into_iter().map(other).collect()
}

/// Where a desktop keeps what was fetched: `XDG_DOWNLOAD_DIR` where it is set, else home, which is there.
fn downloads(home: &Path, env: &[(OsString, OsString)]) -> PathBuf {
    let named = env.iter().find(|(name, _)| name == "XDG_DOWNLOAD_DIR").map(|(_, dir)| dir);
    named.map(PathBuf::from).filter(|dir| dir.is_absolute()).unwrap_or_else(|| home.to_owned())
}
