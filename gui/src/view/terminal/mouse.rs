//! The mouse on a terminal: the program's, or a person's to select, scroll and open with.

use egui::{Event, Modifiers, MouseWheelUnit, PointerButton, Pos2, Response, Ui};
use orchestrator::seam::TerminalState;
use orchestrator::terminal::Screen;
use orchestrator::terminal::screen::keys::{self, Held, Key};
use orchestrator::terminal::screen::mouse::{Action, Button, encode};
use orchestrator::terminal::screen::{Place as At, SelectionKind, Side};

use super::bars::Question;
use super::data::{TerminalAct, TerminalData};
use super::view::{Place, TerminalView};
use crate::clipboard;
use crate::text::may_open;
use crate::widget::plain;

/// Lines that a notch of the wheel moves: what xterm and VTE have.
const NOTCH: f32 = 3.0;

/// What the mouse is at.
#[derive(Debug, Default)]
pub(super) struct Mouse {
    /// A selection grows.
    selects: bool,
    moved: bool,
    /// When it was pressed last, where, and how often in a row.
    pressed: Option<(f64, At, u8)>,
    /// What the program was told is down.
    told: Option<Button>,
    last: Option<(usize, usize)>,
    /// Parts of lines that the wheel has turned.
    turned: f32,
    /// Whether the menu may open: not where the click went to the program.
    menu: bool,
    /// The address below the menu.
    menu_link: Option<String>,
}

struct Hit {
    row: usize,
    column: usize,
    side: Side,
}

fn hit(place: Place, screen: &Screen, pos: Pos2) -> Hit {
    let cell = place.cell;
    let x = ((pos.x - place.room.left()) / cell.width).max(0.0);
    let y = ((pos.y - place.room.top()) / cell.height).max(0.0);
    let column = (x as usize).min(screen.columns() - 1);
    let is_right = x - column as f32 >= 0.5;
    let side = if is_right { Side::Right } else { Side::Left };
    Hit { row: (y as usize).min(screen.rows() - 1), column, side }
}

fn held(modifiers: Modifiers) -> Held {
    Held { shift: modifiers.shift, alt: modifiers.alt, ctrl: modifiers.ctrl }
}

fn button(button: PointerButton) -> Option<Button> {
    match button {
        PointerButton::Primary => Some(Button::Left),
        PointerButton::Middle => Some(Button::Middle),
        PointerButton::Secondary => Some(Button::Right),
        PointerButton::Extra1 | PointerButton::Extra2 => None,
    }
}

