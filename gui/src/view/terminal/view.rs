//! The view of a terminal.

use egui::{Align2, EventFilter, Id, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use lucide_icons::Icon;
use orchestrator::seam::TerminalState;
use orchestrator::terminal::Screen;
use orchestrator::terminal::screen::{Link, Modes, keys, paste};

use super::bars::{self, Question, Said};
use super::data::{TerminalAct, TerminalData};
use super::find::{BAR, Find};
use super::mouse::Mouse;
use super::screen::Painted;
use super::still::Still;
use crate::clipboard;
use crate::terminal::{CellSize, Typed, typed};
use crate::theme::{Theme, icons, size, space};

/// How long a size must stand before lines are wrapped anew, in seconds: while a window is dragged that is wasted.
const SETTLED: f64 = 0.12;
/// Questions that wait behind the one that is shown; of more, a program's are dropped.
const MOST_QUESTIONS: usize = 8;

/// A terminal's view: what is drawn already, what the mouse does, what is searched and asked.
#[derive(Debug, Default)]
pub struct TerminalView {
    pub(super) painted: Painted,
    pub(super) mouse: Mouse,
    pub(super) find: Option<Find>,
    pub(super) questions: Vec<Question>,
    /// What an input method is composing.
    pub(super) composing: String,
    /// The link below the pointer while Ctrl is down.
    pub(super) link: Option<Link>,
    /// When something was typed last, in seconds: the cursor is shown then.
    pub(super) typed_at: f64,
    /// What was painted last.
    pub(super) still: Option<Still>,
    had_focus: bool,
    pub(super) wants_focus: bool,
    wanted: Option<((u16, u16), f64)>,
    is_sized: bool,
}

/// The parts of a frame that its steps share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) id: Id,
    pub(super) room: Rect,
    pub(super) cell: CellSize,
    pub(super) has_focus: bool,
}

impl TerminalView {
    /// Gives it the keys with the next frame.
    pub fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// Whether it has the keys.
    pub fn has_keys(&self) -> bool {
        self.had_focus
    }

    /// Rows that were drawn since it was made: what is not drawn again isn't counted again.
    pub fn rows_drawn(&self) -> usize {
        self.painted.glyphs.drawn
    }

