//! Saving files, and what to do when somebody else has changed them.

use std::sync::Arc;

use egui::Ui;
use orchestrator::failure::{Code, Failure};
use orchestrator::files::lies_outside;
use orchestrator::seam::{At, Expected, FILE_WINDOW, FileCommand, FileEntry};

use super::App;
use super::files_change::FilePending;
use super::open_file::{Comparing, Conflict, OpenFile};
use crate::bridge::{Comparison, FilesAsk, OpenId};
use crate::view::editor::{ConflictAct, ConflictView, EditorAct, Standing};
use crate::view::files::tree::parted;
use crate::words::{bytes, of_many};

impl App {
    /// Saves the file that is shown.
    pub(super) fn save_shown_file(&mut self) {
        if self.is_diff_shown() {
            return;
        }
        let Some(id) = self.shown_file() else { return };
        let conflict = self.open_of(id).and_then(|file| file.conflict.as_ref());
        let Some(conflict) = conflict else { return self.save_file(id, false) };
        // The choices aren't thrown away: they go into the editor once all are made.
        match conflict.view.merge().result() {
            Some(text) => self.conflict_act(id, ConflictAct::Use(text)),
            None => {
                let (_, open) = conflict.view.merge().count();
                let open = u64::try_from(open).unwrap_or(u64::MAX);
                let open = of_many(open, "difference isn't", "differences aren't");
                self.say_bad(format!("{open} chosen yet: nothing is saved"));
            }
        }
    }

    /// Saves a file: over what was read, and over nothing else. `anyway` also where nothing was typed.
    pub(super) fn save_file(&mut self, id: OpenId, anyway: bool) {
        let Some(file) = self.open_of(id) else { return };
        let gone = file.standing == Standing::Gone;
        if file.saving || (!file.is_modified() && !gone && !anyway) {
            return;
        }
        if self.is_elsewhere(id) {
            return self.refuse_to_save_elsewhere(id);
        }
        let Some(file) = self.open_of(id) else { return };
        let version = file.version();
        let (session, path, agreed) = (file.session.clone(), file.path.clone(), file.outside);
        let leads_out = file.leads_out || file.file.as_ref().is_some_and(|entry| entry.outside);
        let Some(editor) = file.editor() else { return };
        let most = usize::try_from(FILE_WINDOW).unwrap_or(usize::MAX);
        if editor.document.bytes() > most {
            let size = u64::try_from(editor.document.bytes()).unwrap_or(u64::MAX);
            let message = format!("{path} has {} now", bytes(size));
            let failure = Failure::new(Code::TooLarge, message)
                .hint(format!("At most {} can be saved at once", bytes(u64::from(FILE_WINDOW))));
            file.failure = Some(failure);
            return;
        }
        let text: Arc<str> = editor.document.text().into();
        let expected = match version {
            Some(version) if !gone => Expected::Version(version),
            Some(_) | None => Expected::Absent,
        };
        let outside = leads_out || self.is_outside(&session, &path);
        let bytes = text.as_bytes().to_vec();
        let at = At::Session(session);
        let command = FileCommand::Write { at, path, bytes, expected, outside };
        let pending = FilePending::Save { id, text };
        if outside && !agreed {
            self.ask_whether_outside(command, pending);
        } else {
            self.write_file(command, pending);
        }
    }

    /// What was written for one place isn't saved in another without a word; whoever saves once more means it.
    fn refuse_to_save_elsewhere(&mut self, id: OpenId) {
        let Some(session) = self.open_of(id).map(|file| file.session.clone()) else { return };
        let Some(now) = self.place_of(&session) else { return };
        let there = self.place_words(&now);
        let before = self.open_of(id).and_then(|file| file.place.clone());
        let before = before.map_or_else(String::new, |before| self.place_words(&before));
        let Some(file) = self.open_of(id) else { return };
        let message = format!("it was read in {before}, and the session is in {there} now");
        let hint =
            format!("Save it again to write it in {there}, where nothing is replaced unseen");
        file.failure = Some(Failure::new(Code::Conflict, message).hint(hint));
        file.set_place(Some(now));
        // What stands there, if anything does, was never read.
        (file.file, file.base, file.standing) = (None, None, Standing::Same);
        (file.conflict, file.restored) = (None, false);
        if let Some(editor) = file.editor() {
            editor.document.mark_unsaved();
        }
    }

    /// Writes what is to be saved.
    pub(super) fn write_file(&mut self, command: FileCommand, pending: FilePending) {
        let FilePending::Save { id, .. } = &pending else {
            return self.do_or_ask(false, command, pending);
        };
        if let Some(file) = self.open_of(*id) {
            file.saving = true;
            file.failure = None;
            if let Some(editor) = file.editor() {
                editor.document.begin_save();
            }
        }
        self.do_or_ask(false, command, pending);
    }

    /// A file was saved.
    pub(super) fn saved(&mut self, id: OpenId, text: Arc<str>, entry: FileEntry) {
        let Some(file) = self.open_of(id) else { return };
        file.saving = false;
        file.restored = false;
        file.failure = None;
        file.standing = Standing::Same;
        file.conflict = None;
        file.base = Some(text);
        let outside = file.file.as_ref().is_some_and(|before| before.outside);
        let is_new = file.file.is_none();
        file.file = Some(FileEntry { outside: entry.outside || outside, ..entry });
        let (session, path) = (file.session.clone(), file.path.clone());
        if let Some(editor) = file.editor() {
            editor.document.end_save(true);
        }
        self.look_anew();
        if is_new || !self.knows_file(&session, &path) {
            self.list(&session, &parted(&path).0);
        }
        if self.files.closing.remove(&id) {
            self.close_file(id);
        }
    }

