//! The search of a terminal.

use egui::{Id, Key, Modifiers, Rect, Sense, TextEdit, Ui, UiBuilder};
use lucide_icons::Icon;
use orchestrator::terminal::Screen;
use orchestrator::terminal::screen::{Direction, Found, Span};

use crate::theme::{Theme, size, space};
use crate::widget::{icon_button, toggle};

/// How high the bar is, in points.
pub(super) const BAR: f32 = 44.0;
/// Lines that are looked through in a frame: 200 columns of them take a few milliseconds.
const STEP: usize = 1000;
/// More in view than anybody looks at.
const MARKED: usize = 1000;

/// What is searched for.
#[derive(Debug, Default)]
pub(super) struct Find {
    text: String,
    is_regex: bool,
    begun: bool,
    state: State,
    /// What is found in view, and of which look at the screen.
    pub(super) marks: Vec<Span>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Going,
    Nothing,
    Wrong(String),
}

impl Find {
    /// Shows the bar; `false` once the person has closed it.
    pub(super) fn ui(&mut self, ui: &mut Ui, bar: Rect, screen: &mut Screen) -> bool {
        let theme = Theme::get(ui.ctx());
        ui.painter().rect_filled(bar, 0.0, theme.raised);
        ui.painter().hline(bar.x_range(), bar.bottom(), egui::Stroke::new(1.0, theme.line));
        let mut ui = ui.new_child(
            UiBuilder::new()
                .max_rect(bar.shrink2(egui::vec2(space::S, 0.0)))
                .layout(egui::Layout::left_to_right(egui::Align::Center)),
        );
        let id = Id::unique("terminal search");
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        let key = |ui: &Ui, modifiers, key| {
            has_focus && ui.input_mut(|input| input.consume_key(modifiers, key))
        };
        let newer =
            key(&ui, Modifiers::SHIFT, Key::Enter) || key(&ui, Modifiers::NONE, Key::ArrowDown);
        let older =
            key(&ui, Modifiers::NONE, Key::Enter) || key(&ui, Modifiers::NONE, Key::ArrowUp);
        let mut stays = !key(&ui, Modifiers::NONE, Key::Escape);
        let width = (ui.available_width() - 260.0).clamp(80.0, 420.0);
        let edit = TextEdit::singleline(&mut self.text).id(id).desired_width(width);
        let response = ui.add(edit);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Search the terminal"));
        if !std::mem::replace(&mut self.begun, true) {
            response.request_focus();
        }
        let changed = response.changed()
            | toggle(&mut ui, &mut self.is_regex, Icon::Regex, "Regular expression").changed();
        if changed {
            self.set(screen);
        }
        let older = older | icon_button(&mut ui, Icon::ChevronUp, "Older").clicked();
        let newer = newer | icon_button(&mut ui, Icon::ChevronDown, "Newer").clicked();
        if older || newer {
            self.go(screen, if older { Direction::Up } else { Direction::Down });
        }
        stays &= !icon_button(&mut ui, Icon::X, "Close the search").clicked();
        let words = match &self.state {
            State::Idle => String::new(),
            State::Going => "Searching …".to_owned(),
            State::Nothing => "Not found".to_owned(),
            State::Wrong(why) => why.clone(),
        };
        if !words.is_empty() {
            let text = egui::RichText::new(&words).size(size::SMALL).color(theme.muted);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(words);
        }
        ui.interact(bar, id.with("bar"), Sense::hover());
        stays
    }

    fn set(&mut self, screen: &mut Screen) {
        screen.clear_selection();
        self.state = match screen.search_for(&self.text, self.is_regex) {
            Ok(()) => State::Idle,
            Err(failure) => State::Wrong(failure.message.clone()),
        };
        if screen.is_searching() {
            self.go(screen, Direction::Up);
        }
        self.look(screen);
    }

    fn go(&mut self, screen: &mut Screen, direction: Direction) {
        if screen.is_searching() {
            screen.search_next(direction);
            self.state = State::Going;
        }
    }

    /// Looks on for a frame's time; `true` when there is more to look through.
    pub(super) fn step(&mut self, screen: &mut Screen) -> bool {
        if self.state != State::Going {
            return false;
        }
        self.state = match screen.search_step(STEP) {
            Found::At(_) => State::Idle,
            Found::Nothing => State::Nothing,
            Found::Going => return true,
        };
        self.look(screen);
        false
    }

    /// Marks what is in view.
    pub(super) fn look(&mut self, screen: &mut Screen) {
        self.marks = screen.matches_in_view(MARKED);
    }
}
