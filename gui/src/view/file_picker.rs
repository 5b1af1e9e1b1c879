//! Picks a file of this machine: a private key, an image.

use std::path::{Path, PathBuf};

use egui::{RichText, ScrollArea, Ui, vec2};
use lucide_icons::Icon;

use crate::fetched::Fetched;
use crate::theme::{Theme, size, space};
use crate::widget::{
    Field, FormShape, Kind, Picked, button, button_enabled, empty, failure_card, field, field_id,
    form, glyph, icon_button, note, pick_by_keys, plain, toggle,
};

/// Endings of images, as agents take them.
const IMAGES: [&str; 5] = ["png", "jpg", "jpeg", "gif", "webp"];

/// How high a row is.
const ROW: f32 = 26.0;

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// What it is called there, as far as that is text.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is a directory, or a link to one.
    pub directory: bool,
}

/// What the picker shows.
#[derive(Clone, Copy, Debug)]
pub struct FilePickerData<'a> {
    /// `Choose a private key`.
    pub heading: &'a str,
    /// What `~` means.
    pub home: &'a Path,
    /// The entries of [`FilePickerView::directory`], in any order. Those of another one are never shown for it: until
    /// they are there, this is `Missing` or `Pending`.
    pub rows: &'a Fetched<Vec<FileRow>>,
    /// Changes whenever `rows` do.
    pub version: u64,
    /// What may be picked.
    pub picks: Picks<'a>,
}

/// What may be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picks<'a> {
    /// A file.
    File,
    /// An image.
    Image,
    /// A directory, with a button of these words: `Download here`.
    Directory(&'a str),
    /// A file, or a directory with a button of these words.
    Any(&'a str),
}

impl<'a> Picks<'a> {
    /// The words for picking the directory that is shown.
    fn words(self) -> Option<&'a str> {
        match self {
            Self::Directory(words) | Self::Any(words) => Some(words),
            Self::File | Self::Image => None,
        }
    }

    fn takes(self, row: &FileRow) -> bool {
        match self {
            Self::File | Self::Any(_) => true,
            Self::Image => row.directory || is_image(&row.name),
            Self::Directory(_) => row.directory,
        }
    }
}

/// What a person wants of the picker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePickerAct {
    /// Fetch the entries of this directory; sent once for each directory, and again on Retry.
    ListDirectory(PathBuf),
    /// This file or directory; the picker is to be closed.
    Picked(PathBuf),
    /// Nothing; the picker is to be closed.
    Close,
}

/// What is typed, and where one is.
#[derive(Debug)]
pub struct FilePickerView {
    typed: String,
    asked: Option<PathBuf>,
    directory: PathBuf,
    hidden: bool,
    at: usize,
    is_begun: bool,
    shown: Shown,
}

/// The rows that fit what is typed, as places in the data; made anew only when one of these differs.
#[derive(Debug, Default)]
struct Shown {
    of: Option<(u64, String, bool)>,
    rows: Vec<usize>,
}

impl FilePickerView {
    /// Begins in a directory. Hidden entries are shown where it is hidden itself, as `~/.ssh` is.
    pub fn new(directory: &Path) -> Self {
        let hidden =
            directory.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let mut typed = directory.to_string_lossy().into_owned();
        if !typed.ends_with('/') {
            typed.push('/');
        }
        Self {
            typed,
            asked: None,
            directory: directory.to_owned(),
            hidden,
            at: 0,
            is_begun: false,
            shown: Shown::default(),
        }
    }

