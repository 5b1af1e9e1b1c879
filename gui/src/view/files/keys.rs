//! Keys in the tree.

use egui::{Event, Key, Modifiers, Ui};
use orchestrator::seam::FileKind;

use super::data::{FilesAct, FilesData};
use super::naming::Naming;
use super::tree::{Note, Shown, Tree, parted};
use super::view::{FilesView, row_id};

/// After so long a pause, in seconds, letters begin another name. As lists of desktops do it.
const PAUSE: f64 = 1.0;

impl FilesView {
    /// Does what keys want while the tree has the focus.
    pub(super) fn keys(&mut self, ui: &Ui, data: &FilesData<'_>, acts: &mut Vec<FilesAct>) {
        let tree = data.tree;
        let count = tree.rows().len();
        let Some(last) = count.checked_sub(1) else { return };
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let at = self.cursor(tree);
        let page = self.page.max(1);
        let begin = at.unwrap_or(0);
        let moves = [
            (Key::ArrowDown, at.map_or(0, |at| (at + 1).min(last))),
            (Key::ArrowUp, begin.saturating_sub(1)),
            (Key::Home, 0),
            (Key::End, last),
            (Key::PageDown, (begin + page).min(last)),
            (Key::PageUp, begin.saturating_sub(page)),
        ];
        for (key, to) in moves {
            if pressed(Modifiers::SHIFT, key) {
                self.marks.extend(tree, to, at);
                self.move_cursor(to);
                return;
            }
            if pressed(Modifiers::NONE, key) {
                self.put_cursor(tree, to);
                return;
            }
        }
        if self.choose_by_keys(ui, tree) {
            return;
        }
        if self.type_ahead(ui, data) {
            return;
        }
        let Some(at) = at else { return };
        let Some((_, shown)) = tree.shown(at) else { return };
        if self.menu.keys(ui, row_id(at)) {
            return;
        }
        let (folder, entry, open) = match shown {
            Shown::Entry { folder, entry, open } => (folder, entry, open),
            Shown::Note { note: Note::Failed, .. } => {
                if pressed(Modifiers::NONE, Key::Enter) {
                    acts.push(FilesAct::Refresh);
                }
                return;
            }
            Shown::Note { .. } => return,
        };
        let path = folder.join(entry.file.path.bytes());
        let is_folder = entry.file.kind == FileKind::Directory;
        if pressed(Modifiers::NONE, Key::ArrowRight) {
            if is_folder && !open {
                acts.push(FilesAct::Unfold { path, open: true });
            } else if is_folder {
                self.put_cursor(tree, (at + 1).min(last));
            }
        } else if pressed(Modifiers::NONE, Key::ArrowLeft) {
            if is_folder && open {
                acts.push(FilesAct::Unfold { path, open: false });
            } else if let Some(above) = tree.row_of(&parted(&path).0) {
                self.put_cursor(tree, above);
            }
        } else if pressed(Modifiers::NONE, Key::Enter) || pressed(Modifiers::NONE, Key::Space) {
            if is_folder {
                acts.push(FilesAct::Unfold { path, open: !open });
            } else if entry.file.kind == FileKind::File {
                acts.push(FilesAct::Open { path, stays: false });
            }
        } else if pressed(Modifiers::COMMAND, Key::Enter) {
            if entry.file.kind == FileKind::File {
                acts.push(FilesAct::Open { path, stays: true });
            }
        } else if pressed(Modifiers::NONE, Key::F2) {
            self.naming = Some(Naming::of(&path));
        } else if pressed(Modifiers::NONE, Key::Delete) {
            acts.push(FilesAct::Delete(self.marks.with(&path)));
        } else if ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy))) {
            let all = self.marks.with(&path);
            let text: Vec<String> =
                all.iter().map(|path| data.tree.whole(path).to_string()).collect();
            let what = if text.len() > 1 { "Paths" } else { "Path" };
            acts.push(FilesAct::Copy { what, text: text.join("\n") });
        }
    }

    /// Ctrl+A, Ctrl+Space, Escape.
    fn choose_by_keys(&mut self, ui: &Ui, tree: &Tree) -> bool {
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let path = self.cursor(tree).and_then(|at| tree.path(at));
        if pressed(Modifiers::COMMAND, Key::A) {
            self.marks.all(tree);
        } else if pressed(Modifiers::CTRL, Key::Space) {
            if let Some(path) = path {
                self.marks.toggle(&path, None);
            }
        } else if !self.marks.is_empty() && pressed(Modifiers::NONE, Key::Escape) {
            self.marks.clear(path);
        } else {
            return false;
        }
        true
    }

    /// Letters lead to the next name that begins so.
    fn type_ahead(&mut self, ui: &Ui, data: &FilesData<'_>) -> bool {
        let (typed, now) = ui.input(|input| {
            let letters = input.events.iter().filter_map(|event| match event {
                Event::Text(text) => Some(text.to_lowercase()),
                _ => None,
            });
            (letters.collect::<String>(), input.time)
        });
        let typed = if self.ahead.0.is_empty() { typed.trim_start().to_owned() } else { typed };
        if typed.is_empty() {
            return false;
        }
        if now - self.ahead.1 > PAUSE {
            self.ahead.0.clear();
        }
        let goes_on = !self.ahead.0.is_empty();
        self.ahead.0.push_str(&typed);
        self.ahead.1 = now;
        let tree = data.tree;
        let count = tree.rows().len();
        let at = self.cursor(tree).unwrap_or(0);
        // A further letter may still fit where one is.
        let from = if goes_on { at } else { at + 1 };
        let fits = |row: &usize| match tree.shown(*row) {
            Some((_, Shown::Entry { entry, .. })) => entry.small.starts_with(&self.ahead.0),
            Some((_, Shown::Note { .. })) | None => false,
        };
        if let Some(found) = (from..count).chain(0..from.min(count)).find(fits) {
            self.put_cursor(tree, found);
        }
        true
    }
}
