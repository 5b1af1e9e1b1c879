//! Finding a file of the whole directory by a few letters of its path.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align2, FontId, Id, Modal, Rect, RichText, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2,
};
use orchestrator::seam::{FoundFile, FoundFiles};

use super::row::kind_of;
use crate::fetched::Fetched;
use crate::theme::{Theme, icons, size, space};
use crate::widget::{Picked, Scroll, Stack, pick_by_keys, settle};
use crate::words::count;

/// How high a row is.
const ROW: f32 = 30.0;
/// How many rows are seen.
const ROWS: f32 = 12.0;

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
    open: bool,
    begins: bool,
    before: Option<Id>,
    give_back: Option<Id>,
    typed: String,
    asked: Option<String>,
    at: usize,
    revealed: Option<usize>,
    version: u64,
}

fn field_id() -> Id {
    Id::unique("go to file")
}

impl QuickView {
    /// Opens it, with nothing typed.
    pub fn open(&mut self) {
        *self = Self { open: true, begins: true, ..Self::default() };
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Draws it over everything else, while it is open.
    pub fn ui(&mut self, ctx: &egui::Context, data: &QuickData<'_>) -> Vec<QuickAct> {
        let mut acts = Vec::new();
        if !self.open {
            if let Some(before) = self.give_back.take() {
                ctx.memory_mut(|memory| {
                    // What was opened by it may have begun in a part of its own.
                    if memory.focused().is_none_or(|now| now == field_id()) {
                        memory.request_focus(before);
                    }
                });
            }
            return acts;
        }
        if self.begins {
            self.before = ctx.memory(egui::Memory::focused);
        }
        if self.version != data.version {
            self.version = data.version;
            self.at = 0;
            self.revealed = None;
        }
        let files = data.found.ready().map_or(&[][..], |found| &found.files);
        let theme = Theme::get(ctx);
        let screen = ctx.content_rect();
        let width = 640.0_f32.min(screen.width() - 2.0 * space::XL);
        let modal = Modal::new(Id::unique("go to file dialog")).backdrop_color(theme.scrim).area(
            Modal::default_area(Id::unique("go to file dialog"))
                .anchor(Align2::CENTER_TOP, vec2(0.0, (screen.height() * 0.12).min(110.0))),
        );
        let shown = modal.show(ctx, |ui| {
            ui.set_width(width);
            let stays = ui.input(|input| input.modifiers.command);
            let with_ctrl =
                ui.input_mut(|i| i.consume_key(egui::Modifiers::COMMAND, egui::Key::Enter));
            let by_keys = match pick_by_keys(ui, &mut self.at, files.len()) {
                None if with_ctrl && !files.is_empty() => Some(Picked::This(self.at)),
                picked => picked,
            };
            self.field(ui, data);
            if self.asked.as_ref() != Some(&self.typed) {
                self.asked = Some(self.typed.clone());
                acts.push(QuickAct::Find(self.typed.clone()));
            }
            let clicked = self.rows(ui, files, by_keys.is_none() && moved(ui));
            below(ui, data);
            match by_keys {
                Some(Picked::This(at)) => (Some(at), false, stays),
                Some(Picked::Nothing) => (None, true, false),
                None => (clicked, false, stays),
            }
        });
        settle(ctx, "go to file", shown.response.rect);
        let beside = shown.should_close();
        let (picked, leave, stays) = shown.inner;
        if picked.is_some() || leave || beside {
            self.open = false;
            // In the next frame: until then nothing below a dialog can have it.
            self.give_back = self.before.take().filter(|_| picked.is_none());
            ctx.request_repaint();
        }
        if let Some(file) = picked.and_then(|at| files.get(at)) {
            acts.push(QuickAct::Open { path: file.path.clone(), stays });
        }
        acts
    }

    fn field(&mut self, ui: &mut Ui, data: &QuickData<'_>) {
        let id = field_id();
        let hint = RichText::new(format!("A few letters of a file in {}", data.place));
        let edit = TextEdit::singleline(&mut self.typed)
            .id(id)
            .hint_text(hint)
            .desired_width(f32::INFINITY)
            .margin(egui::Margin::symmetric(10, 9))
            .font(FontId::proportional(size::PROSE));
        let response = ui.add(edit);
        ui.ctx().accesskit_node_builder(id, |node| node.set_label("File"));
        if std::mem::take(&mut self.begins) || !ui.memory(|memory| memory.has_focus(id)) {
            response.request_focus();
        }
        ui.add_space(space::XS);
    }

    fn rows(&mut self, ui: &mut Ui, files: &[FoundFile], pointed: bool) -> Option<usize> {
        #[expect(clippy::cast_precision_loss, reason = "it is cut off at a few rows")]
        let high = (files.len() as f32).min(ROWS) * ROW;
        let mut clicked = None;
        let place = ui.available_rect_before_wrap();
        let place = Rect::from_min_size(place.min, vec2(place.width(), high));
        ui.allocate_rect(place, Sense::hover());
        ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
            let stack = Stack::new(files.iter().map(|_| ROW));
            let at = self.at;
            // Only when it changes: the wheel looks around.
            let changed = self.revealed.replace(at) != Some(at);
            let scroll = if changed { Scroll::Reveal(at) } else { Scroll::Stay };
            stack.show(ui, "go to file", scroll, |ui, row, rect| {
                let Some(file) = files.get(row) else { return };
                let response = ui.interact(rect, Id::unique(("found file", row)), Sense::click());
                if response.hovered() && pointed {
                    self.at = row;
                }
                if response.clicked() {
                    clicked = Some(row);
                }
                draw(ui, rect, file, row == at, &response);
            });
        });
        clicked
    }
}

/// Whether the pointer has moved: a list that scrolls under it chooses nothing.
fn moved(ui: &Ui) -> bool {
    ui.input(|input| input.pointer.delta() != egui::Vec2::ZERO)
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