    /// The directory whose entries are shown.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Shows it over everything else.
    pub fn ui(&mut self, ctx: &egui::Context, data: &FilePickerData<'_>) -> Vec<FilePickerAct> {
        let mut acts = Vec::new();
        let (directory, begun) = parted(&self.typed, data.home);
        if self.asked.as_ref() != Some(&directory) {
            self.directory.clone_from(&directory);
            self.asked = Some(directory.clone());
            self.at = 0;
            acts.push(FilePickerAct::ListDirectory(directory));
        } else if let Some(rows) = data.rows.ready() {
            let of = (data.version, begun, self.hidden);
            if self.shown.of.as_ref() != Some(&of) {
                self.at = 0;
                self.shown.rows = fitting(rows, &of.1, self.hidden, data.picks);
                self.shown.of = Some(of);
            }
        }
        if data.picks.words().is_some()
            && data.rows.ready().is_some()
            && ctx.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::Enter))
        {
            acts.push(FilePickerAct::Picked(self.directory.clone()));
            return acts;
        }
        let shape =
            FormShape { heading: data.heading, width: 560.0, height: Some(420.0), scroll: false };
        let shown = form(
            ctx,
            "file picker",
            shape,
            self,
            |view, ui| view.contents(ui, data, &mut acts),
            |view, ui| {
                let row = view.row(data);
                let words = if row.is_some_and(|row| row.directory) { "Open" } else { "Choose" };
                let known = data.rows.ready().is_some();
                // A directory is picked where one is; what is chosen in it is only looked into.
                let (here, go) = match data.picks {
                    Picks::Directory(here) => {
                        let here = button_enabled(ui, known, Kind::Primary, here).clicked();
                        (here, button_enabled(ui, row.is_some(), Kind::Plain, "Open").clicked())
                    }
                    Picks::File | Picks::Image | Picks::Any(_) => {
                        let go = button_enabled(ui, row.is_some(), Kind::Primary, words);
                        let go = go.on_disabled_hover_text("Nothing is chosen yet").clicked();
                        let here = data.picks.words().is_some_and(|here| {
                            button_enabled(ui, known, Kind::Plain, here).clicked()
                        });
                        (here, go)
                    }
                };
                (here, go, button(ui, Kind::Plain, "Cancel").clicked())
            },
        );
        let (here, go, cancel) = shown.buttons;
        if go {
            self.go(data, &mut acts);
        } else if here {
            acts.push(FilePickerAct::Picked(self.directory.clone()));
        }
        if cancel || shown.close {
            acts.push(FilePickerAct::Close);
        }
        acts
    }

    fn row<'a>(&self, data: &FilePickerData<'a>) -> Option<&'a FileRow> {
        let of = self.shown.of.as_ref()?;
        let rows = data.rows.ready().filter(|_| of.0 == data.version)?;
        rows.get(*self.shown.rows.get(self.at)?)
    }

    /// Into the chosen directory, or away with the chosen file.
    fn go(&mut self, data: &FilePickerData<'_>, acts: &mut Vec<FilePickerAct>) {
        let Some(row) = self.row(data) else { return };
        if row.directory {
            self.enter(&row.path.clone());
        } else {
            acts.push(FilePickerAct::Picked(row.path.clone()));
        }
    }

    fn enter(&mut self, directory: &Path) {
        self.typed = directory.to_string_lossy().into_owned();
        if !self.typed.ends_with('/') {
            self.typed.push('/');
        }
    }

    fn contents(&mut self, ui: &mut Ui, data: &FilePickerData<'_>, acts: &mut Vec<FilePickerAct>) {
        let has_focus = ui.memory(|memory| memory.has_focus(field_id("path")));
        let picked = if has_focus && self.row(data).is_some() {
            // Escape is the dialog's here.
            let escape = ui.input(|input| input.key_pressed(egui::Key::Escape));
            if escape { None } else { pick_by_keys(ui, &mut self.at, self.shown.rows.len()) }
        } else {
            None
        };
        ui.horizontal(|ui| {
            let room = ui.available_width() - 2.0 * (size::ICON_BUTTON + space::S);
            ui.scope(|ui| {
                ui.set_max_width(room);
                let shown =
                    Field { label: "Path", code: true, keeps_tab: true, ..Field::default() };
                let response = field(ui, "path", shown, &mut self.typed);
                if !self.is_begun {
                    self.is_begun = true;
                    response.request_focus();
                }
            });
            ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| {
                ui.horizontal(|ui| {
                    let parent = self.directory.parent().map(Path::to_path_buf);
                    if icon_button(ui, Icon::CornerLeftUp, "Up to the parent directory").clicked()
                        && let Some(parent) = parent
                    {
                        self.enter(&parent);
                    }
                    let words =
                        if self.hidden { "Leave out hidden files" } else { "Show hidden files" };
                    let eye = if self.hidden { Icon::Eye } else { Icon::EyeOff };
                    toggle(ui, &mut self.hidden, eye, words);
                });
            });
        });
        ui.add_space(space::XS);
        match picked {
            Some(Picked::This(_)) => self.go(data, acts),
            Some(Picked::Nothing) | None => {}
        }
        match data.rows {
            Fetched::Missing | Fetched::Pending => {
                note(ui, "Reading the directory…");
            }
            Fetched::Failed(failure) => {
                failure_card(ui, failure, |ui| {
                    if button(ui, Kind::Plain, "Retry").clicked() {
                        acts.push(FilePickerAct::ListDirectory(self.directory.clone()));
                    }
                });
            }
            Fetched::Ready(rows) => self.list(ui, data, rows, acts),
        }
    }

    fn list(
        &mut self,
        ui: &mut Ui,
        data: &FilePickerData<'_>,
        rows: &[FileRow],
        acts: &mut Vec<FilePickerAct>,
    ) {
        let count = self.shown.rows.len();
        if count == 0 {
            let words = match (rows.is_empty(), data.picks) {
                (true, _) => "This directory is empty.",
                (false, Picks::Image) => {
                    "No image here fits what is typed. Hidden files may be left out."
                }
                (false, Picks::Directory(_)) => {
                    "No directory in this one fits. What is written above is what is chosen."
                }
                (false, Picks::File | Picks::Any(_)) => {
                    "Nothing here fits what is typed. Hidden files may be left out."
                }
            };
            empty(ui, Icon::FolderSearch, "Nothing to choose from", words);
            return;
        }
        let moved = ui.input(|input| {
            use egui::Key::{ArrowDown, ArrowUp, PageDown, PageUp};
            [ArrowDown, ArrowUp, PageDown, PageUp].iter().any(|key| input.key_down(*key))
        });
        let mut area = ScrollArea::vertical().auto_shrink([false, false]);
        if moved {
            let pitch = ROW + ui.spacing().item_spacing.y;
            let middle = (ui.available_height() - ROW) / 2.0;
            area = area.vertical_scroll_offset((self.at as f32 * pitch - middle).max(0.0));
        }
        let mut chosen = None;
        area.show_rows(ui, ROW, count, |ui, seen| {
            for at in seen {
                let Some(row) = self.shown.rows.get(at).and_then(|row| rows.get(*row)) else {
                    continue;
                };
                let response = line(ui, row, at == self.at);
                if response.clicked() {
                    self.at = at;
                }
                if response.double_clicked() {
                    chosen = Some(at);
                }
            }
        });
        if let Some(at) = chosen {
            self.at = at;
            self.go(data, acts);
        }
    }
}

