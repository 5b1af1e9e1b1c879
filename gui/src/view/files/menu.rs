//! What can be done with a file, from its row.

use egui::{Response, Ui};
use orchestrator::seam::{FileKind, FilePath};

use super::data::FilesAct;
use super::naming::Naming;
use super::tree::{Entry, parted};
use crate::widget::{ByKeys, show_menu};

/// What was picked.
pub(super) enum Picked {
    /// For the one who uses the view.
    Act(FilesAct),
    /// Ask for a name first.
    Name(Naming),
}

/// What the menu is about.
pub(super) struct About<'a> {
    /// Its path; the session's directory has none.
    pub path: &'a FilePath,
    /// It; the session's directory has none.
    pub entry: Option<&'a Entry>,
    /// Its path on the host.
    pub whole: String,
    /// It, or all that are chosen with it.
    pub all: Vec<FilePath>,
}

/// The menu: on a right click, or below the row by keys (and whether just now).
pub(super) fn menu(row: &Response, by_keys: ByKeys, about: &About<'_>) -> Option<Picked> {
    show_menu(row, by_keys, "File", |ui| entries(ui, about))
}

fn entries(ui: &mut Ui, about: &About<'_>) -> Option<Picked> {
    if about.all.len() > 1 {
        return together(ui, about);
    }
    let path = about.path;
    let kind = about.entry.map_or(FileKind::Directory, |entry| entry.file.kind);
    let mut picked = None;
    let mut put = |ui: &mut Ui, words: &str, what: Picked| {
        if ui.button(words).clicked() {
            picked = Some(what);
        }
    };
    if kind == FileKind::File {
        let open = |stays| Picked::Act(FilesAct::Open { path: path.clone(), stays });
        put(ui, "Open", open(false));
        put(ui, "Open in new tab", open(true));
        put(ui, "Open the difference", Picked::Act(FilesAct::Diff(path.clone())));
        ui.separator();
    }
    let folder = if kind == FileKind::Directory { path.clone() } else { parted(path).0 };
    put(ui, "New file…", Picked::Name(Naming::new_in(&folder, false)));
    put(ui, "New folder…", Picked::Name(Naming::new_in(&folder, true)));
    put(ui, "Open terminal here", Picked::Act(FilesAct::OpenTerminal(folder.clone())));
    if about.entry.is_some() {
        ui.separator();
        put(ui, "Rename…", Picked::Name(Naming::of(path)));
        put(ui, "Delete…", Picked::Act(FilesAct::Delete(about.all.clone())));
        put(ui, "Stage for the next commit", Picked::Act(FilesAct::Stage(about.all.clone())));
    }
    ui.separator();
    let whole = about.whole.clone();
    put(ui, "Copy path", Picked::Act(FilesAct::Copy { what: "Path", text: whole }));
    if about.entry.is_some() {
        let text = path.to_string();
        let act = FilesAct::Copy { what: "Relative path", text };
        put(ui, "Copy relative path", Picked::Act(act));
        if path.text().is_some() {
            put(ui, "Mention in prompt", Picked::Act(FilesAct::Mention(path.clone())));
        }
    }
    ui.separator();
    if about.entry.is_some() && matches!(kind, FileKind::File | FileKind::Directory) {
        put(ui, "Download", Picked::Act(FilesAct::Download(about.all.clone())));
        put(ui, "Download to…", Picked::Act(FilesAct::DownloadTo(about.all.clone())));
    }
    put(ui, "Upload here…", Picked::Act(FilesAct::Upload(folder)));
    if kind == FileKind::Directory {
        ui.separator();
        put(ui, "Refresh", Picked::Act(FilesAct::Refresh));
    }
    picked
}

/// What can be done with several at once.
fn together(ui: &mut Ui, about: &About<'_>) -> Option<Picked> {
    let all = || about.all.clone();
    let count = all().len();
    let paths = || {
        let lines: Vec<String> = about.all.iter().map(ToString::to_string).collect();
        FilesAct::Copy { what: "Relative paths", text: lines.join("\n") }
    };
    let offers = [
        (format!("Download {count} items"), FilesAct::Download(all())),
        (format!("Download {count} items to…"), FilesAct::DownloadTo(all())),
        (format!("Stage {count} items"), FilesAct::Stage(all())),
        ("Copy relative paths".to_owned(), paths()),
        (format!("Delete {count} items…"), FilesAct::Delete(all())),
    ];
    let mut picked = None;
    for (words, act) in offers {
        if matches!(act, FilesAct::Delete(_)) {
            ui.separator();
        }
        if ui.button(words).clicked() {
            picked = Some(Picked::Act(act));
        }
    }
    picked
}