    /// A file could not be saved: what is written stays, and says why.
    pub(super) fn save_failed(&mut self, id: OpenId, failure: Failure) {
        let closes = self.files.closing.remove(&id);
        let Some(file) = self.open_of(id) else {
            return self.complain(&failure);
        };
        file.saving = false;
        if let Some(editor) = file.editor() {
            editor.document.end_save(false);
        }
        // Nobody knew it before, as of what an earlier start has kept: it is asked as where that is known.
        if lies_outside(&failure) && !std::mem::replace(&mut file.leads_out, true) {
            return match closes {
                true => self.save_and_close(id, true),
                false => self.save_file(id, true),
            };
        }
        if failure.code == Code::Conflict {
            file.restored = false;
            let gone = file.standing == Standing::Gone;
            file.standing = Standing::Changed;
            // What was thought gone is there again.
            if gone {
                file.file = None;
            }
            self.compare_file(id, true);
        } else {
            file.failure = Some(failure);
        }
    }

    /// Reads what is on the host, and shows it beside what is written here where that is `wanted`; else it is only said that
    /// they differ.
    pub(super) fn compare_file(&mut self, id: OpenId, wanted: bool) {
        let Some(file) = self.open_of(id) else { return };
        if let Some(comparing) = &mut file.comparing {
            comparing.wanted |= wanted;
            return;
        }
        let (session, path) = (file.session.clone(), file.path.clone());
        let place = self.place_of(&session);
        let Some(file) = self.open_of(id) else { return };
        let base = file.base.clone();
        let Some(document) = file.editor().map(|editor| &editor.document) else { return };
        let (mine, version) = (document.text(), document.version());
        file.comparing = Some(Comparing { version, place, wanted });
        if !self.file_ask(FilesAsk::Compare { id, session, path, base, mine })
            && let Some(file) = self.open_of(id)
        {
            file.comparing = None;
        }
    }

    /// Both texts were compared.
    pub(super) fn file_compared(&mut self, id: OpenId, answer: Result<Box<Comparison>, Failure>) {
        let Some(file) = self.open_of(id) else { return };
        let Some(Comparing { version, place, wanted }) = file.comparing.take() else { return };
        let now = file.editor().map(|editor| editor.document.version());
        match answer {
            // Letters that were typed meanwhile would be missing in what comes of it.
            Ok(_) if now.is_some_and(|now| now != version) => self.compare_file(id, wanted),
            Ok(comparison) => {
                let Comparison { merge, file: entry, theirs } = *comparison;
                if merge.count().0 == 0 {
                    // They are the same: nobody has to choose.
                    file.set_place(place);
                    file.file = Some(entry);
                    file.base = Some(theirs);
                    file.standing = Standing::Same;
                    file.restored = false;
                    let now = file.base.clone();
                    if let Some(editor) = file.editor()
                        && Some(editor.document.text().as_str()) == now.as_deref()
                    {
                        editor.document.mark_saved();
                    }
                    self.look_anew();
                } else if wanted {
                    let view = ConflictView::new(merge);
                    file.conflict = Some(Conflict { view, file: entry, theirs, place });
                } else {
                    file.differs_unasked();
                }
            }
            Err(failure) if failure.code == Code::NotFound => file.standing = Standing::Gone,
            Err(failure) if wanted => file.failure = Some(failure),
            Err(failure) => {
                tracing::info!("{failure}");
                file.differs_unasked();
            }
        }
    }

    /// Does what somebody wants of a text.
    pub(super) fn editor_act(&mut self, ui: &Ui, id: OpenId, act: EditorAct) {
        match act {
            EditorAct::Save => self.save_file(id, false),
            EditorAct::Compare => self.compare_file(id, true),
            EditorAct::TakeTheirs => {
                let Some(file) = self.open_of(id) else { return };
                file.gives_way = true;
                self.read_file(id);
            }
            EditorAct::Dismiss => {
                if let Some(file) = self.open_of(id) {
                    file.failure = None;
                }
            }
            EditorAct::Colour(work) => {
                if !self.file_ask(FilesAsk::Colour { id, work })
                    && let Some(editor) = self.open_of(id).and_then(OpenFile::reader)
                {
                    editor.colours.forget_work();
                }
            }
            EditorAct::Command(command) => self.obey(ui.ctx(), command),
        }
    }

    /// Does what somebody wants of a conflict. Nothing that was written is lost: every text can be had back by undoing.
    pub(super) fn conflict_act(&mut self, id: OpenId, act: ConflictAct) {
        let Some(file) = self.open_of(id) else { return };
        let Some(Conflict { file: entry, theirs, place, .. }) = file.conflict.take() else {
            return;
        };
        file.wants_focus = true;
        match act {
            ConflictAct::Leave => return,
            ConflictAct::KeepMine => {
                file.file = Some(entry);
                file.base = Some(theirs);
                file.standing = Standing::Same;
                self.save_file(id, true);
            }
            ConflictAct::TakeTheirs => {
                file.set_place(place);
                file.file = Some(entry);
                file.standing = Standing::Same;
                file.base = Some(Arc::clone(&theirs));
                if let Some(editor) = file.editor() {
                    editor.become_text(&theirs);
                    editor.document.mark_saved();
                }
            }
            ConflictAct::Use(text) => {
                file.file = Some(entry);
                file.standing = Standing::Same;
                file.base = Some(Arc::clone(&theirs));
                if let Some(editor) = file.editor() {
                    editor.become_text(&text);
                    if text == *theirs {
                        editor.document.mark_saved();
                    } else {
                        editor.document.mark_unsaved();
                    }
                }
            }
        }
        self.look_anew();
    }
}
