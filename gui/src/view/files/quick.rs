//! Finding a file of the whole directory by a few letters of its path.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, FontId, Rect, RichText, Ui, WidgetInfo, pos2};
use orchestrator::seam::{FoundFile, FoundFiles};

use super::row::kind_of;
use crate::fetched::Fetched;
use crate::theme::{Theme, icons, size, space};
use crate::widget::{Picked, Picker, PickerOf, pick_by_keys};
use crate::words::count;

const OF: PickerOf = PickerOf { name: "go to file", width: 640.0, row: 30.0, rows: 12.0 };

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub struct QuickData<'a> {
    /// Where files are looked for: `src on box`.
    pub place: &'a str,
    /// What fits what was typed last, as far as that is known; until then what fitted before.
    pub found: &'a Fetched<FoundFiles>,
    /// Another number whenever that is another one.
    pub version: u64,
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuickAct {
    /// Find what fits this.
    Find(String),
    /// Open that file; in a tab that stays or in the one for what is only looked at.
    Open {
        /// Relative to the session's directory.
        path: String,
        /// Whether its tab stays.
        stays: bool,
    },
}

/// What is typed.
#[derive(Debug, Default)]
pub struct QuickView {
    picker: Picker,
    asked: Option<String>,
    version: u64,
}

impl QuickView {
    /// Opens it, with nothing typed.
    pub fn open(&mut self) {
        *self = Self { picker: Picker::opened(), ..Self::default() };
    }

    /// Files are looked for elsewhere now: what is typed is asked once more.
    pub fn find_anew(&mut self) {
        self.asked = None;
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.picker.is_open()
    }

    /// Draws it over everything else, while it is open.
    pub fn ui(&mut self, ctx: &egui::Context, data: &QuickData<'_>) -> Vec<QuickAct> {
        let mut acts = Vec::new();
        if !self.picker.begin(ctx, &OF) {
            return acts;
        }
        if self.version != data.version {
            self.version = data.version;
            self.picker.choose_first();
        }
        let files = data.found.ready().map_or(&[][..], |found| &found.files);
        let hint = format!("A few letters of a file in {}", data.place);
        let asked = &mut self.asked;
        let ((picked, leave, stays), left) = self.picker.show(ctx, &OF, |picker, ui| {
            let stays = ui.input(|input| input.modifiers.command);
            let with_ctrl =
                ui.input_mut(|i| i.consume_key(egui::Modifiers::COMMAND, egui::Key::Enter));
            let by_keys = match pick_by_keys(ui, &mut picker.at, files.len()) {
                None if with_ctrl && !files.is_empty() => Some(Picked::This(picker.at)),
                picked => picked,
            };
            picker.field(ui, &OF, "File", &hint);
            if asked.as_ref() != Some(&picker.typed) {
                *asked = Some(picker.typed.clone());
                acts.push(QuickAct::Find(picker.typed.clone()));
            }
            let clicked = picker.rows(
                ui,
                &OF,
                files.len(),
                by_keys.is_none(),
                |ui, rect, row, chosen, response| {
                    if let Some(file) = files.get(row) {
                        draw(ui, rect, file, chosen, response);
                    }
                },
            );
            below(ui, data);
            match by_keys {
                Some(Picked::This(at)) => (Some(at), false, stays),
                Some(Picked::Nothing) => (None, true, false),
                None => (clicked, false, stays),
            }
        });
        if picked.is_some() || leave || left {
            self.picker.close(ctx, picked.is_none());
        }
        if let Some(file) = picked.and_then(|at| files.get(at)) {
            acts.push(QuickAct::Open { path: file.path.clone(), stays });
        }
        acts
    }
}

fn below(ui: &mut Ui, data: &QuickData<'_>) {
    let words = match data.found {
        Fetched::Failed(failure) => {
            let theme = Theme::get(ui.ctx());
            let words = RichText::new(format!("The files can't be listed: {}", failure.message));
            ui.add(egui::Label::new(words.color(theme.bad)).wrap());
            return;
        }
        Fetched::Missing | Fetched::Pending => "Asking for the files …".to_owned(),
        Fetched::Ready(found) if found.files.is_empty() && found.whole => {
            "No file's path fits".to_owned()
        }
        Fetched::Ready(found) if found.whole => {
            format!("{} files", count(u64::from(found.looked_at)))
        }
        Fetched::Ready(found) => {
            format!("{} files so far; there are more", count(u64::from(found.looked_at)))
        }
    };
    ui.add_space(space::XS);
    ui.weak(RichText::new(words).size(size::SMALL));
}

fn draw(ui: &Ui, rect: Rect, file: &FoundFile, chosen: bool, response: &egui::Response) {
    let theme = Theme::get(ui.ctx());
    let painter = ui.painter();
    if chosen {
        painter.rect_filled(rect, 6.0, theme.chosen);
    }
    response
        .widget_info(|| WidgetInfo::selected(egui::Role::ListBoxOption, true, chosen, &file.path));
    let middle = rect.center().y;
    let at = pos2(rect.left() + space::S, middle);
    let icon = char::from(kind_of(file.path.as_bytes()));
    painter.text(at, Align2::LEFT_CENTER, icon, icons(size::ICON), theme.muted);
    let name_from = file.path.rfind('/').map_or(0, |at| at + 1);
    let mut job = LayoutJob::default();
    let mut wanted = file.letters.iter().peekable();
    for (number, (byte, letter)) in (0..).zip(file.path.char_indices()) {
        let fits = wanted.next_if(|wanted| **wanted == number).is_some();
        let colour = match (fits, byte >= name_from) {
            (true, _) => theme.accent,
            (false, true) => theme.text,
            (false, false) => theme.muted,
        };
        let format = TextFormat::simple(FontId::proportional(size::BODY), colour);
        let mut bytes = [0; 4];
        let letter = if letter.is_control() { '·' } else { letter };
        job.append(letter.encode_utf8(&mut bytes), 0.0, format);
    }
    job.wrap = TextWrapping::truncate_at_width(rect.width() - 44.0);
    let galley = painter.layout_job(job);
    let at = pos2(rect.left() + 34.0, middle - galley.size().y / 2.0);
    painter.galley(at, galley, theme.text);
}
