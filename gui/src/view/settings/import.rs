//! Import from SSH Config: a list with a filter.

use egui::{
    Align, CornerRadius, Layout, Popup, PopupCloseBehavior, RichText, ScrollArea, Ui, vec2,
};
use lucide_icons::Icon;
use orchestrator::ssh_config::Resolved;

use crate::fetched::Fetched;
use crate::theme::{Theme, radius, size, space, strong};
use crate::widget::{Field, Picked, field, glyph, note, pick_by_keys, plain};

/// How high a row is: two lines.
const ROW: f32 = 42.0;

/// How much of the list is seen at once, in points.
const SEEN: f32 = 6.0 * ROW;

/// A name of the person's ssh config.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasRow {
    /// As the config has it.
    pub name: String,
    /// What `ssh -G` says of it. It runs `Match exec` commands, so it is asked for what is seen or chosen alone.
    pub resolved: Fetched<Resolved>,
    /// The name of the saved host that goes by it already.
    pub saved_as: Option<String>,
}

/// `ada@10.0.0.7:2222 via bastion`.
pub fn summary(resolved: &Resolved) -> String {
    let user = if resolved.user.is_empty() { String::new() } else { format!("{}@", resolved.user) };
    let port = if resolved.port == 22 { String::new() } else { format!(":{}", resolved.port) };
    let jump = resolved.proxy_jump.as_ref().map(|jump| format!(" via {jump}"));
    let command = resolved.proxy_command.as_ref().map(|_| " via a command".to_owned());
    let via = jump.or(command).unwrap_or_default();
    plain(&format!("{user}{}{port}{via}", resolved.hostname)).into_owned()
}

/// The list's own state.
#[derive(Debug, Default)]
pub(super) struct ImportList {
    open: bool,
    filter: String,
    at: usize,
    is_new: bool,
}

/// What came of a frame.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Imported {
    /// This alias was chosen.
    pub(super) chosen: Option<String>,
    /// This one is seen and not resolved yet: one at a time.
    pub(super) resolve: Option<String>,
    /// The config is to be read again.
    pub(super) list: bool,
}

impl ImportList {
    pub(super) fn opened() -> Self {
        Self { open: true, is_new: true, ..Self::default() }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, aliases: &Fetched<Vec<AliasRow>>) -> Imported {
        let mut came = Imported::default();
        match aliases {
            Fetched::Missing => came.list = true,
            Fetched::Pending => {
                note(ui, "Reading your SSH config…");
            }
            Fetched::Failed(failure) => {
                crate::widget::failure_card(ui, failure, |ui| {
                    came.list =
                        crate::widget::button(ui, crate::widget::Kind::Plain, "Retry").clicked();
                });
            }
            Fetched::Ready(rows) if rows.is_empty() => {
                note(ui, "Your SSH config names no hosts: fill in the fields below.");
            }
            Fetched::Ready(rows) => self.list(ui, rows, &mut came),
        }
        came
    }

