//! Files that are open: shown, read, closed, and what the host tells of them.

use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FileEntry, FilePath, SessionId};

use super::App;
use super::file_body::Body;
use super::open_file::OpenFile;
use crate::bridge::{Ask, Contents, FilesAsk, OpenId, Opened};
use crate::view::editor::{Coloured, EditorView, Standing};
use crate::view::files::{FileTab, shown_name};

impl App {
    pub(super) fn open_of(&mut self, id: OpenId) -> Option<&mut OpenFile> {
        self.files.open.iter_mut().find(|file| file.id == id)
    }

    /// The file that is shown in place of a conversation.
    pub(super) fn shown_file(&self) -> Option<OpenId> {
        let session = &self.shown.as_ref()?.session;
        self.files.shown.get(session).copied()
    }

    /// The same, to be changed.
    pub(super) fn shown_open(&mut self) -> Option<&mut OpenFile> {
        let id = self.shown_file()?;
        self.open_of(id)
    }

    /// The tabs of a session's open files.
    pub(super) fn file_tabs(&self, session: &SessionId) -> Vec<FileTab> {
        let of_it: Vec<&OpenFile> =
            self.files.open.iter().filter(|file| file.session == *session).collect();
        let words = |file: &OpenFile| {
            let name = file.path.name();
            let twice = of_it.iter().filter(|other| other.path.name() == name).count() > 1;
            let name = FilePath(name.to_vec());
            if twice { shown_name(&file.path) } else { shown_name(&name) }
        };
        let tab = |file: &&OpenFile| FileTab {
            id: file.id,
            words: words(file),
            path: file.path.to_string(),
            modified: file.is_modified(),
            stays: file.stays,
        };
        of_it.iter().map(tab).collect()
    }

    pub(super) fn new_file(&mut self, session: &SessionId, path: &FilePath, stays: bool) -> OpenId {
        self.files.last += 1;
        let id = OpenId(self.files.last);
        self.files.open.push(OpenFile::new(id, session, path, stays));
        id
    }

    /// Opens a file, or shows its tab.
    pub(super) fn open_file(&mut self, session: &SessionId, path: &FilePath, stays: bool) {
        let known =
            self.files.open.iter_mut().find(|file| file.session == *session && file.path == *path);
        let id = match known {
            Some(file) => {
                file.stays |= stays;
                if let Body::Failed(_) = file.body {
                    file.body = Body::Wanted { asked: false };
                }
                file.id
            }
            None => {
                // What was only looked at makes room.
                let passing =
                    self.files.open.iter().find(|file| {
                        file.session == *session && !file.stays && !file.is_modified()
                    });
                if let Some(passing) = passing.map(|file| file.id) {
                    self.drop_file(passing);
                }
                self.new_file(session, path, stays)
            }
        };
        self.show_file(id);
    }

    /// Shows a file's tab.
    pub(super) fn show_file(&mut self, id: OpenId) {
        let Some(file) = self.open_of(id) else { return };
        file.wants_focus = true;
        let session = file.session.clone();
        self.uncover(&session);
        self.files.shown.insert(session, id);
    }

    pub(super) fn read_file(&mut self, id: OpenId) {
        let Some(file) = self.open_of(id) else { return };
        let (session, path) = (file.session.clone(), file.path.clone());
        let place = self.place_of(&session);
        self.files.wanted.insert(session.clone());
        let Some(file) = self.open_of(id) else { return };
        if !file.is_modified() {
            file.set_place(place.clone());
        }
        file.reading = place;
        if let Body::Wanted { asked } = &mut file.body {
            *asked = true;
        }
        if !self.file_ask(FilesAsk::Open { id, session, path })
            && let Some(file) = self.open_of(id)
        {
            file.gives_way = false;
            if let Body::Wanted { .. } = file.body {
                file.body = Body::Failed(Failure::new(Code::Busy, "too much waits to be done"));
            }
        }
    }

    /// A file was read.
    pub(super) fn file_opened(&mut self, id: OpenId, answer: Result<Box<Opened>, Failure>) {
        let Some(file) = self.open_of(id) else { return };
        if let Body::Wanted { asked: false } = file.body {
            // Its session has moved since it was asked for: another file is read.
            return;
        }
        let gives_way = std::mem::take(&mut file.gives_way);
        let Opened { file: entry, contents } = match answer {
            Ok(opened) => *opened,
            Err(failure) if file.reader().is_some() => {
                // What is shown stays.
                if failure.code == Code::NotFound {
                    file.standing = Standing::Gone;
                } else if gives_way {
                    self.complain(&failure);
                }
                return;
            }
            Err(failure) => {
                file.body = Body::Failed(failure);
                return;
            }
        };
        if let (Body::Text(editor), Contents::Text(document, text)) = (&mut file.body, &contents) {
            if editor.document.is_modified() && !gives_way {
                let is_same = editor.document.text() == **text;
                if is_same {
                    editor.document.mark_saved();
                } else {
                    let known = file.file.as_ref().map(|file| file.version.as_str());
                    if known != Some(entry.version.as_str()) {
                        file.standing = Standing::Changed;
                    }
                    return;
                }
            } else {
                editor.become_text(&document.text());
                editor.document.mark_saved();
            }
            file.set_place(file.reading.clone());
            file.base = Some(Arc::clone(text));
            file.file = Some(entry);
            file.standing = Standing::Same;
            file.failure = None;
            file.conflict = None;
            self.look_anew();
            return;
        }
        if file.is_modified() && !gives_way {
            // It is no text any more: nothing here takes the place of what is written.
            file.standing = Standing::Changed;
            return;
        }
        let name = file.name();
        file.set_place(file.reading.clone());
        file.base = None;
        // One that goes on being written to takes nobody's keys and place.
        let is_first = matches!(file.body, Body::Wanted { .. } | Body::Failed(_));
        let contents = match file.body.become_another(contents, &entry, file.file.as_ref()) {
            Some(contents) => contents,
            None => {
                file.file = Some(entry);
                file.standing = Standing::Same;
                self.look_anew();
                return;
            }
        };
        if let Contents::Text(_, text) = &contents {
            file.base = Some(Arc::clone(text));
        }
        file.body = Body::new(contents, &entry, &name);
        file.file = Some(entry);
        file.standing = Standing::Same;
        file.wants_focus |= is_first;
        self.look_anew();
    }