    /// Shows it in all the room there is.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        screen: &mut Screen,
        data: &TerminalData<'_>,
    ) -> Vec<TerminalAct> {
        let mut acts = Vec::new();
        let theme = Theme::get(ui.ctx());
        screen.set_palette(crate::terminal::palette(&theme));
        self.hear(screen, &mut acts);
        let whole = ui.available_rect_before_wrap();
        ui.allocate_rect(whole, Sense::hover());
        let mut room = whole;
        room.min.y = self.above(ui, whole, screen, data, &mut acts);
        let cell = self.painted.glyphs.begin(ui.ctx(), data.font_size);
        screen.set_cell_size((cell.width / cell.pixel) as u16, (cell.height / cell.pixel) as u16);
        let room = Rect::from_min_max(
            pos2(room.min.x + space::XS, room.min.y + space::XS),
            pos2(room.max.x - space::S, room.max.y),
        );
        self.resize(ui, room, cell, screen, &mut acts);
        let id = Id::unique(("terminal", data.name));
        let response = ui.interact(room, id, Sense::click_and_drag());
        if std::mem::take(&mut self.wants_focus) || response.clicked() {
            response.request_focus();
        }
        let has_focus = response.has_focus() && ui.input(|input| input.focused);
        let place = Place { id, room, cell, has_focus };
        self.keys(ui, place, screen, data, &mut acts);
        self.mouse(ui, &response, place, screen, data, &mut acts);
        self.menu(&response, screen, data, &mut acts);
        if self.find.as_mut().is_some_and(|find| find.step(screen)) {
            ui.request_repaint();
        }
        let painted = self.paint(ui, place, screen, data);
        let bar = self.scroll_bar(ui, place, screen);
        Self::note(ui, room, data);
        let mut text = String::new();
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(Role::Terminal);
            node.set_label(data.name);
            let rows: Vec<String> = (0..screen.rows()).map(|row| screen.row_text(row)).collect();
            text = rows.join("\n").trim_end().to_owned();
            node.set_value(text.as_str());
        });
        self.still = Some(Still { place, whole, painted, bar, text });
        acts
    }

    /// What the program told.
    fn hear(&mut self, screen: &mut Screen, acts: &mut Vec<TerminalAct>) {
        screen.show_overdue(std::time::Instant::now());
        let news = screen.take_news();
        if news.title {
            acts.push(TerminalAct::Title(screen.title()));
        }
        if news.bell {
            acts.push(TerminalAct::Bell);
        }
        for text in news.copies {
            self.ask(Question::Copy(text));
        }
    }

    pub(super) fn ask(&mut self, question: Question) {
        if self.questions.contains(&question) {
            return;
        }
        // The one that is shown stays: another one in its place would get the answer that is just being clicked.
        if self.questions.len() == MOST_QUESTIONS {
            if matches!(question, Question::Copy(_)) {
                return;
            }
            self.questions.remove(1);
        }
        self.questions.push(question);
    }

    /// Bars above the screen; gives where they end.
    fn above(
        &mut self,
        ui: &mut Ui,
        whole: Rect,
        screen: &mut Screen,
        data: &TerminalData<'_>,
        acts: &mut Vec<TerminalAct>,
    ) -> f32 {
        let mut top = whole.min.y;
        let mut bars = ui.new_child(
            UiBuilder::new().scope_id(Id::unique(("terminal bars", data.name))).max_rect(whole),
        );
        bars.spacing_mut().item_spacing.y = 0.0;
        bars::state(&mut bars, data, acts);
        self.wants_focus |= acts.contains(&TerminalAct::Reopen);
        if let Some(question) = self.questions.first().cloned()
            && let Some(said) = bars::ask(&mut bars, &question)
        {
            self.questions.remove(0);
            self.wants_focus = true;
            if said == Said::Yes {
                self.agreed(question, screen, acts);
            }
        }
        if bars.min_rect().height() > 0.0 {
            top = bars.min_rect().bottom();
        }
        if let Some(find) = &mut self.find {
            let bar = Rect::from_min_size(pos2(whole.min.x, top), vec2(whole.width(), BAR));
            top = bar.bottom();
            if !find.ui(ui, bar, screen) {
                self.find = None;
                screen.search_for("", false).ok(); // Nothing to search for is no error.
                self.wants_focus = true;
            }
        }
        top
    }

    fn agreed(&mut self, question: Question, screen: &mut Screen, acts: &mut Vec<TerminalAct>) {
        match question {
            // The program that is there now may take it otherwise than the one that was asked about.
            Question::Paste(text, said) => match paste_risk(&text, screen.modes()) {
                Some(risk) if risk != said => self.ask(Question::Paste(text, risk)),
                Some(_) | None => {
                    acts.push(TerminalAct::Send(paste::encode(&text, screen.modes())));
                }
            },
            Question::Copy(text) => acts.push(TerminalAct::Copy(text)),
            Question::Open(address) => acts.push(TerminalAct::OpenLink(address)),
        }
    }

    fn resize(
        &mut self,
        ui: &Ui,
        room: Rect,
        cell: CellSize,
        screen: &mut Screen,
        acts: &mut Vec<TerminalAct>,
    ) {
        let (columns, rows) = cell.fit(room.size());
        let fit = (columns.clamp(2, 1000), rows.clamp(1, 1000));
        if (usize::from(fit.0), usize::from(fit.1)) == (screen.columns(), screen.rows()) {
            self.wanted = None;
            self.is_sized = true;
            return;
        }
        let now = ui.input(|input| input.time);
        let since = match self.wanted {
            Some((wanted, since)) if wanted == fit => since,
            Some(_) | None => {
                self.wanted = Some((fit, now));
                now
            }
        };
        let left = SETTLED - (now - since);
        if self.is_sized && left > 0.0 {
            ui.ctx().request_repaint_after_secs(left as f32);
            return;
        }
        self.is_sized = true;
        self.wanted = None;
        screen.resize(fit.0, fit.1);
        acts.push(TerminalAct::Resize { columns: fit.0, rows: fit.1 });
    }

    fn keys(
        &mut self,
        ui: &mut Ui,
        place: Place,
        screen: &mut Screen,
        data: &TerminalData<'_>,
        acts: &mut Vec<TerminalAct>,
    ) {
        let is_open = matches!(data.state, TerminalState::Open);
        // What is typed while the link is away waits in the engine, and is sent when it is back.
        let takes_keys =
            is_open || matches!(data.state, TerminalState::Away { .. } | TerminalState::Opening);
        clipboard::keys_are_programs(ui.ctx(), place.has_focus && takes_keys);
        if place.has_focus != self.had_focus {
            self.had_focus = place.has_focus;
            if is_open && screen.modes().focus_reports() {
                acts.push(TerminalAct::Send(keys::focus(place.has_focus).to_vec()));
            }
        }
        if !place.has_focus {
            return;
        }
        keep_keys(ui, place.id, takes_keys);
        let read = |screen: &Screen| ui.input(|input| typed(&input.events, screen.modes()));
        let mut heard = read(screen);
        if takes_keys && screen.offset() > 0 && !(heard.bytes.is_empty() && heard.pastes.is_empty())
        {
            // What is down there may take keys otherwise than what was read.
            screen.scroll_to(0);
            heard = read(screen);
        }
        let Typed { bytes, pastes, copy, search, pages, composing } = heard;
        if let Some(composing) = composing {
            self.composing = composing;
        }
        if copy && let Some(text) = screen.selected_text().filter(|text| !text.is_empty()) {
            acts.push(TerminalAct::Copy(text));
        }
        if search {
            self.search();
        }
        match pages {
            0 => {}
            i32::MAX => screen.scroll(i32::MAX),
            i32::MIN => screen.scroll_to(0),
            pages => screen.scroll(pages * i32::try_from(screen.rows()).unwrap_or(1)),
        }
        if !takes_keys {
            return;
        }
        if !bytes.is_empty() {
            self.typed_at = ui.input(|input| input.time);
            screen.scroll_to(0);
            acts.push(TerminalAct::Send(bytes));
        }
        for text in pastes {
            self.paste(text, screen, acts);
        }
    }

    /// Shows the search.
    pub fn search(&mut self) {
        self.find = Some(Find::default());
    }

    pub(super) fn paste(&mut self, text: String, screen: &mut Screen, acts: &mut Vec<TerminalAct>) {
        screen.scroll_to(0);
        match paste_risk(&text, screen.modes()) {
            None => acts.push(TerminalAct::Send(paste::encode(&text, screen.modes()))),
            Some(risk) => self.ask(Question::Paste(text, risk)),
        }
    }

    /// Gives where it can be taken hold of, and its handle.
    fn scroll_bar(&mut self, ui: &Ui, place: Place, screen: &mut Screen) -> Option<(Rect, Rect)> {
        let (above, rows) = (screen.scrollback(), screen.rows());
        if above == 0 || screen.modes().alternate_screen() {
            return None;
        }
        let theme = Theme::get(ui.ctx());
        let room = place.room;
        let lane = Rect::from_min_max(
            pos2(room.right() - 6.0, room.top()),
            pos2(room.right() + space::S, room.bottom()),
        );
        let response = Self::hold_of_bar(ui, lane, place.id);
        let part = rows as f32 / (above + rows) as f32;
        let length = (part * lane.height()).max(28.0);
        let range = (lane.height() - length).max(1.0);
        let at = 1.0 - screen.offset() as f32 / above as f32;
        let thick = if response.hovered() || response.dragged() { 8.0 } else { 4.0 };
        let handle = Rect::from_min_size(
            pos2(lane.right() - thick - 2.0, lane.top() + at * range),
            vec2(thick, length),
        );
        let colour = if response.dragged() { theme.muted } else { theme.line_strong };
        ui.painter().rect_filled(handle, egui::CornerRadius::same(4), colour);
        if let Some(pointer) = response.interact_pointer_pos()
            && (response.dragged() || response.clicked())
        {
            let part = ((pointer.y - lane.top() - length / 2.0) / range).clamp(0.0, 1.0);
            screen.scroll_to(((1.0 - part) * above as f32).round() as usize);
            ui.request_repaint();
        }
        Some((lane, handle))
    }

    pub(super) fn hold_of_bar(ui: &Ui, lane: Rect, id: Id) -> egui::Response {
        ui.interact(lane, id.with("bar"), Sense::click_and_drag() - Sense::FOCUSABLE)
    }

    /// Says that a cut would end it, and why.
    pub(super) fn note(ui: &Ui, room: Rect, data: &TerminalData<'_>) {
        let Some(failure) = data.unkept.filter(|_| matches!(data.state, TerminalState::Open))
        else {
            return;
        };
        let theme = Theme::get(ui.ctx());
        let rect = Rect::from_min_size(
            pos2(room.right() - size::ICON - space::M, room.top()),
            vec2(size::ICON + space::XS, size::ICON + space::XS),
        );
        let response = ui.interact(rect, Id::unique(("unkept", data.name)), Sense::hover());
        let name = "A cut would end this terminal";
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            char::from(Icon::Info),
            icons(size::ICON),
            theme.muted,
        );
        let hint = failure.hint.as_deref().map(|hint| format!(". {hint}")).unwrap_or_default();
        let words = format!("{name}: {}{hint}", failure.message);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        response.on_hover_text(words);
    }
}

/// What a person is asked about a paste; `None` where there is nothing to ask.
fn paste_risk(text: &str, modes: Modes) -> Option<String> {
    let risk = paste::risk(text, modes)?;
    let preview = bars::shortened(text);
    Some(match (risk.lines, risk.controls) {
        (0, count) => format!(
            "{count} characters of this paste are commands for the terminal, and are left out: {preview}"
        ),
        (lines, 0) => {
            format!("These are {lines} lines, and each is carried out at once: {preview}")
        }
        (lines, count) => format!(
            "These are {lines} lines, and each is carried out at once; {count} characters that command the terminal are left out: {preview}"
        ),
    })
}

/// Keeps the keys that would lead elsewhere. While the shell is over, Tab leads to what can be done about it.
pub(super) fn keep_keys(ui: &Ui, id: Id, takes_keys: bool) {
    let filter = EventFilter {
        tab: takes_keys,
        horizontal_arrows: true,
        vertical_arrows: true,
        escape: takes_keys,
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
}
