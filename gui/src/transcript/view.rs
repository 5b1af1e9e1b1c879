//! The view of a transcript: only what is in sight is laid out and shown.

use std::time::Duration;

use egui::{Id, Key, Modifiers, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use jiff::SignedDuration;
use lucide_icons::Icon;
use orchestrator::seam::LinkState;

use super::data::{Older, TranscriptAct, TranscriptData};
use super::entries::{Entries, Row};
use super::estimate::HEAD;
use super::model::Transcript;
use super::scroll::At;
use super::show::{self, Chosen, Cx, Did};
use super::{paint, selecting, words};
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space};
use crate::widget::{dialog, empty};

/// How high the search's bar is, in points.
const BAR: f32 = 44.0;
/// Room behind the last row, in points.
pub(super) const END: f32 = space::L;
/// Older pieces are wished for when so many are left before the view.
const NEAR: usize = 40;

impl Transcript {
    /// Shows it in all the room there is, and gives what the person wishes.
    pub fn ui(&mut self, ui: &mut Ui, data: &TranscriptData<'_>) -> Vec<TranscriptAct> {
        let whole = ui.available_rect_before_wrap();
        ui.allocate_rect(whole, Sense::hover());
        let mut acts = Vec::new();
        let mut room = whole;
        if self.search.is_some() {
            let bar = Rect::from_min_size(whole.min, vec2(whole.width(), BAR));
            room.min.y = bar.bottom();
            self.search_bar(ui, bar);
        }
        self.keys(ui, data, room.height());
        if self.entries.is_empty() && data.turn.is_none() {
            nothing(ui, room, data);
            return acts;
        }
        self.pieces(ui, room, data, &mut acts);
        self.large_image(ui, data);
        acts
    }

    fn pieces(
        &mut self,
        ui: &mut Ui,
        room: Rect,
        data: &TranscriptData<'_>,
        acts: &mut Vec<TranscriptAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let mut ui =
            ui.new_child(UiBuilder::new().scope_id(Id::unique("transcript")).max_rect(room));
        ui.set_clip_rect(room.intersect(ui.clip_rect()));
        let ui = &mut ui;
        let width = (room.width() - 2.0 * space::XL).clamp(120.0, size::MEASURE).floor();
        let left = (room.left() + (room.width() - width) / 2.0).round();
        let ground = selecting::ground(ui, room);
        self.wheel(ui, room);
        self.layouts.begin(ui.ctx(), width, &theme);
        if self.entries.is_other(width, data.show_reasoning) {
            self.scroll.keep_part(&mut self.entries);
            self.entries.adapt(width, data.show_reasoning);
        }
        let tail = END + if data.turn.is_some() { HEAD + space::S } else { 0.0 };
        self.height = room.height();
        let (painter, layouts) = (ui.painter().clone(), &mut self.layouts);
        let mut lay = |entries: &Entries, at: At| match entries.row(at.entry, at.row) {
            None => 0.0,
            Some(Row::Group { .. }) => HEAD,
            Some(Row::Block(block, _)) => layouts.lay(&painter, &theme, block).height,
        };
        self.view = self.scroll.arrange(&mut self.entries, room.height(), tail, &mut lay);
        let shown = self.shown(ui, |top| left_top(room, left, top));
        self.select(ui, &ground, room, &shown);
        let mut did = Vec::new();
        let cx = Cx {
            entries: &self.entries,
            search: self.search.as_ref(),
            selection: Chosen::Ours(self.selection),
            data: Some(data),
        };
        for seen in &self.view.rows {
            let top = left_top(room, left, seen.top);
            let rect = Rect::from_min_size(top, vec2(width, seen.height));
            let laid = match self.entries.row(seen.at.entry, seen.at.row) {
                Some(Row::Block(block, _)) => Some(self.layouts.lay(&painter, &theme, block)),
                Some(Row::Group { .. }) | None => None,
            };
            show::row(ui, &cx, seen.at, laid.as_deref(), rect, &mut did);
        }
        if let Some(turn) = data.turn {
            let top = left_top(room, left, self.view.bottom + space::S);
            let rect = Rect::from_min_size(top, vec2(width, HEAD));
            self.under_way(ui, rect, turn, data);
        }
        self.boxes.clear();
        if let Some(search) = &mut self.search {
            search.jumped = false;
        }
        for did in did {
            self.take(ui, did, acts);
        }
        self.older(data, acts);
        // What a box with a wheel of its own has left over.
        self.wheel_rest(ui, room);
        self.bar(ui, room);
        self.end_button(ui, room);
    }

    fn take(&mut self, ui: &Ui, did: Did, acts: &mut Vec<TranscriptAct>) {
        match did {
            Did::Open(at, is_open) => {
                self.hold(at);
                self.entries.open(at, is_open);
                ui.request_repaint();
            }
            Did::OpenGroup(at, is_open) => {
                self.hold(at);
                self.entries.open_group(at, is_open);
                ui.request_repaint();
            }
            Did::Copy(text) => ui.ctx().copy_text(text),
            Did::CopyAnswer(at) => ui.ctx().copy_text(self.answer_of(at)),
            Did::Large(message, at) => self.large = Some((message, at)),
            Did::Box(rect) => self.boxes.push(rect),
            Did::Act(TranscriptAct::WantImages(message)) => {
                if !self.asked_images.contains(&message) {
                    self.asked_images.push(message.clone());
                    acts.push(TranscriptAct::WantImages(message));
                }
            }
            Did::Act(act) => acts.push(act),
        }
    }

    /// What is opened or closed stays where it is under the pointer, also at the end.
    fn hold(&mut self, entry: usize) {
        if let Some(seen) = self.view.rows.iter().find(|seen| seen.at.entry == entry) {
            self.scroll.go_to(At { entry, row: seen.at.row }, seen.top);
        }
    }

