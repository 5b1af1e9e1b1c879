//! The help at a field that a line is typed in: its keys, and the list over it.

use egui::{
    Align2, Area, Color32, CornerRadius, EventFilter, Frame, Id, Key, Label, Margin, Modifiers,
    Order, Rect, Response, RichText, ScrollArea, Sense, Ui, WidgetInfo, vec2,
};
use lucide_icons::Icon;
use orchestrator::seam::CompletionKind;

use super::assist::{Assist, Done, List, Note, Press, Typed};
use super::data::LineData;
use crate::theme::{Theme, icons, radius, size, space};
use crate::widget::{caret, plain, pressed_exactly, put_caret};

/// How high a row of the list is.
const ROW: f32 = 24.0;
/// Rows that are seen.
const ROWS: f32 = 8.0;
/// How wide the list is.
const WIDTH: f32 = 460.0;

/// Offers that are wanted: behind which line, and whether at once.
pub type Wanted = (String, bool);

/// The help at one field.
#[derive(Debug, Default)]
pub struct LineHelp {
    assist: Assist,
    /// While a line is searched for: what stands in its place for everybody else, and what was typed to find it.
    shelved: Option<(String, String)>,
    /// The row that the list was scrolled to.
    revealed: Option<usize>,
}

impl LineHelp {
    /// The line was run, or is another one.
    pub fn forget(&mut self) {
        self.assist.forget();
    }

    /// Begins a search among the lines that were run.
    pub fn search(&mut self, text: &str) {
        self.assist.press(Press::Search, &Typed::whole(text), &[]);
    }

    /// While a line is searched for, what is typed takes the place of the text in this frame; call it before the text is
    /// looked at. A text that has become another one meanwhile ends the search.
    pub fn take_up(&mut self, text: &mut String) {
        let Some((left, typed)) = self.shelved.take() else { return };
        if !self.is_searching() {
            return;
        }
        if *text == left {
            *text = typed;
        } else {
            self.assist.forget();
        }
    }

    /// While a line is searched for, what stood there before is the text for everybody else, so that it can't be lost;
    /// call it behind all that looks at the text, whose line begins at `begins`.
    pub fn put_down(&mut self, text: &mut String, begins: usize) {
        if let (Some(before), Some(head)) = (self.assist.before_search(), text.get(..begins)) {
            let left = format!("{head}{before}");
            let typed = std::mem::replace(text, left.clone());
            self.shelved = Some((left, typed));
        }
    }

    /// What the field has to leave to us.
    pub fn filter(&self) -> EventFilter {
        EventFilter {
            tab: true,
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: self.assist.is_open(),
        }
    }

    /// Whether what is typed looks for a line.
    pub fn is_searching(&self) -> bool {
        self.assist.is_searching()
    }

    /// Takes the keys that are for it; call it before the field is drawn, while that has the focus. The line begins at
    /// `begins`, in bytes.
    pub fn before(
        &mut self,
        ui: &Ui,
        field: Id,
        text: &mut String,
        begins: usize,
        data: &LineData<'_>,
    ) -> Option<Wanted> {
        let now = typed(ui, field, text, begins)?;
        let mut done = self.assist.hear(&now, data.completed, data.history);
        if done == Done::default() {
            let has_keys = self.assist.has_keys();
            let keys = [
                (Press::Tab, Modifiers::NONE, Key::Tab),
                (Press::Offer, Modifiers::CTRL, Key::Space),
                (Press::Search, Modifiers::CTRL, Key::R),
                (Press::Up, Modifiers::NONE, Key::ArrowUp),
                (Press::Down, Modifiers::NONE, Key::ArrowDown),
                (Press::Enter, Modifiers::NONE, Key::Enter),
                (Press::Escape, Modifiers::NONE, Key::Escape),
            ];
            for (press, modifiers, key) in keys {
                let is_ours = match press {
                    Press::Enter => has_keys,
                    Press::Escape => self.assist.is_open(),
                    Press::Up | Press::Down => has_keys || moves_out(&now, press),
                    Press::Tab | Press::Offer | Press::Search => true,
                };
                if is_ours && pressed_exactly(ui, modifiers, key) {
                    done = self.assist.press(press, &now, data.history);
                    break;
                }
            }
        }
        apply(ui, field, text, begins, &now, done)
    }

