//! A file that is open: what is known of it, and what is done with it.

use std::sync::Arc;

use orchestrator::failure::Failure;
use orchestrator::seam::{FileEntry, FilePath, SessionId};

use super::file_body::Body;
use super::place::Place;
use crate::bridge::{FileDraft, OpenId};
use crate::view::editor::{ConflictView, EditorView, Standing};

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
    /// Where it was read, where a person has been told that it is written in `place` now; nothing is known of what stands there.
    pub read_in: Option<Place>,
    /// Where its session was when what is being read was asked for: what is written here stays that of `place` until it gives way.
    pub reading: Option<Place>,
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
    pub fn new(id: OpenId, session: &SessionId, path: &FilePath, stays: bool) -> Self {
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
            read_in: None,
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
        self.read_in = None;
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
        let words = |place: &Option<Place>| place.clone().map(|place| (place.host, place.cwd));
        let place = words(&self.place);
        let read_in = words(&self.read_in).filter(|_| base.is_none());
        let outside = self.leads_out || self.file.as_ref().is_some_and(|file| file.outside);
        let text = self.editor()?.document.text();
        Some(Box::new(FileDraft { session, path, version, base, text, place, outside, read_in }))
    }
}
