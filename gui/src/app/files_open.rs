//! Files that are open: read, shown beside the conversations, kept while they aren't saved.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Id, Label, RichText, TextureHandle, Ui, vec2};
use lucide_icons::Icon;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FileEntry, FilePath, SessionId};

use super::App;
use crate::bridge::{Ask, Contents, FileDraft, FilesAsk, OpenId, Opened, Picture};
use crate::theme::{size, space};
use crate::view::editor::{
    Coloured, ConflictView, Document, EditorView, HexData, HexView, LargeView, Standing,
};
use crate::view::files::{FileTab, shown_name};
use crate::view::places::host_name;
use crate::widget::{Kind, button, empty, failure_card};
use crate::words::bytes;

/// While somebody types what is written is kept once in so many seconds.
const KEPT_EVERY: f64 = 0.5;

/// What is shown of a file.
pub(super) enum Body {
    /// It is being read, or will be when somebody looks.
    Wanted { asked: bool },
    /// It can't be read.
    Failed(Failure),
    /// Text.
    Text(Box<EditorView>),
    /// Text that can only be looked at, and why.
    Locked(Box<EditorView>, String),
    /// Text that is too large.
    Large(Box<LargeView>),
    /// No text.
    Binary(Box<HexView>),
    /// An image.
    Image { picture: Arc<Picture>, texture: Option<TextureHandle> },
}

/// Which of them it is.
impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Wanted { .. } => "Wanted",
            Self::Failed(_) => "Failed",
            Self::Text(_) => "Text",
            Self::Locked(..) => "Locked",
            Self::Large(_) => "Large",
            Self::Binary(_) => "Binary",
            Self::Image { .. } => "Image",
        })
    }
}

/// Two texts that became of one.
#[derive(Debug)]
pub(super) struct Conflict {
    pub view: ConflictView,
    pub file: FileEntry,
    pub theirs: Arc<str>,
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
    pub comparing: bool,
    /// What is on the host takes the place of what is written here as soon as it is read.
    pub gives_way: bool,
    pub failure: Option<Failure>,
    pub conflict: Option<Conflict>,
    /// Whether a person has agreed that it lies outside of the session's directory.
    pub outside: bool,
    /// Under what name it is kept while it isn't saved, which of its versions, and when.
    kept: Option<(String, u64, f64)>,
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
            comparing: false,
            gives_way: false,
            failure: None,
            conflict: None,
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

    /// Whether it holds what isn't saved.
    pub fn is_modified(&self) -> bool {
        matches!(&self.body, Body::Text(editor) if editor.document.is_modified())
    }

    fn name(&self) -> String {
        String::from_utf8_lossy(self.path.name()).into_owned()
    }

