//! How a row of the tree looks.

use egui::{Align2, Color32, CornerRadius, FontId, Pos2, Rect, Response, Stroke, Ui, pos2, vec2};
use lucide_icons::Icon;
use orchestrator::seam::{FileEntry, FileKind};

use super::tree::{Entry, Note};
use crate::theme::{Theme, icons, radius, size, space};
use crate::words::bytes;

/// How high a row is.
pub(super) const HEIGHT: f32 = 24.0;
/// How much further in each level stands.
const STEP: f32 = 14.0;

/// How a row stands.
#[derive(Clone, Copy)]
pub(super) struct Stands {
    pub depth: u16,
    pub open: bool,
    /// The cursor is on it.
    pub chosen: bool,
    /// The tree has the focus.
    pub focused: bool,
    /// It is open beside the tree.
    pub shown: bool,
}

/// Where the row's letters begin.
fn left(rect: Rect, depth: u16) -> f32 {
    // A tree that is deeper than the bar is wide still shows names.
    let indent = (f32::from(depth) * STEP).min(rect.width() * 0.5);
    rect.left() + space::XS + indent
}

pub(super) fn ground(ui: &Ui, rect: Rect, response: &Response, stands: Stands) {
    let theme = Theme::get(ui.ctx());
    let corner = CornerRadius::same(radius::SMALL);
    let inner = rect.shrink2(vec2(0.0, 1.0));
    let fill = if stands.chosen || stands.shown {
        theme.chosen
    } else if response.hovered() {
        theme.hover
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(inner, corner, fill);
    if stands.chosen && stands.focused {
        let line = Stroke::new(1.0, theme.accent);
        ui.painter().rect_stroke(inner, corner, line, egui::StrokeKind::Inside);
    }
}

pub(super) fn entry(ui: &Ui, rect: Rect, entry: &Entry, stands: Stands) {
    let theme = Theme::get(ui.ctx());
    let file = &entry.file;
    let is_folder = file.kind == FileKind::Directory;
    let middle = rect.center().y;
    let mut at = left(rect, stands.depth);
    if is_folder {
        let arrow = if stands.open { Icon::ChevronDown } else { Icon::ChevronRight };
        sign(ui, pos2(at, middle), arrow, 12.0, theme.muted);
    }
    at += 14.0;
    let (icon, colour) = look(file, stands.open, &theme);
    sign(ui, pos2(at, middle), icon, 14.0, colour);
    at += 20.0;
    let mut right = rect.right() - space::S;
    if file.outside {
        right -= 16.0;
        sign(ui, pos2(right, middle), Icon::ExternalLink, 12.0, theme.warn);
        right -= space::XS;
    }
    let colour = match file.kind {
        FileKind::Broken => theme.bad,
        _ if file.ignored => theme.muted.gamma_multiply(0.75),
        FileKind::Other => theme.muted,
        FileKind::Directory | FileKind::File => theme.text,
    };
    let font = FontId::proportional(size::BODY);
    let name = short(ui, entry.words.clone(), font, colour, right - at);
    let end = at + name.size().x + space::S;
    ui.painter().galley(pos2(at, middle - name.size().y / 2.0), name, colour);
    if let Some(target) = &file.link
        && right - end > 30.0
    {
        let font = FontId::proportional(size::SMALL);
        let words = format!("→ {target}");
        let galley = short(ui, words, font, theme.muted, right - end);
        ui.painter().galley(pos2(end, middle - galley.size().y / 2.0), galley, theme.muted);
    }
}

pub(super) fn note(ui: &Ui, rect: Rect, note: Note, words: &str, depth: u16) {
    let theme = Theme::get(ui.ctx());
    let colour = if note == Note::Failed { theme.bad } else { theme.muted };
    let at = left(rect, depth) + 14.0;
    let font = FontId::proportional(size::SMALL);
    let galley = short(ui, words.to_owned(), font, colour, rect.right() - space::S - at);
    ui.painter().galley(pos2(at, rect.center().y - galley.size().y / 2.0), galley, colour);
}

fn short(
    ui: &Ui,
    text: String,
    font: FontId,
    colour: Color32,
    room: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text, font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(10.0));
    ui.painter().layout_job(job)
}

fn sign(ui: &Ui, at: Pos2, icon: Icon, points: f32, colour: Color32) {
    ui.painter().text(at, Align2::LEFT_CENTER, char::from(icon), icons(points), colour);
}

/// What something is, as an icon.
fn look(file: &FileEntry, open: bool, theme: &Theme) -> (Icon, Color32) {
    let dim = |colour: Color32| if file.ignored { colour.gamma_multiply(0.6) } else { colour };
    let (icon, colour) = match file.kind {
        FileKind::Broken => (Icon::Unlink, theme.bad),
        FileKind::Other => (Icon::Plug, theme.muted),
        FileKind::Directory if file.link.is_some() => (Icon::FolderSymlink, theme.accent),
        FileKind::Directory if open => (Icon::FolderOpen, theme.accent),
        FileKind::Directory => (Icon::Folder, theme.accent),
        FileKind::File if file.link.is_some() => (Icon::FileSymlink, theme.muted),
        FileKind::File => (kind_of(file.path.bytes()), theme.muted),
    };
    (icon, dim(colour))
}

/// What a file is, by its ending.
pub(super) fn kind_of(name: &[u8]) -> Icon {
    let name = String::from_utf8_lossy(name).to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "ico" | "bmp" => Icon::FileImage,
        "zip" | "tar" | "gz" | "xz" | "zst" | "bz2" | "7z" => Icon::FileArchive,
        "json" | "jsonl" | "toml" | "yaml" | "yml" | "lock" => Icon::FileBraces,
        "md" | "txt" | "rst" | "log" | "pdf" => Icon::FileText,
        "sh" | "bash" | "zsh" | "fish" => Icon::FileTerminal,
        "" => Icon::File,
        _ => Icon::FileCode,
    }
}

/// What is told of a file when the pointer rests on it, and to who can't see its colour.
pub(super) fn about(file: &FileEntry) -> String {
    let mut words = match file.kind {
        FileKind::Directory => "directory".to_owned(),
        // Only its name is known yet.
        FileKind::File if file.modified.is_none() && file.mode == 0 => "file".to_owned(),
        FileKind::File => bytes(file.size),
        FileKind::Broken => "broken link".to_owned(),
        FileKind::Other => "no file".to_owned(),
    };
    if let Some(target) = &file.link {
        words.push_str(&format!(", leads to {target}"));
    }
    if file.outside {
        words.push_str(", outside of the session's directory");
    }
    if file.ignored {
        words.push_str(", ignored by git");
    }
    words
}