    fn list(&mut self, ui: &mut Ui, rows: &[AliasRow], came: &mut Imported) {
        let theme = Theme::get(ui.ctx());
        let count = rows.len();
        let noun = if count == 1 { "host" } else { "hosts" };
        let words = format!("Import from SSH Config ({count} {noun} found)");
        let arrow = glyph(Icon::ChevronDown, size::ICON).color(theme.muted);
        let mark = glyph(Icon::Import, size::ICON).color(theme.accent);
        let button = egui::Button::new((mark, RichText::new(&words)))
            .right_text(arrow)
            .min_size(vec2(ui.available_width(), size::CONTROL));
        let button = ui.add(button);
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &words));
        if button.clicked() {
            self.open = !self.open;
            self.is_new = self.open;
            self.filter.clear();
            self.at = 0;
        }
        if !self.open {
            return;
        }
        let fits = fitting(rows, &self.filter);
        // The Enter that has opened it chooses nothing.
        let picked =
            if button.clicked() { None } else { pick_by_keys(ui, &mut self.at, fits.len()) };
        match picked {
            Some(Picked::This(at)) => came.chosen = fits.get(at).map(|row| row.name.clone()),
            Some(Picked::Nothing) => self.open = false,
            None => {}
        }
        let width = button.rect.width();
        let mut open = self.open;
        Popup::from_response(&button)
            .open_bool(&mut open)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .width(width)
            .gap(space::XS)
            .show(|ui| {
                ui.set_width(width - 14.0);
                let shown =
                    Field { label: "Filter", hint: "name or address", keeps_tab: true, ..Field::default() };
                let response = field(ui, "import filter", shown, &mut self.filter);
                if self.is_new {
                    self.is_new = false;
                    response.request_focus();
                }
                if response.changed() {
                    self.at = 0;
                }
                ui.add_space(space::XS);
                self.rows(ui, &fits, came);
                note(ui, "Addresses come from `ssh -G`, which runs the `Match exec` commands of your config: \
                          it is asked for the rows that are shown, one at a time.");
            });
        // A click on the button closes it through that click, not through being outside.
        self.open = if button.clicked() { self.open } else { open && self.open };
        if came.chosen.is_some() {
            self.open = false;
        }
    }

    fn rows(&mut self, ui: &mut Ui, rows: &[&AliasRow], came: &mut Imported) {
        if rows.is_empty() {
            note(ui, "No host of your SSH config fits.");
            return;
        }
        let is_moved = ui.input(|input| {
            input.key_down(egui::Key::ArrowDown) || input.key_down(egui::Key::ArrowUp)
        });
        let mut area = ScrollArea::vertical().max_height(SEEN).auto_shrink([false, true]);
        if is_moved {
            let pitch = ROW + ui.spacing().item_spacing.y;
            area = area.vertical_scroll_offset((self.at as f32 * pitch - SEEN / 2.0).max(0.0));
        }
        let asking = rows.iter().any(|row| row.resolved.is_pending());
        area.show_rows(ui, ROW, rows.len(), |ui, seen| {
            for at in seen {
                let Some(row) = rows.get(at) else { continue };
                if row.resolved.is_missing() && !asking && came.resolve.is_none() {
                    came.resolve = Some(row.name.clone());
                }
                if line(ui, row, at == self.at).clicked() {
                    came.chosen = Some(row.name.clone());
                }
            }
        });
    }
}

fn fitting<'a>(rows: &'a [AliasRow], filter: &str) -> Vec<&'a AliasRow> {
    let filter = filter.trim().to_lowercase();
    let fits = |row: &&AliasRow| {
        let known = |resolved: &Resolved| {
            let both = [&resolved.hostname, &resolved.user];
            both.iter().any(|text| text.to_lowercase().contains(&filter))
        };
        row.name.to_lowercase().contains(&filter) || row.resolved.ready().is_some_and(known)
    };
    rows.iter().filter(fits).collect()
}

fn line(ui: &mut Ui, row: &AliasRow, chosen: bool) -> egui::Response {
    let theme = Theme::get(ui.ctx());
    let wanted = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, egui::Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, chosen, plain(&row.name))
    });
    let fill = match (chosen, response.hovered()) {
        (true, _) => theme.chosen,
        (false, true) => theme.hover,
        (false, false) => theme.raised,
    };
    ui.painter().rect_filled(rect, CornerRadius::same(radius::SMALL), fill);
    let inside = rect.shrink2(vec2(space::S, 4.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(inside), |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.spacing_mut().interact_size.y = 16.0;
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.horizontal(|ui| {
                let name = RichText::new(plain(&row.name)).font(strong(size::BODY));
                ui.add(egui::Label::new(name).selectable(false).truncate());
                if let Some(saved) = &row.saved_as {
                    let words = RichText::new(format!("saved as {}", plain(saved)));
                    let words = words.size(size::SMALL).color(theme.good);
                    ui.add(egui::Label::new(words).selectable(false).truncate());
                }
            });
            let (words, colour) = match &row.resolved {
                Fetched::Ready(resolved) => (summary(resolved), theme.muted),
                Fetched::Missing | Fetched::Pending => ("…".to_owned(), theme.muted),
                Fetched::Failed(failure) => (plain(&failure.message).into_owned(), theme.bad),
            };
            let words = RichText::new(words).size(size::SMALL).color(colour);
            ui.add(egui::Label::new(words).selectable(false).truncate());
        });
    });
    response
}
