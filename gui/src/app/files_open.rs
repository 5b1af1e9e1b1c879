//! Files that are open: read, closed, and how they stand beside what is on the host.

use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FileEntry, FilePath, SessionId};

use super::App;
use super::file_body::Body;
use super::place::Place;
use crate::bridge::{Ask, Contents, FileDraft, FilesAsk, OpenId, Opened};
use crate::view::editor::{Coloured, ConflictView, EditorView, Standing};
use crate::view::files::{FileTab, shown_name};

/// Two texts that became of one.
#[derive(Debug)]
pub(super) struct Conflict {
    pub view: ConflictView,
    pub file: FileEntry,
    pub theirs: Arc<str>,
    /// Where theirs was read.
    pub place: Option<Place>,
}

/// A text that is being compared with what is on the host.
#[derive(Debug)]
pub(super) struct Comparing {
    /// Its version.
    pub version: u64,
    /// Where its session was when that was asked for.
    pub place: Option<Place>,
    /// Whether a person waits for it.
    pub wanted: bool,
}

/// A file that is open.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub id: OpenId,
    pub session: SessionId,
    pub path: FilePath,
    /// Whether its tab stays when another file is looked at.
    pub stays: bool,
    pub body: Body,
    /// How it stood when it was read or saved.
    pub file: Option<FileEntry>,
    /// Its text then.
    pub base: Option<Arc<str>>,
    pub standing: Standing,
    pub saving: bool,
    pub comparing: Option<Comparing>,
    /// It was kept by an earlier start, which may have saved it with its last breath: nobody else has changed it then.
    pub restored: bool,
    /// Where its session was when it was read; `None` while nobody knows.
    pub place: Option<Place>,
    /// The same of what is being read: what is written here stays that of `place` until it gives way.
    reading: Option<Place>,
    /// What is on the host takes the place of what is written here as soon as it is read.
    pub gives_way: bool,
    pub failure: Option<Failure>,
    pub conflict: Option<Conflict>,
    /// Whether its host has refused to write it, since it lies outside of the session's directory.
    pub leads_out: bool,
    /// Whether a person has agreed that it lies outside of the session's directory.
    pub outside: bool,
    /// Under what name it is kept while it isn't saved, which of its versions, and when.
    pub kept: Option<(String, u64, f64)>,
    pub wants_focus: bool,
}

impl OpenFile {
    fn new(id: OpenId, session: &SessionId, path: &FilePath, stays: bool) -> Self {
        Self {
            id,
            session: session.clone(),
            path: path.clone(),
            stays,
            body: Body::Wanted { asked: false },
            file: None,
            base: None,
            standing: Standing::Same,
            saving: false,
            comparing: None,
            restored: false,
            place: None,
            reading: None,
            gives_way: false,
            failure: None,
            conflict: None,
            leads_out: false,
            outside: false,
            kept: None,
            wants_focus: true,
        }
    }

    /// The version that is known, where it is looked at.
    pub fn version(&self) -> Option<String> {
        self.file.as_ref().map(|file| file.version.clone())
    }

    /// Its text, where it can be edited.
    pub fn editor(&mut self) -> Option<&mut EditorView> {
        match &mut self.body {
            Body::Text(editor) => Some(editor),
            _ => None,
        }
    }

    /// Any text that can be looked through.
    pub fn reader(&mut self) -> Option<&mut EditorView> {
        match &mut self.body {
            Body::Text(editor) | Body::Locked(editor, _) => Some(editor),
            _ => None,
        }
    }

    /// Whether its path means the same file where its session is then; also where nobody knows where that was.
    pub fn is_in(&self, now: &Place) -> bool {
        let is_whole = self.path.bytes().starts_with(b"/");
        self.place
            .as_ref()
            .is_none_or(|before| before.host == now.host && (is_whole || before.cwd == now.cwd))
    }

    /// It is a file of that place: what was agreed to about one elsewhere means nothing.
    pub fn set_place(&mut self, place: Option<Place>) {
        if self.place != place {
            (self.leads_out, self.outside) = (false, false);
        }
        self.place = place;
    }

    /// It is another one on the host, as a comparison has shown that nobody asked for: whoever looks is told once, and may ask.
    pub fn differs_unasked(&mut self) {
        self.restored = false;
        self.standing = Standing::Changed;
    }

    /// Whether it holds what isn't saved.
    pub fn is_modified(&self) -> bool {
        matches!(&self.body, Body::Text(editor) if editor.document.is_modified())
    }

    pub fn name(&self) -> String {
        String::from_utf8_lossy(self.path.name()).into_owned()
    }

    pub fn draft(&mut self) -> Option<Box<FileDraft>> {
        let (session, path) = (self.session.clone(), self.path.clone());
        let version = self.version().unwrap_or_default();
        let base = self.base.as_deref().map(ToOwned::to_owned);
        let place = self.place.clone().map(|place| (place.host, place.cwd));
        let outside = self.leads_out || self.file.as_ref().is_some_and(|file| file.outside);
        let text = self.editor()?.document.text();
        Some(Box::new(FileDraft { session, path, version, base, text, place, outside }))
    }
}

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
        if self.is_session_shown(&session) {
            self.hide_terminal();
            self.leave_diff();
        } else {
            self.terminals.leave(&session);
        }
        self.files.shown.insert(session, id);
    }

    pub(super) fn read_file(&mut self, id: OpenId) {
        let Some(file) = self.open_of(id) else { return };
        let (session, path) = (file.session.clone(), file.path.clone());
        let place = self.place_of(&session);
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