    fn draft(&mut self) -> Option<Box<FileDraft>> {
        let (session, path) = (self.session.clone(), self.path.clone());
        let version = self.version().unwrap_or_default();
        let base = self.base.as_deref().map(ToOwned::to_owned);
        let text = self.editor()?.document.text();
        Some(Box::new(FileDraft { session, path, version, base, text }))
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

    fn new_file(&mut self, session: &SessionId, path: &FilePath, stays: bool) -> OpenId {
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
        self.hide_terminal();
        self.files.shown.insert(session, id);
        self.leave_diff();
    }

    fn read_file(&mut self, id: OpenId) {
        let Some(file) = self.open_of(id) else { return };
        let (session, path) = (file.session.clone(), file.path.clone());
        if let Body::Wanted { asked } = &mut file.body {
            *asked = true;
        }
        if !self.file_ask(FilesAsk::Open { id, session, path })
            && let Some(file) = self.open_of(id)
            && let Body::Wanted { .. } = file.body
        {
            file.body = Body::Failed(Failure::new(Code::Busy, "too much waits to be done"));
        }
    }

    /// A file was read.
    pub(super) fn file_opened(&mut self, id: OpenId, answer: Result<Box<Opened>, Failure>) {
        let Some(file) = self.open_of(id) else { return };
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
        let writable = entry.writable != Some(false);
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
        let editor = |document: Document| Box::new(EditorView::new(document, &name));
        file.base = None;
        file.body = match contents {
            Contents::Text(document, text) => {
                file.base = Some(text);
                if writable {
                    Body::Text(editor(*document))
                } else {
                    let why = "This account may not write this file, so it is only shown";
                    Body::Locked(editor(*document), why.to_owned())
                }
            }
            Contents::Decoded(document, encoding) => {
                let why = format!("Only UTF-8 can be edited here; this is {}", encoding.words());
                Body::Locked(editor(*document), why)
            }
            Contents::Large(first) => Body::Large(Box::new(LargeView::new(entry.size, &first))),
            Contents::Binary(first) => Body::Binary(Box::new(HexView::new(entry.size, &first))),
            Contents::Image(picture) => Body::Image { picture, texture: None },
        };
        file.file = Some(entry);
        file.standing = Standing::Same;
        file.wants_focus = true;
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

    /// A file that is looked at is another one now.
    pub(super) fn file_stands(&mut self, id: OpenId, answer: Result<FileEntry, Failure>) {
        let Some(file) = self.open_of(id) else { return };
        // What is being saved changes it: the answer to that tells how it stands.
        if file.saving {
            return;
        }
        match answer {
            Ok(entry) => {
                let known = file.file.as_ref().map(|file| file.version.as_str());
                if known == Some(entry.version.as_str()) {
                    if file.standing == Standing::Gone {
                        file.standing = Standing::Same;
                    }
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

    /// Draws the file that is shown.
    pub(super) fn file(&mut self, ui: &mut Ui, id: OpenId) {
        let keys = !self.keys_are_taken();
        let Some(file) = self.files.open.iter_mut().find(|file| file.id == id) else { return };
        let host = self.sessions.get(&file.session).map_or("", |known| known.host.as_str());
        let host = host_name(&self.hosts.hosts.hosts, host).to_owned();
        let path = shown_name(&file.path);
        let widget = Id::unique(("editor", id));
        let mut again = false;
        let mut window = None;
        let mut acts = Vec::new();
        let mut chosen = Vec::new();
        let wants_focus = std::mem::take(&mut file.wants_focus);
        if let Some(conflict) = &mut file.conflict {
            egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 6)).show(ui, |ui| {
                chosen = conflict.view.ui(ui, &host);
            });
        } else {
            let locked = match &file.body {
                Body::Locked(_, why) => Some(why.clone()),
                _ => None,
            };
            match &mut file.body {
                Body::Wanted { asked } => {
                    again = !*asked;
                    file.wants_focus = wants_focus;
                    ui.vertical_centered(|ui| {
                        ui.add_space(space::XL);
                        ui.weak(format!("Reading {path} from {host} …"));
                    });
                }
                Body::Failed(failure) => {
                    ui.add_space(space::L);
                    ui.horizontal(|ui| {
                        ui.add_space(space::L);
                        ui.vertical(|ui| {
                            ui.set_width((ui.available_width() - space::L).min(size::MEASURE));
                            failure_card(ui, failure, |ui| {
                                again = button(ui, Kind::Plain, "Try again").clicked();
                            });
                        });
                    });
                }
                Body::Text(editor) | Body::Locked(editor, _) => {
                    if wants_focus && keys {
                        editor.area.focus();
                    }
                    let data = crate::view::editor::EditorData {
                        id: widget,
                        path: &path,
                        host: &host,
                        locked: locked.as_deref(),
                        standing: file.standing,
                        saving: file.saving,
                        comparing: file.comparing,
                        failure: file.failure.as_ref(),
                    };
                    acts = editor.ui(ui, &data);
                }
                Body::Large(view) => window = view.ui(ui, widget, &path),
                Body::Binary(view) => {
                    window = view.ui(ui, &HexData { id: widget, name: &path });
                }
                Body::Image { picture, texture } => image(ui, picture, texture, file.file.as_ref()),
            }
        }
        if file.is_modified() {
            file.stays = true;
        }
        if again {
            self.read_file(id);
        }
        if let Some((offset, length)) = window
            && let Some(file) = self.open_of(id)
        {
            let (session, path) = (file.session.clone(), file.path.clone());
            self.file_ask(FilesAsk::Window { id, session, path, offset, length });
        }
        for act in acts {
            self.editor_act(ui, id, act);
        }
        for act in chosen {
            self.conflict_act(id, act);
        }
    }

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
                None => (format!("{}.json", TabName::new()), u64::MAX, f64::MIN),
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
            let FileDraft { session, path, version, base, text } = draft;
            let known =
                self.files.open.iter().find(|file| file.session == session && file.path == path);
            let id = match known {
                Some(file) if file.is_modified() => continue,
                Some(file) => file.id,
                None => self.new_file(&session, &path, true),
            };
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
            match base {
                Some(base) => {
                    file.base = Some(base.into());
                    file.file = Some(known_as(&path, version));
                }
                None => file.standing = Standing::Gone,
            }
        }
        if self.is_chosen {
            self.close_orphans();
        }
        self.look_anew();
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
                    self.file_ask(FilesAsk::PutAside { kept, path, text });
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
    pub(super) fn was_put_aside(&mut self, path: &FilePath, answer: Result<PathBuf, Failure>) {
        let failure = answer.map(|place| {
            let message = format!("the session of {} is gone", shown_name(path));
            Failure::new(Code::NotFound, message)
                .hint(format!("What wasn't saved of it is in {}", place.display()))
        });
        self.complain(&failure.unwrap_or_else(|failure| failure));
    }

    /// The files of a session that hold what isn't saved.
    pub(super) fn unsaved_files(&self, session: &SessionId) -> Vec<String> {
        let unsaved = |file: &&OpenFile| file.session == *session && file.is_modified();
        self.files.open.iter().filter(unsaved).map(|file| shown_name(&file.path)).collect()
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

/// What is known of a file that was read by an earlier start.
fn known_as(path: &FilePath, version: String) -> FileEntry {
    FileEntry {
        path: path.clone(),
        kind: orchestrator::seam::FileKind::File,
        link: None,
        outside: false,
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
struct TabName;

impl TabName {
    #[expect(clippy::new_ret_no_self, reason = "a name is text")]
    fn new() -> String {
        orchestrator::seam::TabId::random().to_string()
    }
}

fn image(
    ui: &mut Ui,
    picture: &Picture,
    texture: &mut Option<TextureHandle>,
    file: Option<&FileEntry>,
) {
    let texture = texture.get_or_insert_with(|| {
        let options = egui::TextureOptions::LINEAR;
        ui.ctx().load_texture(&picture.name, picture.pixels.clone(), options)
    });
    let [width, height] = picture.size;
    let size_words = file.map_or_else(String::new, |file| format!(", {}", bytes(file.size)));
    let room = ui.available_size() - vec2(space::XL, 48.0);
    if room.min_elem() < 16.0 {
        empty(ui, Icon::Image, "Image", "There is no room to show it.");
        return;
    }
    ui.vertical_centered(|ui| {
        ui.add_space(space::S);
        let words = format!("{width} × {height} pixels{size_words}");
        ui.add(Label::new(RichText::new(words).size(size::SMALL).weak()));
        let own = texture.size_vec2() / ui.ctx().pixels_per_point();
        let scale = (room.x / own.x).min(room.y / own.y).min(1.0);
        let image = egui::Image::new((texture.id(), own * scale));
        let shown = ui.add(image);
        shown.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Image, true, picture.name.as_str())
        });
    });
}