    /// Draws the list over the field; call it behind that, which lies at `place`.
    pub fn after(
        &mut self,
        ui: &Ui,
        response: &Response,
        place: Rect,
        text: &mut String,
        begins: usize,
        data: &LineData<'_>,
    ) -> Option<Wanted> {
        let field = response.id;
        let now = typed(ui, field, text, begins)?;
        let mut wanted = None;
        if response.changed() && self.assist.typed(&now) {
            wanted = Some((now.before().to_owned(), false));
        }
        if !response.has_focus() && !response.lost_focus() {
            return wanted;
        }
        let Some(clicked) = self.list(ui, place, data) else { return wanted };
        let done = self.assist.accept(clicked, &now);
        ui.memory_mut(|memory| memory.request_focus(field));
        apply(ui, field, text, begins, &now, done)
    }

    fn list(&mut self, ui: &Ui, place: Rect, data: &LineData<'_>) -> Option<usize> {
        if self.assist.list.is_none() && self.assist.note.is_none() {
            return None;
        }
        let theme = Theme::get(ui.ctx());
        let area = Area::new(Id::unique("offers for a line"))
            .order(Order::Foreground)
            .fixed_pos(place.left_top() - vec2(0.0, space::XS))
            .pivot(Align2::LEFT_BOTTOM)
            .accessible_name("Offers");
        let frame = Frame::new()
            .fill(theme.raised)
            .stroke(egui::Stroke::new(1.0, theme.line_strong))
            .corner_radius(CornerRadius::same(radius::SMALL))
            .inner_margin(Margin::same(4));
        let shown = area.show(ui.ctx(), |ui| {
            frame.show(ui, |ui| {
                ui.set_width(WIDTH.min(place.width()));
                ui.spacing_mut().item_spacing.y = 0.0;
                self.rows(ui, &theme, data)
            })
        });
        crate::widget::settle(ui.ctx(), "offers", shown.response.rect);
        shown.inner.inner
    }

    fn rows(&mut self, ui: &mut Ui, theme: &Theme, data: &LineData<'_>) -> Option<usize> {
        let say = |ui: &mut Ui, words: &str| {
            let words = RichText::new(words).size(size::SMALL).color(theme.muted);
            ui.add(Label::new(words).selectable(false).wrap());
        };
        let (rows, chosen, more): (Vec<RowOf<'_>>, Option<usize>, bool) = match &self.assist.list {
            Some(List::Offers { all, chosen, more, .. }) => {
                let rows = all.iter().map(|offer| RowOf { words: &offer.shown, kind: offer.kind });
                (rows.collect(), *chosen, *more)
            }
            Some(List::Search { found, chosen, .. }) => {
                say(ui, "Lines that were run and hold this: ↑ ↓ choose, Enter takes, Esc leaves");
                if found.is_empty() {
                    say(ui, "None holds it");
                }
                let rows =
                    found.iter().map(|line| RowOf { words: line, kind: CompletionKind::Line });
                (rows.collect(), Some(*chosen), false)
            }
            None => {
                match &self.assist.note {
                    Some(Note::Asking) => say(ui, &format!("Asking {} …", data.host)),
                    Some(Note::Nothing) => say(ui, &format!("{} offers nothing here", data.host)),
                    Some(Note::Failed(why)) => {
                        say(ui, &format!("{} can't be asked: {}", data.host, plain(why)));
                    }
                    None => {}
                }
                return None;
            }
        };
        let is_moved = self.revealed != chosen;
        self.revealed = chosen;
        let mut clicked = None;
        #[expect(clippy::cast_precision_loss, reason = "it is cut off at a few rows")]
        let high = (rows.len() as f32).min(ROWS) * ROW;
        ScrollArea::vertical().max_height(high).min_scrolled_height(high).show(ui, |ui| {
            for (at, row) in rows.iter().enumerate() {
                let is_chosen = chosen == Some(at);
                let response = row.draw(ui, theme, is_chosen);
                if response.clicked() {
                    clicked = Some(at);
                }
                if is_chosen && is_moved {
                    response.scroll_to_me(None);
                }
            }
        });
        if more {
            say(ui, "There is more: type on");
        }
        if chosen.is_none() {
            say(ui, "Tab completes, ↓ chooses, Esc closes");
        }
        clicked
    }
}