    fn older(&mut self, data: &TranscriptData<'_>, acts: &mut Vec<TranscriptAct>) {
        let is_near = self.view.rows.first().is_some_and(|first| first.at.entry < NEAR);
        if is_near && data.older == Older::There && !self.asked_older {
            self.asked_older = true;
            acts.push(TranscriptAct::WantOlder);
        }
    }

    fn wheel(&mut self, ui: &Ui, room: Rect) {
        let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else { return };
        let is_ours = room.contains(pointer) && ui.rect_contains_pointer(room);
        if is_ours && !self.boxes.iter().any(|of_box| of_box.contains(pointer)) {
            let by = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
            self.scroll.by(-by);
        }
    }

    fn wheel_rest(&mut self, ui: &Ui, room: Rect) {
        if !ui.rect_contains_pointer(room) {
            return;
        }
        let by = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
        if by.abs() > f32::EPSILON {
            self.scroll.by(-by);
            ui.request_repaint();
        }
    }

    fn keys(&mut self, ui: &Ui, data: &TranscriptData<'_>, height: f32) {
        if !data.keys {
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        if pressed(Modifiers::COMMAND, Key::F) {
            self.open_search();
        }
        if pressed(Modifiers::COMMAND, Key::ArrowUp) {
            self.question_before();
        }
        if pressed(Modifiers::COMMAND, Key::ArrowDown) {
            self.question_behind();
        }
        self.selection_keys(ui);
        let page = (height - 60.0).max(60.0);
        if pressed(Modifiers::NONE, Key::PageUp) {
            self.scroll.by(-page);
        }
        if pressed(Modifiers::NONE, Key::PageDown) {
            self.scroll.by(page);
        }
        // In a field these two move its cursor.
        if !ui.text_edit_focused() {
            if pressed(Modifiers::NONE, Key::Home) {
                self.scroll.go_to(At::default(), 0.0);
            }
            if pressed(Modifiers::NONE, Key::End) {
                self.jump_to_end();
            }
        }
    }

    fn under_way(
        &self,
        ui: &Ui,
        rect: Rect,
        turn: &orchestrator::seam::Turn,
        data: &TranscriptData<'_>,
    ) {
        let theme = Theme::get(ui.ctx());
        let took = data.now.duration_since(turn.started_at).max(SignedDuration::ZERO);
        let seconds = u64::try_from(took.as_secs()).unwrap_or_default();
        let what = if turn.stopping {
            "stopping"
        } else if turn.interrupting {
            "interrupting"
        } else {
            "working"
        };
        // Whole seconds: tenths would need a frame each.
        let mut said = format!("{what} for {}", whole_seconds(seconds));
        let calls = self.entries.calls(&turn.id);
        if calls > 0 {
            said.push_str(&format!("  ·  {}", words::count(calls, "tool call")));
        }
        let (link, colour, icon) = match turn.link {
            LinkState::Restored => ("", theme.busy, Icon::LoaderCircle),
            LinkState::Lost => {
                ("  ·  connection lost, trying again; the agent works on", theme.warn, Icon::Unplug)
            }
            LinkState::Blocked => {
                ("  ·  connection blocked: you are needed", theme.bad, Icon::Unplug)
            }
        };
        said.push_str(link);
        let y = rect.center().y;
        paint::icon(ui, pos2(rect.left() + 8.0, y), icon, size::ICON, colour);
        let font = egui::FontId::proportional(size::BODY);
        let right = paint::line(
            ui,
            pos2(rect.left() + 22.0, y),
            &said,
            font,
            theme.muted,
            rect.width() - 22.0,
        );
        let response = ui.interact(rect.with_max_x(right), Id::unique("under-way"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.as_str()));
        if ui.is_rect_visible(rect) {
            ui.request_repaint_after(Duration::from_secs(1));
        }
    }

    fn large_image(&mut self, ui: &Ui, data: &TranscriptData<'_>) {
        let Some((message, at)) = &self.large else { return };
        let pictures = data.images.get(message).and_then(Fetched::ready);
        let Some(picture) = pictures.and_then(|pictures| pictures.get(*at)) else {
            self.large = None;
            return;
        };
        let screen = ui.ctx().content_rect();
        let most = screen.size() - vec2(120.0, 200.0);
        let own = picture.texture.size_vec2();
        let scale = (most.x / own.x.max(1.0)).min(most.y / own.y.max(1.0)).min(1.0);
        let shown = own * scale;
        let name = crate::text::clean_line(&picture.name);
        let out = dialog(ui.ctx(), "image", &name, shown.x.max(320.0), |ui| {
            let image = egui::Image::new(&picture.texture).fit_to_exact_size(shown);
            ui.add(image.alt_text(name.as_str()));
        });
        if out.close {
            self.large = None;
        }
    }
}

fn left_top(room: Rect, left: f32, top: f32) -> egui::Pos2 {
    pos2(left, room.top() + top)
}

fn whole_seconds(seconds: u64) -> String {
    if seconds < 10 { format!("{seconds} s") } else { words::duration(seconds * 1000) }
}

/// What stands where nothing was asked yet.
fn nothing(ui: &mut Ui, room: Rect, data: &TranscriptData<'_>) {
    let middle = room.with_min_y(room.top() + room.height() * 0.28);
    let mut ui = ui.new_child(UiBuilder::new().scope_id(Id::unique("nothing")).max_rect(middle));
    // Which key sends is a setting: the composer says it.
    let words =
        format!("It works in {} on {}. Write the first message below.", data.directory, data.host);
    empty(&mut ui, Icon::MessageSquare, &format!("Ask {} anything", data.agent), &words);
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