impl TerminalView {
    pub(super) fn mouse(
        &mut self,
        ui: &mut Ui,
        response: &Response,
        place: Place,
        screen: &mut Screen,
        data: &TerminalData<'_>,
        acts: &mut Vec<TerminalAct>,
    ) {
        let is_over = response.contains_pointer();
        if is_over && self.link.is_none() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::Text);
        }
        let (events, modifiers, pointer) =
            ui.input(|input| (input.events.clone(), input.modifiers, input.pointer.latest_pos()));
        let is_open = matches!(data.state, TerminalState::Open);
        let takes_keys = !data.state.is_over();
        for event in events {
            // Shift takes the mouse back from the program.
            let is_programs = is_open && screen.modes().mouse() && !modifiers.shift;
            match event {
                Event::PointerButton { pos, button: pressed, pressed: true, modifiers }
                    if is_over && place.room.contains(pos) =>
                {
                    if is_programs && let Some(button) = button(pressed) {
                        self.mouse.told = Some(button);
                        self.mouse.menu = false;
                        self.tell(place, screen, Action::Press(button), pos, modifiers, acts);
                    } else {
                        self.press(ui, place, screen, pressed, pos, modifiers);
                    }
                }
                Event::PointerButton { pos, button: released, pressed: false, modifiers } => {
                    match self.mouse.told.take().filter(|told| Some(*told) == button(released)) {
                        Some(told) => {
                            self.tell(place, screen, Action::Release(told), pos, modifiers, acts);
                        }
                        None if released == PointerButton::Primary => {
                            self.release(place, screen, data, pos, modifiers, acts);
                        }
                        None => {}
                    }
                }
                Event::PointerMoved(pos) => {
                    if self.mouse.selects {
                        self.drag(place, screen, pos);
                    } else if is_open && (self.mouse.told.is_some() || (is_programs && is_over)) {
                        let hit = hit(place, screen, pos);
                        if self.mouse.last.replace((hit.row, hit.column))
                            != Some((hit.row, hit.column))
                        {
                            let action = Action::Move(self.mouse.told);
                            self.tell(place, screen, action, pos, modifiers, acts);
                        }
                    }
                }
                Event::MouseWheel { unit, delta, modifiers, .. }
                    if is_over && !modifiers.ctrl && !modifiers.command =>
                {
                    let lines = match unit {
                        MouseWheelUnit::Line => delta.y * NOTCH,
                        MouseWheelUnit::Point => delta.y / place.cell.height,
                        MouseWheelUnit::Page => delta.y * screen.rows() as f32,
                    };
                    self.turn(place, screen, is_open, lines, pointer, modifiers, acts);
                }
                Event::MiddleClickPaste { pos, text }
                    if takes_keys && !is_programs && place.room.contains(pos) =>
                {
                    self.paste(text, screen, acts);
                }
                // Keys, and what is the window's.
                _ => {}
            }
        }
        self.drag_on(ui, place, screen, pointer);
        self.link =
            pointer.filter(|_| is_over && modifiers.ctrl && !self.mouse.selects).and_then(|pos| {
                let hit = hit(place, screen, pos);
                screen.link_at(screen.place(hit.row, hit.column))
            });
        if let Some(link) = &self.link {
            let words = if may_open(&link.address) {
                plain(&link.address).into_owned()
            } else {
                format!("{}: nothing here opens that", plain(&link.address))
            };
            response.clone().on_hover_text_at_pointer(words);
        }
    }

    fn tell(
        &self,
        place: Place,
        screen: &Screen,
        action: Action,
        pos: Pos2,
        modifiers: Modifiers,
        acts: &mut Vec<TerminalAct>,
    ) {
        let hit = hit(place, screen, pos);
        let bytes = encode(action, hit.column, hit.row, held(modifiers), screen.modes());
        if !bytes.is_empty() {
            acts.push(TerminalAct::Send(bytes));
        }
    }

    fn press(
        &mut self,
        ui: &Ui,
        place: Place,
        screen: &mut Screen,
        button: PointerButton,
        pos: Pos2,
        modifiers: Modifiers,
    ) {
        let hit = hit(place, screen, pos);
        let at = screen.place(hit.row, hit.column);
        if button == PointerButton::Secondary {
            self.mouse.menu = true;
            self.mouse.menu_link = screen.link_at(at).map(|link| link.address);
        }
        if button != PointerButton::Primary {
            return;
        }
        let now = ui.input(|input| input.time);
        let double = ui.options(|options| options.input_options.max_double_click_delay);
        let count = match self.mouse.pressed {
            Some((before, there, count)) if now - before < double && there == at => count % 3 + 1,
            Some(_) | None => 1,
        };
        self.mouse.pressed = Some((now, at, count));
        self.mouse.selects = true;
        self.mouse.moved = count > 1;
        if modifiers.shift && screen.selected().is_some() {
            screen.select_to(at, hit.side);
            self.mouse.moved = true;
            return;
        }
        let kind = match count {
            2 => SelectionKind::Word,
            3 => SelectionKind::Line,
            _ if modifiers.alt => SelectionKind::Block,
            _ => SelectionKind::Simple,
        };
        screen.select(kind, at, hit.side);
    }

    fn drag(&mut self, place: Place, screen: &mut Screen, pos: Pos2) {
        let hit = hit(place, screen, pos);
        let at = screen.place(hit.row, hit.column);
        self.mouse.moved |= self.mouse.pressed.is_none_or(|(_, began, _)| began != at);
        screen.select_to(at, hit.side);
    }

    /// Scrolls while a selection is dragged over an edge.
    fn drag_on(&mut self, ui: &Ui, place: Place, screen: &mut Screen, pointer: Option<Pos2>) {
        let Some(pos) = pointer.filter(|_| self.mouse.selects) else { return };
        let lines = if pos.y < place.room.top() {
            1
        } else if pos.y > place.room.bottom() {
            -1
        } else {
            return;
        };
        screen.scroll(lines);
        self.drag(place, screen, pos);
        ui.request_repaint();
    }

    fn release(
        &mut self,
        place: Place,
        screen: &mut Screen,
        data: &TerminalData<'_>,
        pos: Pos2,
        modifiers: Modifiers,
        acts: &mut Vec<TerminalAct>,
    ) {
        if !std::mem::take(&mut self.mouse.selects) {
            return;
        }
        if !self.mouse.moved {
            screen.clear_selection();
            if modifiers.ctrl {
                let hit = hit(place, screen, pos);
                let link = screen.link_at(screen.place(hit.row, hit.column));
                if let Some(link) = link.filter(|link| may_open(&link.address)) {
                    self.ask(Question::Open(link.address));
                }
            }
            return;
        }
        match screen.selected_text().filter(|text| !text.is_empty()) {
            Some(text) => {
                if data.copy_on_select {
                    acts.push(TerminalAct::Copy(text.clone()));
                }
                acts.push(TerminalAct::Selected(text));
            }
            None => screen.clear_selection(),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a wheel's turn is what happened, where, and to whom"
    )]
    fn turn(
        &mut self,
        place: Place,
        screen: &mut Screen,
        is_open: bool,
        lines: f32,
        pointer: Option<Pos2>,
        modifiers: Modifiers,
        acts: &mut Vec<TerminalAct>,
    ) {
        self.mouse.turned += lines;
        let whole = self.mouse.turned.trunc();
        let modes = screen.modes();
        if is_open && modes.mouse() && !modifiers.shift {
            let notches = (self.mouse.turned / NOTCH).trunc();
            self.mouse.turned -= notches * NOTCH;
            let button = if notches > 0.0 { Button::WheelUp } else { Button::WheelDown };
            let Some(pos) = pointer else { return };
            for _ in 0..notches.abs() as usize {
                self.tell(place, screen, Action::Press(button), pos, modifiers, acts);
            }
            return;
        }
        self.mouse.turned -= whole;
        if whole == 0.0 {
            return;
        }
        if modes.alternate_screen() {
            if is_open && modes.alternate_scroll() {
                let key = if whole > 0.0 { Key::Up } else { Key::Down };
                let bytes = keys::encode(key, Held::default(), modes);
                acts.push(TerminalAct::Send(bytes.repeat(whole.abs() as usize)));
            }
        } else {
            screen.scroll(whole as i32);
        }
    }

    pub(super) fn menu(
        &mut self,
        response: &Response,
        screen: &mut Screen,
        data: &TerminalData<'_>,
        acts: &mut Vec<TerminalAct>,
    ) {
        if !self.mouse.menu {
            return;
        }
        let takes_keys = !data.state.is_over();
        let selected = screen.selected_text().filter(|text| !text.is_empty());
        response.context_menu(|ui| {
            let item = |ui: &mut Ui, enabled: bool, words: &str| {
                let clicked = ui.add_enabled(enabled, egui::Button::new(words)).clicked();
                if clicked {
                    ui.close();
                }
                clicked
            };
            if item(ui, selected.is_some(), "Copy")
                && let Some(text) = &selected
            {
                acts.push(TerminalAct::Copy(text.clone()));
            }
            if item(ui, takes_keys, "Paste") {
                clipboard::want_paste(ui.ctx());
                self.focus();
            }
            if item(ui, true, "Select all") {
                screen.select_all();
            }
            if let Some(address) = self.mouse.menu_link.clone() {
                ui.separator();
                if item(ui, may_open(&address), "Open link …") {
                    self.ask(Question::Open(address.clone()));
                }
                if item(ui, true, "Copy link address") {
                    acts.push(TerminalAct::Copy(address));
                }
            }
            ui.separator();
            if item(ui, true, "Search …") {
                self.search();
            }
            if item(ui, screen.scrollback() > 0, "Clear scrollback") {
                screen.clear_scrollback();
            }
            ui.separator();
            if item(ui, !takes_keys, "Open again") {
                acts.push(TerminalAct::Reopen);
            }
            if item(ui, true, "Close terminal") {
                acts.push(TerminalAct::Close);
            }
        });
    }
}
