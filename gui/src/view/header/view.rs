//! The line over the transcript.

use egui::{Id, Key, Label, RichText, Sense, TextEdit, Ui, WidgetInfo, vec2};
use lucide_icons::Icon;
use orchestrator::seam::{Session, SessionId};

use super::data::{HeaderAct, HeaderData};
use super::fit::fit;
use super::menu::menu;
use super::parts::{badge, draw, parts, pill_width, text_width};
use super::words::{Words, words};
use crate::commands::{WindowCommand, keys_of};
use crate::theme::{Theme, size, space, strong};
use crate::widget::icon_button;

/// How wide a host's badge is at most.
const BADGE: f32 = 124.0;
/// How wide a name is at most, and what it always has.
const NAME: (f32, f32) = (240.0, 72.0);
/// How wide the field for a name is at least.
const EDIT: f32 = 180.0;
/// How wide an icon's button is: the icon and its paddings.
const ICON_BUTTON: f32 = size::ICON + 2.0 * space::M;

/// The header's own state.
#[derive(Debug, Default)]
pub struct HeaderView {
    renaming: Option<(SessionId, String)>,
    rename_begins: bool,
}

impl HeaderView {
    /// Lets the name be edited in its place.
    pub fn rename(&mut self, session: &Session) {
        self.renaming = Some((session.id.clone(), session.name.clone()));
        self.rename_begins = true;
    }

    /// Draws it, on one line.
    pub fn ui(&mut self, ui: &mut Ui, data: &HeaderData<'_>) -> Vec<HeaderAct> {
        let mut acts = Vec::new();
        let mac = ui.ctx().os().is_mac();
        let theme = Theme::get(ui.ctx());
        let words = words(data);
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL + space::XS);
            ui.spacing_mut().item_spacing.x = space::S;
            let left = if data.left_open { "Hide the left bar" } else { "Show the left bar" };
            let keys = keys_of(WindowCommand::ToggleLeftBar, mac);
            if icon_button(ui, Icon::PanelLeft, left).on_hover_text(keys).clicked() {
                acts.push(HeaderAct::Command(WindowCommand::ToggleLeftBar));
            }
            let buttons = 2.0 * (ICON_BUTTON + space::S);
            let room = ui.available_width() - buttons;
            let name_width = text_width(ui, &words.name, strong(size::HEADING - 1.0)).min(NAME.0);
            // A name that is being edited gets longer.
            let name_width =
                if self.renaming.is_some() { name_width.max(EDIT) } else { name_width };
            let host_width = pill_width(ui, &words.host).min(BADGE);
            let parts = parts(ui, &words);
            let (kept, name_width) =
                fit(&parts, room - host_width - space::S, name_width + 2.0, NAME.1, space::S);
            self.name(ui, &words, name_width, data, &mut acts);
            badge(ui, &theme, &words, data, host_width);
            for part in kept {
                draw(ui, &theme, part, &words, data, &mut acts);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let right =
                    if data.right_open { "Hide the right bar" } else { "Show the right bar" };
                let toggle = icon_button(ui, Icon::PanelRight, right);
                let toggle = toggle.on_hover_text(keys_of(WindowCommand::ToggleRightBar, mac));
                if toggle.clicked() {
                    acts.push(HeaderAct::Command(WindowCommand::ToggleRightBar));
                }
                menu(ui, data, &words, mac, &mut acts);
            });
        });
        acts
    }

    fn name(
        &mut self,
        ui: &mut Ui,
        words: &Words,
        width: f32,
        data: &HeaderData<'_>,
        acts: &mut Vec<HeaderAct>,
    ) {
        let height = size::CONTROL;
        // Another session is shown by now.
        self.renaming = self.renaming.take().filter(|(of, _)| *of == data.session.id);
        if let Some((_, text)) = &mut self.renaming {
            let id = Id::unique("header rename");
            let edit = TextEdit::singleline(text)
                .id(id)
                .desired_width(width - space::S)
                .align(egui::Align2::LEFT_CENTER);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(id, |node| node.set_label("Name of this session"));
            if std::mem::take(&mut self.rename_begins) {
                response.request_focus();
            } else if !ui.memory(|memory| memory.has_focus(id)) {
                let cancelled = ui.input(|input| input.key_pressed(Key::Escape));
                let name = text.trim().to_owned();
                if !cancelled && !name.is_empty() && name != data.session.name {
                    acts.push(HeaderAct::Rename(name));
                }
                self.renaming = None;
            }
            return;
        }
        let text = RichText::new(&words.name).font(strong(size::HEADING - 1.0));
        let label = Label::new(text).truncate().selectable(false).sense(Sense::click());
        let response = ui.add_sized(vec2(width, height), label);
        let name = format!("Rename {}", words.name);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
        let response = response.on_hover_cursor(egui::CursorIcon::Text);
        if response.on_hover_text(format!("{}\nClick to rename", words.name)).clicked() {
            self.rename(data.session);
        }
    }
}