    /// A part of a large file has come.
    pub(super) fn window_came(
        &mut self,
        id: OpenId,
        offset: u64,
        answer: Result<(FileEntry, Vec<u8>), Failure>,
    ) {
        let Some(file) = self.open_of(id) else { return };
        match (&mut file.body, answer) {
            (Body::Large(view), Ok((_, bytes))) => view.put(offset, &bytes),
            (Body::Binary(view), Ok((_, bytes))) => view.put(offset, &bytes),
            (Body::Large(_) | Body::Binary(_), Err(failure)) => {
                file.body = Body::Failed(failure);
            }
            _ => {}
        }
    }

    /// Whether a file's session has moved since it was read.
    pub(super) fn is_elsewhere(&self, id: OpenId) -> bool {
        let file = self.files.open.iter().find(|file| file.id == id);
        file.is_some_and(|file| self.place_of(&file.session).is_some_and(|now| !file.is_in(&now)))
    }

    /// A file that is looked at is another one now.
    pub(super) fn file_stands(&mut self, id: OpenId, answer: Result<FileEntry, Failure>) {
        let is_elsewhere = self.is_elsewhere(id);
        let Some(file) = self.open_of(id) else { return };
        // What is being saved changes it: the answer to that tells how it stands. And what lies where its session is now
        // is another file.
        if file.saving || is_elsewhere {
            return;
        }
        match answer {
            Ok(entry) => {
                if let Some(known) = &mut file.file {
                    known.outside |= entry.outside;
                }
                let known = file.file.as_ref().map(|file| file.version.as_str());
                if known == Some(entry.version.as_str()) {
                    if file.standing == Standing::Gone {
                        file.standing = Standing::Same;
                    }
                } else if file.is_modified() && file.restored {
                    self.compare_file(id, false);
                } else if file.is_modified() {
                    file.standing = Standing::Changed;
                } else {
                    self.read_file(id);
                }
            }
            Err(failure) if failure.code == Code::NotFound => file.standing = Standing::Gone,
            Err(failure) => tracing::info!("{failure}"),
        }
    }

    /// Words of code were told apart.
    pub(super) fn file_coloured(&mut self, id: OpenId, coloured: Coloured) {
        if let Some(editor) = self.open_of(id).and_then(OpenFile::reader) {
            let EditorView { document, colours, .. } = editor;
            colours.follow(document);
            colours.put(document, coloured);
        }
    }

    /// Closes a file; what isn't saved is asked about first.
    pub(super) fn close_file(&mut self, id: OpenId) {
        let Some(file) = self.open_of(id) else { return };
        if file.is_modified() {
            let (name, saving) = (shown_name(&file.path), file.saving);
            if !saving {
                self.ask_whether_close(id, name);
            }
            return;
        }
        self.drop_file(id);
    }

    /// Closes a file with what isn't saved of it.
    pub(super) fn drop_file(&mut self, id: OpenId) {
        let Some(at) = self.files.open.iter().position(|file| file.id == id) else { return };
        let file = self.files.open.remove(at);
        if let Some((name, ..)) = file.kept {
            self.ask_quietly(Ask::File(FilesAsk::Keep { name, draft: None }));
        }
        if self.files.shown.get(&file.session) != Some(&id) {
            return;
        }
        let of_it = |other: &&OpenFile| other.session == file.session;
        let next = self.files.open.iter().skip(at).find(of_it);
        let next = next.or_else(|| self.files.open.iter().take(at).rev().find(of_it));
        match next.map(|next| next.id) {
            Some(next) => self.show_file(next),
            None => {
                self.files.shown.remove(&file.session);
                self.composer.focus();
            }
        }
    }

    /// Files were moved on the host: those that are open go with them.
    pub(super) fn open_files_moved(&mut self, session: &SessionId, from: &FilePath, to: &FilePath) {
        let mut below = from.bytes().to_vec();
        below.push(b'/');
        for file in self.files.open.iter_mut().filter(|file| file.session == *session) {
            if file.path == *from {
                file.path = to.clone();
            } else if let Some(rest) = file.path.bytes().strip_prefix(below.as_slice()) {
                file.path = to.join(rest);
            } else {
                continue;
            }
            // What names its state may be another word for it there.
            if let Some((name, ..)) = &mut file.kept {
                let name = name.clone();
                file.kept = Some((name, u64::MAX, f64::MIN));
            }
        }
        self.look_anew();
    }
}