fn line(ui: &mut Ui, row: &FileRow, chosen: bool) -> egui::Response {
    let theme = Theme::get(ui.ctx());
    let (mark, colour) = match row.directory {
        true => (Icon::Folder, theme.accent),
        false if is_image(&row.name) => (Icon::FileImage, theme.muted),
        false => (Icon::File, theme.muted),
    };
    let name = plain(&row.name);
    let text = RichText::new(name.as_ref()).color(theme.text);
    let button = egui::Button::selectable(chosen, (glyph(mark, size::ICON).color(colour), text))
        .truncate()
        .min_size(vec2(ui.available_width(), ROW));
    let response = ui.add(button);
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::Button, true, chosen, name.as_ref())
    });
    response
}

/// The directory of what is typed, and what is begun of a name in it.
fn parted(typed: &str, home: &Path) -> (PathBuf, String) {
    let whole = match typed.strip_prefix("~/") {
        Some(rest) => format!("{}/{rest}", home.to_string_lossy()),
        None if typed == "~" => format!("{}/", home.to_string_lossy()),
        None => typed.to_owned(),
    };
    match whole.rsplit_once('/') {
        Some(("", begun)) => (PathBuf::from("/"), begun.to_owned()),
        Some((directory, begun)) => (PathBuf::from(directory), begun.to_owned()),
        None => (home.to_owned(), whole),
    }
}

/// The rows whose names hold what is begun: directories first, then by name; those that begin with it before others.
fn fitting(rows: &[FileRow], begun: &str, hidden: bool, picks: Picks<'_>) -> Vec<usize> {
    let begun = begun.to_lowercase();
    let hidden = hidden || begun.starts_with('.');
    let mut fit: Vec<(bool, bool, String, usize)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| hidden || !row.name.starts_with('.'))
        .filter(|(_, row)| picks.takes(row))
        .filter_map(|(at, row)| {
            let name = row.name.to_lowercase();
            let fits = name.contains(&begun);
            fits.then(|| (!name.starts_with(&begun), !row.directory, name, at))
        })
        .collect();
    fit.sort();
    fit.into_iter().map(|(_, _, _, at)| at).collect()
}

fn is_image(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| IMAGES.contains(&ending.as_str()))
}

/// The path as a person would write it, with `~/` for the home directory.
pub fn from_home(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) if rest.components().next().is_some() => format!("~/{}", rest.to_string_lossy()),
        Ok(_) | Err(_) => path.to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
#[path = "file_picker_tests.rs"]
mod tests;