struct RowOf<'a> {
    words: &'a str,
    kind: CompletionKind,
}

impl RowOf<'_> {
    fn draw(&self, ui: &mut Ui, theme: &Theme, chosen: bool) -> Response {
        let wide = ui.available_width();
        let (rect, response) = ui.allocate_exact_size(vec2(wide, ROW), Sense::click());
        let words = plain(self.words);
        response
            .widget_info(|| WidgetInfo::selected(egui::Role::ListBoxOption, true, chosen, &*words));
        let fill = match (chosen, response.hovered()) {
            (true, _) => theme.chosen,
            (false, true) => theme.hover,
            (false, false) => Color32::TRANSPARENT,
        };
        let painter = ui.painter();
        painter.rect_filled(rect, f32::from(radius::SMALL), fill);
        let (mark, what) = self.mark();
        let left = rect.left_center() + vec2(space::XS, 0.0);
        let mark = String::from(char::from(mark));
        painter.text(left, Align2::LEFT_CENTER, mark, icons(size::SMALL + 1.0), theme.muted);
        let small = egui::FontId::proportional(size::SMALL);
        let right = rect.right_center() - vec2(space::S, 0.0);
        let kind = painter.text(right, Align2::RIGHT_CENTER, what, small, theme.muted);
        let from = rect.left() + 24.0;
        let mut job = egui::text::LayoutJob::simple_singleline(
            words.into_owned(),
            egui::FontId::monospace(size::CODE),
            theme.text,
        );
        let room = (kind.left() - space::S - from).max(0.0);
        job.wrap = egui::text::TextWrapping::truncate_at_width(room);
        let galley = painter.layout_job(job);
        let at = egui::pos2(from, rect.center().y - galley.size().y / 2.0);
        painter.galley(at, galley, theme.text);
        response
    }

    fn mark(&self) -> (Icon, &'static str) {
        match self.kind {
            CompletionKind::Line => (Icon::History, "was run"),
            CompletionKind::Command => (Icon::SquareTerminal, "command"),
            CompletionKind::Branch => (Icon::GitBranch, "branch"),
            CompletionKind::Tag => (Icon::Tag, "tag"),
            CompletionKind::Directory => (Icon::Folder, "directory"),
            CompletionKind::File => (Icon::File, "file"),
            CompletionKind::Word => (Icon::Type, ""),
        }
    }
}

/// Whether an arrow leads out of the text.
fn moves_out(now: &Typed, press: Press) -> bool {
    let behind = now.line.get(now.cursor..).unwrap_or_default();
    match press {
        Press::Up => !now.before().contains('\n'),
        Press::Down => !behind.contains('\n'),
        Press::Tab | Press::Offer | Press::Enter | Press::Escape | Press::Search => false,
    }
}

fn typed(ui: &Ui, field: Id, text: &str, begins: usize) -> Option<Typed> {
    let at = caret(ui, field, text).unwrap_or(text.len());
    let line = text.get(begins..)?.to_owned();
    Some(Typed { cursor: at.checked_sub(begins)?, line })
}

fn apply(
    ui: &Ui,
    field: Id,
    text: &mut String,
    begins: usize,
    now: &Typed,
    done: Done,
) -> Option<Wanted> {
    let stands = match done.put {
        Some(put) => {
            text.truncate(begins);
            text.push_str(&put.line);
            put_caret(ui, field, text, begins + put.cursor);
            put
        }
        None => now.clone(),
    };
    done.want.map(|at_once| (stands.before().to_owned(), at_once))
}
