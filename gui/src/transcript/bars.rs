//! Around the pieces: the search's bar, the scroll bar, the button to the end.

use egui::{
    Button, CornerRadius, Id, Key, Label, Rect, RichText, Role, Sense, TextEdit, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use lucide_icons::Icon;

use super::model::Transcript;
use super::view::END;
use crate::theme::{Theme, size, space};
use crate::widget::{glyph, icon_button};

impl Transcript {
    pub(super) fn search_bar(&mut self, ui: &mut Ui, bar: Rect) {
        let theme = Theme::get(ui.ctx());
        let Some(search) = &mut self.search else { return };
        let has_more = search.go_on(&self.entries);
        if has_more {
            ui.request_repaint();
        }
        ui.painter().rect_filled(bar, CornerRadius::ZERO, theme.panel);
        ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, egui::Stroke::new(1.0, theme.line));
        let inside = bar.shrink2(vec2(space::L, 6.0));
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let builder =
            UiBuilder::new().scope_id(Id::unique("search")).max_rect(inside).layout(layout);
        let mut line = ui.new_child(builder);
        line.add(Label::new(glyph(Icon::Search, size::ICON).color(theme.muted)).selectable(false));
        let field = TextEdit::singleline(&mut search.typed)
            .id(Id::unique("search-field"))
            .hint_text(RichText::new("Search this conversation").color(theme.muted))
            .desired_width((inside.width() - 240.0).clamp(80.0, 420.0))
            .margin(egui::Margin::symmetric(8, 6));
        let response = line.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Search"));
        if std::mem::take(&mut search.wants_focus) {
            response.request_focus();
        }
        if response.changed() {
            search.typed();
            line.request_repaint();
        }
        let (enter, back) =
            line.input(|input| (input.key_pressed(Key::Enter), input.modifiers.shift));
        let mut go = (response.lost_focus() && enter).then_some(back);
        if go.is_some() {
            response.request_focus();
        }
        let closed_by_key =
            response.lost_focus() && line.input(|input| input.key_pressed(Key::Escape));
        let words = match (search.is_idle(), search.total(), search.position()) {
            (true, _, _) => String::new(),
            (false, 0, _) if has_more => "searching …".to_owned(),
            (false, 0, _) => "nothing found".to_owned(),
            (false, total, at) => {
                let more = if has_more { " …" } else { "" };
                format!("{} of {total}{more}", at.unwrap_or_default())
            }
        };
        if !words.is_empty() {
            line.add(Label::new(RichText::new(words).color(theme.muted)).selectable(false));
        }
        if icon_button(&mut line, Icon::ChevronUp, "Previous (Shift+Enter)").clicked() {
            go = Some(true);
        }
        if icon_button(&mut line, Icon::ChevronDown, "Next (Enter)").clicked() {
            go = Some(false);
        }
        let closed = icon_button(&mut line, Icon::X, "Close search (Esc)").clicked();
        if let Some(back) = go {
            self.go_to_hit(back);
        }
        if closed || closed_by_key {
            self.search = None;
        }
    }

    pub(super) fn bar(&mut self, ui: &Ui, room: Rect) {
        let theme = Theme::get(ui.ctx());
        let total = self.entries.heights().total() + f64::from(END);
        let view = f64::from(room.height());
        if total <= view || self.entries.is_empty() {
            return;
        }
        let lane = Rect::from_min_max(pos2(room.right() - 12.0, room.top()), room.max);
        let response = ui.interact(
            lane,
            Id::unique("transcript-bar"),
            Sense::click_and_drag() - Sense::FOCUSABLE,
        );
        let length = (view / total * view).max(28.0) as f32;
        let range = (room.height() - length).max(1.0);
        let at = (self.scroll.offset(&mut self.entries) / (total - view)).clamp(0.0, 1.0) as f32;
        let at = if self.scroll.sticks { 1.0 } else { at };
        let is_used = response.hovered() || response.dragged();
        let thick = if is_used { 8.0 } else { 4.0 };
        let top = room.top() + at * range;
        let handle =
            Rect::from_min_size(pos2(room.right() - thick - 2.0, top), vec2(thick, length));
        let colour = if response.dragged() { theme.muted } else { theme.line_strong };
        ui.painter().rect_filled(handle, CornerRadius::same(4), colour);
        if let Some(pointer) = response.interact_pointer_pos()
            && (response.dragged() || response.clicked())
        {
            let part = ((pointer.y - room.top() - length / 2.0) / range).clamp(0.0, 1.0);
            if part >= 1.0 {
                self.jump_to_end();
            } else {
                self.scroll.go_to_offset(&mut self.entries, f64::from(part) * (total - view));
            }
            ui.request_repaint();
        }
    }

    pub(super) fn end_button(&mut self, ui: &mut Ui, room: Rect) {
        if self.scroll.sticks {
            self.fresh = 0;
            return;
        }
        let theme = Theme::get(ui.ctx());
        let words = match self.fresh {
            0 => "Jump to the end".to_owned(),
            fresh => format!("Jump to the end  ·  {fresh} new"),
        };
        let wide = 200.0;
        let place = Rect::from_min_size(
            pos2(room.center().x - wide / 2.0, room.bottom() - size::CONTROL - space::M),
            vec2(wide, size::CONTROL),
        );
        let builder = UiBuilder::new().scope_id(Id::unique("to-end")).max_rect(place);
        let mut above = ui.new_child(builder.layout(egui::Layout::top_down(egui::Align::Center)));
        let text = RichText::new(words).size(size::BODY).color(theme.on_accent);
        let button = Button::new(text).fill(theme.accent).corner_radius(CornerRadius::same(15));
        if above.add(button).on_hover_text("Follows what is new (End)").clicked() {
            self.jump_to_end();
            ui.request_repaint();
        }
    }
}
