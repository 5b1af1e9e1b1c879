//! Sending files to a host, and fetching them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use egui::Context;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, FilePath, Operation, OperationCommand, OperationState, SessionId, Work,
};

use super::App;
use super::pending::Pending;
use crate::view::file_picker::{FilePickerAct, FilePickerData, FilePickerView};
use crate::view::files::tree::parted;
use crate::view::files::{Transfer, TransferAct, shown_name};
use crate::words::bytes;

/// A file of this machine that is being chosen for a host.
#[derive(Debug)]
pub(super) struct Uploading {
    view: FilePickerView,
    session: SessionId,
    folder: FilePath,
}

impl App {
    /// Fetches a file or directory into this machine's directory for that.
    pub(super) fn download(&mut self, session: SessionId, remote: FilePath) {
        let downloads = downloads(&self.setup.home, &self.setup.env);
        let name = remote.name().to_vec();
        let local = FilePath::from(downloads.to_string_lossy().into_owned()).join(&name);
        let words =
            format!("Fetching {} into {}", shown_name(&FilePath(name)), downloads.display());
        let at = At::Session(session);
        self.begin_transfer(Work::Download { at, remote, local, replace: false }, words);
    }

    /// Lets a file of this machine be chosen for a directory of a host.
    pub(super) fn choose_upload(&mut self, session: SessionId, folder: FilePath) {
        let view = FilePickerView::new(&self.setup.home);
        self.list_directory(view.directory().to_path_buf());
        self.files.uploading = Some(Uploading { view, session, folder });
    }

    /// Draws what chooses it.
    pub(super) fn uploading(&mut self, ctx: &Context) {
        let Some(mut uploading) = self.files.uploading.take() else { return };
        let data = FilePickerData {
            heading: "Choose a file to send",
            home: &self.setup.home,
            rows: &self.forms.files,
            version: self.forms.files_version,
            images: false,
        };
        let mut open = true;
        for act in uploading.view.ui(ctx, &data) {
            match act {
                FilePickerAct::ListDirectory(dir) => self.list_directory(dir),
                FilePickerAct::Picked(file) => {
                    open = false;
                    let (session, folder) = (uploading.session.clone(), uploading.folder.clone());
                    self.upload(session, &folder, &file);
                }
                FilePickerAct::Close => open = false,
            }
        }
        if open {
            self.files.uploading = Some(uploading);
        }
    }

    fn upload(&mut self, session: SessionId, folder: &FilePath, file: &Path) {
        let Some(name) = file.file_name() else { return };
        let remote = folder.join(name.as_encoded_bytes());
        let local = FilePath(file.as_os_str().as_encoded_bytes().to_vec());
        let words = format!("Sending {}", shown_name(&remote));
        let at = At::Session(session);
        self.begin_transfer(
            Work::Upload { at, local, remote, replace: false, outside: false },
            words,
        );
    }

    fn begin_transfer(&mut self, work: Work, words: String) {
        self.say(words);
        self.carry_out(Command::Operation(OperationCommand::Start(work)), Pending::Begin);
    }

    /// Transfers of the session that is shown, in words.
    pub(super) fn transfers(&self) -> Vec<Transfer> {
        let Some(shown) = &self.shown else { return Vec::new() };
        let of_it = |operation: &&Operation| match &operation.work {
            Work::Upload { at, .. } | Work::Download { at, .. } => {
                *at == At::Session(shown.session.clone())
                    && !matches!(operation.state, OperationState::Done { .. })
            }
            _ => false,
        };
        self.operations().iter().filter(of_it).map(transfer).collect()
    }

    /// Does what somebody wants of a transfer.
    pub(super) fn transfer_act(&mut self, act: TransferAct) {
        let command = match act {
            TransferAct::Stop(id) => OperationCommand::Stop { id },
            TransferAct::Forget(id) => OperationCommand::Forget { id },
            TransferAct::Again(id) => {
                let before = self.operations().iter().find(|known| known.id == id);
                let Some(work) = before.map(|known| known.work.clone()) else { return };
                self.command(Command::Operation(OperationCommand::Forget { id }));
                self.carry_out(Command::Operation(OperationCommand::Start(work)), Pending::Begin);
                return;
            }
        };
        self.command(Command::Operation(command));
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
                let why = match why.code {
                    Code::Conflict => Failure::new(why.code, why.message.clone())
                        .hint("Rename what is there, or delete it, then begin it again"),
                    _ => why.clone(),
                };
                self.complain(&why);
            }
            _ => {}
        }
    }
}

fn transfer(operation: &Operation) -> Transfer {
    let (up, name) = match &operation.work {
        Work::Upload { remote, .. } => (true, remote.name()),
        Work::Download { remote, .. } => (false, remote.name()),
        _ => (false, &[][..]),
    };
    let progress = operation.progress.as_ref();
    let part = progress.and_then(|progress| {
        let of = progress.of.filter(|of| *of > 0)?;
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a bar")]
        {
            Some((progress.done as f64 / of as f64).clamp(0.0, 1.0) as f32)
        }
    });
    let how_far = progress.map_or_else(
        || "begins".to_owned(),
        |progress| match progress.of {
            Some(of) if progress.bytes => format!("{} of {}", bytes(progress.done), bytes(of)),
            None if progress.bytes => bytes(progress.done),
            Some(_) | None => progress.doing.clone(),
        },
    );
    let (about, hint) = match &operation.state {
        OperationState::Waiting => ("waits".to_owned(), None),
        OperationState::Running => (how_far, None),
        OperationState::Away { why } => (format!("waits: {}", why.message), why.hint.clone()),
        OperationState::Done { outcome } => (outcome.said.clone(), None),
        OperationState::Failed { why } => (why.message.clone(), why.hint.clone()),
        OperationState::Stopped => ("stopped".to_owned(), None),
    };
    let failed = matches!(operation.state, OperationState::Failed { .. } | OperationState::Stopped);
    Transfer {
        id: operation.id.clone(),
        up,
        name: shown_name(&FilePath(name.to_vec())),
        about,
        hint,
        part,
        over: operation.state.is_over(),
        failed,
    }
}

/// Where a desktop keeps what was fetched: `XDG_DOWNLOAD_DIR` where it is set, else home, which is there.
fn downloads(home: &Path, env: &[(OsString, OsString)]) -> PathBuf {
    let named = env.iter().find(|(name, _)| name == "XDG_DOWNLOAD_DIR").map(|(_, dir)| dir);
    named.map(PathBuf::from).filter(|dir| dir.is_absolute()).unwrap_or_else(|| home.to_owned())
}
