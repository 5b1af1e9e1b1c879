//! What is written into files and not saved: kept, found again, put aside.

use std::path::PathBuf;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FileEntry, FilePath, SessionId};

use super::App;
use super::file_body::Body;
use super::open_file::OpenFile;
use super::place::Place;
use crate::bridge::{Ask, FileDraft, FilesAsk};
use crate::view::editor::{Document, EditorView, Standing};
use crate::view::files::shown_name;

/// While somebody types what is written is kept once in so many seconds.
const KEPT_EVERY: f64 = 0.5;

impl App {
    /// Keeps what isn't saved, so that it outlives the window. `now` where nothing more is typed.
    pub(super) fn keep_files(&mut self, ctx: &egui::Context, now: bool) {
        let time = ctx.input(|input| input.time);
        let mut asks = Vec::new();
        for file in &mut self.files.open {
            if !file.is_modified() {
                if let Some((name, ..)) = file.kept.take() {
                    asks.push(FilesAsk::Keep { name, draft: None });
                }
                continue;
            }
            let version = file.editor().map_or(0, |editor| editor.document.version());
            let (name, kept, at) = match file.kept.take() {
                Some(kept) => kept,
                None => (draft_name(), u64::MAX, f64::MIN),
            };
            if kept == version {
                file.kept = Some((name, kept, at));
            } else if now || time - at >= KEPT_EVERY {
                let draft = file.draft();
                asks.push(FilesAsk::Keep { name: name.clone(), draft });
                file.kept = Some((name, version, time));
            } else {
                let wait = std::time::Duration::from_secs_f64(KEPT_EVERY - (time - at).max(0.0));
                ctx.request_repaint_after(wait);
                file.kept = Some((name, kept, at));
            }
        }
        for ask in asks {
            self.ask_quietly(Ask::File(ask));
        }
    }

    /// Files that were open when the window was closed are again; each is read when somebody looks at it.
    pub(super) fn restore_files(&mut self) {
        for (session, path) in self.memory.files.clone() {
            self.new_file(&session, &path, true);
        }
        self.ask(Ask::File(FilesAsk::Drafts));
    }

    /// Remembers which files are open.
    pub(super) fn remember_files(&mut self) {
        let stay = self.files.open.iter().filter(|file| file.stays);
        let is_same = stay.clone().count() == self.memory.files.len()
            && stay
                .clone()
                .zip(&self.memory.files)
                .all(|(file, (session, path))| file.session == *session && file.path == *path);
        if !is_same {
            self.memory.files =
                stay.map(|file| (file.session.clone(), file.path.clone())).collect();
        }
    }

    /// What wasn't saved when the window was closed is open again.
    pub(super) fn file_drafts_came(&mut self, drafts: Vec<(String, FileDraft)>) {
        for (kept, draft) in drafts {
            // It was written since this window began.
            let is_own = |file: &OpenFile| file.kept.as_ref().is_some_and(|(own, ..)| *own == kept);
            if self.files.open.iter().any(is_own) {
                continue;
            }
            let known = self
                .files
                .open
                .iter_mut()
                .find(|file| file.session == draft.session && file.path == draft.path);
            let id = match known {
                Some(file) if file.is_modified() => {
                    let ask = kept_beside(file, kept, draft);
                    self.ask_quietly(Ask::File(ask));
                    continue;
                }
                Some(file) => file.id,
                None => self.new_file(&draft.session, &draft.path, true),
            };
            let FileDraft { path, version, base, text, place, outside, read_in, .. } = draft;
            let Some(file) = self.open_of(id) else { continue };
            let name = file.name();
            let mut editor =
                EditorView::new(Document::new(base.as_deref().unwrap_or_default()), &name);
            editor.become_text(&text);
            if !editor.document.is_modified() || base.is_none() {
                editor.document.mark_unsaved();
            }
            let written = editor.document.version();
            file.body = Body::Text(Box::new(editor));
            file.kept = Some((kept, written, f64::MIN));
            file.restored = true;
            let of = |place: Option<(String, _)>| place.map(|(host, cwd)| Place { host, cwd });
            (file.place, file.read_in) = (of(place), of(read_in));
            match base {
                Some(base) => {
                    file.base = Some(base.into());
                    file.file = Some(known_as(&path, version, outside));
                }
                None if file.read_in.is_some() => self.say_where_it_goes(id),
                None => file.standing = Standing::Gone,
            }
        }
        if self.is_chosen {
            self.close_orphans();
        }
        self.look_anew();
    }

    /// Files whose sessions are gone: what isn't saved of them is put aside, where a person finds it.
    pub(super) fn close_orphans(&mut self) {
        let (stay, gone): (Vec<OpenFile>, Vec<OpenFile>) = std::mem::take(&mut self.files.open)
            .into_iter()
            .partition(|file| self.sessions.get(&file.session).is_some());
        self.files.open = stay;
        for mut file in gone {
            self.files.shown.remove(&file.session);
            let kept = file.kept.take().map(|(name, ..)| name);
            let path = file.path.clone();
            let modified = file.is_modified();
            match file.editor().filter(|_| modified) {
                Some(editor) => {
                    let text = editor.document.text();
                    let session = file.session;
                    self.file_ask(FilesAsk::PutAside { session, kept, path, text });
                }
                None => {
                    if let Some(name) = kept {
                        self.ask_quietly(Ask::File(FilesAsk::Keep { name, draft: None }));
                    }
                }
            }
        }
    }

    /// A text was put aside.
    pub(super) fn was_put_aside(
        &mut self,
        session: &SessionId,
        path: &FilePath,
        answer: Result<PathBuf, Failure>,
    ) {
        let is_it = |file: &OpenFile| file.session == *session && file.path == *path;
        let is_there = self.files.open.iter().any(is_it);
        let failure = answer.map(|place| {
            let (path, place) = (shown_name(path), place.display());
            if is_there {
                let message = format!("an earlier window has kept another text of {path}");
                Failure::new(Code::Conflict, message).hint(format!("It is in {place}"))
            } else {
                Failure::new(Code::NotFound, format!("the session of {path} is gone"))
                    .hint(format!("What wasn't saved of it is in {place}"))
            }
        });
        self.complain(&failure.unwrap_or_else(|failure| failure));
    }

    /// The files of a session that hold what isn't saved.
    pub(super) fn unsaved_files(&self, session: &SessionId) -> Vec<String> {
        let unsaved = |file: &&OpenFile| file.session == *session && file.is_modified();
        self.files.open.iter().filter(unsaved).map(|file| shown_name(&file.path)).collect()
    }
}

/// What becomes of a draft of a file that is being written already: nothing that was typed is lost, and nothing comes twice.
fn kept_beside(file: &mut OpenFile, kept: String, draft: FileDraft) -> FilesAsk {
    let FileDraft { session, path, text, .. } = draft;
    let written = file.editor().map(|editor| editor.document.text());
    if written.as_ref() == Some(&text) {
        FilesAsk::Keep { name: kept, draft: None }
    } else {
        FilesAsk::PutAside { session, kept: Some(kept), path, text }
    }
}

/// What is known of a file that was read by an earlier start.
fn known_as(path: &FilePath, version: String, outside: bool) -> FileEntry {
    FileEntry {
        path: path.clone(),
        kind: orchestrator::seam::FileKind::File,
        link: None,
        outside,
        size: 0,
        modified: None,
        mode: 0,
        owner: String::new(),
        group: String::new(),
        ignored: false,
        writable: None,
        version,
    }
}

/// A name that no other draft has.
fn draft_name() -> String {
    format!("{}.json", orchestrator::seam::TabId::random())
}
