//! The directory, with what the host offers while it is typed.

use egui::{Key, Popup, PopupCloseBehavior, RichText, ScrollArea, Ui, vec2};
use lucide_icons::Icon;
use orchestrator::seam::DirectoryLook;

use crate::fetched::Fetched;
use crate::theme::{Theme, size, space};
use crate::widget::{Field, Picked, field, field_id, glyph, icon, pick_by_keys, plain};

/// How high a row of the list is.
const ROW: f32 = 26.0;

/// The field's own state.
#[derive(Debug, Default)]
pub(super) struct DirectoryField {
    at: usize,
    /// Whether an arrow key chose a row: Enter takes only what was chosen.
    is_chosen: bool,
    /// Closed by Escape or by choosing, until something is typed.
    is_closed: bool,
}

/// What the field shows.
#[derive(Clone, Copy)]
pub(super) struct DirectoryData<'a> {
    /// Of exactly what is typed.
    pub(super) look: &'a Fetched<DirectoryLook>,
    /// What the host is called.
    pub(super) place: &'a str,
    /// While it is empty.
    pub(super) hint: &'a str,
    pub(super) wrong: Option<&'a str>,
}

/// Why the host has said that this is no directory, as far as it has.
pub(super) fn absent(typed: &str, look: &Fetched<DirectoryLook>, place: &str) -> Option<String> {
    let look = look.ready().filter(|look| !typed.trim().is_empty() && look.directory.is_none())?;
    Some(match look.file {
        true => format!("the directory is a file on {place}"),
        false => format!("there is no such directory on {place}"),
    })
}

impl DirectoryField {
    pub(super) fn ui(&mut self, ui: &mut Ui, typed: &mut String, data: &DirectoryData<'_>) {
        let offered = data.look.ready().filter(|_| !typed.trim().is_empty());
        let offered = offered.map_or(&[][..], |look| &look.completions);
        let has_focus = ui.memory(|memory| memory.has_focus(field_id("directory")));
        let is_open = has_focus && !self.is_closed && !offered.is_empty();
        if is_open {
            self.keys(ui, typed, offered);
        }
        let shown = Field {
            label: "Directory",
            hint: data.hint,
            fault: data.wrong,
            code: true,
            keeps_tab: is_open,
            ..Field::default()
        };
        let response = field(ui, "directory", shown, typed);
        if response.changed() {
            self.is_closed = false;
            self.is_chosen = false;
            self.at = 0;
        }
        if is_open && !self.is_closed {
            self.list(ui, &response, typed, offered, data);
        }
        status(ui, typed, data);
    }

    fn keys(&mut self, ui: &Ui, typed: &mut String, offered: &[String]) {
        let (moves, enter) = ui.input(|input| {
            let moves = [Key::ArrowDown, Key::ArrowUp, Key::PageDown, Key::PageUp];
            (moves.iter().any(|key| input.key_pressed(*key)), input.key_pressed(Key::Enter))
        });
        if enter && !self.is_chosen {
            self.is_closed = true;
            return;
        }
        if moves && !self.is_chosen {
            // The first arrow chooses the first row, it doesn't leave it.
            self.is_chosen = true;
            let down =
                ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::ArrowDown));
            if down {
                return;
            }
        }
        match pick_by_keys(ui, &mut self.at, offered.len()) {
            Some(Picked::This(at)) => {
                if let Some(path) = offered.get(at) {
                    self.take(ui.ctx(), typed, path);
                }
            }
            Some(Picked::Nothing) => self.is_closed = true,
            None => {}
        }
    }

    fn take(&mut self, ctx: &egui::Context, typed: &mut String, path: &str) {
        path.clone_into(typed);
        self.at = 0;
        self.is_chosen = false;
        // Its own directories are offered next, once the host has told them.
        self.is_closed = false;
        end_of_line(ctx, typed);
    }

    fn list(
        &mut self,
        ui: &Ui,
        response: &egui::Response,
        typed: &mut String,
        offered: &[String],
        data: &DirectoryData<'_>,
    ) {
        let width = response.rect.width();
        let mut taken = None;
        Popup::from_response(response)
            .open(true)
            .close_behavior(PopupCloseBehavior::IgnoreClicks)
            .width(width)
            .gap(space::XS)
            .show(|ui| {
                ui.set_width(width - 14.0);
                let theme = Theme::get(ui.ctx());
                ScrollArea::vertical().max_height(6.0 * ROW).auto_shrink([false, true]).show_rows(
                    ui,
                    ROW,
                    offered.len(),
                    |ui, seen| {
                        for at in seen {
                            let Some(path) = offered.get(at) else { continue };
                            let chosen = self.is_chosen && at == self.at;
                            let mark = glyph(Icon::Folder, size::ICON).color(theme.accent);
                            let name = plain(path);
                            let text = RichText::new(name.as_ref()).monospace();
                            let row = egui::Button::selectable(chosen, (mark, text))
                                .truncate()
                                .min_size(vec2(ui.available_width(), ROW));
                            let row = ui.add(row);
                            row.widget_info(|| {
                                let role = egui::Role::ListBoxOption;
                                egui::WidgetInfo::selected(role, true, chosen, name.as_ref())
                            });
                            if row.clicked() {
                                taken = Some(path.clone());
                            }
                        }
                    },
                );
                if data.look.ready().is_some_and(|look| look.more) {
                    crate::widget::note(ui, "There are more: type on.");
                }
            });
        if let Some(path) = taken {
            self.take(ui.ctx(), typed, &path);
            response.request_focus();
        }
    }
}

/// What the host says of it: one line, so that nothing jumps.
fn status(ui: &mut Ui, typed: &str, data: &DirectoryData<'_>) {
    let theme = Theme::get(ui.ctx());
    let place = data.place;
    let (mark, colour, words) = if typed.trim().is_empty() {
        (Icon::House, theme.muted, format!("Starts in {} on {place}", data.hint))
    } else {
        match data.look {
            Fetched::Missing | Fetched::Pending => {
                (Icon::FolderSearch, theme.muted, format!("Looking on {place}…"))
            }
            Fetched::Ready(look) if look.directory.is_some() => {
                (Icon::FolderCheck, theme.good, format!("Directory found on {place}"))
            }
            Fetched::Ready(look) if look.file => {
                (Icon::FileX, theme.bad, format!("This is a file on {place}, not a directory"))
            }
            Fetched::Ready(_) => {
                (Icon::FolderX, theme.bad, format!("No such directory on {place}"))
            }
            Fetched::Failed(failure) => {
                let why = plain(&failure.message);
                (Icon::CircleAlert, theme.warn, format!("{place} couldn't be asked: {why}"))
            }
        }
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        icon(ui, mark, colour);
        let words = RichText::new(words).size(size::SMALL).color(colour);
        ui.add(egui::Label::new(words).truncate());
        if !typed.trim().is_empty() && data.look.ready().is_some_and(|look| look.repository) {
            icon(ui, Icon::GitBranch, theme.git);
            ui.label(RichText::new("git repository").size(size::SMALL).color(theme.git));
        }
    });
}

/// Puts the cursor behind what was filled in.
fn end_of_line(ctx: &egui::Context, text: &str) {
    let id = field_id("directory");
    let mut state = egui::TextEdit::load_state(ctx, id).unwrap_or_default();
    let end = egui::text::CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
    egui::TextEdit::store_state(ctx, id, state);
}
