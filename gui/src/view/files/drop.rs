//! Files of the desktop that are dropped onto the tree.

use egui::{Align2, FontId, Rect, Stroke, StrokeKind, Ui};
use orchestrator::seam::{FileKind, FilePath};

use super::data::{FilesAct, FilesData};
use super::tree::{Shown, Tree, parted, shown_name};
use super::view::FilesView;
use crate::theme::{Theme, radius, size};

impl FilesView {
    /// The directory that something falls into: the one under the pointer, or that of the file there; the session's own beside all
    /// rows.
    pub(super) fn drop_folder(&self, tree: &Tree) -> Option<FilePath> {
        let at = self.under_pointer?;
        match tree.shown(at)?.1 {
            Shown::Entry { folder, entry, .. } if entry.file.kind == FileKind::Directory => {
                Some(folder.join(entry.file.path.bytes()))
            }
            Shown::Entry { folder, .. } | Shown::Note { folder, .. } => Some(folder.clone()),
        }
    }

    /// Shows where what is held over the tree would go, and takes it when it falls.
    pub(super) fn take_drop(
        &mut self,
        ui: &Ui,
        place: Rect,
        data: &FilesData<'_>,
    ) -> Option<FilesAct> {
        if !data.dropping || data.tree.root().is_none() {
            return None;
        }
        let (pointer, held) =
            ui.input(|input| (input.pointer.latest_pos(), !input.raw.hovered_files.is_empty()));
        // Some desktops don't tell where something is held, only where it falls.
        let is_here = pointer.is_some_and(|pointer| place.contains(pointer));
        if !is_here && (pointer.is_some() || !held) {
            return None;
        }
        let folder = self.drop_folder(data.tree).unwrap_or_default();
        if held {
            let theme = Theme::get(ui.ctx());
            let words = match (is_here, folder.bytes()) {
                (true, b"") => format!("Send into this directory on {}", data.host),
                (true, _) => {
                    let name = shown_name(&FilePath(parted(&folder).1.to_vec()));
                    format!("Send into {name} on {}", data.host)
                }
                (false, _) => format!("Drop here to send it to {}", data.host),
            };
            let painter = ui.painter();
            let stroke = Stroke::new(2.0, theme.accent);
            painter.rect_stroke(place, f32::from(radius::SMALL), stroke, StrokeKind::Inside);
            let at = place.center_bottom() - egui::vec2(0.0, 24.0);
            let font = FontId::proportional(size::BODY);
            let text = painter.layout_no_wrap(words, font, theme.text);
            let rect = Align2::CENTER_CENTER.anchor_size(at, text.size());
            painter.rect_filled(rect.expand(6.0), f32::from(radius::SMALL), theme.raised);
            painter.galley(rect.min, text, theme.text);
            return None;
        }
        is_here.then_some(FilesAct::Drop(folder))
    }
}
